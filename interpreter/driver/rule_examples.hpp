// The examples of rules (`fails { … }`, `passes { … }`) as tests.
#pragma once

#include "interpreter/driver/session.hpp"
#include "interpreter/eval/run/test_runner.hpp"

namespace kpi::driver {

/// Runs each rule that the file itself declares over each of its examples: `fails` must give a finding, `passes` none, and
/// both must compile. One test per example, named `rule wage-fine fails 1`.
std::vector<eval::TestResult> run_rule_examples(Session& session, const Compiled& compiled);

/// Warns of the rules of a file that have no `fails` or no `passes`. The file must have been read with its examples.
void remark_on_examples(const Compiled& compiled, source::Diagnostics& remarks);

}  // namespace kpi::driver
