// Scores: attainment, points, weights, missing values and gates (section 7 of the language).
#pragma once

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/needs.hpp"

namespace kpi::eval {

/// What is known about the maturity of a scorecard's parts in one period.
struct ScorecardMaturity {
  bool phases = false;                     // true: still provisional
  std::vector<bool> metrics;               // by row
  std::vector<std::vector<bool>> targets;  // by row, then as ScorecardRow::targets, the base included
  std::vector<bool> gates;
  std::vector<bool> partial_metrics;               // by row: days outside the data are read, beyond the period
  std::vector<std::vector<bool>> partial_targets;  // as `targets`
};

/// ratio a/t · mirror 2 - a/t · inverse t/a · from (a - b)/(t - b). A target <= 0 gives target_not_positive (not for
/// `from`); an absent actual or target passes its reason on.
Value attainment(model::Attain form, const Value& actual, const Value& target, const Value& base);

/// Points of a row: `pass` compares the actual with the target; the other curves take the attainment (the actual where
/// the row has no attainment).
Value points(const model::Policy& policy, const model::ScorecardRow& row, const Value& actual, const Value& target,
             const Value& attainment);

class Scorer {
 public:
  Scorer(Evaluator& evaluator_, const model::Scorecard& scorecard_, MomentId moment_, ScorecardMaturity maturity_)
      : evaluator(evaluator_), scorecard(scorecard_), moment(moment_), maturity(std::move(maturity_)) {}
  ScorecardRowResult score(std::uint32_t entity_row);

 private:
  void measure(ScorecardRowResult& result);
  ScoreRowResult measure_row(std::size_t index, const ScorecardRowResult& result);
  void weigh(ScorecardRowResult& result);
  void check_gates(ScorecardRowResult& result);
  std::size_t by_phase(std::size_t entries, const ScorecardRowResult& result) const;
  void unscored(ScorecardRowResult& result, std::string reason,
                value::NoValue why = {value::NoValueReason::unscored, {}});

  Evaluator& evaluator;
  const model::Scorecard& scorecard;
  MomentId moment;
  ScorecardMaturity maturity;
};

}  // namespace kpi::eval
