#include "interpreter/driver/data_check.hpp"

#include <utility>

#include "interpreter/model/walk.hpp"

namespace kpi::driver {
namespace {

using model::Aggregate;
using model::ExprId;
using model::FieldId;
using model::Policy;
using model::SourceRef;

class Reader {
 public:
  explicit Reader(const Policy& bound) : policy_(bound) {}

  void metric(model::MetricId id) {
    if (!metrics_.insert(id.index).second) return;
    expression(policy_.metrics[id.index].value);
    expression(policy_.metrics[id.index].needs);
  }

  std::set<FieldUse> take() { return std::move(uses_); }

 private:
  void expression(ExprId root) {
    model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
      if (const auto* field = std::get_if<model::RowField>(&expr.node)) path(field->source, field->path);
      if (const auto* field = std::get_if<model::SubjectField>(&expr.node))
        path(SourceRef::of(field->entity), field->path);
      if (const auto* column = std::get_if<model::ColumnSet>(&expr.node)) path(column->source, column->path);
      if (const auto* reference = std::get_if<model::AggregateRef>(&expr.node)) aggregate(reference->aggregate);
      if (const auto* reference = std::get_if<model::MetricRef>(&expr.node)) metric(reference->metric);
    });
  }

  void aggregate(model::AggregateId id) {
    if (!aggregates_.insert(id.index).second) return;
    const Aggregate& declared = policy_.aggregates[id.index];
    if (declared.each_inner.valid()) aggregate(declared.each_inner);
    source(declared.source);
    expression(declared.value);
    expression(declared.filter);
    if (declared.at.valid()) field(declared.source, declared.at);
  }

  /// What reading any row of the source needs: its key, time, filter, exclusions, and the way to its owners.
  void source(SourceRef ref) {
    if (!sources_.insert(ref).second) return;
    if (!ref.is_events()) {
      const model::Entity& entity = policy_.entities[ref.index];
      for (const FieldId key : entity.key) field(ref, key);
      expression(entity.where);
      if (entity.is_distinct()) field(*entity.distinct_source, entity.distinct_field);
      return;
    }
    const model::Events& events = policy_.events[ref.index];
    for (const FieldId key : events.key) field(ref, key);
    if (events.time.valid()) field(ref, events.time);
    expression(events.where);
    for (const auto& owner : events.owner_paths) path(ref, owner.second);
    for (const model::Exclusion& exclusion : policy_.exclusions) {
      for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
        if (exclusion.from[i] == ref.events()) expression(exclusion.conditions[i]);
      }
    }
  }

  void path(SourceRef at, const model::FieldPath& path) {
    for (const FieldId reference : path.refs) {
      field(at, reference);
      at = target(at, reference);
      source(at);
    }
    if (path.field.valid()) field(at, path.field);
  }

  SourceRef target(SourceRef at, FieldId reference) const {
    const value::Type& type = policy_.fields(at)[reference.index].type;
    return {type.kind == value::Kind::event ? SourceRef::Kind::events : SourceRef::Kind::entity, type.index};
  }

  void field(SourceRef at, FieldId id) {
    if (!uses_.insert({at, id}).second) return;
    const model::Field& declared = policy_.fields(at)[id.index];
    expression(declared.computed);
    if (declared.currency_field.valid()) field(at, declared.currency_field);
    const bool refers = declared.type.kind == value::Kind::entity || declared.type.kind == value::Kind::event;
    if (refers) source(target(at, id));
  }

  const Policy& policy_;
  std::set<std::uint32_t> metrics_, aggregates_;
  std::set<SourceRef> sources_;
  std::set<FieldUse> uses_;
};

}  // namespace

void aggregates_read(const Policy& policy, model::MetricId id, std::set<model::AggregateId>& found) {
  std::set<std::uint32_t> metrics;
  bool phases = false;
  const auto read = [&](auto self, ExprId root) -> void {
    model::walk(policy, root, [&](ExprId, const model::Expr& expr) {
      if (const auto* reference = std::get_if<model::AggregateRef>(&expr.node)) found.insert(reference->aggregate);
      if (const auto* lookup = std::get_if<model::TableLookup>(&expr.node)) {
        for (const auto& row : policy.tables[lookup->table.index].rows) self(self, row.value);
      }
      if (const auto* phase = std::get_if<model::PhaseExpr>(&expr.node); phase && !std::exchange(phases, true)) {
        if (const model::Phases* declared = policy.phases_of(phase->entity)) {
          for (const model::Phase& one : declared->phases) self(self, one.when);
        }
      }
      const auto* metric = std::get_if<model::MetricRef>(&expr.node);
      if (metric == nullptr || !metrics.insert(metric->metric.index).second) return;
      self(self, policy.metrics[metric->metric.index].value);
      self(self, policy.metrics[metric->metric.index].needs);
    });
  };
  read(read, policy.metrics[id.index].value);
  read(read, policy.metrics[id.index].needs);
}

std::set<FieldUse> fields_read(const Policy& policy, model::MetricId metric) {
  Reader reader(policy);
  reader.metric(metric);
  return reader.take();
}

}  // namespace kpi::driver
