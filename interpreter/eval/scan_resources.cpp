#include "interpreter/eval/scan_resources.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <algorithm>

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;

/// False when `what` is being made already: it would need itself.
bool Resources::enter(std::string what, const std::string& reader) {
  if (making_.insert(what).second) return true;
  // `what` is "KIND NAME" or "KIND NAME.COLUMN": the user knows the name.
  std::string name = what.substr(what.find(' ') + 1);
  name = name.substr(0, name.find('.'));
  world_.errors.add(ids::data_circular_dependency).with("events", reader).with("through", std::move(name));
  return false;
}

bool Resources::open(EventsPass& pass, EventsId events) {
  if (world_.request.quarantine) {
    const auto& fields = always[events];
    pass.reads.fields.insert(fields.begin(), fields.end());
  }
  // Whether a row is later than as-of needs its time, which may be computed.
  if (world_.request.as_of) plan_.add_time(events, pass.reads);
  return prepare(events, pass.reads) && pass.open();
}

bool Resources::prepare(EventsId events, const Reads& reads) {
  const model::Events& decl = world_.policy.events[events.index];
  Reads all = reads;
  plan_.add_expr(decl.where, {SourceRef::of(events)}, 0, all);
  for (const FieldId field : all.fields) {
    const model::Field& read = decl.fields[field.index];
    if (read.type.kind == value::Kind::event && !ensure_kept(EventsId{read.type.index})) return false;
  }
  return prepare_reads(all, decl.named.name);
}

bool Resources::prepare_reads(const Reads& reads, const std::string& reader) {
  for (const auto& [key, column] : reads.sets) {
    const std::string name = world_.name(key.first) + "." + key.second;
    if (made_.contains("set " + name)) continue;
    if (!enter("set " + name, reader)) return false;
    if (!ensure_set(column)) world_.sets[{column.source, set_key(column.path)}];  // reported: what reads it goes on
    made_.insert("set " + name);
    making_.erase("set " + name);
  }
  for (const model::CalendarId calendar : reads.calendars) {
    if (!ensure_holidays(calendar)) return false;
  }
  for (const model::AggregateId aggregate : reads.joins) {
    if (!ensure_join(aggregate)) return false;
  }
  return true;
}

// ---- rows behind references
// -------------------------------------------------------------------------------------------------

bool Resources::ensure_kept(EventsId events) {
  KeptEvents& kept = world_.kept[events.index];
  const model::Events& decl = world_.policy.events[events.index];
  const std::string name = decl.named.name;
  if (made_.contains("rows " + name)) return true;
  if (making_.contains("rows " + name)) return true;  // rows that refer to rows of the same events
  making_.insert("rows " + name);
  const SourceRef source = SourceRef::of(events);
  kept.table.reset(source, decl.fields.size());
  EventsPass pass(world_, plan_, events, &joins);
  pass.keep_late_rows = true;
  for (const FieldId field : kept.fields) plan_.add_field(field, source, pass.reads);
  for (const FieldId field : decl.key) plan_.add_field(field, source, pass.reads);
  plan_.add_time(events, pass.reads);
  // Without them the rows that refer to them are passed over, but their own errors are still found.
  const bool is_unique = deduplicate(events);
  if (!open(pass, events) || !is_unique) {
    kept.unreadable = true;
    kept.built = true;
    made_.insert("rows " + name);
    making_.erase("rows " + name);
    return true;
  }
  const auto& dropped = world_.events[events.index].dropped;
  std::vector<std::uint32_t> rows;
  pass.run([&](const Batch& batch, Table& table, std::vector<std::uint8_t>& active) {
    rows.clear();
    const Column& key = table.column(decl.key.front());
    for (std::uint32_t row = 0; row < table.rows; ++row) {
      if (active[row] == 0) {
        const bool readable = !key.is_absent(row) && dropped.contains(batch.first_row + row);
        if (readable) kept.bad_keys.insert(cell_code(key, row, world_.pool));
        continue;
      }
      const auto index = static_cast<std::uint32_t>(kept.table.rows + rows.size());
      if (!kept.index.insert(cell_code(key, row, world_.pool), index))
        continue;  // a repeated key is reported elsewhere
      rows.push_back(row);
      kept.unseen.push_back(pass.is_late(table, row) ? 1 : 0);
    }
    for (std::size_t field = 0; field < table.columns.size(); ++field) {
      if (table.loaded[field] == 0) continue;
      Column& column = kept.table.columns[field];
      kept.table.loaded[field] = 1;
      column.rep = table.columns[field].rep;
      column.target = table.columns[field].target;
      column.append(table.columns[field], rows);
    }
    kept.table.days.append(table.days, rows);
    kept.table.rows += rows.size();
  });
  kept.masks.assign(kept.table.rows, 0);
  kept.built = true;
  made_.insert("rows " + name);
  making_.erase("rows " + name);
  return true;
}

