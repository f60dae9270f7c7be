// What the next step would take: for each scorecard row, gate and payout curve the smallest change of one metric (all
// others as they are), up or down, that reaches the next breakpoint or makes the condition hold. Exact: what depends on
// the metric is a function in pieces, whose bounds are solved for, and every answer is checked by evaluating again with
// the changed value.
#pragma once

#include "interpreter/eval/run/evaluator.hpp"

namespace kpi::eval {

/// A metric, or an aggregate that stands in an expression by itself.
struct Change {
  model::MetricId metric;  // invalid for an aggregate
  AggregateId aggregate;
  value::Type type;
  Value now;
  enum class Verdict : std::uint8_t {
    reaches,           // with `needed`
    alone_not_enough,  // no value of this metric alone reaches it
    not_solved,        // a function in the expression hides how it depends on it
  } verdict = Verdict::not_solved;
  value::Number needed;  // in the metric's unit; counts are whole numbers
  bool beyond = false;   // must be passed, not only reached (`>` and `<`)
  Value score_then;      // the score with this change, where a scorecard is concerned
};

struct NextStep {
  enum class Kind : std::uint8_t {
    score_row,     // `wanted` attainment (actual where the row has none) brings `value_then` points
    gate,          // the condition would hold
    payout_curve,  // `wanted` input brings `value_then`
  } kind = Kind::score_row;
  model::ScorecardId scorecard;  // of score_row and gate
  std::size_t index = 0;         // row or gate of the scorecard
  model::PayoutId payout;        // of payout_curve
  model::CurveId curve;          // where a declared curve is concerned
  value::Type type;              // of current and wanted
  Value current, wanted;
  bool wanted_beyond = false;   // `wanted` must be passed: the step lies below it
  Value value_now, value_then;  // points, or the curve's value
  bool top = false;             // the best step is reached already: no changes
  bool endless = false;         // no step ahead, but every further change is worth more: no changes
  std::vector<Change> changes;
};

/// `result` is the subject's row of the scorecard.
std::vector<NextStep> next_score_steps(Evaluator& evaluator, model::ScorecardId scorecard, MomentId moment,
                                       const ScorecardRowResult& result);
/// `result` is null for payouts without a scorecard.
std::vector<NextStep> next_payout_steps(Evaluator& evaluator, model::PayoutId payout, MomentId moment,
                                        std::uint32_t entity_row, const ScorecardRowResult* result);

/// The nearest input at which a curve is worth more, in either direction.
struct Better {
  value::Number at;
  bool beyond = false;  // below `at`, not there itself
  value::Number value;
};
/// None where no step or point of the curve is worth more than it is at `from`; for brackets the next one is meant.
std::optional<Better> next_better(const model::Curve& curve, const value::Number& from);

}  // namespace kpi::eval
