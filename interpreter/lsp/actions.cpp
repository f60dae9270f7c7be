// Fixes for what diagnostics say.
#include <fmt/format.h>

#include "grammar/source/diagnostics/syntax.hpp"
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

/// What to write at the place of the diagnostic; none if it does not say.
std::optional<std::string> replacement(const source::Diagnostic& diagnostic, std::string_view text) {
  if (diagnostic.id == ids::fullwidth_character) return parameter(diagnostic, "replacement");
  if (diagnostic.id == ids::digit_groups) return parameter(diagnostic, "fixed");
  if (diagnostic.suggestion.empty()) return std::nullopt;
  // Only where the place is the misspelt word itself: a name, or the last part of a path.
  const bool quoted = text.starts_with('`');
  if (text.empty() || text.find_first_of(" \t\r\n(){}|\"") != std::string_view::npos) return std::nullopt;
  return quoted ? "`" + diagnostic.suggestion + "`" : diagnostic.suggestion;
}

bool touches(const Range& a, const Range& b) { return a.start <= b.end && b.start <= a.end; }

}  // namespace

std::vector<Action> actions(const View& view, const Range& range) {
  std::vector<Action> result;
  const Analysis& analysis = view.analysis;
  const std::string& file = analysis.name_of(analysis.source());
  for (const source::Diagnostic& diagnostic : analysis.session().diagnostics.items()) {
    if (!diagnostic.has_span || !(diagnostic.span.source == analysis.source())) continue;
    const Range place = view.range(diagnostic.span);
    if (!touches(place, range)) continue;
    const std::string_view text = analysis.session().sources.text(diagnostic.span);
    if (diagnostic.id == ids::missing_edition) {
      result.push_back({std::string(view.say("Begin the file with `edition 2026`", "在文件开头加上 `edition 2026`")),
                        {{file, {{0, 0}, {0, 0}}, "edition 2026\n\n"}},
                        &diagnostic});
      continue;
    }
    if (const auto fixed = replacement(diagnostic, text); fixed && !fixed->empty()) {
      result.push_back({fmt::format(fmt::runtime(view.say("Replace `{}` by `{}`", "把 `{}` 改为 `{}`")), text, *fixed),
                        {{file, place, *fixed}},
                        &diagnostic});
    }
  }
  return result;
}

}  // namespace kpi::lsp
