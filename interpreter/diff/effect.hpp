// What a change of a policy does to people: two runs over the same data compared person by person, and the difference
// shared out over the changes by applying them one after the other.
#pragma once

#include <map>

#include "interpreter/diff/diff.hpp"
#include "interpreter/eval/outcome.hpp"

namespace kpi::diff {

/// One thing that came out differently on the way to a person's score or amount.
struct Fact {
  enum class Kind : std::uint8_t { phase, actual, target, points, weight, gate, score, step } kind = Kind::score;
  std::string name;     // the metric, gate or step, as the new policy calls it
  std::string penalty;  // of a penalty step
  value::Value before, after;
  std::string text_before, text_after;  // phases; gates: passed failed undecided; empty: not there
  value::Type type;
  std::optional<model::MetricId> metric_before, metric_after;
};

/// What one applied change did to one amount.
struct Cause {
  std::size_t unit = 0;  // index in Effect::units
  value::Number amount;
};

struct PersonEffect {
  value::Period period;
  std::optional<model::PayoutId> payout_before, payout_after;
  std::string payout;  // its name in the new policy, or in the old one where it went
  value::Currency currency;
  std::string key, label;
  bool is_before = false, is_after = false;    // whether each result has the person
  std::optional<value::Number> before, after;  // amounts; none: unscored or without value
  eval::PayoutStatus status_before = eval::PayoutStatus::ok, status_after = eval::PayoutStatus::ok;
  std::string reason_before, reason_after;
  value::Number difference;  // after - before, where no amount counts as 0
  std::vector<Fact> facts;
  std::vector<Cause> causes;  // in the order of the units, those that did something
};

struct ScoreEffect {
  value::Period period;
  std::string scorecard, key, label;
  value::Value before, after;  // scores
  bool is_before = false, is_after = false;
  std::string reason_before, reason_after;
  std::vector<Fact> facts;
};

/// Over all periods together.
struct PayoutTotals {
  std::string payout;
  value::Currency currency;
  value::Number before, after;
  std::size_t people = 0, touched = 0, gain = 0, lose = 0, newly_without = 0, newly_with = 0, other_status = 0;
};

/// Changes that were applied together, because they stand in one declaration or only make sense together.
struct Unit {
  std::vector<std::string> names;  // `curve multiplier`
  std::vector<std::pair<ElementKind, std::string>> elements;
  std::map<std::string, value::Number> amounts;  // by currency code
  std::size_t people = 0;
};

struct Effect {
  bool outside_effective = false;  // a period lies outside the effective dates of one policy: evaluated all the same
  std::vector<value::Period> periods;
  std::vector<PayoutTotals> payouts;
  std::vector<PersonEffect> people;  // those who are touched, the largest differences first
  std::vector<ScoreEffect> scores;   // of all scorecards, the largest differences first
  std::vector<Unit> units;           // empty: nothing to share out
  bool is_empty() const { return people.empty() && scores.empty(); }
};

Effect compare_runs(const Side& before, const Side& after, const Diff& diff, const eval::Run& run_before,
                    const eval::Run& run_after);

/// Amounts of one run by payout name, period and key; what has no amount is 0.
using Amounts = std::map<std::tuple<std::string, std::string, std::string>, value::Number>;
/// With names of the new policy where the old one has others.
Amounts amounts_of(const model::Policy& policy, const eval::Run& run,
                   const std::map<std::string, std::string>& new_names);

/// Puts what each unit did into the people and units of `effect`. `states` has one entry per unit: the amounts when it
/// and all before it are applied; the first state, with none applied, is `start`.
void share_out(Effect& effect, std::vector<Unit> units, const Amounts& start, const std::vector<Amounts>& states);

}  // namespace kpi::diff
