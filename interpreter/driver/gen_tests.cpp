// `kpi gen-tests POLICY`: tests at every boundary, with what the policy makes of them today.
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/prove/boundary_tests.hpp"
#include "interpreter/report/coverage_report.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

using report::Word;

constexpr Word kHead{
    {"# Proposed by `kpi gen-tests`: what {} {} makes of both sides of each boundary today. Confirm every number "
     "before\n"
     "# you keep a test; a wrong policy gives wrong proposals.\n",
     "# 由 `kpi gen-tests` 提出：{} {} "
     "目前在每个界限两侧算出的结果。保留之前请逐一核对；方案有错，提出的测试也会错。\n"}};
constexpr Word kNothing{
    {"# No boundary was found in what {} scores and pays.\n", "# 在 {} 的得分与报酬中没有发现界限。\n"}};
constexpr Word kWithout{{"# No rows were found for: {}\n", "# 未能构造出数据：{}\n"}};
constexpr Word kMissed{{"# No proposed test meets these; write tests for them yourself:\n",
                        "# 提出的测试没有触及以下部分，请自行编写测试：\n"}};

std::string in_one_line(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

Exit run_gen_tests(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const Compiled compiled = session.compile(invocation.arguments.front());
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  const prove::ProposedTests proposed = prove::boundary_tests(
      compiled.policy, invocation.language, [&](source::Span span) { return in_one_line(session.sources.text(span)); });
  const model::Header& header = compiled.policy.header;
  std::string out = proposed.tests.empty() && proposed.without_store.empty()
                        ? report::say(kNothing, invocation.language, header.name)
                        : report::say(kHead, invocation.language, header.name, header.version);
  for (const prove::ProposedTest& test : proposed.tests) out += "\n" + test.text;
  for (const std::string& boundary : proposed.without_store) {
    out += "\n" + report::say(kWithout, invocation.language, boundary);
  }
  const std::vector<std::string> missed =
      report::coverage_missed(proposed.coverage, compiled.policy, compiled.path, session.sources, invocation.language);
  if (!missed.empty()) out += "\n" + std::string(report::word(kMissed, invocation.language));
  for (const std::string& line : missed) out += "#   " + line + "\n";
  write_result(out, invocation.value("--output"));
  return Exit::clean;
}

}  // namespace kpi::driver
