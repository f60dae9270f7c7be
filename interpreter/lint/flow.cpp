#include "interpreter/lint/flow.hpp"

#include <algorithm>

#include "interpreter/model/field_names.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::lint {

using model::AggregateFunction;
using model::ExprId;
using model::SourceRef;

void Flow::merge(const Flow& other) {
  aggregates.insert(other.aggregates.begin(), other.aggregates.end());
  metrics.insert(other.metrics.begin(), other.metrics.end());
  fields.insert(other.fields.begin(), other.fields.end());
  filtered.insert(other.filtered.begin(), other.filtered.end());
  sources.insert(other.sources.begin(), other.sources.end());
  constructs |= other.constructs;
}

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Construct construct_of(model::MetricFunction function) {
  return static_cast<Construct>(static_cast<int>(function));  // the same order
}

}  // namespace

std::string small_letters(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool contains_word(std::string_view text, std::string_view word) { return model::contains_word(text, word); }
bool is_refund_name(std::string_view name) { return model::is_refund_name(name); }

// ---- what is read ---------------------------------------------------------------------------------------------------

const Flow& DataFlow::metric(model::MetricId id) {
  const auto [at, created] = metrics_.try_emplace(id.index);
  if (!created || open_metrics_.contains(id.index)) return at->second;
  open_metrics_.insert(id.index);
  Flow flow;
  const model::Metric& metric = policy_.metrics[id.index];
  walk(metric.value, flow, false, {});
  walk(metric.needs, flow, false, {});
  open_metrics_.erase(id.index);
  return metrics_[id.index] = std::move(flow);
}

const Flow& DataFlow::formula(ExprId id, model::ScorecardId card) {
  const auto [at, created] = formulas_.try_emplace({id.index, card.index});
  if (!created) return at->second;
  Flow flow;
  walk(id, flow, false, card);
  return formulas_[{id.index, card.index}] = std::move(flow);
}

Flow DataFlow::row(const model::ScorecardRow& row) {
  Flow flow;
  if (row.metric.valid()) {
    flow.metrics.insert(row.metric.index);
    flow.merge(metric(row.metric));
  }
  for (const ExprId target : row.targets) walk(target, flow, false, {});
  walk(row.base, flow, false, {});
  if (std::holds_alternative<model::CurveId>(row.curve)) flow.add(Construct::curve);
  return flow;
}

const Flow& DataFlow::scorecard(model::ScorecardId id) {
  const auto [at, created] = scorecards_.try_emplace(id.index);
  if (!created) return at->second;
  Flow flow;
  const model::Scorecard& card = policy_.scorecards[id.index];
  for (const auto& row : card.rows) {
    const bool counts =
        std::any_of(row.weights.begin(), row.weights.end(), [](const auto& weight) { return !weight.is_zero(); });
    if (counts) flow.merge(this->row(row));
  }
  for (const auto& gate : card.gates) walk(gate.requires_value, flow, false, {});
  if (card.phase_columns) flow.add(Construct::phase);
  return scorecards_[id.index] = std::move(flow);
}

Flow DataFlow::exclusion(const model::Exclusion& exclusion) {
  Flow flow;
  for (const ExprId condition : exclusion.conditions) walk(condition, flow, true, {});
  return flow;
}

std::vector<ExprId> DataFlow::formulas(const model::Payout& payout) const {
  std::vector<ExprId> result = {payout.amount, payout.pool, payout.pool_by, payout.prorate,   payout.floor,
                                payout.cap,    payout.draw, payout.recover, payout.paid_when, payout.budget};
  for (const auto& penalty : payout.penalties) result.push_back(penalty.amount);
  std::erase_if(result, [](ExprId id) { return !id.valid(); });
  return result;
}

const Flow& DataFlow::payout(model::PayoutId id) {
  const auto [at, created] = payouts_.try_emplace(id.index);
  if (!created) return at->second;
  Flow flow;
  const model::Payout& payout = policy_.payouts[id.index];
  for (const ExprId formula : formulas(payout)) walk(formula, flow, false, payout.scorecard);
  return payouts_[id.index] = std::move(flow);
}

bool DataFlow::uses_scorecard(model::PayoutId id) {
  const Flow& flow = payout(id);
  return policy_.payouts[id.index].scorecard.valid() && (flow.has(Construct::score) || flow.has(Construct::result));
}

const Flow& DataFlow::alert(model::AlertId id) {
  const auto [at, created] = alerts_.try_emplace(id.index);
  if (!created) return at->second;
  Flow flow;
  walk(policy_.alerts[id.index].when, flow, false, {});
  return alerts_[id.index] = std::move(flow);
}

std::set<std::uint32_t> DataFlow::direct_metrics(ExprId id) const {
  std::set<std::uint32_t> result;
  model::walk(policy_, id, [&](ExprId, const model::Expr& expr) {
    if (const auto* ref = std::get_if<model::MetricRef>(&expr.node)) result.insert(ref->metric.index);
    if (const auto* ref = std::get_if<model::ResultField>(&expr.node)) result.insert(ref->metric.index);
  });
  return result;
}

void DataFlow::walk(ExprId id, Flow& flow, bool filter, model::ScorecardId card) {
  if (!id.valid()) return;
  const model::Expr& expr = policy_.expr(id);
  model::for_each_operand(expr.node, [&](ExprId operand) { walk(operand, flow, filter, card); });
  std::visit(
      [&](const auto& node) {
        using N = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<N, model::MetricRef>) {
          flow.metrics.insert(node.metric.index);
          flow.merge(metric(node.metric));
        } else if constexpr (std::is_same_v<N, model::ResultField>) {
          flow.add(Construct::result);
          flow.metrics.insert(node.metric.index);
          flow.merge(metric(node.metric));
          if (card.valid()) flow.merge(scorecard(card));
        } else if constexpr (std::is_same_v<N, model::ScoreExpr>) {
          flow.add(Construct::score);
          if (card.valid()) flow.merge(scorecard(card));
        } else if constexpr (std::is_same_v<N, model::AggregateRef>) {
          read_aggregate(node.aggregate, flow);
        } else if constexpr (std::is_same_v<N, model::RowField>) {
          if (node.depth > 0) flow.add(Construct::correlation);
          read_path(node.source, node.path, flow, filter);
        } else if constexpr (std::is_same_v<N, model::ColumnSet>) {
          flow.add(Construct::lookup);
          read_path(node.source, node.path, flow, filter);
        } else if constexpr (std::is_same_v<N, model::SubjectField>) {
          read_path(SourceRef::of(node.entity), node.path, flow, filter);
        } else if constexpr (std::is_same_v<N, model::MetricCall>) {
          flow.add(construct_of(node.function));
          for (const auto& group : node.groups) {
            if (group.kind == model::GroupKey::Kind::phase) flow.add(Construct::phase);
          }
        } else if constexpr (std::is_same_v<N, model::IfExpr>) {
          flow.add(Construct::choice);
        } else if constexpr (std::is_same_v<N, model::CurveApply>) {
          flow.add(Construct::curve);
        } else if constexpr (std::is_same_v<N, model::TableLookup>) {
          flow.add(Construct::table);
          for (const auto& row : policy_.tables[node.table.index].rows) walk(row.value, flow, filter, card);
        } else if constexpr (std::is_same_v<N, model::PhaseExpr>) {
          flow.add(Construct::phase);
        } else if constexpr (std::is_same_v<N, model::ActiveDays>) {
          flow.add(Construct::active_days);
        } else if constexpr (std::is_same_v<N, model::ParamRef>) {
          flow.add(Construct::param);
        } else if constexpr (std::is_same_v<N, model::CallExpr>) {
          if (node.function == model::Builtin::native) flow.add(Construct::native);
          if (node.function == model::Builtin::convert) flow.add(Construct::convert);
          if (node.function == model::Builtin::elapsed) flow.add(Construct::calendar);
          if (node.function == model::Builtin::age || node.function == model::Builtin::months_since)
            flow.add(Construct::age);
        }
      },
      expr.node);
}

