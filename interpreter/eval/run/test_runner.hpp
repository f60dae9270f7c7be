// Runs the tests of a policy: their tables become a data source, their period is run, and what they expect is compared
// exactly. Every disagreement is a diagnostic at the cell or line that expects something else.
#pragma once

#include <functional>

#include "interpreter/eval/memory_source.hpp"
#include "interpreter/eval/outcome.hpp"

namespace kpi::eval {

struct TestResult {
  std::string name;
  source::Span span;
  std::vector<source::Diagnostic> failures;  // empty: passed
  /// Its period lies outside the effective dates, so it ran as if the policy were in force then.
  bool outside_effective = false;
  bool passed() const { return failures.empty(); }
};

struct TestReport {
  std::vector<TestResult> tests;  // in order of declaration
  std::size_t passed() const;
  std::size_t failed() const { return tests.size() - passed(); }
};

/// A file named by `given … from`, as a table of raw cells.
struct GivenFile {
  std::vector<std::string> columns;
  std::vector<std::vector<MemoryCell>> rows;
};
/// Reads such a file; none when it cannot be read.
using GivenFileReader = std::function<std::optional<GivenFile>(const model::GivenTable& given)>;

/// What the tests exercise is added to `coverage`, if there is one. `how` says how rows are read (threads, batch_rows,
/// simple); the rest of it is the test's.
TestReport run_tests(const model::Policy& policy, const GivenFileReader& read_file = {}, Coverage* coverage = nullptr,
                     const RunRequest& how = {});
TestResult run_test(const model::Policy& policy, const model::Test& test, const GivenFileReader& read_file = {},
                    Coverage* coverage = nullptr, const RunRequest& how = {});

/// The tables that a test gives, as a source stores them; cells that cannot be stored are reported.
MemorySource given_data(const model::Policy& policy, const model::Test& test, const GivenFileReader& read_file,
                        source::Diagnostics& diagnostics);

}  // namespace kpi::eval
