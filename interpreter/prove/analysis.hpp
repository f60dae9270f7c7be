// `kpi analyze`: every property of every payout and score, each with a verdict, and for what is refuted a store that
// shows it, replayed by the real evaluator.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "interpreter/model/attack.hpp"
#include "interpreter/prove/facts.hpp"

namespace kpi::prove {

/// How a verdict was reached: intervals, directions and boxes; how fast pay grows with one amount; states that were
/// evaluated; linear arithmetic with lemmas (Z3); full arithmetic (Z3).
enum class Layer : std::uint8_t { native, rates, search, linear, nonlinear };
std::string_view name(Layer layer);

enum class Property : std::uint8_t {
  reachable,  // every tier, gate and rule can decide something
  bounded,    // pay has an upper bound
  not_negative,
  no_jump,        // one per threshold
  single_order,   // one order never moves pay by more than its own amount
  genuine_order,  // one more order never lowers pay
  refund,         // more refunds never raise pay
  monotone,       // a better metric never lowers pay
  independent,    // pay does not depend on what is personal
  budget,         // pay stays below `assume pay_share` of what orders bring
  phase,          // the next phase pays the same for the same work
  sample,         // a row that completes a minimum sample never lowers pay
  ratchet,        // holding work back for a target that is made from it is never worth it
  attack,         // a declared attack is never worth it
};
std::string_view name(Property property);
/// What the property is called in Chinese, beside its name.
std::string_view chinese_name(Property property);

struct Witness {
  value::Period period;  // of the first result
  std::int32_t periods = 1;
  std::string entity, key;
  struct Line {
    Said what;
    std::string before, after;
  };
  std::vector<Line> lines;                               // what changes, then pay
  std::vector<Number> paid_before, paid_after;           // by period, as the evaluator paid
  std::vector<std::string> status_before, status_after;  // "ok", "unscored", "no_value", "not_paid", "absent"
  Number cost, net;
  std::optional<Number> recomputed;  // what the first period pays as the next one sees it; the rest is taken back
  std::string recomputed_status;
  std::vector<model::GivenTable> before;              // the store
  std::vector<std::vector<model::GivenTable>> after;  // the store after it, as each period sees it; may be empty
};

struct Finding {
  Property property = Property::bounded;
  Verdict verdict = Verdict::unknown;
  Layer layer = Layer::native;
  PayoutId payout;  // or:
  ScorecardId scorecard;
  std::string subject;    // name of the payout or scorecard
  std::string detail;     // threshold, metric, attack
  std::string detail_zh;  // in the policy's Chinese words; the same where it has none
  Said sentence;
  /// The line of the policy that makes the difference in the witness: without it, more than half would be gone.
  struct Cause {
    Said what;
    Span span;
  };
  std::optional<Cause> cause;
  std::vector<Said> notes;  // the cheapest and the most profitable way, a repair that was verified
  Span span;
  std::optional<Number> amount;  // of the violation: jump, gain, swing; or the bound that was proved
  std::optional<Witness> witness;
  std::size_t evaluations = 0;  // spent
  bool asked_solver = false;
};

struct AnalysisOptions {
  Number tolerance;                  // jumps and swings up to this are fine, in policy currency
  std::size_t evaluations = 20'000;  // per question
  std::uint64_t solver_budget = 4'000'000;
  std::uint64_t seed = 1;
  std::set<std::string> without;  // names of attacks that are left out
};

struct Analysis {
  std::vector<Finding> findings;  // by payout and property
  std::vector<Said> assumptions;  // what every verdict rests on
  std::string solver;             // "Z3 4.8.12", or empty
  std::size_t count(Verdict verdict) const;
};

/// The policy has no errors.
Analysis analyse(const model::Policy& policy, const std::vector<model::Attack>& attacks,
                 const AnalysisOptions& options);

/// A `test` block that `kpi test` passes: the witness's store and what it pays, before and after.
std::string test_text(const model::Policy& policy, const Finding& finding);

}  // namespace kpi::prove
