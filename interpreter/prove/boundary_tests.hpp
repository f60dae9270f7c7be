// Tests that stand on both sides of every boundary of a policy: a tier, a gate, a phase, a minimum sample. Each is a
// small store of rows with what the policy makes of it today, for its author to confirm.
#pragma once

#include <string>
#include <vector>

#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::prove {

struct ProposedTest {
  std::string title;  // `score at 60`, `age(joined) just below 90 days`
  std::string text;   // a `test` block
};
struct ProposedTests {
  explicit ProposedTests(const model::Policy& policy) : coverage(policy) {}
  std::vector<ProposedTest> tests;
  /// Boundaries for which no store of rows was found.
  std::vector<std::string> without_store;
  /// What the proposed tests meet. A boundary is where something jumps: where only a slope changes, as between the
  /// brackets of a commission, nothing is proposed.
  eval::Coverage coverage;
};

/// Two tests for each boundary, in the order of the policy; equal stores once. The policy has no errors.
ProposedTests boundary_tests(const model::Policy& policy);

}  // namespace kpi::prove
