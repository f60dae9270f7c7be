// Evaluates expressions of the policy for one subject at one moment. Metrics are remembered per subject and moment;
// nothing here touches rows of events.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/eval/run/moment.hpp"

namespace kpi::eval {

class Coverage;

/// Rows of an entity that are looked at together, by total and share.
struct RowGroup {
  std::uint32_t id = 0;
  std::vector<std::uint32_t> rows;
};

/// Who is evaluated: one row of an entity, or a group of its rows (then `row` is the first of them).
struct Subject {
  EntityId entity;
  std::uint32_t row = 0;
  const RowGroup* group = nullptr;
};

struct Context {
  Subject subject;
  MomentId moment = 0;
  const ScorecardRowResult* result = nullptr;  // for `score` and result(m): the payout's scorecard row
};

/// One number for a metric (or expression), entity and moment.
std::uint64_t memo_key(std::uint32_t index, EntityId entity, MomentId moment);
/// Values of one type that are equal have the same text, others do not; no text begins with another.
std::string identity_text(const Value& value);

/// For which rows an evaluator remembers metrics and phases.
enum class Memory : std::uint8_t {
  all_rows,  // of every entity it has evaluated: for metrics that compare rows
  few_rows,  // takes memory only for the rows that were evaluated
  one_row,   // of each metric and moment only the last row: for one row after the other, in any order
};

/// Amounts in different currencies of their own that met in one expression.
struct MixedCurrencies {
  model::ExprId expr;
  EntityId entity;
  std::uint32_t row = 0;
  std::set<value::Currency> currencies;
};

class Evaluator {
 public:
  Evaluator(const model::Policy& policy_, const AggregateStore& store_, MomentTable& moments_,
            Memory memory = Memory::all_rows)
      : policy(policy_), store(store_), moments(moments_), memory_(memory), uses_native_(reads_native(policy_)) {}

  Value evaluate(model::ExprId id, const Context& context);
  Value metric(model::MetricId id, const Subject& subject, MomentId moment);
  Value aggregate(AggregateId id, const Context& context) const;
  /// A PhaseRef, or phase_unknown when a condition has no value. Only for entities with phases.
  Value phase(EntityId entity, std::uint32_t row, MomentId moment);
  /// Rows of the entity that belong to the moment's period by its population, ascending.
  const std::vector<std::uint32_t>& population(EntityId entity, MomentId moment);
  /// Days of the moment's window (of its period, where the window is the whole lifetime) on which the row is active.
  int active_days(EntityId entity, std::uint32_t row, const Moment& moment) const;
  /// Follows a path of references from an entity row. An empty path with an invalid field is the row itself.
  Value field(EntityId entity, std::uint32_t row, const model::FieldPath& path) const;
  /// The rows that total, share, rank or percentile_rank look at together with this one: those of its group (ranks: of
  /// the moment's population). None where the row has no group.
  std::vector<std::uint32_t> members(const model::MetricCall& call, model::ExprId id, EntityId entity, std::uint32_t row,
                                     MomentId moment);
  /// Whether less is better of a metric that is ranked.
  bool lower_is_better(model::ExprId operand) const;
  /// From now on the metric (the aggregate) has this value for the row, for what-if questions.
  void pretend(model::MetricId id, EntityId entity, std::uint32_t row, MomentId moment, Value value);
  void pretend(AggregateId id, EntityId entity, std::uint32_t row, Window window, Value value);
  /// The currencies behind an amount that is in its rows' own currency (`native(…)`); none for everything else.
  std::set<value::Currency> native_currencies(model::ExprId id, const Context& context);
  /// Notes it when the amounts of these expressions are not all in the same currency.
  void require_one_currency(model::ExprId at, const Context& context, std::initializer_list<model::ExprId> parts);
  /// What was noted since the last call, each place and entity once.
  std::vector<MixedCurrencies> take_mixed();
  /// Forgets what has been remembered, to free memory between periods.
  void clear();

