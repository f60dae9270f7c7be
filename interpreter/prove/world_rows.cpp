// Rows of a store beyond those that a state of the graph asks for.
#include <algorithm>

#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using value::Kind;
using value::Value;

bool WorldMaker::add_plain_rows(World& world, model::EventsId id, std::int64_t rows, const Number& amount) {
  const model::Events& events = policy_.events[id.index];
  Part part;
  part.rows = rows;
  for (std::uint32_t field = 0; field < events.fields.size() && part.totals.empty(); ++field) {
    const model::Field& of = events.fields[field];
    const bool money = of.type.kind == Kind::number && of.type.unit.money == 1 && of.type.unit.time == 0;
    if (money && !of.type.optional && !of.computed.valid()) part.totals[field] = amount * Number(rows);
  }
  return add_rows(world, id, 0, part, wanted(id, 0, {}, 0));
}

std::optional<WorldRow> WorldMaker::one_row(World& world, model::EventsId id, const Number& amount,
                                            const std::vector<ExprId>& holds, const std::vector<ExprId>& fails) {
  const model::Events& events = policy_.events[id.index];
  std::vector<ExprId> all = holds;
  if (events.where.valid()) all.push_back(events.where);
  Part part;
  part.rows = 1;
  if (!add_rows(world, id, 0, part, Wanted{})) return std::nullopt;
  WorldRow row = std::move(world.events[id.index].back());
  world.events[id.index].pop_back();
  for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
    const model::Field& of = events.fields[field];
    const bool money = of.type.kind == Kind::number && of.type.unit.money == 1 && of.type.unit.time == 0;
    if (!money || of.type.optional || of.computed.valid() || of.range.valid()) continue;
    row.fields[field] = amount;
    break;
  }
  return fitting(model::SourceRef::of(id), std::move(row), all, fails, {});
}

WorldRow WorldMaker::another(model::EventsId id, WorldRow row) {
  const model::Events& events = policy_.events[id.index];
  for (const model::FieldId key : events.key) {
    if (events.fields[key.index].type.kind == Kind::text) row.fields[key.index] = "x" + std::to_string(next_);
    if (events.fields[key.index].type.kind == Kind::number)
      row.fields[key.index] = Number(static_cast<std::int64_t>(next_));
  }
  ++next_;
  return row;
}

void WorldMaker::repeat(World& world, std::int32_t periods) {
  for (auto& [id, rows] : world.events) {
    const model::EventsId events{id};
    const std::vector<WorldRow> once = rows;
    for (std::int32_t before = 1; before <= periods; ++before) {
      const std::int32_t days = shape_.period.start().days - shape_.period.shift(-before).start().days;
      for (const WorldRow& row : once) {
        WorldRow earlier = another(events, row);
        earlier.offset += before;
        for (const auto& [field, value] : row.fields) {
          if (value.is<value::Instant>()) {
            const value::Instant moment{value.as<value::Instant>().micros - days * value::kMicrosPerDay};
            earlier.fields.insert_or_assign(field, Value(moment));
          } else if (value.is<value::Date>()) {
            const value::Date day{value.as<value::Date>().days - days};
            earlier.fields.insert_or_assign(field, Value(day));
          }
        }
        rows.push_back(std::move(earlier));
      }
    }
  }
}

bool WorldMaker::add_entity(World& world, model::EntityId id, model::FieldId field, const Value& value) {
  const model::Entity& of = policy_.entities[id.index];
  if (of.is_distinct() || of.table.empty()) return false;
  const std::string key = "x" + std::to_string(next_++);
  WorldRow row;
  for (std::uint32_t i = 0; i < of.fields.size(); ++i) {
    if (of.fields[i].computed.valid()) continue;
    set_default(row, of.fields[i], i, key);
    if (of.fields[i].type.kind == Kind::entity && !of.fields[i].type.optional)
      row.fields[i] = reference(world, of.fields[i].type.index);
  }
  set_currencies(row, of.fields);
  for (const model::FieldId part : of.key) row.fields[part.index] = key;
  row.fields[field.index] = value;
  world.entities[id.index].push_back(std::move(row));
  return true;
}

std::optional<WorldRow> WorldMaker::fitting(model::SourceRef source, WorldRow row, const std::vector<ExprId>& holds,
                                            const std::vector<ExprId>& fails,
                                            const std::map<std::uint32_t, Number>& given) {
  Wanted conditions;
  conditions.holds = holds;
  conditions.fails = fails;
  Choices chosen;
  return fit_row(source, std::move(row), conditions, given, chosen);
}

}  // namespace kpi::prove