// ---- sets of values
// -----------------------------------------------------------------------------------------------------------

void Resources::add_to_set(Program& program, const model::ColumnSet& column, int node, const std::uint8_t* active,
                           CodeSet& set) {
  const Table& table = program.batch();
  Vec vec;
  if (program.evaluate(node, vec)) {
    const model::Field* field = nullptr;
    SourceRef source = column.source;
    for (const FieldId ref : column.path.refs) source = target_of(world_.policy.fields(source)[ref.index]);
    field = &world_.policy.fields(source)[column.path.field.index];
    const bool number = rep_of(field->type) == Rep::number;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (active[row] == 0 || vec.is_absent(row)) continue;
      set.insert(number ? number_code(vec.values[row], vec.scale, world_.pool) : vec.values[row]);
    }
    return;
  }
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (active[row] == 0) continue;
    const Value value = program.evaluator().path_value(column.path, RowContext{&table, row, nullptr, {}});
    if (value.has_value()) set.insert(value_code(value, world_.pool));
  }
}

bool Resources::ensure_set(const model::ColumnSet& column) {
  CodeSet set;
  if (!column.source.is_events()) {
    const Table& table = world_.entities[column.source.index].table;
    Program program(world_, column.source, &joins);
    const std::vector<std::uint8_t> active(table.rows, 1);
    const int node = program.compile_path(column.path);
    program.begin(table, active.data());
    add_to_set(program, column, node, active.data(), set);
  } else {
    const EventsId events = column.source.events();
    EventsPass pass(world_, plan_, events, &joins);
    plan_.add_path(column.path, column.source, pass.reads);
    if (!deduplicate(events) || !open(pass, events)) return false;
    const int node = pass.program().compile_path(column.path);
    pass.run([&](const Batch&, Table&, std::vector<std::uint8_t>& active) {
      add_to_set(pass.program(), column, node, active.data(), set);
    });
  }
  world_.sets[{column.source, set_key(column.path)}] = std::move(set);
  return true;
}

bool Resources::ensure_holidays(model::CalendarId calendar) {
  const model::Calendar& decl = world_.policy.calendars[calendar.index];
  const std::string name = "holidays " + decl.named.name;
  if (!decl.holidays || !made_.insert(name).second) return true;
  const model::ColumnSet column{*decl.holidays, FieldPath{{}, decl.holidays_field}};
  if (!ensure_set(column)) return false;
  const bool times = world_.policy.fields(*decl.holidays)[decl.holidays_field.index].type.kind == value::Kind::datetime;
  for (const Code code : *world_.set(column)) {
    world_.holidays[calendar.index].insert(times ? world_.zone().local_date(value::Instant{code}).days
                                                 : static_cast<std::int32_t>(code));
  }
  return true;
}

// ---- joins
// ----------------------------------------------------------------------------------------------------------------------

Reads Resources::join_reads(model::AggregateId id) {
  const model::Aggregate& aggregate = world_.policy.aggregates[id.index];
  Reads reads;
  for (const ExprId part : {aggregate.value, aggregate.filter})
    plan_.add_expr(part, {aggregate.source, aggregate.source}, 0, reads);
  if (aggregate.source.is_events()) plan_.add_time(aggregate.source.events(), reads);
  return reads;
}

void Resources::build_join_over_entity(Join& join) {
  const Table& table = world_.entities[join.inner().index].table;
  Program program(world_, join.inner(), &joins);
  join.compile(program);
  const std::vector<std::uint8_t> active(table.rows, 1);
  program.begin(table, active.data());
  join.add_rows(program, active.data());
}

bool Resources::ensure_join(model::AggregateId id) {
  const std::string name = "count " + std::to_string(id.index);
  if (made_.contains(name)) return true;
  const SourceRef inner = world_.policy.aggregates[id.index].source;
  if (!enter(name, world_.name(inner))) return false;
  const Reads reads = join_reads(id);
  Join& join = joins.add(id);
  if (!inner.is_events()) {
    if (!prepare_reads(reads, world_.name(inner))) return false;
    build_join_over_entity(join);
  } else {
    EventsPass pass(world_, plan_, inner.events(), &joins);
    pass.reads = reads;
    if (!deduplicate(inner.events()) || !open(pass, inner.events())) return false;
    join.compile(pass.program());
    pass.run(
        [&](const Batch&, Table&, std::vector<std::uint8_t>& active) { join.add_rows(pass.program(), active.data()); });
  }
  join.finish();
  made_.insert(name);
  making_.erase(name);
  return true;
}

}  // namespace kpi::eval::scanning
