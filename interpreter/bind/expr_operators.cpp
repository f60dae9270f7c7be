// Operators: units, comparisons of like with like, and what conditions prove about optional values.
#include <algorithm>
#include <utility>

#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/model/native.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::bind {
namespace {

// In a library checked on its own the policy's currency is not known, so amounts in it fit every currency.
bool same_unit(Unit a, Unit b) {
  if (a.money != b.money || a.time != b.time) return false;
  return a.money == 0 || a.currency == b.currency || a.currency.is_none() || b.currency.is_none();
}

bool is_time(Kind kind) { return kind == Kind::date || kind == Kind::datetime; }

value::BinaryOp to_value_op(syntax::Binary::Op op) {
  switch (op) {
    case syntax::Binary::Op::add:
      return value::BinaryOp::add;
    case syntax::Binary::Op::subtract:
      return value::BinaryOp::subtract;
    case syntax::Binary::Op::multiply:
      return value::BinaryOp::multiply;
    case syntax::Binary::Op::divide:
      return value::BinaryOp::divide;
    case syntax::Binary::Op::eq:
      return value::BinaryOp::eq;
    case syntax::Binary::Op::ne:
      return value::BinaryOp::ne;
    case syntax::Binary::Op::lt:
      return value::BinaryOp::lt;
    case syntax::Binary::Op::le:
      return value::BinaryOp::le;
    case syntax::Binary::Op::gt:
      return value::BinaryOp::gt;
    case syntax::Binary::Op::ge:
      return value::BinaryOp::ge;
    case syntax::Binary::Op::logical_and:
      return value::BinaryOp::logical_and;
    case syntax::Binary::Op::logical_or:
      return value::BinaryOp::logical_or;
  }
  return value::BinaryOp::eq;
}

}  // namespace

bool ExprBinder::require_unit(ExprId id, Unit unit) {
  const Type type = s_.type(id);
  if (type.kind == Kind::error) return true;
  if (type.kind == Kind::number && (type.any_unit || same_unit(type.unit, unit))) return true;
  const std::string wanted = s_.describe(Type::number(unit));
  if (type.kind == Kind::number) {
    const bool needs_money = unit.money == 1 && unit.time == 0 && type.unit.is_plain();
    const bool other_money = unit.money == 1 && type.unit.money == 1 && unit.time == type.unit.time;
    s_.report(needs_money   ? D::amount_without_currency
              : other_money ? D::amount_in_other_currency
                            : D::wrong_unit,
              s_.span(id))
        .with("wanted", wanted)
        .with("actual", s_.describe(type))
        .with("text", s_.text(s_.span(id)));
  } else {
    s_.report(D::wrong_type, s_.span(id))
        .with("wanted", wanted)
        .with("actual", s_.describe(type))
        .with("text", s_.text(s_.span(id)));
  }
  return false;
}

void ExprBinder::report_mismatch(ExprId left, ExprId right, std::string_view operation) {
  const Type a = s_.type(left), b = s_.type(right);
  source::DiagnosticId id = D::different_types;
  if (a.kind == Kind::number && b.kind == Kind::number) {
    const bool both_money = a.unit.money == 1 && b.unit.money == 1 && a.unit.time == b.unit.time;
    const bool one_plain = a.unit.is_plain() != b.unit.is_plain();
    const Unit other = a.unit.is_plain() ? b.unit : a.unit;
    if (both_money)
      id = D::different_currencies;
    else if (one_plain && other.money == 1 && other.time == 0)
      id = D::money_and_number;
    else if (one_plain && other.money == 0 && other.time == 1)
      id = D::duration_and_number;
    else
      id = D::different_units;
  } else if ((a.kind == Kind::calendar_step && b.kind == Kind::number && b.unit == Unit::duration()) ||
             (b.kind == Kind::calendar_step && a.kind == Kind::number && a.unit == Unit::duration())) {
    id = D::duration_and_calendar_step;
  }
  const Unit unit = a.kind == Kind::number && !a.unit.is_plain() ? a.unit : b.unit;
  s_.report(id, s_.span(right))
      .with("left", s_.describe(a))
      .with("right", s_.describe(b))
      .with("operation", std::string(operation))
      .with("currency", std::string(unit.currency.code()))
      .with("text", s_.text(s_.span(right)))
      .label(s_.span(left), D::this_has_type, {{"type", s_.describe(a)}});
}

