#include "interpreter/eval/run/why_not.hpp"

#include <algorithm>
#include <set>

#include "interpreter/eval/run/as_function.hpp"
#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/scorecard.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::Attain;
using model::BuiltinCurve;
using model::ExprId;
using value::BinaryOp;
using value::Number;

std::optional<Better> next_better(const model::Curve& curve, const Number& from) {
  const Number now = curve_value(curve, from);
  std::optional<Better> best;
  const auto offer = [&](const Number& at, bool beyond, const Number& value) {
    const bool nearer = !best || (at - from).abs() < (best->at - from).abs();
    if (value > now && nearer) best = Better{at, beyond, value};
  };
  const auto& points = curve.points;
  for (std::size_t index = 0; index < points.size(); ++index) {
    const Number& at = points[index].at;
    if (curve.kind == model::CurveKind::brackets) {
      if (at > from) return Better{at, false, curve_value(curve, at)};
    } else if (curve.kind == model::CurveKind::line) {
      offer(at, false, points[index].value);
    } else if (at > from) {
      offer(at, false, points[index].value);
    } else {  // the step below this one reaches up to it
      offer(at, true, index == 0 ? Number(0) : points[index - 1].value);
    }
  }
  return best;
}

namespace {

// More than any target of a metric of which less is better.
const Number kWorst = Number::power_of_ten(18);

/// Of brackets beyond the last one, whose rate applies without end.
bool rises_without_end(const model::Curve& curve) {
  return curve.kind == model::CurveKind::brackets && !curve.points.empty() && curve.points.back().value.sign() > 0;
}

bool reads_score(const model::Policy& policy, ExprId id) {
  bool found = false;
  model::walk(policy, id, [&](ExprId, const model::Expr& expr) {
    found = found || std::holds_alternative<model::ScoreExpr>(expr.node) ||
            std::holds_alternative<model::ResultField>(expr.node);
  });
  return found;
}

Piecewise number(const Number& value) { return Piecewise::constant(Value(value)); }

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
    const model::Payout& payout = policy.payouts[id.index];
    for (const ExprId clause : {payout.amount, payout.pool_by}) collect_curves(clause, seen, applications);
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
  AsFunction function_of(const Variable& variable) { return {evaluator, variable, context(result), scorecard, result}; }

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
  ScorecardRowResult score_with(Evaluator& other) const {
    ScorecardMaturity maturity;
    maturity.metrics.resize(scorecard->rows.size());
    maturity.targets.resize(scorecard->rows.size());
    maturity.gates.resize(scorecard->gates.size());
    return Scorer(other, *scorecard, moment, std::move(maturity)).score(row);
  }

  Change change(const Variable& variable) {
    Change found;
    found.metric = variable.metric;
    found.aggregate = variable.aggregate;
    found.type = variable.type;
    found.now = variable.metric.valid()
                    ? evaluator.metric(variable.metric, {entity, row, nullptr}, moment)
                    : evaluator.aggregate(variable.aggregate, {{entity, row, nullptr}, moment, nullptr});
    return found;
  }

  /// The nearest value of the quantity at which the condition holds. `holds` asks again, with the quantity changed.
  template <class Holds>
  Change solved(const Variable& variable, const Piecewise& condition, Holds holds) {
    Change found = change(variable);
    Search search;
    search.prefer_up = !variable.metric.valid() || !policy.metrics[variable.metric.index].lower_is_better;
    // Without a value today, the least that is needed is what comes first from the worst end.
    search.from = found.now.is<Number>() ? found.now.number() : search.prefer_up ? Number(0) : kWorst;
    search.whole = variable.whole;
    search.never_negative = variable.never_negative;
    const auto place = nearest(condition, search);
    if (!place) {
      found.verdict = condition.has_unknown() ? Change::Verdict::not_solved : Change::Verdict::alone_not_enough;
      return found;
    }
    Evaluator other = what_if(variable, place->sample);
    std::optional<ScorecardRowResult> then;
    if (scorecard != nullptr && result != nullptr) then = score_with(other);
    if (!holds(other, then)) return found;  // not_solved
    found.verdict = Change::Verdict::reaches;
    found.needed = place->at;
    found.beyond = place->beyond;
    if (then) found.score_then = then->score;
    return found;
  }

  // ---- rows of the scorecard
  // -------------------------------------------------------------------------------------------

