#include "interpreter/eval/run/kinds_of_numbers.hpp"

#include <algorithm>

#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::ExprId;
using value::BinaryOp;

namespace {

/// Follows an expression down to counts, fields and constants. `Fact` says what makes those so and which operations
/// keep it.
template <class Fact>
class Certain {
 public:
  explicit Certain(const model::Policy& bound) : policy(bound) {}

  bool expression(ExprId id) const {
    if (!id.valid()) return false;
    const model::ExprNode& node = policy.expr(id).node;
    if (const auto* constant = std::get_if<model::Constant>(&node)) return of(constant->value);
    if (const auto* param = std::get_if<model::ParamRef>(&node)) return of(policy.params[param->param.index].value);
    if (const auto* ref = std::get_if<model::MetricRef>(&node))
      return expression(policy.metrics[ref->metric.index].value);
    if (const auto* ref = std::get_if<model::AggregateRef>(&node)) return aggregate(ref->aggregate);
    if (const auto* field = std::get_if<model::RowField>(&node)) return row_field(*field);
    if (const auto* unary = std::get_if<model::UnaryExpr>(&node))
      return Fact::keeps_negation && expression(unary->operand);
    if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) {
      return Fact::keeps(binary->op) && expression(binary->left) && expression(binary->right);
    }
    if (const auto* with = std::get_if<model::DefaultExpr>(&node)) {
      return expression(with->operand) && expression(with->fallback);
    }
    if (const auto* choice = std::get_if<model::IfExpr>(&node)) {
      return expression(choice->then_value) && expression(choice->else_value);
    }
    if (const auto* call = std::get_if<model::CallExpr>(&node)) return this->call(*call);
    return std::holds_alternative<model::ActiveDays>(node);
  }

 private:
  static bool of(const value::Value& value) { return value.is<value::Number>() && Fact::holds(value.number()); }

  bool aggregate(model::AggregateId id) const {
    using Function = model::AggregateFunction;
    const model::Aggregate& aggregate = policy.aggregates[id.index];
    if (aggregate.function == Function::count || aggregate.function == Function::distinct) return true;
    if (!Fact::keeps(aggregate.function)) return false;
    return aggregate.each_inner.valid() ? this->aggregate(aggregate.each_inner) : expression(aggregate.value);
  }

  bool row_field(const model::RowField& read) const {
    model::SourceRef source = read.source;
    for (const model::FieldId ref : read.path.refs) {
      const model::Field& field = policy.fields(source)[ref.index];
      source = field.type.kind == value::Kind::event ? model::SourceRef::of(model::EventsId{field.type.index})
                                                     : model::SourceRef::of(model::EntityId{field.type.index});
    }
    if (!read.path.field.valid()) return false;
    const model::Field& field = policy.fields(source)[read.path.field.index];
    return field.computed.valid() ? expression(field.computed) : Fact::holds(policy, field);
  }

  bool call(const model::CallExpr& call) const {
    if (Fact::makes(call)) return true;
    if (!Fact::keeps(call)) return false;
    return std::all_of(call.arguments.begin(), call.arguments.end(), [&](ExprId id) { return expression(id); });
  }

  const model::Policy& policy;
};

struct Whole {
  static constexpr bool keeps_negation = true;
  static bool holds(const value::Number& number) { return number.is_integer(); }
  static bool holds(const model::Policy&, const model::Field& field) { return field.integer; }
  static bool makes(const model::CallExpr& call) {
    return call.function == model::Builtin::floor || call.function == model::Builtin::ceil;
  }
  static bool keeps(BinaryOp op) { return op == BinaryOp::add || op == BinaryOp::subtract || op == BinaryOp::multiply; }
  static bool keeps(model::AggregateFunction function) {
    using Function = model::AggregateFunction;
    return function == Function::sum || function == Function::min || function == Function::max ||
           function == Function::first || function == Function::last;
  }
  static bool keeps(const model::CallExpr& call) {
    using model::Builtin;
    return call.function == Builtin::min || call.function == Builtin::max || call.function == Builtin::abs;
  }
};

struct NeverNegative {
  static constexpr bool keeps_negation = false;
  static bool holds(const value::Number& number) { return number.sign() >= 0; }
  static bool holds(const model::Policy& policy, const model::Field& field) {
    if (!field.range.valid()) return false;
    const model::ExprNode& node = policy.expr(field.range).node;
    const auto* range = std::get_if<model::RangeExpr>(&node);
    const auto* lower = range != nullptr && range->lower.valid()
                            ? std::get_if<model::Constant>(&policy.expr(range->lower).node)
                            : nullptr;
    if (lower != nullptr) return lower->value.is<value::Number>() && lower->value.number().sign() >= 0;
    const auto* folded = std::get_if<model::Constant>(&node);
    if (folded == nullptr || !folded->value.is<std::shared_ptr<const value::RangeValue>>()) return false;
    const value::Value& from = folded->value.as<std::shared_ptr<const value::RangeValue>>()->lower;
    return from.is<value::Number>() && from.number().sign() >= 0;
  }
  static bool makes(const model::CallExpr& call) { return call.function == model::Builtin::abs; }
  static bool keeps(BinaryOp op) { return op == BinaryOp::add || op == BinaryOp::multiply || op == BinaryOp::divide; }
  static bool keeps(model::AggregateFunction) { return true; }
  static bool keeps(const model::CallExpr& call) {
    using model::Builtin;
    return call.function == Builtin::min || call.function == Builtin::max || call.function == Builtin::floor ||
           call.function == Builtin::ceil;
  }
};

}  // namespace

bool is_whole(const model::Policy& policy, ExprId id) {
  return id.valid() && policy.expr(id).type.unit.is_plain() && Certain<Whole>(policy).expression(id);
}
bool is_never_negative(const model::Policy& policy, ExprId id) { return Certain<NeverNegative>(policy).expression(id); }

}  // namespace kpi::eval
