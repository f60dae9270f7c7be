#include "interpreter/eval/scan_entities.hpp"

#include <algorithm>
#include <numeric>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/scan_schema.hpp"

namespace kpi::eval::scanning {

using model::EntityId;
using source::DiagnosticId;
namespace ids = source::ids;
using value::Instant;

void EntityLoader::load() {
  for (std::uint32_t index = 0; index < world_.policy.entities.size(); ++index) {
    const model::Entity& decl = world_.policy.entities[index];
    EntityTable& entity = world_.entities[index];
    entity.table.reset(SourceRef::of(EntityId{index}), std::max<std::size_t>(decl.fields.size(), 1));
    entity.grows = decl.is_distinct();
    if (index > 0) continue;
    entity.table.rows = 1;
    entity.keys = {decl.named.name.empty() ? "company" : decl.named.name};
    entity.active_from.resize(1);
    entity.active_to.resize(1);
  }
  const auto each_table = [&](auto step) {
    for (std::uint32_t index = 1; index < world_.policy.entities.size(); ++index) {
      if (!world_.policy.entities[index].is_distinct()) step(EntityId{index});
    }
  };
  each_table([&](EntityId entity) { load_keys(entity); });
  each_table([&](EntityId entity) { load_fields(entity); });
  if (world_.request.quarantine) {
    spread_badness();
    each_table([&](EntityId entity) { take_out_bad_rows(entity); });
  }
  each_table([&](EntityId entity) { fill_activity(entity); });
}

std::optional<TableSchema> EntityLoader::schema_of(EntityId entity) {
  const model::Entity& decl = world_.policy.entities[entity.index];
  return find_table(world_.data, decl.table, decl.named.name, decl.named.span, world_.errors);
}

Code EntityLoader::key_code(const Table& table, std::size_t row, const model::Entity& decl, std::string& text,
                            bool& complete) {
  text.clear();
  complete = true;
  for (const FieldId field : decl.key) {
    const Column& column = table.column(field);
    complete = complete && !column.is_absent(row);
    if (!complete) return 0;
    if (!text.empty()) text += " / ";
    text += column.rep == Rep::entity
                ? world_.entities[column.target].keys[static_cast<std::size_t>(column.values[row])]
                : value::to_string(cell_value(column, row, world_.pool));
  }
  return world_.pool.code(text);
}

/// First pass: which rows there are. References need nothing but this of their targets.
bool EntityLoader::load_keys(EntityId entity) {
  if (keys_done_.contains(entity.index)) return true;
  const model::Entity& decl = world_.policy.entities[entity.index];
  if (!keys_busy_.insert(entity.index).second) {
    world_.errors.add(ids::data_circular_dependency, decl.named.span)
        .with("events", decl.named.name)
        .with("through", decl.named.name);
    world_.entities[entity.index].unreadable = true;
    return false;
  }
  const SourceRef source = SourceRef::of(entity);
  EntityTable& target = world_.entities[entity.index];
  const auto schema = schema_of(entity);
  target.unreadable = !schema;
  if (!schema) return false;
  Reads reads;
  for (const FieldId field : decl.key) plan_.add_field(field, source, reads);
  plan_.add_expr(decl.where, {source}, 0, reads);
  for (const FieldId field : reads.fields) {
    const model::Field& read = decl.fields[field.index];
    if (read.type.kind != value::Kind::entity || read.type.index == entity.index) continue;
    if (world_.entities[read.type.index].grows) continue;
    // Where that fails it has been reported, and rows that lead there are passed over.
    if (load_keys(EntityId{read.type.index}) && decl.where.valid()) load_fields(EntityId{read.type.index});
  }
  Decoder decoder(world_, source, *schema, std::vector<FieldId>(reads.fields.begin(), reads.fields.end()));
  target.unreadable = target.unreadable || !decoder.valid();
  if (!decoder.valid()) return false;

  Loaded& loaded = loaded_[entity.index];
  RowEvaluator evaluator(world_);
  BadRows bad_rows(world_, source);
  Table table;
  table.reset(source, decl.fields.size());
  struct KeyRow {
    std::string text;
    std::uint64_t position = 0;
    Code code = 0;
  };
  tsl::robin_map<Code, std::uint64_t, CodeHash> counts;
  std::vector<KeyRow> rows;
  if (!schema->columns.empty()) {
    const auto scan = world_.data.scan(schema->name, decoder.columns());
    Batch batch;
    BadCells bad;
    std::string text;
    while (scan->next(batch, world_.request.batch_rows)) {
      decoder.decode(batch, table, bad);
      std::stable_sort(bad.begin(), bad.end(), [](const BadCell& a, const BadCell& b) { return a.row < b.row; });
      std::vector<std::uint8_t> is_bad(batch.rows, 0);
      for (BadCell& cell : bad) {
        is_bad[cell.row] = 1;
        loaded.bad_cells.insert({batch.first_row + cell.row, cell.field});
        bad_rows.add(batch.first_row + cell.row, std::move(cell));
      }
      for (std::size_t row = 0; row < batch.rows; ++row) {
        bool complete = true;
        if (is_bad[row] != 0) {
          ++target.quarantined;
          const Code code = key_code(table, row, decl, text, complete);
          if (complete) target.bad_keys.insert(code);
          continue;
        }
        const Code code = key_code(table, row, decl, text, complete);
        if (decl.where.valid() && !evaluator.is_true(decl.where, RowContext{&table, row, nullptr, {}})) {
          if (complete) target.left_out.insert(code);
          continue;
        }
        if (complete && ++counts[code] == 1) rows.push_back({text, batch.first_row + row, code});
      }
    }
  }
  bad_rows.report(*schema);
  std::sort(rows.begin(), rows.end(), [](const KeyRow& a, const KeyRow& b) {
    const int order = a.text.compare(b.text);
    return order < 0 || (order == 0 && a.position < b.position);
  });
  target.keys.reserve(rows.size());
  loaded.codes.reserve(rows.size());
  loaded.row_of_position.reserve(rows.size());
  for (KeyRow& row : rows) {
    const auto index = static_cast<std::uint32_t>(loaded.codes.size());
    target.index.insert(row.code, index);
    target.keys.push_back(std::move(row.text));
    loaded.row_of_position[row.position] = index;
    loaded.codes.push_back(row.code);
    const std::uint64_t count = counts[row.code];
    target.quarantined += count - 1;  // the first of them stays
    if (count > 1 && !world_.request.quarantine) {
      if (auto* diagnostic = world_.errors.add_row_error(ids::data_duplicate_key)) {
        diagnostic->with("table", schema->name).with("key", shortened(target.keys.back())).with("reader", decl.named.name);
        diagnostic->with("count", std::to_string(count));
        diagnostic->location = world_.data.name();
      }
    }
  }
  target.table.rows = loaded.codes.size();
  loaded.is_bad.assign(loaded.codes.size(), 0);
  keys_done_.insert(entity.index);
  return true;
}

/// All stored fields; in a test, those whose column is left out stay absent.
std::vector<FieldId> EntityLoader::stored_fields(EntityId entity, const TableSchema& schema) {
  const model::Entity& decl = world_.policy.entities[entity.index];
  std::vector<FieldId> fields;
  for (std::uint32_t index = 0; index < decl.fields.size(); ++index) {
    const model::Field& field = decl.fields[index];
    if (field.computed.valid()) continue;
    if (world_.data.missing_tables_are_empty()) {
      source::Diagnostics ignored_list;
      DataErrors ignored(ignored_list);
      if (!find_column(schema, field.column.empty() ? field.named.name : field.column, false, "", {}, ignored))
        continue;
    }
    fields.push_back(FieldId{index});
  }
  return fields;
}

bool EntityLoader::load_fields(EntityId entity) {
  if (!fields_done_.insert(entity.index).second) return keys_done_.contains(entity.index);
  const model::Entity& decl = world_.policy.entities[entity.index];
  const bool has_keys = keys_done_.contains(entity.index);
  if (!has_keys && !world_.data.schema(decl.table)) return false;  // reported already
  const auto schema = schema_of(entity);
  if (!schema) return false;
  const SourceRef source = SourceRef::of(entity);
  EntityTable& target = world_.entities[entity.index];
  std::vector<FieldId> fields = stored_fields(entity, *schema);
  if (!has_keys) std::erase_if(fields, [&](FieldId field) { return std::count(decl.key.begin(), decl.key.end(), field) > 0; });
  Decoder decoder(world_, source, *schema, std::move(fields));
  target.unreadable = target.unreadable || !decoder.valid();
  if (target.unreadable) return false;

  Loaded& loaded = loaded_[entity.index];
  Table table, gathered;
  table.reset(source, decl.fields.size());
  gathered.reset(source, decl.fields.size());
  std::vector<std::uint32_t> order;  // row of the entity, by position in `gathered`
  BadRows bad_rows(world_, source);
  if (!schema->columns.empty()) {
    const auto scan = world_.data.scan(schema->name, decoder.columns());
    Batch batch;
    BadCells bad;
    std::vector<std::uint32_t> rows;
    while (scan->next(batch, world_.request.batch_rows)) {
      decoder.decode(batch, table, bad);
      std::stable_sort(bad.begin(), bad.end(), [](const BadCell& a, const BadCell& b) { return a.row < b.row; });
      rows.clear();
      for (BadCell& cell : bad) {
        const std::uint64_t position = batch.first_row + cell.row;
        const auto found = loaded.row_of_position.find(position);
        if (found != loaded.row_of_position.end()) {
          loaded.is_bad[found->second] = 1;
        } else if (loaded.bad_cells.lower_bound({position, FieldId{0}}) == loaded.bad_cells.end() ||
                   loaded.bad_cells.lower_bound({position, FieldId{0}})->first != position) {
          continue;  // no row of the entity
        }
        if (loaded.bad_cells.insert({position, cell.field}).second) bad_rows.add(position, std::move(cell));
      }
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        const auto found = loaded.row_of_position.find(batch.first_row + row);
        if (found == loaded.row_of_position.end()) continue;
        rows.push_back(row);
        order.push_back(found->second);
      }
      for (std::size_t field = 0; field < decl.fields.size(); ++field) {
        if (table.loaded[field] == 0) continue;
        gathered.loaded[field] = 1;
        gathered.columns[field].rep = table.columns[field].rep;
        gathered.columns[field].target = table.columns[field].target;
        gathered.columns[field].append(table.columns[field], rows);
      }
    }
  }
  bad_rows.report(*schema);
  std::vector<std::uint32_t> by_row(order.size());
  for (std::uint32_t position = 0; position < order.size(); ++position) by_row[order[position]] = position;
  for (std::size_t field = 0; field < decl.fields.size(); ++field) {
    if (gathered.loaded[field] == 0) continue;
    Column& column = target.table.columns[field];
    target.table.loaded[field] = 1;
    column.rep = gathered.columns[field].rep;
    column.target = gathered.columns[field].target;
    column.append(gathered.columns[field], by_row);
  }
  return true;
}

