#include "interpreter/prove/delta.hpp"

namespace kpi::prove {
namespace {

const Interval kStill = Interval::exactly(Number(0));

bool still(const Interval& delta) { return delta == kStill; }
bool never_negative(const Interval& i) { return i.lower && i.lower->sign() >= 0; }
bool never_positive(const Interval& i) { return i.upper && i.upper->sign() <= 0; }
bool positive(const Interval& i) { return i.lower && i.lower->sign() > 0; }

class Walk {
 public:
  Walk(const Graph& graph_, const Change& change_) : graph(graph_), change(change_), d() {
    d.before = intervals(graph, known_before());
    d.after.resize(graph.nodes.size());
    d.delta.resize(graph.nodes.size());
    where_defined.resize(graph.nodes.size());
  }

  Deltas run() {
    for (NodeId id = 0; id < graph.nodes.size(); ++id) visit(id);
    return std::move(d);
  }

 private:
  std::map<NodeId, Interval> known_before() const {
    std::map<NodeId, Interval> known = change.known;
    for (const auto& [id, truth] : change.forced) known[id] = Interval::exactly(Number(truth.first ? 1 : 0));
    return known;
  }

  void visit(NodeId id) {
    if (const auto forced = change.forced.find(id); forced != change.forced.end()) {
      d.after[id] = Interval::exactly(Number(forced->second.second ? 1 : 0));
      d.delta[id] = d.after[id] - d.before[id];
      return;
    }
    if (const auto moved = change.nodes.find(id); moved != change.nodes.end()) {
      d.delta[id] = moved->second;
      d.after[id] = d.before[id] + moved->second;
      return;
    }
    const Node& node = graph.nodes[id];
    const auto of_operand = [&](NodeId operand) { return operand != kNoNode && where_defined[operand]; };
    where_defined[id] = of_operand(node.a) || of_operand(node.b) || of_operand(node.c);
    d.delta[id] = moved_by(id, node);
    Interval after = interval_of(graph, node, d.after);
    if (node.op == Op::input) {
      const auto moved = change.inputs.find(node.index);
      after = d.before[id];
      if (moved != change.inputs.end()) {
        after = intersection(d.before[id] + moved->second, graph.inputs[node.index].range);
        if (after.is_empty()) after = d.before[id] + moved->second;
      }
    } else if (!where_defined[id]) {
      const Interval narrowed = intersection(d.before[id] + d.delta[id], after);
      if (!narrowed.is_empty()) after = narrowed;
    }
    d.after[id] = after;
    if (!still(d.delta[id])) {
      const Interval narrowed = intersection(d.delta[id], d.after[id] - d.before[id]);
      if (!narrowed.is_empty()) d.delta[id] = narrowed;
    }
  }

  Interval moved_by(NodeId id, const Node& node) {
    const auto delta = [&](NodeId operand) -> const Interval& { return d.delta[operand]; };
    switch (node.op) {
      case Op::constant:
      case Op::truth:
        return kStill;
      case Op::input: {
        const auto moved = change.inputs.find(node.index);
        return moved == change.inputs.end() ? kStill : moved->second;
      }
      case Op::add:
        return delta(node.a) + delta(node.b);
      case Op::multiply:
        return product(node);
      case Op::divide:
        return quotient(id, node);
      case Op::minimum:
      case Op::maximum:
        return extreme(node);
      case Op::choose:
        return choice(id, node);
      case Op::curve:
        return curved(node);
      case Op::round:
        return rounded(node);
      case Op::less:
      case Op::less_equal:
      case Op::equal:
        return compared(node);
      case Op::both:
      case Op::either: {
        const Interval& a = delta(node.a);
        const Interval& b = delta(node.b);
        return {value::min(*a.lower, *b.lower), value::max(*a.upper, *b.upper)};
      }
      case Op::negate:
        return kStill - delta(node.a);
    }
    return {};
  }

  Interval product(const Node& node) const {
    const Interval& da = d.delta[node.a];
    const Interval& db = d.delta[node.b];
    if (still(da) && still(db)) return kStill;
    if (still(da)) return d.before[node.a] * db;
    if (still(db)) return da * d.before[node.b];
    return d.after[node.a] * db + da * d.before[node.b];
  }

  /// p'/q' - p/q = (dp - (p/q) dq) / q'. A divisor that may be zero makes the quotient undefined there, and every use
  /// of it stands behind a choice that asks for it; so the difference is that of two defined states.
  Interval quotient(NodeId id, const Node& node) {
    const Interval& dp = d.delta[node.a];
    const Interval& dq = d.delta[node.b];
    if (still(dp) && still(dq)) return kStill;
    const Interval& q = d.before[node.b];
    const Interval& q_after = d.after[node.b];
    if (!never_negative(q) || !never_negative(q_after)) return {};
    if (!positive(q) || !positive(q_after)) where_defined[id] = true;
    if (still(dq)) return dp / q;
    const Interval ratio = positive(q) ? d.before[node.a] / q : quotient_where_positive(d.before[node.a], q);
    return (dp - ratio * dq) / q_after;
  }

