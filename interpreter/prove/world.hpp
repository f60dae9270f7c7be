// Witnesses as stores: a state of the graph becomes tables with whole rows and cents, an attack is played on the rows,
// and the real evaluator says what is paid. Only what it reproduces counts as refuted.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/prove/attack.hpp"

namespace kpi::prove {

struct WorldRow {
  std::map<std::uint32_t, value::Value> fields;  // by FieldId; stored fields only
  std::int32_t offset = 0;                       // the period it lies in
};

/// The rows of one small store, around one entity row with the key `p1`.
struct World {
  std::map<std::uint32_t, std::vector<WorldRow>> events;    // by EventsId
  std::map<std::uint32_t, std::vector<WorldRow>> entities;  // by EntityId
  /// Policy currency for one unit of a currency, by how many periods ago.
  std::map<std::pair<value::Currency, std::int32_t>, Number> rates;
  std::size_t rows() const;
};

/// What the real evaluator pays (or scores) in a period: the amount as paid; none when there is none.
struct Paid {
  std::optional<Number> amount;
  std::string status;  // "ok", "unscored", …
};

class WorldMaker {
 public:
  explicit WorldMaker(Shape& shape) : shape_(shape), policy_(shape.policy) {}

  /// Rows whose aggregates are the inputs of the state; none when they cannot be made. With an attack, the rows that it
  /// takes away, moves or changes stand apart, so that it can be played.
  std::optional<World> make(const std::vector<Number>& inputs, const AttackGraph* attack = nullptr);
  /// The store after the attack. `late`: as the next period sees it.
  std::optional<World> attacked(const World& before, const std::vector<Number>& inputs, const AttackGraph& attack,
                                bool late);
  /// Runs the policy over the store; `offset` is the period.
  Paid pay(const World& world, std::int32_t offset);
  /// Rows like any others, each with this amount in the first money field that is not optional; they evade exclusions.
  bool add_plain_rows(World& world, model::EventsId events, std::int64_t rows, const Number& amount);
  /// One row that these conditions are true of and those are not, as far as the row alone decides; not yet in the
  /// world.
  std::optional<WorldRow> one_row(World& world, model::EventsId events, const Number& amount,
                                  const std::vector<ExprId>& holds, const std::vector<ExprId>& fails);
  /// The same row under another key.
  WorldRow another(model::EventsId events, WorldRow row);
  /// All rows of events once more in each of so many periods before.
  void repeat(World& world, std::int32_t periods);
  /// The row of a new entity whose field has this value.
  bool add_entity(World& world, model::EntityId entity, model::FieldId field, const value::Value& value);
  /// The row with texts, truths, numbers and times chosen so that some conditions hold and others do not; fields in
  /// `given` stay as they are.
  std::optional<WorldRow> fitting(model::SourceRef source, WorldRow row, const std::vector<ExprId>& holds,
                                  const std::vector<ExprId>& fails, const std::map<std::uint32_t, Number>& given);
  std::vector<ExprId> exclusions_of(model::EventsId events) const;
  /// As the tables of a test.
  std::vector<model::GivenTable> tables(const World& world) const;
  const std::string& key() const { return key_; }

