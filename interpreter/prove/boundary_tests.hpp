// Tests that stand on both sides of every boundary of a policy: a tier, a gate, a phase, a minimum sample. Each is a
// small store of rows with what the policy makes of it today, for its author to confirm.
#pragma once

#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

struct ProposedTest {
  std::string title;  // `score at 60`, `age(joined) just below 90 days`
  std::string text;   // a `test` block
};
struct ProposedTests {
  std::vector<ProposedTest> tests;
  /// Boundaries for which no store of rows was found.
  std::vector<std::string> without_store;
};

/// Two tests for each boundary, in the order of the policy; equal stores once. The policy has no errors.
ProposedTests boundary_tests(const model::Policy& policy);

}  // namespace kpi::prove
