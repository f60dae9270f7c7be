// Which way things move: signs in formulas, without any numbers from data. Amounts, counts and rates are taken to be
// not negative, so that a product moves with both of its factors.
#include <algorithm>

#include "interpreter/lint/flow.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::lint {

using model::AggregateFunction;
using model::ExprId;
using Op = value::BinaryOp;

Direction both(Direction a, Direction b) {
  if (a == Direction::none) return b;
  if (b == Direction::none || a == b) return a;
  return Direction::mixed;
}

Direction flipped(Direction a) {
  if (a == Direction::up) return Direction::down;
  return a == Direction::down ? Direction::up : a;
}

bool ascends(const model::Curve& curve) {
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    if (curve.kind == model::CurveKind::brackets ? curve.points[i].value.sign() < 0
                                                 : i > 0 && curve.points[i].value < curve.points[i - 1].value)
      return false;
  }
  // Below the first step the value is 0.
  return curve.kind != model::CurveKind::steps || curve.points.empty() || curve.points[0].value.sign() >= 0;
}

bool descends(const model::Curve& curve) {
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    if (curve.kind == model::CurveKind::brackets ? curve.points[i].value.sign() > 0
                                                 : i > 0 && curve.points[i].value > curve.points[i - 1].value)
      return false;
  }
  return curve.kind != model::CurveKind::steps || curve.points.empty() || curve.points[0].value.sign() <= 0;
}

namespace {

Direction unclear(Direction inner) { return inner == Direction::none ? Direction::none : Direction::mixed; }

}  // namespace

Direction DataFlow::through_curve(Direction inner, const model::Curve& curve) const {
  if (ascends(curve)) return inner;
  return descends(curve) ? flipped(inner) : unclear(inner);
}

std::optional<value::Number> DataFlow::constant(ExprId id) const {
  if (!id.valid()) return std::nullopt;
  const model::Expr& expr = policy_.expr(id);
  if (const auto* literal = std::get_if<model::Constant>(&expr.node)) {
    if (literal->value.is<value::Number>()) return literal->value.number();
  } else if (const auto* param = std::get_if<model::ParamRef>(&expr.node)) {
    const value::Value& value = policy_.params[param->param.index].value;
    if (value.is<value::Number>()) return value.number();
  } else if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node)) {
    if (const auto inner = constant(unary->operand); inner && unary->op == value::UnaryOp::negate) return -*inner;
  } else if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    const auto left = constant(binary->left), right = constant(binary->right);
    if (!left || !right) return std::nullopt;
    switch (binary->op) {
      case Op::add:
        return *left + *right;
      case Op::subtract:
        return *left - *right;
      case Op::multiply:
        return *left * *right;
      case Op::divide:
        if (!right->is_zero()) return *left / *right;
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

// A row expression moves with the fields that hold the role's data.
Direction DataFlow::row_direction(ExprId id, std::string_view role) const {
  if (!id.valid()) return Direction::up;
  const model::Expr& expr = policy_.expr(id);
  if (const auto* field = std::get_if<model::RowField>(&expr.node)) {
    if (!field->path.field.valid()) return Direction::none;
    const auto& source_role = field->source.is_events() ? policy_.event(field->source.events()).role : std::string();
    if (source_role != "orders" || !field->path.refs.empty()) return Direction::up;
    const model::Field& read = policy_.fields(field->source)[field->path.field.index];
    if (read.computed.valid() && !is_refund_name(read.named.name)) return row_direction(read.computed, role);
    const bool refund = is_refund_name(read.named.name);
    return refund == (role == "refunds") ? Direction::up : Direction::none;
  }
  if (const auto* unary = std::get_if<model::UnaryExpr>(&expr.node)) {
    return flipped(row_direction(unary->operand, role));
  }
  if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    const Direction left = row_direction(binary->left, role), right = row_direction(binary->right, role);
    switch (binary->op) {
      case Op::add:
        return both(left, right);
      case Op::subtract:
      case Op::divide:
        return both(left, flipped(right));
      case Op::multiply: {
        const auto a = constant(binary->left), b = constant(binary->right);
        const Direction result = both(left, right);
        return (a && a->sign() < 0) != (b && b->sign() < 0) ? flipped(result) : result;
      }
      default:
        return unclear(both(left, right));
    }
  }
  if (const auto* fallback = std::get_if<model::DefaultExpr>(&expr.node))
    return both(row_direction(fallback->operand, role), row_direction(fallback->fallback, role));
  Direction inside = Direction::none;
  model::for_each_operand(expr.node, [&](ExprId operand) { inside = both(inside, row_direction(operand, role)); });
  return unclear(inside);
}

