// How fast pay grows with one amount: a bound of (f(after) - f(before)) / x, where x is what is added to some sums. It
// decides what neither intervals nor linear arithmetic can: commission times a score whose rates contain the same
// sales.
//
// Along the way from before to after, every sum grows evenly and f is continuous and piecewise smooth, so that a bound
// of its derivative in every state bounds the whole difference. Beside the derivative D of a node, its product with a
// base B (a sum that is not negative, such as net sales) is bounded: for a quotient B / q both are related to the
// quotient itself (B * d(B/q) = (B/q) * dB), which a curve keeps between its points, whatever q is.
#pragma once

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

/// What moves, by input: how much for one unit of x (sums), or by how much at all (everything else).
struct Growth {
  std::map<std::uint32_t, Interval> sums;
  std::map<std::uint32_t, Interval> others;
};

/// None where it is not known: pay jumps on the way, or is not bounded.
std::optional<Interval> rate_of_change(const Graph& graph, NodeId root, const Growth& growth);

/// The growth by `moved` (input nodes and what they become), where `x` is the node of what is added; none when a sum
/// moves by something else than a share of x. `by`: how far every input moves.
std::optional<Growth> growth_in(const Graph& graph, const std::map<NodeId, NodeId>& moved,
                                const std::map<std::uint32_t, Interval>& by, NodeId x);

/// A true lower bound c >= 0 with `node` >= c * x, for a node that is linear.
Number least_multiple(const Graph& graph, NodeId node, NodeId x);

}  // namespace kpi::prove
