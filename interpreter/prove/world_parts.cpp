// Rows behind counts and sums: which filters each of them passes, what it holds of every sum, and texts, times and
// truths that make it pass them.
#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using value::Kind;
using value::Value;

namespace {

constexpr std::size_t kMaximumCombinations = 3'000;
constexpr std::size_t kMaximumFilters = 6;
constexpr std::size_t kMaximumTries = 20'000;
constexpr std::int64_t kDay = 86'400;
/// Of a mask of filters: the row is counted by another time than its own, which lies before the period.
constexpr std::uint32_t kOutside = 1U << 31;

/// Numbers of rows for each way to pass the filters, so that each filter has its number. Tries large numbers first, so
/// that few kinds of rows are needed.
class Division {
 public:
  /// Masks with the bit kOutside are of rows whose own time lies before the period: they do not count among all.
  Division(const std::vector<std::uint32_t>& masks_, std::vector<std::int64_t> left_, std::optional<std::int64_t> all_)
      : masks(masks_), left(std::move(left_)), all(all_), rows(masks_.size()) {}

  std::optional<std::vector<std::int64_t>> find() {
    if (!next(0)) return std::nullopt;
    return rows;
  }

 private:
  bool next(std::size_t at) {
    if (++tries > kMaximumTries) return false;
    if (at == masks.size()) {
      return (!all || *all == 0) && std::all_of(left.begin(), left.end(), [](std::int64_t n) { return n == 0; });
    }
    const std::uint32_t mask = masks[at];
    const bool outside = mask & kOutside;
    std::optional<std::int64_t> most = outside ? std::nullopt : all;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if ((mask >> i) & 1U) most = most ? std::min(*most, left[i]) : left[i];
    }
    const std::int64_t limit = most.value_or(0);
    std::vector<std::int64_t> wanted{limit, 0};
    // As many as must pass two filters at once, and as many as are left over by one.
    for (std::size_t i = 0; i < left.size(); ++i) {
      for (std::size_t j = 0; j < i && all; ++j) wanted.push_back(left[i] + left[j] - *all);
      if (all) wanted.push_back(*all - left[i]);
      for (std::size_t j = 0; j < left.size(); ++j) {
        if (i != j) wanted.push_back(left[i] - left[j]);
      }
    }
    wanted.push_back(1);
    std::vector<std::int64_t> tried;
    for (const std::int64_t count : wanted) {
      if (count < 0 || count > limit || std::find(tried.begin(), tried.end(), count) != tried.end()) continue;
      tried.push_back(count);
      take(mask, count);
      rows[at] = count;
      if (next(at + 1)) return true;
      take(mask, -count);
    }
    rows[at] = 0;
    return false;
  }

  void take(std::uint32_t mask, std::int64_t count) {
    for (std::size_t i = 0; i < left.size(); ++i) {
      if ((mask >> i) & 1U) left[i] -= count;
    }
    if (all && !(mask & kOutside)) *all -= count;
  }

  const std::vector<std::uint32_t>& masks;
  std::vector<std::int64_t> left;
  std::optional<std::int64_t> all;
  std::vector<std::int64_t> rows;
  std::size_t tries = 0;
};

int bits(std::uint32_t mask) {
  int count = 0;
  for (; mask != 0; mask &= mask - 1) ++count;
  return count;
}

}  // namespace

bool WorldMaker::in_period(const Value& at, std::int32_t offset) const {
  const value::Period period = shape_.period.shift(-offset);
  value::Date day;
  if (at.is<value::Date>()) {
    day = at.as<value::Date>();
  } else if (at.is<value::Instant>()) {
    const std::int64_t local = policy_.header.timezone->to_local_micros(at.as<value::Instant>());
    day.days = static_cast<std::int32_t>(local / (kDay * value::kMicrosPerSecond));
  } else {
    return false;
  }
  return period.start().days <= day.days && day.days < period.end().days;
}

/// Midday of the last day before the period.
Value WorldMaker::before_period(std::int32_t offset, const model::Events& events) const {
  const auto days = static_cast<std::size_t>(shape_.period.shift(-offset - 1).days());
  return time_of(offset + 1, days - 1, events.fields[events.time.index].type.kind);
}

/// The key is the day (and who it belongs to): one row a day.
bool WorldMaker::has_day_as_key(const model::Events& events) const {
  return events.fields[events.time.index].type.kind == Kind::date &&
         std::find(events.key.begin(), events.key.end(), events.time) != events.key.end();
}

