#include "interpreter/eval/run/scorecard.hpp"

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/coverage.hpp"

namespace kpi::eval {

using model::Attain;
using model::BuiltinCurve;
using model::ExprId;
using model::Missing;
using value::NoValueReason;
using value::Number;

Value attainment(Attain form, const Value& actual, const Value& target, const Value& base) {
  if (form == Attain::none) return {};
  if (!actual.has_value()) return actual;
  if (!target.has_value()) return target;
  const Number& a = actual.number();
  const Number& t = target.number();
  if (form == Attain::from) {
    if (!base.has_value()) return base;
    const Number& b = base.number();
    if (t == b) return Value::none(NoValueReason::zero_denominator);
    return (a - b) / (t - b);
  }
  if (t.sign() <= 0) return Value::none(NoValueReason::target_not_positive);
  if (form == Attain::mirror) return Number(2) - a / t;
  if (form == Attain::ratio) return a / t;
  if (a.is_zero()) return Value::none(NoValueReason::zero_denominator);
  return t / a;
}

Value points(const model::Policy& policy, const model::ScorecardRow& row, const Value& actual, const Value& target,
             const Value& attainment) {
  const Number hundred(100);
  const auto* builtin = std::get_if<BuiltinCurve>(&row.curve);
  if (builtin != nullptr && *builtin == BuiltinCurve::pass) {
    if (!actual.has_value()) return actual;
    if (!target.has_value()) return target;
    const bool lower = policy.metrics[row.metric.index].lower_is_better;
    const int order = value::compare(actual, target);
    return (lower ? order <= 0 : order >= 0) ? hundred : Number(0);
  }
  const Value& input = row.attain == Attain::none ? actual : attainment;
  if (!input.has_value()) return input;
  if (builtin == nullptr) return curve_value(policy.curves[std::get<model::CurveId>(row.curve).index], input.number());
  const Number linear = value::max(Number(0), hundred * input.number());
  return *builtin == BuiltinCurve::linear ? linear : value::min(linear, hundred * row.cap);
}

ScorecardRowResult Scorer::score(std::uint32_t entity_row) {
  const EntityRow& row = evaluator.store.rows(scorecard.entity)[entity_row];
  ScorecardRowResult result;
  result.entity_row = entity_row;
  result.key = row.key;
  result.label = row.label;
  result.has_phases = evaluator.policy.phases_of(scorecard.entity) != nullptr;
  result.status = RowStatus::scored;
  if (result.has_phases) {
    const Value phase = evaluator.phase(scorecard.entity, entity_row, moment);
    result.provisional = maturity.phases;
    if (phase.has_value()) {
      result.phase = phase.as<value::PhaseRef>().phase;
    } else {
      unscored(result, value::reason_text(phase.reason()), phase.reason());
    }
  }
  measure(result);
  weigh(result);
  check_gates(result);
  return result;
}

/// The place of the phase in a list with one entry per phase, or with one for all.
std::size_t Scorer::by_phase(std::size_t entries, const ScorecardRowResult& result) const {
  return entries > 1 && result.phase ? *result.phase : 0;
}

void Scorer::measure(ScorecardRowResult& result) {
  result.metrics.reserve(scorecard.rows.size());
  for (std::size_t index = 0; index < scorecard.rows.size(); ++index) {
    result.metrics.push_back(measure_row(index, result));
  }
}

ScoreRowResult Scorer::measure_row(std::size_t index, const ScorecardRowResult& result) {
  const model::ScorecardRow& row = scorecard.rows[index];
  const Context context{{scorecard.entity, result.entity_row, nullptr}, moment, nullptr};
  const bool phase_unknown = result.has_phases && !result.phase;
  ScoreRowResult measured;
  measured.row = index;
  measured.metric = row.metric;
  measured.attain = row.attain;
  measured.actual = evaluator.metric(row.metric, context.subject, moment);
  const auto unknown = [&](std::size_t entries) { return phase_unknown && entries > 1; };
  const std::size_t target = by_phase(row.targets.size(), result);
  if (unknown(row.targets.size())) {
    measured.target = Value::none(NoValueReason::phase_unknown);
  } else if (target < row.targets.size() && row.targets[target].valid()) {
    measured.target = evaluator.evaluate(row.targets[target], context);
  }
  if (!unknown(row.weights.size()) && !row.weights.empty())
    measured.weight = row.weights[by_phase(row.weights.size(), result)];
  const Value base = row.base.valid() ? evaluator.evaluate(row.base, context) : Value();
  if (measured.target.has_value() && row.targets[target].valid()) {
    const ExprId metric = evaluator.policy.metrics[row.metric.index].value;
    evaluator.require_one_currency(row.targets[target], context, {metric, row.targets[target], row.base});
  }
  measured.attainment = attainment(row.attain, measured.actual, measured.target, base);
  measured.points = points(evaluator.policy, row, measured.actual, measured.target, measured.attainment);
  if (const auto* curve = std::get_if<model::CurveId>(&row.curve); curve != nullptr && evaluator.coverage != nullptr) {
    const Value& input = row.attain == Attain::none ? measured.actual : measured.attainment;
    if (input.has_value()) evaluator.coverage->met_curve(*curve, input.number());
  }
  measured.provisional = maturity.metrics[index];
  // What-if questions say nothing of these.
  if (index < maturity.partial_metrics.size()) {
    measured.partial = maturity.partial_metrics[index] && measured.actual.has_value();
    const auto& targets = maturity.partial_targets[index];
    measured.target_partial = measured.target.has_value() && ((target < row.targets.size() && targets[target]) || targets.back());
  }
  for (const bool provisional : maturity.targets[index]) measured.provisional = measured.provisional || provisional;
  return measured;
}

void Scorer::unscored(ScorecardRowResult& result, std::string reason, value::NoValue why) {
  if (result.status == RowStatus::unscored) return;
  result.status = RowStatus::unscored;
  result.reason = std::move(reason);
  result.score = Value(std::move(why));
}

void Scorer::weigh(ScorecardRowResult& result) {
  Number present;
  for (ScoreRowResult& measured : result.metrics) {
    if (measured.weight.is_zero()) continue;
    result.provisional = result.provisional || measured.provisional;
    const model::ScorecardRow& row = scorecard.rows[measured.row];
    if (!measured.points.has_value()) {
      const value::NoValue why = measured.points.reason();
      switch (row.missing) {
        case Missing::unscored:
          unscored(result, evaluator.policy.metrics[row.metric.index].named.name + ": " + value::reason_text(why));
          break;
        case Missing::zero:
          measured.points = Number(0);
          break;
        case Missing::skip:
          measured.skipped = true;
          break;
      }
    }
    if (!measured.skipped) present += measured.weight;
  }
  if (scorecard.has_table && present.is_zero()) unscored(result, "no metric has a value");
  Number sum;
  for (ScoreRowResult& measured : result.metrics) {
    if (measured.skipped || present.is_zero()) continue;
    measured.effective_weight = measured.weight / present;
    if (!measured.points.has_value()) {
      measured.weighted = measured.points;
      continue;
    }
    measured.weighted = measured.points.number() * measured.effective_weight;
    sum += measured.weighted.number();
  }
  if (result.status == RowStatus::unscored) {
    result.raw_score = result.score;
    return;
  }
  result.raw_score = scorecard.has_table ? sum : Number(100);
  result.score = result.raw_score;
}

void Scorer::check_gates(ScorecardRowResult& result) {
  const Context context{{scorecard.entity, result.entity_row, nullptr}, moment, &result};
  std::optional<Number> limit;
  const auto limited = [&](const Number& to) { limit = limit ? value::min(*limit, to) : to; };
  for (std::size_t index = 0; index < scorecard.gates.size(); ++index) {
    const model::Gate& gate = scorecard.gates[index];
    const Value holds = evaluator.evaluate(gate.requires_value, context);
    GateResult checked{index, std::nullopt, {}};
    if (holds.has_value()) {
      checked.passed = holds.boolean();
    } else {
      checked.reason = holds.reason();
    }
    // What a gate requires must be shown: undecidable counts like failing.
    if (!checked.passed.value_or(false)) {
      const std::string why = checked.passed ? "" : ": " + value::reason_text(holds.reason());
      if (gate.effect == model::Gate::Effect::unscored) unscored(result, "gate " + gate.named.name + why);
      if (gate.effect == model::Gate::Effect::score) limited(Number(0));
      if (gate.effect == model::Gate::Effect::at_most) limited(gate.limit);
    }
    result.provisional = result.provisional || maturity.gates[index];
    result.gates.push_back(std::move(checked));
  }
  if (result.status == RowStatus::scored && limit) result.score = value::min(result.raw_score.number(), *limit);
}

}  // namespace kpi::eval
