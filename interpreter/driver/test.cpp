#include <filesystem>
#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/diagnostics_text.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/csv_reader.hpp"

namespace kpi::driver {
namespace {

namespace words = report::words;
using source::DiagnosticId;
namespace ids = source::ids;

/// `given orders from "orders.csv"`: the file beside the policy, every cell as text, empty cells absent.
eval::GivenFileReader reader_beside(const std::string& policy_path) {
  return [folder = std::filesystem::path(policy_path).parent_path()](
             const model::GivenTable& given) -> std::optional<eval::GivenFile> {
    try {
      const std::string path = (folder / given.file).string();
      storage::CsvReader reader(storage::open_file(path), given.file, {});
      eval::GivenFile file;
      while (reader.next()) {
        if (file.columns.empty()) {
          for (std::size_t i = 0; i < reader.size(); ++i) file.columns.emplace_back(reader[i]);
          continue;
        }
        std::vector<eval::MemoryCell> row(file.columns.size());
        for (std::size_t i = 0; i < std::min(row.size(), reader.size()); ++i) {
          if (!reader[i].empty()) row[i] = eval::MemoryCell::words(std::string(reader[i]));
        }
        file.rows.push_back(std::move(row));
      }
      return file;
    } catch (const eval::DataFailure&) {
      return std::nullopt;  // the runner reports it at the place in the policy
    }
  };
}

struct FileTests {
  std::string path;
  eval::TestReport report;
};

std::string pretty(const FileTests& file, const Session& session, const report::Look& look) {
  std::string out;
  for (const eval::TestResult& test : file.report.tests) {
    const std::string state =
        test.passed() ? report::paint("ok", report::Ink::green, look)
                      : report::paint(report::word(words::test_failed, look.language), report::Ink::red, look);
    out += state + " " + report::visible(file.path) + ": " + report::visible(test.name) + "\n";
    if (test.passed()) continue;
    source::Diagnostics failures;
    for (const source::Diagnostic& failure : test.failures) failures.add_without_span(failure.id) = failure;
    out += "\n" + report::diagnostics_pretty(failures, session.sources, look);
  }
  return out;
}

std::string compact(const FileTests& file, const Session& session, const report::Look& look) {
  std::string out;
  for (const eval::TestResult& test : file.report.tests) {
    source::Diagnostics failures;
    for (const source::Diagnostic& failure : test.failures) failures.add_without_span(failure.id) = failure;
    out += report::diagnostics_compact(failures, session.sources, look);
  }
  return out;
}

nlohmann::ordered_json json(const FileTests& file, const Session& session, source::Language language) {
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const eval::TestResult& test : file.report.tests) {
    source::Diagnostics failures;
    for (const source::Diagnostic& failure : test.failures) failures.add_without_span(failure.id) = failure;
    tests.push_back({{"file", file.path},
                     {"name", test.name},
                     {"passed", test.passed()},
                     {"failures", report::diagnostics_array(failures, session.sources, language)}});
  }
  return tests;
}

}  // namespace

Exit run_test(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  std::vector<Compiled> files;
  for (const std::string& path : invocation.arguments) files.push_back(session.compile(path));
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  source::Diagnostics remarks;
  std::size_t passed = 0, failed = 0;
  std::string out;
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const Compiled& compiled : files) {
    if (compiled.policy.tests.empty()) remarks.add_without_span(ids::file_has_no_tests).with("file", compiled.path);
    const FileTests file{compiled.path, eval::run_tests(compiled.policy, reader_beside(compiled.path))};
    passed += file.report.passed();
    failed += file.report.failed();
    if (invocation.format == Format::json) {
      for (auto& test : json(file, session, invocation.language)) tests.push_back(std::move(test));
    } else {
      out += invocation.format == Format::compact ? compact(file, session, terminal.out)
                                                  : pretty(file, session, terminal.out);
    }
  }
  if (invocation.format == Format::json) {
    out = report::json_text({{"tests", std::move(tests)}, {"passed", passed}, {"failed", failed}});
  } else {
    out += report::say(words::tests_summary, invocation.language, passed, failed) + "\n";
  }
  write_result(out, std::nullopt);
  print_to_standard_error(remarks, session.sources, invocation.format, terminal.err);
  return failed > 0 ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
