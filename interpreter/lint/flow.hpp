// Data flow: what the parts of a policy read, through metric definitions of any depth, references between sources and
// computed fields. Worked out once for each metric and formula.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::lint {

/// In the order of the words of the set `construct` in rule_properties.def.
enum class Construct : std::uint8_t {
  previous,
  year_ago,
  at_period,
  rolling,
  to_date,
  lifetime,
  total,
  share,
  rank,
  percentile_rank,
  lookup,
  correlation,
  choice,
  curve,
  table,
  phase,
  score,
  native,
  convert,
  calendar,
  age,
  active_days,
  distinct,
  percentile,
  result,
  param,
  each,
};

using FieldRef = std::pair<model::SourceRef, model::FieldId>;

struct Flow {
  std::set<std::uint32_t> aggregates, metrics;
  std::set<FieldRef> fields;    // read as a value, in a filter or as a group
  std::set<FieldRef> filtered;  // those among them that stand in a filter
  std::set<model::SourceRef> sources;
  std::uint32_t constructs = 0;  // a bit for each Construct

  void add(Construct construct) { constructs |= 1U << static_cast<unsigned>(construct); }
  bool has(Construct construct) const { return (constructs >> static_cast<unsigned>(construct)) & 1U; }
  void merge(const Flow& other);
};

/// How something changes when an input grows.
enum class Direction : std::uint8_t { none, up, down, mixed };
Direction both(Direction a, Direction b);
Direction flipped(Direction a);

/// Fields of orders that hold what was given back: their names speak of refunds, returns or cancellations.
bool is_refund_name(std::string_view name);
/// The text with A to Z in small letters.
std::string small_letters(std::string_view text);
/// Contains, whatever the capitals (letters outside ASCII as they are).
bool contains_word(std::string_view text, std::string_view word);

class DataFlow {
 public:
  explicit DataFlow(const model::Policy& policy) : policy_(policy) {}

  const Flow& metric(model::MetricId id);
  /// `card`: whose score and results the formula means, if any.
  const Flow& formula(model::ExprId id, model::ScorecardId card = {});
  const Flow& scorecard(model::ScorecardId id);
  Flow row(const model::ScorecardRow& row);
  Flow exclusion(const model::Exclusion& exclusion);
  const Flow& payout(model::PayoutId id);
  const Flow& alert(model::AlertId id);

  /// Everything by which a payout's amount is found; its base is not.
  std::vector<model::ExprId> formulas(const model::Payout& payout) const;
  /// Whether one of these formulas uses `score` or `result(…)`, so that the scorecard's rows decide the pay.
  bool uses_scorecard(model::PayoutId id);
  /// Metrics that stand in the formula itself.
  std::set<std::uint32_t> direct_metrics(model::ExprId id) const;

  /// What grows: a metric, or the sums and counts over events of a role.
  struct Input {
    std::optional<model::MetricId> metric;
    std::string role;
  };
  Direction direction(model::ExprId id, const Input& input, model::ScorecardId card = {});
  Direction direction(const model::Scorecard& card, const Input& input);
  Direction direction(const model::ScorecardRow& row, const Input& input);
  Direction direction(const model::Payout& payout, const Input& input);

  /// The value of a number that reads nothing.
  std::optional<value::Number> constant(model::ExprId id) const;

  /// Data of the role: rows of such events, or, for refunds, fields of orders that are named like them.
  bool reads_role(const Flow& flow, std::string_view role) const;
  bool is_of_role(const model::Aggregate& aggregate, std::string_view role);
  /// Rows of an exclusion of this kind never reach the aggregate.
  bool excludes(const model::Aggregate& aggregate, std::string_view kind) const;
  bool excludes(model::EventsId events, std::string_view kind, const std::vector<model::ExclusionId>& including) const;

 private:
  void walk(model::ExprId id, Flow& flow, bool filter, model::ScorecardId card);
  void read_aggregate(model::AggregateId id, Flow& flow);
  void read_path(model::SourceRef source, const model::FieldPath& path, Flow& flow, bool filter);
  void read_field(model::SourceRef source, model::FieldId field, Flow& flow, bool filter);
  void look_for_refunds(model::ExprId id, bool& refunds, bool& others);
  Direction aggregate_direction(const model::Aggregate& aggregate, const Input& input);
  Direction row_direction(model::ExprId id, std::string_view role) const;
  Direction through_curve(Direction inner, const model::Curve& curve) const;
  Direction equality(Direction left, Direction right, value::BinaryOp op, model::ExprId right_side,
                     model::ExprId left_side) const;

  const model::Policy& policy_;
  std::map<std::uint32_t, Flow> metrics_, scorecards_, payouts_, alerts_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Flow> formulas_;
  std::set<std::uint32_t> open_metrics_;  // being worked out: a cycle was reported by the binder
  std::set<FieldRef> open_fields_;
};

/// Values do not decrease from one point to the next; for brackets, no rate is negative.
bool ascends(const model::Curve& curve);
bool descends(const model::Curve& curve);

}  // namespace kpi::lint
