#include <algorithm>
#include <filesystem>
#include <optional>

#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/lock.hpp"
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

namespace ids = source::ids;

/// The writer of a format that is written while periods are evaluated, or null.
std::unique_ptr<report::PeriodWriter> writer_of(const Invocation& invocation, const Session& session,
                                                const Compiled& compiled, unsigned threads, report::TextSink sink) {
  if (invocation.format == Format::csv) return report::csv_writer(compiled.policy, threads, std::move(sink));
  if (invocation.format != Format::json) return nullptr;
  report::MadeFrom made_from;
  for (const LockedLibrary& library : locked_libraries(compiled.path, compiled.libraries, session.sources)) {
    made_from.libraries.push_back({library.path, library.version, library.sha256});
  }
  if (invocation.has("--data-sum")) {
    made_from.database = *invocation.value("--data");
    // What another program has written beside the file is read as well; the sum of the file alone would tell less.
    std::error_code absent;
    const auto log = std::filesystem::file_size(made_from.database + "-wal", absent);
    if (absent || log == 0) made_from.database_sum = sha256_of_file(made_from.database);
  }
  return report::json_writer(compiled.policy, session.sources, kVersion, invocation.language, threads, std::move(sink),
                             std::move(made_from));
}

/// Does anything hold that `--deny` says must not?
bool is_denied(const Invocation& invocation, const model::Policy& policy, const eval::PeriodOutcome& period) {
  const auto what = invocation.value("--deny");
  return std::any_of(period.alerts.begin(), period.alerts.end(), [&](const eval::AlertResult& alert) {
    return what == "alerts" || (what == "critical" && policy.alerts[alert.alert.index].severity == "critical");
  });
}

/// Can an error come up after the first period? What a pool or budget comes to is known only when its period is
/// evaluated.
bool may_fail_late(const model::Policy& policy) {
  const bool native = std::any_of(policy.exprs.begin(), policy.exprs.end(), [](const model::Expr& expr) {
    const auto* call = std::get_if<model::CallExpr>(&expr.node);
    return call != nullptr && call->function == model::Builtin::native;  // currencies may turn out to be mixed
  });
  return native || std::any_of(policy.payouts.begin(), policy.payouts.end(),
                     [](const model::Payout& payout) { return payout.pool.valid() || payout.budget.valid(); });
}

std::string text_of(const Invocation& invocation, const Terminal& terminal, const Compiled& compiled,
                    const eval::Run& run, std::vector<eval::ReadPath> read_paths) {
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
  eval::RunRequest request = run_request(invocation, compiled->policy);
  if (invocation.has("--data-sum") && invocation.format != Format::json) {
    throw Failure(ids::option_needs_format, {{"option", "--data-sum"}, {"format", "json"}});
  }
  storage::SqliteSource data(*invocation.value("--data"), reader(invocation));

  ResultFile result(invocation.value("--output"));
  std::optional<Progress> progress(std::in_place,
                                   std::string(report::word(report::words::reading_data, invocation.language)));
  // Nothing is shown of a result that turns out to be none.
  bool holds_back = may_fail_late(compiled->policy);
  std::string held_back;
  const auto writer = writer_of(invocation, session, *compiled, request.threads, [&](std::string_view text) {
    progress.reset();
    if (holds_back) {
      held_back += text;
    } else {
      result.write(text);
    }
  });
  bool denied = false;
  if (writer) {
    request.take_period = [&](const eval::Outcome& outcome, const eval::AggregateStore& store,
                              const eval::PeriodOutcome& period) {
      denied = denied || is_denied(invocation, compiled->policy, period);
      if (!session.diagnostics.has_errors()) writer->write(outcome, &store, period);
    };
  }
  const eval::Run run = session.evaluate(*compiled, data, request);
  progress.reset();
  // In JSON the remarks are part of the result.
  if (session.diagnostics.has_errors() || invocation.format != Format::json) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  }
  if (session.diagnostics.has_errors()) return Exit::unusable;
  if (writer) {
    if (std::exchange(holds_back, false)) result.write(held_back);
    writer->finish(run.outcome, session.diagnostics);
  } else {
    result.write(text_of(invocation, terminal, *compiled, run, data.read_paths()));
  }
  result.close();
  for (const eval::PeriodOutcome& period : run.outcome.periods)
    denied = denied || is_denied(invocation, compiled->policy, period);
  denied = denied || (invocation.value("--deny") == "warnings" && session.diagnostics.warning_count() > 0);
  return denied ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