void DataFlow::read_aggregate(model::AggregateId id, Flow& flow) {
  if (!flow.aggregates.insert(id.index).second) return;
  const model::Aggregate& aggregate = policy_.aggregates[id.index];
  flow.sources.insert(aggregate.source);
  if (aggregate.function == AggregateFunction::distinct) flow.add(Construct::distinct);
  if (aggregate.function == AggregateFunction::percentile || aggregate.function == AggregateFunction::median)
    flow.add(Construct::percentile);
  if (aggregate.each_inner.valid()) {
    flow.add(Construct::each);
    read_aggregate(aggregate.each_inner, flow);
  }
  walk(aggregate.value, flow, false, {});
  walk(aggregate.filter, flow, true, {});
  if (aggregate.at.valid()) read_field(aggregate.source, aggregate.at, flow, false);
  if (aggregate.source.is_events()) walk(policy_.event(aggregate.source.events()).where, flow, true, {});
}

void DataFlow::read_path(SourceRef source, const model::FieldPath& path, Flow& flow, bool filter) {
  const auto step = [&](model::FieldId field) {
    if (!field.valid()) return;
    read_field(source, field, flow, filter);
    const value::Type type = policy_.fields(source)[field.index].type;
    if (type.kind == value::Kind::entity) source = SourceRef::of(model::EntityId{type.index});
    if (type.kind == value::Kind::event) source = SourceRef::of(model::EventsId{type.index});
  };
  for (const model::FieldId ref : path.refs) step(ref);
  if (!path.refs.empty() && source.is_events()) flow.sources.insert(source);
  step(path.field);
}

