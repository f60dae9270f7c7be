#include "interpreter/analysis/conditions.hpp"

#include <algorithm>

namespace kpi::analysis {
namespace {

using model::ExprId;
using value::BinaryOp;
using value::Kind;

bool is_ordered(const value::Type& type) {
  return type.kind == Kind::number || type.kind == Kind::date || type.kind == Kind::datetime;
}

NumberRange range_for(BinaryOp op, const Number& limit) {
  switch (op) {
    case BinaryOp::lt: return {std::nullopt, limit, false, false};
    case BinaryOp::le: return {std::nullopt, limit, false, true};
    case BinaryOp::gt: return {limit, std::nullopt, false, false};
    case BinaryOp::ge: return {limit, std::nullopt, true, false};
    default: return {limit, limit, true, true};
  }
}

BinaryOp mirrored(BinaryOp op) {
  switch (op) {
    case BinaryOp::lt: return BinaryOp::gt;
    case BinaryOp::le: return BinaryOp::ge;
    case BinaryOp::gt: return BinaryOp::lt;
    case BinaryOp::ge: return BinaryOp::le;
    default: return op;
  }
}

/// The text without the line breaks and runs of blanks it was written with.
std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (blank && (result.empty() || result.back() == ' ')) continue;
    result += blank ? ' ' : c;
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

/// Counts and whole-number fields take only whole values; a count is never negative.
bool counts_rows(const model::Policy& policy, ExprId id) {
  const auto* aggregate = std::get_if<model::AggregateRef>(&policy.expr(id).node);
  if (!aggregate) return false;
  const auto function = policy.aggregates[aggregate->aggregate.index].function;
  return function == model::AggregateFunction::count || function == model::AggregateFunction::distinct;
}

const model::Field* field_of(const model::Policy& policy, const model::Expr& expr) {
  const auto* subject = std::get_if<model::SubjectField>(&expr.node);
  if (!subject || !subject->path.refs.empty()) return nullptr;
  return &policy.entity(subject->entity).fields[subject->path.field.index];
}

}  // namespace

std::optional<Number> as_number(const Value& value) {
  if (value.is<Number>()) return value.number();
  if (value.is<value::Date>()) return Number(static_cast<std::int64_t>(value.as<value::Date>().days));
  if (value.is<value::Instant>()) return Number(value.as<value::Instant>().micros);
  return std::nullopt;
}

bool NumberRange::contains(const Number& number) const {
  if (lower && (includes_lower ? number < *lower : number <= *lower)) return false;
  if (upper && (includes_upper ? number > *upper : number >= *upper)) return false;
  return true;
}

std::string ConditionSpace::text_of(ExprId id) const { return squeezed(sources_.text(policy_.expr(id).span)); }

std::string ConditionSpace::member_text(const Value& value, const value::Type& type) const {
  if (value.is<value::PhaseRef>()) {
    const auto& ref = value.as<value::PhaseRef>();
    for (const model::Phases& phases : policy_.phases) {
      if (phases.entity.index == ref.entity) return phases.phases[ref.phase].named.name;
    }
  }
  if (value.is<std::string>() && type.kind != Kind::phase) return "\"" + value.text() + "\"";
  return value::to_string(value);
}

/// A constant operand: a literal, a parameter, or the name of a phase.
std::optional<Value> ConditionSpace::constant(ExprId id) const {
  const model::Expr& expr = policy_.expr(id);
  if (const auto* literal = std::get_if<model::Constant>(&expr.node)) return literal->value;
  if (const auto* param = std::get_if<model::ParamRef>(&expr.node)) return policy_.params[param->param.index].value;
  if (const auto* phase = std::get_if<model::PhaseName>(&expr.node)) {
    return Value(value::PhaseRef{phase->entity.index, phase->phase});
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node)) {
    if (auto operand = constant(unary->operand)) return value::apply(unary->op, *operand);
  }
  if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    const auto left = constant(binary->left), right = constant(binary->right);
    if (left && right) return value::apply(binary->op, *left, *right, *policy_.header.timezone);
  }
  return std::nullopt;
}

std::size_t ConditionSpace::add_dimension(std::string key, std::string text, const value::Type& type) {
  const auto [entry, added] = by_key_.try_emplace(std::move(key), dimensions_.size());
  if (!added) return entry->second;
  Dimension dimension;
  dimension.key = entry->first;
  dimension.text = std::move(text);
  dimension.type = type;
  dimension.domain = is_ordered(type) ? Dimension::Domain::ordered : Dimension::Domain::categorical;
  if (type.kind == Kind::boolean) {
    dimension.closed = true;
    dimension.add_member(Value(true), "true");
    dimension.add_member(Value(false), "false");
  }
  if (type.kind == Kind::phase) {
    for (const model::Phases& phases : policy_.phases) {
      if (phases.entity.index != type.index) continue;
      dimension.closed = true;
      for (std::uint32_t i = 0; i < phases.phases.size(); ++i) {
        dimension.add_member(Value(value::PhaseRef{type.index, i}), phases.phases[i].named.name);
      }
    }
  }
  if (type.kind == Kind::date) dimension.step = Number(1);
  dimensions_.push_back(std::move(dimension));
  return dimensions_.size() - 1;
}

