#include "interpreter/eval/run/explain_parts.hpp"

#include <algorithm>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/curve_text.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using Kind = ExplainNode::Kind;
using value::Number;

namespace {
constexpr std::size_t kMembersShown = 5;
}

ExplainNode FormulaParts::node(Kind kind, ExprId expr, const Context& context) {
  ExplainNode result;
  result.kind = kind;
  if (!expr.valid()) return result;
  result.formula = text.written(expr);
  result.with_values = text.with_values(expr, context);
  result.type = policy.expr(expr).type;
  return result;
}

std::vector<ExplainNode> FormulaParts::of(ExprId id, const Context& context) {
  std::vector<ExplainNode> result;
  collect_parts(id, context, result);
  return result;
}

void FormulaParts::collect_parts(ExprId id, const Context& context, std::vector<ExplainNode>& found) {
  if (!id.valid()) return;
  const model::ExprNode& inner = policy.expr(id).node;
  if (const auto* ref = std::get_if<model::MetricRef>(&inner)) {
    found.push_back(metric(ref->metric, context));
  } else if (const auto* call = std::get_if<model::MetricCall>(&inner)) {
    found.push_back(call_node(*call, id, context));
  } else if (const auto* aggregate = std::get_if<model::AggregateRef>(&inner)) {
    found.push_back(aggregate_node(aggregate->aggregate, id, context));
  } else if (const auto* applied = std::get_if<model::CurveApply>(&inner)) {
    found.push_back(curve_node(*applied, id, context));
  } else if (const auto* lookup = std::get_if<model::TableLookup>(&inner)) {
    found.push_back(table_node(*lookup, id, context));
  } else {
    model::for_each_operand(inner, [&](ExprId operand) { collect_parts(operand, context, found); });
  }
}

void FormulaParts::place(ExplainNode& result, const Context& context) const {
  const Moment& moment = plan.moments[context.moment];
  if (moment.period != planned.period) result.period = moment.period;
  if (moment.window.start != moment.anchor) result.window = moment.window;
}

ExplainNode FormulaParts::metric(model::MetricId id, const Context& context) {
  const model::Metric& metric = policy.metrics[id.index];
  const Context plain{context.subject, context.moment, nullptr};
  ExplainNode result = node(Kind::metric, metric.value, plain);
  result.name = metric.named.name;
  result.named = &metric.named;
  result.type = metric.type;
  result.value = evaluator.metric(id, context.subject, context.moment);
  place(result, context);
  if (!seen.insert({id, context.moment}).second) {
    result.repeated = true;
    return result;
  }
  result.children = of(metric.value, plain);
  if (metric.needs.valid()) result.children.push_back(need_node(metric.needs, plain, result.children));
  return result;
}

/// What the metric's own formula has explained already is not repeated below it.
ExplainNode FormulaParts::need_node(ExprId needs, const Context& context, const std::vector<ExplainNode>& explained) {
  ExplainNode result = node(Kind::need, needs, context);
  result.value = evaluator.evaluate(needs, context);
  for (ExplainNode& part : of(needs, context)) {
    const bool known =
        part.kind == Kind::aggregate && std::any_of(explained.begin(), explained.end(), [&](const auto& other) {
          return other.kind == Kind::aggregate && other.formula == part.formula;
        });
    if (!known) result.children.push_back(std::move(part));
  }
  return result;
}

ExplainNode FormulaParts::call_node(const model::MetricCall& call, ExprId id, const Context& context) {
  ExplainNode result;
  result.kind = Kind::other_window;
  result.formula = text.written(id);
  result.type = policy.expr(id).type;
  result.value = evaluator.evaluate(id, context);
  const Context moved{context.subject, plan.moments.transform(context.moment, id, call), nullptr};
  place(result, moved);
  add_members(call, id, context, result);
  result.children = of(call.operand, moved);
  return result;
}

