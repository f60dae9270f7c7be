// Rows of a store beyond those that a state of the graph asks for.
#include <algorithm>

#include "interpreter/model/walk.hpp"
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

void WorldMaker::make_sum(std::vector<WorldRow>& rows, const std::vector<std::size_t>& of, const Input& input,
                          const Number& sum) const {
  if (of.empty()) return;
  const model::SourceRef source = shape_.graph.groups[input.group].source;
  const Number count(static_cast<std::int64_t>(of.size())), grain = input.grain.value_or(Number(1));
  const Number each = (sum / count).round_to(grain, value::Rounding::floor);
  Number rest = sum - each * count;
  for (const std::size_t row : of) {
    const Number more = rest.sign() > 0 ? value::min(rest, grain) : Number(0);
    rest -= more;
    solve(rows[row], source, input.value, each + more);
  }
}

/// One field of the row is changed until its value is as wanted; fields that multiply it may not be 0.
bool WorldMaker::solve(WorldRow& row, model::SourceRef source, ExprId value, const Number& wanted) const {
  const auto is_right = [&] {
    const Value now = evaluate_row(policy_, value, row, source);
    return now.has_value() && now.is<Number>() && now.number() == wanted;
  };
  if (is_right()) return true;
  std::vector<std::uint32_t> fields;
  const auto collect = [&](const auto& self, ExprId expr) -> void {
    model::walk(policy_, expr, [&](ExprId, const model::Expr& at) {
      const auto* field = std::get_if<model::RowField>(&at.node);
      if (field == nullptr || field->depth != 0 || !field->path.refs.empty() || !field->path.field.valid()) return;
      const model::Field& of = policy_.fields(source)[field->path.field.index];
      if (of.computed.valid()) return self(self, of.computed);
      if (of.type.kind == Kind::number && row.fields.contains(field->path.field.index))
        fields.push_back(field->path.field.index);
    });
  };
  collect(collect, value);
  // Money takes any amount; quantities are best left at one.
  std::stable_sort(fields.begin(), fields.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto& of = policy_.fields(source);
    return of[a].type.unit.money > of[b].type.unit.money;
  });
  const auto range = [&](std::uint32_t field) {
    return shape_.builder.field_range(source, {{}, model::FieldId{field}});
  };
  const WorldRow before = row;
  for (const std::uint32_t field : fields) {
    if (row.fields.at(field).number().is_zero() && range(field).contains(Number(1))) row.fields[field] = Number(1);
  }
  const auto fits = [&](std::uint32_t field, const Number& x) {
    const Number grain = shape_.builder.grain(policy_.fields(source)[field]).value_or(Number(1));
    return range(field).contains(x) && x == x.round_to(grain, value::Rounding::floor);
  };
  // One field alone; none where the value is not linear in it.
  const auto needed = [&](std::uint32_t field) -> std::optional<Number> {
    const auto at = [&](const Number& x) -> std::optional<Number> {
      row.fields[field] = x;
      const Value result = evaluate_row(policy_, value, row, source);
      return result.has_value() && result.is<Number>() ? std::optional(result.number()) : std::nullopt;
    };
    const Value now = row.fields.at(field);
    const auto none = at(Number(0)), one = at(Number(1));
    row.fields[field] = now;
    if (!none || !one || *none == *one) return std::nullopt;
    return (wanted - *none) / (*one - *none);
  };
  const auto reached = [&](std::uint32_t field) {
    const auto x = needed(field);
    if (!x || !fits(field, *x)) return false;
    const Value now = row.fields.at(field);
    row.fields[field] = *x;
    if (is_right()) return true;
    row.fields[field] = now;
    return false;
  };
  for (const std::uint32_t field : fields) {
    if (reached(field)) return true;
    // With a second one as large as it takes: a quantity, when no price is high enough.
    const auto x = needed(field);
    const auto& largest = range(field).upper;
    if (!x || !largest || largest->sign() <= 0 || *x <= *largest) continue;
    for (const std::uint32_t second : fields) {
      if (second == field) continue;
      const Value now = row.fields.at(second);
      const Number least = (now.number() * *x / *largest).ceil();
      for (int more = 0; more < 12; ++more) {
        const Number factor = least + Number(more);
        if (!fits(second, factor)) break;
        row.fields[second] = factor;
        if (reached(field)) return true;
      }
      row.fields[second] = now;
    }
  }
  row = before;
  return false;
}

}  // namespace kpi::prove