/// What is known about the values of an input beyond its type: whole numbers, whole days, a lower bound.
void ConditionSpace::refine(Dimension& dimension, ExprId id) const {
  const model::Expr* expr = &policy_.expr(id);
  if (const auto* metric = std::get_if<model::MetricRef>(&expr->node)) {
    id = policy_.metrics[metric->metric.index].value;
    if (!id.valid()) return;
    expr = &policy_.expr(id);
  }
  if (counts_rows(policy_, id)) {
    dimension.step = Number(1);
    dimension.lowest = Number(0);
  }
  if (const auto* call = std::get_if<model::CallExpr>(&expr->node)) {
    if (call->function == model::Builtin::months_since) dimension.step = Number(1);
    if (call->function == model::Builtin::age) dimension.step = Number(86'400);
  }
  if (const model::Field* field = field_of(policy_, *expr); field && field->integer) dimension.step = Number(1);
  if (std::holds_alternative<model::ActiveDays>(expr->node)) {
    dimension.step = Number(1);
    dimension.lowest = Number(0);
  }
}

std::size_t ConditionSpace::dimension_of(ExprId id) {
  const std::string text = text_of(id);
  const std::size_t index = add_dimension("expr " + text, text, policy_.expr(id).type);
  if (dimensions_[index].domain == Dimension::Domain::ordered) refine(dimensions_[index], id);
  return index;
}

Formula ConditionSpace::literal(std::size_t dimension, NumberRange range) {
  if (range.lower) dimensions_[dimension].add_cut(*range.lower);
  if (range.upper) dimensions_[dimension].add_cut(*range.upper);
  Formula formula;
  formula.kind = Formula::Kind::literal;
  formula.literal.dimension = dimension;
  formula.literal.ranges.push_back(std::move(range));
  return formula;
}

Formula ConditionSpace::literal(std::size_t dimension, std::vector<std::size_t> members) {
  Formula formula;
  formula.kind = Formula::Kind::literal;
  formula.literal.dimension = dimension;
  formula.literal.members = std::move(members);
  return formula;
}

Formula ConditionSpace::value_literal(std::size_t dimension, const Value& value) {
  if (dimensions_[dimension].domain == Dimension::Domain::ordered) {
    if (const auto number = as_number(value)) return literal(dimension, NumberRange{number, number, true, true});
    Formula never;
    never.truth = false;
    return never;
  }
  const std::string text = member_text(value, dimensions_[dimension].type);
  return literal(dimension, std::vector<std::size_t>{dimensions_[dimension].add_member(value, text)});
}

Formula ConditionSpace::opaque(ExprId id) {
  const std::string text = text_of(id);
  const std::size_t dimension = add_dimension("condition " + text, "(" + text + ")", value::Type::of(Kind::boolean));
  return literal(dimension, std::vector<std::size_t>{0});
}

Formula ConditionSpace::negate(Formula formula) const {
  switch (formula.kind) {
    case Formula::Kind::truth: formula.truth = !formula.truth; return formula;
    case Formula::Kind::literal: formula.literal.negated = !formula.literal.negated; return formula;
    case Formula::Kind::conjunction: formula.kind = Formula::Kind::disjunction; break;
    case Formula::Kind::disjunction: formula.kind = Formula::Kind::conjunction; break;
  }
  for (Formula& part : formula.parts) part = negate(std::move(part));
  return formula;
}

Formula ConditionSpace::comparison(const model::BinaryExpr& node, ExprId id) {
  BinaryOp op = node.op;
  ExprId input = node.left;
  auto limit = constant(node.right);
  if (!limit) {
    limit = constant(node.left);
    input = node.right;
    op = mirrored(op);
  }
  const value::Type& type = policy_.expr(input).type;
  if (!limit || !limit->has_value()) return opaque(id);
  if (op == BinaryOp::eq || op == BinaryOp::ne) {
    if (type.kind == Kind::calendar_step || type.kind == Kind::error) return opaque(id);
    Formula equal = value_literal(dimension_of(input), *limit);
    return op == BinaryOp::eq ? equal : negate(std::move(equal));
  }
  const auto number = as_number(*limit);
  if (!is_ordered(type) || !number || (type.kind == Kind::datetime) != limit->is<value::Instant>()) return opaque(id);
  return literal(dimension_of(input), range_for(op, *number));
}

Formula ConditionSpace::membership(const model::InExpr& node, ExprId id) {
  const model::Expr& collection = policy_.expr(node.collection);
  Formula result;
  if (const auto* list = std::get_if<model::ListExpr>(&collection.node)) {
    const std::size_t dimension = dimension_of(node.item);
    result.kind = Formula::Kind::disjunction;
    for (const ExprId item : list->items) {
      const auto value = constant(item);
      if (!value) return opaque(id);
      result.parts.push_back(value_literal(dimension, *value));
    }
  } else if (const auto* range = std::get_if<model::RangeExpr>(&collection.node);
             range && is_ordered(policy_.expr(node.item).type)) {
    NumberRange numbers{std::nullopt, std::nullopt, true, range->includes_upper};
    for (const bool upper : {false, true}) {
      const ExprId bound = upper ? range->upper : range->lower;
      if (!bound.valid()) continue;
      const auto value = constant(bound);
      const auto number = value ? as_number(*value) : std::nullopt;
      if (!number) return opaque(id);
      (upper ? numbers.upper : numbers.lower) = number;
    }
    result = literal(dimension_of(node.item), numbers);
  } else {
    return opaque(id);
  }
  return node.negated ? negate(std::move(result)) : result;
}

Formula ConditionSpace::translate(ExprId id) {
  const model::Expr& expr = policy_.expr(id);
  if (const auto value = constant(id); value && value->is<bool>()) {
    Formula formula;
    formula.truth = value->boolean();
    return formula;
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node)) return negate(translate(unary->operand));
  if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    if (binary->op == BinaryOp::logical_and || binary->op == BinaryOp::logical_or) {
      Formula formula;
      formula.kind =
          binary->op == BinaryOp::logical_and ? Formula::Kind::conjunction : Formula::Kind::disjunction;
      formula.parts.push_back(translate(binary->left));
      formula.parts.push_back(translate(binary->right));
      return formula;
    }
    return comparison(*binary, id);
  }
  if (const auto* in = std::get_if<model::InExpr>(&expr.node)) return membership(*in, id);
  if (const auto* none = std::get_if<model::IsNoneExpr>(&expr.node)) {
    const std::string text = text_of(none->operand) + " is none";
    const std::size_t dimension = add_dimension("none " + text, "(" + text + ")", value::Type::of(Kind::boolean));
    Formula formula = literal(dimension, std::vector<std::size_t>{0});
    return none->negated ? negate(std::move(formula)) : formula;
  }
  if (expr.type.kind == Kind::boolean && !std::holds_alternative<model::CallExpr>(expr.node)) {
    return literal(dimension_of(id), std::vector<std::size_t>{0});
  }
  return opaque(id);
}

