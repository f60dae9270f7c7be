#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/prove/build.hpp"

namespace kpi::prove {

using value::BinaryOp;
using value::Kind;
using value::Value;

namespace {

bool is_category(const value::Type& type) {
  return type.kind == Kind::text || type.kind == Kind::entity || type.kind == Kind::event;
}

}  // namespace

std::optional<Value> Builder::constant_value(ExprId id) const {
  const model::Expr& expr = policy_.expr(id);
  if (const auto* node = std::get_if<model::Constant>(&expr.node)) return node->value;
  if (const auto* node = std::get_if<model::ParamRef>(&expr.node)) return policy_.params[node->param.index].value;
  return std::nullopt;
}

Condition Builder::both(const Condition& a, const Condition& b) {
  return {graph_.both(a.yes, b.yes), graph_.either(a.no, b.no)};
}

Condition Builder::either(const Condition& a, const Condition& b) {
  return {graph_.either(a.yes, b.yes), graph_.both(a.no, b.no)};
}

Condition Builder::opaque_condition(ExprId id, const Moment& moment) {
  Input input;
  input.kind = Input::Kind::choice;
  input.name = model::exact_text(policy_, id);
  input.key = "condition " + input.name + " " + moment.key();
  input.range = {Number(0), Number(1)};
  input.grain = Number(1);
  input.span = policy_.expr(id).span;
  made_of(input, events_read(policy_, id, entity_), moment);
  assumptions_.insert("opaque");
  return decided(graph_.equal(graph_.input(input), graph_.constant(Number(1))));
}

Condition Builder::condition(ExprId id, const Moment& moment) {
  const model::Expr& expr = policy_.expr(id);
  const Condition result = condition_of(expr, id, moment);
  graph_.at(result.yes, expr.span);
  graph_.at(result.no, expr.span);
  return result;
}

Condition Builder::condition_of(const model::Expr& expr, ExprId id, const Moment& moment) {
  if (const auto value = constant_value(id)) {
    if (!value->has_value() || !value->is<bool>()) return {graph_.truth(false), graph_.truth(false)};
    return decided(graph_.truth(value->boolean()));
  }
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
    if (node->op == BinaryOp::logical_and) return both(condition(node->left, moment), condition(node->right, moment));
    if (node->op == BinaryOp::logical_or) return either(condition(node->left, moment), condition(node->right, moment));
    return comparison(*node, id, moment);
  }
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) {
    const Condition operand = condition(node->operand, moment);
    return {operand.no, operand.yes};
  }
  if (const auto* node = std::get_if<model::InExpr>(&expr.node)) return membership(*node, id, moment);
  if (const auto* node = std::get_if<model::IsNoneExpr>(&expr.node)) {
    const model::Expr& operand = policy_.expr(node->operand);
    if (operand.type.kind != Kind::number && operand.type.kind != Kind::date) return opaque_condition(id, moment);
    const NodeId given = number(node->operand, moment).defined;
    return decided(node->negated ? given : graph_.negate(given));
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    const Condition operand = condition(node->operand, moment), fallback = condition(node->fallback, moment);
    const NodeId open = graph_.negate(graph_.either(operand.yes, operand.no));
    return {graph_.either(operand.yes, graph_.both(open, fallback.yes)),
            graph_.either(operand.no, graph_.both(open, fallback.no))};
  }
  if (const auto* node = std::get_if<model::IfExpr>(&expr.node)) {
    const Condition when = condition(node->condition, moment), then_value = condition(node->then_value, moment),
                    else_value = condition(node->else_value, moment);
    return {graph_.either(graph_.both(when.yes, then_value.yes), graph_.both(when.no, else_value.yes)),
            graph_.either(graph_.both(when.yes, then_value.no), graph_.both(when.no, else_value.no))};
  }
  if (const auto* node = std::get_if<model::AggregateRef>(&expr.node)) {
    return decided(graph_.less(graph_.constant(Number(0)), aggregate(node->aggregate, moment).value));
  }
  if (const auto* node = std::get_if<model::MetricRef>(&expr.node)) {
    const model::Metric& metric = policy_.metrics[node->metric.index];
    Condition result = condition(metric.value, moment);
    if (!metric.needs.valid()) return result;
    const NodeId enough = condition(metric.needs, moment).yes;
    return {graph_.both(enough, result.yes), graph_.both(enough, result.no)};
  }
  return opaque_condition(id, moment);
}

Condition Builder::compared(BinaryOp op, const Scalar& left, const Scalar& right) {
  NodeId atom = kNoNode;
  switch (op) {
    case BinaryOp::lt:
      atom = graph_.less(left.value, right.value);
      break;
    case BinaryOp::le:
      atom = graph_.less_equal(left.value, right.value);
      break;
    case BinaryOp::gt:
      atom = graph_.less(right.value, left.value);
      break;
    case BinaryOp::ge:
      atom = graph_.less_equal(right.value, left.value);
      break;
    case BinaryOp::ne:
      atom = graph_.negate(graph_.equal(left.value, right.value));
      break;
    default:
      atom = graph_.equal(left.value, right.value);
      break;
  }
  const NodeId defined = graph_.both(left.defined, right.defined);
  return {graph_.both(defined, atom), graph_.both(defined, graph_.negate(atom))};
}

