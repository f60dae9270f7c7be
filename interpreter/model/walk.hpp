// Visiting the parts of an expression.
#pragma once

#include <type_traits>
#include <variant>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

/// Calls `visit(ExprId)` for each direct operand of `node`, in order. Open range ends are left out. The contents of
/// aggregates and metrics are not operands.
template <class Visit>
void for_each_operand(const ExprNode& node, Visit&& visit) {
  std::visit(
      [&](const auto& n) {
        using N = std::decay_t<decltype(n)>;
        if constexpr (std::is_same_v<N, MetricCall> || std::is_same_v<N, UnaryExpr>) {
          visit(n.operand);
        } else if constexpr (std::is_same_v<N, BinaryExpr>) {
          visit(n.left);
          visit(n.right);
        } else if constexpr (std::is_same_v<N, InExpr>) {
          visit(n.item);
          visit(n.collection);
        } else if constexpr (std::is_same_v<N, IsNoneExpr>) {
          visit(n.operand);
        } else if constexpr (std::is_same_v<N, WithinExpr>) {
          visit(n.time);
          visit(n.duration);
          visit(n.of);
        } else if constexpr (std::is_same_v<N, DefaultExpr>) {
          visit(n.operand);
          visit(n.fallback);
        } else if constexpr (std::is_same_v<N, IfExpr>) {
          visit(n.condition);
          visit(n.then_value);
          visit(n.else_value);
        } else if constexpr (std::is_same_v<N, ListExpr>) {
          for (const ExprId item : n.items) visit(item);
        } else if constexpr (std::is_same_v<N, RangeExpr>) {
          if (n.lower.valid()) visit(n.lower);
          if (n.upper.valid()) visit(n.upper);
        } else if constexpr (std::is_same_v<N, CallExpr> || std::is_same_v<N, TableLookup>) {
          for (const ExprId argument : n.arguments) visit(argument);
        } else if constexpr (std::is_same_v<N, CurveApply>) {
          visit(n.argument);
        }
      },
      node);
}

/// `visit(ExprId, const Expr&)` for `root` and everything below it, operands first.
template <class Visit>
void walk(const Policy& policy, ExprId root, Visit&& visit) {
  if (!root.valid()) return;
  for_each_operand(policy.expr(root).node, [&](ExprId operand) { walk(policy, operand, visit); });
  visit(root, policy.expr(root));
}

}  // namespace kpi::model
