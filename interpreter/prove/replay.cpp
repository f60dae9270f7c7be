// Plays attacks on stores and asks the real evaluator.
#include <algorithm>

#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using Form = model::Attack::Form;
using value::Kind;
using value::Value;

/// Added rows bring the largest (least …) value, or as many new ones as the state says.
void WorldMaker::make_edited(std::vector<WorldRow>& rows, std::size_t first, const AttackGraph::Step& step,
                             const AttackGraph& attack, const std::vector<Number>& values) const {
  const Graph& graph = shape_.graph;
  for (const auto& [from, to] : attack.moved.front()) {
    const Input& input = graph.inputs[graph[from].index];
    if (input.made == Input::Made::no || input.made == Input::Made::latest || input.made == Input::Made::by_others)
      continue;
    if (!(graph.groups[input.group].source == model::SourceRef::of(step.events))) continue;
    if (input.made == Input::Made::computed) {
      std::vector<std::size_t> added;
      for (std::size_t i = first; i < rows.size(); ++i) added.push_back(i);
      make_sum(rows, added, input, values[to] - values[from]);
      continue;
    }
    const std::uint32_t field = input.path.field.index;
    if (input.made == Input::Made::level) {
      if (step.totals.contains(field)) continue;  // the rows have their values
      for (std::size_t i = first; i < rows.size(); ++i) rows[i].fields[field] = values[to];
      continue;
    }
    if (policy_.events[step.events.index].fields[field].type.kind != Kind::text) continue;
    const auto more = static_cast<std::size_t>((values[to] - values[from]).to_int64().value_or(0));
    const auto known = std::find_if(rows.begin(), rows.end(), [&](const WorldRow& row) {
      return row.offset == rows[first].offset && row.fields.contains(field);
    });
    for (std::size_t i = first + more; i < rows.size(); ++i) {
      const Value same = known->fields.at(field);
      rows[i].fields[field] = same;
    }
  }
}

