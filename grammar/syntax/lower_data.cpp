// policy, library, use, param, entity, events, exchange, ensure, calendar, exclude
#include <algorithm>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

std::vector<PolicyClause> Lowerer::policy_clauses(Ref declaration) {
  std::vector<PolicyClause> result;
  for (Ref node = declaration.child(); node; node = node.next()) {
    if (!node.is(NodeKind::clause)) continue;
    Parts all = parts(node);
    const bool prorate = all.flagged || all.key.text == "partial";
    result.push_back(
        {all.key, std::move(all.words), std::move(all.texts), std::move(all.values), all.has_to, prorate, all.span});
  }
  return result;
}

void Lowerer::lower_policy(Ref node) {
  Head declared = head(node);
  file_.declarations.emplace_back(PolicyDecl{std::move(declared), policy_clauses(node)});
}

void Lowerer::lower_library(Ref node) {
  Head declared = head(node);
  file_.declarations.emplace_back(LibraryDecl{std::move(declared), policy_clauses(node)});
  for (Ref inner = node.child(); inner; inner = inner.next()) {
    const bool misplaced = inner.is(NodeKind::edition) || inner.is(NodeKind::policy) || inner.is(NodeKind::library);
    if (misplaced) {
      report(ids::misplaced_declaration, inner.child()).with("declaration", std::string(text(inner.child())));
    } else {
      lower_declaration(inner);
    }
  }
}

void Lowerer::lower_use(Ref node) {
  UseDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::path)) result.path = path(part);
    if (part.is(NodeKind::text)) result.file = text_value(part);
    if (part.is(NodeKind::part_as)) result.alias = ident_of(part);
    if (!part.is(NodeKind::assignment)) continue;
    const Ref name = part.child();
    const Ref field = part.find(NodeKind::assigned_field);
    const Ref value = field ? field.next() : name.next();
    std::optional<Ident> member;
    if (field) member = ident_of(field);
    result.with.push_back({ident(name), std::move(member), lower_expression(value), span(part)});
  }
  file_.declarations.emplace_back(std::move(result));
}

TypeRef Lowerer::type(Ref node) {
  return {ident_of(node), static_cast<bool>(node.find(NodeKind::optional_mark)), span(node)};
}

void Lowerer::lower_param(Ref node) {
  ParamDecl result;
  result.head = head(node);
  result.type = type(node.find(NodeKind::type));
  if (const Ref in = node.find(NodeKind::part_in)) result.in = ident_of(in);
  if (const Ref value = node.find(NodeKind::part_value)) result.value = value_of(value);
  if (const Ref range_part = node.find(NodeKind::part_range)) result.range = value_of(range_part);
  file_.declarations.emplace_back(std::move(result));
}

FieldDecl Lowerer::field(Ref node) {
  FieldDecl result;
  result.span = span(node);
  result.doc = doc_above(node.begin());
  for (Ref part = node.child(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::name:
        result.name = ident(part);
        break;
      case NodeKind::type:
        result.type = type(part);
        break;
      case NodeKind::part_in:
        if (first_time(!result.in, part, "in")) result.in = ident_of(part);
        break;
      case NodeKind::part_from:
        if (first_time(!result.from, part, "from")) result.from = table_ref(part);
        break;
      case NodeKind::part_value:
        if (first_time(!result.computed, part, "=")) result.computed = value_of(part);
        break;
      case NodeKind::part_range:
        if (first_time(!result.range, part, "range")) result.range = value_of(part);
        break;
      case NodeKind::flag:
        result.flags.push_back(ident(part));
        break;
      case NodeKind::part_flags:
        result.flags.push_back(ident(part.find(NodeKind::word)));
        break;
      default:
        break;
    }
  }
  return result;
}

SourceClause Lowerer::source_clause(Ref node) {
  Parts all = parts(node);
  SourceClause result;
  result.key = all.key;
  result.words = all.words;
  result.texts = std::move(all.texts);
  result.value = all.value();
  result.span = all.span;
  if (!all.names.empty()) result.active_from = all.names.front();
  result.active_to = all.to_name;
  for (const auto& end : {result.active_from, result.active_to}) {
    if (end) result.words.push_back(*end);
  }
  return result;
}