/// Amounts of one row in their own currencies meet only where the same column says both currencies.
bool ExprBinder::require_same_native(ExprId left, ExprId right) {
  const auto is_native = [&](ExprId id) { return s_.type(id).kind == Kind::number && s_.type(id).unit.currency.is_native(); };
  if (!is_native(left) || !is_native(right)) return true;
  auto met = model::native_currencies(s_.policy, left);
  for (auto& other : model::native_currencies(s_.policy, right)) {
    if (std::find(met.begin(), met.end(), other) == met.end()) met.push_back(std::move(other));
  }
  if (met.size() < 2) return true;
  s_.report(D::native_currencies_differ, s_.span(right))
      .with("left", s_.text(s_.span(left)))
      .with("right", s_.text(s_.span(right)));
  return false;
}

Type ExprBinder::unify(ExprId left, ExprId right, std::string_view operation) {
  const Type a = s_.type(left), b = s_.type(right);
  if (a.kind == Kind::error || b.kind == Kind::error || !require_same_native(left, right)) return Type{};
  Type result = a;
  result.optional = a.optional || b.optional;
  if (a.kind == Kind::number && b.kind == Kind::number) {
    if (a.any_unit) {
      result.unit = b.unit;
      result.any_unit = b.any_unit;
      return result;
    }
    if (b.any_unit || same_unit(a.unit, b.unit)) return result;
  } else if (a.kind == b.kind) {
    const bool indexed = a.kind == Kind::entity || a.kind == Kind::event || a.kind == Kind::phase;
    if (!indexed || a.index == b.index) return result;
  }
  report_mismatch(left, right, operation);
  return Type{};
}

// A date and a date-time may be compared: the date stands for its first instant.
Type ExprBinder::compared(ExprId left, ExprId right, std::string_view operation) {
  const Type a = s_.type(left), b = s_.type(right);
  if (is_time(a.kind) && is_time(b.kind)) return a;
  return unify(left, right, operation);
}

ExprId ExprBinder::as_key(ExprId reference) {
  const Type type = s_.type(reference);
  SourceRef source;
  if (type.kind == Kind::entity && type.index != 0)
    source = SourceRef::of(EntityId{type.index});
  else if (type.kind == Kind::event)
    source = SourceRef::of(EventsId{type.index});
  else
    return reference;
  const auto& key = source.is_events() ? s_.policy.events[source.index].key : s_.policy.entities[source.index].key;
  if (key.size() != 1) return reference;
  Type key_type = s_.field(source, key[0]).type;
  key_type.optional = type.optional;
  const Span span = s_.span(reference);
  model::ExprNode node = s_.policy.expr(reference).node;
  if (auto* field = std::get_if<model::RowField>(&node)) {
    field->path.refs.push_back(field->path.field);
    field->path.field = key[0];
  } else if (auto* scored = std::get_if<model::SubjectField>(&node)) {
    scored->path.refs.push_back(scored->path.field);
    scored->path.field = key[0];
  } else if (const auto* row = std::get_if<model::RowSelf>(&node)) {
    node = model::RowField{row->depth, row->source, FieldPath{{}, key[0]}};
  } else if (const auto* self = std::get_if<model::SubjectSelf>(&node)) {
    node = model::SubjectField{self->entity, FieldPath{{}, key[0]}};
  } else {
    return reference;
  }
  return s_.add(key_type, span, std::move(node));
}

void ExprBinder::match_keys(ExprId& left, ExprId& right) {
  const auto is_reference = [&](ExprId id) {
    const Kind kind = s_.type(id).kind;
    return kind == Kind::entity || kind == Kind::event;
  };
  if (is_reference(left) && !is_reference(right))
    left = as_key(left);
  else if (is_reference(right) && !is_reference(left))
    right = as_key(right);
}

