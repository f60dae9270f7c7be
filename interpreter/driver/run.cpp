#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/progress.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/run_csv.hpp"
#include "interpreter/report/run_json.hpp"
#include "interpreter/report/run_text.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {
namespace {

std::string result_text(const Invocation& invocation, const Terminal& terminal, const Session& session,
                        const Compiled& compiled, const eval::Run& run, std::vector<eval::ReadPath> read_paths) {
  switch (invocation.format) {
    case Format::json:
      return report::run_json(compiled.policy, run, session.diagnostics, session.sources, kVersion,
                              invocation.language);
    case Format::csv:
      return report::run_csv(compiled.policy, run);
    case Format::pretty:
    case Format::compact:
    case Format::markdown:
    case Format::html:
      break;
  }
  report::Look look = terminal.out;
  if (invocation.has("--output")) look.colour = false;
  return report::run_text(compiled.policy, run,
                          {invocation.has("--verbose"), invocation.has("--all-metrics"), std::move(read_paths)}, look);
}

}  // namespace

Exit run_run(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto compiled = compile_policy(session, invocation.arguments.front(), invocation, terminal);
  if (!compiled) return Exit::not_compiled;
  const eval::RunRequest request = run_request(invocation, compiled->policy);
  storage::SqliteSource data(*invocation.value("--data"), reader(invocation));
  const eval::Run run = [&] {
    const Progress progress{std::string(report::word(report::words::reading_data, invocation.language))};
    return session.evaluate(*compiled, data, request);
  }();
  // In JSON the remarks are part of the result.
  if (session.diagnostics.has_errors() || invocation.format != Format::json) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  }
  if (session.diagnostics.has_errors()) return Exit::unusable;
  write_result(result_text(invocation, terminal, session, *compiled, run, data.read_paths()),
               invocation.value("--output"));
  return Exit::clean;
}

}  // namespace kpi::driver