std::size_t ConditionSpace::add_column(const model::DecisionTable::Column& column) {
  return add_dimension("column " + column.name, column.name, column.type);
}

Formula ConditionSpace::translate(std::size_t dimension, const model::Pattern& pattern) {
  Formula formula;
  if (std::holds_alternative<model::AnyPattern>(pattern)) return formula;
  if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
    formula.kind = Formula::Kind::disjunction;
    for (const Value& value : set->values) formula.parts.push_back(value_literal(dimension, value));
    return formula;
  }
  const auto& range = std::get<model::RangePattern>(pattern);
  return literal(dimension, NumberRange{as_number(range.lower), as_number(range.upper), range.includes_lower,
                                        range.includes_upper});
}

void ConditionSpace::finish() {
  for (Dimension& dimension : dimensions_) dimension.finish();
}

std::optional<std::vector<Box>> ConditionSpace::boxes(const Formula& formula, bool negated) const {
  switch (formula.kind) {
    case Formula::Kind::truth:
      if (formula.truth != negated) return std::vector<Box>{everything(dimensions_)};
      return std::vector<Box>{};
    case Formula::Kind::literal: {
      const Literal& literal = formula.literal;
      const Dimension& dimension = dimensions_[literal.dimension];
      AtomSet side(dimension.atom_count());
      bool any = false;
      for (std::size_t atom = 0; atom < side.size(); ++atom) {
        bool inside = false;
        if (dimension.domain == Dimension::Domain::ordered) {
          inside = std::any_of(literal.ranges.begin(), literal.ranges.end(), [&](const NumberRange& range) {
            return range.contains(dimension.representative(atom));
          });
        } else {
          inside = std::find(literal.members.begin(), literal.members.end(), dimension.member(atom)) !=
                   literal.members.end();
        }
        side[atom] = inside != (literal.negated != negated);
        any = any || side[atom];
      }
      if (!any) return std::vector<Box>{};
      Box box = everything(dimensions_);
      box.sides[literal.dimension] = std::move(side);
      return std::vector<Box>{std::move(box)};
    }
    case Formula::Kind::conjunction:
    case Formula::Kind::disjunction: break;
  }
  const bool conjunction = (formula.kind == Formula::Kind::conjunction) != negated;
  std::vector<Box> result;
  if (conjunction) result.push_back(everything(dimensions_));
  for (const Formula& part : formula.parts) {
    auto boxes_of_part = boxes(part, negated);
    if (!boxes_of_part) return std::nullopt;
    if (!conjunction) {
      for (Box& box : *boxes_of_part) result.push_back(std::move(box));
    } else {
      std::vector<Box> crossed;
      for (const Box& left : result) {
        for (const Box& right : *boxes_of_part) {
          if (auto both = intersect(dimensions_, left, right)) crossed.push_back(std::move(*both));
        }
        if (crossed.size() > kMaximumBoxes) return std::nullopt;
      }
      result = std::move(crossed);
    }
    if (result.size() > kMaximumBoxes) return std::nullopt;
  }
  return result;
}

}  // namespace kpi::analysis
