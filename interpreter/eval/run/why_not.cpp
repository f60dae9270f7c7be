#include "interpreter/eval/run/why_not.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/scorecard.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::Attain;
using model::BuiltinCurve;
using model::ExprId;
using value::BinaryOp;
using value::Number;

std::optional<Number> next_breakpoint(const model::Curve& curve, const Number& from) {
  const Number now = curve_value(curve, from);
  for (const auto& point : curve.points) {
    if (point.at <= from) continue;
    if (curve.kind == model::CurveKind::brackets || curve_value(curve, point.at) > now) return point.at;
  }
  return std::nullopt;
}

std::optional<Number> inverse(const model::Curve& curve, const Number& value) {
  const auto& points = curve.points;
  for (std::size_t index = 0; index < points.size(); ++index) {
    if (points[index].value < value) continue;
    if (curve.kind != model::CurveKind::line || index == 0) return points[index].at;
    const auto& left = points[index - 1];
    const auto& right = points[index];
    return left.at + (value - left.value) * (right.at - left.at) / (right.value - left.value);
  }
  return std::nullopt;
}

namespace {

/// Counts of rows and sums and differences of them are whole numbers.
bool is_count(const model::Policy& policy, ExprId id) {
  const model::ExprNode& node = policy.expr(id).node;
  if (const auto* ref = std::get_if<model::AggregateRef>(&node)) {
    const auto function = policy.aggregates[ref->aggregate.index].function;
    return function == model::AggregateFunction::count || function == model::AggregateFunction::distinct;
  }
  if (const auto* ref = std::get_if<model::MetricRef>(&node))
    return is_count(policy, policy.metrics[ref->metric.index].value);
  if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) {
    const bool sum = binary->op == BinaryOp::add || binary->op == BinaryOp::subtract;
    return sum && is_count(policy, binary->left) && is_count(policy, binary->right);
  }
  return false;
}

/// One quantity that may change: a metric or an aggregate in an expression.
struct Variable {
  model::MetricId metric;
  AggregateId aggregate;
  value::Type type;
  bool whole = false;
  friend bool operator<(const Variable& a, const Variable& b) {
    return std::tie(a.metric, a.aggregate) < std::tie(b.metric, b.aggregate);
  }
};

/// The quantities an expression reads directly, not through other metrics or windows.
void collect_variables(const model::Policy& policy, ExprId id, std::set<Variable>& found) {
  if (!id.valid()) return;
  const model::Expr& expr = policy.expr(id);
  if (expr.type.kind == value::Kind::number) {
    if (const auto* ref = std::get_if<model::MetricRef>(&expr.node)) {
      found.insert({ref->metric, {}, expr.type, is_count(policy, id)});
    } else if (const auto* aggregate = std::get_if<model::AggregateRef>(&expr.node)) {
      found.insert({{}, aggregate->aggregate, expr.type, is_count(policy, id)});
    }
  }
  if (std::holds_alternative<model::MetricCall>(expr.node)) return;
  model::for_each_operand(expr.node, [&](ExprId operand) { collect_variables(policy, operand, found); });
}

bool reads_score(const model::Policy& policy, ExprId id) {
  bool found = false;
  model::walk(policy, id, [&](ExprId, const model::Expr& expr) {
    found = found || std::holds_alternative<model::ScoreExpr>(expr.node);
  });
  return found;
}

struct Solution {
  Change::Verdict verdict = Change::Verdict::not_solved;
  Number at;
};

/// Where an affine function reaches `wanted`.
Solution solve_affine(const std::function<Value(const Number&)>& function, const Number& start, const Number& wanted) {
  const Value y0 = function(start), y1 = function(start + 1), y2 = function(start + 2);
  if (!y0.has_value() || !y1.has_value() || !y2.has_value()) return {};
  const Number slope = y1.number() - y0.number();
  if (y2.number() - y1.number() != slope) return {};
  if (slope.is_zero()) return {Change::Verdict::alone_not_enough, {}};
  return {Change::Verdict::reaches, start + (wanted - y0.number()) / slope};
}

class Finder {
 public:
  Finder(Evaluator& evaluator_, EntityId entity_, std::uint32_t row_, MomentId moment_)
      : evaluator(evaluator_), policy(evaluator_.policy), entity(entity_), row(row_), moment(moment_) {}