  static Interval quotient_where_positive(const Interval& p, const Interval& q) {
    Interval result;
    if (never_negative(p)) result.lower = Number(0);
    if (never_positive(p)) result.upper = Number(0);
    if (p.lower && p.lower->sign() > 0 && q.upper) result.lower = *p.lower / *q.upper;
    return result;
  }

  Interval extreme(const Node& node) const {
    const Interval& a = d.delta[node.a];
    const Interval& b = d.delta[node.b];
    if (still(a) && still(b)) return kStill;
    // An operand that is never the extreme, before or after, does not matter.
    const auto wins = [&](NodeId left, NodeId right) {
      const auto sure = [&](const std::vector<Interval>& at) {
        const Interval& x = at[left];
        const Interval& y = at[right];
        return node.op == Op::minimum ? x.upper && y.lower && *x.upper <= *y.lower
                                      : x.lower && y.upper && *x.lower >= *y.upper;
      };
      return sure(d.before) && sure(d.after);
    };
    if (wins(node.a, node.b)) return a;
    if (wins(node.b, node.a)) return b;
    return hull(a, b);
  }

  /// What a nest of choices multiplies in each of its leaves: a step of a curve times sales is a choice between
  /// multiples of sales. None when the leaves have nothing in common.
  std::optional<NodeId> common_factor(NodeId id) const {
    std::optional<NodeId> found;
    return leaves_multiply(id, found) ? found : std::nullopt;
  }

  bool leaves_multiply(NodeId id, std::optional<NodeId>& factor) const {
    const Node& node = graph.nodes[id];
    if (node.op == Op::choose) return leaves_multiply(node.b, factor) && leaves_multiply(node.c, factor);
    if (node.op == Op::constant) return node.value.is_zero();
    const bool multiple = node.op == Op::multiply && graph.is_constant(node.a);
    const NodeId of = multiple ? node.b : id;
    if (!factor) factor = of;
    return *factor == of;
  }

  struct Moved {
    Interval before, after, delta;
  };
  /// The constants in front of the common factor, as a choice of their own.
  Moved coefficient(NodeId id) const {
    const Node& node = graph.nodes[id];
    if (node.op == Op::choose) return chosen(node.a, coefficient(node.b), coefficient(node.c));
    const Number value = node.op == Op::constant                                ? Number(0)
                         : node.op == Op::multiply && graph.is_constant(node.a) ? graph.nodes[node.a].value
                                                                                : Number(1);
    return {Interval::exactly(value), Interval::exactly(value), kStill};
  }

  Moved chosen(NodeId condition, const Moved& then_value, const Moved& else_value) const {
    const auto pick = [](const Interval& truth, const Interval& a, const Interval& b) {
      if (truth.is_constant()) return truth.lower->is_zero() ? b : a;
      return hull(a, b);
    };
    const Interval &before = d.before[condition], &after = d.after[condition], &flip = d.delta[condition];
    Moved result{
        pick(before, then_value.before, else_value.before), pick(after, then_value.after, else_value.after), {}};
    std::optional<Interval> moved;
    const auto take = [&](const Interval& part) { moved = moved ? hull(*moved, part) : part; };
    const bool true_before = before.upper->sign() > 0, false_before = before.lower->is_zero();
    const bool true_after = after.upper->sign() > 0, false_after = after.lower->is_zero();
    if (true_before && true_after) take(then_value.delta);
    if (false_before && false_after) take(else_value.delta);
    if (false_before && true_after && flip.upper->sign() > 0) take(then_value.after - else_value.before);
    if (true_before && false_after && flip.lower->sign() < 0) take(else_value.after - then_value.before);
    result.delta = moved.value_or(Interval{});
    return result;
  }

  Interval choice(NodeId id, const Node& node) const {
    const auto branch = [&](NodeId of) { return Moved{d.before[of], d.after[of], d.delta[of]}; };
    const Interval whole = chosen(node.a, branch(node.b), branch(node.c)).delta;
    const auto factor = common_factor(id);
    if (!factor || direction(whole)) return whole;
    // k'x' - kx = x' dk + k dx
    const Moved k = coefficient(id);
    const Interval apart = d.after[*factor] * k.delta + k.before * d.delta[*factor];
    const Interval narrowed = intersection(whole, apart);
    return narrowed.is_empty() ? whole : narrowed;
  }

