#include "interpreter/eval/scan_world.hpp"

namespace kpi::eval::scanning {

bool KeyIndex::insert(Code code, std::uint32_t row) {
  if (find(code) != kNoRow) return false;
  const auto slot = static_cast<std::uint64_t>(code);
  if (slot < kDense) {
    if (slot >= dense_.size()) dense_.resize(std::min<std::uint64_t>(kDense, std::max<std::uint64_t>(64, slot * 2)), kNoRow);
    dense_[slot] = row;
  } else {
    map_.emplace(code, row);
  }
  return true;
}

World::World(const Policy& the_policy, DataSource& the_data, const ScanRequest& the_request, source::Diagnostics& diagnostics)
    : policy(the_policy),
      data(the_data),
      request(the_request),
      errors(diagnostics),
      currencies(pool),
      rates(the_policy, errors),
      entities(the_policy.entities.size()),
      kept(the_policy.events.size()),
      events(the_policy.events.size()),
      holidays(the_policy.calendars.size()) {}

std::uint32_t World::discover(model::EntityId entity, Code code) {
  EntityTable& rows = entities[entity.index];
  const auto row = static_cast<std::uint32_t>(rows.keys.size());
  rows.index.insert(code, row);
  rows.keys.push_back(pool.text(code));
  rows.active_from.emplace_back();
  rows.active_to.emplace_back();
  ++rows.table.rows;
  Column& key = rows.table.columns[0];
  key.rep = Rep::text;
  key.values.push_back(code);
  rows.table.loaded[0] = 1;
  return row;
}

std::string set_key(const FieldPath& path) {
  std::string key;
  for (const FieldId ref : path.refs) key += std::to_string(ref.index) + ".";
  return key + std::to_string(path.field.index);
}

const CodeSet* World::set(const model::ColumnSet& column) const {
  const auto found = sets.find({column.source, set_key(column.path)});
  return found == sets.end() ? nullptr : &found->second;
}

SourceRef target_of(const model::Field& field) {
  return field.type.kind == value::Kind::event ? SourceRef::of(model::EventsId{field.type.index})
                                               : SourceRef::of(model::EntityId{field.type.index});
}

}  // namespace kpi::eval::scanning
