#include "grammar/syntax/lower.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/unicode.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

std::string_view Lowerer::text(Ref node) const {
  return std::string_view(clean_.text).substr(node.begin(), node.end() - node.begin());
}

void Lowerer::expect_broken_name(const std::string& name) {
  const auto& known = file_.broken_names;
  if (std::none_of(known.begin(), known.end(), [&](const Ident& one) { return one.text == name; })) {
    file_.broken_names.push_back({name, {}, true});
  }
}

Ident Lowerer::ident(Ref node) {
  if (!node) return {};
  std::string_view name = text(node);
  const bool quoted = name.starts_with('`');
  if (quoted) name.remove_prefix(1);
  const bool closed = name.ends_with('`');
  if (quoted && closed) name.remove_suffix(1);
  if (quoted && (!closed || name.empty())) expect_broken_name(to_nfc(name));
  return {to_nfc(name), span(node), quoted};
}

Path Lowerer::path(Ref node) {
  Path result;
  result.span = span(node);
  for (Ref part = node.child(); part; part = part.next()) result.parts.push_back(ident(part));
  return result;
}

namespace {

// `\u{4E2D}` at the beginning of `text`: the character, and how many bytes it takes; 0 if it is malformed.
std::size_t unicode_escape(std::string_view text, std::string& out) {
  const std::size_t close = text.find('}');
  if (!text.starts_with("\\u{") || close == std::string_view::npos || close == 3 || close > 9) return 0;
  std::int32_t value = 0;
  for (const char c : text.substr(3, close - 3)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return 0;
    value = value * 16 + digit;
  }
  if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  out += to_utf8(value);
  return close + 1;
}

}  // namespace

Text Lowerer::text_value(Ref node) {
  Text result;
  result.span = span(node);
  std::string_view inner = text(node).substr(1);
  if (inner.ends_with('"')) inner.remove_suffix(1);
  while (!inner.empty()) {
    const std::size_t plain = std::min(inner.find('\\'), inner.size());
    result.value += inner.substr(0, plain);
    inner.remove_prefix(plain);
    if (inner.size() <= 1) break;  // a backslash at the end of a text that is not closed
    const char next = inner[1];
    std::size_t length = 2;
    if (next == '"' || next == '\\') {
      result.value += next;
    } else if (next == 'n') {
      result.value += '\n';
    } else {
      length = next == 'u' ? unicode_escape(inner, result.value) : 0;
    }
    if (length == 0) {
      const auto point = code_point_at(inner, 1);
      length = next == 'u' && inner.substr(2, 1) == "{" ? std::min(inner.find('}'), inner.size() - 1) + 1
                                                        : 1 + (point ? point->length : 0);
      const auto begin = static_cast<std::uint32_t>(inner.data() - clean_.text.data());
      diagnostics_.add(ids::unknown_escape, {source_, begin, static_cast<std::uint32_t>(begin + length)})
          .with("escape", std::string(inner.substr(0, length)));
    }
    inner.remove_prefix(length);
  }
  return result;
}

std::variant<Ident, Text> Lowerer::table_ref(Ref parent) {
  if (const Ref literal = parent.find(NodeKind::text)) return text_value(literal);
  return ident_of(parent);
}

// The `##` lines above, with blank lines between them and the declaration forgiven.
std::string Lowerer::doc_above(std::uint32_t begin) const {
  const std::string_view all = clean_.text;
  std::vector<std::string_view> lines;
  std::size_t line_begin = begin;
  while (line_begin > 0 && (all[line_begin - 1] == ' ' || all[line_begin - 1] == '\t')) --line_begin;
  if (line_begin > 0 && all[line_begin - 1] != '\n' && all[line_begin - 1] != '\r') return {};
  while (line_begin > 0) {
    std::size_t end = line_begin - 1;
    if (all[end] == '\n' && end > 0 && all[end - 1] == '\r') --end;
    std::size_t start = end;
    while (start > 0 && all[start - 1] != '\n' && all[start - 1] != '\r') --start;
    std::string_view line = all.substr(start, end - start);
    line_begin = start;
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() && lines.empty()) continue;
    if (!line.starts_with("##")) break;
    line.remove_prefix(2);
    if (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    lines.push_back(line);
  }
  std::string result;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line != lines.rbegin()) result += '\n';
    result += *line;
  }
  return result;
}

Head Lowerer::head(Ref declaration) {
  Head result;
  result.span = span(declaration);
  result.keyword = span(declaration.child());
  result.doc = doc_above(declaration.begin());
  for (Ref node = declaration.child(); node; node = node.next()) {
    if (node.is(NodeKind::broken)) result.incomplete = true;
    if ((node.is(NodeKind::name) || node.is(NodeKind::rule_id)) && !result.name) result.name = ident(node);
    if (node.is(NodeKind::part_label) && first_time(!result.label, node, text(node))) {
      result.label = text_value(node.find(NodeKind::text));
    }
  }
  return result;
}

