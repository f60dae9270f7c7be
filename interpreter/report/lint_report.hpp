// What the lint found, one writer per format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "interpreter/lint/lint.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// The result of one file.
struct LintedFile {
  std::string path;
  const model::Policy* policy = nullptr;
  lint::Result result;
  std::vector<std::string> packs;         // of its markets and platforms: `th`, `tiktok_shop`
  std::vector<std::string> without_pack;  // its markets and platforms that have none
};
struct LintReport {
  std::vector<LintedFile> files;
  value::Date as_of;
  std::string version;  // of the program
  std::size_t errors() const { return count(model::RuleSeverity::error); }
  std::size_t warnings() const { return count(model::RuleSeverity::warning); }
  std::size_t count(model::RuleSeverity severity) const;
  std::size_t count(lint::State state) const;
  std::size_t sum(std::size_t lint::Result::*number) const;
  std::size_t rules() const;  // the most that ran over one file
};

/// With the source line, help, sources and the tally.
std::string lint_pretty(const LintReport& report, const source::SourceMap& sources, const Look& look);
/// `file:line:column: error[wage-fine]: message` and the tally.
std::string lint_compact(const LintReport& report, const source::SourceMap& sources, const Look& look);
std::string lint_json(const LintReport& report, const source::SourceMap& sources, Language language);
/// SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
std::string lint_sarif(const LintReport& report, const source::SourceMap& sources, Language language);
/// Workflow commands that GitHub shows beside the lines of a change.
std::string lint_github(const LintReport& report, const source::SourceMap& sources, Language language);
/// The same for what is wrong with the files themselves.
std::string diagnostics_github(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                               Language language);
/// For files that do not compile, so that whoever waits for a report gets one: each mistake is a result of its own.
std::string diagnostics_sarif(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                              const std::string& version, Language language);
std::string diagnostics_junit(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                              Language language);
/// JUnit's XML, which most CI systems read.
std::string lint_junit(const LintReport& report, const source::SourceMap& sources, Language language);

/// `law`, `not allowed`, `guidance` …: how a finding's sources are introduced. Only law and platform rules say what is
/// not allowed, and only where they are errors.
std::string_view authority_title(const lint::Finding& finding, const lint::Cited& cite, Language language);
/// The same for a finding without a source.
std::string_view authority_title(const lint::Finding& finding, Language language);
/// The citation with what is known about it: `VN Labour Code, art. 127(2) (secondary source, checked 2026-01-10)`.
std::string cite_text(const lint::Cited& cite, Language language);
std::string_view severity_name(model::RuleSeverity severity);  // error warning info

}  // namespace kpi::report
