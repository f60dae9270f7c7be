// Looking names up, and saying what was probably meant when there is none.
#include <algorithm>
#include <span>

#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/session.hpp"

namespace kpi::bind {
namespace {

const Symbol* find_in(const Module& module, const std::string& name) {
  const auto found = module.names.find(name);
  return found == module.names.end() ? nullptr : &found->second;
}

std::optional<std::uint32_t> require_kind(Session& session, const Module& module, const Symbol* symbol,
                                          const std::string& name, Span span, SymbolKind kind) {
  if (!symbol) {
    suggest(session.report_unknown(D::no_such_declaration, span, name)
                .with("name", name)
                .with("kind", std::string(keyword(kind))),
            name, visible_names(session, module, kind));
    return std::nullopt;
  }
  if (symbol->kind == kind) {
    if (kind == SymbolKind::metric) bind_metric(session, symbol->index);  // a library's metrics wait for a reader
    return symbol->index;
  }
  auto& found = session.report(D::wrong_kind_of_name, span)
                    .with("name", name)
                    .with("actual", std::string(keyword(symbol->kind)))
                    .with("wanted", std::string(keyword(kind)));
  if (symbol->span.end != 0) found.label(symbol->span, D::declared_here);
  return std::nullopt;
}

/// Whether as many candidates may still be compared with a misspelt name. With thousands of both, hints would cost
/// more than all the rest, and nobody reads that many.
bool may_compare(const Session& session, std::size_t candidates) {
  constexpr std::size_t kMostCompared = 500'000;
  return (session.diagnostics.items().size() + 1) * candidates <= kMostCompared;
}

}  // namespace

void note_occurrence(Session& session, const Module& module, std::span<const syntax::Ident* const> parts,
                     const Symbol& symbol) {
  if (parts.empty()) return;
  session.occurs(parts.back()->span, symbol.span);
  if (parts.size() < 2) return;
  const auto alias = module.alias_spans.find(parts.front()->text);
  if (alias != module.alias_spans.end()) session.occurs(parts.front()->span, alias->second);
}

const Symbol* find_symbol(const Session& session, const Module& module, const std::string& name) {
  if (const Symbol* own = find_in(module, name)) return own;
  return module.is_root ? nullptr : find_in(*session.modules[0], name);
}

const Symbol* find_symbol(const Session& session, const Module& module, const syntax::Path& path) {
  if (path.parts.size() == 1) return find_symbol(session, module, path.parts[0].text);
  if (path.parts.size() != 2) return nullptr;
  const auto alias = module.aliases.find(path.parts[0].text);
  return alias == module.aliases.end() ? nullptr : find_in(*alias->second, path.parts[1].text);
}

std::optional<std::uint32_t> require_symbol(Session& session, const Module& module, const syntax::Ident& name,
                                            SymbolKind kind) {
  const Symbol* symbol = find_symbol(session, module, name.text);
  if (symbol) session.occurs(name.span, symbol->span);
  return require_kind(session, module, symbol, name.text, name.span, kind);
}

std::optional<std::uint32_t> require_symbol(Session& session, const Module& module, const syntax::Path& path,
                                            SymbolKind kind) {
  std::string text;
  for (const syntax::Ident& part : path.parts) text += (text.empty() ? "" : ".") + part.text;
  const Symbol* symbol = find_symbol(session, module, path);
  if (symbol) {
    std::vector<const syntax::Ident*> parts;
    for (const syntax::Ident& part : path.parts) parts.push_back(&part);
    note_occurrence(session, module, parts, *symbol);
  }
  return require_kind(session, module, symbol, text, path.span, kind);
}

std::vector<std::string> visible_names(const Session& session, const Module& module, std::optional<SymbolKind> kind) {
  std::vector<std::string> result;
  std::size_t all = module.names.size() + session.modules[0]->names.size();
  for (const auto& [alias, library] : module.aliases) all += library->names.size();
  if (!may_compare(session, all)) return result;
  const auto take = [&](const Module& from, const std::string& prefix) {
    for (const auto& [name, symbol] : from.names) {
      if (!kind || symbol.kind == *kind) result.push_back(prefix + name);
    }
  };
  take(module, "");
  for (const auto& [alias, library] : module.aliases) take(*library, alias + ".");
  if (!module.is_root) take(*session.modules[0], "");
  std::sort(result.begin(), result.end());
  return result;
}

source::Diagnostic& suggest(source::Diagnostic& diagnostic, std::string_view name,
                            const std::vector<std::string>& candidates) {
  if (auto nearest = source::nearest_name(name, candidates)) diagnostic.suggest(std::move(*nearest));
  return diagnostic;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  constexpr std::size_t kMostListed = 60;  // for the eye; a table may have hundreds of columns
  std::string result;
  for (const std::string& word : words.size() > kMostListed ? std::span(words).first(kMostListed) : std::span(words)) {
    if (!result.empty()) result += separator;
    result += word;
  }
  if (words.size() > kMostListed) result += std::string(separator) + "…";
  return result;
}

std::optional<std::size_t> require_word(Session& session, const syntax::Ident& word,
                                        const std::vector<std::string>& allowed) {
  const auto found = std::find(allowed.begin(), allowed.end(), word.text);
  if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
  suggest(session.report(D::unknown_word, word.span).with("word", word.text).with("allowed", join(allowed)), word.text,
          allowed);
  return std::nullopt;
}

std::optional<value::CalendarUnit> require_calendar_unit(Session& session, const syntax::Ident& word) {
  static const std::vector<std::string> kUnits = {"day", "week", "month", "quarter", "year"};
  const auto index = require_word(session, word, kUnits);
  if (!index) return std::nullopt;
  return static_cast<value::CalendarUnit>(*index);
}

bool is_reserved_name(std::string_view name) {
  static const std::unordered_set<std::string_view> kReserved = {"phase",  "score",   "period",     "this",
                                                                 "policy", "company", "active_days"};
  return kReserved.contains(name);
}

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> kNames = {"sum",          "count",     "exists",
                                                  "distinct",     "avg",       "min",
                                                  "max",          "median",    "percentile",
                                                  "first",        "last",      "previous",
                                                  "year_ago",     "at_period", "rolling",
                                                  "to_date",      "lifetime",  "total",
                                                  "share",        "rank",      "percentile_rank",
                                                  "abs",          "round",     "round_significant",
                                                  "floor",        "ceil",      "upper",
                                                  "lower",        "trim",      "starts_with",
                                                  "ends_with",    "contains",  "age",
                                                  "months_since", "elapsed",   "native",
                                                  "convert",      "result"};
  return kNames;
}

