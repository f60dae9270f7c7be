#include "interpreter/prove/world.hpp"

#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::prove {

using value::Kind;
using value::Value;

namespace {

constexpr std::int64_t kMaximumRows = 4'000;

}  // namespace

std::size_t World::rows() const {
  std::size_t count = 0;
  for (const auto& [id, rows] : events) count += rows.size();
  return count;
}

Value WorldMaker::time_of(std::int32_t offset, std::size_t position, Kind kind) const {
  const value::Period period = shape_.period.shift(-offset);
  const int days = period.days();
  const value::Date day{period.start().days + static_cast<std::int32_t>(position % static_cast<std::size_t>(days))};
  if (kind == Kind::date) return day;
  // Midday, so that zones near the policy's give the same day; a minute apart.
  const std::int64_t minute = 10 * 60 + static_cast<std::int64_t>(position / static_cast<std::size_t>(days)) % 600;
  return policy_.header.timezone->to_instant_or_jump((static_cast<std::int64_t>(day.days) * 86'400 + minute * 60) *
                                                     value::kMicrosPerSecond);
}

std::string WorldMaker::reference(World& world, std::uint32_t entity) {
  if (entity == shape_.builder.entity().index) return key_;
  const model::Entity& of = policy_.entities[entity];
  const std::string key = "r" + std::to_string(entity);
  if (of.is_distinct() || of.table.empty()) return key;
  auto& rows = world.entities[entity];
  if (!rows.empty()) return key;
  rows.emplace_back();
  WorldRow row;
  for (std::uint32_t i = 0; i < of.fields.size(); ++i) {
    if (!of.fields[i].computed.valid()) set_default(row, of.fields[i], i, key);
    if (of.fields[i].type.kind == Kind::entity) row.fields[i] = reference(world, of.fields[i].type.index);
  }
  set_currencies(row, of.fields);
  for (const model::FieldId id : of.key) row.fields[id.index] = key;
  world.entities[entity][0] = std::move(row);
  return key;
}

void WorldMaker::set_default(WorldRow& row, const model::Field& field, std::uint32_t index, const std::string& unique) {
  if (field.type.optional) return;
  switch (field.type.kind) {
    case Kind::text:
      // Texts are codes, names, buyers: each row has its own, so that no two rows look like one person's.
      row.fields[index] = unique;
      break;
    case Kind::boolean:
      row.fields[index] = false;
      break;
    case Kind::number: {
      Interval range = Interval::at_least(Number(0));
      if (field.range.valid()) {
        // The lower end, or the upper one where there is no lower.
        if (const auto* declared = std::get_if<model::RangeExpr>(&policy_.expr(field.range).node)) {
          const ExprId end = declared->lower.valid() ? declared->lower : declared->upper;
          const Value value = end.valid() ? evaluate_row(policy_, end, {}, {}) : Value();
          if (value.is<Number>()) range.lower = value.number();
        } else if (const auto* constant = std::get_if<model::Constant>(&policy_.expr(field.range).node);
                   constant != nullptr && constant->value.is<std::shared_ptr<const value::RangeValue>>()) {
          const auto& ends = *constant->value.as<std::shared_ptr<const value::RangeValue>>();
          if (ends.lower.is<Number>()) range.lower = ends.lower.number();
        }
      }
      row.fields[index] = *range.lower;
      break;
    }
    case Kind::date:
      row.fields[index] = value::Date{shape_.anchor().days - 400};
      break;
    case Kind::datetime:
      row.fields[index] = time_of(0, 0, Kind::datetime);
      break;
    default:
      break;
  }
}

/// Amounts whose currency stands beside them are in the policy's.
void WorldMaker::set_currencies(WorldRow& row, const std::vector<model::Field>& fields) const {
  for (const model::Field& field : fields) {
    if (field.currency_field.valid() && !fields[field.currency_field.index].computed.valid())
      row.fields[field.currency_field.index] = std::string(policy_.header.currency.code());
  }
}

/// The rates that the state has, and 1 for the other currencies that amounts are in.
void WorldMaker::set_rates(World& world, std::int32_t last, const std::vector<Number>& inputs) const {
  if (!policy_.exchange) return;
  const bool fixed = policy_.exchange->rule == model::Exchange::Rule::fixed;
  for (std::size_t index = 0; index < inputs.size(); ++index) {
    const Input& input = shape_.graph.inputs[index];
    if (input.kind != Input::Kind::rate) continue;
    const Number rate = inputs[index].sign() > 0 ? inputs[index] : Number(1);  // 0: the state does not need it
    for (std::int32_t offset = 0; fixed && offset <= last; ++offset)
      world.rates.emplace(std::pair(input.currency, offset), rate);
    if (!fixed) world.rates.emplace(std::pair(input.currency, input.offset), rate);
  }
  const auto amounts = [&](const std::vector<model::Field>& fields) {
    for (const model::Field& field : fields) {
      if (field.currency.is_none() || field.currency == policy_.header.currency) continue;
      for (std::int32_t offset = 0; offset <= last; ++offset)
        world.rates.emplace(std::pair(field.currency, offset), Number(1));
    }
  };
  for (const auto& events : policy_.events) amounts(events.fields);
  for (const auto& entity : policy_.entities) amounts(entity.fields);
}

/// One rate a week, so that every day has one that is recent enough.
std::optional<model::GivenTable> WorldMaker::rates_table(const World& world) const {
  if (!policy_.exchange || world.rates.empty()) return std::nullopt;
  const model::Exchange& exchange = *policy_.exchange;
  model::GivenTable given;
  given.table = exchange.table;
  given.columns = {exchange.day_column, exchange.currency_column, exchange.rate_column};
  for (const auto& [of, rate] : world.rates) {
    const value::Period period = shape_.period.shift(-of.second);
    for (value::Date day = period.start(); day < period.end(); day.days += 7) {
      given.rows.push_back({day, std::string(of.first.code()), rate});
      given.currencies.push_back({value::Currency(), value::Currency(), value::Currency()});
    }
  }
  return given;
}

void WorldMaker::make_entities(World& world, const std::vector<Number>& inputs) {
  const std::uint32_t entity = shape_.builder.entity().index;
  const model::Entity& of = policy_.entities[entity];
  if (entity == 0 || of.is_distinct()) {
    if (entity == 0) key_ = "company";
    return;
  }
  WorldRow row;
  for (std::uint32_t i = 0; i < of.fields.size(); ++i) {
    if (of.fields[i].computed.valid()) continue;
    set_default(row, of.fields[i], i, key_);
    if (of.fields[i].type.kind == Kind::entity && !of.fields[i].type.optional)
      row.fields[i] = reference(world, of.fields[i].type.index);
  }
  set_currencies(row, of.fields);
  for (const model::FieldId id : of.key) row.fields[id.index] = key_;
  for (const Input& input : shape_.graph.inputs) {
    const std::size_t index = static_cast<std::size_t>(&input - shape_.graph.inputs.data());
    if (index >= inputs.size()) continue;
    const Number& value = inputs[index];
    if (input.kind == Input::Kind::days && of.active_from.valid()) {
      const auto days = static_cast<std::int32_t>(value.to_int64().value_or(1));
      row.fields[of.active_from.index] = value::Date{shape_.period.end().days - days};
    }
    if (!input.path.refs.empty() || !input.path.field.valid()) continue;
    const std::uint32_t field = input.path.field.index;
    if (input.kind == Input::Kind::date)
      row.fields[field] = value::Date{static_cast<std::int32_t>(value.to_int64().value_or(0))};
    if (input.kind == Input::Kind::field) row.fields[field] = value;
    if (input.kind == Input::Kind::category) {
      const auto member = static_cast<std::size_t>(value.to_int64().value_or(0));
      const bool text = of.fields[field].type.kind == Kind::text;
      if (text)
        row.fields[field] = member < input.members.size() ? input.members[member] : Value(std::string("another"));
    }
    if (input.kind == Input::Kind::choice && value.is_zero()) row.fields.erase(field);  // `… is given` is false
  }
  world.entities[entity].insert(world.entities[entity].begin(), std::move(row));
}

std::vector<ExprId> WorldMaker::exclusions_of(model::EventsId events) const {
  std::vector<ExprId> result;
  for (const auto& exclusion : policy_.exclusions) {
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      if (exclusion.from[i] == events) result.push_back(exclusion.conditions[i]);
    }
  }
  return result;
}