  Interval curved(const Node& node) const {
    const Interval& moved = d.delta[node.a];
    if (still(moved)) return kStill;
    const PiecewiseLine& line = graph.lines[node.index];
    // Slopes of the pieces that can be met on the way.
    const Interval way = hull(d.before[node.a], d.after[node.a]);
    std::optional<Interval> slopes;
    const auto slopes_of_line = line.slopes();
    for (std::size_t piece = 0; piece < slopes_of_line.size(); ++piece) {
      Interval part;
      if (piece > 0) part.lower = line.points[piece - 1].at;
      if (piece + 1 < slopes_of_line.size()) part.upper = line.points[piece].at;
      if (intersection(part, way).is_empty()) continue;
      const Interval slope = Interval::exactly(slopes_of_line[piece]);
      slopes = slopes ? hull(*slopes, slope) : slope;
    }
    const Interval by_slope = slopes ? *slopes * moved : Interval{};
    // Monotone curves keep the direction also where the difference is not bounded.
    Interval extent;
    {
      std::optional<Interval> range;
      for (const auto& point : line.points) {
        const Interval value = Interval::exactly(point.value);
        range = range ? hull(*range, value) : value;
      }
      if (line.slope_before.is_zero() && line.slope_after.is_zero()) extent = *range - *range;
    }
    const Interval both = intersection(by_slope, extent);
    return both.is_empty() ? by_slope : both;
  }

  Interval rounded(const Node& node) const {
    const Interval& moved = d.delta[node.a];
    if (still(moved)) return kStill;
    // Rounding is monotone and moves each end by less than one unit.
    Interval result = moved;
    if (result.lower) result.lower = result.lower->sign() >= 0 ? Number(0) : *result.lower - node.value;
    if (result.upper) result.upper = result.upper->sign() <= 0 ? Number(0) : *result.upper + node.value;
    return result;
  }

  Interval compared(const Node& node) const {
    const Interval& a = d.delta[node.a];
    const Interval& b = d.delta[node.b];
    if (still(a) && still(b)) return kStill;
    Interval result{Number(-1), Number(1)};
    const Interval moved = a - b;
    if (node.op != Op::equal) {
      if (never_negative(moved)) result.upper = Number(0);  // a grows against b: a < b can only become false
      if (never_positive(moved)) result.lower = Number(0);
    } else if (still(b)) {
      equality(node.a, node.b, result);
    } else if (still(a)) {
      equality(node.b, node.a, result);
    }
    // Truth values that are fixed before or after by the intervals.
    const Interval before = compare(node.op, d.before[node.a], d.before[node.b]);
    const Interval after = compare(node.op, d.after[node.a], d.after[node.b]);
    const Interval narrowed = intersection(result, after - before);
    return narrowed.is_empty() ? result : narrowed;
  }

  /// `moves = stands`, where what moves can only go away from what stands, or only towards it.
  void equality(NodeId moves, NodeId stands, Interval& result) const {
    const auto above = [](const Interval& x, const Interval& y) { return x.lower && y.upper && *y.upper <= *x.lower; };
    const Interval& by = d.delta[moves];
    const Interval &before = d.before[moves], &at = d.before[stands];
    const bool up = never_negative(by), down = never_positive(by);
    if ((up && above(before, at)) || (down && above(at, before))) result.upper = Number(0);
    if ((down && above(d.after[moves], at)) || (up && above(at, d.after[moves]))) result.lower = Number(0);
  }

  static Interval compare(Op op, const Interval& a, const Interval& b) {
    Interval result{Number(0), Number(1)};
    const bool surely_less = a.upper && b.lower && (op == Op::less ? *a.upper < *b.lower : *a.upper <= *b.lower);
    const bool never_less = a.lower && b.upper && (op == Op::less ? *a.lower >= *b.upper : *a.lower > *b.upper);
    if (op == Op::equal) {
      const bool apart = (a.upper && b.lower && *a.upper < *b.lower) || (a.lower && b.upper && *b.upper < *a.lower);
      if (apart) result.upper = Number(0);
      if (a.is_constant() && b.is_constant() && *a.lower == *b.lower) result.lower = Number(1);
      return result;
    }
    if (surely_less) result.lower = Number(1);
    if (never_less) result.upper = Number(0);
    return result;
  }

  const Graph& graph;
  const Change& change;
  Deltas d;
  std::vector<bool> where_defined;  // the difference holds only between states in which the node is defined
};

}  // namespace

Deltas deltas(const Graph& graph, const Change& change) { return Walk(graph, change).run(); }

std::optional<int> direction(const Interval& delta) {
  if (still(delta)) return 0;
  if (never_negative(delta)) return 1;
  if (never_positive(delta)) return -1;
  return std::nullopt;
}

}  // namespace kpi::prove
