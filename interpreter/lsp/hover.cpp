// What a name means, for people.
#include <fmt/format.h>

#include <algorithm>

#include "grammar/syntax/unicode.hpp"
#include "interpreter/lsp/features.hpp"
#include "interpreter/lsp/help.hpp"
#include "interpreter/model/texts.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::lsp {
namespace {

constexpr std::size_t kMostLines = 16;
constexpr std::size_t kLongestFormula = 1500;
constexpr int kDeepestFormula = 8;

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

/// The lines of a declaration as they stand in its file: the line of the name and those further in, with the closing
/// brace. Of a field, its line alone.
std::string declaration_text(std::string_view text, const Declaration& declaration) {
  std::size_t begin = declaration.span.begin;
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  std::string result;
  std::size_t lines = 0;
  const bool single = declaration.what == What::field || declaration.what == What::phase ||
                      declaration.what == What::gate || declaration.what == What::penalty;
  std::size_t first_indent = 0;
  for (std::size_t at = begin; at < text.size() && lines < kMostLines;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (lines == 0) first_indent = indent_of(line);
    const bool closing = lines > 0 && indent_of(line) == first_indent && line.substr(first_indent) == "}";
    const bool inside = lines == 0 || closing || (indent_of(line) > first_indent && indent_of(line) < line.size());
    if (!inside && indent_of(line) < line.size()) break;
    if (inside) result += std::string(line.substr(std::min(first_indent, line.size()))) + "\n";
    if (single || closing) return result;
    ++lines;
    at = end + 1;
  }
  if (lines == kMostLines) result += "…\n";
  return result;
}

/// Source text on one line, without comments.
std::string one_line(std::string_view text) {
  std::string result;
  bool gap = false;
  bool comment = false;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '#' && !quoted) comment = true;
    if (c == '\n') comment = false;
    if (comment || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      gap = true;
      continue;
    }
    if (gap && !result.empty()) result += ' ';
    gap = false;
    result += c;
  }
  return result;
}

/// The formula with the formulas of other metrics in place of their names.
std::string expanded(const Analysis& analysis, model::ExprId id, int depth) {
  const model::Policy& policy = analysis.policy();
  const Span whole = policy.expr(id).span;
  const std::string_view text = analysis.session().sources.get(whole.source).text;
  std::vector<std::pair<Span, model::MetricId>> metrics;
  model::walk(policy, id, [&](model::ExprId, const model::Expr& expr) {
    const auto* metric = std::get_if<model::MetricRef>(&expr.node);
    const bool inside =
        expr.span.source == whole.source && expr.span.begin >= whole.begin && expr.span.end <= whole.end;
    if (metric && inside) metrics.emplace_back(expr.span, metric->metric);
  });
  std::sort(metrics.begin(), metrics.end(), [](const auto& a, const auto& b) { return a.first.begin < b.first.begin; });
  std::string result;
  std::uint32_t at = whole.begin;
  for (const auto& [span, metric] : metrics) {
    if (span.begin < at || depth == 0) continue;
    result += text.substr(at, span.begin - at);
    const model::Metric& used = policy.metrics[metric.index];
    if (used.value.valid()) {
      const std::string inner = expanded(analysis, used.value, depth - 1);
      const bool simple = std::holds_alternative<model::AggregateRef>(policy.expr(used.value).node);
      result += simple ? inner : "(" + inner + ")";
    } else {
      result += text.substr(span.begin, span.end - span.begin);
    }
    at = span.end;
    if (result.size() > kLongestFormula) break;
  }
  result += text.substr(at, whole.end - at);
  return one_line(result);
}

std::string metric_notes(const View& view, const model::Metric& metric) {
  std::string result;
  if (metric.lower_is_better) result += fmt::format("\n\n{}", view.say("lower is better", "越低越好"));
  if (!metric.basis.empty())
    result += fmt::format("\n\n{}{}", view.say("Basis: ", "口径："),
                          model::text_of(view.analysis.policy(), metric.named.name, "basis", metric.basis,
                                         std::string(view.say("en", "zh"))));
  if (!metric.value.valid()) return result;
  const std::string plain =
      one_line(view.analysis.session().sources.text(view.analysis.policy().expr(metric.value).span));
  const std::string formula = expanded(view.analysis, metric.value, kDeepestFormula);
  if (formula != plain && formula.size() <= kLongestFormula) {
    result += fmt::format("\n\n{}\n```kpi\n{}\n```", view.say("In full:", "完整公式："), formula);
  }
  return result;
}

}  // namespace