  const ScorecardRowResult* result = nullptr;
  const model::Scorecard* scorecard = nullptr;

  std::vector<NextStep> score_steps(model::ScorecardId id) {
    std::vector<NextStep> steps;
    for (const ScoreRowResult& measured : result->metrics) {
      if (measured.weight.is_zero()) continue;
      if (auto step = row_step(measured)) {
        step->scorecard = id;
        steps.push_back(std::move(*step));
      }
    }
    for (const GateResult& gate : result->gates) {
      if (gate.passed.value_or(false)) continue;
      NextStep step = gate_step(scorecard->gates[gate.gate]);
      step.scorecard = id;
      step.index = gate.gate;
      steps.push_back(std::move(step));
    }
    return steps;
  }

  std::vector<NextStep> payout_steps(model::PayoutId id) {
    std::vector<NextStep> steps;
    std::set<model::MetricId> seen;
    std::vector<ExprId> applications;
    collect_curves(policy.payouts[id.index].amount, seen, applications);
    for (ExprId application : applications) {
      if (auto step = curve_step(application)) {
        step->payout = id;
        steps.push_back(std::move(*step));
      }
    }
    return steps;
  }

 private:
  Context context(const ScorecardRowResult* with = nullptr) const { return {{entity, row, nullptr}, moment, with}; }
  Value value_of(const Variable& variable) { return value_of(evaluator, variable); }
  Value value_of(Evaluator& in, const Variable& variable) const {
    if (variable.metric.valid()) return in.metric(variable.metric, {entity, row, nullptr}, moment);
    return in.store.value(variable.aggregate, entity, row, in.moments[moment].window);
  }

  /// An evaluator for which the quantity is `x`.
  Evaluator what_if(const Variable& variable, const Number& x) const {
    Evaluator other(policy, evaluator.store, evaluator.moments, Memory::few_rows);
    if (variable.metric.valid()) {
      other.pretend(variable.metric, entity, row, moment, x);
    } else {
      other.pretend(variable.aggregate, entity, row, evaluator.moments[moment].window, x);
    }
    return other;
  }
  Value evaluate_with(const Variable& variable, const Number& x, ExprId expr) const {
    Evaluator other = what_if(variable, x);
    return other.evaluate(expr, context(result));
  }
  ScorecardRowResult score_with(const Variable& variable, const Number& x) const {
    Evaluator other = what_if(variable, x);
    ScorecardMaturity maturity;
    maturity.metrics.resize(scorecard->rows.size());
    maturity.targets.resize(scorecard->rows.size());
    maturity.gates.resize(scorecard->gates.size());
    return Scorer(other, *scorecard, moment, std::move(maturity)).score(row);
  }

  Change change(const Variable& variable) {
    Change result_change;
    result_change.metric = variable.metric;
    result_change.aggregate = variable.aggregate;
    result_change.type = variable.metric.valid() ? policy.metrics[variable.metric.index].type : variable.type;
    result_change.now = value_of(variable);
    return result_change;
  }
  static Number start_of(const Change& change) { return change.now.has_value() ? change.now.number() : Number(0); }

  /// Whole numbers go on to the next one in the direction of the change.
  static void settle(Change& change, const Variable& variable, const Number& at, bool beyond) {
    change.verdict = Change::Verdict::reaches;
    change.needed = at;
    change.beyond = beyond;
    if (!variable.whole) return;
    const bool up = at >= start_of(change);
    change.needed = up ? at.ceil() : at.floor();
    if (beyond && change.needed == at) change.needed += up ? 1 : -1;
    change.beyond = false;
    if (change.needed.sign() < 0) change.verdict = Change::Verdict::alone_not_enough;
  }

  // ---- rows of the scorecard
  // -------------------------------------------------------------------------------------------

  Variable variable_of(const model::ScorecardRow& declared) const {
    const model::Metric& metric = policy.metrics[declared.metric.index];
    return {declared.metric, {}, metric.type, is_count(policy, metric.value)};
  }

