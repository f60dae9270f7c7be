// A policy put together by hand, and a store that answers from a list of amounts, so that evaluation can be tested
// without a parser or a scan.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "interpreter/eval/run/evaluate.hpp"
#include "interpreter/eval/run/evaluator.hpp"

namespace kpi::eval::testing {

using model::ExprId;
using model::MetricId;
using value::NoValueReason;
using value::Number;

inline Number num(const std::string& text) { return *Number::parse(text); }
inline Date day(const std::string& text) { return *Date::parse(text); }
inline value::Period period(const std::string& text) { return *value::Period::parse(text); }

/// Sums of amounts by aggregate, row and day. An aggregate in `no_data` is covered nowhere.
class SmallStore final : public AggregateStore {
 public:
  struct Amount {
    AggregateId aggregate;
    std::uint32_t row = 0;
    Date day;
    Number amount;
  };
  std::map<EntityId, std::vector<EntityRow>> entities;
  std::vector<Amount> amounts;
  std::set<AggregateId> no_data;
  std::vector<ExclusionCount> none;
  EventsInfo info;
  std::optional<value::Instant> latest;

  const std::vector<EntityRow>& rows(EntityId entity) const override {
    static const std::vector<EntityRow> kCompany{{"company", "", {}, {}, {}}};
    return entity.index == 0 ? kCompany : entities.at(entity);
  }
  std::optional<std::uint32_t> find(EntityId entity, std::string_view key) const override {
    for (std::uint32_t row = 0; row < rows(entity).size(); ++row) {
      if (rows(entity)[row].key == key) return row;
    }
    return std::nullopt;
  }
  Value value(AggregateId aggregate, EntityId entity, std::uint32_t row, Window window) const override {
    return sum(aggregate, window, [&](std::uint32_t candidate) { return entity.index == 0 || candidate == row; });
  }
  Value merged(AggregateId aggregate, EntityId, std::span<const std::uint32_t> rows, Window window) const override {
    return sum(aggregate, window,
               [&](std::uint32_t candidate) { return std::find(rows.begin(), rows.end(), candidate) != rows.end(); });
  }
  bool present(EntityId, std::uint32_t row, Window window) const override {
    for (const Amount& amount : amounts) {
      if (amount.row == row && amount.day >= window.start && amount.day < window.end) return true;
    }
    return false;
  }
  const EventsInfo& events(EventsId) const override { return info; }
  const std::vector<ExclusionCount>& exclusions(Window) const override { return none; }
  Cover coverage(model::SourceRef, Window) const override { return Cover::full; }
  std::optional<value::Instant> as_of() const override { return latest; }

 private:
  template <class Belongs>
  Value sum(AggregateId aggregate, Window window, Belongs belongs) const {
    if (no_data.contains(aggregate)) return Value::none(NoValueReason::no_data);
    Number result;
    for (const Amount& amount : amounts) {
      const bool inside = amount.day >= window.start && amount.day < window.end;
      if (amount.aggregate == aggregate && inside && belongs(amount.row)) result += amount.amount;
    }
    return result;
  }
};

/// One entity `host` with fields host_id, team, joined; metrics `sales` (aggregate 0) and `units` (aggregate 1).
class SmallWorld {
 public:
  model::Policy policy;
  SmallStore store;
  static constexpr EntityId kHost{1};
  static constexpr AggregateId kSales{0}, kUnits{1};

  SmallWorld() {
    policy.header.currency = *value::Currency::parse("GBP");
    policy.header.timezone = value::TimeZone::find("Europe/London");
    policy.entities.resize(2);
    policy.entities[0].named.name = "company";
    policy.entities[1].named.name = "host";
    for (const char* name : {"host_id", "team", "joined"}) {
      model::Field field;
      field.named.name = name;
      field.type = value::Type::of(value::Kind::text);
      policy.entities[1].fields.push_back(field);
    }
    policy.events.resize(1);
    policy.events[0].named.name = "orders";
    policy.aggregates.resize(2);
    for (model::Aggregate& aggregate : policy.aggregates) aggregate.source = model::SourceRef::of(EventsId{0});
    metric("sales", aggregate(kSales));
    metric("units", aggregate(kUnits));
  }

