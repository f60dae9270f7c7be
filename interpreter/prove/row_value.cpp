#include "interpreter/model/builtins.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using value::Value;

/// Conditions over one candidate row. What needs other rows has no value: the replay decides.
Value evaluate_row(const model::Policy& policy, ExprId id, const WorldRow& row, model::SourceRef source) {
  const model::Expr& expr = policy.expr(id);
  const auto operand = [&](ExprId of) { return evaluate_row(policy, of, row, source); };
  const value::TimeZone& zone = *policy.header.timezone;
  if (const auto* node = std::get_if<model::Constant>(&expr.node)) return node->value;
  if (const auto* node = std::get_if<model::ParamRef>(&expr.node)) return policy.params[node->param.index].value;
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    if (node->depth != 0 || !node->path.refs.empty() || !node->path.field.valid()) return {};
    const model::Field& field = policy.fields(source)[node->path.field.index];
    if (field.computed.valid()) return operand(field.computed);
    const auto found = row.fields.find(node->path.field.index);
    return found == row.fields.end() ? Value() : found->second;
  }
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node))
    return value::apply(node->op, operand(node->operand));
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
    const Value left = operand(node->left), right = operand(node->right);
    return value::apply(node->op, left, right, zone);
  }
  if (const auto* node = std::get_if<model::IsNoneExpr>(&expr.node))
    return operand(node->operand).has_value() == node->negated;
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    const Value value = operand(node->operand);
    return value.has_value() ? value : operand(node->fallback);
  }
  if (const auto* node = std::get_if<model::IfExpr>(&expr.node)) {
    const Value when = operand(node->condition);
    if (!when.has_value()) return when;
    return operand(when.boolean() ? node->then_value : node->else_value);
  }
  if (const auto* node = std::get_if<model::InExpr>(&expr.node)) {
    const auto* list = std::get_if<model::ListExpr>(&policy.expr(node->collection).node);
    if (list == nullptr) return {};
    const Value item = operand(node->item);
    if (!item.has_value()) return item;
    bool found = false;
    for (const ExprId member : list->items) found = found || operand(member) == item;
    return found != node->negated;
  }
  if (const auto* node = std::get_if<model::CallExpr>(&expr.node)) {
    if (!model::needs_only_arguments(node->function)) return {};
    std::vector<Value> arguments;
    for (const ExprId argument : node->arguments) arguments.push_back(operand(argument));
    return model::apply_builtin(node->function, arguments, node->rounding);
  }
  return {};
}

}  // namespace kpi::prove
