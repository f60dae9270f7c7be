// From the model to the graph: what a score and a payout of one entity are as functions of the entity's aggregates and
// fields. Missing values become truth values beside the numbers, so that "no value", "unscored" and "sample too small"
// are cases like any other. The semantics are those of eval/run; a property test compares the two.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

using model::AggregateId;
using model::EntityId;
using model::ExprId;
using model::MetricId;
using model::PayoutId;
using model::ScorecardId;

/// A number that may have no value. Where `defined` is false, `value` means nothing.
struct Scalar {
  NodeId value = kNoNode, defined = kNoNode;
};
/// A three-valued condition: neither `yes` nor `no` holds when it cannot be decided.
struct Condition {
  NodeId yes = kNoNode, no = kNoNode;
};
/// The periods that aggregates read: offset 0 is the analysed period, 1 the one before.
struct Moment {
  std::vector<std::int32_t> offsets{0};
  bool history = false;  // and everything before them
  std::int32_t first() const { return offsets.front(); }
  std::string key() const;
  bool is_now() const { return offsets.size() == 1 && offsets.front() == 0 && !history; }
};

/// What a payout (or a scorecard alone) is in the graph, for the period `offset`.
struct PayGraph {
  NodeId pay = kNoNode;             // before the last rounding; 0 where there is no amount
  NodeId amount = kNoNode;          // rounded as paid; 0 where there is none
  NodeId paid = kNoNode;            // truth: there is an amount
  Scalar score;                     // of the scorecard, after gates
  NodeId base = kNoNode;            // contract pay, 0 if not declared
  NodeId base_penalties = kNoNode;  // sum of penalties `from base`
  bool pool = false;                // the share depends on others: `pay` is an opaque amount
  NodeId earned = kNoNode;          // what counts as gained: `pay`, with `cap … carry` what lies above the cap too
  NodeId earned_amount = kNoNode;   // rounded as paid
  std::optional<Number> draw;       // at least this is paid, and owed
  /// Balances that earlier periods leave are not followed: nothing is certain about pay, or about what is gained.
  bool open_pay = false, open_gain = false;
};

/// The day from which ages are counted and the period that witnesses lie in: the second whole one inside the effective
/// dates and behind the trial, or the first, where there is no second.
value::Period analysed_period(const model::Policy& policy, value::CalendarUnit every);

class Builder {
 public:
  Builder(const model::Policy& policy, Graph& graph, EntityId entity, value::Period period, bool cut_metrics = false);

  PayGraph payout(PayoutId id, std::int32_t offset = 0);
  /// `pay` and `amount` are the score here.
  PayGraph scorecard(ScorecardId id, std::int32_t offset = 0);
  /// `pay` is 1 when the condition holds, and 0 otherwise.
  PayGraph alert(model::AlertId id);
  Scalar metric(MetricId id, const Moment& moment);
  Scalar number(ExprId id, const Moment& moment);
  Condition condition(ExprId id, const Moment& moment);
  /// The node of each metric that was met in the analysed period.
  const std::map<MetricId, Scalar>& metrics() const { return metrics_now_; }
  /// Facts of the model that were assumed on the way, as keys of words: see AssumptionId.
  const std::set<std::string>& assumptions() const { return assumptions_; }

  void assume(const std::string& key) { assumptions_.insert(key); }

  /// Whether the entity is in this phase, in the analysed period; false where it is in none.
  NodeId in_phase(std::uint32_t index) { return phase_is(index, Moment{}); }

  /// A value of a row: `fields` gives the values of fields of the row (by path text), others are free inputs.
  using RowFields = std::map<std::string, Scalar>;
  Scalar row_number(ExprId id, model::SourceRef source, const RowFields& fields, const std::string& free_prefix);
  /// Interval of a numeric field in rows of this source.
  Interval field_range(model::SourceRef source, const model::FieldPath& path) const;
  Interval row_interval(ExprId id) const;
  std::optional<Number> grain(const model::Field& field) const;
  /// The sum of a field over all rows of the analysed period that no exclusion takes out.
  NodeId total_of(model::EventsId events, model::FieldId field);

  const model::Policy& policy() const { return policy_; }
  Graph& graph() { return graph_; }
  value::Period period() const { return period_; }
  EntityId entity() const { return entity_; }