// ---- one row -------------------------------------------------------------------------------------------------------

std::vector<WorldMaker::Choice> WorldMaker::candidates(const model::Field& field, const Value& now,
                                                       const std::vector<Value>& constants) const {
  std::vector<Choice> result{{now, false, 0}};
  if (field.type.optional && now.has_value()) result.push_back({});
  const auto say = [&](Value value) { result.push_back({std::move(value), false, 0}); };
  const auto away = [&](std::int64_t seconds) { result.push_back({{}, true, seconds}); };
  switch (field.type.kind) {
    case Kind::text:
      say("t" + std::to_string(next_));  // like nothing that a condition names
      for (const Value& value : constants) {
        if (!value.is<std::string>()) continue;
        say(value);
        say(value.text() + "1");
      }
      break;
    case Kind::boolean:
      say(false);
      say(true);
      break;
    case Kind::number:
      if (field.type.optional && constants.empty()) say(Number(1));
      for (const Value& value : constants) {
        if (!value.is<Number>()) continue;
        say(value);
        say(value.number() + Number(1));
        say(value.number() - Number(1));
        const Number grain = shape_.builder.grain(field).value_or(Number(1));
        if (grain == Number(1)) continue;
        say(value.number() + grain);
        say(value.number() - grain);
      }
      break;
    case Kind::date:
    case Kind::datetime: {
      const bool days = field.type.kind == Kind::date;
      for (const std::int64_t seconds : {std::int64_t{0}, kDay, -kDay}) away(seconds);
      for (const Value& value : constants) {
        if (!value.is<Number>()) continue;
        const auto length = value.number().to_int64();
        if (!length || *length < 0 || *length > 4'000 * kDay) continue;
        const std::int64_t step = days ? kDay : 1;
        for (const std::int64_t seconds : {*length, *length + step, *length - step, -*length, -*length - step})
          away(seconds);
      }
      break;
    }
    default:
      break;
  }
  return result;
}

Value WorldMaker::applied(const Choice& choice, const WorldRow& row, model::SourceRef source, Kind kind) const {
  if (!choice.relative) return choice.value;
  const std::uint32_t time = source.is_events() ? policy_.events[source.index].time.index : 0;
  const auto found = row.fields.find(time);
  if (found == row.fields.end()) return {};
  const Value& at = found->second;
  const std::int64_t days = choice.seconds >= 0 ? choice.seconds / kDay : -((-choice.seconds + kDay - 1) / kDay);
  if (kind == Kind::date) {
    value::Date day = shape_.period.start();
    if (at.is<value::Date>()) day = at.as<value::Date>();
    if (at.is<value::Instant>()) {
      const std::int64_t local = policy_.header.timezone->to_local_micros(at.as<value::Instant>());
      day.days = static_cast<std::int32_t>(local / (kDay * value::kMicrosPerSecond));
    }
    return value::Date{day.days + static_cast<std::int32_t>(days)};
  }
  if (at.is<value::Instant>())
    return value::Instant{at.as<value::Instant>().micros + choice.seconds * value::kMicrosPerSecond};
  if (at.is<value::Date>()) {
    const std::int64_t local =
        (static_cast<std::int64_t>(at.as<value::Date>().days) * kDay + 12 * 3'600) + choice.seconds;
    return policy_.header.timezone->to_instant_or_jump(local * value::kMicrosPerSecond);
  }
  return {};
}

/// The row with texts, truths, times and free numbers chosen so that some conditions hold and others do not.
std::optional<WorldRow> WorldMaker::fit_row(model::SourceRef source, WorldRow row, const Wanted& wanted,
                                            const std::map<std::uint32_t, Number>& given, Choices& chosen) {
  const auto& fields = policy_.fields(source);
  // What must hold and must not, piece by piece, so that each piece that is mended counts.
  std::vector<ExprId> must, must_not;
  for (const ExprId condition : wanted.holds) {
    const auto parts = operands_of(policy_, condition, value::BinaryOp::logical_and);
    must.insert(must.end(), parts.begin(), parts.end());
  }
  for (const ExprId condition : wanted.fails) {
    const auto parts = operands_of(policy_, condition, value::BinaryOp::logical_or);
    must_not.insert(must_not.end(), parts.begin(), parts.end());
  }
  // Pieces that are certainly not as they should be. What needs other rows has no value here: the replay decides.
  const auto broken = [&](const WorldRow& candidate) {
    const auto is = [&](ExprId condition, bool truth) {
      const Value value = evaluate_row(policy_, condition, candidate, source);
      return value.has_value() && value.boolean() == truth;
    };
    const auto is_elsewhere = [&](const std::pair<const std::uint32_t, bool>& time) {
      const auto found = candidate.fields.find(time.first);
      return (found != candidate.fields.end() && in_period(found->second, wanted.offset)) != time.second;
    };
    return std::count_if(wanted.times.begin(), wanted.times.end(), is_elsewhere) +
           std::count_if(must.begin(), must.end(), [&](ExprId condition) { return is(condition, false); }) +
           std::count_if(must_not.begin(), must_not.end(), [&](ExprId condition) { return is(condition, true); });
  };
  const auto fits = [&](const WorldRow& candidate) { return broken(candidate) == 0; };
  const auto set = [&](WorldRow& of, std::uint32_t field, const Choice& choice) {
    Value value = applied(choice, of, source, fields[field].type.kind);
    if (value.has_value())
      of.fields[field] = std::move(value);
    else if (fields[field].type.optional)
      of.fields.erase(field);
  };
  if (fits(row)) return row;
  // As the row before it.
  if (!chosen.empty()) {
    WorldRow same = row;
    for (const auto& [field, choice] : chosen) set(same, field, choice);
    if (fits(same)) return same;
  }
  std::vector<ExprId> conditions = wanted.holds;
  conditions.insert(conditions.end(), wanted.fails.begin(), wanted.fails.end());
  std::map<std::uint32_t, std::vector<Choice>> open;
  for (const auto& [field, inside] : wanted.times) {
    const auto now = row.fields.find(field);
    open[field] = candidates(fields[field], now == row.fields.end() ? Value() : now->second, {});
    if (inside) continue;
    for (const std::int64_t away : {-45 * kDay, 45 * kDay}) open[field].push_back({{}, true, away});
  }
  const std::uint32_t time = source.is_events() ? policy_.events[source.index].time.index : ~0U;
  for (const ExprId condition : conditions) {
    std::vector<std::uint32_t> read;
    std::vector<Value> constants;
    model::walk(policy_, condition, [&](ExprId, const model::Expr& expr) {
      if (const auto* field = std::get_if<model::RowField>(&expr.node)) {
        if (field->depth != 0 || !field->path.refs.empty() || !field->path.field.valid()) return;
        read.push_back(field->path.field.index);
        const model::Field& of = fields[field->path.field.index];
        if (!of.computed.valid()) return;
        read.pop_back();
        model::walk(policy_, of.computed, [&](ExprId, const model::Expr& inner) {
          const auto* part = std::get_if<model::RowField>(&inner.node);
          if (part != nullptr && part->path.refs.empty() && part->path.field.valid())
            read.push_back(part->path.field.index);
          if (const auto* constant = std::get_if<model::Constant>(&inner.node)) constants.push_back(constant->value);
        });
      }
      if (const auto* constant = std::get_if<model::Constant>(&expr.node)) constants.push_back(constant->value);
      if (const auto* param = std::get_if<model::ParamRef>(&expr.node))
        constants.push_back(policy_.params[param->param.index].value);
    });
    for (const std::uint32_t field : read) {
      if (given.contains(field) || fields[field].computed.valid() || fields[field].key || field == time) continue;
      const auto now = row.fields.find(field);
      auto& list = open[field];
      for (auto& choice : candidates(fields[field], now == row.fields.end() ? Value() : now->second, constants)) {
        const bool known = std::any_of(list.begin(), list.end(), [&](const Choice& other) {
          return other.relative == choice.relative && other.seconds == choice.seconds && other.value == choice.value;
        });
        if (!known) list.push_back(std::move(choice));
      }
    }
  }
  if (open.empty()) return std::nullopt;
  // One change after the other, each the one that mends most conditions: most of them look at one field.
  WorldRow best = row;
  Choices made;
  for (auto left = broken(best); left > 0;) {
    auto least = left;
    WorldRow better;
    std::pair<std::uint32_t, const Choice*> by;
    for (const auto& [field, list] : open) {
      for (const Choice& choice : list) {
        WorldRow next = best;
        set(next, field, choice);
        const auto count = broken(next);
        if (count >= least) continue;
        least = count;
        better = std::move(next);
        by = {field, &choice};
      }
    }
    if (least == left) break;
    best = std::move(better);
    made.insert_or_assign(by.first, *by.second);
    left = least;
    if (left > 0) continue;
    chosen = std::move(made);
    return best;
  }
  // All combinations, the last field fastest.
  std::vector<std::size_t> at(open.size());
  for (std::size_t tries = 0; tries < kMaximumCombinations; ++tries) {
    WorldRow next = row;
    std::size_t place = 0;
    for (const auto& [field, list] : open) set(next, field, list[at[place++]]);
    if (fits(next)) {
      place = 0;
      chosen.clear();
      for (const auto& [field, list] : open) {
        const std::size_t which = at[place++];
        if (which > 0) chosen.emplace(field, list[which]);
      }
      return next;
    }
    std::size_t digit = 0;
    auto list = open.begin();
    while (digit < at.size() && ++at[digit] == list->second.size()) at[digit++] = 0, ++list;
    if (digit == at.size()) break;
  }
  return std::nullopt;
}

// ---- all rows ------------------------------------------------------------------------------------------------------

WorldMaker::Filters WorldMaker::filters_of(model::EventsId events, std::int32_t offset, std::size_t inputs) const {
  const Graph& graph = shape_.graph;
  Filters result;
  for (std::uint32_t index = 0; index < graph.groups.size(); ++index) {
    const Group& group = graph.groups[index];
    if (!(group.source == model::SourceRef::of(events)) || group.offset != offset || group.history) continue;
    if (group.rows_input >= inputs) continue;
    if (!group.filter_text.empty() || group.at.valid())
      result.filtered.push_back(index);
    else if (!result.whole)
      result.whole = index;
  }
  return result;
}

WorldMaker::Wanted WorldMaker::wanted(model::EventsId id, std::int32_t offset,
                                      const std::vector<std::uint32_t>& filtered, std::uint32_t mask) const {
  Wanted result;
  result.fails = exclusions_of(id);
  result.offset = offset;
  if (policy_.events[id.index].where.valid()) result.holds.push_back(policy_.events[id.index].where);
  result.outside = mask & kOutside;
  for (std::size_t i = 0; i < filtered.size(); ++i) {
    const Group& group = shape_.graph.groups[filtered[i]];
    const bool passes = (mask >> i) & 1U;
    if (group.filter.valid() && (passes || !group.at.valid()))
      (passes ? result.holds : result.fails).push_back(group.filter);
    if (!group.at.valid()) continue;
    // In the group: the other time lies in the period and the filter holds. Rows outside leave the time out, unless
    // another group of the same time needs it.
    auto [time, added] = result.times.emplace(group.at.index, passes);
    if (!added && passes) time->second = true;
  }
  for (std::size_t i = 0; i < filtered.size(); ++i) {
    const Group& group = shape_.graph.groups[filtered[i]];
    const bool passes = (mask >> i) & 1U;
    if (!group.at.valid() || passes || !result.times.at(group.at.index)) continue;
    // The time lies in the period for another group: then it is the filter that keeps the row out.
    if (group.filter.valid())
      result.fails.push_back(group.filter);
    else
      result.times.at(group.at.index) = false;
  }
  return result;
}

/// Whether some row passes exactly these filters.
bool WorldMaker::can_pass(model::EventsId id, const Filters& filters, std::int32_t offset, std::uint32_t mask,
                          const std::map<std::uint32_t, Value>& fixed) {
  const model::Events& events = policy_.events[id.index];
  WorldRow row;
  for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
    if (!events.fields[field].computed.valid()) set_default(row, events.fields[field], field, "x");
  }
  const bool outside = mask & kOutside;
  row.fields[events.time.index] =
      outside ? before_period(offset, events) : time_of(offset, 14, events.fields[events.time.index].type.kind);
  std::map<std::uint32_t, Number> given;
  for (const auto& [field, value] : fixed) {
    if (value.has_value())
      row.fields[field] = value;
    else
      row.fields.erase(field);
    given.emplace(field, Number(0));
  }
  Choices chosen;
  return fit_row(model::SourceRef::of(id), std::move(row), wanted(id, offset, filters.filtered, mask), given, chosen)
      .has_value();
}

/// All of these filters ask for another time, and nothing is read of the period before, in which such rows lie.
bool WorldMaker::counts_elsewhere(model::EventsId events, const Filters& filters, std::int32_t offset,
                                  std::uint32_t mask) const {
  const auto& groups = shape_.graph.groups;
  for (std::size_t i = 0; i < filters.filtered.size(); ++i) {
    if (((mask >> i) & 1U) && !groups[filters.filtered[i]].at.valid()) return false;
  }
  return std::none_of(groups.begin(), groups.end(), [&](const Group& group) {
    return group.source == model::SourceRef::of(events) && (group.offset > offset || group.history);
  });
}

std::optional<std::vector<WorldMaker::Part>> WorldMaker::parts_of(model::EventsId events, std::int32_t offset,
                                                                  const std::vector<Number>& inputs) {
  const Graph& graph = shape_.graph;
  const Filters filters = filters_of(events, offset, inputs.size());
  std::vector<Part> parts;
  if (!filters.whole && filters.filtered.empty()) return parts;
  if (filters.filtered.size() > kMaximumFilters) return std::nullopt;
  std::vector<std::int64_t> wanted;
  for (const std::uint32_t group : filters.filtered)
    wanted.push_back(inputs[graph.groups[group].rows_input].to_int64().value_or(-1));
  std::optional<std::int64_t> all;
  if (filters.whole) all = inputs[graph.groups[*filters.whole].rows_input].to_int64().value_or(-1);
  if ((all && *all < 0) || std::any_of(wanted.begin(), wanted.end(), [](std::int64_t n) { return n < 0; }))
    return std::nullopt;
  std::vector<std::uint32_t> masks;
  for (std::uint32_t mask = 0; mask < (1U << filters.filtered.size()); ++mask) {
    const bool without = std::any_of(wanted.begin(), wanted.end(),
                                     [&, i = 0U](std::int64_t n) mutable { return ((mask >> i++) & 1U) && n == 0; });
    if (without) continue;
    if (mask != 0 && counts_elsewhere(events, filters, offset, mask) &&
        can_pass(events, filters, offset, mask | kOutside))
      masks.push_back(mask | kOutside);
    if (mask == 0 && !all) continue;
    if (filters.filtered.empty() || can_pass(events, filters, offset, mask)) masks.push_back(mask);
  }
  std::stable_sort(masks.begin(), masks.end(), [](std::uint32_t a, std::uint32_t b) {
    const bool a_outside = a & kOutside, b_outside = b & kOutside;
    return a_outside != b_outside ? b_outside : bits(a) > bits(b);
  });
  const auto rows = Division(masks, wanted, all).find();
  if (!rows) return std::nullopt;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if ((*rows)[i] == 0) continue;
    Part part;
    part.rows = (*rows)[i];
    part.passes = masks[i];
    parts.push_back(std::move(part));
  }
  if (!share_totals(events, filters, inputs, offset, parts)) return std::nullopt;
  return parts;
}

