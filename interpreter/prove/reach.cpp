#include "interpreter/prove/reach.hpp"

#include <algorithm>
#include <set>

#include "interpreter/model/walk.hpp"
#include "interpreter/prove/delta.hpp"
#include "interpreter/prove/filters.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {

using model::AggregateFunction;
using value::BinaryOp;
using value::Value;

bool refers_to(const model::Policy& policy, model::SourceRef source, model::EventsId events) {
  const auto& fields = policy.fields(source);
  return std::any_of(fields.begin(), fields.end(), [&](const model::Field& field) {
    return field.type.kind == value::Kind::event && field.type.index == events.index;
  });
}

bool goes_along(const model::Policy& policy, model::SourceRef source, model::EventsId events, bool added) {
  if (!source.is_events() || source == model::SourceRef::of(events)) return false;
  if (!added && refers_to(policy, source, events)) return true;
  const model::Events &a = policy.events[source.index], &b = policy.events[events.index];
  if (a.table != b.table) return false;
  return !added || !a.where.valid() || !b.where.valid() || !filters_exclude(policy, a.where, b.where);
}

bool looks_at_rows(const model::Policy& policy, model::ExprId condition, model::EventsId events,
                   std::optional<model::FieldId> field) {
  bool found = false;
  model::walk(policy, condition, [&](model::ExprId, const model::Expr& expr) {
    if (const auto* column = std::get_if<model::ColumnSet>(&expr.node)) {
      found = found || (column->source == model::SourceRef::of(events) && (!field || column->path.field == *field));
      return;
    }
    const auto* node = std::get_if<model::AggregateRef>(&expr.node);
    if (node == nullptr) return;
    const model::Aggregate& of = policy.aggregates[node->aggregate.index];
    if (!(of.source == model::SourceRef::of(events))) return;
    if (!field) found = true;
    for (const model::ExprId part : {of.value, of.filter}) {
      model::walk(policy, part, [&](model::ExprId, const model::Expr& inner) {
        const auto* row = std::get_if<model::RowField>(&inner.node);
        if (row == nullptr || row->depth != 0 || !row->path.field.valid()) return;
        const model::Field& read = policy.fields(row->source)[row->path.field.index];
        found = found || !field || read.computed.valid() || row->path.field == *field;
      });
    }
  });
  return found;
}

Interval movement(const model::Policy& policy, const Input& input, RowEdit edit, const Number& most) {
  const Interval more = Interval::at_least(Number(0)), less{std::nullopt, Number(0)};
  const bool leaves = edit == RowEdit::leaves;
  // A sum over the rows: each adds what one row can have.
  if (input.of_group)
    return input.per_row.lower && input.per_row.lower->sign() >= 0 ? (leaves ? less : more) : Interval{};
  if (!input.aggregate.valid()) return {};
  const model::Aggregate& of = policy.aggregates[input.aggregate.index];
  if (of.each_inner.valid()) return {};
  if (of.function == AggregateFunction::distinct)
    return leaves ? Interval{-most, Number(0)} : Interval{Number(0), most};
  // Before a first row comes in there is nothing to compare with.
  if (leaves && of.function == AggregateFunction::max) return less;
  if (leaves && of.function == AggregateFunction::min) return more;
  return {};
}

namespace {

/// Fields of the row that an expression reads, through computed ones; `other` when it reads anything else that is not
/// constant.
void fields_of(const model::Policy& policy, model::ExprId id, model::SourceRef source, std::set<std::uint32_t>& fields,
               bool& other) {
  model::walk(policy, id, [&](model::ExprId, const model::Expr& expr) {
    if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
      if (node->depth != 0 || !(node->source == source)) {
        other = true;
        return;
      }
      // The first step decides which row is looked at.
      const model::FieldId first = node->path.refs.empty() ? node->path.field : node->path.refs.front();
      if (!first.valid()) return;
      const model::Field& field = policy.fields(source)[first.index];
      if (field.computed.valid())
        fields_of(policy, field.computed, source, fields, other);
      else
        fields.insert(first.index);
      return;
    }
    const bool constant =
        std::holds_alternative<model::Constant>(expr.node) || std::holds_alternative<model::ParamRef>(expr.node);
    bool operands = false;
    model::for_each_operand(expr.node, [&](model::ExprId) { operands = true; });
    if (!constant && !operands) other = true;
  });
}