 private:
  // build_expr.cpp
  Scalar number_of(const model::Expr& expr, ExprId id, const Moment& moment);
  Scalar binary(const model::BinaryExpr& node, const Moment& moment);
  Scalar call(const model::CallExpr& node, const model::Expr& expr, ExprId id, const Moment& moment);
  Scalar metric_call(const model::MetricCall& call, ExprId id, const Moment& moment);
  Scalar lookup(const model::TableLookup& node, const Moment& moment);
  Scalar subject_field(const model::SubjectField& node, const model::Expr& expr);
  Scalar apply_curve(const model::Curve& curve, const Scalar& argument);
  Scalar result_field(const model::ResultField& field);
  NodeId carried_in(PayoutId id, std::int32_t offset);
  void balances(const model::Payout& payout, const Moment& moment, PayGraph& result);
  Scalar opaque(ExprId id, const Moment& moment);
  void made_of(Input& input, EventsRead reads, const Moment& moment) const;
  Scalar place_among_others(const model::MetricCall& call, ExprId id, const Moment& moment);
  Scalar over_everybody(const model::MetricCall& call, ExprId id, const Moment& moment);
  std::optional<std::int32_t> periods_to_year_ago(const Moment& moment) const;
  Scalar cut(MetricId id, const Scalar& whole, const Moment& moment);
  NodeId rate(value::Currency currency, const Moment& moment);
  NodeId not_zero(NodeId divisor);
  NodeId not_empty(NodeId count);
  Scalar constant(const Number& value) { return {graph_.constant(value), graph_.truth(true)}; }
  Scalar nothing() { return {graph_.constant(Number(0)), graph_.truth(false)}; }
  Scalar choose(const Condition& condition, const Scalar& then_value, const Scalar& else_value);
  // build_condition.cpp
  Condition condition_of(const model::Expr& expr, ExprId id, const Moment& moment);
  Condition comparison(const model::BinaryExpr& node, ExprId id, const Moment& moment);
  std::optional<Condition> months_since(const model::BinaryExpr& node, const Moment& moment);
  Condition membership(const model::InExpr& node, ExprId id, const Moment& moment);
  Condition compared(value::BinaryOp op, const Scalar& left, const Scalar& right);
  std::optional<Scalar> category(ExprId id, const Moment& moment, const value::Value& other);
  std::optional<value::Value> constant_value(ExprId id) const;
  Condition opaque_condition(ExprId id, const Moment& moment);
  Condition decided(NodeId truth) { return {truth, graph_.negate(truth)}; }
  Condition both(const Condition& a, const Condition& b);
  Condition either(const Condition& a, const Condition& b);
  NodeId phase_is(std::uint32_t index, const Moment& moment);
  NodeId phase_known(const Moment& moment);
  std::vector<Condition> phase_conditions(const Moment& moment);
  Condition matches(const model::Pattern& pattern, ExprId argument, const Moment& moment);
  // build_rows.cpp
  Scalar aggregate(AggregateId id, const Moment& moment);
  NodeId rows(const model::Aggregate& aggregate, const Moment& moment);
  bool is_only_key(const model::Aggregate& aggregate) const;
  NodeId total(const model::Aggregate& aggregate, const Moment& moment);
  std::uint32_t group(const model::Aggregate& aggregate, std::int32_t offset, bool history);
  bool is_daily(model::SourceRef source) const;
  NodeId present(model::Population population, const Moment& moment);
  NodeId pool_share(NodeId pool, NodeId measure, const std::string& key);
  void refunds_stay_below(const Input& added, NodeId node);
  void relate(std::uint32_t group);
  NodeId total_input(std::uint32_t group, const model::FieldPath& path, ExprId value, const std::string& text);
  struct LinearRow {
    struct Term {
      model::FieldPath path;
      Number factor;
      ExprId value;
    };
    std::map<std::string, Term> terms;
    Number constant;
  };
  bool linear(ExprId id, const Number& factor, LinearRow& row) const;
  void narrow(model::ExprId condition, const model::FieldPath& path, Interval& range) const;
  // build_payout.cpp
  struct Row {
    Scalar actual, target, attainment, points, weight;
  };
  struct Card {
    Scalar score;
    NodeId ungated = kNoNode;
    std::map<MetricId, Row> rows;
  };
  const Card& card(ScorecardId id, std::int32_t offset);
  Scalar attainment(const model::ScorecardRow& row, const Scalar& actual, const Scalar& target, const Scalar& base);
  Scalar points(const model::ScorecardRow& row, const Scalar& actual, const Scalar& target, const Scalar& attainment);
  template <class Entries, class Make>
  Scalar by_phase(const Entries& entries, const Moment& moment, Make make);
  NodeId choose_weights(const model::Scorecard& card, const std::vector<Row>& rows, NodeId& scored,
                        const Moment& moment);

  const model::Policy& policy_;
  Graph& graph_;
  EntityId entity_;
  value::Period period_;
  bool cut_metrics_ = false;
  int depth_ = 0;  // inside the definition of a metric
  std::map<std::pair<std::uint32_t, std::string>, Scalar> metrics_;
  std::map<MetricId, Scalar> metrics_now_;
  std::map<std::pair<std::uint32_t, std::int32_t>, Card> cards_;
  std::map<std::pair<std::uint32_t, std::string>, NodeId> aggregates_;
  const Card* current_card_ = nullptr;  // for `score` and result(m)
  std::int32_t current_offset_ = 0;
  std::set<std::string> assumptions_;
};

}  // namespace kpi::prove