  static const BuiltinCurve* builtin_of(const model::ScorecardRow& declared) {
    return std::get_if<BuiltinCurve>(&declared.curve);
  }
  static bool is_pass(const model::ScorecardRow& declared) {
    const auto* builtin = builtin_of(declared);
    return builtin != nullptr && *builtin == BuiltinCurve::pass;
  }

  /// Where the row's curve is worth more next; builtin curves step at the target and at their cap.
  void look_ahead(const model::ScorecardRow& declared, const Number& input, NextStep& step) const {
    std::optional<Better> better;
    if (const auto* builtin = builtin_of(declared)) {
      const bool capped = *builtin == BuiltinCurve::capped;
      const Number cap = capped ? value::max(declared.cap, Number(0)) : input + 1;
      if (input < value::min(Number(1), cap)) {
        better = Better{value::min(Number(1), cap), false, Number(100) * value::min(Number(1), cap)};
      } else if (capped && input < cap) {
        better = Better{cap, false, Number(100) * cap};
      }
      step.endless = !capped && !better;
    } else {
      const model::Curve& curve = policy.curves[std::get<model::CurveId>(declared.curve).index];
      better = next_better(curve, input);
      step.endless = !better && rises_without_end(curve);
    }
    step.top = !better && !step.endless;
    if (!better) return;
    step.wanted = better->at;
    step.wanted_beyond = better->beyond;
    step.value_then = better->value;
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
    if (is_pass(declared)) {
      if (!measured.target.has_value()) return std::nullopt;
      step.top = measured.points == Value(Number(100));
      step.wanted = measured.target;
      step.value_then = Number(100);
    } else {
      const bool has_target = declared.attain == Attain::none || measured.target.has_value();
      if (!step.current.has_value() && (measured.actual.has_value() || !has_target)) return std::nullopt;
      look_ahead(declared, step.current.has_value() ? step.current.number() : Number(0), step);
    }
    if (step.top || step.endless) return step;
    const Variable variable = variable_of(policy, declared.metric);
    const Number wanted = step.value_then.number();
    const Piecewise points = function_of(variable).points(measured.row);
    step.changes.push_back(solved(variable, compared(BinaryOp::ge, points, number(wanted)),
                                  [&](Evaluator&, const std::optional<ScorecardRowResult>& then) {
                                    const Value& reached = then->metrics[measured.row].points;
                                    return reached.has_value() && reached.number() >= wanted;
                                  }));
    return step;
  }

  // ---- gates
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
      const Piecewise condition = function_of(variable).expression(gate.requires_value);
      step.changes.push_back(
          solved(variable, condition, [&](Evaluator& other, const std::optional<ScorecardRowResult>&) {
            const Value holds = other.evaluate(gate.requires_value, context(result));
            return holds.has_value() && holds.boolean();
          }));
    }
    return step;
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

  /// Through the score every scored metric counts, and what a failing gate asks for.
  std::set<Variable> variables_of(ExprId argument) const {
    std::set<Variable> variables;
    collect_variables(policy, argument, variables);
    if (result == nullptr || scorecard == nullptr || !reads_score(policy, argument)) return variables;
    for (const ScoreRowResult& measured : result->metrics) {
      if (!measured.weight.is_zero()) variables.insert(variable_of(policy, measured.metric));
    }
    for (const GateResult& gate : result->gates) {
      if (!gate.passed.value_or(false)) {
        collect_variables(policy, scorecard->gates[gate.gate].requires_value, variables);
      }
    }
    return variables;
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
    const auto better = next_better(curve, step.current.number());
    step.endless = !better && rises_without_end(curve);
    step.top = !better && !step.endless;
    if (!better) return step;
    step.wanted = better->at;
    step.wanted_beyond = better->beyond;
    step.value_then = better->value;
    for (const Variable& variable : variables_of(applied.argument)) {
      const Piecewise worth = on_curve(curve, function_of(variable).expression(applied.argument));
      step.changes.push_back(solved(variable, compared(BinaryOp::ge, worth, number(better->value)),
                                    [&](Evaluator& other, const std::optional<ScorecardRowResult>& then) {
                                      const Value input =
                                          other.evaluate(applied.argument, context(then ? &*then : result));
                                      return input.has_value() && curve_value(curve, input.number()) >= better->value;
                                    }));
    }
    return step;
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