/// A row that refers to a bad row is bad itself: what it says about its owner cannot be trusted.
void EntityLoader::spread_badness() {
  for (bool grown = true; grown;) {
    grown = false;
    for (auto& [index, loaded] : loaded_) {
      for (const Column& column : world_.entities[index].table.columns) {
        const auto target = loaded_.find(column.target);
        if (column.rep != Rep::entity || target == loaded_.end()) continue;
        for (std::size_t row = 0; row < column.values.size(); ++row) {
          if (loaded.is_bad[row] != 0 || column.is_absent(row)) continue;
          if (target->second.is_bad[static_cast<std::size_t>(column.values[row])] == 0) continue;
          loaded.is_bad[row] = 1;
          grown = true;
        }
      }
    }
  }
}

void EntityLoader::take_out_bad_rows(EntityId entity) {
  const auto found = loaded_.find(entity.index);
  if (found == loaded_.end()) return;
  Loaded& loaded = found->second;
  if (std::none_of(loaded.is_bad.begin(), loaded.is_bad.end(), [](std::uint8_t bad) { return bad != 0; })) return;
  EntityTable& target = world_.entities[entity.index];
  std::vector<std::uint32_t> kept, moved_to(loaded.codes.size(), kNoRow);
  KeyIndex index;
  std::vector<std::string> keys;
  for (std::uint32_t row = 0; row < loaded.codes.size(); ++row) {
    if (loaded.is_bad[row] != 0) {
      target.bad_keys.insert(loaded.codes[row]);
      ++target.quarantined;
      continue;
    }
    moved_to[row] = static_cast<std::uint32_t>(kept.size());
    index.insert(loaded.codes[row], moved_to[row]);
    keys.push_back(std::move(target.keys[row]));
    kept.push_back(row);
  }
  Table table;
  table.reset(target.table.source, target.table.columns.size());
  table.rows = kept.size();
  for (std::size_t field = 0; field < table.columns.size(); ++field) {
    if (target.table.loaded[field] == 0) continue;
    table.loaded[field] = 1;
    table.columns[field].rep = target.table.columns[field].rep;
    table.columns[field].target = target.table.columns[field].target;
    table.columns[field].append(target.table.columns[field], kept);
  }
  target.table = std::move(table);
  target.index = std::move(index);
  target.keys = std::move(keys);
  for (const auto& [other, unused] : loaded_) {
    for (Column& column : world_.entities[other].table.columns) {
      if (column.rep != Rep::entity || column.target != entity.index) continue;
      for (std::size_t row = 0; row < column.values.size(); ++row) {
        if (column.is_absent(row)) continue;
        const std::uint32_t moved = moved_to[static_cast<std::size_t>(column.values[row])];
        if (moved != kNoRow) column.values[row] = moved;  // otherwise the row itself goes as well
      }
    }
  }
}