void DataFlow::read_field(SourceRef source, model::FieldId id, Flow& flow, bool filter) {
  const FieldRef ref{source, id};
  if (filter) flow.filtered.insert(ref);
  if (!flow.fields.insert(ref).second || open_fields_.contains(ref)) return;
  const model::Field& field = policy_.fields(source)[id.index];
  if (!field.computed.valid()) return;
  open_fields_.insert(ref);
  walk(field.computed, flow, filter, {});
  open_fields_.erase(ref);
}

// ---- roles and exclusions -------------------------------------------------------------------------------------------

bool DataFlow::reads_role(const Flow& flow, std::string_view role) const {
  for (const SourceRef source : flow.sources) {
    if (source.is_events() && policy_.event(source.events()).role == role) return true;
  }
  if (role != "refunds") return false;
  return std::any_of(flow.fields.begin(), flow.fields.end(), [&](const FieldRef& ref) {
    if (!ref.first.is_events() || policy_.event(ref.first.events()).role != "orders") return false;
    return is_refund_name(policy_.fields(ref.first)[ref.second.index].named.name);
  });
}

bool DataFlow::is_of_role(const model::Aggregate& aggregate, std::string_view role) {
  if (!aggregate.source.is_events()) return false;
  const std::string& own = policy_.event(aggregate.source.events()).role;
  if (own != "orders" || (role != "orders" && role != "refunds")) return own == role;
  // Refunds that stand in a column of the order are refunds, not orders; so is what counts at the time of a refund.
  if (aggregate.at.valid() && is_refund_name(policy_.fields(aggregate.source)[aggregate.at.index].named.name))
    return role == "refunds";
  bool refunds = false, others = !aggregate.value.valid();
  look_for_refunds(aggregate.value, refunds, others);
  return role == "refunds" ? refunds : others;
}

void DataFlow::look_for_refunds(ExprId id, bool& refunds, bool& others) {
  model::walk(policy_, id, [&](ExprId, const model::Expr& expr) {
    const auto* read = std::get_if<model::RowField>(&expr.node);
    if (!read || !read->path.field.valid() || !read->path.refs.empty()) return;
    const model::Field& field = policy_.fields(read->source)[read->path.field.index];
    const FieldRef ref{read->source, read->path.field};
    if (is_refund_name(field.named.name)) {
      refunds = true;
    } else if (field.computed.valid() && open_fields_.insert(ref).second) {
      look_for_refunds(field.computed, refunds, others);
      open_fields_.erase(ref);
    } else {
      others = true;
    }
  });
}

bool DataFlow::excludes(model::EventsId events, std::string_view kind,
                        const std::vector<model::ExclusionId>& including) const {
  for (std::uint32_t i = 0; i < policy_.exclusions.size(); ++i) {
    const model::Exclusion& exclusion = policy_.exclusions[i];
    if (exclusion.kind != kind) continue;
    const bool applies = std::find(exclusion.from.begin(), exclusion.from.end(), events) != exclusion.from.end();
    const bool undone = std::find(including.begin(), including.end(), model::ExclusionId{i}) != including.end();
    if (applies && !undone) return true;
  }
  // A row that refers to an excluded row is excluded with it.
  for (const model::Field& field : policy_.event(events).fields) {
    if (field.type.kind != value::Kind::event || field.type.index == events.index) continue;
    if (excludes(model::EventsId{field.type.index}, kind, including)) return true;
  }
  return false;
}

bool DataFlow::excludes(const model::Aggregate& aggregate, std::string_view kind) const {
  if (!aggregate.source.is_events()) return true;
  std::vector<model::ExclusionId> including = aggregate.including;
  if (aggregate.each_inner.valid()) {
    const auto& inner = policy_.aggregates[aggregate.each_inner.index].including;
    including.insert(including.end(), inner.begin(), inner.end());
  }
  return excludes(aggregate.source.events(), kind, including);
}

}  // namespace kpi::lint
