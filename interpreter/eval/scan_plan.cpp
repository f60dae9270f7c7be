#include "interpreter/eval/scan_plan.hpp"

#include <algorithm>

#include "interpreter/eval/scan_row.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval::scanning {

using model::Builtin;

/// A field of events that is read through a reference: it is kept, with all it rests on.
void Plan::keep(EventsId events, FieldId field) {
  KeptEvents& kept = world_.kept[events.index];
  kept.needed = true;
  if (std::find(kept.fields.begin(), kept.fields.end(), field) != kept.fields.end()) return;
  kept.fields.push_back(field);
  const model::Field& decl = policy_.events[events.index].fields[field.index];
  if (decl.currency_field.valid()) keep(events, decl.currency_field);
  if (decl.type.kind == value::Kind::event) world_.kept[decl.type.index].needed = true;
  if (decl.computed.valid()) {
    Reads reads;
    walk(decl.computed, {SourceRef::of(events)}, 0, reads);
    for (const FieldId read : reads.fields) keep(events, read);
  }
}

void Plan::add_remote(FieldId field, SourceRef source) {
  if (source.is_events()) {
    keep(source.events(), field);
  } else if (const model::Field& decl = policy_.entities[source.index].fields[field.index]; decl.computed.valid()) {
    Reads ignored;  // entities are loaded with all their columns
    walk(decl.computed, {source}, 0, ignored);
  }
}

void Plan::add_field(FieldId field, SourceRef source, Reads& reads) {
  const model::Field& decl = policy_.fields(source)[field.index];
  if (decl.type.kind == value::Kind::event) world_.kept[decl.type.index].needed = true;
  if (decl.computed.valid()) {
    walk(decl.computed, {source}, 0, reads);
    return;
  }
  reads.fields.insert(field);
  if (decl.currency_field.valid()) reads.fields.insert(decl.currency_field);
  if (source.is_events() && needs_conversion(decl, policy_.header.currency)) add_time(source.events(), reads);
}

void Plan::add_time(EventsId events, Reads& reads) {
  const FieldId time = policy_.events[events.index].time;
  if (!reads.fields.insert(time).second) return;  // also ends a time computed from money of the same row
  add_field(time, SourceRef::of(events), reads);
}

void Plan::add_path(const FieldPath& path, SourceRef source, Reads& reads) {
  bool local = true;
  const auto visit = [&](FieldId field) {
    if (local) {
      add_field(field, source, reads);
    } else {
      add_remote(field, source);
    }
  };
  for (const FieldId ref : path.refs) {
    visit(ref);
    source = target_of(policy_.fields(source)[ref.index]);
    local = false;
  }
  if (path.field.valid()) visit(path.field);
}

void Plan::add_owner(model::EntityId entity, SourceRef source, Reads& reads) {
  if (entity.index == 0) return;
  const auto& paths = source.is_events() ? policy_.events[source.index].owner_paths : policy_.entities[source.index].owner_paths;
  if (const FieldPath* path = paths.to(entity)) add_path(*path, source, reads);
}

void Plan::add_expr(ExprId expr, const std::vector<SourceRef>& rows, unsigned depth, Reads& reads) {
  if (expr.valid()) walk(expr, rows, depth, reads);
}

void Plan::walk(ExprId id, const std::vector<SourceRef>& rows, unsigned depth, Reads& reads) {
  const auto& node = policy_.expr(id).node;
  if (const auto* field = std::get_if<model::RowField>(&node)) {
    if (field->depth == depth) add_path(field->path, field->source, reads);
    if (field->depth != depth && !field->path.refs.empty()) {  // the same row, seen from another pass
      Reads elsewhere;
      add_path(field->path, field->source, elsewhere);
    }
  } else if (const auto* self = std::get_if<model::RowSelf>(&node)) {
    if (self->source.is_events()) {
      world_.kept[self->source.index].needed = true;
      if (self->depth == depth) {
        for (const FieldId key : policy_.events[self->source.index].key) add_field(key, self->source, reads);
      }
    }
  } else if (const auto* subject = std::get_if<model::SubjectField>(&node)) {
    add_owner(subject->entity, rows[depth], reads);
    Reads ignored;
    add_path(subject->path, SourceRef::of(subject->entity), ignored);
    if (rows[depth].is_events()) add_time(rows[depth].events(), reads);
  } else if (const auto* owner = std::get_if<model::SubjectSelf>(&node)) {
    add_owner(owner->entity, rows[depth], reads);
  } else if (const auto* aggregate = std::get_if<model::AggregateRef>(&node)) {
    const auto& inner = policy_.aggregates[aggregate->aggregate.index];
    reads.joins.insert(aggregate->aggregate);
    std::vector<SourceRef> scope{inner.source};
    scope.insert(scope.end(), rows.begin(), rows.end());
    for (const ExprId part : {inner.value, inner.filter}) {
      if (part.valid()) walk(part, scope, depth + 1, reads);
    }
  } else if (const auto* column = std::get_if<model::ColumnSet>(&node)) {
    reads.sets.emplace(std::pair(column->source, set_key(column->path)), *column);
  } else if (const auto* call = std::get_if<model::CallExpr>(&node)) {
    if (call->function == Builtin::elapsed && call->calendar.valid()) reads.calendars.insert(call->calendar);
  } else if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    for (const auto& row : policy_.tables[lookup->table.index].rows) {
      if (row.value.valid()) walk(row.value, rows, depth, reads);
    }
  }
  model::for_each_operand(node, [&](ExprId operand) { walk(operand, rows, depth, reads); });
}

std::uint64_t Plan::exclusions_of(EventsId events) {
  if (const auto known = exclusion_masks_.find(events); known != exclusion_masks_.end()) return known->second;
  if (!visiting_.insert(events).second) return 0;  // events that refer to themselves
  std::uint64_t mask = 0;
  for (std::size_t index = 0; index < policy_.exclusions.size(); ++index) {
    const auto& from = policy_.exclusions[index].from;
    if (std::find(from.begin(), from.end(), events) != from.end()) mask |= std::uint64_t{1} << index;
  }
  for (const model::Field& field : policy_.events[events.index].fields) {
    if (field.type.kind == value::Kind::event && !field.computed.valid()) mask |= exclusions_of(EventsId{field.type.index});
  }
  visiting_.erase(events);
  exclusion_masks_[events] = mask;
  return mask;
}

std::vector<FieldId> Plan::excluded_references(EventsId events) {
  std::vector<FieldId> references;
  const auto& fields = policy_.events[events.index].fields;
  for (std::uint32_t index = 0; index < fields.size(); ++index) {
    if (fields[index].type.kind != value::Kind::event || fields[index].computed.valid()) continue;
    if (exclusions_of(EventsId{fields[index].type.index}) != 0) references.push_back(FieldId{index});
  }
  return references;
}

}  // namespace kpi::eval::scanning