/// The field itself, or `field default 0`.
bool is_field(const model::Policy& policy, model::ExprId id, model::FieldId field) {
  const model::ExprNode* node = &policy.expr(id).node;
  if (const auto* fallback = std::get_if<model::DefaultExpr>(node)) {
    const auto* zero = std::get_if<model::Constant>(&policy.expr(fallback->fallback).node);
    if (zero == nullptr || !zero->value.is<Number>() || !zero->value.number().is_zero()) return false;
    node = &policy.expr(fallback->operand).node;
  }
  const auto* row = std::get_if<model::RowField>(node);
  return row != nullptr && row->depth == 0 && row->path.refs.empty() && row->path.field == field;
}

}  // namespace

Turn turn_of(const model::Policy& policy, model::ExprId id, model::SourceRef source, const FieldChange& change,
             bool negated) {
  if (!id.valid()) return {};
  const model::Expr& expr = policy.expr(id);
  const auto* binary = std::get_if<model::BinaryExpr>(&expr.node);
  if (binary != nullptr && (binary->op == BinaryOp::logical_and || binary->op == BinaryOp::logical_or)) {
    const Turn left = turn_of(policy, binary->left, source, change, negated),
               right = turn_of(policy, binary->right, source, change, negated);
    return {left.up || right.up, left.down || right.down};
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node); unary != nullptr) {
    const Turn turned = turn_of(policy, unary->operand, source, change, true);
    return {turned.down, turned.up};
  }
  std::set<std::uint32_t> fields;
  bool other = false;
  fields_of(policy, id, source, fields, other);
  if (!fields.contains(change.field.index)) return {};
  const Turn any{true, true};
  if (change.to) {
    if (other || fields.size() != 1) return any;
    WorldRow row;
    row.fields[change.field.index] = *change.to;
    const Value after = evaluate_row(policy, id, row, source);
    if (!after.has_value() || !after.is<bool>()) return any;
    return {after.boolean(), !after.boolean()};
  }
  if (const auto* none = std::get_if<model::IsNoneExpr>(&expr.node);
      none != nullptr && is_field(policy, none->operand, change.field))
    return {none->negated, !none->negated};
  if (binary == nullptr) return any;
  const auto reads = [&](model::ExprId side) {
    std::set<std::uint32_t> read;
    bool more = false;
    fields_of(policy, side, source, read, more);
    return read.contains(change.field.index);
  };
  const bool left = is_field(policy, binary->left, change.field) && !reads(binary->right);
  const bool right = is_field(policy, binary->right, change.field) && !reads(binary->left);
  if (left == right) return any;
  // With no value before, the comparison was not true: an upper limit may then come to hold.
  const bool may_be_none =
      policy.fields(source)[change.field.index].type.optional &&
      !std::holds_alternative<model::DefaultExpr>(policy.expr(left ? binary->left : binary->right).node);
  if (negated && may_be_none) return any;
  const bool greater = binary->op == BinaryOp::gt || binary->op == BinaryOp::ge;
  const bool less = binary->op == BinaryOp::lt || binary->op == BinaryOp::le;
  if (!greater && !less) return any;
  if (greater == left) return {true, false};
  return {may_be_none, true};
}

Turn membership(const model::Policy& policy, model::EventsId events, model::ExprId filter, model::FieldId at,
                const std::vector<model::ExclusionId>& including, const FieldChange& change) {
  const model::SourceRef source = model::SourceRef::of(events);
  Turn result = turn_of(policy, filter, source, change);
  if (at == change.field) result = {true, true};
  const Turn kept = turn_of(policy, policy.events[events.index].where, source, change);
  result = {result.up || kept.up, result.down || kept.down};
  for (std::uint32_t index = 0; index < policy.exclusions.size(); ++index) {
    const auto& exclusion = policy.exclusions[index];
    if (std::find(including.begin(), including.end(), model::ExclusionId{index}) != including.end()) continue;
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      if (exclusion.from[i] != events) continue;
      const Turn out = turn_of(policy, exclusion.conditions[i], source, change);
      result = {result.up || out.down, result.down || out.up};
    }
  }
  return result;
}