/// A text or reference as an input over the values it is compared with.
std::optional<Scalar> Builder::category(ExprId id, const Moment& moment, const Value& other) {
  const model::Expr& expr = policy_.expr(id);
  Input input;
  if (const auto* field = std::get_if<model::SubjectField>(&expr.node)) {
    input.name = model::path_text(policy_, model::SourceRef::of(field->entity), field->path);
    input.path = field->path;
  } else if (std::holds_alternative<model::SubjectSelf>(expr.node)) {
    input.name = "key";
  } else {
    return std::nullopt;
  }
  (void)moment;
  input.kind = Input::Kind::category;
  input.key = "category " + input.name;
  input.grain = Number(1);
  input.span = expr.span;
  const NodeId node = graph_.input(input);
  Input& known = graph_.inputs[graph_[node].index];
  auto place = std::find(known.members.begin(), known.members.end(), other);
  if (place == known.members.end()) place = known.members.insert(place, other);
  known.range = {Number(0), Number(static_cast<std::int64_t>(known.members.size()))};
  const auto member = static_cast<std::int64_t>(place - known.members.begin());
  return Scalar{graph_.equal(node, graph_.constant(Number(member))), graph_.truth(true)};
}

/// `months_since(d) < n`: d lies behind the first day of a month. None for comparisons of another shape.
std::optional<Condition> Builder::months_since(const model::BinaryExpr& node, const Moment& moment) {
  const auto* call = std::get_if<model::CallExpr>(&policy_.expr(node.left).node);
  if (call == nullptr || call->function != model::Builtin::months_since) return std::nullopt;
  if (policy_.expr(call->arguments[0]).type.kind != Kind::date) return std::nullopt;
  const auto limit = constant_value(node.right);
  if (!limit || !limit->is<Number>() || !limit->number().is_integer()) return std::nullopt;
  const auto months = limit->number().to_int64();
  if (!months || *months < -1'000 || *months > 1'000) return std::nullopt;
  const Scalar day = number(call->arguments[0], moment);
  const value::Period month =
      value::Period::containing(period_.shift(-moment.first()).start(), value::CalendarUnit::month);
  const auto fewer_than = [&](std::int64_t count) {
    const value::Date first = month.shift(static_cast<int>(1 - count)).start();
    return compared(BinaryOp::ge, day, constant(Number(first.days)));
  };
  const auto opposite = [](const Condition& condition) { return Condition{condition.no, condition.yes}; };
  switch (node.op) {
    case BinaryOp::lt:
      return fewer_than(*months);
    case BinaryOp::le:
      return fewer_than(*months + 1);
    case BinaryOp::ge:
      return opposite(fewer_than(*months));
    case BinaryOp::gt:
      return opposite(fewer_than(*months + 1));
    default:
      return std::nullopt;
  }
}

Condition Builder::comparison(const model::BinaryExpr& node, ExprId id, const Moment& moment) {
  const model::Expr& left = policy_.expr(node.left);
  const model::Expr& right = policy_.expr(node.right);
  const bool equality = node.op == BinaryOp::eq || node.op == BinaryOp::ne;
  const auto numeric = [](const model::Expr& expr) {
    return expr.type.kind == Kind::number || expr.type.kind == Kind::date;
  };
  if (numeric(left) && numeric(right)) {
    if (const auto months = months_since(node, moment)) return *months;
    return compared(node.op, number(node.left, moment), number(node.right, moment));
  }
  if (!equality) return opaque_condition(id, moment);
  Condition result;
  const auto* left_phase = std::get_if<model::PhaseExpr>(&left.node);
  const auto* right_phase = std::get_if<model::PhaseExpr>(&right.node);
  const auto* left_name = std::get_if<model::PhaseName>(&left.node);
  const auto* right_name = std::get_if<model::PhaseName>(&right.node);
  if ((left_phase && right_name) || (right_phase && left_name)) {
    const NodeId is = phase_is(right_name ? right_name->phase : left_name->phase, moment);
    result = {is, graph_.both(phase_known(moment), graph_.negate(is))};
  } else if (left.type.kind == Kind::boolean) {
    const Condition a = condition(node.left, moment), b = condition(node.right, moment);
    result = {graph_.either(graph_.both(a.yes, b.yes), graph_.both(a.no, b.no)),
              graph_.either(graph_.both(a.yes, b.no), graph_.both(a.no, b.yes))};
  } else if (is_category(left.type) || is_category(right.type)) {
    const auto left_value = constant_value(node.left), right_value = constant_value(node.right);
    std::optional<Scalar> is;
    if (right_value) is = category(node.left, moment, *right_value);
    if (left_value) is = category(node.right, moment, *left_value);
    if (!is) return opaque_condition(id, moment);
    result = decided(is->value);
  } else {
    return opaque_condition(id, moment);
  }
  return node.op == BinaryOp::ne ? Condition{result.no, result.yes} : result;
}