bool Lowerer::first_time(bool first, Ref node, std::string_view word) {
  if (!first) report(ids::repeated_part, node).with("word", std::string(word));
  return first;
}

ExprId Lowerer::value_of(Ref part) { return part && part.child() ? lower_expression(part.child()) : ExprId{}; }

void Lowerer::part_value(Ref node, Parts& result) {
  if (node.child().is(NodeKind::name)) {
    result.to_name = ident(node.child());
  } else {
    result.values.push_back(lower_expression(node.child()));
  }
}

Lowerer::Parts Lowerer::parts(Ref clause) {
  Parts result;
  result.span = span(clause);
  for (Ref node = clause.child(); node; node = node.next()) {
    switch (node.kind()) {
      case NodeKind::key:
        result.key = ident(node);
        break;
      case NodeKind::name:
        result.names.push_back(ident(node));
        break;
      case NodeKind::word:
        result.words.push_back(ident(node));
        break;
      case NodeKind::text:
        result.texts.push_back(text_value(node));
        break;
      case NodeKind::part_label:
        result.label = text_value(node.child());
        break;
      case NodeKind::second:
        result.second = value_of(node);
        break;
      case NodeKind::value_to:
        result.has_to = true;
        part_value(node, result);
        break;
      case NodeKind::flag:
        result.flagged = true;
        break;
      default:
        result.values.push_back(lower_expression(node));
    }
  }
  return result;
}

MetricClause Lowerer::generic_clause(Ref clause) {
  Parts all = parts(clause);
  return {all.key, std::move(all.words), std::move(all.texts), all.value(), all.span};
}

bool Lowerer::is_broken(Ref declaration) {
  if (!declaration.find(NodeKind::broken_head)) return false;
  Ref name = declaration.find(NodeKind::name);
  if (!name) name = declaration.find(NodeKind::rule_id);
  if (name) file_.broken_names.push_back(ident(name));
  return true;
}

void Lowerer::missing(Ref declaration, std::string_view part) {
  report(ids::missing_part, declaration.child())
      .with("declaration", std::string(text(declaration.child())))
      .with("part", "`" + std::string(part) + "`");
  if (const Ref name = declaration.find(NodeKind::name)) file_.broken_names.push_back(ident(name));
}

void Lowerer::lower_edition(Ref node) {
  const Ref number = node.find(NodeKind::number);
  if (!number) return;
  const bool first = !file_.edition && file_.declarations.empty() && file_.broken_names.empty();
  if (!first) report(ids::edition_not_first, node);
  if (file_.edition) return;
  file_.edition = EditionDecl{std::string(text(number)), span(node)};
  if (text(number) != "2026") report(ids::unknown_edition, number).with("edition", std::string(text(number)));
}

void Lowerer::lower_declarations(Ref parent) {
  for (Ref node = parent.child(); node; node = node.next()) {
    if (node.is(NodeKind::broken) || node.is(NodeKind::key)) continue;
    lower_declaration(node);
  }
}

void Lowerer::lower_declaration(Ref node) {
  too_deep_reported_ = false;
  if (node.is(NodeKind::edition)) return lower_edition(node);
  // The content of a broken library is still there.
  if (is_broken(node)) return node.is(NodeKind::library) ? lower_library(node) : void();
  switch (node.kind()) {
    case NodeKind::policy:
      return lower_policy(node);
    case NodeKind::library:
      return lower_library(node);
    case NodeKind::use:
      return lower_use(node);
    case NodeKind::param:
      return lower_param(node);
    case NodeKind::entity:
      return lower_entity(node);
    case NodeKind::events:
      return lower_events(node);
    case NodeKind::exchange:
      return lower_exchange(node);
    case NodeKind::ensure:
      return lower_ensure(node);
    case NodeKind::calendar:
      return lower_calendar(node);
    case NodeKind::exclude:
      return lower_exclude(node);
    case NodeKind::metric:
      return lower_metric(node);
    case NodeKind::phases:
      return lower_phases(node);
    case NodeKind::decision_table:
      return lower_decision_table(node);
    case NodeKind::curve:
      return lower_curve(node);
    case NodeKind::scorecard:
      return lower_scorecard(node);
    case NodeKind::payout:
      return lower_payout(node);
    case NodeKind::alert:
      return lower_alert(node);
    case NodeKind::rule:
      return lower_rule(node);
    case NodeKind::allow:
      return lower_allow(node);
    case NodeKind::attack:
      return lower_attack(node);
    case NodeKind::labels:
      return lower_labels(node);
    case NodeKind::test:
      return lower_test(node);
    case NodeKind::import:
      return lower_import(node);
    default:
      return;  // clauses of the library around the declarations
  }
}

}  // namespace kpi::syntax
