#include "interpreter/diff/reach.hpp"

#include "interpreter/model/walk.hpp"

namespace kpi::diff {

using model::ExprId;
using model::SourceRef;

namespace {

/// Everything that an expression or declaration reads, directly or through others.
class Collector {
 public:
  explicit Collector(const model::Policy& policy) : policy_(policy) {}
  Reach::Set found;

  void expr(ExprId root) {
    model::walk(policy_, root,
                [&](ExprId, const model::Expr& expr) { std::visit([&](const auto& node) { read(node); }, expr.node); });
  }
  void metric(model::MetricId id) {
    if (!add(ElementKind::metric, id.index)) return;
    expr(policy_.metrics[id.index].value);
    expr(policy_.metrics[id.index].needs);
  }
  void entity(model::EntityId id) {
    if (!add(ElementKind::entity, id.index)) return;
    const model::Entity& declared = policy_.entities[id.index];
    expr(declared.where);
    for (const model::FieldId field : {declared.active_from, declared.active_to}) {
      if (field.valid()) this->field(SourceRef::of(id), field);
    }
    for (const model::FieldId key : declared.key) field(SourceRef::of(id), key);
    if (declared.distinct_source) {
      source(*declared.distinct_source);
      field(*declared.distinct_source, declared.distinct_field);
    }
  }
  void phases(model::EntityId entity_id) {
    for (std::uint32_t i = 0; i < policy_.phases.size(); ++i) {
      if (policy_.phases[i].entity != entity_id || !add(ElementKind::phases, i)) continue;
      for (const model::Phase& phase : policy_.phases[i].phases) expr(phase.when);
    }
  }
  void scorecard(std::uint32_t index) {
    if (!add(ElementKind::scorecard, index)) return;
    const model::Scorecard& card = policy_.scorecards[index];
    subject_ = card.entity;
    entity(card.entity);
    phases(card.entity);
    for (const model::ScorecardRow& row : card.rows) {
      metric(row.metric);
      for (const ExprId target : row.targets) expr(target);
      expr(row.base);
      if (const auto* own = std::get_if<model::CurveId>(&row.curve)) add(ElementKind::curve, own->index);
    }
    for (const model::Gate& gate : card.gates) expr(gate.requires_value);
  }
  void payout(std::uint32_t index) {
    if (!add(ElementKind::payout, index)) return;
    const model::Payout& payout = policy_.payouts[index];
    if (payout.scorecard.valid()) scorecard(payout.scorecard.index);
    subject_ = payout.entity;
    entity(payout.entity);
    for (const ExprId id : {payout.amount, payout.pool, payout.pool_by, payout.prorate, payout.floor, payout.cap,
                            payout.draw, payout.recover, payout.paid_when, payout.budget}) {
      expr(id);
    }
    for (const model::Penalty& penalty : payout.penalties) expr(penalty.amount);
    if (payout.pool_within && !payout.pool_within_company) path(SourceRef::of(payout.entity), *payout.pool_within);
  }
  void alert(std::uint32_t index) {
    if (!add(ElementKind::alert, index)) return;
    subject_ = policy_.alerts[index].entity;
    entity(subject_);
    expr(policy_.alerts[index].when);
  }

 private:
  bool add(ElementKind kind, std::uint32_t index, std::uint32_t field = 0) {
    return found.emplace(kind, index, field).second;
  }

  void source(SourceRef ref) {
    if (!ref.is_events()) {
      entity(ref.entity());
      return;
    }
    if (!add(ElementKind::events, ref.index)) return;
    const model::Events& events = policy_.events[ref.index];
    expr(events.where);
    if (events.time.valid()) field(ref, events.time);
    for (const model::FieldId key : events.key) field(ref, key);
    if (events.zone_field) path(ref, *events.zone_field);
  }
  void field(SourceRef ref, model::FieldId id) {
    const auto kind = ref.is_events() ? ElementKind::events : ElementKind::entity;
    if (!add(kind, ref.index, id.index + 1)) return;
    const model::Field& field = policy_.fields(ref)[id.index];
    expr(field.computed);
    if (field.currency_field.valid()) this->field(ref, field.currency_field);
    if (field.type.kind == value::Kind::number && field.type.unit.money != 0) add(ElementKind::exchange, 0);
  }
  void path(SourceRef ref, const model::FieldPath& path) {
    source(ref);
    const auto step = [&](model::FieldId id) {
      field(ref, id);
      const value::Type& type = policy_.fields(ref)[id.index].type;
      if (type.kind == value::Kind::entity) ref = SourceRef::of(model::EntityId{type.index});
      if (type.kind == value::Kind::event) ref = SourceRef::of(model::EventsId{type.index});
    };
    for (const model::FieldId ref_field : path.refs) step(ref_field);
    if (path.field.valid()) step(path.field);
  }
  void aggregate(model::AggregateId id) {
    const model::Aggregate& aggregate = policy_.aggregates[id.index];
    source(aggregate.source);
    expr(aggregate.value);
    expr(aggregate.filter);
    if (aggregate.at.valid()) field(aggregate.source, aggregate.at);
    if (aggregate.each_inner.valid()) this->aggregate(aggregate.each_inner);
    if (!aggregate.source.is_events()) return;
    // The rows that lead to the subject do so along these references.
    const auto& paths = policy_.events[aggregate.source.index].owner_paths;
    if (const model::FieldPath* owner = paths.to(subject_)) path(aggregate.source, *owner);
    for (std::uint32_t i = 0; i < policy_.exclusions.size(); ++i) exclusion(i, aggregate);
  }
  void exclusion(std::uint32_t index, const model::Aggregate& aggregate) {
    const model::Exclusion& exclusion = policy_.exclusions[index];
    bool applies = false;
    for (const model::EventsId from : exclusion.from) applies = applies || from == aggregate.source.events();
    for (const model::ExclusionId out : aggregate.including) applies = applies && out.index != index;
    if (!applies || !add(ElementKind::exclusion, index)) return;
    for (const ExprId condition : exclusion.conditions) expr(condition);
  }

