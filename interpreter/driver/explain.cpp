#include "interpreter/eval/run/explain.hpp"

#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/progress.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/explain_text.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {

Exit run_explain(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto compiled = compile_policy(session, invocation.arguments.front(), invocation, terminal);
  if (!compiled) return Exit::not_compiled;
  const eval::RunRequest wanted = run_request(invocation, compiled->policy);
  const bool why_not = invocation.has("--why-not");
  storage::SqliteSource data(*invocation.value("--data"), reader(invocation));
  std::string out;
  for (const value::Period period : wanted.periods) {
    eval::ExplainRequest request;
    request.period = period;
    request.entity_key = wanted.entity_key;
    request.as_of = wanted.as_of;
    request.quarantine = wanted.quarantine;
    request.only_needed = wanted.only_needed;
    request.why_not = why_not;
    request.row_limit = row_limit(invocation);
    request.threads = wanted.threads;
    request.batch_rows = wanted.batch_rows;
    request.memory = wanted.memory;
    request.simple = wanted.simple;
    const Progress progress{std::string(report::word(report::words::reading_data, invocation.language))};
    const eval::Explanation explanation =
        eval::explain(compiled->policy, data, session.sources, request, session.diagnostics);
    if (session.diagnostics.has_errors()) break;
    if (invocation.format == Format::json) {
      out += report::explain_json(compiled->policy, explanation, period, why_not, session.diagnostics, session.sources,
                                  invocation.language);
    } else {
      report::Look look = terminal.out;
      if (invocation.has("--output")) look.colour = false;
      out += (out.empty() ? "" : "\n") + report::explain_text(compiled->policy, explanation, period, why_not, look);
    }
  }
  const bool failed = session.diagnostics.has_errors();
  if (failed || invocation.format != Format::json) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  }
  if (failed) return Exit::unusable;
  write_result(out, invocation.value("--output"));
  return Exit::clean;
}

}  // namespace kpi::driver
