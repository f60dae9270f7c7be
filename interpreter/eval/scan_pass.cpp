#include "interpreter/eval/scan_pass.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/scan_schema.hpp"

namespace kpi::eval::scanning {

using source::DiagnosticId;
namespace ids = source::ids;

// ---- bad rows
// -------------------------------------------------------------------------------------------------------------

void BadRows::add(std::uint64_t row, BadCell cell) {
  if (cell.problem == CellProblem::follows_bad_row) return;  // one cause, one error
  ++count_;
  if (listed_.size() < DataErrors::kListed) listed_.emplace_back(row, std::move(cell));
}

std::vector<std::string> keys_of_rows(World& world, SourceRef source, const TableSchema& schema,
                                      const std::vector<std::uint64_t>& rows) {
  std::vector<std::string> keys, columns;
  for (const std::uint64_t row : rows) keys.push_back(std::to_string(row + 1));
  const auto& key =
      source.is_events() ? world.policy.events[source.index].key : world.policy.entities[source.index].key;
  source::Diagnostics nowhere;
  DataErrors ignored(nowhere);
  for (const FieldId field : key) {
    const model::Field& decl = world.policy.fields(source)[field.index];
    const auto found = find_column(schema, decl.column.empty() ? decl.named.name : decl.column, false, "", {}, ignored);
    if (!found) return keys;
    columns.push_back(schema.columns[*found].name);
  }
  if (columns.empty() || rows.empty()) return keys;
  const auto scan = world.data.scan(schema.name, columns);
  Batch batch;
  std::size_t next = 0;
  while (next < rows.size() && scan->next(batch, 4096)) {
    for (; next < rows.size() && rows[next] < batch.first_row + batch.rows; ++next) {
      std::string text;
      for (std::size_t column = 0; column < columns.size(); ++column) {
        text += (column == 0 ? "" : " / ") + cell_text(batch, column, rows[next] - batch.first_row);
      }
      if (!text.empty()) keys[next] = "`" + shortened(text) + "`";
    }
  }
  return keys;
}

static DiagnosticId diagnostic_of(CellProblem problem) {
  switch (problem) {
    case CellProblem::empty_required:
      return ids::data_empty_cell;
    case CellProblem::malformed:
      return ids::data_malformed_cell;
    case CellProblem::part_of_minor_unit:
      return ids::data_part_of_minor_unit;
    case CellProblem::not_integer:
      return ids::data_not_integer;
    case CellProblem::out_of_range:
      return ids::data_out_of_range;
    case CellProblem::unknown_reference:
    case CellProblem::follows_bad_row:
      return ids::data_unknown_reference;
    case CellProblem::time_in_gap:
      return ids::data_time_in_gap;
    case CellProblem::unknown_currency:
      return ids::data_unknown_currency;
    case CellProblem::unknown_zone:
      return ids::data_unknown_zone;
  }
  return ids::data_malformed_cell;
}

/// What a malformed cell should have been: by type, an example that needs no translation where possible.
static std::string expected(const model::Field& field) {
  switch (field.type.kind) {
    case value::Kind::boolean:
      return "`true`/`false`";
    case value::Kind::date:
      return "`YYYY-MM-DD`";
    case value::Kind::datetime:
      return "`YYYY-MM-DD HH:MM:SS`";
    case value::Kind::text:
    case value::Kind::entity:
    case value::Kind::event:
      return "text";
    default:
      return "`1234.56`";
  }
}

/// The column in which a row's time zone stands; `shop.zone` where it is that of a row it refers to.
static std::string zone_column(const World& world, SourceRef source) {
  const model::FieldPath& path = *world.policy.events[source.index].zone_field;
  std::string name;
  for (const FieldId ref : path.refs) {
    const model::Field& field = world.policy.fields(source)[ref.index];
    name += field.named.name + ".";
    source = target_of(field);
  }
  const model::Field& field = world.policy.fields(source)[path.field.index];
  return name + (field.column.empty() ? field.named.name : field.column);
}

void BadRows::report_one(const TableSchema& schema, const std::string& row, const BadCell& cell) {
  const model::Field& field = world_.policy.fields(source_)[cell.field.index];
  const bool wants_integer = cell.problem == CellProblem::malformed && field.integer;
  auto* diagnostic =
      world_.errors.add_row_error(diagnostic_of(wants_integer ? CellProblem::not_integer : cell.problem));
  if (diagnostic == nullptr) return;
  const bool about_zone = cell.problem == CellProblem::unknown_zone;
  diagnostic->with("table", schema.name)
      .with("row", row)
      .with("column", about_zone ? zone_column(world_, source_) : field.column.empty() ? field.named.name : field.column);
  diagnostic->with("content", cell.content).with("expected", expected(field));
  if (cell.problem == CellProblem::unknown_reference) diagnostic->with("target", world_.name(target_of(field)));
  diagnostic->location = world_.data.name();
}

void BadRows::report(const TableSchema& schema) {
  if (count_ == 0 || world_.request.quarantine) return;
  std::vector<std::uint64_t> rows;
  for (const auto& [row, cell] : listed_) rows.push_back(row);
  const auto keys = keys_of_rows(world_, source_, schema, rows);
  for (std::size_t index = 0; index < listed_.size(); ++index) report_one(schema, keys[index], listed_[index].second);
  for (std::uint64_t further = listed_.size(); further < count_; ++further) {
    world_.errors.add_row_error(diagnostic_of(listed_.front().second.problem));
  }
}

// ---- passes
// ---------------------------------------------------------------------------------------------------------------

std::int64_t event_micros(const World& world, const model::Events& events, const Table& table, std::size_t row) {
  const Column& column = table.column(events.time);
  if (column.rep == Rep::instant) return column.values[row];
  const value::TimeZone& zone = events.zone != nullptr ? *events.zone : world.zone();
  return zone.start_of_day(Date{static_cast<std::int32_t>(column.values[row])}).micros;
}

EventsPass::EventsPass(World& world, Plan& plan, EventsId events, JoinSet* joins, EventsState* state)
    : world_(world),
      plan_(plan),
      events_(events),
      decl_(world.policy.events[events.index]),
      state_(state != nullptr ? *state : world.events[events.index]) {
  program_ = std::make_unique<Program>(world, SourceRef::of(events), joins);
}

bool EventsPass::open() {
  const SourceRef source = SourceRef::of(events_);
  schema_ = find_table(world_.data, decl_.table, decl_.named.name, decl_.named.span, world_.errors);
  if (!schema_) return false;
  Reads where;
  plan_.add_expr(decl_.where, {source}, 0, where);
  where_fields_ = where.fields;
  FieldSet fields = reads.fields;
  fields.insert(where.fields.begin(), where.fields.end());
  const model::Field& time = decl_.fields[decl_.time.index];
  if (time.computed.valid()) {
    // What it is computed from is among the fields when it is wanted (Plan::add_time).
    if (fields.erase(decl_.time) != 0) time_ = program_->compile(time.computed);
  } else if (world_.request.as_of) {
    fields.insert(decl_.time);
  }
  for (const FieldId field : reads.times) {
    if (field == decl_.time) continue;
    other_times_.emplace_back(field, program_->compile(decl_.fields[field.index].computed));
  }
  decoder_ = std::make_unique<Decoder>(world_, source, *schema_, std::vector<FieldId>(fields.begin(), fields.end()));
  if (!decoder_->valid()) return false;
  columns_ = decoder_->columns();
  for (const std::string& name : raw_columns) {
    const auto known = std::find(columns_.begin(), columns_.end(), name);
    raw_index_.push_back(static_cast<std::size_t>(known - columns_.begin()));
    if (known == columns_.end()) columns_.push_back(name);
  }
  if (decl_.where.valid()) where_ = program_->compile(decl_.where);
  return true;
}

std::optional<std::string> EventsPass::stored_column(FieldId field) const {
  source::Diagnostics nowhere;
  DataErrors ignored(nowhere);
  const model::Field& decl = decl_.fields[field.index];
  const auto found = find_column(*schema_, decl.column.empty() ? decl.named.name : decl.column, false, "", {}, ignored);
  return found ? std::optional(schema_->columns[*found].name) : std::nullopt;
}

bool EventsPass::can_be_shared() const { return world_.request.threads > 1 && can_be_parted(); }

bool EventsPass::can_be_parted() const {
  if (!state_.dropped.empty()) return false;
  const auto& fields = decoder_->fields();
  return std::none_of(fields.begin(), fields.end(), [&](FieldId field) {
    const value::Type& type = decl_.fields[field.index].type;
    return type.kind == value::Kind::entity && world_.entities[type.index].grows;
  });
}

void EventsPass::drop_known(const Batch& batch, std::vector<std::uint8_t>& active) const {
  if (state_.dropped.empty()) return;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (state_.dropped.contains(batch.first_row + row)) active[row] = 0;
  }
}

