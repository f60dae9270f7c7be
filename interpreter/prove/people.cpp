#include "interpreter/prove/people.hpp"

#include <algorithm>

#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {
namespace {

std::string simplified(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == ' ' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

/// The data with further rows behind those of one table.
class WithRows final : public eval::DataSource {
 public:
  WithRows(eval::DataSource& base_, const model::GivenTable& added, const eval::MemorySource& cells_)
      : base(base_), table(added.table), cells(cells_) {
    const auto schema_of_base = base.schema(table);
    if (!schema_of_base) return;
    // The same columns as in the store, under its own names; what is not given is null.
    std::vector<std::string> columns;
    for (const auto& column : schema_of_base->columns) columns.push_back(column.name);
    std::vector<std::vector<eval::MemoryCell>> rows;
    auto scan = cells.scan(table, added.columns);
    eval::Batch batch;
    while (scan->next(batch, 1'000)) {
      for (std::size_t row = 0; row < batch.rows; ++row) {
        auto& made = rows.emplace_back(columns.size());
        for (std::size_t i = 0; i < added.columns.size(); ++i) {
          const auto place = std::find_if(columns.begin(), columns.end(), [&](const std::string& column) {
            return simplified(column) == simplified(added.columns[i]);
          });
          if (place == columns.end()) continue;
          eval::MemoryCell& cell = made[static_cast<std::size_t>(place - columns.begin())];
          cell.cell_class = batch.columns[i].classes[row];
          cell.bits = batch.columns[i].bits[row];
          if (cell.cell_class == eval::CellClass::text) cell.text = std::string(batch.text(i, row));
        }
      }
    }
    extra.add_table(schema_of_base->name, columns, rows);
  }

  std::optional<eval::TableSchema> schema(std::string_view of) override { return base.schema(of); }
  std::vector<std::string> tables() override { return base.tables(); }
  std::string name() const override { return base.name(); }
  bool missing_tables_are_empty() const override { return base.missing_tables_are_empty(); }
  std::unique_ptr<eval::TableScan> scan(const std::string& of, const std::vector<std::string>& columns) override {
    auto first = base.scan(of, columns);
    if (simplified(of) != simplified(table)) return first;
    return std::make_unique<Both>(std::move(first), extra.scan(of, columns));
  }

 private:
  class Both final : public eval::TableScan {
   public:
    Both(std::unique_ptr<eval::TableScan> first_, std::unique_ptr<eval::TableScan> second_)
        : first(std::move(first_)), second(std::move(second_)) {}
    bool next(eval::Batch& batch, std::size_t limit) override {
      if (!behind) {
        if (first->next(batch, limit) && batch.rows > 0) {
          seen = batch.first_row + batch.rows;
          return true;
        }
        behind = true;
      }
      if (!second->next(batch, limit)) return false;
      batch.first_row += seen;
      return true;
    }

   private:
    std::unique_ptr<eval::TableScan> first, second;
    bool behind = false;
    std::uint64_t seen = 0;
  };

  eval::DataSource& base;
  std::string table;
  eval::MemorySource cells;
  eval::MemorySource extra;
};

class Look {
 public:
  Look(const model::Policy& policy_, eval::DataSource& data_, value::Period period_, source::Diagnostics& diagnostics_)
      : policy(policy_), data(data_), diagnostics(diagnostics_) {
    result.period = period_;
  }

  People run() {
    const auto before = paid(data, diagnostics);
    if (diagnostics.has_errors()) return std::move(result);
    for (std::uint32_t i = 0; i < policy.payouts.size(); ++i) look({i}, before);
    return std::move(result);
  }

 private:
  using Paid = std::map<std::pair<std::uint32_t, std::string>, std::pair<std::string, Number>>;  // label, amount

  Paid paid(eval::DataSource& source, source::Diagnostics& found) const {
    eval::RunRequest request;
    request.periods = {result.period};
    const eval::Run run = eval::run(policy, source, request, found);
    Paid amounts;
    for (const auto& period : run.outcome.periods) {
      for (const auto& payout : period.payouts) {
        for (const auto& row : payout.rows) {
          amounts[{payout.payout.index, row.key}] = {row.label,
                                                     row.amount.has_value() ? row.amount.number() : Number(0)};
        }
      }
    }
    return amounts;
  }

  void look(PayoutId id, const Paid& before) {
    const model::Payout& payout = policy.payouts[id.index];
    Shape shape(policy, {id, {}});
    std::optional<Number> each_cost;
    for (const auto& assumption : payout.assumptions) {
      if (assumption.name == "fake_order_cost" && assumption.value.is<Number>()) each_cost = assumption.value.number();
    }
    for (const model::EventsId events : shape.order_events()) {
      bool possible = true;
      std::map<std::string, Person> best;
      for (const std::int64_t rows : {1, 2, 5, 10, 20}) {
        for (const int magnitude : {1, 100, 500}) {
          if (rows > 1 && !each_cost) continue;
          std::vector<std::string> keys;
          for (const auto& [key, value] : before) {
            if (key.first == id.index) keys.push_back(key.second);
          }
          const auto after = added(shape, events, keys, rows, Number(magnitude));
          if (!after) {
            possible = false;
            break;
          }
          compare(id, events, before, *after, rows, Number(magnitude), each_cost, best);
        }
        if (!possible) break;
      }
      if (!possible) result.skipped.push_back(payout.named.name);
      for (auto& [key, person] : best) result.profit.push_back(std::move(person));
    }
  }

  /// Pay with so many more orders for everyone. Fails where a row cannot be made from the policy alone.
  std::optional<Paid> added(Shape& shape, model::EventsId events, const std::vector<std::string>& keys,
                            std::int64_t rows, const Number& amount) {
    const auto given = extra_rows(shape, events, keys, rows, amount);
    if (!given) return std::nullopt;
    model::Test test;
    test.given = {*given};
    source::Diagnostics found;
    const eval::MemorySource cells = eval::given_data(policy, test, {}, found);
    WithRows source(data, *given, cells);
    const Paid amounts = paid(source, found);
    if (found.has_errors()) return std::nullopt;
    return amounts;
  }

  std::optional<model::GivenTable> extra_rows(Shape& shape, model::EventsId id, const std::vector<std::string>& keys,
                                              std::int64_t rows, const Number& amount) {
    const model::Events& events = policy.events[id.index];
    const model::FieldPath* path = events.owner_paths.to(shape.builder.entity());
    if (!path || path->refs.size() > 1 || (path->refs.empty() && !path->field.valid())) return std::nullopt;
    const std::uint32_t owner = path->refs.empty() ? path->field.index : path->refs.front().index;
    WorldMaker maker(shape);
    World world;
    for (const std::string& key : keys) {
      if (!maker.add_plain_rows(world, id, rows, amount)) return std::nullopt;
      auto& made = world.events[id.index];
      for (std::size_t i = made.size() - static_cast<std::size_t>(rows); i < made.size(); ++i) {
        WorldRow& row = made[i];
        row.fields[owner] = key;
        for (std::uint32_t field = 0; field < events.fields.size(); ++field) {
          const model::Field& of = events.fields[field];
          // Other references would need rows of their own.
          if (field != owner && (of.type.kind == value::Kind::entity || of.type.kind == value::Kind::event) &&
              !of.type.optional)
            return std::nullopt;
          if (of.key && of.type.kind == value::Kind::text) row.fields[field] = "kpi-analyze-" + std::to_string(i);
        }
        row.fields[events.time.index] = time_in_period(events, i);
      }
    }
    auto tables = maker.tables(world);
    for (auto& table : tables) {
      if (table.table == events.table) return std::move(table);
    }
    return std::nullopt;
  }

  value::Value time_in_period(const model::Events& events, std::size_t position) const {
    const value::Date day{result.period.start().days + static_cast<std::int32_t>(position % 5) % result.period.days()};
    if (events.fields[events.time.index].type.kind == value::Kind::date) return day;
    return value::Instant{policy.header.timezone->start_of_day(day).micros + 12 * 3'600 * value::kMicrosPerSecond};
  }

  void compare(PayoutId id, model::EventsId events, const Paid& before, const Paid& after, std::int64_t rows,
               const Number& amount, const std::optional<Number>& each_cost, std::map<std::string, Person>& best) {
    const model::Payout& payout = policy.payouts[id.index];
    for (const auto& [key, value] : before) {
      const auto found = after.find(key);
      if (key.first != id.index || found == after.end()) continue;
      Person person{id,
                    policy.entities[payout.entity.index].named.name,
                    key.second,
                    value.first,
                    policy.events[events.index].named.name,
                    rows,
                    amount,
                    value.second,
                    found->second.second,
                    {},
                    {},
                    false};
      const Number gained = person.paid_after - person.paid_before;
      const auto same = [&](const Person& other) { return other.key == person.key && other.payout == id; };
      const bool listed = std::any_of(result.near.begin(), result.near.end(), same);
      if (rows == 1 && gained.abs() > amount && !listed) result.near.push_back(person);
      if (!each_cost) continue;
      person.cost = *each_cost * Number(rows);
      person.net = gained - person.cost;
      person.profit = person.net.sign() > 0;
      if (!person.profit) continue;
      const auto known = best.find(person.key);
      if (known == best.end() || known->second.net < person.net) best.insert_or_assign(person.key, person);
    }
  }

  const model::Policy& policy;
  eval::DataSource& data;
  source::Diagnostics& diagnostics;
  People result;
};

}  // namespace

People people(const model::Policy& policy, eval::DataSource& data, value::Period period,
              source::Diagnostics& diagnostics) {
  return Look(policy, data, period, diagnostics).run();
}

}  // namespace kpi::prove
