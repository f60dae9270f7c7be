#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/dump.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/policy_limits.hpp"
#include "interpreter/driver/rule_examples.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

namespace words = report::words;

/// What `check` prints when it has nothing to say about the files.
std::string all_clear(std::size_t files, const report::Look& look) {
  return report::say(files == 1 ? words::checked_one : words::checked_many, look.language, files) + "\n";
}

Exit status_of(const Session& session, const Invocation& invocation) {
  if (session.diagnostics.has_errors()) return Exit::not_compiled;
  const bool denied = invocation.has("--deny") && session.diagnostics.warning_count() > 0;
  return denied ? Exit::findings : Exit::clean;
}

}  // namespace

Exit run_check(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  std::string dumps;
  const auto files = session.compile_all(invocation.arguments);
  if (!files) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::unusable;
  }
  for (const Compiled& compiled : *files) {
    check_limits(compiled, {}, false, session.diagnostics);
    remark_on_examples(compiled, session.diagnostics);
    if (const auto phase = invocation.value("--dump")) dumps += dump(*phase, compiled, session);
  }
  session.diagnostics.sort_and_deduplicate();
  if (invocation.has("--dump")) {
    // The dump is the result; what is wrong with the file goes beside it.
    write_result(dumps, std::nullopt);
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return status_of(session, invocation);
  }
  std::string text;
  if (!session.diagnostics.items().empty() || invocation.format == Format::json) {
    text = diagnostics_text(session.diagnostics, session.sources, invocation.format, terminal.out);
  } else if (invocation.format == Format::pretty) {
    text = all_clear(invocation.arguments.size(), terminal.out);
  }
  write_result(text, std::nullopt);
  return status_of(session, invocation);
}

}  // namespace kpi::driver
