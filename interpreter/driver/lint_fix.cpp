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
/// As the file ends its lines.
const char* line_break(std::string_view text) {
  const std::size_t first = text.find('\n');
  return first != std::string_view::npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
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
  return {{whole.source, first, first}, indent_of(text, brace) + "  " + clause + line_break(text)};
}

lint::Edit removal(std::string_view text, Span whole) {
  const std::uint32_t first = line_begin(text, whole.begin);
  const bool alone = text.substr(first, whole.begin - first).find_first_not_of(" \t") == std::string_view::npos;
  const std::uint32_t end = line_end(text, whole.end);
  // A comment behind it speaks of it, and goes with it.
  const std::size_t behind = text.substr(whole.end, end - whole.end).find_first_not_of(" \t\r");
  const bool nothing_behind = behind == std::string_view::npos || text[whole.end + behind] == '#';
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
          // A measure without a name has no declaration to be changed.
          if (element.a >= policy.metrics.size()) return std::nullopt;
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
  std::uint32_t end = line_end(text, whole->end);
  if (end > whole->end && text[end - 1] == '\r') --end;
  return lint::Edit{{whole->source, end, end}, line_break(text) + finding.fix_text};
}

/// What the text pays; none when it does not compile.
std::optional<std::string> pay_of(const std::string& name, std::string text) {
  Session session;
  const Compiled compiled = session.compile_text(name, std::move(text));
  if (session.diagnostics.has_errors()) return std::nullopt;
  return lint::pay_text(compiled.policy);
}

std::string key_of(const Compiled& compiled, const lint::Finding& finding) {
  return compiled.path + "\n" + finding.fingerprint;
}

}  // namespace

std::string edited(std::string_view text, const lint::Edit& edit) {
  std::string out(text.substr(0, edit.span.begin));
  out += edit.text;
  out += text.substr(edit.span.end);
  return out;
}

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

Fixed apply_fixes(const Compiled& compiled, const Session& session, const lint::Result& result, bool unsafe,
                  std::set<std::string>& done) {
  const std::string& original = session.sources.get(compiled.source).text;
  std::vector<const lint::Finding*> fixes;
  for (const lint::Finding& finding : result.findings) {
    if (finding.fix && (finding.fix->safe || unsafe) && !done.contains(key_of(compiled, finding)))
      fixes.push_back(&finding);
  }
  // From the end, so that earlier places stay where they are.
  std::stable_sort(fixes.begin(), fixes.end(),
                   [](const auto* a, const auto* b) { return a->fix->edit.span.begin > b->fix->edit.span.begin; });
  std::vector<const lint::Finding*> apart;
  for (const lint::Finding* finding : fixes) {
    const lint::Edit& edit = finding->fix->edit;
    const lint::Edit* last = apart.empty() ? nullptr : &apart.back()->fix->edit;
    const bool same = last && last->span == edit.span && last->text == edit.text;
    if (same) continue;  // two findings with one fix
    const bool insertion = edit.span.begin == edit.span.end;
    const bool overlaps = last && (edit.span.end > last->span.begin || (!insertion && edit.span == last->span));
    if (!overlaps) apart.push_back(finding);  // the others wait for the next round
  }
  // Each was tried alone; what they do together must compile, and pay the same unless that was waived.
  const std::string pay = lint::pay_text(compiled.policy);
  const auto good = [&](const std::string& text) {
    const auto after = pay_of(compiled.path, text);
    return after && (unsafe || *after == pay);
  };
  std::string all = original;
  for (const lint::Finding* finding : apart) all = edited(all, finding->fix->edit);
  if (apart.empty() || good(all)) {
    for (const lint::Finding* finding : apart) done.insert(key_of(compiled, *finding));
    return {all, apart.size()};
  }
  Fixed some{original, 0};
  for (const lint::Finding* finding : apart) {
    std::string next = edited(some.text, finding->fix->edit);
    if (!good(next)) continue;
    some.text = std::move(next);
    ++some.applied;
    done.insert(key_of(compiled, *finding));
  }
  return some;
}

}  // namespace kpi::driver