Condition Builder::membership(const model::InExpr& node, ExprId id, const Moment& moment) {
  const model::Expr& item = policy_.expr(node.item);
  const model::Expr& collection = policy_.expr(node.collection);
  const bool numeric = item.type.kind == Kind::number || item.type.kind == Kind::date;
  Condition result;
  if (const auto* range = std::get_if<model::RangeExpr>(&collection.node); range != nullptr && numeric) {
    result = decided(graph_.truth(true));
    const Scalar at = number(node.item, moment);
    if (range->lower.valid()) result = both(result, compared(BinaryOp::ge, at, number(range->lower, moment)));
    if (range->upper.valid()) {
      const BinaryOp op = range->includes_upper ? BinaryOp::le : BinaryOp::lt;
      result = both(result, compared(op, at, number(range->upper, moment)));
    }
  } else if (const auto* list = std::get_if<model::ListExpr>(&collection.node)) {
    result = decided(graph_.truth(false));
    for (const ExprId member : list->items) {
      const auto value = constant_value(member);
      if (numeric) {
        result = either(result, compared(BinaryOp::eq, number(node.item, moment), number(member, moment)));
      } else if (const auto is = value ? category(node.item, moment, *value) : std::nullopt) {
        result = either(result, decided(is->value));
      } else {
        return opaque_condition(id, moment);
      }
    }
  } else {
    return opaque_condition(id, moment);
  }
  return node.negated ? Condition{result.no, result.yes} : result;
}

std::vector<Condition> Builder::phase_conditions(const Moment& moment) {
  // Phases look at the period alone, without what rolling or lifetime added.
  Moment alone;
  alone.offsets = {moment.first()};
  std::vector<Condition> result;
  const model::Phases* phases = policy_.phases_of(entity_);
  if (phases == nullptr) return result;
  for (const model::Phase& phase : phases->phases) {
    result.push_back(phase.when.valid() ? condition(phase.when, alone) : decided(graph_.truth(true)));
  }
  return result;
}

/// The first phase whose condition holds while all before it certainly do not.
NodeId Builder::phase_is(std::uint32_t index, const Moment& moment) {
  const auto conditions = phase_conditions(moment);
  NodeId before = graph_.truth(true);
  for (std::uint32_t i = 0; i < index; ++i) before = graph_.both(before, conditions[i].no);
  return graph_.both(before, conditions[index].yes);
}

NodeId Builder::phase_known(const Moment& moment) {
  NodeId result = graph_.truth(false);
  const auto conditions = phase_conditions(moment);
  for (auto phase = conditions.rbegin(); phase != conditions.rend(); ++phase) {
    result = graph_.either(phase->yes, graph_.both(phase->no, result));
  }
  return result;
}

Condition Builder::matches(const model::Pattern& pattern, ExprId argument, const Moment& moment) {
  const model::Expr& expr = policy_.expr(argument);
  const bool numeric = expr.type.kind == Kind::number || expr.type.kind == Kind::date;
  const auto scalar = [&](const Value& value) {
    return value.is<value::Date>() ? constant(Number(value.as<value::Date>().days)) : constant(value.number());
  };
  if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
    Condition result = decided(graph_.truth(false));
    for (const Value& value : set->values) {
      if (numeric) {
        result = either(result, compared(BinaryOp::eq, number(argument, moment), scalar(value)));
      } else if (value.is<value::PhaseRef>()) {
        result = either(result, decided(phase_is(value.as<value::PhaseRef>().phase, moment)));
      } else if (value.is<bool>()) {
        Condition holds = condition(argument, moment);
        if (!value.boolean()) std::swap(holds.yes, holds.no);
        result = either(result, holds);
      } else if (const auto is = category(argument, moment, value)) {
        result = either(result, decided(is->value));
      } else {
        result = either(result, opaque_condition(argument, moment));
      }
    }
    return result;
  }
  if (const auto* range = std::get_if<model::RangePattern>(&pattern)) {
    Condition result = decided(graph_.truth(true));
    const Scalar at = number(argument, moment);
    if (range->lower.has_value()) {
      result = both(result, compared(range->includes_lower ? BinaryOp::ge : BinaryOp::gt, at, scalar(range->lower)));
    }
    if (range->upper.has_value()) {
      result = both(result, compared(range->includes_upper ? BinaryOp::le : BinaryOp::lt, at, scalar(range->upper)));
    }
    return result;
  }
  return decided(graph_.truth(true));
}

}  // namespace kpi::prove