std::size_t WorldMaker::rows_in(const World& world, model::EventsId id, std::int32_t offset) const {
  const auto found = world.events.find(id.index);
  if (found == world.events.end()) return 0;
  return static_cast<std::size_t>(std::count_if(found->second.begin(), found->second.end(),
                                                [&](const WorldRow& row) { return row.offset == offset; }));
}

/// The first row as large as it can be, so that it can be split; the others alike.
Number WorldMaker::uneven_share(model::SourceRef source, model::FieldId field, const Number& sum, std::int64_t rows,
                                std::int64_t row) const {
  const Interval range = shape_.builder.field_range(source, {{}, field});
  const Number grain = shape_.builder.grain(policy_.fields(source)[field.index]).value_or(Number(1));
  const Number others(rows - 1);
  Number first = sum - range.lower.value_or(Number(0)) * others;
  if (range.upper) first = value::min(first, *range.upper);
  // Not more than twice an even share, where that is enough.
  const Number even = (sum / Number(rows)).round_to(grain, value::Rounding::floor);
  first = value::min(first, value::max(even * Number(2), range.lower.value_or(Number(0)) * Number(2) + grain));
  if (row == 0) return first;
  const Number each = ((sum - first) / others).round_to(grain, value::Rounding::floor);
  return row + 1 < rows ? each : sum - first - each * (others - Number(1));
}