std::optional<World> WorldMaker::attacked(const World& before, const std::vector<Number>& inputs,
                                          const AttackGraph& attack, bool late) {
  World world = before;
  const Graph& graph = shape_.graph;
  std::vector<NodeId> roots;
  for (const auto& step : attack.steps) {
    roots.push_back(step.count);
    for (const auto& [field, total] : step.totals) roots.push_back(total);
    for (const auto& [field, total] : step.raised) roots.push_back(total);
  }
  for (const auto& [from, to] : attack.moved.front()) roots.insert(roots.end(), {from, to});
  std::vector<Number> values;
  graph.evaluate(graph.cone(roots), inputs, values);
  const auto grows = [&](const Group& group) {
    for (const auto& [from, to] : attack.moved.front()) {
      if (graph[from].index == group.rows_input && values[to] > values[from]) return true;
    }
    for (const auto& [from, to] : attack.moved.front()) {
      const Input& input = graph.inputs[graph[from].index];
      if (input.kind == Input::Kind::total && &graph.groups[input.group] == &group && values[to] > values[from])
        return true;
    }
    return false;
  };
  for (const auto& step : attack.steps) {
    const std::int32_t offset = attack.periods - 1 - (step.earlier ? 1 : 0);
    const std::int64_t count = values[step.count].to_int64().value_or(0);
    auto& rows = world.events[step.events.index];
    const model::Events& events = policy_.events[step.events.index];
    // The rows that stand apart for the attack are the last ones of their period.
    std::vector<std::size_t> last;
    for (std::size_t i = rows.size(); i-- > 0 && static_cast<std::int64_t>(last.size()) < count;) {
      if (rows[i].offset == offset) last.push_back(i);
    }
    switch (step.kind) {
      case Form::Kind::adds: {
        Part part;
        part.rows = count;
        for (const auto& [field, total] : step.totals) {
          if (late || !step.next_period.contains(field)) part.totals[field] = values[total];
        }
        Wanted added = wanted(step.events, offset, {}, 0);
        for (const Group& group : graph.groups) {
          const bool of_step = group.source == model::SourceRef::of(step.events) && group.offset == offset;
          if (of_step && group.at.valid() && !group.history)
            added.times[group.at.index] = added.times[group.at.index] || grows(group);
          if (of_step && group.filter.valid()) (grows(group) ? added.holds : added.fails).push_back(group.filter);
        }
        const std::size_t first = rows.size();
        if (!add_rows(world, step.events, offset, part, added)) return std::nullopt;
        for (std::size_t i = first; i < world.events[step.events.index].size(); ++i) {
          WorldRow& row = world.events[step.events.index][i];
          for (const auto& [field, expr] : step.fixed) {
            if (step.next_period.contains(field) && !late) continue;
            const Value value = evaluate_row(policy_, expr, row, model::SourceRef::of(step.events));
            if (value.has_value()) row.fields[field] = value;
          }
        }
        make_edited(rows, first, step, attack, values);
        break;
      }
      case Form::Kind::removes: {
        Number left = values[step.count];
        const Interval range = shape_.builder.field_range(model::SourceRef::of(step.events), {{}, step.field});
        for (std::size_t i = rows.size(); i-- > 0 && left.sign() > 0;) {
          if (rows[i].offset != offset) continue;
          const auto found = rows[i].fields.find(step.field.index);
          if (found == rows[i].fields.end() || !found->second.is<Number>()) continue;
          const Number room = range.lower ? value::max(Number(0), found->second.number() - *range.lower) : left;
          const Number taken = value::min(room, left);
          found->second = found->second.number() - taken;
          left -= taken;
        }
        if (left.sign() > 0) return std::nullopt;
        break;
      }
      case Form::Kind::changes:
        for (const std::size_t i : last) {
          for (const auto& [field, expr] : step.fixed) {
            const Value value = evaluate_row(policy_, expr, rows[i], model::SourceRef::of(step.events));
            if (!value.has_value()) return std::nullopt;
            rows[i].fields[field] = value;
          }
          for (const auto& [field, value] : step.set) rows[i].fields[field] = value;
          // One row: its new sum is its value.
          for (const auto& [field, total] : step.raised) rows[i].fields[field] = values[total];
        }
        break;
      case Form::Kind::moves:
        for (const std::size_t i : last) {
          rows[i].offset = step.earlier ? offset + 1 : offset - 1;
          rows[i].fields[events.time.index] = time_of(rows[i].offset, i, events.fields[events.time.index].type.kind);
        }
        break;
      case Form::Kind::splits: {
        const auto row =
            std::find_if(rows.begin(), rows.end(), [&](const WorldRow& of) { return of.offset == offset; });
        if (row == rows.end()) return std::nullopt;
        WorldRow whole = *row;
        std::vector<WorldRow> parts(static_cast<std::size_t>(count) + 1, whole);
        for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
          const model::Field& of = events.fields[field];
          const auto value = whole.fields.find(field);
          if (value == whole.fields.end() || of.computed.valid()) continue;
          if (of.key && of.type.kind == Kind::text) {
            for (std::size_t i = 1; i < parts.size(); ++i) parts[i].fields[field] = "x" + std::to_string(next_++);
          }
          if (of.key || of.type.kind != Kind::number) continue;
          const Number each = (value->second.number() / Number(static_cast<std::int64_t>(parts.size())))
                                  .round_to(shape_.builder.grain(of).value_or(Number(1)), value::Rounding::floor);
          for (std::size_t i = 1; i < parts.size(); ++i) parts[i].fields[field] = each;
          parts[0].fields[field] = value->second.number() - each * Number(count);
        }
        *row = parts[0];
        rows.insert(rows.end(), parts.begin() + 1, parts.end());
        break;
      }
    }
  }
  return world;
}

namespace {

/// The rows of one part of a table behind those of another, in the columns of both.
void append(model::GivenTable& to, const model::GivenTable& more) {
  std::vector<std::size_t> places;
  for (const std::string& column : more.columns) {
    const auto known = std::find(to.columns.begin(), to.columns.end(), column);
    places.push_back(static_cast<std::size_t>(known - to.columns.begin()));
    if (known == to.columns.end()) to.columns.push_back(column);
  }
  for (std::size_t row = 0; row < more.rows.size(); ++row) {
    to.rows.emplace_back();
    to.currencies.emplace_back();
    for (std::size_t i = 0; i < places.size(); ++i) {
      to.rows.back().resize(std::max(to.rows.back().size(), places[i] + 1));
      to.currencies.back().resize(to.rows.back().size());
      to.rows.back()[places[i]] = more.rows[row][i];
      to.currencies.back()[places[i]] = more.currencies[row][i];
    }
  }
  for (auto& row : to.rows) row.resize(to.columns.size());
  for (auto& row : to.currencies) row.resize(to.columns.size());
}

}  // namespace

