#include "interpreter/prove/reads.hpp"

#include <algorithm>

#include "interpreter/model/walk.hpp"

namespace kpi::prove {
namespace {

using namespace model;

class Collector {
 public:
  explicit Collector(const Policy& policy_, EntityId subject_ = {}) : policy(policy_), subject(subject_) {}

  void expression(ExprId id) {
    walk(policy, id, [&](ExprId, const Expr& expr) { std::visit([&](const auto& node) { visit(node); }, expr.node); });
  }

  void aggregate(AggregateId id) {
    if (!aggregates.insert(id.index).second) return;
    const Aggregate& of = policy.aggregates[id.index];
    if (of.source.is_events()) events(of.source.index);
    expression(of.value);
    expression(of.filter);
    if (of.each_inner.valid()) aggregate(of.each_inner);
  }

  void rows(SourceRef source, ExprId filter, const FieldPath& at) {
    if (source.is_events()) events(source.index);
    expression(filter);
    if (!at.refs.empty()) path(source, at);
  }

  EventsRead result;

 private:
  template <class Node>
  void visit(const Node&) {}
  void visit(const MetricRef& node) { metric(node.metric); }
  void visit(const AggregateRef& node) { aggregate(node.aggregate); }
  void visit(const ColumnSet& node) {
    if (node.source.is_events()) events(node.source.index);
    path(node.source, node.path);
  }
  void visit(const RowField& node) { path(node.source, node.path); }
  void visit(const SubjectField& node) { path(SourceRef::of(node.entity), node.path); }
  void visit(const TableLookup& node) {
    if (!tables.insert(node.table.index).second) return;
    for (const auto& row : policy.tables[node.table.index].rows) expression(row.value);
  }
  void visit(const PhaseExpr& node) {
    if (!entities.insert(node.entity.index).second) return;
    for (const Phases& of : policy.phases) {
      if (of.entity != node.entity) continue;
      for (const Phase& phase : of.phases) expression(phase.when);
    }
  }
  void visit(const ResultField& node) {
    metric(node.metric);
    score();
  }
  void visit(const ScoreExpr&) { score(); }
  void visit(const MetricCall& node) {
    using Function = MetricFunction;
    const bool same = node.function == Function::total || node.function == Function::share ||
                      node.function == Function::rank || node.function == Function::percentile_rank;
    if (!same) result.other_periods = true;
    const auto by_phase = [](const GroupKey& key) { return key.kind == GroupKey::Kind::phase; };
    if (std::any_of(node.groups.begin(), node.groups.end(), by_phase)) phases();
    for (const GroupKey& key : node.groups) {
      if (subject.valid() && key.kind == GroupKey::Kind::field) path(SourceRef::of(subject), key.field);
    }
  }

  void metric(MetricId id) {
    if (!result.metrics.insert(id.index).second) return;
    expression(policy.metrics[id.index].value);
    expression(policy.metrics[id.index].needs);
  }

  /// Which scorecard is meant depends on the payout; all of them are an upper bound.
  void score() {
    if (scored) return;
    scored = true;
    for (const Scorecard& card : policy.scorecards) {
      for (const ScorecardRow& row : card.rows) {
        metric(row.metric);
        for (const ExprId target : row.targets) expression(target);
        expression(row.base);
      }
      for (const Gate& gate : card.gates) expression(gate.requires_value);
    }
    phases();
  }

  void phases() {
    if (phased) return;
    phased = true;
    for (const Phases& of : policy.phases) {
      for (const Phase& phase : of.phases) expression(phase.when);
    }
  }

  void path(SourceRef source, const FieldPath& at) {
    for (const FieldId ref : at.refs) {
      const Field& field = policy.fields(source)[ref.index];
      note(source, ref);
      if (field.type.kind != value::Kind::event) {
        source = SourceRef::of(EntityId{field.type.index});
        continue;
      }
      source = SourceRef::of(EventsId{field.type.index});
      events(source.index);
    }
    if (!at.field.valid()) return;
    note(source, at.field);
    const ExprId computed = policy.fields(source)[at.field.index].computed;
    if (computed.valid() && fields.emplace(source, at.field.index).second) expression(computed);
  }

  void note(SourceRef source, FieldId field) {
    (source.is_events() ? result.fields : result.of_entities).emplace(source.index, field.index);
  }

  void events(std::uint32_t index) {
    if (!result.events.insert(index).second) return;
    expression(policy.events[index].where);
    // Rows are excluded with the rows that they refer to.
    for (const Field& field : policy.events[index].fields) {
      if (field.type.kind == value::Kind::event) events(field.type.index);
    }
    for (const Exclusion& exclusion : policy.exclusions) {
      for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
        if (exclusion.from[i].index == index) expression(exclusion.conditions[i]);
      }
    }
  }

  const Policy& policy;
  EntityId subject;
  std::set<std::uint32_t> aggregates, tables, entities;
  std::set<std::pair<SourceRef, std::uint32_t>> fields;
  bool scored = false, phased = false;
};

bool is_constant(const Policy& policy, ExprId id) {
  const ExprNode& node = policy.expr(id).node;
  return std::holds_alternative<Constant>(node) || std::holds_alternative<ParamRef>(node);
}

}  // namespace

EventsRead events_read(const Policy& policy, ExprId expr, EntityId subject) {
  Collector collector(policy, subject);
  collector.expression(expr);
  return std::move(collector.result);
}

EventsRead events_read(const Policy& policy, AggregateId aggregate) {
  Collector collector(policy);
  collector.aggregate(aggregate);
  return std::move(collector.result);
}

bool is_additive(const Policy& policy, ExprId id) {
  const ExprNode& node = policy.expr(id).node;
  if (const auto* metric = std::get_if<MetricRef>(&node)) {
    const Metric& of = policy.metrics[metric->metric.index];
    return !of.needs.valid() && is_additive(policy, of.value);
  }
  if (const auto* of = std::get_if<AggregateRef>(&node)) {
    const Aggregate& aggregate = policy.aggregates[of->aggregate.index];
    const auto function = aggregate.function;
    return !aggregate.each_inner.valid() &&
           (function == AggregateFunction::sum || function == AggregateFunction::count);
  }
  if (const auto* unary = std::get_if<UnaryExpr>(&node))
    return unary->op == value::UnaryOp::negate && is_additive(policy, unary->operand);
  const auto* binary = std::get_if<BinaryExpr>(&node);
  if (binary == nullptr) return false;
  switch (binary->op) {
    case value::BinaryOp::add:
    case value::BinaryOp::subtract:
      return is_additive(policy, binary->left) && is_additive(policy, binary->right);
    case value::BinaryOp::multiply:
      return (is_constant(policy, binary->left) && is_additive(policy, binary->right)) ||
             (is_constant(policy, binary->right) && is_additive(policy, binary->left));
    case value::BinaryOp::divide:
      return is_constant(policy, binary->right) && is_additive(policy, binary->left);
    default:
      return false;
  }
}

EventsRead rows_read(const Policy& policy, SourceRef source, ExprId filter, const FieldPath& path) {
  Collector collector(policy);
  collector.rows(source, filter, path);
  return std::move(collector.result);
}

}  // namespace kpi::prove
