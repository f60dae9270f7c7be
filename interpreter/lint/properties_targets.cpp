// What people are asked to reach: targets of rows and gates, steps of pay, and the values a formula can have.
#include <algorithm>

#include "interpreter/lint/properties.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::lint::ask {
namespace {

using model::ExprId;
using value::Number;
using Op = value::BinaryOp;

bool is_metric(const model::Policy& policy, ExprId id, std::uint32_t metric) {
  const auto* ref = std::get_if<model::MetricRef>(&policy.expr(id).node);
  return ref && ref->metric.index == metric;
}

Op turned(Op op) {
  switch (op) {
    case Op::lt:
      return Op::gt;
    case Op::le:
      return Op::ge;
    case Op::gt:
      return Op::lt;
    case Op::ge:
      return Op::le;
    default:
      return op;
  }
}

/// The values that are asked of one metric.
class Asked {
 public:
  explicit Asked(const Question& q) : q_(q), metric_(q.element.a) {}

  /// Targets of rows in every phase, and what gates and `paid when` ask for.
  void targets() {
    for (const model::Scorecard& card : q_.policy().scorecards) {
      if (!fits(card.every)) continue;
      for (const model::ScorecardRow& row : card.rows) {
        if (row.metric.index != metric_) continue;
        for (const ExprId target : row.targets) {
          if (const auto number = target.valid() ? q_.on.flow().constant(target) : std::nullopt) add(*number);
        }
      }
      for (const model::Gate& gate : card.gates) conditions(gate.requires_value, true);
    }
    for (const model::Payout& payout : q_.policy().payouts) {
      if (fits(payout.every)) conditions(payout.paid_when, true);
    }
  }

  /// Steps of payouts that give more the better the metric is: comparisons, rows of tables, points of curves.
  void steps() {
    const auto& policy = q_.policy();
    const Direction better = policy.metrics[metric_].lower_is_better ? Direction::down : Direction::up;
    for (const model::Payout& payout : policy.payouts) {
      if (!fits(payout.every)) continue;
      const Direction direction = q_.on.flow().direction(payout, {model::MetricId{metric_}, ""});
      for (const ExprId id : q_.on.flow().formulas(payout)) {
        if (id == payout.paid_when) continue;
        if (direction == better) {
          conditions(id, false);
          curves(id);
        }
        // Signs say nothing about tables, so these are looked at themselves.
        if (direction == better || direction == Direction::mixed) tables(id);
      }
    }
  }

  Datum highest() const { return found_.empty() ? Datum() : datum(*std::max_element(found_.begin(), found_.end())); }
  Datum lowest() const { return found_.empty() ? Datum() : datum(*std::min_element(found_.begin(), found_.end())); }

 private:
  bool fits(value::CalendarUnit every) const { return !q_.given(0) || q_.word(0) == value::name(every); }
  Datum datum(const Number& number) const { return {number, q_.policy().metrics[metric_].type.unit}; }
  void add(const Number& number) { found_.push_back(number); }

  /// `wanted`: only comparisons that a better value fulfils; what `not` turns round is left alone.
  void conditions(ExprId id, bool wanted) {
    if (!id.valid()) return;
    const auto& policy = q_.policy();
    const model::ExprNode& node = policy.expr(id).node;
    if (wanted && std::holds_alternative<model::UnaryExpr>(node)) return;
    if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) {
      const bool left = is_metric(policy, binary->left, metric_);
      if (left || is_metric(policy, binary->right, metric_)) {
        const Op op = left ? binary->op : turned(binary->op);
        const bool at_most = op == Op::lt || op == Op::le, at_least = op == Op::gt || op == Op::ge;
        const bool lower = policy.metrics[metric_].lower_is_better;
        if (op == Op::eq || (wanted ? (lower ? at_most : at_least) : at_most || at_least)) {
          if (const auto number = q_.on.flow().constant(left ? binary->right : binary->left)) add(*number);
        }
      }
    }
    model::for_each_operand(node, [&](ExprId operand) { conditions(operand, wanted); });
  }

