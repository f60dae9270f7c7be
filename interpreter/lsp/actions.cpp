// Fixes for what diagnostics say.
#include <fmt/format.h>

#include <algorithm>

#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/lint/lint.hpp"
#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

namespace ids = source::ids;

std::string parameter(const source::Diagnostic& diagnostic, std::string_view name) {
  for (const auto& [key, value] : diagnostic.parameters) {
    if (key == name) return value;
  }
  return "";
}

/// Diagnostics that say in their parameters what stands there and what should.
struct Named {
  source::DiagnosticId id;
  std::string_view wrong, right, before;  // `before`: what stands in front of the right one
};
const Named kNamed[] = {
    {ids::digit_after_point, "number", "fixed", ""},      {ids::digit_before_point, "number", "number", "0"},
    {ids::wrong_operator, "operator", "replacement", ""}, {ids::target_without_percent, "text", "likely", ""},
};

/// What to write at the place of the diagnostic; none if it does not say.
std::optional<std::string> replacement(const source::Diagnostic& diagnostic, std::string_view text) {
  if (diagnostic.id == ids::fullwidth_character) return parameter(diagnostic, "replacement");
  if (diagnostic.id == ids::digit_groups) return parameter(diagnostic, "fixed");
  for (const Named& named : kNamed) {
    if (named.id != diagnostic.id) continue;
    const std::string wrong = parameter(diagnostic, named.wrong);
    const std::size_t at = wrong.empty() ? std::string_view::npos : text.find(wrong);
    if (at == std::string_view::npos) return std::nullopt;
    std::string right = std::string(named.before) + parameter(diagnostic, named.right);
    return std::string(text.substr(0, at)) + right + std::string(text.substr(at + wrong.size()));
  }
  if (diagnostic.suggestion.empty() || text.empty()) return std::nullopt;
  // Where the place is the misspelt word itself: a name, or the last part of a path; in quotes, or in the braces of a
  // text.
  const char first = text.front();
  if (first == '"' && text.size() > 1) return '"' + diagnostic.suggestion + '"';
  if (first == '{' && text.back() == '}') {
    const std::size_t dot = text.rfind('.');
    return std::string(text.substr(0, dot == std::string_view::npos ? 1 : dot + 1)) + diagnostic.suggestion + "}";
  }
  if (text.find_first_of(" \t\r\n(){}|\"") != std::string_view::npos) return std::nullopt;
  return first == '`' ? "`" + diagnostic.suggestion + "`" : diagnostic.suggestion;
}

bool touches(const Range& a, const Range& b) { return a.start <= b.end && b.start <= a.end; }

/// An exception for the finding behind everything else, with what its author must say.
Edit allowance(const View& view, const lint::Finding& finding) {
  constexpr int kHalfYear = 182;
  const Analysis& analysis = view.analysis;
  const std::string_view text = analysis.text();
  const auto end = static_cast<std::uint32_t>(text.size());
  std::string added = text.empty() || text.back() == '\n' ? "\n" : "\n\n";
  added += "allow " + finding.rule->named.name + (finding.on.empty() ? "" : " on " + finding.on) + " {\n";
  added += fmt::format("  because \"{}\"\n", view.say("why this is acceptable", "说明为什么可以接受"));
  added += fmt::format("  owner   \"{}\"\n", view.say("who answers for it", "责任人"));
  added += "  until   " + value::Date{today().days + kHalfYear}.to_string() + "\n}\n";
  return {analysis.name_of(analysis.source()), view.range({analysis.source(), end, end}), added};
}

void add_for_findings(const View& view, const Range& range, std::vector<Action>& result) {
  const Analysis& analysis = view.analysis;
  if (!analysis.findings()) return;
  const auto language = static_cast<std::size_t>(view.language);
  for (const lint::Finding& finding : analysis.findings()->findings) {
    if (finding.state != lint::State::reported || !(finding.span.source == analysis.source())) continue;
    if (!touches(view.range(finding.span), range)) continue;
    if (finding.fix) {
      const std::string note(finding.fix->safe ? "" : view.say(" (changes what is paid)", "（会改变报酬）"));
      result.push_back({finding.fix->title.in(language) + note,
                        {{analysis.name_of(finding.fix->edit.span.source), view.range(finding.fix->edit.span),
                          finding.fix->edit.text}},
                        nullptr});
    }
    result.push_back({fmt::format(fmt::runtime(view.say("Allow `{}` here, with reason, owner and end",
                                                        "豁免 `{}`（须写明原因、责任人和截止日期）")),
                                  finding.rule->named.name),
                      {allowance(view, finding)},
                      nullptr});
  }
}

void add_for_diagnostic(const View& view, const source::Diagnostic& diagnostic, const Range& range,
                        std::vector<Action>& result) {
  const Analysis& analysis = view.analysis;
  if (!diagnostic.has_span || !(diagnostic.span.source == analysis.source())) return;
  const Range place = view.range(diagnostic.span);
  if (!touches(place, range)) return;
  const std::string& file = analysis.name_of(analysis.source());
  const std::string_view text = analysis.session().sources.text(diagnostic.span);
  if (diagnostic.id == ids::missing_edition) {
    result.push_back({std::string(view.say("Begin the file with `edition 2026`", "在文件开头加上 `edition 2026`")),
                      {{file, {{0, 0}, {0, 0}}, "edition 2026\n\n"}},
                      &diagnostic});
    return;
  }
  if (const auto fixed = replacement(diagnostic, text); fixed && !fixed->empty()) {
    result.push_back({fmt::format(fmt::runtime(view.say("Replace `{}` by `{}`", "把 `{}` 改为 `{}`")), text, *fixed),
                      {{file, place, *fixed}},
                      &diagnostic});
  }
}

}  // namespace

std::vector<Action> actions(const View& view, const Range& range) {
  std::vector<Action> result;
  const std::vector<source::Diagnostic>& found = view.analysis.session().diagnostics.items();
  for (const source::Diagnostic& diagnostic : found) add_for_diagnostic(view, diagnostic, range, result);
  for (const source::Diagnostic& remark : view.analysis.remarks().items()) {
    const bool said = std::any_of(found.begin(), found.end(), [&](const source::Diagnostic& each) {
      return each.id == remark.id && each.span == remark.span;
    });
    if (!said) add_for_diagnostic(view, remark, range, result);
  }
  add_for_findings(view, range, result);
  return result;
}

}  // namespace kpi::lsp
