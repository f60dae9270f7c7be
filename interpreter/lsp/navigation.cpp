// Where names are declared and used.
#include <algorithm>

#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {
namespace {

/// The file that `use …` at the offset brings in, if it can be found among those that were read.
std::optional<Location> used_file(const View& view, std::uint32_t offset) {
  for (const syntax::Declaration& declaration : view.analysis.file().declarations) {
    const auto* use = std::get_if<syntax::UseDecl>(&declaration);
    if (!use) continue;
    const Span place = use->file ? use->file->span : use->path.span;
    if (offset < place.begin || offset > place.end) continue;
    std::string name = use->file ? use->file->value : std::string();
    for (const syntax::Ident& part : use->path.parts) name += (name.empty() ? "" : "/") + part.text;
    if (!use->file) name += ".kpi";
    if (!name.starts_with("std/")) {
      const std::string& user = view.analysis.name_of(view.analysis.source());
      const std::size_t folder = user.rfind('/');
      if (folder != std::string::npos) name = user.substr(0, folder + 1) + name;
    }
    if (view.analysis.reads(name)) return Location{name, {}};
  }
  return std::nullopt;
}

/// The rule that is named in `allow` at the offset, when it stands in a file that this one does not read.
std::optional<std::pair<const model::Allow*, KnownRule>> rule_elsewhere(const View& view, std::uint32_t offset) {
  const model::Allow* allow = view.rules ? allow_at(view.analysis, offset) : nullptr;
  if (!allow) return std::nullopt;
  auto rule = view.rules->find(view.analysis, allow->rule);
  if (!rule) return std::nullopt;
  return std::pair(allow, std::move(*rule));
}

Range range_of(const View& view, const KnownRule& rule) {
  const Span span = rule.rule->named.span;
  return rule.text().range(span.begin, span.end, view.encoding);
}

bool before(const Location& a, const Location& b) {
  return a.file != b.file ? a.file < b.file : a.range.start < b.range.start;
}

}  // namespace

std::vector<Location> definition(const View& view, Position position) {
  const std::uint32_t offset = view.offset(position);
  if (const auto meaning = view.analysis.meaning_at(offset)) {
    const Span span = meaning->declaration->span;
    return {{view.analysis.name_of(span.source), view.range(span)}};
  }
  if (const auto file = used_file(view, offset)) return {*file};
  if (const auto found = rule_elsewhere(view, offset)) return {{found->second.file, range_of(view, found->second)}};
  return {};
}

std::vector<Location> occurrences_of(const View& view, const std::string& file, Span declaration,
                                     bool with_declaration) {
  const Analysis& analysis = view.analysis;
  const auto source = analysis.session().sources.find(file);
  if (!source) return {};
  const Span wanted{*source, declaration.begin, declaration.end};
  std::vector<Location> result;
  for (const bind::Occurrence& occurrence : analysis.occurrences()) {
    if (occurrence.declaration == wanted) {
      result.push_back({analysis.name_of(occurrence.use.source), view.range(occurrence.use)});
    }
  }
  if (with_declaration) result.push_back({file, view.range(wanted)});
  std::sort(result.begin(), result.end(), before);
  const auto same = [](const Location& a, const Location& b) { return a.file == b.file && a.range == b.range; };
  result.erase(std::unique(result.begin(), result.end(), same), result.end());
  return result;
}

std::optional<Target> target_at(const View& view, Position position) {
  const auto meaning = view.analysis.meaning_at(view.offset(position));
  if (!meaning) {
    const auto found = rule_elsewhere(view, view.offset(position));
    if (!found) return std::nullopt;
    const model::Rule& rule = *found->second.rule;
    return Target{true, view.range(found->first->span), rule.named.name, found->second.file, rule.named.span};
  }
  const Span span = meaning->declaration->span;
  std::string name(view.analysis.session().sources.text(span));
  if (name.size() > 1 && name.front() == '`') name = name.substr(1, name.size() - 2);
  return Target{meaning->declaration->what == What::rule, view.range(meaning->use), std::move(name),
                view.analysis.name_of(span.source), span};
}

std::vector<Location> exceptions_from(const View& view, const std::string& file, Span rule) {
  std::vector<Location> result;
  const Analysis& analysis = view.analysis;
  if (!view.rules) return result;
  for (const model::Allow& allow : analysis.policy().allows) {
    if (!(allow.span.source == analysis.source()) || allow.rule.empty()) continue;
    const auto known = view.rules->find(analysis, allow.rule);
    // Of a rule that the file has itself, or through `use`, the exception is a use like any other.
    if (!known || known->sources == &analysis.session().sources) continue;
    if (known->file != file || known->rule->named.span.begin != rule.begin) continue;
    result.push_back({analysis.name_of(analysis.source()), view.range(allow.span)});
  }
  return result;
}

std::vector<Range> highlights(const View& view, Position position) {
  const auto target = target_at(view, position);
  if (!target) return {};
  const std::string& own = view.analysis.name_of(view.analysis.source());
  std::vector<Range> result;
  for (const Location& place : occurrences_of(view, target->file, target->declaration, true)) {
    if (place.file == own) result.push_back(place.range);
  }
  for (const Location& place : exceptions_from(view, target->file, target->declaration)) result.push_back(place.range);
  return result;
}

}  // namespace kpi::lsp
