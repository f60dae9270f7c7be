#include "interpreter/prove/filters.hpp"

#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::prove {
namespace {

using value::BinaryOp;
using value::Number;

/// One of the conditions that all must hold.
struct Part {
  std::string text;        // as a whole
  std::string of, is_not;  // `of < limit`; `of` is (not) none; texts
  std::optional<BinaryOp> op;
  std::optional<Number> limit;
  std::optional<value::Value> equals;
  std::optional<bool> given;    // `is not none`: true
  std::optional<bool> negated;  // of a truth: `not x`
};

std::optional<value::Value> constant_of(const model::Policy& policy, model::ExprId id) {
  const auto& node = policy.expr(id).node;
  if (const auto* constant = std::get_if<model::Constant>(&node)) return constant->value;
  if (const auto* param = std::get_if<model::ParamRef>(&node)) return policy.params[param->param.index].value;
  return std::nullopt;
}

void take_apart(const model::Policy& policy, model::ExprId id, std::vector<Part>& parts) {
  const auto& node = policy.expr(id).node;
  const auto* binary = std::get_if<model::BinaryExpr>(&node);
  if (binary != nullptr && binary->op == BinaryOp::logical_and) {
    take_apart(policy, binary->left, parts);
    return take_apart(policy, binary->right, parts);
  }
  Part part;
  part.text = part.of = model::exact_text(policy, id);
  part.negated = false;
  if (binary != nullptr && binary->op != BinaryOp::logical_or) {
    const auto constant = constant_of(policy, binary->right);
    if (constant && constant->has_value()) {
      part.of = model::exact_text(policy, binary->left);
      part.op = binary->op;
      part.negated.reset();
      if (constant->is<Number>()) part.limit = constant->number();
      if (binary->op == BinaryOp::eq) part.equals = *constant;
    }
  } else if (const auto* none = std::get_if<model::IsNoneExpr>(&node)) {
    part.of = model::exact_text(policy, none->operand);
    part.given = none->negated;
    part.negated.reset();
  } else if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) {
    part.of = model::exact_text(policy, unary->operand);
    part.negated = true;
  }
  parts.push_back(std::move(part));
}

bool is_upper(const Part& part) { return part.limit && (part.op == BinaryOp::lt || part.op == BinaryOp::le); }
bool is_lower(const Part& part) { return part.limit && (part.op == BinaryOp::gt || part.op == BinaryOp::ge); }

bool implies(const Part& a, const Part& b) {
  if (a.text == b.text) return true;
  if (a.of != b.of) return false;
  if (is_upper(a) && is_upper(b))
    return *a.limit < *b.limit || (*a.limit == *b.limit && (a.op == BinaryOp::lt || b.op == BinaryOp::le));
  if (is_lower(a) && is_lower(b))
    return *b.limit < *a.limit || (*a.limit == *b.limit && (a.op == BinaryOp::gt || b.op == BinaryOp::ge));
  return false;
}

bool exclude(const Part& a, const Part& b) {
  if (a.of != b.of) return false;
  if (a.given && b.given && *a.given != *b.given) return true;
  if (a.negated && b.negated && *a.negated != *b.negated) return true;
  if (a.equals && b.equals && !(*a.equals == *b.equals)) return true;
  const auto apart = [](const Part& upper, const Part& lower) {
    if (!is_upper(upper) || !is_lower(lower)) return false;
    const bool both_ends = upper.op == BinaryOp::le && lower.op == BinaryOp::ge;
    return *upper.limit < *lower.limit || (*upper.limit == *lower.limit && !both_ends);
  };
  return apart(a, b) || apart(b, a);
}

std::vector<Part> parts_of(const model::Policy& policy, model::ExprId filter) {
  std::vector<Part> parts;
  if (filter.valid()) take_apart(policy, filter, parts);
  return parts;
}

}  // namespace

bool filter_implies(const model::Policy& policy, model::ExprId a, model::ExprId b) {
  const auto left = parts_of(policy, a), right = parts_of(policy, b);
  return std::all_of(right.begin(), right.end(), [&](const Part& wanted) {
    return std::any_of(left.begin(), left.end(), [&](const Part& part) { return implies(part, wanted); });
  });
}

bool filters_exclude(const model::Policy& policy, model::ExprId a, model::ExprId b) {
  const auto left = parts_of(policy, a), right = parts_of(policy, b);
  return std::any_of(left.begin(), left.end(), [&](const Part& part) {
    return std::any_of(right.begin(), right.end(), [&](const Part& other) { return exclude(part, other); });
  });
}

static bool reads(const model::Policy& policy, model::ExprId id, model::SourceRef source,
                  const std::function<bool(std::uint32_t)>& wanted) {
  bool found = false;
  model::walk(policy, id, [&](model::ExprId, const model::Expr& expr) {
    const auto* node = std::get_if<model::RowField>(&expr.node);
    if (found || node == nullptr || node->depth != 0 || !(node->source == source)) return;
    const model::FieldId first = node->path.refs.empty() ? node->path.field : node->path.refs.front();
    if (!first.valid()) return;
    const model::ExprId computed = policy.fields(source)[first.index].computed;
    found = computed.valid() ? reads(policy, computed, source, wanted) : wanted(first.index);
  });
  return found;
}

bool is_filtered_by(const model::Policy& policy, const Group& group, const std::function<bool(std::uint32_t)>& field) {
  return reads(policy, group.filter, group.source, field);
}

bool is_kept_by(const model::Policy& policy, const Group& group, const std::function<bool(std::uint32_t)>& field) {
  if (is_filtered_by(policy, group, field)) return true;
  if (group.at.valid() && field(group.at.index)) return true;
  if (!group.source.is_events()) return false;
  const model::EventsId events = group.source.events();
  if (reads(policy, policy.events[events.index].where, group.source, field)) return true;
  for (std::uint32_t index = 0; index < policy.exclusions.size(); ++index) {
    const model::Exclusion& exclusion = policy.exclusions[index];
    const bool counted = std::any_of(group.including.begin(), group.including.end(),
                                     [&](model::ExclusionId id) { return id.index == index; });
    if (counted) continue;
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      if (exclusion.from[i] == events && reads(policy, exclusion.conditions[i], group.source, field)) return true;
    }
  }
  return false;
}

}  // namespace kpi::prove