bool ExprBinder::require_whole_days(ExprId duration) {
  const auto content = fold(s_, duration);
  if (!content || !content->has_value() || (content->number() / Number(86'400)).is_integer()) return true;
  s_.report(D::date_and_part_of_a_day, s_.span(duration)).with("text", s_.text(s_.span(duration)));
  return false;
}

ExprId ExprBinder::bind_node(const syntax::Unary& node, Span span) {
  if (node.op == syntax::Unary::Op::logical_not) {
    const ExprId operand = bind_boolean(node.operand);
    if (s_.type(operand).kind == Kind::error) return error(span);
    return s_.add(Type::of(Kind::boolean), span, model::UnaryExpr{value::UnaryOp::logical_not, operand});
  }
  const ExprId operand = bind(node.operand);
  Type type = s_.type(operand);
  if (type.kind == Kind::error || !require_kind(operand, Kind::number)) return error(span);
  if (const auto* constant = std::get_if<model::Constant>(&s_.policy.expr(operand).node)) {
    return s_.add_constant(-constant->value.number(), type, span);
  }
  return s_.add(type, span, model::UnaryExpr{value::UnaryOp::negate, operand});
}

ExprId ExprBinder::bind_node(const syntax::Binary& node, Span span) {
  const value::BinaryOp op = to_value_op(node.op);
  if (op == value::BinaryOp::logical_and || op == value::BinaryOp::logical_or) return bind_logical(op, node, span);
  const ExprId left = bind(node.left);
  const bool outer = std::exchange(text_wanted_, op >= value::BinaryOp::eq && s_.type(left).kind == Kind::text);
  const ExprId right = bind(node.right);
  text_wanted_ = outer;
  if (s_.type(left).kind == Kind::error || s_.type(right).kind == Kind::error) return error(span);
  switch (op) {
    case value::BinaryOp::add:
    case value::BinaryOp::subtract:
      return bind_sum(op, left, right, span);
    case value::BinaryOp::multiply:
    case value::BinaryOp::divide:
      return bind_product(op, left, right, span);
    default:
      return bind_comparison(op, left, right, span);
  }
}

ExprId ExprBinder::bind_logical(value::BinaryOp op, const syntax::Binary& node, Span span) {
  const ExprId left = bind_boolean(node.left);
  const std::size_t known = facts_.size();
  const auto proved = facts_if(left, op == value::BinaryOp::logical_and);
  facts_.insert(facts_.end(), proved.begin(), proved.end());
  const ExprId right = bind_boolean(node.right);
  facts_.resize(known);
  if (s_.type(left).kind == Kind::error || s_.type(right).kind == Kind::error) return error(span);
  return s_.add(Type::of(Kind::boolean), span, model::BinaryExpr{op, left, right});
}

ExprId ExprBinder::bind_comparison(value::BinaryOp op, ExprId left, ExprId right, Span span) {
  match_keys(left, right);
  const Type type = compared(left, right, value::symbol(op));
  if (type.kind == Kind::error) return error(span);
  if (!require_present(left) || !require_present(right)) return error(span);
  const bool equality = op == value::BinaryOp::eq || op == value::BinaryOp::ne;
  const bool ordered =
      type.kind == Kind::number || type.kind == Kind::text || is_time(type.kind) || type.kind == Kind::calendar_step;
  if (type.kind == Kind::list || type.kind == Kind::range || (!ordered && !equality)) {
    s_.report(D::cannot_be_ordered, span)
        .with("type", s_.describe(type))
        .with("operation", std::string(value::symbol(op)));
    return error(span);
  }
  return s_.add(Type::of(Kind::boolean), span, model::BinaryExpr{op, left, right});
}

ExprId ExprBinder::bind_sum(value::BinaryOp op, ExprId left, ExprId right, Span span) {
  Type a = s_.type(left), b = s_.type(right);
  const bool add = op == value::BinaryOp::add;
  const auto is_duration = [](const Type& type) { return type.kind == Kind::number && type.unit == Unit::duration(); };
  if (add && is_time(b.kind) && (is_duration(a) || a.kind == Kind::calendar_step)) {
    std::swap(left, right);
    std::swap(a, b);
  }
  if (a.kind == Kind::number && b.kind == Kind::number) {
    const Type type = unify(left, right, value::symbol(op));
    return type.kind == Kind::error ? error(span) : s_.add(type, span, model::BinaryExpr{op, left, right});
  }
  Type result;
  if (is_time(a.kind) && (is_duration(b) || b.kind == Kind::calendar_step)) {
    if (a.kind == Kind::date && is_duration(b) && !require_whole_days(right)) return error(span);
    result = Type::of(a.kind);
  } else if (!add && is_time(a.kind) && a.kind == b.kind) {
    result = Type::number(Unit::duration());
  } else {
    s_.report(D::arithmetic_not_possible, span)
        .with("left", s_.describe(a))
        .with("right", s_.describe(b))
        .with("operation", std::string(value::symbol(op)));
    return error(span);
  }
  result.optional = a.optional || b.optional;
  return s_.add(result, span, model::BinaryExpr{op, left, right});
}

ExprId ExprBinder::bind_product(value::BinaryOp op, ExprId left, ExprId right, Span span) {
  const Type a = s_.type(left), b = s_.type(right);
  if (a.kind != Kind::number || b.kind != Kind::number) {
    s_.report(D::arithmetic_not_possible, span)
        .with("left", s_.describe(a))
        .with("right", s_.describe(b))
        .with("operation", std::string(value::symbol(op)));
    return error(span);
  }
  if (!require_same_native(left, right)) return error(span);
  const bool multiply = op == value::BinaryOp::multiply;
  const auto unit = multiply ? value::multiply(a.unit, b.unit) : value::divide(a.unit, b.unit);
  if (!unit) {
    report_mismatch(left, right, value::symbol(op));
    return error(span);
  }
  Type type = Type::number(*unit);
  if (type.unit.money == 0) type.unit.currency = {};
  type.optional = a.optional || b.optional;
  return s_.add(type, span, model::BinaryExpr{op, left, right});
}

// ---- what a condition proves
// ------------------------------------------------------------------------------------------

// Rows are counted from the outermost, so that a fact means the same inside an inner aggregate.
std::string ExprBinder::start_of_row(std::size_t depth) const {
  return "row" + std::to_string(c_.rows.size() - 1 - depth);
}

std::string ExprBinder::fact_key(ExprId id) const {
  const auto& node = s_.policy.expr(id).node;
  const auto path_key = [](std::string start, const FieldPath& path) {
    for (const FieldId ref : path.refs) start += "." + std::to_string(ref.index);
    return start + "." + std::to_string(path.field.index);
  };
  if (const auto* field = std::get_if<model::RowField>(&node)) return path_key(start_of_row(field->depth), field->path);
  if (const auto* field = std::get_if<model::SubjectField>(&node)) {
    return path_key("entity" + std::to_string(field->entity.index), field->path);
  }
  return "";
}

std::vector<std::string> ExprBinder::facts_if(ExprId condition, bool holds) const {
  const auto& node = s_.policy.expr(condition).node;
  if (const auto* test = std::get_if<model::IsNoneExpr>(&node)) {
    if (test->negated != holds) return {};
    std::string key = fact_key(test->operand);
    return key.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(key)};
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) {
    return unary->op == value::UnaryOp::logical_not ? facts_if(unary->operand, !holds) : std::vector<std::string>{};
  }
  const auto* binary = std::get_if<model::BinaryExpr>(&node);
  if (!binary || binary->op != (holds ? value::BinaryOp::logical_and : value::BinaryOp::logical_or)) return {};
  auto proved = facts_if(binary->left, holds);
  auto more = facts_if(binary->right, holds);
  proved.insert(proved.end(), more.begin(), more.end());
  return proved;
}

std::vector<FieldId> ExprBinder::fields_present_if(ExprId condition) const {
  std::vector<FieldId> result;
  model::walk(s_.policy, condition, [&](ExprId id, const model::Expr& expr) {
    const auto* field = std::get_if<model::RowField>(&expr.node);
    if (!field || field->depth != 0 || !field->path.refs.empty()) return;
    (void)id;
    const std::string key = "row0." + std::to_string(field->path.field.index);
    if (std::find(facts_.begin(), facts_.end(), key) != facts_.end()) result.push_back(field->path.field);
  });
  return result;
}

}  // namespace kpi::bind
