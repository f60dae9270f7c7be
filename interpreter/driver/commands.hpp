// The commands. Each reads its invocation, writes its result to standard output (diagnostics to standard error, except
// where they are the result) and gives the exit status.
#pragma once

#include "interpreter/driver/command_line.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::driver {

/// How the two output streams look.
struct Terminal {
  report::Look out, err;
};

constexpr std::string_view kVersion = "0.1.0";

Exit run_check(const Invocation& invocation, const Terminal& terminal);
Exit run_fmt(const Invocation& invocation, const Terminal& terminal);
Exit run_import(const Invocation& invocation, const Terminal& terminal);
Exit run_data(const Invocation& invocation, const Terminal& terminal);
Exit run_run(const Invocation& invocation, const Terminal& terminal);
Exit run_explain(const Invocation& invocation, const Terminal& terminal);
Exit run_test(const Invocation& invocation, const Terminal& terminal);
Exit run_lint(const Invocation& invocation, const Terminal& terminal);
Exit run_rule(const Invocation& invocation, const Terminal& terminal);
Exit run_diff(const Invocation& invocation, const Terminal& terminal);
Exit run_doc(const Invocation& invocation, const Terminal& terminal);
Exit run_std(const Invocation& invocation, const Terminal& terminal);
Exit run_analyze(const Invocation& invocation, const Terminal& terminal);
Exit run_eval(const Invocation& invocation, const Terminal& terminal);
Exit run_new(const Invocation& invocation, const Terminal& terminal);
Exit run_gen_tests(const Invocation& invocation, const Terminal& terminal);
Exit run_lock(const Invocation& invocation, const Terminal& terminal);

}  // namespace kpi::driver