  const model::Policy& policy;
  const AggregateStore& store;
  MomentTable& moments;
  Coverage* coverage = nullptr;  // told what is met, in tests

 private:
  struct Memo {
    std::vector<Value> values;  // by row
    std::vector<bool> known;
    std::unordered_map<std::uint32_t, Value> rows;    // instead of them, for few rows
    std::uint32_t row = 0xFFFF'FFFF;                  // instead of them, for one row
    Value value;
    std::unordered_map<std::uint32_t, Value> groups;  // by RowGroup::id
  };
  struct Grouping {
    std::deque<RowGroup> groups;
    std::vector<RowGroup*> of_row;  // null: the row has no group
    std::vector<Value> reasons;     // why, where there is none
  };
  struct Ranking {
    std::vector<Value> rank, percentile;  // by row
  };

  template <class Compute>
  Value remembered(Memo& memo, EntityId entity, std::uint32_t row, Compute compute);
  Memo& memo(std::uint32_t metric_or_phase, EntityId entity, MomentId moment);
  Value compute_metric(const model::Metric& metric, const Context& context);
  Value compute_phase(EntityId entity, std::uint32_t row, MomentId moment);
  Value metric_call(const model::MetricCall& call, model::ExprId id, const Context& context);
  Value total(const model::MetricCall& call, model::ExprId id, const Context& context);
  Value ranked(const model::MetricCall& call, model::ExprId id, const Context& context);
  const Grouping& grouping(const model::MetricCall& call, model::ExprId id, EntityId entity, MomentId moment);
  Value group_key(const model::MetricCall& call, EntityId entity, std::uint32_t row, MomentId moment);
  const Ranking& ranking(const model::MetricCall& call, model::ExprId id, EntityId entity, MomentId moment);
  void rank_members(std::vector<std::pair<Value, std::uint32_t>>& members, bool lower, Ranking& result) const;

  bool has_all_periods(AggregateId id, const Moment& moment) const;
  static bool reads_native(const model::Policy& policy);
  bool is_native(model::ExprId id) const;
  void note_mixed(model::ExprId at, const Context& context, std::set<value::Currency> currencies);
  std::set<value::Currency> aggregate_currencies(AggregateId id, const Context& context) const;
  std::set<value::Currency> currencies_of_call(const model::MetricCall& call, model::ExprId id, const Context& context);
  Value logical(const model::BinaryExpr& binary, const Context& context);
  Value binary(const model::BinaryExpr& binary, model::ExprId id, const Context& context);
  Value call(const model::CallExpr& call, model::ExprId id, const Context& context);
  Value list(const std::vector<model::ExprId>& items, const Context& context);
  Value range(const model::RangeExpr& range, const Context& context);
  Value lookup(const model::TableLookup& lookup, const Context& context);
  Value subject_field(EntityId entity, const model::FieldPath& path, const Subject& subject) const;
  Value subject_phase(const Context& context);
  Value period_property(model::PeriodProperty property, const Moment& moment) const;
  Value result_field(const model::ResultField& field, const Context& context) const;
  Value working_time(const model::CallExpr& node, const std::vector<Value>& arguments) const;
  Value converted(const model::CallExpr& call, const Context& context);

  using PretendedAggregate = std::tuple<AggregateId, EntityId, std::uint32_t, Window>;

  Memory memory_ = Memory::all_rows;
  bool uses_native_ = false;  // no policy without `native` pays for looking after currencies
  std::map<std::tuple<std::uint32_t, EntityId, std::uint32_t>, MixedCurrencies> mixed_;
  std::map<PretendedAggregate, Value> pretended_;
  std::unordered_map<std::uint64_t, Memo> memos_;
  std::unordered_map<std::uint64_t, Grouping> groupings_;
  std::unordered_map<std::uint64_t, Ranking> rankings_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> populations_;
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint32_t, Value>> totals_;  // by RowGroup::id
  std::unordered_map<std::uint32_t, bool> company_totals_;  // by expression: see totals_over_company
  std::uint32_t next_group_ = 0;
};

}  // namespace kpi::eval
