#include "interpreter/model/builtins.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using value::Value;

std::vector<ExprId> operands_of(const model::Policy& policy, ExprId id, value::BinaryOp op) {
  if (!id.valid()) return {};
  const auto* node = std::get_if<model::BinaryExpr>(&policy.expr(id).node);
  if (node == nullptr || node->op != op) return {id};
  std::vector<ExprId> result = operands_of(policy, node->left, op);
  const std::vector<ExprId> right = operands_of(policy, node->right, op);
  result.insert(result.end(), right.begin(), right.end());
  return result;
}

/// Conditions over one candidate row. What needs other rows has no value: the replay decides.
Value evaluate_row(const model::Policy& policy, ExprId id, const WorldRow& row, model::SourceRef source,
                   const WorldRow* outer) {
  const model::Expr& expr = policy.expr(id);
  const auto operand = [&](ExprId of) { return evaluate_row(policy, of, row, source, outer); };
  const value::TimeZone& zone = *policy.header.timezone;
  if (const auto* node = std::get_if<model::Constant>(&expr.node)) return node->value;
  if (const auto* node = std::get_if<model::ParamRef>(&expr.node)) return policy.params[node->param.index].value;
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    if (!node->path.refs.empty() || !node->path.field.valid()) return {};
    const WorldRow* of = node->depth == 0 ? &row : node->depth == 1 ? outer : nullptr;
    if (of == nullptr) return {};
    const model::Field& field = policy.fields(node->source)[node->path.field.index];
    if (field.computed.valid()) return evaluate_row(policy, field.computed, *of, node->source);
    const auto found = of->fields.find(node->path.field.index);
    return found == of->fields.end() ? Value() : found->second;
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