void EntityLoader::fill_activity(EntityId entity) {
  const model::Entity& decl = world_.policy.entities[entity.index];
  EntityTable& target = world_.entities[entity.index];
  if (target.unreadable) return;
  target.active_from.resize(target.table.rows);
  target.active_to.resize(target.table.rows);
  RowEvaluator evaluator(world_);
  const auto day = [&](FieldId field, std::size_t row) -> std::optional<Date> {
    if (!field.valid()) return std::nullopt;
    const Value value = evaluator.field_value(target.table, row, field, RowContext{&target.table, row, nullptr, {}});
    if (value.is<Instant>()) return world_.zone().local_date(value.as<Instant>());
    return value.is<Date>() ? std::optional(value.as<Date>()) : std::nullopt;
  };
  for (std::size_t row = 0; row < target.table.rows; ++row) {
    target.active_from[row] = day(decl.active_from, row);
    target.active_to[row] = day(decl.active_to, row);
  }
}

}  // namespace kpi::eval::scanning

namespace kpi::eval {

std::vector<std::uint32_t> order_of_keys(const model::Entity& entity, const std::vector<std::string_view>& keys) {
  std::vector<std::uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<value::Number> numbers;
  if (entity.key.size() == 1 && entity.fields[entity.key[0].index].type.kind == value::Kind::number) {
    for (const std::string_view key : keys) numbers.push_back(value::Number::parse_decimal(key).value_or(value::Number()));
  }
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return numbers.empty() ? keys[a] < keys[b] : numbers[a] < numbers[b];
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::sort(order.begin(), order.end(), before);
  return order;
}

}  // namespace kpi::eval