bool reads_any(const model::Policy& policy, model::ExprId condition, model::SourceRef source,
               const std::set<std::uint32_t>& wanted) {
  if (!condition.valid()) return false;
  std::set<std::uint32_t> fields;
  bool other = false;
  fields_of(policy, condition, source, fields, other);
  return std::any_of(fields.begin(), fields.end(), [&](std::uint32_t field) { return wanted.contains(field); });
}

bool fails_without(const model::Policy& policy, model::ExprId id, model::SourceRef source,
                   const std::set<std::uint32_t>& absent) {
  if (!id.valid() || absent.empty()) return false;
  const auto* binary = std::get_if<model::BinaryExpr>(&policy.expr(id).node);
  if (binary != nullptr && (binary->op == BinaryOp::logical_and || binary->op == BinaryOp::logical_or)) {
    const bool left = fails_without(policy, binary->left, source, absent),
               right = fails_without(policy, binary->right, source, absent);
    return binary->op == BinaryOp::logical_and ? left || right : left && right;
  }
  std::set<std::uint32_t> fields;
  bool other = false;
  fields_of(policy, id, source, fields, other);
  const bool all_absent =
      std::all_of(fields.begin(), fields.end(), [&](std::uint32_t field) { return absent.contains(field); });
  if (other || fields.empty() || !all_absent) return false;
  const Value value = evaluate_row(policy, id, WorldRow{}, source);
  return !value.has_value() || (value.is<bool>() && !value.boolean());
}

std::optional<int> row_direction(const Builder& builder, model::ExprId id, model::SourceRef source,
                                 const FieldChange& change) {
  const model::Policy& policy = builder.policy();
  const auto of = [&](model::ExprId part) { return row_direction(builder, part, source, change); };
  const auto together = [](std::optional<int> a, std::optional<int> b) -> std::optional<int> {
    if (!a || !b || *a * *b < 0) return std::nullopt;
    return *a != 0 ? a : b;
  };
  const auto turned = [](std::optional<int> a) { return a ? std::optional(-*a) : a; };
  if (!reads_any(policy, id, source, {change.field.index})) return 0;
  const model::ExprNode& node = policy.expr(id).node;
  if (const auto* row = std::get_if<model::RowField>(&node)) {
    if (!row->path.refs.empty()) return std::nullopt;
    const model::Field& field = policy.fields(source)[row->path.field.index];
    if (field.computed.valid()) return of(field.computed);
    return 1;
  }
  if (const auto* fallback = std::get_if<model::DefaultExpr>(&node)) {
    const auto inside = together(of(fallback->operand), of(fallback->fallback));
    if (!policy.fields(source)[change.field.index].type.optional) return inside;
    // What was absent is given now: from the fallback to the value.
    const auto sign = direction(builder.row_interval(fallback->operand) - builder.row_interval(fallback->fallback));
    return sign ? together(inside, *sign) : std::nullopt;
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) return turned(of(unary->operand));
  if (const auto* choice = std::get_if<model::IfExpr>(&node)) {
    const Turn turn = turn_of(policy, choice->condition, source, change);
    const Interval gap = builder.row_interval(choice->then_value) - builder.row_interval(choice->else_value);
    const auto inside = together(of(choice->then_value), of(choice->else_value));
    const auto sign = direction(gap);
    if (!turn.up && !turn.down) return inside;
    if ((turn.up && turn.down) || !sign) return sign == 0 ? inside : std::nullopt;
    return together(inside, turn.up ? *sign : -*sign);
  }
  const auto* binary = std::get_if<model::BinaryExpr>(&node);
  if (binary == nullptr) return std::nullopt;
  const auto left = of(binary->left), right = of(binary->right);
  if (binary->op == BinaryOp::add) return together(left, right);
  if (binary->op == BinaryOp::subtract) return together(left, turned(right));
  if (binary->op != BinaryOp::multiply && binary->op != BinaryOp::divide) return std::nullopt;
  // One side stands still, and its sign decides.
  if (right == 0 && left) {
    const auto sign = direction(builder.row_interval(binary->right));
    return sign ? std::optional(*left * *sign) : std::nullopt;
  }
  if (binary->op == BinaryOp::multiply && left == 0 && right) {
    const auto sign = direction(builder.row_interval(binary->left));
    return sign ? std::optional(*right * *sign) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace kpi::prove