bool WorldMaker::add_rows(World& world, model::EventsId id, std::int32_t offset, const Part& part,
                          const Wanted& wanted) {
  const model::Events& events = policy_.events[id.index];
  const model::SourceRef source = model::SourceRef::of(id);
  if (part.rows > kMaximumRows) return false;
  Choices chosen;
  for (std::int64_t i = 0; i < part.rows; ++i) {
    WorldRow row;
    row.offset = offset;
    const std::string unique = "x" + std::to_string(next_);
    for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
      if (!events.fields[field].computed.valid()) set_default(row, events.fields[field], field, unique);
    }
    set_currencies(row, events.fields);
    std::map<std::uint32_t, Number> given;
    for (const auto& [field, sum] : part.totals) {
      const auto grain = shape_.builder.grain(events.fields[field]).value_or(Number(1));
      // Evenly, so that every row stays in its range; the last one takes what is not a whole multiple.
      Number share = (sum / Number(part.rows)).round_to(grain, value::Rounding::floor);
      const Number rest = sum - share * Number(part.rows);
      const Number larger = (rest / grain).floor();
      if (Number(i) < larger) share += grain;
      if (i + 1 == part.rows) share += rest - larger * grain;
      if (uneven_.contains(id.index) && !events.fields[field].type.optional && part.rows > 1)
        share = uneven_share(source, model::FieldId{field}, sum, part.rows, i);
      const bool absent = events.fields[field].type.optional && share.is_zero();
      if (!absent) row.fields[field] = share;
      given.emplace(field, share);
    }
    for (const model::FieldId key : events.key) {
      if (events.fields[key.index].type.kind == Kind::text) row.fields[key.index] = unique;
      if (events.fields[key.index].type.kind == Kind::number)
        row.fields[key.index] = Number(static_cast<std::int64_t>(next_));
    }
    for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
      const model::Field& of = events.fields[field];
      if (of.computed.valid()) continue;
      if (of.type.kind == Kind::entity) row.fields[field] = reference(world, of.type.index);
    }
    // Where the day is the key, one row a day.
    const std::size_t place = has_day_as_key(events) ? rows_in(world, id, offset) : next_;
    row.fields[events.time.index] = wanted.outside ? before_period(offset, events)
                                                   : time_of(offset, place, events.fields[events.time.index].type.kind);
    if (wanted.outside) row.offset = offset + 1;
    ++next_;
    auto made = fit_row(source, std::move(row), wanted, given, chosen);
    if (!made) return false;
    world.events[id.index].push_back(std::move(*made));
  }
  return true;
}