 private:
  /// Rows that are alike: they pass the same filters.
  struct Part {
    std::int64_t rows = 0;
    std::map<std::uint32_t, Number> totals;  // by field
    std::uint32_t passes = 0;                // which of the filters of `filters_of`, one bit each
  };
  /// Groups of the events in the period: the unfiltered one (if any), and one for each filter.
  struct Filters {
    std::optional<std::uint32_t> whole;
    std::vector<std::uint32_t> filtered;
  };
  /// What rows of a part have to meet.
  struct Wanted {
    std::vector<ExprId> holds, fails;
    std::map<std::uint32_t, bool> times;
    std::int32_t offset = 0;
    bool outside = false;  // its own time lies before the period
  };
  /// Of the filters, those in `mask` pass; exclusions do not take the row.
  Wanted wanted(model::EventsId events, std::int32_t offset, const std::vector<std::uint32_t>& filtered,
                std::uint32_t mask) const;
  bool in_period(const value::Value& at, std::int32_t offset) const;
  std::size_t rows_in(const World& world, model::EventsId events, std::int32_t offset) const;
  bool counts_elsewhere(model::EventsId events, const Filters& filters, std::int32_t offset, std::uint32_t mask) const;
  value::Value before_period(std::int32_t offset, const model::Events& events) const;
  Number uneven_share(model::SourceRef source, model::FieldId field, const Number& sum, std::int64_t rows,
                      std::int64_t row) const;
  bool has_day_as_key(const model::Events& events) const;
  /// Values that made a row fit, for the next one; times are kept as distances from the row's own.
  struct Choice {
    value::Value value;
    bool relative = false;
    std::int64_t seconds = 0;
  };
  using Choices = std::map<std::uint32_t, Choice>;
  std::optional<std::vector<Part>> parts_of(model::EventsId events, std::int32_t offset,
                                            const std::vector<Number>& inputs);
  Filters filters_of(model::EventsId events, std::int32_t offset, std::size_t inputs) const;
  bool can_pass(model::EventsId events, const Filters& filters, std::int32_t offset, std::uint32_t mask,
                const std::map<std::uint32_t, value::Value>& fixed = {});
  bool share_totals(model::EventsId events, const Filters& filters, const std::vector<Number>& inputs,
                    std::int32_t offset, std::vector<Part>& parts);
  std::optional<Part> take_apart(std::vector<Part>& parts, const AttackGraph::Step& step, const AttackGraph& attack,
                                 const std::vector<Number>& inputs, const std::vector<Number>& values);
  std::vector<Choice> candidates(const model::Field& field, const value::Value& now,
                                 const std::vector<value::Value>& constants) const;
  value::Value applied(const Choice& choice, const WorldRow& row, model::SourceRef source, value::Kind kind) const;
  void make_values(World& world, model::EventsId events, std::int32_t offset, const std::vector<Number>& inputs,
                   const std::vector<std::pair<std::size_t, std::uint32_t>>& passes) const;
  bool add_rows(World& world, model::EventsId events, std::int32_t offset, const Part& part, const Wanted& wanted);
  /// Fields of these rows so that the sum of the input's value over them is this; left as they are where that fails.
  void make_sum(std::vector<WorldRow>& rows, const std::vector<std::size_t>& of, const Input& input,
                const Number& sum) const;
  bool solve(WorldRow& row, model::SourceRef source, ExprId value, const Number& wanted) const;
  void make_edited(std::vector<WorldRow>& rows, std::size_t first, const AttackGraph::Step& step,
                   const AttackGraph& attack, const std::vector<Number>& values) const;
  void set_default(WorldRow& row, const model::Field& field, std::uint32_t index, const std::string& unique);
  std::optional<WorldRow> fit_row(model::SourceRef source, WorldRow row, const Wanted& wanted,
                                  const std::map<std::uint32_t, Number>& given, Choices& chosen);
  void set_currencies(WorldRow& row, const std::vector<model::Field>& fields) const;
  void set_rates(World& world, std::int32_t last, const std::vector<Number>& inputs) const;
  std::optional<model::GivenTable> rates_table(const World& world) const;
  void make_entities(World& world, const std::vector<Number>& inputs);
  std::string reference(World& world, std::uint32_t entity);
  value::Value time_of(std::int32_t offset, std::size_t position, value::Kind kind) const;

  Shape& shape_;
  const model::Policy& policy_;
  std::string key_ = "p1";
  std::set<std::uint32_t> uneven_;  // events of which one row is to be split: the first takes what others can spare
  std::size_t next_ = 1;            // numbers that make texts unique
};

/// The operands of a chain of `and` or `or`; none when there is no expression.
std::vector<ExprId> operands_of(const model::Policy& policy, ExprId expr, value::BinaryOp op);

/// A condition or value over one row, where it can be said from the row alone; none (no value) otherwise. `outer` is
/// the row that `this` means.
value::Value evaluate_row(const model::Policy& policy, ExprId expr, const WorldRow& row, model::SourceRef source,
                          const WorldRow* outer = nullptr);

}  // namespace kpi::prove