/// Every sum over its rows, the sums of few rows first; what several kinds of rows share is shared evenly.
bool WorldMaker::share_totals(model::EventsId events, const Filters& filters, const std::vector<Number>& inputs,
                              std::int32_t offset, std::vector<Part>& parts) {
  const Graph& graph = shape_.graph;
  struct Sum {
    std::uint32_t field;
    Number total;
    std::vector<std::size_t> parts;
    bool negative;  // rows may be
  };
  std::vector<Sum> sums;
  for (std::uint32_t index = 0; index < inputs.size(); ++index) {
    const Input& input = graph.inputs[index];
    if (input.kind != Input::Kind::total || !input.path.refs.empty() || !input.path.field.valid()) continue;
    const auto place = std::find(filters.filtered.begin(), filters.filtered.end(), input.group);
    if (place == filters.filtered.end() && filters.whole != input.group) continue;
    Sum sum{input.path.field.index, inputs[index], {}, !input.per_row.lower || input.per_row.lower->sign() < 0};
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const auto bit = static_cast<std::uint32_t>(place - filters.filtered.begin());
      const bool outside = parts[part].passes & kOutside;
      if (place == filters.filtered.end() ? !outside : ((parts[part].passes >> bit) & 1U) != 0)
        sum.parts.push_back(part);
    }
    sums.push_back(std::move(sum));
  }
  std::stable_sort(sums.begin(), sums.end(),
                   [](const Sum& a, const Sum& b) { return a.parts.size() < b.parts.size(); });
  for (const Sum& sum : sums) {
    const model::Field& field = policy_.events[events.index].fields[sum.field];
    const auto grain = shape_.builder.grain(field).value_or(Number(1));
    Number left = sum.total;
    std::vector<std::size_t> open;
    std::int64_t rows = 0;
    for (const std::size_t part : sum.parts) {
      if (const auto known = parts[part].totals.find(sum.field); known != parts[part].totals.end()) {
        left -= known->second;
        continue;
      }
      open.push_back(part);
      rows += parts[part].rows;
    }
    // A filter may keep its rows from having any.
    if (field.type.optional && open.size() > 1) {
      std::erase_if(open, [&](std::size_t part) {
        if (can_pass(events, filters, offset, parts[part].passes, {{sum.field, Value(grain)}})) return false;
        parts[part].totals[sum.field] = Number(0);
        rows -= parts[part].rows;
        return true;
      });
    }
    if (left.sign() < 0 && !sum.negative) return false;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Part& part = parts[open[i]];
      const Number share = i + 1 == open.size()
                               ? left
                               : (left * Number(part.rows) / Number(rows)).round_to(grain, value::Rounding::floor);
      rows -= part.rows;
      left -= share;
      part.totals[sum.field] = share;
    }
    if (!left.is_zero()) return false;
  }
  return true;
}

