#include "interpreter/driver/lint_fix.hpp"

#include <algorithm>

namespace kpi::driver {
namespace {

using source::Span;

/// Span of the whole declaration whose name or keyword stands at `name`.
std::optional<Span> declaration_at(const syntax::File& file, Span name) {
  std::optional<Span> found;
  for (const syntax::Declaration& declaration : file.declarations) {
    std::visit(
        [&](const auto& decl) {
          const Span place = decl.head.name ? decl.head.name->span : decl.head.keyword;
          if (place == name) found = decl.head.span;
        },
        declaration);
  }
  return found;
}

/// A span ends behind the space that follows the declaration.
Span without_space(std::string_view text, Span span) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  // Comments behind the last token belong to the space as well.
  std::uint32_t end = span.begin;
  bool quoted = false;
  for (std::uint32_t at = span.begin; at < span.end; ++at) {
    const char c = text[at];
    if (!quoted && c == '#') {
      while (at < span.end && text[at] != '\n') ++at;
      continue;
    }
    if (c == '\\' && quoted) ++at;
    if (c == '"') quoted = !quoted;
    if (!blank(c)) end = at + 1;
  }
  return {span.source, span.begin, std::min(end, span.end)};
}

std::uint32_t line_begin(std::string_view text, std::uint32_t at) {
  while (at > 0 && text[at - 1] != '\n') --at;
  return at;
}
std::uint32_t line_end(std::string_view text, std::uint32_t at) {
  while (at < text.size() && text[at] != '\n') ++at;
  return at;
}
std::string indent_of(std::string_view text, std::uint32_t at) {
  const std::uint32_t begin = line_begin(text, at);
  std::uint32_t end = begin;
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
  return std::string(text.substr(begin, end - begin));
}

lint::Edit into(std::string_view text, Span whole, const std::string& clause) {
  const bool block = text[whole.end - 1] == '}';
  if (!block) return {{whole.source, whole.end, whole.end}, " { " + clause + " }"};
  const std::uint32_t brace = whole.end - 1;
  const std::uint32_t first = line_begin(text, brace);
  const bool own_line = text.substr(first, brace - first).find_first_not_of(" \t") == std::string_view::npos;
  if (!own_line) {
    const bool spaced = brace > 0 && text[brace - 1] == ' ';
    return {{whole.source, brace, brace}, (spaced ? " " : "  ") + clause + " "};
  }
  return {{whole.source, first, first}, indent_of(text, brace) + "  " + clause + "\n"};
}

lint::Edit removal(std::string_view text, Span whole) {
  const std::uint32_t first = line_begin(text, whole.begin);
  const bool alone = text.substr(first, whole.begin - first).find_first_not_of(" \t") == std::string_view::npos;
  const std::uint32_t end = line_end(text, whole.end);
  const bool nothing_behind =
      text.substr(whole.end, end - whole.end).find_first_not_of(" \t\r") == std::string_view::npos;
  if (!alone || !nothing_behind) return {whole, ""};
  return {{whole.source, first, std::min<std::uint32_t>(end + 1, static_cast<std::uint32_t>(text.size()))}, ""};
}

std::optional<lint::Edit> edit_of(const lint::Finding& finding, const Compiled& compiled, std::string_view text) {
  const model::RuleFix& fix = *finding.rule->fix;
  const lint::Element& element = *finding.fix_element;
  std::optional<Span> whole;
  if (element.kind == model::ElementKind::allow) {
    whole = compiled.policy.allows[element.a].declaration;
  } else {
    const auto& policy = compiled.policy;
    const auto named = [&]() -> std::optional<Span> {
      switch (element.kind) {
        case model::ElementKind::policy:
          return policy.header.span;
        case model::ElementKind::entity:
          return policy.entities[element.a].named.span;
        case model::ElementKind::events:
          return policy.events[element.a].named.span;
        case model::ElementKind::exclusion:
          return policy.exclusions[element.a].named.span;
        case model::ElementKind::metric:
          return policy.metrics[element.a].named.span;
        case model::ElementKind::scorecard:
          return policy.scorecards[element.a].named.span;
        case model::ElementKind::payout:
          return policy.payouts[element.a].named.span;
        case model::ElementKind::alert:
          return policy.alerts[element.a].named.span;
        default:
          return std::nullopt;
      }
    }();
    if (!named || !(named->source == compiled.source)) return std::nullopt;
    whole = declaration_at(compiled.file, *named);
  }
  if (!whole || !(whole->source == compiled.source)) return std::nullopt;
  *whole = without_space(text, *whole);
  if (fix.remove) return removal(text, *whole);
  if (fix.into) return into(text, *whole, finding.fix_text);
  const std::uint32_t end = line_end(text, whole->end);
  return lint::Edit{{whole->source, end, end}, "\n" + finding.fix_text};
}

std::string edited(std::string_view text, const lint::Edit& edit) {
  std::string out(text.substr(0, edit.span.begin));
  out += edit.text;
  out += text.substr(edit.span.end);
  return out;
}

/// What the text pays; none when it does not compile.
std::optional<std::string> pay_of(const std::string& name, std::string text) {
  Session session;
  const Compiled compiled = session.compile_text(name, std::move(text));
  if (session.diagnostics.has_errors()) return std::nullopt;
  return lint::pay_text(compiled.policy);
}

}  // namespace

void work_out_fixes(const Compiled& compiled, const Session& session, lint::Result& result) {
  const std::string& text = session.sources.get(compiled.source).text;
  const std::string before = lint::pay_text(compiled.policy);
  for (lint::Finding& finding : result.findings) {
    if (!finding.fix_element || finding.state != lint::State::reported) continue;
    const auto edit = edit_of(finding, compiled, text);
    if (!edit) continue;
    const auto after = pay_of(compiled.path, edited(text, *edit));
    if (!after) continue;
    finding.fix = lint::Fix{finding.rule->fix->title, *edit, *after == before};
  }
}

Fixed apply_fixes(const Compiled& compiled, const Session& session, const lint::Result& result, bool unsafe) {
  Fixed fixed;
  fixed.text = session.sources.get(compiled.source).text;
  std::vector<const lint::Fix*> fixes;
  for (const lint::Finding& finding : result.findings) {
    if (!finding.fix) continue;
    if (finding.fix->safe || unsafe)
      fixes.push_back(&*finding.fix);
    else
      ++fixed.left_out;
  }
  // From the end, so that earlier places stay where they are.
  std::stable_sort(fixes.begin(), fixes.end(),
                   [](const auto* a, const auto* b) { return a->edit.span.begin > b->edit.span.begin; });
  const lint::Fix* last = nullptr;
  for (const lint::Fix* fix : fixes) {
    const bool same = last && last->edit.span == fix->edit.span && last->edit.text == fix->edit.text;
    if (same) continue;  // two findings with one fix
    const bool insertion = fix->edit.span.begin == fix->edit.span.end;
    if (last && (fix->edit.span.end > last->edit.span.begin || (!insertion && fix->edit.span == last->edit.span))) {
      ++fixed.left_out;
      continue;
    }
    fixed.text = edited(fixed.text, fix->edit);
    ++fixed.applied;
    last = fix;
  }
  return fixed;
}

}  // namespace kpi::driver
