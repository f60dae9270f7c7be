#include "interpreter/prove/people.hpp"

#include <algorithm>

#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/eval/scan_cell.hpp"
#include "interpreter/model/field_names.hpp"
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
    std::vector<std::string> keys;
    for (const auto& [key, value] : before) {
      if (key.first == id.index) keys.push_back(key.second);
    }
    for (const model::EventsId events : shape.order_events()) {
      bool possible = true;
      std::map<std::string, Person> best;
      std::vector<Number> magnitudes{Number(1), Number(100), Number(500)};
      const auto usual = usual_amount(events);
      if (usual) magnitudes.push_back(*usual);
      if (const auto taken = model::taken_amount(policy.events[events.index])) {
        const Interval range = shape.builder.field_range(model::SourceRef::of(events), {{}, *taken});
        if (range.lower && range.lower->sign() > 0) magnitudes.push_back(*range.lower);
        std::erase_if(magnitudes, [&](const Number& amount) { return !range.contains(amount); });
      }
      Paid with_usual;
      for (const std::int64_t rows : {1, 2, 5, 10, 20}) {
        for (const Number& magnitude : magnitudes) {
          if (rows > 1 && !each_cost) continue;
          const auto after = added(shape, events, all(keys, magnitude), rows);
          if (!after) {
            possible = false;
            break;
          }
          compare(id, events, before, *after, rows, magnitude, each_cost, best);
          if (rows == 1 && usual && magnitude == *usual) with_usual = *after;
        }
        if (!possible) break;
      }
      if (possible && usual) cross(shape, id, events, before, with_usual, *usual);
      if (!possible) result.skipped.push_back(payout.named.name);
      for (auto& [key, person] : best) result.profit.push_back(std::move(person));
    }
  }

  using Amounts = std::map<std::string, Number>;  // by key: of each added order
  static Amounts all(const std::vector<std::string>& keys, const Number& amount) {
    Amounts result;
    for (const std::string& key : keys) result.emplace(key, amount);
    return result;
  }

  /// The median amount of the first ten thousand orders of the table, in policy currency; none where it is not plain.
  std::optional<Number> usual_amount(model::EventsId id) const {
    constexpr std::size_t kLooked = 10'000;
    const model::Events& events = policy.events[id.index];
    const auto taken = model::taken_amount(events);
    const auto schema = data.schema(events.table);
    if (!taken || !schema) return std::nullopt;
    const model::Field& field = events.fields[taken->index];
    if (!(field.type.unit == value::Unit::of(policy.header.currency))) return std::nullopt;
    const std::string& wanted = field.column.empty() ? field.named.name : field.column;
    for (const auto& column : schema->columns) {
      if (simplified(column.name) != simplified(wanted)) continue;
      std::vector<Number> amounts;
      auto scan = data.scan(events.table, {column.name});
      eval::Batch batch;
      while (amounts.size() < kLooked && scan->next(batch, 1'000) && batch.rows > 0) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
          auto amount = eval::scanning::number_of(batch, 0, row);
          if (amount && amount->sign() > 0) amounts.push_back(std::move(*amount));
        }
      }
      if (amounts.empty()) return std::nullopt;
      const auto middle = amounts.begin() + static_cast<std::ptrdiff_t>(amounts.size() / 2);
      std::nth_element(amounts.begin(), middle, amounts.end());
      return field.minor_units ? *middle / Number::power_of_ten(policy.header.currency.minor_digits()) : *middle;
    }
    return std::nullopt;
  }

  /// Whom one order of the usual amount or less carries over a threshold: between two amounts that a minor unit lies
  /// between, pay jumps. Halved for everyone at once, towards the half in which pay moves more.
  void cross(Shape& shape, PayoutId id, model::EventsId events, const Paid& before, const Paid& usual,
             const Number& amount) {
    const Number cent = Number::power_of_ten(-policy.header.currency.minor_digits());
    const Number least = cent * Number(100);
    struct Way {
      Number low, high, at_low, at_high;
      Number move() const { return (at_high - at_low).abs(); }
    };
    // No order stands for the amount below the least one.
    const auto taken = model::taken_amount(policy.events[events.index]);
    const Interval range = shape.builder.field_range(model::SourceRef::of(events), {{}, *taken});
    const Number none = range.lower ? value::max(Number(0), *range.lower - cent) : Number(0);
    if (range.upper && *range.upper < amount) return;
    std::map<std::string, Way> ways;
    for (const auto& [key, value] : before) {
      const auto found = usual.find(key);
      if (key.first != id.index || found == usual.end() || is_near(id, key.second)) continue;
      Way way{none, amount.round_to(cent, value::Rounding::ceiling), value.second, found->second.second};
      if (way.move() >= least) ways.emplace(key.second, way);
    }
    for (bool more = !ways.empty(); more;) {
      more = false;
      Amounts middle;
      for (const auto& [key, way] : ways) {
        if (way.high - way.low <= cent) continue;
        middle.emplace(key, ((way.low + way.high) / Number(2)).round_to(cent, value::Rounding::floor));
        more = true;
      }
      if (!more) break;
      const auto paid_there = added(shape, events, middle, 1);
      if (!paid_there) return;
      for (const auto& [key, at] : middle) {
        Way& way = ways.at(key);
        const auto found = paid_there->find({id.index, key});
        if (found == paid_there->end()) return;
        const Number& there = found->second.second;
        if ((there - way.at_low).abs() > (way.at_high - there).abs()) {
          way.high = at;
          way.at_high = there;
        } else {
          way.low = at;
          way.at_low = there;
        }
      }
      // What moves too little to hold a jump is looked at no further.
      std::erase_if(ways, [&](const auto& entry) { return entry.second.move() < least; });
    }
    const model::Payout& payout = policy.payouts[id.index];
    for (const auto& [key, way] : ways) {
      const auto& paid_now = before.at({id.index, key});
      result.near.push_back({id,
                             policy.entities[payout.entity.index].named.name,
                             key,
                             paid_now.first,
                             policy.events[events.index].named.name,
                             1,
                             way.high,
                             paid_now.second,
                             way.at_high,
                             {},
                             {},
                             false});
    }
  }

  bool is_near(PayoutId id, const std::string& key) const {
    return std::any_of(result.near.begin(), result.near.end(),
                       [&](const Person& other) { return other.key == key && other.payout == id; });
  }

  /// Pay with so many more orders of these amounts. Fails where a row cannot be made from the policy alone.
  std::optional<Paid> added(Shape& shape, model::EventsId events, const Amounts& amounts_of, std::int64_t rows) {
    const auto given = extra_rows(shape, events, amounts_of, rows);
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

  std::optional<model::GivenTable> extra_rows(Shape& shape, model::EventsId id, const Amounts& amounts,
                                              std::int64_t rows) {
    const model::Events& events = policy.events[id.index];
    const model::FieldPath* path = events.owner_paths.to(shape.builder.entity());
    if (!path || path->refs.size() > 1 || (path->refs.empty() && !path->field.valid())) return std::nullopt;
    const std::uint32_t owner = path->refs.empty() ? path->field.index : path->refs.front().index;
    WorldMaker maker(shape);
    World world;
    for (const auto& [key, amount] : amounts) {
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
      if (rows == 1 && gained.abs() > amount && !is_near(id, person.key)) result.near.push_back(person);
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
