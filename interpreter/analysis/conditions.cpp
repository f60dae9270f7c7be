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

/// The field at the end of a path from the scored entity.
const model::Field* field_of(const model::Policy& policy, const model::Expr& expr) {
  const auto* subject = std::get_if<model::SubjectField>(&expr.node);
  if (!subject || !subject->path.field.valid()) return nullptr;
  model::SourceRef at = model::SourceRef::of(subject->entity);
  for (const model::FieldId ref : subject->path.refs) {
    const value::Type& type = policy.fields(at)[ref.index].type;
    at = type.kind == Kind::event ? model::SourceRef::of(model::EventsId{type.index})
                                  : model::SourceRef::of(model::EntityId{type.index});
  }
  return &policy.fields(at)[subject->path.field.index];
}

/// A sum of a whole-number field has whole values only.
bool sums_integers(const model::Policy& policy, ExprId id) {
  const auto* aggregate = std::get_if<model::AggregateRef>(&policy.expr(id).node);
  if (!aggregate) return false;
  const model::Aggregate& declared = policy.aggregates[aggregate->aggregate.index];
  if (declared.function != model::AggregateFunction::sum || !declared.value.valid()) return false;
  const auto* field = std::get_if<model::RowField>(&policy.expr(declared.value).node);
  return field && field->path.refs.empty() && policy.fields(field->source)[field->path.field.index].integer;
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
  if (sums_integers(policy_, id)) dimension.step = Number(1);
  if (const model::Field* field = field_of(policy_, *expr)) refine_by_field(dimension, *field);
  if (std::holds_alternative<model::ActiveDays>(expr->node)) {
    dimension.step = Number(1);
    dimension.lowest = Number(0);
  }
}

/// A value outside the declared range is an error of the data, so no phase or row has to cover it.
void ConditionSpace::refine_by_field(Dimension& dimension, const model::Field& field) const {
  if (field.integer) dimension.step = Number(1);
  if (!field.range.valid()) return;
  std::optional<Number> lower, upper;
  bool includes_upper = false;
  if (const auto* range = std::get_if<model::RangeExpr>(&policy_.expr(field.range).node)) {
    const auto bound = [&](ExprId id) {
      const auto value = id.valid() ? constant(id) : std::nullopt;
      return value ? as_number(*value) : std::nullopt;
    };
    lower = bound(range->lower);
    upper = bound(range->upper);
    includes_upper = range->includes_upper;
  } else if (const auto value = constant(field.range); value && value->is<std::shared_ptr<const value::RangeValue>>()) {
    const auto& known = *value->as<std::shared_ptr<const value::RangeValue>>();
    lower = as_number(known.lower);
    upper = as_number(known.upper);
    includes_upper = known.includes_upper;
  }
  if (lower) dimension.lowest = lower;
  if (upper) {
    dimension.highest = upper;
    dimension.includes_highest = includes_upper;
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
  return comparison(node.left, node.op, node.right, id);
}

Formula ConditionSpace::comparison(ExprId input, BinaryOp op, ExprId other, ExprId id) {
  auto limit = constant(other);
  if (!limit) {
    limit = constant(input);
    if (!limit) return difference(input, op, other, id);
    input = other;
    op = mirrored(op);
  }
  if (!limit->has_value()) return opaque(id);
  const value::Type& type = policy_.expr(input).type;
  const bool equality = op == BinaryOp::eq || op == BinaryOp::ne;
  auto number = as_number(*limit);
  const bool comparable = is_ordered(type) && number && (type.kind == Kind::datetime) == limit->is<value::Instant>();
  if (!comparable) {
    if (!equality || type.kind == Kind::calendar_step || type.kind == Kind::error) return opaque(id);
    Formula equal = value_literal(dimension_of(input), *limit);
    return op == BinaryOp::eq ? equal : negate(std::move(equal));
  }
  isolate(input, op, *number);
  Formula formula = literal(dimension_of(input), range_for(op, *number));
  return op == BinaryOp::ne ? negate(std::move(formula)) : formula;
}

void ConditionSpace::isolate(ExprId& input, BinaryOp& op, Number& limit) const {
  for (;;) {
    const model::Expr& expr = policy_.expr(input);
    if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node); unary && unary->op == value::UnaryOp::negate) {
      input = unary->operand;
      limit = -limit;
      op = mirrored(op);
      continue;
    }
    const auto* binary = std::get_if<model::BinaryExpr>(&expr.node);
    if (!binary) return;
    const auto number = [&](ExprId id) -> std::optional<Number> {
      const auto value = policy_.expr(id).type.kind == Kind::number ? constant(id) : std::nullopt;
      return value && value->is<Number>() ? std::optional(value->number()) : std::nullopt;
    };
    const auto left = number(binary->left), right = number(binary->right);
    // Durations are seconds; a date counts days, a date-time microseconds.
    const Kind kind = expr.type.kind;
    const Number size = kind == Kind::date       ? Number(1) / Number(86'400)
                        : kind == Kind::datetime ? Number(value::kMicrosPerSecond)
                                                 : Number(1);
    if (binary->op == BinaryOp::add && right) {
      input = binary->left;
      limit = limit - *right * size;
    } else if (binary->op == BinaryOp::add && left) {
      input = binary->right;
      limit = limit - *left * size;
    } else if (binary->op == BinaryOp::subtract && right) {
      input = binary->left;
      limit = limit + *right * size;
    } else if (binary->op == BinaryOp::subtract && left && kind == Kind::number) {
      input = binary->right;
      limit = *left - limit;
      op = mirrored(op);
    } else if (binary->op == BinaryOp::multiply && ((right && !right->is_zero()) || (left && !left->is_zero()))) {
      const Number factor = right ? *right : *left;
      input = right ? binary->left : binary->right;
      limit = limit / factor;
      if (factor.sign() < 0) op = mirrored(op);
    } else if (binary->op == BinaryOp::divide && right && !right->is_zero()) {
      input = binary->left;
      limit = limit * *right;
      if (right->sign() < 0) op = mirrored(op);
    } else {
      return;
    }
  }
}

/// Two inputs against each other: their difference against 0, so that `a > b` and `b >= a` are known to be complements.
Formula ConditionSpace::difference(ExprId left, BinaryOp op, ExprId right, ExprId id) {
  const bool equality = op == BinaryOp::eq || op == BinaryOp::ne;
  const bool ordered = is_ordered(policy_.expr(left).type) && is_ordered(policy_.expr(right).type);
  if (!ordered && !equality) return opaque(id);
  std::string first = text_of(left), second = text_of(right);
  if (second < first) {
    std::swap(first, second);
    op = mirrored(op);
  }
  if (!ordered) {
    const std::string text = first + " = " + second;
    const std::size_t same = add_dimension("equal " + text, "(" + text + ")", value::Type::of(Kind::boolean));
    Formula formula = literal(same, std::vector<std::size_t>{0});
    return op == BinaryOp::ne ? negate(std::move(formula)) : formula;
  }
  const std::size_t index = add_dimension("difference " + first + " minus " + second, first, value::Type::number());
  dimensions_[index].compared = second;
  Formula formula = literal(index, range_for(op, Number(0)));
  return op == BinaryOp::ne ? negate(std::move(formula)) : formula;
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
    result.kind = Formula::Kind::conjunction;
    if (range->lower.valid()) result.parts.push_back(comparison(node.item, BinaryOp::ge, range->lower, id));
    if (range->upper.valid()) {
      const BinaryOp below = range->includes_upper ? BinaryOp::le : BinaryOp::lt;
      result.parts.push_back(comparison(node.item, below, range->upper, id));
    }
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