void Lowerer::lower_entity(Ref node) {
  EntityDecl result;
  result.head = head(node);
  result.required = static_cast<bool>(node.find(NodeKind::word));
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::part_from)) result.table = table_ref(part);
    if (part.is(NodeKind::part_distinct)) result.distinct_of = path(part.child());
    if (part.is(NodeKind::part_where)) result.where = value_of(part);
    if (part.is(NodeKind::field)) result.fields.push_back(field(part));
    if (part.is(NodeKind::clause)) result.clauses.push_back(source_clause(part));
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_events(Ref node) {
  EventsDecl result;
  result.head = head(node);
  result.required = static_cast<bool>(node.find(NodeKind::word));
  for (Ref part = node.child(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::part_as:
        if (first_time(!result.role, part, "as")) result.role = ident_of(part);
        break;
      case NodeKind::part_from:
        if (first_time(!result.table, part, "from")) result.table = table_ref(part);
        break;
      case NodeKind::part_where:
        if (first_time(!result.where, part, "where")) result.where = value_of(part);
        break;
      case NodeKind::part_at:
        if (!first_time(!result.at, part, "at")) break;
        result.at = ident_of(part);
        if (const Ref zone = part.find(NodeKind::part_zone)) {
          const Ref place = zone.child();
          if (place.is(NodeKind::text)) {
            result.zone = text_value(place);
          } else {
            result.zone = path(place);
          }
        }
        break;
      case NodeKind::field:
        result.fields.push_back(field(part));
        break;
      case NodeKind::clause:
        result.clauses.push_back(source_clause(part));
        break;
      default:
        break;
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_exchange(Ref node) {
  ExchangeDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::part_from)) result.table = table_ref(part);
    if (part.is(NodeKind::field)) result.fields.push_back(field(part));
    if (part.is(NodeKind::clause) && first_time(!result.use, part, "use")) {
      result.use = ExchangeDecl::Use{ident(part.find(NodeKind::word)), span(part)};
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_ensure(Ref node) {
  EnsureDecl result;
  result.head = head(node);
  for (Ref part = node.child().next(); part; part = part.next()) {
    if (part.is(NodeKind::part_label)) continue;
    if (part.is(NodeKind::part_each)) {
      result.each = path(part.child());
    } else {
      result.condition = lower_expression(part);
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_calendar(Ref node) {
  CalendarDecl result;
  result.head = head(node);
  result.required = static_cast<bool>(node.find(NodeKind::word));
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::clause) && first_time(!result.holidays, part, "holidays")) {
      result.holidays = path(part.find(NodeKind::path));
    }
    if (!part.is(NodeKind::shift)) continue;
    CalendarDecl::Shift shift;
    shift.span = span(part);
    std::vector<Ref> days, times;
    for (Ref leaf = part.child(); leaf; leaf = leaf.next()) (leaf.is(NodeKind::word) ? days : times).push_back(leaf);
    shift.first_day = ident(days.front());
    shift.last_day = ident(days.back());
    shift.from = time_of_day(times.front());
    shift.to = time_of_day(times.back());
    result.shifts.push_back(std::move(shift));
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_exclude(Ref node) {
  ExcludeDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::part_kind) && first_time(!result.kind, part, "kind")) result.kind = ident_of(part);
    if (part.is(NodeKind::part_where) && first_time(!result.where.valid(), part, "where"))
      result.where = value_of(part);
    if (part.is(NodeKind::part_from) && first_time(result.from.empty(), part, "from")) {
      for (Ref name = part.child(); name; name = name.next()) result.from.push_back(ident(name));
    }
    if (part.is(NodeKind::clause) && first_time(!result.because, part, "because")) {
      result.because = text_value(part.find(NodeKind::text));
    }
  }
  if (result.from.empty()) return missing(node, "from");
  if (!result.where.valid()) return missing(node, "where");
  file_.declarations.emplace_back(std::move(result));
}

}  // namespace kpi::syntax
