#include "interpreter/prove/ir.hpp"

namespace kpi::prove {
namespace {

using Bound = std::optional<Number>;

Bound sum(const Bound& a, const Bound& b) {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

Bound negated(const Bound& a) {
  if (!a) return std::nullopt;
  return -*a;
}

Interval negated(const Interval& a) { return {negated(a.upper), negated(a.lower)}; }

Bound lower_of(const Bound& a, const Bound& b) {
  if (!a || !b) return std::nullopt;
  return value::min(*a, *b);
}

Bound upper_of(const Bound& a, const Bound& b) {
  if (!a || !b) return std::nullopt;
  return value::max(*a, *b);
}

Interval scaled(const Interval& a, const Number& factor) {
  if (factor.is_zero()) return Interval::exactly(Number(0));
  Interval result{a.lower, a.upper};
  if (result.lower) *result.lower *= factor;
  if (result.upper) *result.upper *= factor;
  if (factor.sign() < 0) std::swap(result.lower, result.upper);
  return result;
}

bool not_negative(const Interval& a) { return a.lower && a.lower->sign() >= 0; }

}  // namespace

Interval operator+(const Interval& a, const Interval& b) { return {sum(a.lower, b.lower), sum(a.upper, b.upper)}; }
Interval operator-(const Interval& a, const Interval& b) { return a + negated(b); }

Interval operator*(const Interval& a, const Interval& b) {
  if (a.is_constant()) return scaled(b, *a.lower);
  if (b.is_constant()) return scaled(a, *b.lower);
  if (a.lower && a.upper && b.lower && b.upper) {
    const Number corners[] = {*a.lower * *b.lower, *a.lower * *b.upper, *a.upper * *b.lower, *a.upper * *b.upper};
    Interval result = Interval::exactly(corners[0]);
    for (const Number& corner : corners) {
      result.lower = value::min(*result.lower, corner);
      result.upper = value::max(*result.upper, corner);
    }
    return result;
  }
  // With an infinite end only the signs are certain.
  if (not_negative(a) && not_negative(b)) {
    Interval result{*a.lower * *b.lower, std::nullopt};
    return result;
  }
  const bool a_not_positive = a.upper && a.upper->sign() <= 0, b_not_positive = b.upper && b.upper->sign() <= 0;
  if (a_not_positive && b_not_positive) return {*a.upper * *b.upper, std::nullopt};
  if (not_negative(a) && b_not_positive) return {std::nullopt, *a.lower * *b.upper};
  if (a_not_positive && not_negative(b)) return {std::nullopt, *a.upper * *b.lower};
  return {};
}

Interval operator/(const Interval& a, const Interval& b) {
  if (b.is_constant()) return b.lower->is_zero() ? Interval::exactly(Number(0)) : scaled(a, Number(1) / *b.lower);
  if (!not_negative(b)) {
    if (b.upper && b.upper->sign() <= 0) return negated(a) / negated(b);
    return {};
  }
  // b in [l, u], l >= 0; 1/b in [1/u, 1/l]. Zero is a possible result too, by the convention for zero divisors.
  Interval reciprocal{b.upper ? Number(1) / *b.upper : Number(0), std::nullopt};
  if (b.lower->sign() > 0) reciprocal.upper = Number(1) / *b.lower;
  const Interval result = a * reciprocal;
  return b.lower->sign() > 0 ? result : hull(result, Interval::exactly(Number(0)));
}

Interval hull(const Interval& a, const Interval& b) { return {lower_of(a.lower, b.lower), upper_of(a.upper, b.upper)}; }

Interval intersection(const Interval& a, const Interval& b) {
  Interval result = a;
  if (b.lower && (!result.lower || *result.lower < *b.lower)) result.lower = b.lower;
  if (b.upper && (!result.upper || *b.upper < *result.upper)) result.upper = b.upper;
  return result;
}

Interval minimum(const Interval& a, const Interval& b) {
  Interval result;
  result.lower = lower_of(a.lower, b.lower);
  result.upper = !a.upper ? b.upper : !b.upper ? a.upper : Bound(value::min(*a.upper, *b.upper));
  return result;
}

Interval maximum(const Interval& a, const Interval& b) { return negated(minimum(negated(a), negated(b))); }

namespace {

Interval truth_interval(bool can_be_false, bool can_be_true) {
  return {Number(can_be_false ? 0 : 1), Number(can_be_true ? 1 : 0)};
}

Interval of_curve(const PiecewiseLine& line, const Interval& at) {
  // Extremes lie at the ends and at the points between them.
  std::optional<Interval> result;
  const auto take = [&](const Number& value) {
    const Interval point = Interval::exactly(value);
    result = result ? hull(*result, point) : point;
  };
  if (at.lower) take(line(*at.lower));
  if (at.upper) take(line(*at.upper));
  for (const auto& point : line.points) {
    if (at.contains(point.at)) take(point.value);
  }
  if (!result) take(line.points.front().value);
  if (!at.upper && line.slope_after.sign() > 0) result->upper.reset();
  if (!at.upper && line.slope_after.sign() < 0) result->lower.reset();
  if (!at.lower && line.slope_before.sign() > 0) result->lower.reset();
  if (!at.lower && line.slope_before.sign() < 0) result->upper.reset();
  return *result;
}

Interval of_round(const Node& node, const Interval& a) {
  Interval result = a;
  if (result.lower) result.lower = result.lower->round_to(node.value, node.mode);
  if (result.upper) result.upper = result.upper->round_to(node.value, node.mode);
  return result;
}

Interval compared(Op op, const Interval& a, const Interval& b) {
  const bool below = !a.lower || !b.upper || *a.lower < *b.upper;       // a < b can be
  const bool not_above = !a.lower || !b.upper || *a.lower <= *b.upper;  // a <= b can be
  const bool above = !b.lower || !a.upper || *b.lower < *a.upper;       // a > b can be
  const bool not_below = !b.lower || !a.upper || *b.lower <= *a.upper;  // a >= b can be
  if (op == Op::less) return truth_interval(not_below, below);
  if (op == Op::less_equal) return truth_interval(above, not_above);
  const bool equal = not_above && not_below;
  return truth_interval(!(a.is_constant() && b.is_constant() && *a.lower == *b.lower), equal);
}

}  // namespace

namespace {

/// k1 * x + k2 * y where facts say how large one of them is beside the other: `amount - refunded` is not negative when
/// refunds are never larger than amounts.
Interval of_sum(const Graph& graph, const Node& node, const std::vector<Interval>& known) {
  const Interval result = known[node.a] + known[node.b];
  struct Part {
    Number factor;
    NodeId of;
  };
  const auto part = [&](NodeId id) -> Part {
    const Node& at = graph[id];
    if (at.op == Op::multiply && graph.is_constant(at.a)) return {graph[at.a].value, at.b};
    return {Number(1), id};
  };
  Part plus = part(node.a), minus = part(node.b);
  if (plus.factor.sign() == minus.factor.sign()) return result;
  if (plus.factor.sign() < 0) std::swap(plus, minus);
  if (!not_negative(known[plus.of]) || !not_negative(known[minus.of])) return result;
  const Graph::Ratio ratio = graph.ratio(minus.of, plus.of);  // minus <= most * plus; least * plus <= minus
  Interval sign;
  if (ratio.most && plus.factor + minus.factor * *ratio.most >= Number(0)) sign.lower = Number(0);
  if (ratio.least && plus.factor + minus.factor * *ratio.least <= Number(0)) sign.upper = Number(0);
  const Interval narrowed = intersection(result, sign);
  return narrowed.is_empty() ? result : narrowed;
}

Interval of_quotient(const Graph& graph, const Node& node, const std::vector<Interval>& known) {
  const Interval result = known[node.a] / known[node.b];
  if (!not_negative(known[node.b])) return result;
  const Graph::Ratio ratio = graph.ratio(node.a, node.b);
  Interval bound{ratio.least, ratio.most};
  // 0 where the divisor is 0
  if (!known[node.b].lower || known[node.b].lower->sign() <= 0) bound = hull(bound, Interval::exactly(Number(0)));
  const Interval narrowed = intersection(result, bound);
  return narrowed.is_empty() ? result : narrowed;
}

}  // namespace

Interval interval_of(const Graph& graph, const Node& node, const std::vector<Interval>& known) {
  const auto at = [&](NodeId id) -> const Interval& { return known[id]; };
  switch (node.op) {
    case Op::constant:
    case Op::truth:
      return Interval::exactly(node.value);
    case Op::input:
      return graph.inputs[node.index].range;
    case Op::add:
      return of_sum(graph, node, known);
    case Op::multiply:
      return node.a == node.b ? maximum(at(node.a) * at(node.b), Interval::exactly(Number(0)))
                              : at(node.a) * at(node.b);
    case Op::divide:
      return of_quotient(graph, node, known);
    case Op::minimum:
      return minimum(at(node.a), at(node.b));
    case Op::maximum:
      return maximum(at(node.a), at(node.b));
    case Op::choose: {
      const Interval& condition = at(node.a);
      if (condition.is_constant()) return condition.lower->is_zero() ? at(node.c) : at(node.b);
      return hull(at(node.b), at(node.c));
    }
    case Op::curve:
      return of_curve(graph.lines[node.index], at(node.a));
    case Op::round:
      return of_round(node, at(node.a));
    case Op::less:
    case Op::less_equal:
    case Op::equal:
      return compared(node.op, at(node.a), at(node.b));
    case Op::both:
      return {value::min(*at(node.a).lower, *at(node.b).lower), value::min(*at(node.a).upper, *at(node.b).upper)};
    case Op::either:
      return {value::max(*at(node.a).lower, *at(node.b).lower), value::max(*at(node.a).upper, *at(node.b).upper)};
    case Op::negate:
      return {Number(1) - *at(node.a).upper, Number(1) - *at(node.a).lower};
  }
  return {};
}

std::vector<Interval> intervals(const Graph& graph, const std::map<NodeId, Interval>& known) {
  std::vector<Interval> result(graph.nodes.size());
  for (NodeId id = 0; id < graph.nodes.size(); ++id) {
    result[id] = interval_of(graph, graph.nodes[id], result);
    const auto found = known.find(id);
    if (found == known.end()) continue;
    const Interval narrowed = intersection(result[id], found->second);
    result[id] = narrowed.is_empty() ? found->second : narrowed;
  }
  return result;
}

}  // namespace kpi::prove