bool is_function_name(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames(function_names().begin(), function_names().end());
  return kNames.contains(name);
}

std::vector<std::string> field_names(const Session& session, SourceRef source) {
  std::vector<std::string> result;
  for (const model::Field& field : session.policy.fields(source)) result.push_back(field.named.name);
  return result;
}

std::optional<FieldId> require_field(Session& session, SourceRef source, const syntax::Ident& name) {
  const auto& names = session.field_names(source);
  if (const auto found = names.find(name.text); found != names.end()) {
    session.occurs(name.span, session.field(source, found->second).named.span);
    return found->second;
  }
  if (!may_compare(session, names.size())) {
    session.report(D::unknown_field, name.span)
        .with("name", name.text)
        .with("source", session.source_name(source))
        .with("fields", "…");
    return std::nullopt;
  }
  suggest(session.report(D::unknown_field, name.span)
              .with("name", name.text)
              .with("source", session.source_name(source))
              .with("fields", join(field_names(session, source))),
          name.text, field_names(session, source));
  return std::nullopt;
}

bool is_broken_header(const Session& session, const syntax::Table& table) {
  return std::any_of(table.header.begin(), table.header.end(), [&](const syntax::HeaderCell& cell) {
    return cell.words.empty() && session.text(cell.span).find_first_not_of(' ') != std::string::npos;
  });
}

std::string text_of(const std::variant<syntax::Ident, syntax::Text>& name) {
  const auto* ident = std::get_if<syntax::Ident>(&name);
  return ident ? ident->text : std::get<syntax::Text>(name).value;
}

Span span_of(const std::variant<syntax::Ident, syntax::Text>& name) {
  const auto* ident = std::get_if<syntax::Ident>(&name);
  return ident ? ident->span : std::get<syntax::Text>(name).span;
}

}  // namespace kpi::bind