Direction DataFlow::aggregate_direction(const model::Aggregate& aggregate, const Input& input) {
  if (input.metric || !is_of_role(aggregate, input.role)) return Direction::none;
  if (aggregate.each_inner.valid())
    return unclear(aggregate_direction(policy_.aggregates[aggregate.each_inner.index], input));
  switch (aggregate.function) {
    case AggregateFunction::sum:
      return row_direction(aggregate.value, input.role);
    case AggregateFunction::count:
    case AggregateFunction::distinct:
    case AggregateFunction::exists:
      return Direction::up;
    default:
      return Direction::mixed;
  }
}

Direction DataFlow::direction(ExprId id, const Input& input, model::ScorecardId card) {
  if (!id.valid()) return Direction::none;
  const model::Expr& expr = policy_.expr(id);
  const auto of = [&](ExprId operand) { return direction(operand, input, card); };
  return std::visit(
      [&](const auto& node) -> Direction {
        using N = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<N, model::MetricRef>) {
          if (input.metric == node.metric) return Direction::up;
          if (open_metrics_.contains(node.metric.index)) return Direction::none;
          open_metrics_.insert(node.metric.index);
          const Direction result = direction(policy_.metrics[node.metric.index].value, input, {});
          open_metrics_.erase(node.metric.index);
          return result;
        } else if constexpr (std::is_same_v<N, model::AggregateRef>) {
          return aggregate_direction(policy_.aggregates[node.aggregate.index], input);
        } else if constexpr (std::is_same_v<N, model::UnaryExpr>) {
          return flipped(of(node.operand));
        } else if constexpr (std::is_same_v<N, model::BinaryExpr>) {
          const Direction left = of(node.left), right = of(node.right);
          switch (node.op) {
            case Op::add:
            case Op::logical_and:
            case Op::logical_or:
              return both(left, right);
            case Op::subtract:
            case Op::divide:
            case Op::ge:
            case Op::gt:
              return both(left, flipped(right));
            case Op::le:
            case Op::lt:
              return both(flipped(left), right);
            case Op::multiply: {
              const auto a = constant(node.left), b = constant(node.right);
              const Direction result = both(left, right);
              if ((a && a->is_zero()) || (b && b->is_zero())) return Direction::none;
              return (a && a->sign() < 0) != (b && b->sign() < 0) ? flipped(result) : result;
            }
            default:
              return equality(left, right, node.op, node.right, node.left);
          }
        } else if constexpr (std::is_same_v<N, model::IfExpr>) {
          const Direction condition = of(node.condition);
          const Direction inside = both(of(node.then_value), of(node.else_value));
          if (condition == Direction::none) return inside;
          const auto then_value = constant(node.then_value), else_value = constant(node.else_value);
          if (!then_value || !else_value) return Direction::mixed;
          if (*then_value == *else_value) return Direction::none;
          return *then_value > *else_value ? condition : flipped(condition);
        } else if constexpr (std::is_same_v<N, model::DefaultExpr>) {
          return both(of(node.operand), of(node.fallback));
        } else if constexpr (std::is_same_v<N, model::CurveApply>) {
          return through_curve(of(node.argument), policy_.curves[node.curve.index]);
        } else if constexpr (std::is_same_v<N, model::MetricCall>) {
          using F = model::MetricFunction;
          if (node.function == F::previous || node.function == F::year_ago || node.function == F::at_period)
            return Direction::none;
          const Direction inner = of(node.operand);
          if (node.function != F::rank && node.function != F::percentile_rank) return inner;
          const auto* ref = std::get_if<model::MetricRef>(&policy_.expr(node.operand).node);
          const bool lower = ref && policy_.metrics[ref->metric.index].lower_is_better;
          const bool falls = (node.function == F::rank) != lower;
          return falls ? flipped(inner) : inner;
        } else if constexpr (std::is_same_v<N, model::CallExpr>) {
          using B = model::Builtin;
          Direction inside = Direction::none;
          for (const ExprId argument : node.arguments) inside = both(inside, of(argument));
          const bool keeps = node.function == B::min || node.function == B::max || node.function == B::round ||
                             node.function == B::round_significant || node.function == B::floor ||
                             node.function == B::ceil || node.function == B::convert;
          return keeps ? inside : unclear(inside);
        } else if constexpr (std::is_same_v<N, model::ScoreExpr>) {
          return card.valid() ? direction(policy_.scorecards[card.index], input) : Direction::none;
        } else if constexpr (std::is_same_v<N, model::ResultField>) {
          if (!card.valid()) return Direction::none;
          using W = decltype(node.which);
          for (const auto& row : policy_.scorecards[card.index].rows) {
            if (row.metric != node.metric) continue;
            if (node.which == W::weight) return Direction::none;
            if (node.which == W::target) return row.targets.empty() ? Direction::none : of(row.targets.front());
            if (node.which == W::value) {
              if (input.metric == row.metric) return Direction::up;
              return direction(policy_.metrics[row.metric.index].value, input, {});
            }
            return direction(row, input);
          }
          return Direction::none;
        } else {
          Direction inside = Direction::none;
          model::for_each_operand(expr.node, [&](ExprId operand) { inside = both(inside, of(operand)); });
          return unclear(inside);
        }
      },
      expr.node);
}

