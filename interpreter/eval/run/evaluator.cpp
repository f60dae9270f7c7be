#include "interpreter/eval/run/evaluator.hpp"

#include <algorithm>
#include <cassert>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/eval/run/needs.hpp"

namespace kpi::eval {

using model::ExprId;
using model::MetricId;
using value::EntityRef;
using value::NoValueReason;
using value::Number;
using value::PhaseRef;

namespace {

/// Phases are remembered like metrics, under a number that no metric has.
constexpr std::uint32_t kPhase = 0x0FFF'FFFF;

Value in_values(const Value& item, const Value& collection, const value::TimeZone& zone) {
  return collection.has_value() ? value::contains(collection, item, zone) : collection;
}

template <class... Parts>
struct Overload : Parts... {
  using Parts::operator()...;
};
template <class... Parts>
Overload(Parts...) -> Overload<Parts...>;

}  // namespace

std::uint64_t memo_key(std::uint32_t index, EntityId entity, MomentId moment) {
  return (static_cast<std::uint64_t>(moment) << 40) | (static_cast<std::uint64_t>(entity.index & 0xFFF) << 28) |
         (index & 0x0FFF'FFFF);
}

std::string identity_text(const Value& value) {
  if (value.is<EntityRef>()) return "#" + std::to_string(value.as<EntityRef>().row) + '\x1F';
  if (value.is<PhaseRef>()) return "#" + std::to_string(value.as<PhaseRef>().phase) + '\x1F';
  const std::string text = value::to_string(value);
  return std::to_string(text.size()) + ":" + text + '\x1F';
}

void Evaluator::clear() {
  totals_.clear();
  memos_.clear();
  groupings_.clear();
  rankings_.clear();
  populations_.clear();
  next_group_ = 0;
}

Evaluator::Memo& Evaluator::memo(std::uint32_t metric_or_phase, EntityId entity, MomentId moment) {
  return memos_[memo_key(metric_or_phase, entity, moment)];
}

/// The memo stays in place while computing adds others.
template <class Compute>
Value Evaluator::remembered(Memo& known, EntityId entity, std::uint32_t row, Compute compute) {
  if (memory_ == Memory::one_row) {
    if (known.row != row) {
      known.value = compute();
      known.row = row;
    }
    return known.value;
  }
  if (memory_ == Memory::few_rows) {
    if (auto found = known.rows.find(row); found != known.rows.end()) return found->second;
    Value result = compute();
    known.rows.emplace(row, result);
    return result;
  }
  if (known.values.empty()) {
    known.values.resize(store.rows(entity).size());
    known.known.resize(known.values.size());
  }
  if (!known.known[row]) {
    Value result = compute();
    known.values[row] = std::move(result);
    known.known[row] = true;
  }
  return known.values[row];
}

void Evaluator::pretend(MetricId id, EntityId entity, std::uint32_t row, MomentId moment, Value value) {
  assert(memory_ == Memory::few_rows);
  memo(id.index, entity, moment).rows.insert_or_assign(row, std::move(value));
}

void Evaluator::pretend(AggregateId id, EntityId entity, std::uint32_t row, Window window, Value value) {
  pretended_.insert_or_assign({id, entity, row, window}, std::move(value));
}

/// An average over three months of which two have no data would be a third of itself: like `previous`, it has no value.
bool Evaluator::has_all_periods(AggregateId id, const Moment& moment) const {
  const model::SourceRef source = policy.aggregates[id.index].source;
  const auto has_data = [&](Window period) {
    return store.coverage(source, period) != AggregateStore::Cover::none;
  };
  return has_data(first_period(moment)) && has_data({moment.anchor, moment.window.end});
}

Value Evaluator::aggregate(AggregateId id, const Context& context) const {
  const Subject& subject = context.subject;
  const Moment& moment = moments[context.moment];
  const Window window = moment.window;
  if (moment.by_periods && !has_all_periods(id, moment)) return Value::none(NoValueReason::no_data);
  if (subject.group != nullptr) return store.merged(id, subject.entity, subject.group->rows, window);
  if (!pretended_.empty()) {
    const auto found = pretended_.find({id, subject.entity, subject.row, window});
    if (found != pretended_.end()) return found->second;
  }
  return store.value(id, subject.entity, subject.row, window);
}

Value Evaluator::metric(MetricId id, const Subject& subject, MomentId moment) {
  const model::Metric& definition = policy.metrics[id.index];
  Memo& known = memo(id.index, subject.entity, moment);
  if (subject.group != nullptr) {
    if (auto found = known.groups.find(subject.group->id); found != known.groups.end()) return found->second;
    Value result = compute_metric(definition, {subject, moment, nullptr});
    known.groups.emplace(subject.group->id, result);
    return result;
  }
  return remembered(known, subject.entity, subject.row, [&] {
    return compute_metric(definition, {subject, moment, nullptr});
  });
}

Value Evaluator::compute_metric(const model::Metric& metric, const Context& context) {
  if (metric.needs.valid()) {
    const Value enough = evaluate(metric.needs, context);
    if (!enough.has_value()) return enough;
    if (coverage != nullptr) coverage->met_condition(metric.needs, enough.boolean());
    if (!enough.boolean()) return Value::none(NoValueReason::sample_below, metric.needs_limit);
  }
  return evaluate(metric.value, context);
}

Value Evaluator::phase(EntityId entity, std::uint32_t row, MomentId moment) {
  moment = moments.period_only(moment);
  return remembered(memo(kPhase, entity, moment), entity, row, [&] { return compute_phase(entity, row, moment); });
}

Value Evaluator::compute_phase(EntityId entity, std::uint32_t row, MomentId moment) {
  const model::Phases* phases = policy.phases_of(entity);
  const Context context{{entity, row, nullptr}, moment, nullptr};
  if (phases == nullptr) return Value::none(NoValueReason::phase_unknown);
  for (std::uint32_t index = 0; index < phases->phases.size(); ++index) {
    const ExprId when = phases->phases[index].when;
    if (when.valid()) {
      const Value holds = evaluate(when, context);
      if (!holds.has_value()) return Value::none(NoValueReason::phase_unknown);
      if (!holds.boolean()) continue;
    }
    if (coverage != nullptr) coverage->met_phase(entity, index);
    return PhaseRef{entity.index, index};
  }
  return Value::none(NoValueReason::phase_unknown);
}

const std::vector<std::uint32_t>& Evaluator::population(EntityId entity, MomentId moment) {
  moment = moments.period_only(moment);
  const std::uint64_t key = (static_cast<std::uint64_t>(entity.index) << 32) | moment;
  auto [place, added] = populations_.try_emplace(key);
  if (!added) return place->second;
  const Moment& at = moments[moment];
  const bool distinct = policy.entity(entity).is_distinct();
  const auto count = static_cast<std::uint32_t>(store.rows(entity).size());
  for (std::uint32_t row = 0; row < count; ++row) {
    bool member = true;
    if (at.population == model::Population::active) member = active_days(entity, row, at) > 0;
    if (at.population == model::Population::period) member = store.present(entity, row, at.window);
    if (at.population == model::Population::ever && distinct) {
      member = store.present(entity, row, {kBeginning, at.window.end});
    }
    if (member) place->second.push_back(row);
  }
  return place->second;
}

int Evaluator::active_days(EntityId entity, std::uint32_t row, const Moment& moment) const {
  const EntityRow& found = store.rows(entity)[row];
  Date start = moment.window.start <= kBeginning ? moment.anchor : moment.window.start;
  Date end = moment.window.end;
  if (found.active_from) start = std::max(start, *found.active_from);
  if (found.active_to) end = std::min(end, Date{found.active_to->days + 1});
  return std::max(0, end.days - start.days);
}

Value Evaluator::field(EntityId entity, std::uint32_t row, const model::FieldPath& path) const {
  for (model::FieldId ref : path.refs) {
    const Value& next = store.rows(entity)[row].fields[ref.index];
    if (!next.has_value()) return next;
    entity = EntityId{next.as<EntityRef>().entity};
    row = next.as<EntityRef>().row;
  }
  if (!path.field.valid()) return EntityRef{entity.index, row};
  return store.rows(entity)[row].fields[path.field.index];
}

Value Evaluator::evaluate(ExprId id, const Context& context) {
  const model::Expr& expr = policy.expr(id);
  return std::visit(
      Overload{
          [&](const model::Constant& node) { return node.value; },
          [&](const model::ParamRef& node) { return policy.params[node.param.index].value; },
          [&](const model::SubjectField& node) { return subject_field(node.entity, node.path, context.subject); },
          [&](const model::SubjectSelf& node) { return subject_field(node.entity, {}, context.subject); },
          [&](const model::MetricRef& node) { return metric(node.metric, context.subject, context.moment); },
          [&](const model::AggregateRef& node) {
            if (uses_native_) note_mixed(id, context, aggregate_currencies(node.aggregate, context));
            return aggregate(node.aggregate, context);
          },
          [&](const model::MetricCall& node) { return metric_call(node, id, context); },
          [&](const model::UnaryExpr& node) { return value::apply(node.op, evaluate(node.operand, context)); },
          [&](const model::BinaryExpr& node) { return binary(node, id, context); },
          [&](const model::InExpr& node) -> Value {
            if (uses_native_) require_one_currency(id, context, {node.item, node.collection});
            const Value item = evaluate(node.item, context);
            if (!item.has_value()) return item;
            const Value found = in_values(item, evaluate(node.collection, context), *policy.header.timezone);
            return node.negated ? value::apply(value::UnaryOp::logical_not, found) : found;
          },
          [&](const model::IsNoneExpr& node) -> Value {
            return evaluate(node.operand, context).has_value() == node.negated;
          },
          [&](const model::WithinExpr& node) {
            return value::within(evaluate(node.time, context), evaluate(node.duration, context),
                                 evaluate(node.of, context), *policy.header.timezone);
          },
          [&](const model::DefaultExpr& node) {
            Value operand = evaluate(node.operand, context);
            return operand.has_value() ? operand : evaluate(node.fallback, context);
          },
          [&](const model::IfExpr& node) {
            Value condition = evaluate(node.condition, context);
            if (!condition.has_value()) return condition;
            if (coverage != nullptr) coverage->met_condition(node.condition, condition.boolean());
            return evaluate(condition.boolean() ? node.then_value : node.else_value, context);
          },
          [&](const model::ListExpr& node) { return list(node.items, context); },
          [&](const model::RangeExpr& node) { return range(node, context); },
          [&](const model::CallExpr& node) { return call(node, id, context); },
          [&](const model::TableLookup& node) { return lookup(node, context); },
          [&](const model::CurveApply& node) -> Value {
            Value argument = evaluate(node.argument, context);
            if (!argument.has_value()) return argument;
            if (coverage != nullptr) coverage->met_curve(node.curve, argument.number());
            return curve_value(policy.curves[node.curve.index], argument.number());
          },
          [&](const model::PhaseExpr&) { return subject_phase(context); },
          [&](const model::PhaseName& node) -> Value {
            return PhaseRef{node.entity.index, node.phase};
          },
          [&](const model::ScoreExpr&) {
            return context.result != nullptr ? context.result->score : Value::none(NoValueReason::unscored);
          },
          [&](const model::PeriodProperty& node) { return period_property(node, moments[context.moment]); },
          [&](const model::ActiveDays&) -> Value {
            const Subject& subject = context.subject;
            const Moment& moment = moments[context.moment];
            if (subject.group == nullptr) return Number(active_days(subject.entity, subject.row, moment));
            std::int64_t days = 0;
            for (std::uint32_t row : subject.group->rows) days += active_days(subject.entity, row, moment);
            return Number(days);
          },
          [&](const model::ResultField& node) { return result_field(node, context); },
          [&](const model::RowField&) -> Value { return assert(!"a row outside an aggregate"), Value(); },
          [&](const model::RowSelf&) -> Value { return assert(!"a row outside an aggregate"), Value(); },
          [&](const model::ColumnSet&) -> Value { return assert(!"a column outside rows"), Value(); },
      },
      expr.node);
}

Value Evaluator::binary(const model::BinaryExpr& node, ExprId id, const Context& context) {
  if (node.op == value::BinaryOp::logical_and || node.op == value::BinaryOp::logical_or) return logical(node, context);
  if (uses_native_) require_one_currency(id, context, {node.left, node.right});
  const Value left = evaluate(node.left, context);
  return value::apply(node.op, left, evaluate(node.right, context), *policy.header.timezone);
}

Value Evaluator::logical(const model::BinaryExpr& node, const Context& context) {
  const bool decisive = node.op == value::BinaryOp::logical_or;
  const Value left = evaluate(node.left, context);
  if (left.has_value() && left.boolean() == decisive) return left;
  return value::apply(node.op, left, evaluate(node.right, context), *policy.header.timezone);
}

Value Evaluator::list(const std::vector<ExprId>& items, const Context& context) {
  auto values = std::make_shared<value::ListValue>();
  values->items.reserve(items.size());
  for (ExprId item : items) values->items.push_back(evaluate(item, context));
  return std::shared_ptr<const value::ListValue>(std::move(values));
}

Value Evaluator::range(const model::RangeExpr& node, const Context& context) {
  auto result = std::make_shared<value::RangeValue>();
  if (node.lower.valid()) {
    result->lower = evaluate(node.lower, context);
    if (!result->lower.has_value()) return result->lower;  // an end without value is not an open end
  }
  if (node.upper.valid()) {
    result->upper = evaluate(node.upper, context);
    if (!result->upper.has_value()) return result->upper;
  }
  result->includes_upper = node.includes_upper;
  return std::shared_ptr<const value::RangeValue>(std::move(result));
}

Value Evaluator::call(const model::CallExpr& node, ExprId id, const Context& context) {
  if (uses_native_ && node.arguments.size() == 2) require_one_currency(id, context, {node.arguments[0], node.arguments[1]});
  if (uses_native_ && node.arguments.size() > 2) note_mixed(id, context, native_currencies(id, context));
  if (node.function == model::Builtin::convert) return converted(node, context);
  std::vector<Value> arguments;
  arguments.reserve(node.arguments.size());
  for (ExprId argument : node.arguments) arguments.push_back(evaluate(argument, context));
  if (node.function == model::Builtin::elapsed) return working_time(node, arguments);
  return call_builtin(node, arguments, {moments[context.moment].anchor, *policy.header.timezone});
}

Value Evaluator::working_time(const model::CallExpr& node, const std::vector<Value>& arguments) const {
  for (const Value& argument : arguments) {
    if (!argument.has_value()) return argument;
  }
  return store.working_time(node.calendar, arguments[0].as<value::Instant>(), arguments[1].as<value::Instant>());
}

Value Evaluator::converted(const model::CallExpr& node, const Context& context) {
  Value amount = evaluate(node.arguments.front(), context);
  const value::Currency currency = policy.expr(node.arguments.front()).type.unit.currency;
  if (!amount.has_value() || currency == policy.header.currency) return amount;
  const auto rate = store.rate(currency, moments[moments.period_only(context.moment)].window);
  if (!rate) return Value::none(NoValueReason::no_data);
  return amount.number() * *rate;
}

Value Evaluator::lookup(const model::TableLookup& node, const Context& context) {
  const model::DecisionTable& table = policy.tables[node.table.index];
  std::vector<Value> arguments;
  arguments.reserve(node.arguments.size());
  for (ExprId argument : node.arguments) arguments.push_back(evaluate(argument, context));
  const TableMatch match = match_table(table, arguments);
  if (!match.row) return Value(match.reason);
  if (coverage != nullptr) coverage->met_table_row(node.table, *match.row);
  return evaluate(table.rows[*match.row].value, context);
}

Value Evaluator::subject_field([[maybe_unused]] EntityId entity, const model::FieldPath& path,
                               const Subject& subject) const {
  assert(subject.entity == entity);
  Value result = field(subject.entity, subject.row, path);
  if (subject.group == nullptr) return result;
  for (std::uint32_t row : subject.group->rows) {
    // A group has a field of its members only where they all agree, as they do on what they are grouped by.
    if (!(field(subject.entity, row, path) == result)) return Value::none(NoValueReason::condition_unknown);
  }
  return result;
}

Value Evaluator::subject_phase(const Context& context) {
  const Subject& subject = context.subject;
  const Value result = phase(subject.entity, subject.row, context.moment);
  if (subject.group == nullptr) return result;
  for (std::uint32_t row : subject.group->rows) {
    if (!(phase(subject.entity, row, context.moment) == result)) return Value::none(NoValueReason::phase_unknown);
  }
  return result;
}

Value Evaluator::period_property(model::PeriodProperty property, const Moment& moment) const {
  const Date start = moment.window.start <= kBeginning ? moment.anchor : moment.window.start;
  switch (property.which) {
    case model::PeriodProperty::Which::start:
      return start;
    case model::PeriodProperty::Which::end:
      return moment.window.end;
    case model::PeriodProperty::Which::days:
      break;
  }
  return Number(moment.window.end.days - start.days);
}

Value Evaluator::result_field(const model::ResultField& node, const Context& context) const {
  if (context.result == nullptr) return Value::none(NoValueReason::unscored);
  using Which = model::ResultField::Which;
  for (const ScoreRowResult& row : context.result->metrics) {
    if (row.metric != node.metric) continue;
    switch (node.which) {
      case Which::target:
        return row.target;
      case Which::attainment:
        return row.attainment;
      case Which::points:
        return row.points;
      case Which::value:
        return row.actual;
      case Which::weight:
        return row.weight;
    }
  }
  return Value::none(NoValueReason::unscored);
}

}  // namespace kpi::eval