std::string describe(const View& view, const Declaration& declaration) {
  const Analysis& analysis = view.analysis;
  const std::string& file = analysis.name_of(declaration.span.source);
  std::string result =
      "```kpi\n" + declaration_text(analysis.session().sources.get(declaration.span.source).text, declaration) + "```";
  const std::string en = analysis.label(declaration, "en");
  const std::string zh = analysis.label(declaration, "zh");
  if (!en.empty() || !zh.empty()) result += "\n\n" + (en.empty() || zh.empty() ? en + zh : en + " · " + zh);
  if (const std::string type = analysis.type_text(declaration); !type.empty()) {
    result += fmt::format("\n\n{}`{}`", view.say("Type: ", "类型："), type);
  }
  if (!declaration.doc.empty()) result += "\n\n" + declaration.doc;
  if (declaration.what == What::metric) result += metric_notes(view, analysis.policy().metrics[declaration.index]);
  if (const model::Field* field = analysis.field(declaration); field && field->personal) {
    result += fmt::format("\n\n{}", view.say("personal data", "个人信息"));
  }
  if (!(declaration.span.source == analysis.source())) {
    const std::size_t slash = file.rfind('/');
    const std::string shown = file.starts_with("std/") || slash == std::string::npos ? file : file.substr(slash + 1);
    result += fmt::format("\n\n{}`{}`", view.say("From ", "来自 "), shown);
  }
  return result;
}

std::optional<Hover> hover(const View& view, Position position) {
  const Analysis& analysis = view.analysis;
  const std::uint32_t offset = view.offset(position);
  if (const model::Allow* allow = view.rules ? allow_at(analysis, offset) : nullptr) {
    if (const auto rule = view.rules->find(analysis, allow->rule))
      return Hover{describe(view, *rule), view.range(allow->span)};
  }
  if (const auto meaning = analysis.meaning_at(offset)) {
    return Hover{describe(view, *meaning->declaration), view.range(meaning->use)};
  }
  // A word of the language.
  const std::string_view text = analysis.text();
  std::uint32_t begin = offset;
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  while (begin > 0 && is_part(text[begin - 1])) --begin;
  const auto end = static_cast<std::uint32_t>(syntax::name_end(text, begin));
  if (end <= begin || offset > end) return std::nullopt;
  const syntax::Tree& tree = analysis.tree();
  std::string_view block;
  for (std::uint32_t at = tree.root(); at != 0;) {
    std::uint32_t inner = 0;
    for (std::uint32_t child = tree[at].first_child; child != 0; child = tree[child].next) {
      if (tree[child].begin <= begin && end <= tree[child].end && tree[child].end > tree[child].begin) inner = child;
    }
    if (inner == 0) break;
    if (tree[inner].kind == syntax::NodeKind::text) return std::nullopt;
    if (tree[inner].kind == syntax::NodeKind::clause) {
      block = text.substr(tree[at].begin, syntax::name_end(text, tree[at].begin) - tree[at].begin);
    }
    at = inner;
  }
  // Not inside a comment.
  std::size_t line = begin;
  while (line > 0 && text[line - 1] != '\n') --line;
  const std::size_t hash = text.substr(line, begin - line).find('#');
  if (hash != std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(begin, end - begin);
  if (const auto currency = value::Currency::parse(std::string(word))) {
    const std::string name(view.chinese() ? currency->chinese_name() : currency->english_name());
    return Hover{fmt::format("`{}`: {}", word, name), view.range({analysis.source(), begin, end})};
  }
  const std::string_view about = help(word, block, view.language);
  if (about.empty()) return std::nullopt;
  return Hover{std::string(about), view.range({analysis.source(), begin, end})};
}

}  // namespace kpi::lsp