/// The rows that the attack takes, out of those that pass the filters whose numbers it changes.
std::optional<WorldMaker::Part> WorldMaker::take_apart(std::vector<Part>& parts, const AttackGraph::Step& step,
                                                       const AttackGraph& attack, const std::vector<Number>& inputs,
                                                       const std::vector<Number>& values) {
  const Graph& graph = shape_.graph;
  const std::int32_t offset = attack.periods - 1 - (step.earlier ? 1 : 0);
  const Filters filters = filters_of(step.events, offset, inputs.size());
  const std::int64_t count = values[step.count].to_int64().value_or(-1);
  std::uint32_t leaves = 0, stays = 0;
  for (std::size_t i = 0; i < filters.filtered.size(); ++i) {
    const std::uint32_t rows = graph.groups[filters.filtered[i]].rows_input;
    for (const auto& [from, to] : attack.moved.front()) {
      if (graph[from].index != rows) continue;
      if (values[to] < inputs[rows]) leaves |= 1U << i;
      if (values[to] > inputs[rows]) stays |= 1U << i;
    }
  }
  const bool moves = step.kind == model::Attack::Form::Kind::moves;
  for (const bool exactly : {true, false}) {
    for (Part& part : parts) {
      if (part.rows < count || (part.passes & leaves) != leaves || (part.passes & stays) != 0) continue;
      if ((exactly || moves) && part.passes != leaves) continue;
      Part apart = part;
      apart.rows = count;
      bool fits = true;
      std::map<std::uint32_t, Number> rest = part.totals;
      for (auto& [field, left] : rest) {
        const auto taken = step.totals.find(field);
        // Not said how much: what each row has.
        Number part_of = taken != step.totals.end() ? values[taken->second] : left * Number(count) / Number(part.rows);
        const auto grain = shape_.builder.grain(policy_.events[step.events.index].fields[field]).value_or(Number(1));
        if (taken == step.totals.end()) part_of = part_of.round_to(grain, value::Rounding::floor);
        if (count == part.rows && taken == step.totals.end()) part_of = left;
        apart.totals[field] = part_of;
        left -= part_of;
        if (left.sign() < 0 || (part.rows == count && !left.is_zero())) fits = false;
      }
      for (const auto& [field, node] : step.totals) {
        if (!apart.totals.contains(field)) apart.totals[field] = values[node];
      }
      if (!fits) continue;
      part.totals = std::move(rest);
      part.rows -= count;
      return apart;
    }
  }
  // Nothing counts all rows: those that enter a filter may have lain beside all of them.
  if (moves || leaves != 0 || filters.whole || count < 0 || !can_pass(step.events, filters, offset, 0))
    return std::nullopt;
  Part apart;
  apart.rows = count;
  for (const auto& [field, node] : step.totals) apart.totals[field] = values[node];
  return apart;
}

}  // namespace kpi::prove