void EventsPass::set_aside(const Batch& batch, const BadCell& cell, std::vector<std::uint8_t>& active,
                           BadRows& bad_rows) {
  constexpr std::uint64_t kFields = 1 << 16;
  active[cell.row] = 0;
  if (lenient) return;
  if (in_parts_) throw PartsFailed();
  const std::uint64_t row = batch.first_row + cell.row;
  if (state_.dropped.try_emplace(row, EventsState::Dropped::bad).second) ++state_.info.quarantined;
  if (state_.bad_cells.insert(row * kFields + cell.field.index).second) bad_rows.add(row, cell);
}

/// Set aside in this or an earlier pass because of an error; its other errors are of interest as well.
bool EventsPass::is_known_bad(const Batch& batch, std::size_t row) const {
  const auto known = state_.dropped.find(batch.first_row + row);
  return known != state_.dropped.end() && known->second == EventsState::Dropped::bad;
}

bool EventsPass::is_late(const Table& table, std::size_t row) const {
  return world_.request.as_of && event_micros(world_, decl_, table, row) > world_.request.as_of->micros;
}

void EventsPass::compute_times(const Batch& batch, Table& table, const std::vector<std::uint8_t>& active) {
  if (!time_.expr.valid()) return;
  compute_column(decl_.time, time_, table, active);
  decoder_->fill_days(batch, table);
}

