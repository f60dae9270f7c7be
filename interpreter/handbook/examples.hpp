// Worked examples: the evaluator's own scoring and pay on results that are assumed instead of read from data.
#pragma once

#include <array>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/handbook/phrase.hpp"

namespace kpi::handbook {

/// Something besides the scored metrics that a result depends on, and the value taken for it.
struct Assumption {
  Inline what;
  std::string value;
  friend bool operator==(const Assumption&, const Assumption&) = default;
};

struct Example {
  value::Number level{1};                    // of every target: 4/5, 1, 6/5
  std::optional<std::uint32_t> failed_gate;  // index of the gate that is made to fail
  eval::ScorecardRowResult score;
  struct Pay {
    model::PayoutId payout;
    eval::PayoutRowResult result;
    std::vector<Assumption> parts;  // curves and tables of the amount, with their values
  };
  std::vector<Pay> pay;
  std::vector<Assumption> assumptions;
};

/// The examples of one phase (none: the entity has no phases) of a scorecard.
struct PhaseExamples {
  std::optional<std::uint32_t> phase;
  std::vector<Example> examples;
};

/// Shares of every target: 80%, 90%, 100%, 120%.
extern const std::array<value::Number, 4> kLevels;

class ExampleMaker {
 public:
  ExampleMaker(const model::Policy& policy, const Phraser& phraser) : policy_(policy), phraser_(phraser) {}
  /// One example for each level, the same in every metric; and with a failed gate where one can be made to
  /// fail.
  std::vector<PhaseExamples> of(model::ScorecardId scorecard) const;
  /// The first whole period in which the policy is effective.
  value::Period period(value::CalendarUnit unit) const;

 private:
  const model::Policy& policy_;
  const Phraser& phraser_;
};

}  // namespace kpi::handbook
