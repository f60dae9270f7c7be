#include "interpreter/lsp/commands.hpp"

#include <fmt/format.h>

#include "interpreter/driver/given_files.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/report/diagnostics_text.hpp"
#include "interpreter/report/run_text.hpp"
#include "interpreter/storage/sqlite_source.hpp"
#include "interpreter/value/time.hpp"

namespace kpi::lsp {
namespace {

report::Look look_of(const View& view) {
  report::Look look;
  look.language = view.language;
  return look;
}

std::string text_of(const View& view, const std::vector<source::Diagnostic>& found) {
  source::Diagnostics diagnostics;
  for (const source::Diagnostic& each : found) diagnostics.add_without_span(each.id) = each;
  return report::diagnostics_pretty(diagnostics, view.analysis.session().sources, look_of(view));
}

std::optional<CommandResult> not_ready(const View& view) {
  if (view.analysis.failure() || view.analysis.session().diagnostics.has_errors()) {
    return CommandResult{
        false, std::string(view.say("the policy has errors; correct them first", "方案中还有错误，请先更正"))};
  }
  return std::nullopt;
}

}  // namespace

CommandResult run_test(const View& view, const std::string& name) {
  if (const auto problem = not_ready(view)) return *problem;
  const model::Policy& policy = view.analysis.policy();
  for (const model::Test& test : policy.tests) {
    if (test.name != name) continue;
    const std::string& file = view.analysis.name_of(view.analysis.source());
    const eval::TestResult result = eval::run_test(policy, test, driver::reader_beside(file));
    return {result.passed(), result.passed() ? "" : text_of(view, result.failures)};
  }
  return {false, fmt::format(fmt::runtime(view.say("there is no test \"{}\"", "没有测试“{}”")), name)};
}

CommandResult preview(const View& view, const std::string& scorecard, const std::string& database,
                      const std::string& period) {
  if (const auto problem = not_ready(view)) return *problem;
  const model::Policy& policy = view.analysis.policy();
  const Declaration* card = view.analysis.find(scorecard);
  if (!card || card->what != What::scorecard) {
    return {false, fmt::format(fmt::runtime(view.say("there is no scorecard `{}`", "没有计分卡 `{}`")), scorecard)};
  }
  if (database.empty()) {
    return {false, std::string(view.say("no database is set: give `database` in the server's settings",
                                        "没有设置数据库：请在服务器设置中给出 `database`"))};
  }
  eval::RunRequest request;
  if (period.empty()) {
    const value::Date start = policy.header.effective_from.value_or(value::Date{});
    value::Period first = value::Period::containing(start, policy.scorecards[card->index].every);
    if (first.start() < start) first = first.shift(1);
    request.periods = {first};
  } else if (const auto periods = value::parse_periods(period)) {
    request.periods = *periods;
  } else {
    return {false, fmt::format(fmt::runtime(view.say("`{}` is not a period", "`{}` 不是有效的期间")), period)};
  }
  try {
    storage::SqliteSource data(database);
    source::Diagnostics diagnostics;
    const eval::Run run = eval::run(policy, data, request, diagnostics);
    diagnostics.sort_and_deduplicate();
    std::string text;
    if (!diagnostics.has_errors()) text = report::run_text(policy, run, {}, look_of(view));
    return {!diagnostics.has_errors(),
            text + report::diagnostics_pretty(diagnostics, view.analysis.session().sources, look_of(view))};
  } catch (const eval::DataFailure& failure) {
    source::Diagnostic diagnostic;
    diagnostic.id = static_cast<source::DiagnosticId>(failure.diagnostic);
    diagnostic.has_span = false;
    diagnostic.parameters = failure.parameters;
    return {false, text_of(view, {diagnostic})};
  }
}

}  // namespace kpi::lsp
