// Compiling expressions. -1 means: not for the fast path.
#include "interpreter/eval/scan_program.hpp"

#include <algorithm>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/scan_cell.hpp"
#include "interpreter/eval/scan_join.hpp"
#include "interpreter/eval/scan_program_code.hpp"

namespace kpi::eval::scanning {

using model::Builtin;
using value::BinaryOp;
using value::Kind;

namespace {

constexpr int kNone = -1;

/// The mantissa and scale of a number that a column could hold.
std::optional<Decimal> decimal_of(const Number& number) {
  const auto scaled = number.to_scaled(kMaxScale);
  if (!scaled || scaled->first > std::numeric_limits<std::int64_t>::max() ||
      scaled->first < -std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return Decimal{static_cast<std::int64_t>(scaled->first), scaled->second};
}

const Value* constant_of(const Policy& policy, ExprId id) {
  const auto& node = policy.expr(id).node;
  if (const auto* constant = std::get_if<model::Constant>(&node)) return &constant->value;
  if (const auto* param = std::get_if<model::ParamRef>(&node)) return &policy.params[param->param.index].value;
  return nullptr;
}

}  // namespace

Program::Program(World& world, SourceRef source, JoinSet* joins)
    : world_(world), source_(source), joins_(joins), evaluator_(world) {
  evaluator_.aggregate = [this](model::AggregateId id, const RowContext& context) {
    const Join* join = joins_ != nullptr ? joins_->find(id) : nullptr;
    return join != nullptr ? join->probe(evaluator_, context) : Value();
  };
}
Program::~Program() = default;

int Program::add(Node node, std::int64_t aux1, std::int64_t aux2, const void* aux3) {
  const Key key{node.op, node.a, node.b, node.c, aux1, aux2, aux3};
  if (node.op != Op::code_function) {
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
  }
  nodes_.push_back(std::move(node));
  const int id = static_cast<int>(nodes_.size()) - 1;
  known_.emplace(key, id);
  return id;
}

int Program::binary(Op op, Rep rep, int a, int b) {
  if (a < 0 || b < 0) return kNone;
  Node node;
  node.op = op;
  node.rep = rep;
  node.a = a;
  node.b = b;
  return add(std::move(node));
}

int Program::unary(Op op, Rep rep, int a) {
  if (a < 0) return kNone;
  Node node;
  node.op = op;
  node.rep = rep;
  node.a = a;
  return add(std::move(node));
}

Program::Root Program::compile(ExprId expr, unsigned batch_depth) {
  if (world_.request.simple) return {expr, kNone};
  return {expr, compile(expr, Scope{kNone, source_, kNone, batch_depth})};
}

int Program::compile_owner(model::EntityId entity) {
  return compile_owner(entity, Scope{kNone, source_, kNone, 0});
}

int Program::compile_path(const FieldPath& path) {
  return compile_path(path, Scope{kNone, source_, kNone, 0});
}

// ---- fields -----------------------------------------------------------------------------------------------------------

int Program::compile_ref(FieldId field, Scope& scope) {
  const model::Field& decl = world_.policy.fields(scope.source)[field.index];
  if (decl.computed.valid()) return kNone;
  const int index = compile_field(field, scope);
  scope.source = target_of(decl);
  scope.index = index;
  if (index >= 0 && scope.source.is_events()) {
    Node node;
    node.op = Op::gather_day;
    node.rep = Rep::date;
    node.a = index;
    node.source = scope.source;
    scope.day = add(std::move(node), scope.source.index);
  }
  return index;
}

int Program::compile_path(const FieldPath& path, Scope scope, bool native) {
  for (const FieldId ref : path.refs) {
    if (compile_ref(ref, scope) < 0) return kNone;
  }
  return compile_field(path.field, scope, native);
}

int Program::compile_field(FieldId field, const Scope& scope, bool native) {
  const model::Field& decl = world_.policy.fields(scope.source)[field.index];
  if (decl.computed.valid()) {
    if (native) return kNone;
    Scope inner = scope;
    inner.batch_depth = 0;
    return compile(decl.computed, inner);
  }
  Node node;
  node.op = scope.index < 0 ? Op::field : Op::gather;
  node.rep = rep_of(decl.type);
  node.a = scope.index;
  node.field = field;
  node.source = scope.source;
  const int amount = add(std::move(node), field.index, scope.source.index, scope.source.is_events() ? &world_ : nullptr);
  if (native || !needs_conversion(decl, world_.rates.currency())) return amount;
  int day = scope.day;
  if (scope.index < 0 && scope.source.is_events()) {
    Node today;
    today.op = Op::day;
    today.rep = Rep::date;
    day = add(std::move(today));
  }
  if (day < 0 || !world_.rates.available()) return kNone;
  Node rate;
  rate.op = Op::rate;
  rate.a = day;
  rate.b = decl.currency_field.valid() ? compile_field(decl.currency_field, scope) : kNone;
  rate.currency = decl.currency;
  return binary(Op::convert, Rep::number, amount, add(std::move(rate), decl.currency.index()));
}

int Program::compile_owner(model::EntityId entity, const Scope& scope) {
  const auto& paths = scope.source.is_events() ? world_.policy.events[scope.source.index].owner_paths
                                               : world_.policy.entities[scope.source.index].owner_paths;
  const FieldPath* path = entity.index == 0 ? nullptr : paths.to(entity);
  return path && path->field.valid() ? compile_path(*path, scope) : kNone;
}

int Program::compile_constant(const Value& value) {
  Node node;
  node.op = Op::constant;
  if (!value.has_value()) return kNone;
  if (value.is<Number>()) {
    const auto decimal = decimal_of(value.number());
    if (!decimal) return kNone;
    node.constant = decimal->mantissa;
    node.scale = decimal->scale;
  } else if (value.is<std::string>()) {
    node.rep = Rep::text;
    node.constant = world_.pool.code(value.text());
  } else if (value.is<bool>()) {
    node.rep = Rep::boolean;
    node.constant = value.boolean();
  } else if (value.is<Date>()) {
    node.rep = Rep::date;
    node.constant = value.as<Date>().days;
  } else if (value.is<Instant>()) {
    node.rep = Rep::instant;
    node.constant = value.as<Instant>().micros;
  } else {
    return kNone;
  }
  const std::int64_t constant = node.constant, kind = static_cast<int>(node.rep) * 100 + node.scale;
  return add(std::move(node), constant, kind);
}

// ---- expressions --------------------------------------------------------------------------------------------------------

int Program::compile(ExprId id, const Scope& scope) {
  const auto& node = world_.policy.expr(id).node;
  if (const auto* n = std::get_if<model::Constant>(&node)) return compile_constant(n->value);
  if (const auto* n = std::get_if<model::ParamRef>(&node)) return compile_constant(world_.policy.params[n->param.index].value);
  if (const auto* n = std::get_if<model::RowField>(&node)) {
    return n->depth == scope.batch_depth ? compile_path(n->path, scope) : kNone;
  }
  if (const auto* n = std::get_if<model::SubjectField>(&node)) {
    Scope inner = scope;
    if (inner.day < 0 && inner.index < 0 && inner.source.is_events()) {
      Node today;
      today.op = Op::day;
      today.rep = Rep::date;
      inner.day = add(std::move(today));
    }
    inner.index = compile_owner(n->entity, scope);
    inner.source = SourceRef::of(n->entity);
    return inner.index < 0 ? kNone : compile_path(n->path, inner);
  }
  if (const auto* n = std::get_if<model::SubjectSelf>(&node)) return compile_owner(n->entity, scope);
  if (const auto* n = std::get_if<model::AggregateRef>(&node)) return compile_join(n->aggregate, scope);
  if (const auto* n = std::get_if<model::UnaryExpr>(&node)) {
    const int operand = compile(n->operand, scope);
    if (n->op == value::UnaryOp::logical_not) return unary(Op::logical_not, Rep::boolean, operand);
    return operand >= 0 && rep(operand) == Rep::number ? unary(Op::negate, Rep::number, operand) : kNone;
  }
  if (const auto* n = std::get_if<model::BinaryExpr>(&node)) return compile_binary(*n, scope);
  if (const auto* n = std::get_if<model::InExpr>(&node)) return compile_in(*n, scope);
  if (const auto* n = std::get_if<model::IsNoneExpr>(&node)) {
    return unary(n->negated ? Op::is_present : Op::is_none, Rep::boolean, compile(n->operand, scope));
  }
  if (const auto* n = std::get_if<model::WithinExpr>(&node)) return compile_within(*n, scope);
  if (const auto* n = std::get_if<model::DefaultExpr>(&node)) {
    const int a = compile(n->operand, scope), b = compile(n->fallback, scope);
    return a >= 0 && b >= 0 && rep(a) == rep(b) ? binary(Op::or_else, rep(a), a, b) : kNone;
  }
  if (const auto* n = std::get_if<model::IfExpr>(&node)) {
    const int a = compile(n->condition, scope), b = compile(n->then_value, scope), c = compile(n->else_value, scope);
    if (a < 0 || b < 0 || c < 0 || rep(b) != rep(c)) return kNone;
    Node choose;
    choose.op = Op::choose;
    choose.rep = rep(b);
    choose.a = a;
    choose.b = b;
    choose.c = c;
    return add(std::move(choose));
  }
  if (const auto* n = std::get_if<model::CallExpr>(&node)) return compile_call(*n, scope);
  return kNone;
}

int Program::compile_binary(const model::BinaryExpr& node, const Scope& scope) {
  switch (node.op) {
    case BinaryOp::logical_and: return binary(Op::logical_and, Rep::boolean, compile(node.left, scope), compile(node.right, scope));
    case BinaryOp::logical_or: return binary(Op::logical_or, Rep::boolean, compile(node.left, scope), compile(node.right, scope));
    case BinaryOp::add:
    case BinaryOp::subtract:
    case BinaryOp::multiply:
    case BinaryOp::divide: return compile_arithmetic(node, scope);
    default: return compile_comparison(node.op, compile(node.left, scope), compile(node.right, scope));
  }
}

int Program::compile_comparison(BinaryOp op, int left, int right) {
  if (left < 0 || right < 0 || rep(left) != rep(right)) return kNone;
  const bool ordered = rep(left) == Rep::number || rep(left) == Rep::date || rep(left) == Rep::instant;
  switch (op) {
    case BinaryOp::eq: return binary(Op::equal, Rep::boolean, left, right);
    case BinaryOp::ne: return binary(Op::not_equal, Rep::boolean, left, right);
    case BinaryOp::lt: return ordered ? binary(Op::less, Rep::boolean, left, right) : kNone;
    case BinaryOp::le: return ordered ? binary(Op::less_equal, Rep::boolean, left, right) : kNone;
    case BinaryOp::gt: return ordered ? binary(Op::less, Rep::boolean, right, left) : kNone;
    case BinaryOp::ge: return ordered ? binary(Op::less_equal, Rep::boolean, right, left) : kNone;
    default: return kNone;
  }
}

int Program::time_difference(int left, int right) {
  if (left < 0 || right < 0 || rep(left) != rep(right)) return kNone;
  if (rep(left) == Rep::instant) return binary(Op::time_minus_time, Rep::number, left, right);
  return rep(left) == Rep::date ? binary(Op::date_minus_date, Rep::number, left, right) : kNone;
}

int Program::compile_division(int left, ExprId right) {
  const Value* divisor = constant_of(world_.policy, right);
  if (left < 0 || divisor == nullptr || !divisor->has_value() || !divisor->is<Number>() || divisor->number().is_zero()) return kNone;
  return binary(Op::multiply, Rep::number, left, compile_constant(Number(1) / divisor->number()));
}

int Program::compile_arithmetic(const model::BinaryExpr& node, const Scope& scope) {
  const int left = compile(node.left, scope);
  if (left < 0) return kNone;
  const bool numbers = rep(left) == Rep::number;
  if (node.op == BinaryOp::divide) return numbers ? compile_division(left, node.right) : kNone;
  const int right = compile(node.right, scope);
  if (right < 0) return kNone;
  if (numbers && rep(right) == Rep::number) {
    const Op op = node.op == BinaryOp::add ? Op::add : node.op == BinaryOp::subtract ? Op::subtract : Op::multiply;
    return binary(op, Rep::number, left, right);
  }
  if (node.op == BinaryOp::subtract && rep(left) == rep(right)) return time_difference(left, right);
  if (rep(left) == Rep::instant && rep(right) == Rep::number && node.op != BinaryOp::multiply) {
    return binary(node.op == BinaryOp::add ? Op::time_plus : Op::time_minus, Rep::instant, left, right);
  }
  return kNone;
}

int Program::compile_within(const model::WithinExpr& node, const Scope& scope) {
  const int difference = time_difference(compile(node.time, scope), compile(node.of, scope));
  const int duration = compile(node.duration, scope);
  if (difference < 0 || duration < 0 || rep(duration) != Rep::number) return kNone;
  return binary(Op::less_equal, Rep::boolean, unary(Op::absolute, Rep::number, difference), duration);
}

int Program::compile_values(const std::vector<Value>& items, int item) {
  if (item < 0) return kNone;
  const Rep kind = rep(item);
  if (kind == Rep::number || items.size() <= 2) {
    int result = kNone;
    for (const Value& value : items) {
      const int equal = compile_comparison(BinaryOp::eq, item, compile_constant(value));
      if (equal < 0) return kNone;
      result = result < 0 ? equal : binary(Op::logical_or, Rep::boolean, result, equal);
    }
    return result;
  }
  Node node;
  node.op = Op::in_codes;
  node.rep = Rep::boolean;
  node.a = item;
  node.own_set = std::make_unique<CodeSet>();
  for (const Value& value : items) {
    const bool fits = value.has_value() && (kind == Rep::text      ? value.is<std::string>()
                                            : kind == Rep::date    ? value.is<Date>()
                                            : kind == Rep::instant ? value.is<Instant>()
                                                                   : kind == Rep::boolean && value.is<bool>());
    if (!fits) return kNone;
    node.own_set->insert(value_code(value, world_.pool));
  }
  node.set = node.own_set.get();
  const void* identity = node.set;
  return add(std::move(node), 0, 0, identity);
}

int Program::compile_list(const std::vector<ExprId>& items, int item, const Scope& scope) {
  std::vector<Value> values;
  for (const ExprId id : items) {
    const Value* constant = constant_of(world_.policy, id);
    if (constant == nullptr) break;
    values.push_back(*constant);
  }
  if (values.size() == items.size()) return compile_values(values, item);
  int result = kNone;
  for (const ExprId id : items) {
    const int equal = compile_comparison(BinaryOp::eq, item, compile(id, scope));
    if (equal < 0) return kNone;
    result = result < 0 ? equal : binary(Op::logical_or, Rep::boolean, result, equal);
  }
  return result;
}

int Program::compile_in(const model::InExpr& in, const Scope& scope) {
  const int item = compile(in.item, scope);
  if (item < 0) return kNone;
  int result = kNone;
  const auto& collection = world_.policy.expr(in.collection);
  if (const auto* column = std::get_if<model::ColumnSet>(&collection.node)) {
    Node node;
    node.op = Op::in_codes;
    node.rep = Rep::boolean;
    node.a = item;
    node.set = world_.set(*column);
    if (node.set == nullptr) return kNone;
    const void* identity = node.set;
    result = add(std::move(node), 0, 0, identity);
  } else if (const auto* list = std::get_if<model::ListExpr>(&collection.node)) {
    result = compile_list(list->items, item, scope);
  } else if (const auto* range = std::get_if<model::RangeExpr>(&collection.node)) {
    const auto bound = [&](ExprId id, BinaryOp op) {
      return world_.policy.expr(id).type.optional ? kNone : compile_comparison(op, item, compile(id, scope));
    };
    const int lower = range->lower.valid() ? bound(range->lower, BinaryOp::ge) : kNone;
    const int upper = range->upper.valid() ? bound(range->upper, range->includes_upper ? BinaryOp::le : BinaryOp::lt) : kNone;
    if ((range->lower.valid() && lower < 0) || (range->upper.valid() && upper < 0)) return kNone;
    result = lower < 0 ? upper : upper < 0 ? lower : binary(Op::logical_and, Rep::boolean, lower, upper);
  } else if (const Value* constant = constant_of(world_.policy, in.collection); constant != nullptr && constant->has_value()) {
    if (constant->is<std::shared_ptr<const value::ListValue>>()) {
      result = compile_values(constant->as<std::shared_ptr<const value::ListValue>>()->items, item);
    } else if (constant->is<std::shared_ptr<const value::RangeValue>>()) {
      const auto& bounds = *constant->as<std::shared_ptr<const value::RangeValue>>();
      const int lower = bounds.lower.has_value() ? compile_comparison(BinaryOp::ge, item, compile_constant(bounds.lower)) : kNone;
      const int upper = bounds.upper.has_value() ? compile_comparison(bounds.includes_upper ? BinaryOp::le : BinaryOp::lt, item,
                                                                      compile_constant(bounds.upper))
                                                 : kNone;
      if ((bounds.lower.has_value() && lower < 0) || (bounds.upper.has_value() && upper < 0)) return kNone;
      result = lower < 0 ? upper : upper < 0 ? lower : binary(Op::logical_and, Rep::boolean, lower, upper);
    }
  }
  return in.negated ? unary(Op::logical_not, Rep::boolean, result) : result;
}

int Program::compile_call(const model::CallExpr& call, const Scope& scope) {
  if (call.function == Builtin::native) {
    const auto* field = std::get_if<model::RowField>(&world_.policy.expr(call.arguments[0]).node);
    return field != nullptr && field->depth == scope.batch_depth ? compile_path(field->path, scope, true) : kNone;
  }
  if (call.function == Builtin::convert || call.function == Builtin::elapsed || call.arguments.empty()) return kNone;
  const int first = compile(call.arguments[0], scope);
  if (first < 0) return kNone;
  if (rep(first) == Rep::text) {
    std::vector<Value> others;
    for (std::size_t index = 1; index < call.arguments.size(); ++index) {
      const Value* constant = constant_of(world_.policy, call.arguments[index]);
      if (constant == nullptr) return kNone;
      others.push_back(*constant);
    }
    const bool tests = call.function == Builtin::starts_with || call.function == Builtin::ends_with || call.function == Builtin::contains;
    const bool maps = call.function == Builtin::upper || call.function == Builtin::lower || call.function == Builtin::trim;
    if (!tests && !maps) return kNone;
    Node node;
    node.op = Op::code_function;
    node.rep = tests ? Rep::boolean : Rep::text;
    node.a = first;
    node.function = std::make_unique<CodeFunction>(world_.pool, call, std::move(others), *world_.policy.header.timezone);
    return add(std::move(node));
  }
  if (rep(first) != Rep::number && rep(first) != Rep::date && rep(first) != Rep::instant) return kNone;
  if (call.function == Builtin::abs) return unary(Op::absolute, Rep::number, first);
  if (call.function != Builtin::min && call.function != Builtin::max) return kNone;
  int result = first;
  for (std::size_t index = 1; index < call.arguments.size(); ++index) {
    const int next = compile(call.arguments[index], scope);
    if (next < 0 || rep(next) != rep(first)) return kNone;
    result = binary(call.function == Builtin::min ? Op::minimum : Op::maximum, rep(first), result, next);
  }
  return result;
}

int Program::compile_join(model::AggregateId aggregate, const Scope& scope) {
  const Join* join = joins_ != nullptr ? joins_->find(aggregate) : nullptr;
  if (join == nullptr || !join->is_plain() || scope.index >= 0) return kNone;
  Node node;
  node.op = Op::join;
  node.rep = join->is_count() ? Rep::number : Rep::boolean;
  node.join = join;
  Scope outer = scope;
  outer.batch_depth = scope.batch_depth + 1;
  for (const ExprId key : join->outer_keys()) node.operands.push_back(compile(key, outer));
  for (const Bound& bound : join->bounds()) {
    const int base = compile(bound.base, outer);
    if (base >= 0 && rep(base) != join->sort_rep()) return kNone;
    node.operands.push_back(base);
    if (bound.duration.valid()) node.operands.push_back(compile(bound.duration, outer));
  }
  for (const int operand : node.operands) {
    if (operand < 0) return kNone;
  }
  const void* identity = node.join;
  return add(std::move(node), 0, 0, identity);
}

}  // namespace kpi::eval::scanning
