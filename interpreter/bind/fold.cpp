#include "interpreter/bind/fold.hpp"

#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/model/builtins.hpp"

namespace kpi::bind {
namespace {

class Folder {
 public:
  explicit Folder(const Session& session) : s_(session) {}

  std::optional<Value> fold(ExprId id) const {
    return std::visit([&](const auto& node) { return fold_node(node); }, s_.policy.expr(id).node);
  }

 private:
  const value::TimeZone& zone() const {
    return s_.policy.header.timezone ? *s_.policy.header.timezone : value::TimeZone::utc();
  }

  std::optional<Value> fold_node(const model::Constant& node) const { return node.value; }
  std::optional<Value> fold_node(const model::ParamRef& node) const { return s_.policy.params[node.param.index].value; }
  std::optional<Value> fold_node(const model::PhaseName& node) const {
    return Value(value::PhaseRef{node.entity.index, node.phase});
  }
  std::optional<Value> fold_node(const model::UnaryExpr& node) const {
    const auto operand = fold(node.operand);
    if (!operand) return std::nullopt;
    return value::apply(node.op, *operand);
  }
  std::optional<Value> fold_node(const model::BinaryExpr& node) const {
    const auto left = fold(node.left), right = fold(node.right);
    if (!left || !right) return std::nullopt;
    return value::apply(node.op, *left, *right, zone());
  }
  std::optional<Value> fold_node(const model::InExpr& node) const {
    const auto item = fold(node.item), collection = fold(node.collection);
    if (!item || !collection) return std::nullopt;
    Value result = value::contains(*collection, *item);
    return node.negated ? value::apply(value::UnaryOp::logical_not, result) : result;
  }
  std::optional<Value> fold_node(const model::IsNoneExpr& node) const {
    const auto operand = fold(node.operand);
    if (!operand) return std::nullopt;
    return Value(operand->has_value() == node.negated);
  }
  std::optional<Value> fold_node(const model::WithinExpr& node) const {
    const auto time = fold(node.time), duration = fold(node.duration), of = fold(node.of);
    if (!time || !duration || !of) return std::nullopt;
    return value::within(*time, *duration, *of, zone());
  }
  std::optional<Value> fold_node(const model::DefaultExpr& node) const {
    const auto operand = fold(node.operand), fallback = fold(node.fallback);
    if (!operand || !fallback) return std::nullopt;
    return operand->has_value() ? operand : fallback;
  }
  std::optional<Value> fold_node(const model::IfExpr& node) const {
    const auto condition = fold(node.condition), then_value = fold(node.then_value), else_value = fold(node.else_value);
    if (!condition || !then_value || !else_value) return std::nullopt;
    if (!condition->has_value()) return condition;
    return condition->boolean() ? then_value : else_value;
  }
  std::optional<Value> fold_node(const model::ListExpr& node) const {
    value::ListValue list;
    for (const ExprId item : node.items) {
      const auto content = fold(item);
      if (!content) return std::nullopt;
      list.items.push_back(*content);
    }
    return Value(std::make_shared<const value::ListValue>(std::move(list)));
  }
  std::optional<Value> fold_node(const model::RangeExpr& node) const {
    value::RangeValue range;
    range.includes_upper = node.includes_upper;
    for (const auto& [end, target] : {std::pair(node.lower, &range.lower), std::pair(node.upper, &range.upper)}) {
      if (!end.valid()) continue;
      const auto content = fold(end);
      if (!content) return std::nullopt;
      *target = *content;
    }
    return Value(std::make_shared<const value::RangeValue>(std::move(range)));
  }
  std::optional<Value> fold_node(const model::CallExpr& node) const {
    if (!model::needs_only_arguments(node.function)) return std::nullopt;
    std::vector<Value> arguments;
    for (const ExprId argument : node.arguments) {
      const auto content = fold(argument);
      if (!content) return std::nullopt;
      arguments.push_back(*content);
    }
    return model::apply_builtin(node.function, arguments, node.rounding);
  }
  template <class Other>
  std::optional<Value> fold_node(const Other&) const {
    static_assert(!std::is_same_v<Other, model::Constant>);
    return std::nullopt;  // reads rows, metrics or the run
  }

  const Session& s_;
};

}  // namespace

std::optional<Value> fold(const Session& session, ExprId id) { return Folder(session).fold(id); }

std::optional<Value> require_constant(Session& session, ExprId id) {
  if (session.type(id).kind == Kind::error) return std::nullopt;
  const auto content = fold(session, id);
  if (!content) {
    session.report(D::not_constant, session.span(id)).with("text", session.text(session.span(id)));
    return std::nullopt;
  }
  if (!content->has_value()) {
    session.report(D::constant_without_value, session.span(id))
        .with("text", session.text(session.span(id)))
        .with("reason", value::reason_text(content->reason()));
    return std::nullopt;
  }
  return content;
}

std::optional<Number> require_constant_number(Session& session, ExprId id, Unit unit) {
  ExprBinder checks(session, Context{session.modules[0].get()});
  if (!checks.require_unit(id, unit)) return std::nullopt;
  const auto content = require_constant(session, id);
  if (!content) return std::nullopt;
  return content->number();
}

std::optional<model::Delay> require_delay(Session& session, Module& module, syntax::ExprId id) {
  const ExprId bound = ExprBinder(session, Context{&module}).bind(id);
  const Type type = session.type(bound);
  if (type.kind == Kind::error) return std::nullopt;
  const bool is_step = type.kind == Kind::calendar_step;
  if (!is_step && !(type.kind == Kind::number && type.unit == Unit::duration())) {
    session.report(D::duration_expected, session.span(bound)).with("actual", session.describe(type));
    return std::nullopt;
  }
  const auto content = require_constant(session, bound);
  if (!content) return std::nullopt;
  model::Delay delay;
  if (is_step)
    delay.months = content->as<value::CalendarStep>().months;
  else
    delay.seconds = content->number();
  if (delay.seconds.sign() < 0 || delay.months < 0) {
    session.report(D::negative_duration, session.span(bound));
    return std::nullopt;
  }
  return delay;
}

std::optional<value::Date> require_date(Session& session, Module& module, syntax::ExprId id) {
  ExprBinder binder(session, Context{&module});
  const ExprId bound = binder.bind(id);
  if (!binder.require_kind(bound, Kind::date)) return std::nullopt;
  const auto content = require_constant(session, bound);
  if (!content) return std::nullopt;
  return content->as<value::Date>();
}

}  // namespace kpi::bind