  /// The actual value that gives an attainment; none where it cannot be computed.
  std::optional<Number> actual_for(const model::ScorecardRow& declared, const ScoreRowResult& measured,
                                   const Number& reached) {
    if (declared.attain == Attain::none) return reached;
    if (!measured.target.has_value()) return std::nullopt;
    const Number& target = measured.target.number();
    switch (declared.attain) {
      case Attain::ratio:
        return reached * target;
      case Attain::mirror:
        return (Number(2) - reached) * target;
      case Attain::inverse:
        if (reached.is_zero()) return std::nullopt;
        return target / reached;
      case Attain::from: {
        const Value base = evaluator.evaluate(declared.base, context());
        if (!base.has_value()) return std::nullopt;
        return base.number() + reached * (target - base.number());
      }
      case Attain::none:
        break;
    }
    return std::nullopt;
  }

  static bool is_pass(const model::ScorecardRow& declared) {
    const auto* builtin = std::get_if<BuiltinCurve>(&declared.curve);
    return builtin != nullptr && *builtin == BuiltinCurve::pass;
  }
  const model::Curve* curve_of(const model::ScorecardRow& declared) const {
    const auto* id = std::get_if<model::CurveId>(&declared.curve);
    return id == nullptr ? nullptr : &policy.curves[id->index];
  }

  /// The next input of the row's curve that is worth more; builtin curves step at the target and at their cap.
  std::optional<Number> next_input(const model::ScorecardRow& declared, const Number& input) const {
    if (const model::Curve* curve = curve_of(declared)) return next_breakpoint(*curve, input);
    if (input < Number(1)) return Number(1);
    const bool capped = std::get<BuiltinCurve>(declared.curve) == BuiltinCurve::capped;
    if (capped && input < declared.cap) return declared.cap;
    return std::nullopt;
  }
  Value points_at(const model::ScorecardRow& declared, const Number& input) const {
    if (const model::Curve* curve = curve_of(declared)) return curve_value(*curve, input);
    return Number(100) * input;
  }

  std::optional<NextStep> row_step(const ScoreRowResult& measured) {
    const model::ScorecardRow& declared = scorecard->rows[measured.row];
    NextStep step;
    step.kind = NextStep::Kind::score_row;
    step.index = measured.row;
    step.value_now = measured.points;
    if (const auto* id = std::get_if<model::CurveId>(&declared.curve)) step.curve = *id;
    const bool by_actual = is_pass(declared) || declared.attain == Attain::none;
    step.type = by_actual ? policy.metrics[declared.metric.index].type : value::Type::number();
    step.current = by_actual ? measured.actual : measured.attainment;
    const Variable variable = variable_of(declared);
    std::optional<Number> wanted;
    if (is_pass(declared)) {
      if (!measured.target.has_value()) return std::nullopt;
      step.top = measured.points == Value(Number(100));
      wanted = measured.target.number();
      step.value_then = Number(100);
    } else {
      if (!step.current.has_value()) return std::nullopt;
      wanted = next_input(declared, step.current.number());
      step.top = !wanted;
      if (wanted) step.value_then = points_at(declared, *wanted);
    }
    if (step.top) return step;
    step.wanted = *wanted;
    Change found = change(variable);
    const auto actual = is_pass(declared) ? wanted : actual_for(declared, measured, *wanted);
    if (actual) {
      settle(found, variable, *actual, false);
      const ScorecardRowResult then = score_with(variable, found.needed);
      const Value& reached = then.metrics[measured.row].points;
      if (!reached.has_value() || reached.number() < step.value_then.number())
        found.verdict = Change::Verdict::not_solved;
      found.score_then = then.score;
    }
    step.changes.push_back(std::move(found));
    return step;
  }

  // ---- gates and conditions
  // --------------------------------------------------------------------------------------------

  NextStep gate_step(const model::Gate& gate) {
    NextStep step;
    step.kind = NextStep::Kind::gate;
    std::set<Variable> variables;
    collect_variables(policy, gate.requires_value, variables);
    if (const auto* binary = std::get_if<model::BinaryExpr>(&policy.expr(gate.requires_value).node)) {
      step.type = policy.expr(binary->left).type;
      if (step.type.kind == value::Kind::number) {
        step.current = evaluator.evaluate(binary->left, context(result));
        step.wanted = evaluator.evaluate(binary->right, context(result));
      }
    }
    for (const Variable& variable : variables) {
      Change found = change(variable);
      solve_condition(gate.requires_value, variable, found);
      if (found.verdict == Change::Verdict::reaches) found.score_then = score_with(variable, tried(found)).score;
      step.changes.push_back(std::move(found));
    }
    return step;
  }

