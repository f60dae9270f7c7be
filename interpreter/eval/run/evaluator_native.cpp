// Amounts in their rows' own currencies must not meet in one number: which currencies stand behind an expression.
#include <algorithm>

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/needs.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::ExprId;
using model::MetricFunction;
using Currencies = std::set<value::Currency>;

bool Evaluator::reads_native(const model::Policy& policy) {
  return std::any_of(policy.exprs.begin(), policy.exprs.end(), [](const model::Expr& expr) {
    const auto* call = std::get_if<model::CallExpr>(&expr.node);
    return call != nullptr && call->function == model::Builtin::native;
  });
}

bool Evaluator::is_native(ExprId id) const {
  const value::Type& type = policy.expr(id).type;
  return type.kind == value::Kind::number && type.unit.currency.is_native();
}

Currencies Evaluator::aggregate_currencies(AggregateId id, const Context& context) const {
  const value::Type& type = policy.aggregates[id.index].type;
  if (type.kind != value::Kind::number || !type.unit.currency.is_native()) return {};
  const Subject& subject = context.subject;
  const std::span<const std::uint32_t> rows =
      subject.group != nullptr ? std::span<const std::uint32_t>(subject.group->rows) : std::span(&subject.row, 1);
  const auto found = store.currencies(id, subject.entity, rows, moments[context.moment].window);
  return {found.begin(), found.end()};
}

/// Only what can be in a currency of its own is followed: a quotient of two such amounts has none any more.
Currencies Evaluator::native_currencies(ExprId id, const Context& context) {
  if (!uses_native_ || !id.valid()) return {};
  const model::ExprNode& node = policy.expr(id).node;
  const bool list = std::holds_alternative<model::ListExpr>(node) || std::holds_alternative<model::RangeExpr>(node);
  if (!list && !is_native(id)) return {};
  if (const auto* ref = std::get_if<model::MetricRef>(&node)) {
    return native_currencies(policy.metrics[ref->metric.index].value, {context.subject, context.moment, nullptr});
  }
  if (const auto* ref = std::get_if<model::AggregateRef>(&node)) return aggregate_currencies(ref->aggregate, context);
  if (const auto* call = std::get_if<model::MetricCall>(&node)) return currencies_of_call(*call, id, context);
  if (const auto* choice = std::get_if<model::IfExpr>(&node)) {
    const Value condition = evaluate(choice->condition, context);
    if (!condition.has_value()) return {};
    return native_currencies(condition.boolean() ? choice->then_value : choice->else_value, context);
  }
  if (const auto* choice = std::get_if<model::DefaultExpr>(&node)) {
    return native_currencies(evaluate(choice->operand, context).has_value() ? choice->operand : choice->fallback,
                             context);
  }
  if (const auto* result = std::get_if<model::ResultField>(&node)) {
    return native_currencies(policy.metrics[result->metric.index].value, context);
  }
  Currencies found;
  model::for_each_operand(node, [&](ExprId operand) { found.merge(native_currencies(operand, context)); });
  return found;
}

Currencies Evaluator::currencies_of_call(const model::MetricCall& node, ExprId id, const Context& context) {
  if (node.function != MetricFunction::total) {
    Context moved = context;
    moved.moment = moments.transform(context.moment, id, node);
    return native_currencies(node.operand, moved);
  }
  if (totals_over_company(policy, node)) {
    return native_currencies(node.operand, {{EntityId{0}, 0, nullptr}, context.moment, nullptr});
  }
  const RowGroup* group = grouping(node, id, context.subject.entity, context.moment).of_row[context.subject.row];
  if (group == nullptr) return {};
  return native_currencies(node.operand,
                           {{context.subject.entity, group->rows.front(), group}, context.moment, nullptr});
}

void Evaluator::note_mixed(ExprId at, const Context& context, Currencies currencies) {
  if (currencies.size() < 2) return;
  const Subject& subject = context.subject;
  mixed_.try_emplace({at.index, subject.entity, subject.row},
                     MixedCurrencies{at, subject.entity, subject.row, std::move(currencies)});
}

void Evaluator::require_one_currency(ExprId at, const Context& context, std::initializer_list<ExprId> parts) {
  if (!uses_native_) return;
  Currencies met;
  for (const ExprId part : parts) {
    Currencies own = native_currencies(part, context);
    if (own.size() > 1) return;  // noted where they met first
    met.merge(std::move(own));
  }
  note_mixed(at, context, std::move(met));
}

std::vector<MixedCurrencies> Evaluator::take_mixed() {
  std::vector<MixedCurrencies> found;
  for (auto& [place, mixed] : mixed_) found.push_back(std::move(mixed));
  mixed_.clear();
  return found;
}

}  // namespace kpi::eval
