#include "interpreter/lint/measures.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "interpreter/model/walk.hpp"

namespace kpi::lint {
namespace {

using model::ExprId;
using Op = value::BinaryOp;

/// The text with every stretch of white space as one space; brackets around it fall away.
std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

class Namer {
 public:
  Namer(const model::Policy& policy, const source::SourceMap& sources) : policy_(policy), sources_(sources) {}

  std::optional<model::Policy> run() {
    for (const model::Payout& payout : policy_.payouts) {
      for (const ExprId id : {payout.amount, payout.pool, payout.pool_by, payout.paid_when}) look(id);
      for (const model::Penalty& penalty : payout.penalties) look(penalty.amount);
    }
    for (const model::Scorecard& card : policy_.scorecards) {
      for (const model::Gate& gate : card.gates) {
        // A smallest sample is no measure of anybody's work.
        if (gate.effect != model::Gate::Effect::unscored) look(gate.requires_value);
      }
    }
    if (found_.empty()) return std::nullopt;
    model::Policy result = policy_;
    std::map<std::string, model::MetricId> known;
    for (const ExprId id : found_) name(result, known, id);
    return result;
  }

 private:
  struct Parts {
    bool sums = false;    // it holds an aggregate
    bool plain = true;    // it is made of aggregates, metrics and constants by arithmetic alone
    bool varies = false;  // it is more than a constant
  };

  static bool arithmetic(Op op) {
    return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide;
  }

  Parts parts(ExprId id) {
    const auto known = parts_.find(id.index);
    return known != parts_.end() ? known->second : parts_[id.index] = work_out(id);
  }

  Parts work_out(ExprId id) {
    const model::ExprNode& node = policy_.expr(id).node;
    Parts result;
    if (std::holds_alternative<model::Constant>(node) || std::holds_alternative<model::ParamRef>(node)) return result;
    result.varies = true;
    if (std::holds_alternative<model::AggregateRef>(node)) {
      result.sums = policy_.expr(id).type.kind == value::Kind::number;
      result.plain = result.sums;
      return result;
    }
    if (std::holds_alternative<model::MetricRef>(node)) return result;
    const auto* binary = std::get_if<model::BinaryExpr>(&node);
    const bool joins = (binary && arithmetic(binary->op)) || std::holds_alternative<model::DefaultExpr>(node) ||
                       std::holds_alternative<model::UnaryExpr>(node);
    result.plain = joins && policy_.expr(id).type.kind == value::Kind::number;
    std::size_t varying = 0;
    model::for_each_operand(node, [&](ExprId operand) {
      const Parts one = parts(operand);
      result.sums = result.sums || one.sums;
      result.plain = result.plain && one.plain;
      varying += one.varies ? 1 : 0;
    });
    // A rate that is itself measured is no part of what it is applied to.
    if (binary && binary->op == Op::multiply && varying > 1) result.plain = false;
    return result;
  }

  bool constant(ExprId id) { return !parts(id).varies; }

  /// Takes down the largest parts that measure something; a constant factor is a rate and stays outside.
  void look(ExprId id) {
    if (!id.valid()) return;
    const Parts here = parts(id);
    if (!here.sums) {
      model::for_each_operand(policy_.expr(id).node, [&](ExprId operand) { look(operand); });
      return;
    }
    const auto* binary = std::get_if<model::BinaryExpr>(&policy_.expr(id).node);
    const bool scaled =
        binary && ((binary->op == Op::multiply && (constant(binary->left) || constant(binary->right))) ||
                   (binary->op == Op::divide && constant(binary->right)));
    if (here.plain && !scaled) {
      found_.push_back(id);
      return;
    }
    model::for_each_operand(policy_.expr(id).node, [&](ExprId operand) { look(operand); });
  }

  void name(model::Policy& result, std::map<std::string, model::MetricId>& known, ExprId id) {
    const model::Expr expr = policy_.expr(id);
    const std::string& text = sources_.get(expr.span.source).text;
    const std::string called =
        squeezed(std::string_view(text).substr(expr.span.begin, expr.span.end - expr.span.begin));
    if (called.find('(') == std::string::npos) return;  // a parameter's formula of a library, say
    const auto [at, created] =
        known.try_emplace(called, model::MetricId{static_cast<std::uint32_t>(result.metrics.size())});
    if (created) {
      model::Metric& metric = result.metrics.emplace_back();
      metric.named.name = called;
      metric.named.span = expr.span;
      metric.value = ExprId{static_cast<std::uint32_t>(result.exprs.size())};
      metric.type = expr.type;
      metric.evaluable_for.assign(policy_.entities.size(), true);
      result.exprs.push_back(expr);
    }
    result.exprs[id.index].node = model::MetricRef{at->second};
  }

  const model::Policy& policy_;
  const source::SourceMap& sources_;
  std::map<std::uint32_t, Parts> parts_;
  std::vector<ExprId> found_;
};

}  // namespace

std::optional<model::Policy> with_named_measures(const model::Policy& policy, const source::SourceMap& sources) {
  return Namer(policy, sources).run();
}

bool is_unnamed(const model::Metric& metric) { return metric.named.name.find('(') != std::string::npos; }

}  // namespace kpi::lint