  /// The value to try: a little beyond where the value itself is not enough.
  static Number tried(const Change& found) {
    if (!found.beyond) return found.needed;
    const Number distance = found.needed - start_of(found);
    return found.needed + (distance.is_zero() ? Number(1) : distance) / Number(1000);
  }

  /// The comparisons in the condition are solved one by one; the nearest solution that makes the whole hold is taken.
  void solve_condition(ExprId condition, const Variable& variable, Change& found) {
    std::vector<ExprId> comparisons;
    collect_comparisons(condition, comparisons);
    const Number start = start_of(found);
    bool unsolved = false;
    std::optional<Change> best;
    for (ExprId id : comparisons) {
      const auto& comparison = std::get<model::BinaryExpr>(policy.expr(id).node);
      const auto difference = [&](const Number& x) -> Value {
        const Value left = evaluate_with(variable, x, comparison.left);
        return value::apply(BinaryOp::subtract, left, evaluate_with(variable, x, comparison.right),
                            *policy.header.timezone);
      };
      const Solution solution = solve_affine(difference, start, Number(0));
      unsolved = unsolved || solution.verdict == Change::Verdict::not_solved;
      if (solution.verdict != Change::Verdict::reaches) continue;
      Change candidate = found;
      const bool beyond =
          comparison.op == BinaryOp::lt || comparison.op == BinaryOp::gt || comparison.op == BinaryOp::ne;
      settle(candidate, variable, solution.at, beyond);
      if (candidate.verdict != Change::Verdict::reaches) continue;
      const Value holds = evaluate_with(variable, tried(candidate), condition);
      if (!holds.has_value() || !holds.boolean()) continue;
      const bool nearer = !best || (candidate.needed - start).abs() < (best->needed - start).abs();
      if (nearer) best = candidate;
    }
    if (best) {
      found = *best;
    } else {
      found.verdict = unsolved ? Change::Verdict::not_solved : Change::Verdict::alone_not_enough;
    }
  }

  void collect_comparisons(ExprId id, std::vector<ExprId>& found) const {
    const auto* binary = std::get_if<model::BinaryExpr>(&policy.expr(id).node);
    if (binary == nullptr) return;
    if (binary->op == BinaryOp::logical_and || binary->op == BinaryOp::logical_or) {
      collect_comparisons(binary->left, found);
      collect_comparisons(binary->right, found);
    } else if (policy.expr(binary->left).type.kind == value::Kind::number) {
      found.push_back(id);
    }
  }

  // ---- curves of a payout
  // ----------------------------------------------------------------------------------------------

  void collect_curves(ExprId id, std::set<model::MetricId>& seen, std::vector<ExprId>& found) const {
    if (!id.valid()) return;
    const model::ExprNode& node = policy.expr(id).node;
    if (std::holds_alternative<model::CurveApply>(node)) found.push_back(id);
    if (std::holds_alternative<model::MetricCall>(node)) return;  // other windows or other rows
    if (const auto* ref = std::get_if<model::MetricRef>(&node); ref != nullptr && seen.insert(ref->metric).second) {
      collect_curves(policy.metrics[ref->metric.index].value, seen, found);
    }
    model::for_each_operand(node, [&](ExprId operand) { collect_curves(operand, seen, found); });
  }

  std::optional<NextStep> curve_step(ExprId application) {
    const auto& applied = std::get<model::CurveApply>(policy.expr(application).node);
    const model::Curve& curve = policy.curves[applied.curve.index];
    NextStep step;
    step.kind = NextStep::Kind::payout_curve;
    step.curve = applied.curve;
    step.type = curve.input;
    step.current = evaluator.evaluate(applied.argument, context(result));
    if (!step.current.has_value()) return std::nullopt;
    step.value_now = curve_value(curve, step.current.number());
    const auto wanted = next_breakpoint(curve, step.current.number());
    step.top = !wanted;
    if (!wanted) return step;
    step.wanted = *wanted;
    step.value_then = curve_value(curve, *wanted);
    std::set<Variable> variables;
    collect_variables(policy, applied.argument, variables);
    for (const Variable& variable : variables) {
      Change found = change(variable);
      const auto argument = [&](const Number& x) { return evaluate_with(variable, x, applied.argument); };
      const Solution solution = solve_affine(argument, start_of(found), *wanted);
      found.verdict = solution.verdict;
      if (solution.verdict == Change::Verdict::reaches) {
        settle(found, variable, solution.at, false);
        const Value reached = argument(found.needed);
        if (!reached.has_value() || reached.number() < *wanted) found.verdict = Change::Verdict::not_solved;
      }
      step.changes.push_back(std::move(found));
    }
    if (result != nullptr && scorecard != nullptr && reads_score(policy, applied.argument)) {
      raise_score(applied.argument, *wanted, step);
    }
    return step;
  }

