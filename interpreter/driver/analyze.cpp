#include <utility>

#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/progress.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/prove/people.hpp"
#include "interpreter/report/analysis_text.hpp"
#include "interpreter/report/analysis_words.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

prove::AnalysisOptions options_of(const Invocation& invocation) {
  prove::AnalysisOptions options;
  if (const auto text = invocation.value("--tolerance")) {
    const auto amount = value::Number::parse_decimal(*text);
    if (!amount || amount->sign() < 0) {
      throw Failure(ids::bad_option_value,
                    {{"option", "--tolerance"}, {"value", *text}, {"expected", "`0`, `50`, `99.50`"}});
    }
    options.tolerance = *amount;
  }
  if (const auto text = invocation.value("--effort")) {
    const auto number = value::Number::parse_decimal(*text);
    const auto count = number ? number->to_int64() : std::nullopt;
    if (!count || *count < 100 || *count > 1'000'000) {
      throw Failure(ids::bad_option_value,
                    {{"option", "--effort"}, {"value", *text}, {"expected", "`100` … `1000000`"}});
    }
    options.evaluations = static_cast<std::size_t>(*count);
  }
  if (const auto text = invocation.value("--without")) {
    std::string name;
    for (const char c : *text + ",") {
      if (c != ',' && c != ' ') {
        name += c;
      } else if (!name.empty()) {
        options.without.insert(std::exchange(name, {}));
      }
    }
  }
  return options;
}

std::optional<prove::People> people_in_data(const Invocation& invocation, Session& session,
                                            const model::Policy& policy) {
  const auto file = invocation.value("--data");
  if (!file) return std::nullopt;
  if (!invocation.has("--period")) {
    throw Failure(ids::bad_option_value,
                  {{"option", "--data"}, {"value", *file}, {"expected", "`--data DB --period 2026-07`"}});
  }
  const eval::RunRequest request = run_request(invocation, policy);
  storage::SqliteSource data(*file);
  return prove::people(policy, data, request.periods.front(), session.diagnostics);
}

Exit status_of(const prove::Analysis& analysis) {
  if (analysis.count(prove::Verdict::refuted) > 0) return Exit::findings;
  return analysis.count(prove::Verdict::unknown) > 0 ? Exit::undecided : Exit::clean;
}

}  // namespace

Exit run_analyze(const Invocation& invocation, const Terminal& terminal) {
  const prove::AnalysisOptions options = options_of(invocation);
  Session session;
  const auto compiled = compile_policy(session, invocation.arguments.front(), invocation, terminal);
  if (!compiled) return Exit::not_compiled;
  const prove::Analysis analysis = [&] {
    const Progress progress{std::string(report::word(report::analysis_words::analysing, invocation.language))};
    return prove::analyse(compiled->policy, compiled->attacks, options);
  }();
  if (const auto file = invocation.value("--save-test")) {
    std::string text;
    for (const prove::Finding& finding : analysis.findings) text += prove::test_text(compiled->policy, finding);
    write_result(text, *file);
  }
  const auto people = people_in_data(invocation, session, compiled->policy);
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::unusable;
  }
  report::Look look = terminal.out;
  if (invocation.has("--output")) look.colour = false;
  const std::string out =
      invocation.format == Format::json
          ? report::analysis_json(compiled->policy, analysis, people, session.sources, kVersion, look.language)
          : report::analysis_text(compiled->policy, analysis, people, session.sources,
                                  invocation.format == Format::compact, look);
  print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  write_result(out, invocation.value("--output"));
  return status_of(analysis);
}

}  // namespace kpi::driver