// `count(violations) = 0` can only become false when the count grows.
Direction DataFlow::equality(Direction left, Direction right, Op op, ExprId right_side, ExprId left_side) const {
  const auto zero = [&](ExprId id) {
    const auto number = constant(id);
    return number && number->is_zero();
  };
  Direction side = Direction::none;
  if (right == Direction::none && zero(right_side))
    side = left;
  else if (left == Direction::none && zero(left_side))
    side = right;
  else
    return unclear(both(left, right));
  return op == Op::eq ? flipped(side) : side;
}

Direction DataFlow::direction(const model::ScorecardRow& row, const Input& input) {
  if (!row.metric.valid()) return Direction::none;
  const model::Metric& measured = policy_.metrics[row.metric.index];
  Direction actual = input.metric == row.metric ? Direction::up : direction(measured.value, input, {});
  Direction target = Direction::none;
  for (const ExprId one : row.targets) target = both(target, direction(one, input, {}));
  target = both(target, direction(row.base, input, {}));
  bool falls = measured.lower_is_better;
  if (row.attain == model::Attain::ratio) falls = false;
  if (row.attain == model::Attain::mirror || row.attain == model::Attain::inverse) falls = true;
  const Direction attained = both(falls ? flipped(actual) : actual, falls ? target : flipped(target));
  const auto* own = std::get_if<model::CurveId>(&row.curve);
  return own ? through_curve(attained, policy_.curves[own->index]) : attained;
}

Direction DataFlow::direction(const model::Scorecard& card, const Input& input) {
  Direction result = Direction::none;
  for (const auto& row : card.rows) {
    const bool counts =
        std::any_of(row.weights.begin(), row.weights.end(), [](const auto& weight) { return !weight.is_zero(); });
    if (counts) result = both(result, direction(row, input));
  }
  for (const auto& gate : card.gates) result = both(result, direction(gate.requires_value, input, {}));
  return result;
}

Direction DataFlow::direction(const model::Payout& payout, const Input& input) {
  const auto of = [&](ExprId id) { return direction(id, input, payout.scorecard); };
  Direction result = Direction::none;
  for (const ExprId id : {payout.amount, payout.pool, payout.pool_by, payout.prorate, payout.floor, payout.cap,
                          payout.draw, payout.paid_when, payout.budget})
    result = both(result, of(id));
  for (const auto& penalty : payout.penalties) result = both(result, flipped(of(penalty.amount)));
  return result;
}

}  // namespace kpi::lint
