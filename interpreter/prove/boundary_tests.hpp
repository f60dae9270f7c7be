// Tests that stand on both sides of every boundary of a policy: a tier, a gate, a phase, a minimum sample, a point of a
// curve, a cap, an exclusion. Each is a small store of rows with what the policy makes of it today, for its author to
// confirm.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::prove {

struct ProposedTest {
  std::string title;  // `score at 60`, `commission(sales) at 4_000 GBP, one step below`
  std::string text;   // a `test` block
};
/// The text of a place in the files, for titles.
using SourceText = std::function<std::string(source::Span)>;

struct ProposedTests {
  explicit ProposedTests(const model::Policy& policy) : coverage(policy) {}
  std::vector<ProposedTest> tests;
  /// Boundaries for which no store of rows was found.
  std::vector<std::string> without_store;
  /// What the proposed tests meet.
  eval::Coverage coverage;
};

/// Two or three tests for each boundary, in the order of the policy; equal stores once. Titles are in `language`. The
/// policy has no errors.
ProposedTests boundary_tests(const model::Policy& policy, source::Language language, const SourceText& source_text);

}  // namespace kpi::prove