  void curves(ExprId root) {
    const auto& policy = q_.policy();
    model::walk(policy, root, [&](ExprId, const model::Expr& expr) {
      if (const auto* curve = std::get_if<model::CurveApply>(&expr.node);
          curve && is_metric(policy, curve->argument, metric_)) {
        const auto& points = policy.curves[curve->curve.index].points;
        for (std::size_t i = 0; i < points.size(); ++i) {
          if (i == 0 || points[i].value != points[i - 1].value) add(points[i].at);
        }
      }
    });
  }

  /// Tables over this metric alone whose values rise with it, for metrics of which more is better.
  void tables(ExprId root) {
    const auto& policy = q_.policy();
    if (policy.metrics[metric_].lower_is_better) return;
    model::walk(policy, root, [&](ExprId, const model::Expr& expr) {
      const auto* lookup = std::get_if<model::TableLookup>(&expr.node);
      if (!lookup || lookup->arguments.size() != 1 || !is_metric(policy, lookup->arguments[0], metric_)) return;
      std::vector<std::pair<Number, Number>> steps;
      for (const auto& row : policy.tables[lookup->table.index].rows) {
        const auto* range = row.patterns.empty() ? nullptr : std::get_if<model::RangePattern>(&row.patterns[0]);
        const auto value = q_.on.flow().constant(row.value);
        if (!range || !range->lower.is<Number>() || !value) continue;
        steps.emplace_back(range->lower.number(), *value);
      }
      std::sort(steps.begin(), steps.end());
      const bool rises =
          std::is_sorted(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      for (const auto& [at, value] : steps) {
        if (rises) add(at);
      }
    });
  }

  const Question& q_;
  std::uint32_t metric_;
  std::vector<Number> found_;
};

/// Constants that the branches of a formula give; false when one of them is computed.
bool branches(const Question& q, ExprId id, std::vector<Number>& found, int depth) {
  if (!id.valid() || depth > 100) return false;
  if (const auto number = q.on.flow().constant(id)) {
    found.push_back(*number);
    return true;
  }
  const auto& policy = q.policy();
  const model::ExprNode& node = policy.expr(id).node;
  if (const auto* choice = std::get_if<model::IfExpr>(&node))
    return branches(q, choice->then_value, found, depth + 1) && branches(q, choice->else_value, found, depth + 1);
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    const auto& rows = policy.tables[lookup->table.index].rows;
    return std::all_of(rows.begin(), rows.end(),
                       [&](const auto& row) { return branches(q, row.value, found, depth + 1); });
  }
  return false;
}

Datum extreme_branch(const Question& q, bool largest) {
  std::vector<Number> found;
  if (!branches(q, ExprId{q.element.a}, found, 0) || found.empty()) return {};
  const value::Unit unit = q.policy().expr(ExprId{q.element.a}).type.unit;
  const Number& number =
      largest ? *std::max_element(found.begin(), found.end()) : *std::min_element(found.begin(), found.end());
  return {number, unit.money == 0 ? unit : value::Unit{}};
}

}  // namespace

Datum metric_highest_target(const Question& q) {
  Asked asked(q);
  asked.targets();
  return asked.highest();
}
Datum metric_lowest_target(const Question& q) {
  Asked asked(q);
  asked.targets();
  return asked.lowest();
}
Datum metric_most_asked(const Question& q) {
  Asked asked(q);
  asked.targets();
  asked.steps();
  return asked.highest();
}
Datum metric_least_asked(const Question& q) {
  Asked asked(q);
  asked.targets();
  asked.steps();
  return asked.lowest();
}

Datum formula_smallest(const Question& q) { return extreme_branch(q, false); }
Datum formula_largest(const Question& q) { return extreme_branch(q, true); }

}  // namespace kpi::lint::ask