namespace kpi::eval::scanning {

EntityRows entity_rows(World& world, EntityId entity) {
  const model::Entity& decl = world.policy.entities[entity.index];
  const EntityTable& stored = world.entities[entity.index];
  EntityRows result;
  result.order = order_of_keys(decl, {stored.keys.begin(), stored.keys.end()});
  result.position.resize(stored.keys.size());
  RowEvaluator evaluator(world);
  evaluator.report_missing_rates = false;
  result.rows.reserve(result.order.size());
  for (std::uint32_t index = 0; index < result.order.size(); ++index) {
    const std::uint32_t row = result.order[index];
    result.position[row] = index;
    EntityRow shown;
    shown.key = stored.keys[row];
    shown.label = shown.key;
    shown.active_from = stored.active_from[row];
    shown.active_to = stored.active_to[row];
    const RowContext context{&stored.table, row, nullptr, {}};
    shown.fields.reserve(decl.fields.size());
    for (std::uint32_t field = 0; field < decl.fields.size(); ++field) {
      shown.fields.push_back(evaluator.field_value(stored.table, row, FieldId{field}, context));
    }
    if (decl.label_field.valid() && shown.fields[decl.label_field.index].has_value()) {
      shown.label = value::to_string(shown.fields[decl.label_field.index]);
    }
    if (entity.index == 0 && !decl.named.label.empty()) shown.label = decl.named.label;
    result.rows.push_back(std::move(shown));
  }
  const auto before = [&](const EntityRow& a, const EntityRow& b) { return a.key < b.key; };
  if (std::is_sorted(result.rows.begin(), result.rows.end(), before)) return result;
  result.by_text.resize(result.rows.size());  // whole numbers: 9 comes before 10
  std::iota(result.by_text.begin(), result.by_text.end(), 0);
  std::sort(result.by_text.begin(), result.by_text.end(),
            [&](std::uint32_t a, std::uint32_t b) { return before(result.rows[a], result.rows[b]); });
  return result;
}

std::optional<std::uint32_t> EntityRows::find(std::string_view key) const {
  const auto index_at = [&](std::size_t place) {
    return by_text.empty() ? static_cast<std::uint32_t>(place) : by_text[place];
  };
  std::size_t first = 0, last = rows.size();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (rows[index_at(middle)].key < key) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  if (first == rows.size() || rows[index_at(first)].key != key) return std::nullopt;
  return index_at(first);
}

}  // namespace kpi::eval::scanning
