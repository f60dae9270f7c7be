// Repairs: each is made on a copy of the policy and looked at again; what does not remove the finding is not said.
#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using value::BinaryOp;

namespace {

model::ExprId add_constant(model::Policy& policy, const Number& number, const value::Type& type) {
  model::Expr expr;
  expr.node = model::Constant{value::Value(number)};
  expr.type = type;
  policy.exprs.push_back(std::move(expr));
  return model::ExprId{static_cast<std::uint32_t>(policy.exprs.size() - 1)};
}

}  // namespace

/// No comparison at these places makes pay jump in the changed policy.
bool Decider::jumps_no_more(const model::Policy& changed, const std::vector<Span>& spans) const {
  Shape shape(changed, target_);
  for (const auto& threshold : shape.thresholds()) {
    if (std::find(spans.begin(), spans.end(), threshold.span) == spans.end()) continue;
    bool complete = true;
    if (shape.jump(threshold, Effort{options_.evaluations, options_.seed}, complete) || !complete) return false;
  }
  return true;
}

/// A curve with steps, drawn as a line through the same points, or its rates taken as brackets; a fixed amount behind a
/// comparison, as a ramp up to it.
void Decider::repair_jump(Finding& finding, const Shape::Threshold& threshold) {
  for (std::uint32_t index = 0; index < policy_.curves.size(); ++index) {
    const model::Curve& curve = policy_.curves[index];
    if (curve.kind != model::CurveKind::steps || curve.points.size() < 2) continue;
    std::vector<Span> spans;
    for (const auto& point : curve.points) spans.push_back(point.span);
    if (std::find(spans.begin(), spans.end(), threshold.span) == spans.end()) continue;
    if (repair_marginal(finding, index, spans)) return;
    model::Policy changed = policy_;
    changed.curves[index].kind = model::CurveKind::line;
    if (!jumps_no_more(changed, spans)) return;
    finding.notes.push_back({"repair, verified: `curve " + curve.named.name + "` as a `line` has no jump",
                             "已验证的修复：把 `curve " + curve.named.name + "` 改为 `line` 后没有跳变"});
    return;
  }
  if (!repair_gate(finding, threshold)) repair_ramp(finding, threshold);
}

/// `rate(sales) * sales` with a rate in steps pays the higher rate on everything: as brackets, only on the part above.
bool Decider::repair_marginal(Finding& finding, std::uint32_t index, const std::vector<Span>& spans) {
  if (!target_.payout.valid() || !policy_.payouts[target_.payout.index].amount.valid()) return false;
  const model::Curve& curve = policy_.curves[index];
  model::Policy changed = policy_;
  bool found = false;
  model::walk(policy_, policy_.payouts[target_.payout.index].amount, [&](model::ExprId id, const model::Expr& expr) {
    const auto* product = std::get_if<model::BinaryExpr>(&expr.node);
    if (product == nullptr || product->op != BinaryOp::multiply) return;
    for (const bool left : {true, false}) {
      const model::ExprId rate = left ? product->left : product->right, base = left ? product->right : product->left;
      const auto* apply = std::get_if<model::CurveApply>(&policy_.expr(rate).node);
      if (apply == nullptr || apply->curve.index != index) continue;
      if (model::exact_text(policy_, apply->argument) != model::exact_text(policy_, base)) continue;
      changed.exprs[id.index].node = *apply;
      found = true;
    }
  });
  if (!found) return false;
  changed.curves[index].kind = model::CurveKind::brackets;
  if (!jumps_no_more(changed, spans)) return false;
  finding.notes.push_back({"repair, verified: `curve " + curve.named.name + "` as `brackets`, paid as `" +
                               curve.named.name + "(…)` alone, has no jump: each rate applies to its own part",
                           "已验证的修复：把 `curve " + curve.named.name + "` 改为 `brackets`，并直接支付 `" +
                               curve.named.name + "(…)`，各档费率只作用于本档部分，不再跳变"});
  return true;
}

/// `if x >= 100 then 2_000 else 0`: as a line from half of the way up.
bool Decider::repair_ramp(Finding& finding, const Shape::Threshold& threshold) {
  if (!target_.payout.valid() || !policy_.payouts[target_.payout.index].amount.valid()) return false;
  const auto constant = [&](model::ExprId id) -> std::optional<Number> {
    const auto* node = std::get_if<model::Constant>(&policy_.expr(id).node);
    if (node == nullptr || !node->value.is<Number>()) return std::nullopt;
    return node->value.number();
  };
  model::Policy changed = policy_;
  bool found = false;
  model::walk(policy_, policy_.payouts[target_.payout.index].amount, [&](model::ExprId id, const model::Expr& expr) {
    const auto* choice = std::get_if<model::IfExpr>(&expr.node);
    if (choice == nullptr || !(policy_.expr(choice->condition).span == threshold.span)) return;
    const auto* compare = std::get_if<model::BinaryExpr>(&policy_.expr(choice->condition).node);
    if (compare == nullptr || (compare->op != BinaryOp::ge && compare->op != BinaryOp::gt)) return;
    const auto at = constant(compare->right), above = constant(choice->then_value),
               below = constant(choice->else_value);
    if (!at || !above || !below || at->sign() <= 0) return;
    model::Curve ramp;
    ramp.named.name = "ramp";
    ramp.kind = model::CurveKind::line;
    ramp.points.resize(2);
    ramp.points[0].at = *at / Number(2);
    ramp.points[0].value = *below;
    ramp.points[1].at = *at;
    ramp.points[1].value = *above;
    for (auto& point : ramp.points) point.span = threshold.span;  // so that the ends of the ramp are looked at too
    changed.curves.push_back(std::move(ramp));
    model::CurveApply apply{};
    apply.curve.index = static_cast<std::uint32_t>(changed.curves.size() - 1);
    apply.argument = compare->left;
    changed.exprs[id.index].node = apply;
    found = true;
  });
  if (!found || !jumps_no_more(changed, {threshold.span})) return false;
  const std::string half = shown(*threshold.at / Number(2), threshold.unit),
                    full = shown(*threshold.at, threshold.unit);
  finding.notes.push_back(
      {"repair, verified: a `curve … line` from " + half + " to " + full + " of " + threshold.quantity + " has no jump",
       "已验证的修复：改用从 " + half + " 到 " + full + " 的 `curve … line`（" + zh(threshold.quantity) +
           "），不再跳变"});
  return true;
}

/// A cap where there is none: at base pay, or at a thousand.
void Decider::repair_bound(Finding& finding) {
  if (!target_.payout.valid()) return;
  model::Policy changed = policy_;
  model::Payout& payout = changed.payouts[target_.payout.index];
  if (payout.cap.valid()) return;
  Number most(1'000);
  if (payout.base.valid()) {
    const auto* base = std::get_if<model::Constant>(&policy_.expr(payout.base).node);
    if (base != nullptr && base->value.is<Number>()) most = base->value.number();
  }
  payout.cap = add_constant(changed, most, policy_.expr(payout.amount.valid() ? payout.amount : payout.pool).type);
  Shape shape(changed, target_);
  const Interval range = shape.range();
  if (!range.upper || *range.upper > most) return;
  finding.notes.push_back({"repair, verified: with `cap " + money(most) + "`, or any other, pay is bounded",
                           "已验证的修复：加上 `cap " + money(most) + "`（或其他数额）后报酬有上限"});
}

}  // namespace kpi::prove
