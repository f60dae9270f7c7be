#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/test.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/given_files.hpp"
#include "interpreter/driver/requests.hpp"
#include "interpreter/driver/rule_examples.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/report/coverage_report.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/diagnostics_text.hpp"
#include "interpreter/report/show.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/storage/csv_reader.hpp"

namespace kpi::driver {

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

namespace {

namespace words = report::words;
using source::DiagnosticId;
namespace ids = source::ids;

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
                     {"outside_effective", test.outside_effective},
                     {"failures", report::diagnostics_array(failures, session.sources, language)}});
  }
  return tests;
}

/// What `--coverage`, `--min` and `--lcov` ask for.
struct CoverageRequest {
  bool wanted = false;
  std::size_t least = 0;  // percent
  std::optional<std::string> lcov_file;
};

CoverageRequest coverage_request(const Invocation& invocation) {
  CoverageRequest request{invocation.has("--coverage"), 0, invocation.value("--lcov")};
  if (const auto least = invocation.value("--min")) {
    const auto [end, error] = std::from_chars(least->data(), least->data() + least->size(), request.least);
    if (error != std::errc{} || end != least->data() + least->size() || request.least > 100) {
      throw Failure(ids::not_a_percentage, {{"option", "--min"}, {"value", *least}});
    }
    request.wanted = true;
  }
  request.wanted = request.wanted || request.lcov_file;
  return request;
}

/// Reports a file whose tests meet too little.
void check_least(const eval::Coverage& coverage, const std::string& path, std::size_t least,
                 source::Diagnostics& remarks) {
  if (coverage.covered() * 100 >= coverage.total() * least) return;
  remarks.add_without_span(ids::coverage_too_low)
      .with("file", path)
      .with("covered", std::to_string(coverage.covered()))
      .with("total", std::to_string(coverage.total()))
      .with("percent", report::coverage_percent(coverage.covered(), coverage.total()))
      .with("wanted", std::to_string(least));
}

/// What only the whole file knows: reasons in the reader's language and with labels.
void translate(FileTests& tests, const Compiled& compiled, source::Language language) {
  const report::Show show(compiled.policy, nullptr, language);
  for (eval::TestResult& test : tests.report.tests) {
    for (source::Diagnostic& failure : test.failures) {
      for (auto& [name, text] : failure.parameters) {
        if (name == "reason" && !text.empty()) text = show.reason(text);
      }
    }
  }
}

/// Says how many tests look at days on which the policy is not in force.
void note_dates(const FileTests& file, const model::Header& header, source::Diagnostics& remarks) {
  const auto outside = [](const eval::TestResult& test) { return test.outside_effective; };
  const auto& tests = file.report.tests;
  const auto count = std::count_if(tests.begin(), tests.end(), outside);
  if (count == 0) return;
  const auto shown = [](const std::optional<value::Date>& date) { return date ? date->to_string() : std::string("…"); };
  remarks.add_without_span(ids::tests_outside_effective)
      .with("file", file.path)
      .with("count", std::to_string(count))
      .with("total", std::to_string(tests.size()))
      .with("first", std::find_if(tests.begin(), tests.end(), outside)->name)
      .with("from", shown(header.effective_from))
      .with("to", shown(header.effective_to));
}

}  // namespace

Exit run_test(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  const auto read = session.compile_all(invocation.arguments);
  if (!read || session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return read ? Exit::not_compiled : Exit::unusable;
  }
  const std::vector<Compiled>& files = *read;
  const CoverageRequest wanted = coverage_request(invocation);
  eval::RunRequest how;
  read_how(invocation, how);
  source::Diagnostics remarks;
  std::size_t passed = 0, failed = 0;
  std::string out, coverages, lcov;
  nlohmann::ordered_json coverage_array = nlohmann::ordered_json::array();
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const Compiled& compiled : files) {
    std::vector<eval::TestResult> examples = run_rule_examples(session, compiled);
    remark_on_examples(compiled, remarks);
    if (compiled.policy.tests.empty() && examples.empty())
      remarks.add_without_span(ids::file_has_no_tests).with("file", compiled.path);
    eval::Coverage coverage(compiled.policy);
    FileTests file{compiled.path, eval::run_tests(compiled.policy, reader_beside(compiled.path), &coverage, how)};
    translate(file, compiled, invocation.language);
    note_dates(file, compiled.policy.header, remarks);
    std::move(examples.begin(), examples.end(), std::back_inserter(file.report.tests));
    if (wanted.wanted) {
      coverages +=
          "\n" + report::coverage_text(coverage, compiled.policy, compiled.path, session.sources, terminal.out);
      coverage_array.push_back(report::coverage_json(coverage, compiled.policy, compiled.path, session.sources));
      lcov += report::coverage_lcov(coverage, compiled.path, session.sources);
      check_least(coverage, compiled.path, wanted.least, remarks);
    }
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
    nlohmann::ordered_json result = {{"tests", std::move(tests)}, {"passed", passed}, {"failed", failed}};
    if (wanted.wanted) result["coverage"] = std::move(coverage_array);
    out = report::json_text(result);
  } else {
    out += report::say(words::tests_summary, invocation.language, passed, failed) + "\n";
    if (invocation.format == Format::pretty) out += coverages;
  }
  if (wanted.lcov_file) write_result(lcov, wanted.lcov_file);
  write_result(out, std::nullopt);
  print_to_standard_error(remarks, session.sources, invocation.format, terminal.err);
  return failed > 0 || remarks.has_errors() ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