/// What is neither a sum nor a count: the amount of the last day, the number of different values.
void WorldMaker::make_values(World& world, model::EventsId events, std::int32_t offset,
                             const std::vector<Number>& inputs,
                             const std::vector<std::pair<std::size_t, std::uint32_t>>& passes) const {
  const Graph& graph = shape_.graph;
  const Filters filters = filters_of(events, offset, inputs.size());
  auto& rows = world.events[events.index];
  const model::Events& of = policy_.events[events.index];
  for (std::uint32_t index = 0; index < inputs.size(); ++index) {
    const Input& input = graph.inputs[index];
    if (input.made == Input::Made::no || input.made == Input::Made::by_others || input.offset != offset) continue;
    const auto place = std::find(filters.filtered.begin(), filters.filtered.end(), input.group);
    if (place == filters.filtered.end() && filters.whole != input.group) continue;
    const auto bit = static_cast<std::uint32_t>(place - filters.filtered.begin());
    const std::uint32_t field = input.path.field.index;
    std::vector<std::size_t> inside;
    for (const auto& [row, mask] : passes) {
      const bool outside = rows[row].offset != offset;
      if (place == filters.filtered.end() ? !outside : ((mask >> bit) & 1U) != 0) inside.push_back(row);
    }
    if (inside.empty()) continue;
    if (input.made == Input::Made::computed) {
      make_sum(rows, inside, input, inputs[index]);
    } else if (input.made == Input::Made::latest) {
      const auto latest = *std::max_element(inside.begin(), inside.end(), [&](std::size_t a, std::size_t b) {
        return value::compare(rows[a].fields.at(of.time.index), rows[b].fields.at(of.time.index)) < 0;
      });
      for (const std::size_t row : inside) rows[row].fields[field] = row == latest ? inputs[index] : Number(0);
    } else if (input.made == Input::Made::level) {
      for (const std::size_t row : inside) rows[row].fields[field] = inputs[index];
    } else if (of.fields[field].type.kind == Kind::text) {
      const auto different = static_cast<std::size_t>(inputs[index].to_int64().value_or(0));
      if (different == 0 || different >= inside.size()) continue;
      for (std::size_t i = different; i < inside.size(); ++i)
        rows[inside[i]].fields[field] = rows[inside[i % different]].fields[field];
    }
  }
}

std::optional<World> WorldMaker::make(const std::vector<Number>& inputs, const AttackGraph* attack) {
  World world;
  next_ = 1;
  make_entities(world, inputs);
  const Graph& graph = shape_.graph;
  std::vector<Number> values;
  if (attack != nullptr) {
    std::vector<NodeId> roots;
    for (const auto& step : attack->steps) {
      roots.push_back(step.count);
      for (const auto& [field, total] : step.totals) roots.push_back(total);
    }
    for (const auto& [from, to] : attack->moved.front()) roots.push_back(to);
    graph.evaluate(graph.cone(roots), inputs, values);
  }
  uneven_.clear();
  for (const auto& step : attack != nullptr ? attack->steps : std::vector<AttackGraph::Step>{}) {
    if (step.kind == model::Attack::Form::Kind::splits) uneven_.insert(step.events.index);
  }
  std::int32_t last = attack != nullptr ? attack->periods - 1 : 0;
  for (const Group& group : graph.groups) last = std::max(last, group.offset);
  set_rates(world, last, inputs);
  for (std::uint32_t id = 0; id < policy_.events.size(); ++id) {
    const model::EventsId events{id};
    for (std::int32_t offset = last; offset >= 0; --offset) {
      const Filters filters = filters_of(events, offset, inputs.size());
      auto parts = parts_of(events, offset, inputs);
      if (!parts) return std::nullopt;
      // Rows that the attack takes, moves or changes come out of the others, and stand last.
      std::optional<Part> apart;
      for (const auto& step : attack != nullptr ? attack->steps : std::vector<AttackGraph::Step>{}) {
        using Form = model::Attack::Form;
        const std::int32_t from = attack->periods - 1 - (step.earlier ? 1 : 0);
        const bool takes = step.kind == Form::Kind::changes || step.kind == Form::Kind::moves;
        if (!takes || step.events != events || offset != from) continue;
        apart = take_apart(*parts, step, *attack, inputs, values);
        if (!apart) return std::nullopt;
      }
      if (apart) parts->push_back(std::move(*apart));
      std::vector<std::pair<std::size_t, std::uint32_t>> passes;
      for (const Part& part : *parts) {
        const std::size_t first = world.events[id].size();
        if (!add_rows(world, events, offset, part, wanted(events, offset, filters.filtered, part.passes)))
          return std::nullopt;
        for (std::size_t row = first; row < world.events[id].size(); ++row) passes.push_back({row, part.passes});
      }
      make_values(world, events, offset, inputs, passes);
    }
  }
  return world;
}

}  // namespace kpi::prove
