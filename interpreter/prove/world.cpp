#include "interpreter/prove/world.hpp"

#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::prove {

using value::Kind;
using value::Value;

namespace {

constexpr std::int64_t kMaximumRows = 4'000;
constexpr std::size_t kMaximumCombinations = 400;

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

std::optional<WorldRow> WorldMaker::fitting(model::SourceRef source, WorldRow row, const std::vector<ExprId>& holds,
                                            const std::vector<ExprId>& fails,
                                            const std::map<std::uint32_t, Number>& given) {
  const auto& fields = policy_.fields(source);
  // What must hold and must not, piece by piece, so that each piece that is mended counts.
  std::vector<ExprId> must, must_not;
  for (const ExprId condition : holds) {
    const auto parts = operands_of(policy_, condition, value::BinaryOp::logical_and);
    must.insert(must.end(), parts.begin(), parts.end());
  }
  for (const ExprId condition : fails) {
    const auto parts = operands_of(policy_, condition, value::BinaryOp::logical_or);
    must_not.insert(must_not.end(), parts.begin(), parts.end());
  }
  // Pieces that are certainly not as they should be.
  const auto broken = [&](const WorldRow& candidate) {
    const auto is = [&](ExprId condition, bool wanted) {
      const Value value = evaluate_row(policy_, condition, candidate, source);
      return value.has_value() && value.boolean() == wanted;
    };
    return std::count_if(must.begin(), must.end(), [&](ExprId condition) { return is(condition, false); }) +
           std::count_if(must_not.begin(), must_not.end(), [&](ExprId condition) { return is(condition, true); });
  };
  const auto fits = [&](const WorldRow& candidate) { return broken(candidate) == 0; };
  if (fits(row)) return row;
  const std::uint32_t time = source.is_events() ? policy_.events[source.index].time.index : 0xFFFF'FFFF;
  const auto own = row.fields.find(time);
  const value::Instant own_time = own != row.fields.end() && own->second.is<value::Instant>()
                                      ? own->second.as<value::Instant>()
                                      : time_of(row.offset, 0, Kind::datetime).as<value::Instant>();
  const value::Date own_day = own != row.fields.end() && own->second.is<value::Date>()
                                  ? own->second.as<value::Date>()
                                  : policy_.header.timezone->local_date(own_time);
  // Values that the conditions compare a field with, and values beside them.
  std::map<std::uint32_t, std::vector<Value>> candidates;
  std::vector<ExprId> conditions = holds;
  conditions.insert(conditions.end(), fails.begin(), fails.end());
  for (const ExprId condition : conditions) {
    std::vector<std::uint32_t> read;
    std::vector<Value> constants;
    model::walk(policy_, condition, [&](ExprId, const model::Expr& expr) {
      if (const auto* field = std::get_if<model::RowField>(&expr.node)) {
        if (field->depth == 0 && field->path.refs.empty()) read.push_back(field->path.field.index);
      }
      if (const auto* constant = std::get_if<model::Constant>(&expr.node)) constants.push_back(constant->value);
      if (const auto* param = std::get_if<model::ParamRef>(&expr.node))
        constants.push_back(policy_.params[param->param.index].value);
    });
    for (const std::uint32_t field : read) {
      if (given.contains(field) || fields[field].computed.valid() || fields[field].key || field == time) continue;
      auto& list = candidates[field];
      for (const Value& value : constants) {
        const bool text = fields[field].type.kind == Kind::text && value.is<std::string>();
        const bool number = fields[field].type.kind == Kind::number && value.is<Number>();
        if (text) list.push_back(value);
        if (text) list.push_back(value.text() + "1");
        if (number) {
          const Number grain = shape_.builder.grain(fields[field]).value_or(Number(1));
          list.insert(list.end(), {value, value.number() + grain, value.number() - grain});
          if (grain != Number(1)) list.insert(list.end(), {value.number() + Number(1), value.number() - Number(1)});
        }
        // A time that decides nothing yet: some time before or after the row's own.
        if (fields[field].type.kind == Kind::datetime && value.is<Number>() &&
            value.number().abs() < Number(366 * 86'400) && value.number().is_integer()) {
          for (const std::int64_t more : {0, 1, -1}) {
            const std::int64_t seconds = *value.number().to_int64() + more;
            list.push_back(value::Instant{own_time.micros + seconds * value::kMicrosPerSecond});
          }
        }
      }
      // A field that may be absent, and conditions that say whether it is.
      if (fields[field].type.kind == Kind::datetime) list.push_back(own_time);
      if (fields[field].type.kind == Kind::date) {
        for (const std::int32_t more : {0, 1, -1}) list.push_back(value::Date{own_day.days + more});
      }
      if (fields[field].type.kind == Kind::text)  // like nothing that a condition names
        list.push_back("t" + std::to_string(next_));
      if (fields[field].type.optional && row.fields.contains(field)) list.push_back(Value());
      if (fields[field].type.kind == Kind::boolean) list.insert(list.end(), {true, false});
    }
  }
  // One change after the other, each the one that mends most conditions: most of them look at one field.
  const auto changed = [](WorldRow candidate, std::uint32_t field, const Value& value) {
    if (value.has_value())
      candidate.fields[field] = value;
    else
      candidate.fields.erase(field);
    return candidate;
  };
  WorldRow best = row;
  for (auto left = broken(best); left > 0;) {
    auto least = left;
    WorldRow better;
    for (const auto& [field, values] : candidates) {
      for (const Value& value : values) {
        WorldRow next = changed(best, field, value);
        const auto count = broken(next);
        if (count >= least) continue;
        least = count;
        better = std::move(next);
      }
    }
    if (least == left) break;
    best = std::move(better);
    left = least;
    if (left == 0) return best;
  }
  std::vector<WorldRow> open{best};
  for (const auto& [field, values] : candidates) {
    const std::size_t count = open.size();
    for (std::size_t i = 0; i < count && open.size() < kMaximumCombinations; ++i) {
      for (const Value& value : values) {
        WorldRow next = changed(open[i], field, value);
        if (fits(next)) return next;
        open.push_back(std::move(next));
      }
    }
  }
  return std::nullopt;
}

bool WorldMaker::add_rows(World& world, model::EventsId id, std::int32_t offset, const Part& part,
                          const std::vector<ExprId>& holds, const std::vector<ExprId>& fails) {
  const model::Events& events = policy_.events[id.index];
  const model::SourceRef source = model::SourceRef::of(id);
  if (part.rows > kMaximumRows) return false;
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
    row.fields[events.time.index] = time_of(offset, next_, events.fields[events.time.index].type.kind);
    ++next_;
    auto made = fitting(source, std::move(row), holds, fails, given);
    if (!made) return false;
    world.events[id.index].push_back(std::move(*made));
  }
  return true;
}

/// The rows of the unfiltered group without those of its filtered parts, then each filtered part.
std::optional<std::vector<WorldMaker::Part>> WorldMaker::parts_of(model::EventsId events, std::int32_t offset,
                                                                  const std::vector<Number>& inputs) {
  const Graph& graph = shape_.graph;
  std::vector<Part> parts;
  std::optional<std::size_t> whole;
  for (std::uint32_t index = 0; index < graph.groups.size(); ++index) {
    const Group& group = graph.groups[index];
    if (!(group.source == model::SourceRef::of(events)) || group.offset != offset || group.history) continue;
    if (group.at.valid() || group.rows_input >= inputs.size()) continue;
    Part part;
    part.group = index;
    part.rows = inputs[group.rows_input].to_int64().value_or(-1);
    if (part.rows < 0) return std::nullopt;
    for (std::uint32_t i = 0; i < inputs.size(); ++i) {
      const Input& input = graph.inputs[i];
      if (input.kind != Input::Kind::total || input.group != index || !input.path.refs.empty() ||
          !input.path.field.valid())
        continue;
      part.totals[input.path.field.index] = inputs[i];
    }
    if (group.filter_text.empty() && !whole) whole = parts.size();
    parts.push_back(std::move(part));
  }
  if (!whole) return parts;
  Part rest = parts[*whole];
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == *whole || graph.groups[parts[i].group].filter_text.empty()) continue;
    rest.rows -= parts[i].rows;
    for (auto& [field, sum] : rest.totals) {
      if (const auto found = parts[i].totals.find(field); found != parts[i].totals.end()) {
        sum -= found->second;
      } else if (parts[i].rows > 0) {
        // The filtered rows need some of it; none is as good as any.
        parts[i].totals[field] = Number(0);
      }
    }
  }
  if (rest.rows < 0) return std::nullopt;
  for (const auto& [field, sum] : rest.totals) {
    if (rest.rows == 0 && !sum.is_zero()) return std::nullopt;
  }
  parts[*whole] = rest;
  return parts;
}