  /// The score at which the argument reaches `wanted`, then for each row the actual value that brings the missing
  /// points.
  void raise_score(ExprId argument, const Number& wanted, NextStep& step) {
    if (!result->score.has_value() || !result->raw_score.has_value()) return;
    const auto with_score = [&](const Number& score) {
      ScorecardRowResult other = *result;
      other.score = score;
      return evaluator.evaluate(argument, context(&other));
    };
    const Solution score = solve_affine(with_score, result->score.number(), wanted);
    if (score.verdict != Change::Verdict::reaches) return;
    for (const ScoreRowResult& measured : result->metrics) {
      if (measured.effective_weight.is_zero()) continue;
      step.changes.push_back(raise_row(measured, score.at));
    }
  }

  Change raise_row(const ScoreRowResult& measured, const Number& score) {
    const model::ScorecardRow& declared = scorecard->rows[measured.row];
    const Variable variable = variable_of(declared);
    Change found = change(variable);
    const Number points = measured.points.has_value() ? measured.points.number() : Number(0);
    const Number wanted = points + (score - result->raw_score.number()) / measured.effective_weight;
    found.verdict = Change::Verdict::alone_not_enough;
    const auto actual = actual_with_points(declared, measured, wanted);
    if (!actual) return found;
    settle(found, variable, *actual, false);
    if (found.verdict != Change::Verdict::reaches) return found;
    found.score_then = score_with(variable, found.needed).score;
    const bool reached = found.score_then.has_value() && found.score_then.number() >= score;
    if (!reached) found.verdict = Change::Verdict::alone_not_enough;
    return found;
  }

  std::optional<Number> actual_with_points(const model::ScorecardRow& declared, const ScoreRowResult& measured,
                                           const Number& points) {
    if (is_pass(declared)) {
      if (points > Number(100) || !measured.target.has_value()) return std::nullopt;
      return measured.target.number();
    }
    std::optional<Number> input;
    if (const model::Curve* curve = curve_of(declared)) {
      if (curve->kind != model::CurveKind::brackets) input = inverse(*curve, points);
    } else {
      const bool capped = std::get<BuiltinCurve>(declared.curve) == BuiltinCurve::capped;
      if (!capped || points <= Number(100) * declared.cap) input = points / Number(100);
    }
    return input ? actual_for(declared, measured, *input) : std::nullopt;
  }

  Evaluator& evaluator;
  const model::Policy& policy;
  EntityId entity;
  std::uint32_t row;
  MomentId moment;
};

}  // namespace

std::vector<NextStep> next_score_steps(Evaluator& evaluator, model::ScorecardId scorecard, MomentId moment,
                                       const ScorecardRowResult& result) {
  const model::Scorecard& declared = evaluator.policy.scorecards[scorecard.index];
  Finder finder(evaluator, declared.entity, result.entity_row, moment);
  finder.result = &result;
  finder.scorecard = &declared;
  return finder.score_steps(scorecard);
}

std::vector<NextStep> next_payout_steps(Evaluator& evaluator, model::PayoutId payout, MomentId moment,
                                        std::uint32_t entity_row, const ScorecardRowResult* result) {
  const model::Payout& declared = evaluator.policy.payouts[payout.index];
  Finder finder(evaluator, declared.entity, entity_row, moment);
  finder.result = result;
  if (declared.scorecard.valid()) finder.scorecard = &evaluator.policy.scorecards[declared.scorecard.index];
  return finder.payout_steps(payout);
}

}  // namespace kpi::eval