  template <class Node>
  void read(const Node& node) {
    using N = std::decay_t<Node>;
    if constexpr (std::is_same_v<N, model::ParamRef>) {
      add(ElementKind::param, node.param.index);
    } else if constexpr (std::is_same_v<N, model::RowField> || std::is_same_v<N, model::ColumnSet>) {
      path(node.source, node.path);
    } else if constexpr (std::is_same_v<N, model::RowSelf>) {
      source(node.source);
    } else if constexpr (std::is_same_v<N, model::SubjectField>) {
      path(SourceRef::of(node.entity), node.path);
    } else if constexpr (std::is_same_v<N, model::SubjectSelf>) {
      entity(node.entity);
    } else if constexpr (std::is_same_v<N, model::MetricRef> || std::is_same_v<N, model::ResultField>) {
      metric(node.metric);
    } else if constexpr (std::is_same_v<N, model::AggregateRef>) {
      aggregate(node.aggregate);
    } else if constexpr (std::is_same_v<N, model::MetricCall>) {
      for (const model::GroupKey& key : node.groups) {
        if (key.kind == model::GroupKey::Kind::phase) phases(subject_);
      }
    } else if constexpr (std::is_same_v<N, model::CallExpr>) {
      if (node.calendar.valid()) add(ElementKind::calendar, node.calendar.index);
    } else if constexpr (std::is_same_v<N, model::TableLookup>) {
      if (!add(ElementKind::table, node.table.index)) return;
      for (const auto& row : policy_.tables[node.table.index].rows) expr(row.value);
    } else if constexpr (std::is_same_v<N, model::CurveApply>) {
      add(ElementKind::curve, node.curve.index);
    } else if constexpr (std::is_same_v<N, model::PhaseExpr> || std::is_same_v<N, model::PhaseName>) {
      phases(node.entity);
    }
  }

  const model::Policy& policy_;
  model::EntityId subject_{0};
};

}  // namespace

Reach::Reach(const model::Policy& policy) : policy_(policy) {
  const auto collect = [&](std::size_t count, std::vector<Set>& into, void (Collector::*visit)(std::uint32_t)) {
    for (std::uint32_t i = 0; i < count; ++i) {
      Collector collector(policy);
      (collector.*visit)(i);
      into.push_back(std::move(collector.found));
    }
  };
  collect(policy.scorecards.size(), scorecards_, &Collector::scorecard);
  collect(policy.payouts.size(), payouts_, &Collector::payout);
  collect(policy.alerts.size(), alerts_, &Collector::alert);
  Collector all(policy);
  for (std::uint32_t i = 0; i < policy.metrics.size(); ++i) all.metric({i});
  for (const model::Phases& phases : policy.phases) all.phases(phases.entity);
  read_ = std::move(all.found);
  for (const auto* list : {&scorecards_, &payouts_, &alerts_}) {
    for (const Set& set : *list) read_.insert(set.begin(), set.end());
  }
}

Reach::Results Reach::of(ElementRef element, std::optional<std::uint32_t> field) const {
  const Node node{element.kind, element.index, field ? *field + 1 : 0};
  Results results;
  const auto collect = [&](const std::vector<Set>& sets, const auto& declared, std::vector<std::string>& names) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i].contains(node)) names.push_back(declared[i].named.name);
    }
  };
  collect(scorecards_, policy_.scorecards, results.scorecards);
  collect(payouts_, policy_.payouts, results.payouts);
  collect(alerts_, policy_.alerts, results.alerts);
  return results;
}

bool Reach::is_read(ElementRef element) const { return read_.contains({element.kind, element.index, 0}); }

}  // namespace kpi::diff