/// The rows of one source and period. `values` are those of the attack's steps.
bool WorldMaker::add_parts(World& world, model::EventsId events, std::int32_t offset, const std::vector<Number>& inputs,
                           const AttackGraph* attack, const std::vector<Number>& values) {
  const Graph& graph = shape_.graph;
  auto parts = parts_of(events, offset, inputs);
  if (!parts) return false;
  std::vector<ExprId> filters;
  for (const Part& part : *parts) {
    if (graph.groups[part.group].filter.valid()) filters.push_back(graph.groups[part.group].filter);
  }
  // Rows that the attack takes, moves or changes come out of the rest, and stand last.
  std::optional<Part> apart;
  for (const auto& step : attack != nullptr ? attack->steps : std::vector<AttackGraph::Step>{}) {
    using Form = model::Attack::Form;
    const std::int32_t from = attack->periods - 1 - (step.earlier ? 1 : 0);
    const bool takes = step.kind == Form::Kind::changes || step.kind == Form::Kind::moves;
    if (!takes || step.events != events || offset != from || parts->empty()) continue;
    Part& source = parts->front();
    apart = Part{source.group, values[step.count].to_int64().value_or(0), {}, true};
    source.rows -= apart->rows;
    if (source.rows < 0) return false;
    for (const auto& [field, total] : step.totals) {
      apart->totals[field] = values[total];
      if (const auto found = source.totals.find(field); found != source.totals.end()) found->second -= values[total];
    }
    for (const auto& [field, sum] : source.totals) {
      if (source.rows == 0 && !sum.is_zero()) return false;
    }
  }
  std::vector<ExprId> never = exclusions_of(events);
  for (const Part& part : *parts) {
    std::vector<ExprId> holds, fails = never;
    const ExprId filter = graph.groups[part.group].filter;
    if (policy_.events[events.index].where.valid()) holds.push_back(policy_.events[events.index].where);
    if (filter.valid()) holds.push_back(filter);
    for (const ExprId other : filters) {
      if (!filter.valid() || model::exact_text(policy_, other) != model::exact_text(policy_, filter))
        fails.push_back(other);
    }
    if (!add_rows(world, events, offset, part, holds, fails)) return false;
  }
  if (apart) {
    std::vector<ExprId> holds;
    if (policy_.events[events.index].where.valid()) holds.push_back(policy_.events[events.index].where);
    std::vector<ExprId> fails = never;
    fails.insert(fails.end(), filters.begin(), filters.end());
    if (!add_rows(world, events, offset, *apart, holds, fails)) return false;
  }
  return true;
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
    graph.evaluate(graph.cone(roots), inputs, values);
  }
  std::int32_t last = attack != nullptr ? attack->periods - 1 : 0;
  for (const Group& group : graph.groups) last = std::max(last, group.offset);
  set_rates(world, last, inputs);
  for (std::uint32_t id = 0; id < policy_.events.size(); ++id) {
    const model::EventsId events{id};
    for (std::int32_t offset = last; offset >= 0; --offset) {
      const std::vector<WorldRow> before = world.events[id];
      if (add_parts(world, events, offset, inputs, attack, values)) continue;
      world.events[id] = before;
      if (attack != nullptr || !add_overlapping(world, events, offset, inputs)) return std::nullopt;
    }
  }
  return world;
}

}  // namespace kpi::prove
