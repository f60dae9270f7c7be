// Lint findings as CI systems show them: GitHub's workflow commands and JUnit's XML.
#include <string>

#include "interpreter/report/lint_report.hpp"

namespace kpi::report {
namespace {

using lint::Finding;
using lint::State;
using model::RuleSeverity;

std::size_t at(Language language) { return static_cast<std::size_t>(language); }

std::string replaced(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

/// Characters that XML 1.0 has no way to write are left out.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
    }
  }
  return out;
}

std::string body(const Finding& finding, Language language) {
  std::string text = finding.message.in(at(language));
  if (!finding.help.empty()) text += "\n" + finding.help.in(at(language));
  for (const auto& cite : finding.cites)
    text += "\n" + std::string(authority_title(finding, cite, language)) + ": " + cite_text(cite, language);
  return text;
}

/// `file=…,line=…,col=…,endLine=…,endColumn=…`
std::string properties(const source::SourceMap& sources, source::Span span) {
  const source::Source& source = sources.get(span.source);
  const auto begin = source.lines.position(source.text, span.begin);
  const auto end = source.lines.position(source.text, span.end);
  return "file=" + replaced(source.name, true) + ",line=" + std::to_string(begin.line) +
         ",col=" + std::to_string(begin.column) + ",endLine=" + std::to_string(end.line) +
         ",endColumn=" + std::to_string(end.column);
}

}  // namespace

std::string diagnostics_github(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                               Language language) {
  std::string out;
  for (const source::Diagnostic& diagnostic : diagnostics.items()) {
    const source::Severity severity = source::info(diagnostic.id).severity;
    if (!diagnostic.has_span || severity == source::Severity::note) continue;
    std::string text = source::message(diagnostic, language);
    if (const std::string help = source::help(diagnostic, language); !help.empty()) text += "\n" + help;
    out += std::string(severity == source::Severity::error ? "::error " : "::warning ") +
           properties(sources, diagnostic.span) + ",title=" + source::code(diagnostic.id) +
           "::" + replaced(text, false) + "\n";
  }
  return out;
}

std::string lint_github(const LintReport& report, const source::SourceMap& sources, Language language) {
  std::string out;
  for (const LintedFile& file : report.files) {
    for (const Finding& finding : file.result.findings) {
      if (finding.state != State::reported) continue;
      const std::string_view level =
          finding.severity == RuleSeverity::info ? "notice" : severity_name(finding.severity);
      out += "::" + std::string(level) + " " + properties(sources, finding.span) +
             ",title=" + replaced(finding.rule->named.name, true) + "::" + replaced(body(finding, language), false) +
             "\n";
    }
  }
  return out;
}

std::string diagnostics_junit(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                              Language language) {
  std::string cases;
  std::size_t count = 0;
  for (const source::Diagnostic& diagnostic : diagnostics.items()) {
    if (!diagnostic.has_span || source::info(diagnostic.id).severity != source::Severity::error) continue;
    ++count;
    const source::Source& source = sources.get(diagnostic.span.source);
    const auto begin = source.lines.position(source.text, diagnostic.span.begin);
    const std::string message = source::message(diagnostic, language);
    cases += "    <testcase classname=\"" + xml(source.name) + "\" name=\"" + source::code(diagnostic.id) + " " +
             std::to_string(begin.line) + ":" + std::to_string(begin.column) + "\" file=\"" + xml(source.name) +
             "\" line=\"" + std::to_string(begin.line) + "\">\n      <error type=\"error\" message=\"" + xml(message) +
             "\">" + xml(message + "\n" + source::help(diagnostic, language)) + "</error>\n    </testcase>\n";
  }
  const std::string counts =
      " tests=\"" + std::to_string(count) + "\" failures=\"0\" errors=\"" + std::to_string(count) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kpi lint\"" + counts +
         ">\n  <testsuite name=\"compile\"" + counts + " skipped=\"0\">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

std::string lint_junit(const LintReport& report, const source::SourceMap& sources, Language language) {
  std::string suites;
  std::size_t all = 0, failures = 0;
  for (const LintedFile& file : report.files) {
    std::string cases;
    std::size_t count = 0, failed = 0, skipped = 0;
    for (const Finding& finding : file.result.findings) {
      ++count;
      const source::Source& source = sources.get(finding.span.source);
      const auto begin = source.lines.position(source.text, finding.span.begin);
      cases += "    <testcase classname=\"" + xml(file.path) + "\" name=\"" +
               xml(finding.rule->named.name + " " + finding.on) + "\" file=\"" + xml(source.name) + "\" line=\"" +
               std::to_string(begin.line) + "\">\n";
      if (finding.state != State::reported || finding.severity == RuleSeverity::info) {
        ++skipped;
        cases += "      <skipped message=\"" + xml(finding.message.in(at(language))) + "\"/>\n";
      } else {
        ++failed;
        cases += "      <failure type=\"" + std::string(severity_name(finding.severity)) + "\" message=\"" +
                 xml(finding.message.in(at(language))) + "\">" + xml(body(finding, language)) + "</failure>\n";
      }
      cases += "    </testcase>\n";
    }
    if (count == 0) {
      count = 1;
      cases = "    <testcase classname=\"" + xml(file.path) + "\" name=\"lint\"/>\n";
    }
    suites += "  <testsuite name=\"" + xml(file.path) + "\" tests=\"" + std::to_string(count) + "\" failures=\"" +
              std::to_string(failed) + "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\">\n" + cases +
              "  </testsuite>\n";
    all += count;
    failures += failed;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kpi lint\" tests=\"" + std::to_string(all) +
         "\" failures=\"" + std::to_string(failures) + "\">\n" + suites + "</testsuites>\n";
}

}  // namespace kpi::report