/// Makes a column of a computed date or date-time; rows that are not active get some value.
void EventsPass::compute_column(FieldId field, Program::Root root, Table& table,
                                const std::vector<std::uint8_t>& active) {
  program_->begin(table, active.data());
  Column& times = table.columns[field.index];
  table.loaded[field.index] = 1;
  times.rep = rep_of(decl_.fields[field.index].type);
  times.clear(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (active[row] == 0) continue;
    const Value time = program_->simple(root.expr, row);
    if (!time.has_value()) {
      times.set_absent(row);
    } else {
      times.values[row] = times.rep == Rep::date ? time.as<Date>().days : time.as<Instant>().micros;
    }
  }
}

/// What is wrong on other days is no matter. A time that cannot be read may still say its day.
static void drop_elsewhere(Window days, FieldId time, const Table& table, BadCells& bad) {
  constexpr std::int32_t kMargin = 2;  // see scan_needed.cpp
  std::vector<std::uint8_t> is_elsewhere(table.rows, 0);
  const Column& times = table.column(time);
  for (const BadCell& cell : bad) {
    if (!times.is_absent(cell.row)) {
      const auto day = table.days.values[cell.row];
      is_elsewhere[cell.row] = day < days.start.days || day >= days.end.days ? 1 : 0;
    } else if (cell.field == time && cell.content.size() >= 10) {
      const auto day = Date::parse(std::string_view(cell.content).substr(0, 10));
      const bool is_far = day && (day->days < days.start.days - kMargin || day->days >= days.end.days + kMargin);
      is_elsewhere[cell.row] = is_far ? 1 : 0;
    }
  }
  std::erase_if(bad, [&](const BadCell& cell) { return is_elsewhere[cell.row] != 0; });
}

void EventsPass::filter(const Batch& batch, Table& table, BadCells& bad, std::vector<std::uint8_t>& active,
                        BadRows& bad_rows) {
  if (only_days && !bad.empty()) drop_elsewhere(*only_days, decl_.time, table, bad);
  std::stable_sort(bad.begin(), bad.end(), [](const BadCell& a, const BadCell& b) { return a.row < b.row; });
  if (decl_.where.valid()) {
    for (const BadCell& cell : bad) {
      if (active[cell.row] != 0 && where_fields_.contains(cell.field)) set_aside(batch, cell, active, bad_rows);
    }
    program_->begin(table, active.data());
    std::vector<std::uint8_t> passes(batch.rows);
    program_->truth(where_, passes.data());
    for (std::size_t row = 0; row < batch.rows; ++row) active[row] &= passes[row];
  }
  if (world_.request.as_of && !keep_late_rows) {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (active[row] != 0 && !table.column(decl_.time).is_absent(row) && is_late(table, row)) active[row] = 0;
    }
  }
  for (const BadCell& cell : bad) {
    if (active[cell.row] != 0 || is_known_bad(batch, cell.row)) set_aside(batch, cell, active, bad_rows);
  }
}

void EventsPass::run(const Consumer& consume) {
  if (schema_->columns.empty()) return;  // a table that a test does not give
  const auto scan = world_.data.scan(schema_->name, columns_);
  BadRows bad_rows(world_, SourceRef::of(events_));
  in_parts_ = false;
  run_over(*scan, consume, bad_rows, [] { return true; });
  bad_rows.report(*schema_);
}

void EventsPass::run_part(TableScan& scan, const Consumer& consume, const std::atomic<bool>& stop) {
  BadRows bad_rows(world_, SourceRef::of(events_));
  in_parts_ = true;
  run_over(scan, consume, bad_rows, [&] { return !stop.load(std::memory_order_relaxed); });
}

template <class GoOn>
void EventsPass::run_over(TableScan& scan, const Consumer& consume, BadRows& bad_rows, GoOn go_on) {
  Batch batch;
  Table table;
  table.reset(SourceRef::of(events_), decl_.fields.size());
  BadCells bad;
  std::vector<std::uint8_t> active;
  while (go_on() && scan.next(batch, world_.request.batch_rows)) {
    if (batch.rows == 0) continue;
    decoder_->decode(batch, table, bad);
    active.assign(batch.rows, 1);
    drop_known(batch, active);
    compute_times(batch, table, active);
    filter(batch, table, bad, active, bad_rows);
    for (const auto& [field, root] : other_times_) compute_column(field, root, table, active);
    program_->begin(table, active.data());
    consume(batch, table, active);
  }
}

}  // namespace kpi::eval::scanning
