#include "interpreter/bind/session.hpp"
#include "grammar/source/diagnostics/names.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace kpi::bind {

std::string_view keyword(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::entity:
      return "entity";
    case SymbolKind::events:
      return "events";
    case SymbolKind::param:
      return "param";
    case SymbolKind::metric:
      return "metric";
    case SymbolKind::exclusion:
      return "exclude";
    case SymbolKind::curve:
      return "curve";
    case SymbolKind::table:
      return "table";
    case SymbolKind::scorecard:
      return "scorecard";
    case SymbolKind::payout:
      return "payout";
    case SymbolKind::calendar:
      return "calendar";
  }
  return "";
}

void Footprint::merge(const Footprint& other) {
  if (!other.aggregates.empty()) {
    std::vector<AggregateId> all;
    all.reserve(aggregates.size() + other.aggregates.size());
    std::set_union(aggregates.begin(), aggregates.end(), other.aggregates.begin(), other.aggregates.end(),
                   std::back_inserter(all));
    aggregates = std::move(all);
  }
  for (const auto& subject : other.subjects) {
    const auto same = [&](const auto& known) { return known.first == subject.first; };
    if (std::none_of(subjects.begin(), subjects.end(), same)) subjects.push_back(subject);
  }
  uses_phase = uses_phase || other.uses_phase;
}

std::unordered_map<std::string, FieldId>& Session::field_names(SourceRef source) {
  auto& all = source.is_events() ? event_fields_ : entity_fields_;
  if (all.size() <= source.index) all.resize(source.index + 1);
  return all[source.index];
}

std::unordered_set<std::uint32_t>& Session::present_fields(SourceRef source) {
  auto& all = source.is_events() ? event_present_ : entity_present_;
  if (all.size() <= source.index) all.resize(source.index + 1);
  return all[source.index];
}

source::Diagnostic& Session::report_unknown(source::DiagnosticId id, Span span, std::string_view name) {
  for (const auto& module : modules) {
    for (const syntax::Ident& broken : module->file->broken_names) {
      const bool inside =
          name.starts_with(broken.text) && name.size() > broken.text.size() && name[broken.text.size()] == '.';
      if (broken.text == name || inside) return ignored_ = source::Diagnostic{};
    }
  }
  const std::string first(name.substr(0, name.find('.')));
  if (missing_libraries.contains(first) || stray_phases.contains(std::string(name))) return ignored_ = source::Diagnostic{};
  return diagnostics.add(id, span);
}

source::Diagnostic& Session::report_unless_broken(source::DiagnosticId id, Span span,
                                                  std::initializer_list<std::string_view> keywords) {
  for (const auto& module : modules) {
    for (const syntax::Ident& broken : module->file->broken_names) {
      const source::Source& file = sources.get(broken.span.source);
      const std::uint32_t number = file.lines.position(file.text, broken.span.begin).line;
      std::string_view line = file.lines.line(file.text, number);
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      const auto stands_first = [&](std::string_view keyword) { return line.starts_with(keyword); };
      if (std::any_of(keywords.begin(), keywords.end(), stands_first)) return ignored_ = source::Diagnostic{};
    }
  }
  return diagnostics.add(id, span);
}

bool Session::names_a_broken_one(Span span) const {
  const std::string_view around = sources.text(span);
  const auto joins = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
  };
  for (const auto& module : modules) {
    for (const syntax::Ident& broken : module->file->broken_names) {
      for (auto at = around.find(broken.text); at != std::string_view::npos; at = around.find(broken.text, at + 1)) {
        const std::size_t end = at + broken.text.size();
        if ((at == 0 || !joins(around[at - 1])) && (end == around.size() || !joins(around[end]))) return true;
      }
    }
  }
  return false;
}

ExprId Session::add(Type type, Span span, model::ExprNode node) {
  policy.exprs.push_back({type, span, std::move(node)});
  return ExprId{static_cast<std::uint32_t>(policy.exprs.size() - 1)};
}

ExprId Session::add_error(Span span) { return add(Type{}, span, model::Constant{}); }

std::string Session::text(Span span) const {
  std::string result;
  bool space = false;
  for (const char c : sources.text(span)) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = true;
      continue;
    }
    if (space && !result.empty()) result += ' ';
    space = false;
    result += c;
  }
  // Messages put what is quoted into backquotes themselves.
  const bool quoted_name = result.size() > 2 && result.front() == '`' && result.find('`', 1) == result.size() - 1;
  return quoted_name ? result.substr(1, result.size() - 2) : result;
}

std::string Session::describe(const Type& type) const {
  switch (type.kind) {
    case Kind::entity:
      return policy.entities[type.index].named.name;
    case Kind::event:
      return policy.events[type.index].named.name;
    case Kind::phase:
      return "phase";
    default:
      return value::to_string(type);
  }
}

std::string Session::source_name(SourceRef source) const {
  return source.is_events() ? policy.events[source.index].named.name : policy.entities[source.index].named.name;
}

std::string Session::path_text(SourceRef source, const FieldPath& path) const {
  std::string result = source_name(source);
  const auto step = [&](FieldId id) {
    const model::Field& reached = field(source, id);
    result += "." + reached.named.name;
    if (reached.type.kind == Kind::entity) source = SourceRef::of(EntityId{reached.type.index});
    if (reached.type.kind == Kind::event) source = SourceRef::of(EventsId{reached.type.index});
  };
  for (const FieldId ref : path.refs) step(ref);
  if (path.field.valid()) step(path.field);
  return result;
}

void report_cycle(Session& session, const std::string& name, Span use) {
  const auto& stack = session.binding_stack;
  std::string chain;
  for (auto at = std::find(stack.begin(), stack.end(), name); at != stack.end(); ++at) chain += *at + " → ";
  session.report(D::depends_on_itself, use).with("name", name).with("chain", chain + name);
}

}  // namespace kpi::bind