/// Whom a total, a share or a rank is taken over, and the numbers of a share.
void FormulaParts::add_members(const model::MetricCall& call, ExprId id, const Context& context, ExplainNode& result) {
  using Function = model::MetricFunction;
  const bool ranks = call.function == Function::rank || call.function == Function::percentile_rank;
  if (!ranks && call.function != Function::total && call.function != Function::share) return;
  const Subject& subject = context.subject;
  const value::Type type = policy.expr(call.operand).type;
  for (const std::uint32_t row : evaluator.members(call, id, subject.entity, subject.row, context.moment)) {
    Value value = evaluator.evaluate(call.operand, {{subject.entity, row, nullptr}, context.moment, nullptr});
    if (!value.has_value()) continue;
    const EntityRow& member = evaluator.store.rows(subject.entity)[row];
    result.members.push_back({member.key, member.label, std::move(value), type});
  }
  const bool lower = ranks && evaluator.lower_is_better(call.operand);
  std::stable_sort(result.members.begin(), result.members.end(), [&](const auto& a, const auto& b) {
    const int order = value::compare(a.value, b.value);
    return lower ? order < 0 : order > 0;
  });
  result.members_total = result.members.size();
  if (result.members.size() > kMembersShown) result.members.resize(kMembersShown);
  if (call.function != Function::share) return;
  const Value own = evaluator.evaluate(call.operand, context);
  if (!own.has_value() || !result.value.has_value() || result.value.number().is_zero()) return;
  result.with_values =
      exact_text(own, type, evaluator) + " / " + exact_text(own.number() / result.value.number(), type, evaluator);
}

ExplainNode FormulaParts::aggregate_node(AggregateId id, ExprId expr, const Context& context) {
  ExplainNode result;
  result.kind = Kind::aggregate;
  result.formula = text.written(expr);
  result.type = policy.expr(expr).type;
  result.value = evaluator.evaluate(expr, context);
  place(result, context);
  AggregateId innermost = id;  // of `avg(sum(x) each day)`: what reads rows
  while (policy.aggregates[innermost.index].each_inner.valid())
    innermost = policy.aggregates[innermost.index].each_inner;
  if (policy.aggregates[innermost.index].source.is_events()) {
    const TraceSpan span{innermost, plan.moments[context.moment].window};
    const auto known = std::find(spans.begin(), spans.end(), span);
    result.span = static_cast<std::size_t>(known - spans.begin());
    if (known == spans.end()) spans.push_back(span);
  }
  return result;
}

ExplainNode FormulaParts::curve_node(const model::CurveApply& applied, ExprId id, const Context& context) {
  const model::Curve& curve = policy.curves[applied.curve.index];
  ExplainNode result = node(Kind::curve, id, context);
  result.with_values.clear();
  result.name = curve.named.name;
  result.named = &curve.named;
  result.value = evaluator.evaluate(id, context);
  const Value input = evaluator.evaluate(applied.argument, context);
  result.facts.push_back({"input", input, policy.expr(applied.argument).type});
  if (input.has_value()) result.segment = curve_segment(curve, input.number());
  result.children = of(applied.argument, context);
  return result;
}

ExplainNode FormulaParts::table_node(const model::TableLookup& lookup, ExprId id, const Context& context) {
  const model::DecisionTable& table = policy.tables[lookup.table.index];
  ExplainNode result;
  result.kind = Kind::table;
  result.formula = text.written(id);
  result.name = table.named.name;
  result.named = &table.named;
  result.type = policy.expr(id).type;
  result.value = evaluator.evaluate(id, context);
  std::vector<Value> arguments;
  for (std::size_t index = 0; index < lookup.arguments.size(); ++index) {
    arguments.push_back(evaluator.evaluate(lookup.arguments[index], context));
    const std::string& column = index < table.columns.size() ? table.columns[index].name : result.name;
    result.facts.push_back({column, arguments.back(), policy.expr(lookup.arguments[index]).type});
  }
  const TableMatch match = match_table(table, arguments);
  if (match.row) result.segment = std::to_string(*match.row + 1);
  for (ExprId argument : lookup.arguments) append(result.children, of(argument, context));
  if (match.row) append(result.children, of(table.rows[*match.row].value, context));
  return result;
}

}  // namespace kpi::eval