std::vector<model::GivenTable> WorldMaker::tables(const World& world) const {
  std::vector<model::GivenTable> result;
  const auto add = [&](const std::string& table, const std::vector<model::Field>& fields,
                       const std::vector<WorldRow>& rows) {
    if (table.empty() || rows.empty()) return;
    model::GivenTable given;
    given.table = table;
    std::vector<std::uint32_t> columns;
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      if (fields[i].computed.valid()) continue;
      const bool used =
          std::any_of(rows.begin(), rows.end(), [&](const WorldRow& row) { return row.fields.contains(i); });
      if (!used) continue;
      columns.push_back(i);
      given.columns.push_back(fields[i].column.empty() ? fields[i].named.name : fields[i].column);
    }
    for (const WorldRow& row : rows) {
      auto& cells = given.rows.emplace_back();
      auto& currencies = given.currencies.emplace_back();
      for (const std::uint32_t column : columns) {
        const auto found = row.fields.find(column);
        Value cell = found == row.fields.end() ? Value() : found->second;
        const model::Field& field = fields[column];
        const bool money = cell.is<Number>() && field.type.unit.money == 1;
        currencies.push_back(money ? (field.currency.is_none() ? policy_.header.currency : field.currency)
                                   : value::Currency());
        if (money && !field.currency.is_none()) {
          const auto rate = world.rates.find({field.currency, row.offset});
          if (rate != world.rates.end()) cell = cell.number() / rate->second;
        }
        if (cell.is<Number>() && field.type.unit.time == 1) cell = cell.number() / field.duration_unit;
        if (money && field.minor_units) {
          cell = cell.number() * Number::power_of_ten(policy_.header.currency.minor_digits());
        }
        cells.push_back(std::move(cell));
      }
    }
    const auto same =
        std::find_if(result.begin(), result.end(), [&](const auto& known) { return known.table == given.table; });
    if (same == result.end())
      result.push_back(std::move(given));
    else
      append(*same, given);  // several events may read one table
  };
  for (const auto& [id, rows] : world.entities) add(policy_.entities[id].table, policy_.entities[id].fields, rows);
  for (const auto& [id, rows] : world.events) add(policy_.events[id].table, policy_.events[id].fields, rows);
  if (auto rates = rates_table(world)) result.push_back(std::move(*rates));
  return result;
}

Paid WorldMaker::pay(const World& world, std::int32_t offset) {
  model::Test test;
  test.given = tables(world);
  source::Diagnostics found;
  eval::MemorySource data = eval::given_data(policy_, test, {}, found);
  Paid result;
  if (found.has_errors()) return result;
  eval::RunRequest request;
  request.periods = {shape_.period.shift(-offset)};
  request.is_test = true;
  // As a test of these dates would run.
  const value::Period& at = request.periods.front();
  const model::Header& header = policy_.header;
  if ((header.effective_from && at.start() < *header.effective_from) ||
      (header.effective_to && at.end().days > header.effective_to->days + 1))
    request.force = eval::Force::settled;
  const eval::Run run = eval::run(policy_, data, request, found);
  if (found.has_errors() || run.outcome.periods.empty()) {
    for (const auto& diagnostic : found.items()) {
      if (source::info(diagnostic.id).severity == source::Severity::error) result.status = source::code(diagnostic.id);
    }
    return result;
  }
  const eval::PeriodOutcome& period = run.outcome.periods.front();
  if (shape_.target.payout.valid()) {
    for (const auto& payout : period.payouts) {
      if (payout.payout != shape_.target.payout) continue;
      for (const auto& row : payout.rows) {
        if (payout.rows.size() != 1 && row.key != key_) continue;
        // Whether it is paid now or later does not matter here.
        const bool later = row.status == eval::PayoutStatus::trial || row.status == eval::PayoutStatus::pending;
        result.status = name(later ? eval::PayoutStatus::ok : row.status);
        result.amount = row.amount.has_value() ? row.amount.number() : Number(0);
      }
    }
  } else {
    for (const auto& card : period.scorecards) {
      if (card.scorecard != shape_.target.scorecard) continue;
      for (const auto& row : card.rows) {
        if (card.rows.size() != 1 && row.key != key_) continue;
        result.status = row.status == eval::RowStatus::scored ? "ok" : "unscored";
        result.amount = row.score.has_value() ? row.score.number() : Number(0);
      }
    }
  }
  // Nobody is on the list: nothing is paid, as for someone who is unscored.
  if (!result.amount && result.status.empty()) {
    result.amount = Number(0);
    result.status = "absent";
  }
  return result;
}

}  // namespace kpi::prove
