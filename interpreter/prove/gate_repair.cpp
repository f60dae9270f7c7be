// A gate that makes pay jump, as a limit that rises instead; and what makes an attack on recorded data impossible.
#include <algorithm>
#include <set>

#include "interpreter/model/walk.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

using value::BinaryOp;
using value::Type;
using value::Value;

namespace {

model::ExprId add(model::Policy& policy, model::ExprNode node, const Type& type, const Span& span) {
  model::Expr expr;
  expr.node = std::move(node);
  expr.type = type;
  expr.span = span;
  policy.exprs.push_back(std::move(expr));
  return model::ExprId{static_cast<std::uint32_t>(policy.exprs.size() - 1)};
}

std::optional<Number> constant(const model::Policy& policy, model::ExprId id) {
  const auto& node = policy.expr(id).node;
  const Value* value = nullptr;
  if (const auto* literal = std::get_if<model::Constant>(&node)) value = &literal->value;
  if (const auto* param = std::get_if<model::ParamRef>(&node)) value = &policy.params[param->param.index].value;
  if (value == nullptr || !value->is<Number>()) return std::nullopt;
  return value->number();
}

}  // namespace

/// `gate … requires q >= T else score at most L`: paid on `min(score, limit(q))`, where `limit` is a line from L at
/// half of T to the best score at T. `else unscored`: the amount times a line from 0 to 1. Upper limits the other way
/// round, and one of 0 as far as 5.
bool Decider::repair_gate(Finding& finding, const Shape::Threshold& threshold) {
  if (!target_.payout.valid()) return false;
  const model::Payout& payout = policy_.payouts[target_.payout.index];
  if (!payout.scorecard.valid() || !payout.amount.valid()) return false;
  const model::Scorecard& card = policy_.scorecards[payout.scorecard.index];
  const auto gate = std::find_if(card.gates.begin(), card.gates.end(), [&](const model::Gate& of) {
    return policy_.expr(of.requires_value).span == threshold.span;
  });
  if (gate == card.gates.end()) return false;
  const auto* compare = std::get_if<model::BinaryExpr>(&policy_.expr(gate->requires_value).node);
  if (compare == nullptr) return false;
  const auto at = constant(policy_, compare->right);
  const Type quantity = policy_.expr(compare->left).type;
  if (!at || at->sign() < 0 || quantity.kind != value::Kind::number) return false;
  const bool least = compare->op == BinaryOp::ge || compare->op == BinaryOp::gt;
  const bool most =
      compare->op == BinaryOp::le || compare->op == BinaryOp::lt || (compare->op == BinaryOp::eq && at->is_zero());
  const bool plain = quantity.unit == value::Unit{};
  if ((!least && !most) || (at->is_zero() && (least || !plain))) return false;
  // How far from the gate it ends.
  const Number far = least ? *at / Number(2) : at->is_zero() ? Number(5) : *at * Number(2);
  Number low = gate->effect == model::Gate::Effect::at_most ? gate->limit : Number(0), high(1);
  const bool scored = gate->effect != model::Gate::Effect::unscored;
  model::Policy changed = policy_;
  auto& gates = changed.scorecards[payout.scorecard.index].gates;
  gates.erase(gates.begin() + (gate - card.gates.begin()));
  if (scored) {
    const Shape open(changed, target_);
    const Interval best = intervals(open.graph)[open.pay.score.value];
    if (!best.upper || *best.upper <= low) return false;
    high = *best.upper;
  }
  model::Curve line;
  line.named.name = "limit";
  line.kind = model::CurveKind::line;
  line.input = quantity;
  line.points.resize(2);
  line.points[least ? 0 : 1].at = far;
  line.points[least ? 0 : 1].value = low;
  line.points[least ? 1 : 0].at = *at;
  line.points[least ? 1 : 0].value = high;
  for (auto& point : line.points) point.span = threshold.span;
  changed.curves.push_back(std::move(line));
  const model::CurveApply limit{model::CurveId{static_cast<std::uint32_t>(changed.curves.size() - 1)}, compare->left};
  Type score = quantity;
  score.unit = value::Unit{};
  score.optional = false;
  if (scored) {
    bool found = false;
    model::walk(policy_, payout.amount, [&](model::ExprId id, const model::Expr& expr) {
      if (!std::holds_alternative<model::ScoreExpr>(expr.node)) return;
      model::CallExpr least_of{model::Builtin::min, {}, {}};
      least_of.arguments.push_back(add(changed, model::ScoreExpr{}, score, threshold.span));
      least_of.arguments.push_back(add(changed, limit, score, threshold.span));
      changed.exprs[id.index].node = std::move(least_of);
      found = true;
    });
    if (!found) return false;
  } else {
    const Type& amount = policy_.expr(payout.amount).type;
    const model::BinaryExpr product{BinaryOp::multiply, payout.amount, add(changed, limit, score, threshold.span)};
    changed.payouts[target_.payout.index].amount = add(changed, product, amount, policy_.expr(payout.amount).span);
  }
  if (!jumps_no_more(changed, {threshold.span})) return false;
  // And nothing else jumps that did not before, nor by what the gate looked at: a step of the score would only be
  // reached another way.
  std::set<std::string> looked_at;
  for (const std::uint32_t index : shape_.graph.inputs_of(threshold.atom))
    looked_at.insert(shape_.graph.inputs[index].key);
  Shape shape(changed, target_);
  const Effort effort{options_.evaluations, options_.seed};
  const auto before = shape_.thresholds();
  for (const auto& other : shape.thresholds()) {
    bool complete = true;
    if (other.kind == Jump::Kind::entity || (!shape.jump(other, effort, complete) && complete)) continue;
    const auto read = shape.graph.inputs_of(other.atom);
    const bool again = std::any_of(read.begin(), read.end(), [&](std::uint32_t index) {
      return looked_at.contains(shape.graph.inputs[index].key);
    });
    const bool old = std::any_of(before.begin(), before.end(), [&](const Shape::Threshold& known) {
      bool sure = true;
      return known.span == other.span && shape_.jump(known, effort, sure).has_value();
    });
    if (again || !old) return false;
  }
  const std::string name = gate->named.name, of = threshold.quantity;
  const std::string near_at = shown(*at, threshold.unit), far_at = shown(far, threshold.unit);
  const std::string best = scored ? shown(high, {}) : "100%", worst = scored ? shown(low, {}) : "0%";
  finding.notes.push_back({"repair, verified: instead of `gate " + name + "`, " +
                               (scored ? "pay on `min(score, limit)`" : std::string("the amount times `limit`")) +
                               " with a `curve … line` over " + of + ", " + best + " at " + near_at + " and " + worst +
                               " at " + far_at + ": no jump",
                           "已验证的修复：去掉 `gate " + name + "`，改为" +
                               (scored ? "按 `min(score, limit)` 计酬" : std::string("金额乘以 `limit`")) +
                               "，limit 是 " + zh(of) + " 的 `curve … line`：" + near_at + " 处为 " + best + "，" +
                               far_at + " 处为 " + worst + "，不再跳变"});
  return true;
}

/// Data that the payee collects can be edited whatever the formula says: no weight or limit mends that.
void Decider::advise_collected(Finding& finding, const model::Attack& attack) const {
  using Kind = model::Attack::Form::Kind;
  std::set<std::uint32_t> told;
  for (const model::Attack::Form& form : attack.forms) {
    if ((form.kind != Kind::removes && form.kind != Kind::changes) || !told.insert(form.events.index).second) continue;
    const std::string& name = policy_.events[form.events.index].named.name;
    finding.notes.push_back(
        {"advice: take `" + name +
             "` from the platform and say `collected platform`; then nobody who is paid can do this",
         "建议：`" + name + "` 改用平台数据并写明 `collected platform`，收款人就无从改动"});
  }
}

}  // namespace kpi::prove