  ExprId add(model::ExprNode node, value::Type type = value::Type::number()) {
    policy.exprs.push_back({type, {}, std::move(node)});
    return {static_cast<std::uint32_t>(policy.exprs.size() - 1)};
  }
  ExprId constant(const std::string& number) { return add(model::Constant{num(number)}); }
  ExprId text(const std::string& content) { return add(model::Constant{Value(content)}); }
  ExprId aggregate(AggregateId id) { return add(model::AggregateRef{id}); }
  ExprId ref(MetricId id) { return add(model::MetricRef{id}); }
  ExprId field(std::uint32_t index) { return add(model::SubjectField{kHost, {{}, {index}}}); }
  ExprId op(value::BinaryOp what, ExprId left, ExprId right) { return add(model::BinaryExpr{what, left, right}); }
  ExprId call(model::MetricFunction function, ExprId operand, int count = 1, std::vector<model::GroupKey> groups = {}) {
    model::MetricCall node;
    node.function = function;
    node.operand = operand;
    node.count = count;
    node.groups = std::move(groups);
    return add(std::move(node));
  }
  model::GroupKey by_team() const { return {model::GroupKey::Kind::field, {{}, {1}}}; }
  static model::GroupKey by_company() { return {model::GroupKey::Kind::company, {}}; }

  MetricId metric(const std::string& name, ExprId value, bool lower = false) {
    model::Metric metric;
    metric.named.name = name;
    metric.value = value;
    metric.type = value::Type::number();
    metric.lower_is_better = lower;
    policy.metrics.push_back(metric);
    return {static_cast<std::uint32_t>(policy.metrics.size() - 1)};
  }
  void host(const std::string& key, const std::string& team, const std::string& joined = "2020-01-01",
            const std::string& left = "") {
    EntityRow row{key, key, {Value(key), Value(team), Value(day(joined))}, day(joined), {}};
    if (!left.empty()) row.active_to = day(left);
    store.entities[kHost].push_back(row);
  }
  void sale(std::uint32_t row, const std::string& on, const std::string& amount, AggregateId aggregate = kSales) {
    store.amounts.push_back({aggregate, row, day(on), num(amount)});
  }
  model::Scorecard& scorecard(const std::string& name, std::vector<model::ScorecardRow> rows) {
    model::Scorecard card;
    card.named.name = name;
    card.entity = kHost;
    card.has_table = !rows.empty();
    card.rows = std::move(rows);
    return policy.scorecards.emplace_back(std::move(card));
  }
  static model::ScorecardRow row(MetricId metric, const std::string& weight, ExprId target) {
    model::ScorecardRow row;
    row.metric = metric;
    row.weights = {num(weight)};
    row.targets = {target};
    return row;
  }
  model::Payout& payout(const std::string& name, ExprId amount, std::optional<std::uint32_t> scorecard = {}) {
    model::Payout payout;
    payout.named.name = name;
    payout.entity = kHost;
    payout.amount = amount;
    payout.currency = policy.header.currency;
    if (scorecard) payout.scorecard = {*scorecard};
    return policy.payouts.emplace_back(std::move(payout));
  }

  source::Diagnostics diagnostics;
  Outcome run(const std::string& periods, RunRequest request = {}) {
    request.periods = *value::parse_periods(periods);
    Plan plan(policy, request, diagnostics);
    if (diagnostics.has_errors()) return {};
    return evaluate(policy, request, plan, store, diagnostics);
  }
  /// The value of a metric for a row in a month, as text; its reason in brackets when it has none.
  std::string show(MetricId id, std::uint32_t row, const std::string& in) {
    MomentTable moments;
    Evaluator evaluator(policy, store, moments);
    const MomentId moment = moments.intern(base_moment(period(in), model::Population::active));
    return show(evaluator.metric(id, {kHost, row, nullptr}, moment));
  }
  static std::string show(const Value& value) {
    return value.has_value() ? value::to_string(value) : "(" + value::reason_text(value.reason()) + ")";
  }
};

}  // namespace kpi::eval::testing
