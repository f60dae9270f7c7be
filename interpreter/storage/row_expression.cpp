#include "interpreter/storage/row_expression.hpp"

#include <cassert>
#include <memory>
#include <optional>
#include <string>

#include "interpreter/model/builtins.hpp"

namespace kpi::storage {

using model::Expr;
using model::ExprId;
using value::BinaryOp;
using value::Value;

namespace {

class Evaluator {
 public:
  Evaluator(const model::Policy& policy, std::span<const std::string_view> cells) : policy_(policy), cells_(cells) {}

  Value evaluate(ExprId id) const {
    return std::visit([&](const auto& node) { return (*this)(node); }, policy_.expr(id).node);
  }

  Value operator()(const model::Constant& node) const { return node.value; }
  Value operator()(const model::ParamRef& node) const { return policy_.params[node.param.index].value; }
  Value operator()(const model::RowField& node) const { return std::string(cells_[node.path.field.index]); }
  Value operator()(const model::UnaryExpr& node) const { return value::apply(node.op, evaluate(node.operand)); }
  Value operator()(const model::BinaryExpr& node) const {
    if (node.op == BinaryOp::eq || node.op == BinaryOp::ne) {
      const auto left = as_text(node.left), right = as_text(node.right);
      if (left && right) return (*left == *right) == (node.op == BinaryOp::eq);
    }
    return value::apply(node.op, evaluate(node.left), evaluate(node.right), value::TimeZone::utc());
  }
  Value operator()(const model::InExpr& node) const {
    const Value found = value::contains(evaluate(node.collection), evaluate(node.item));
    return node.negated ? value::apply(value::UnaryOp::logical_not, found) : found;
  }
  Value operator()(const model::IsNoneExpr& node) const { return evaluate(node.operand).has_value() == node.negated; }
  Value operator()(const model::DefaultExpr& node) const {
    Value value = evaluate(node.operand);
    return value.has_value() ? value : evaluate(node.fallback);
  }
  Value operator()(const model::IfExpr& node) const {
    const Value condition = evaluate(node.condition);
    if (!condition.has_value()) return Value::none(value::NoValueReason::condition_unknown);
    return evaluate(condition.boolean() ? node.then_value : node.else_value);
  }
  Value operator()(const model::ListExpr& node) const {
    value::ListValue list;
    for (const ExprId item : node.items) list.items.push_back(evaluate(item));
    return std::make_shared<const value::ListValue>(std::move(list));
  }
  Value operator()(const model::RangeExpr& node) const {
    value::RangeValue range;
    if (node.lower.valid()) range.lower = evaluate(node.lower);
    if (node.upper.valid()) range.upper = evaluate(node.upper);
    range.includes_upper = node.includes_upper;
    return std::make_shared<const value::RangeValue>(std::move(range));
  }
  Value operator()(const model::CallExpr& node) const {
    std::vector<Value> arguments;
    for (const ExprId argument : node.arguments) arguments.push_back(evaluate(argument));
    return model::apply_builtin(node.function, arguments, node.rounding);
  }
  template <class Other>
  Value operator()(const Other&) const {
    assert(false && "the binder lets no such expression into an import");
    return {};
  }

 private:
  /// Texts that can be compared where they stand: cells and constants.
  std::optional<std::string_view> as_text(ExprId id) const {
    const auto& node = policy_.expr(id).node;
    if (const auto* field = std::get_if<model::RowField>(&node)) return cells_[field->path.field.index];
    if (const auto* constant = std::get_if<model::Constant>(&node); constant && constant->value.is<std::string>()) {
      return constant->value.text();
    }
    return std::nullopt;
  }

  const model::Policy& policy_;
  std::span<const std::string_view> cells_;
};

}  // namespace

Value evaluate_row(const model::Policy& policy, ExprId expression, std::span<const std::string_view> cells) {
  return Evaluator(policy, cells).evaluate(expression);
}

bool is_true(const model::Policy& policy, ExprId expression, std::span<const std::string_view> cells) {
  const Value value = evaluate_row(policy, expression, cells);
  return value.has_value() && value.boolean();
}

}  // namespace kpi::storage
