#include "interpreter/prove/rate.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "interpreter/prove/delta.hpp"

namespace kpi::prove {
namespace {

const Interval kStill = Interval::exactly(Number(0));

bool never_negative(const Interval& i) { return i.lower && i.lower->sign() >= 0; }

/// A sum of multiples of nodes that are no sums themselves.
struct Linear {
  std::map<NodeId, Number> terms;
  Number constant;

  void add(const Linear& other, const Number& factor) {
    for (const auto& [node, of] : other.terms) {
      Number& term = terms[node];
      term += of * factor;
      if (term.is_zero()) terms.erase(node);
    }
    constant += other.constant * factor;
  }
};

Linear linear(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  Linear result;
  if (node.op == Op::constant) {
    result.constant = node.value;
  } else if (node.op == Op::add) {
    result = linear(graph, node.a);
    result.add(linear(graph, node.b), Number(1));
  } else if (node.op == Op::multiply && graph.is_constant(node.a)) {
    result.add(linear(graph, node.b), graph[node.a].value);
  } else {
    result.terms[id] = Number(1);
  }
  return result;
}

/// Whether the sum is certainly not negative: what is taken away is covered by something that is never smaller.
bool not_negative(const Graph& graph, const std::vector<Interval>& known, const Linear& of) {
  std::map<NodeId, Number> spare;
  Number least = of.constant;
  for (const auto& [node, factor] : of.terms) {
    if (factor.sign() > 0 && never_negative(known[node])) {
      spare.emplace(node, factor);
      least += factor * *known[node].lower;
    } else if (factor.sign() > 0) {
      if (!known[node].lower) return false;
      least += factor * *known[node].lower;
    }
  }
  for (const auto& [term, factor] : of.terms) {
    if (factor.sign() > 0) continue;
    const NodeId node = term;
    const Number taken = factor.abs();
    if (known[node].upper && (known[node].upper->is_zero() || least >= taken * *known[node].upper)) {
      least -= taken * *known[node].upper;
      continue;
    }
    const auto covers = std::find_if(spare.begin(), spare.end(), [&](const auto& of_spare) {
      const auto ratio = graph.ratio(node, of_spare.first);  // node <= most * spare
      return never_negative(known[node]) && ratio.most && of_spare.second >= taken * *ratio.most;
    });
    if (covers == spare.end()) return false;
    covers->second -= taken * *graph.ratio(node, covers->first).most;
    // What it covers can no longer count with its own lower end.
    least -= taken * *graph.ratio(node, covers->first).most * *known[covers->first].lower;
  }
  return least.sign() >= 0;
}

class Walk {
 public:
  Walk(const Graph& graph_, const Growth& growth_) : graph(graph_), growth(growth_), known(intervals(graph_)) {
    Change change;
    for (const auto& [input, by] : growth.sums) change.inputs[input] = by * Interval::at_least(Number(0));
    for (const auto& [input, by] : growth.others) change.inputs[input] = by;
    moved_by = deltas(graph, change).delta;
  }

  std::optional<Interval> rate(NodeId root) {
    if (!collect_starts(root)) return std::nullopt;
    std::optional<Interval> best;
    for (const NodeId candidate : bases(root)) {
      base = linear(graph, candidate);
      base_node = candidate;
      known_rates.clear();
      const auto at = visit(root, {});
      if (!at) continue;
      Interval found = at->derivative;
      // Something has no value before the first row and has one after it: both are within multiples of the base, which
      // is nothing before.
      const bool from_nothing =
          std::all_of(starts.begin(), starts.end(), [&](NodeId start) { return is_empty_at(start); });
      if (!starts.empty()) {
        if (!from_nothing || !at->multiple.lower || !at->multiple.upper) continue;
        found = hull(found, at->multiple * base_rate());
      }
      best = best ? intersection(*best, found) : found;
    }
    return best;
  }

 private:
  struct Rates {
    Interval range;       // of the node
    Interval multiple;    // between these multiples of the base
    Interval derivative;  // for one unit of x
    Interval scaled;      // the base times the derivative
  };

  bool moves(NodeId id) const { return !(moved_by[id] == kStill); }

  /// Truth values that change on the way must do so at its very start, where something that was 0 no longer is.
  bool collect_starts(NodeId root) {
    for (const NodeId id : graph.cone({root})) {
      const Node& node = graph[id];
      if (node.op == Op::round && moves(id)) return false;
      if (node.op == Op::divide && moves(node.b)) {
        if (!never_negative(known[node.b]) || !never_negative(moved_by[node.b])) return false;
        if (known[node.b].lower->is_zero()) starts.insert(node.b);
        continue;
      }
      const bool atom = node.op == Op::less || node.op == Op::less_equal || node.op == Op::equal;
      if (!atom || known[id].is_constant() || (!moves(node.a) && !moves(node.b))) continue;
      const auto is_zero = [&](NodeId of) { return graph.is_constant(of) && graph[of].value.is_zero(); };
      NodeId grows = kNoNode;
      if (node.op == Op::equal && is_zero(node.b)) grows = node.a;
      if (is_zero(node.a) && (node.op == Op::less || node.op == Op::equal)) grows = node.b;
      if (grows == kNoNode || !never_negative(known[grows]) || !never_negative(moved_by[grows])) return false;
      starts.insert(grows);
    }
    return true;
  }

  /// Sums that grow and are not negative.
  std::vector<NodeId> bases(NodeId root) const {
    std::vector<NodeId> result;
    for (const NodeId id : graph.cone({root})) {
      const Node& node = graph[id];
      if (is_truth(node.op) || !moves(id) || !never_negative(known[id]) || !never_negative(moved_by[id])) continue;
      const Linear of = linear(graph, id);
      const bool sums = std::all_of(of.terms.begin(), of.terms.end(), [&](const auto& term) {
        return graph[term.first].op == Op::input &&
               (!moves(term.first) || growth.sums.contains(graph[term.first].index));
      });
      // Multiples of one sum are as good as the sum.
      const bool multiple = node.op == Op::multiply && graph.is_constant(node.a);
      if (sums && !multiple && of.constant.is_zero()) result.push_back(id);
    }
    return result;
  }

  Interval base_rate() const {
    Interval result = kStill;
    for (const auto& [node, factor] : base.terms) {
      const auto of = growth.sums.find(graph[node].index);
      if (of != growth.sums.end()) result = result + Interval::exactly(factor) * of->second;
    }
    return result;
  }

  /// Where it is 0, so is the base.
  bool is_empty_at(NodeId start) {
    if (const Interval of = multiple(start); of.lower && of.lower->sign() > 0) return true;
    if (graph[start].op != Op::input) return false;
    const Input& rows = graph.inputs[graph[start].index];
    if (rows.kind != Input::Kind::rows) return false;
    return std::all_of(base.terms.begin(), base.terms.end(), [&](const auto& term) {
      const Input& of = graph.inputs[graph[term.first].index];
      return term.second.sign() < 0 || (of.kind == Input::Kind::total && of.group == rows.group);
    });
  }

  /// Between which multiples of the base a linear node lies.
  Interval multiple(NodeId id) const {
    const Linear of = linear(graph, id);
    std::set<Number> candidates{Number(0)};
    for (const auto& [node, factor] : base.terms) {
      const auto own = of.terms.find(node);
      if (own != of.terms.end()) candidates.insert(own->second / factor);
    }
    Interval result;
    for (const Number& candidate : candidates) {
      Linear above = of, below;
      above.add(base, -candidate);
      below.add(above, Number(-1));
      if (not_negative(graph, known, above)) result.lower = candidate;
      if (!result.upper && not_negative(graph, known, below)) result.upper = candidate;
    }
    return result;
  }

  using Key = std::tuple<NodeId, std::optional<Number>, std::optional<Number>>;

  /// None when the node has no value within `limits`.
  std::optional<Rates> visit(NodeId id, const Interval& limits) {
    const Interval range = intersection(known[id], limits);
    if (range.is_empty()) return std::nullopt;
    const Key key{id, range.lower, range.upper};
    if (const auto found = known_rates.find(key); found != known_rates.end()) return found->second;
    auto result = rates(graph[id], range);
    if (result) {
      result->range = range;
      const Interval narrowed = intersection(result->multiple, multiple(id));
      if (!narrowed.is_empty()) result->multiple = narrowed;
      if (never_negative(range)) result->multiple = intersection(result->multiple, Interval::at_least(Number(0)));
      if (!moves(id)) result->derivative = result->scaled = kStill;
      // Where the node is at least a multiple of the base, the base is as bounded as the node.
      Interval of_base = known[base_node];
      if (result->multiple.lower && result->multiple.lower->sign() > 0 && range.upper)
        of_base = intersection(of_base, {std::nullopt, *range.upper / *result->multiple.lower});
      result->scaled = both(result->scaled, result->derivative * of_base);
    }
    known_rates.emplace(key, result);
    return result;
  }

  std::optional<Rates> rates(const Node& node, const Interval& range) {
    switch (node.op) {
      case Op::constant:
        return Rates{range, node.value.is_zero() ? kStill : Interval{}, kStill, kStill};
      case Op::input: {
        const auto grows = growth.sums.find(node.index);
        if (grows == growth.sums.end()) return Rates{range, {}, {}, {}};
        return Rates{range, {}, grows->second, grows->second * known[base_node]};
      }
      case Op::add:
        return sum(node, range);
      case Op::multiply:
        return product(node, range);
      case Op::divide:
        return quotient(node, range);
      case Op::minimum:
      case Op::maximum:
        return extreme(node, range);
      case Op::choose:
        return choice(node, range);
      case Op::curve:
        return curved(node, range);
      default:
        return Rates{range, {}, {}, {}};
    }
  }

  std::optional<Rates> sum(const Node& node, const Interval& range) {
    const auto a = visit(node.a, range - known[node.b]), b = visit(node.b, range - known[node.a]);
    if (!a || !b) return std::nullopt;
    return Rates{range, a->multiple + b->multiple, a->derivative + b->derivative, a->scaled + b->scaled};
  }

  static Interval both(const Interval& a, const Interval& b) {
    const Interval result = intersection(a, b);
    return result.is_empty() ? a : result;
  }

  std::optional<Rates> product(const Node& node, const Interval& range) {
    Interval limits;
    const bool constant = graph.is_constant(node.a);
    if (constant) limits = range / Interval::exactly(graph[node.a].value);
    const auto a = visit(node.a, {}), b = visit(node.b, limits);
    if (!a || !b) return std::nullopt;
    // da * b, where b may be a multiple of the base
    const Interval first = both(a->derivative * b->range, a->scaled * b->multiple);
    const Interval second = both(b->derivative * a->range, b->scaled * a->multiple);
    return Rates{range, both(a->multiple * b->range, b->multiple * a->range), first + second,
                 a->scaled * b->range + b->scaled * a->range};
  }

  /// d(a/b) = (da - (a/b) db) / b
  std::optional<Rates> quotient(const Node& node, const Interval& range) {
    const auto a = visit(node.a, {}), b = visit(node.b, {});
    if (!a || !b) return std::nullopt;
    if (!never_negative(b->range)) return Rates{range, {}, {}, {}};
    // base / b: b is at least a multiple of the base, or a is, and then it lies within the quotient.
    Interval share = Interval::at_least(Number(0));
    const auto narrow = [&](const Number& upper) { share = intersection(share, {std::nullopt, upper}); };
    if (b->multiple.lower && b->multiple.lower->sign() > 0) narrow(Number(1) / *b->multiple.lower);
    if (a->multiple.lower && a->multiple.lower->sign() > 0 && range.upper)
      narrow(value::max(Number(0), *range.upper) / *a->multiple.lower);
    const Interval top = a->derivative - range * b->derivative;
    Interval by_divisor = {};
    if (b->range.lower->sign() > 0) by_divisor = top / b->range;
    if (top == kStill) by_divisor = kStill;
    Rates result{range, {}, by_divisor, top * share};
    if (b->range.lower->sign() > 0)
      result.multiple = a->multiple / b->range;
    else if (a->multiple == kStill)
      result.multiple = kStill;
    return result;
  }

  std::optional<Rates> extreme(const Node& node, const Interval& range) {
    const bool least = node.op == Op::minimum;
    // The other operand can only be as large (small) as this one where this one is the result.
    const auto beside = [&](NodeId other) {
      return least ? Interval{std::nullopt, known[other].upper} : Interval{known[other].lower, std::nullopt};
    };
    const auto a = visit(node.a, intersection(range, beside(node.b)));
    const auto b = visit(node.b, intersection(range, beside(node.a)));
    if (!a || !b) return a ? a : b;
    const auto whole_a = visit(node.a, {}), whole_b = visit(node.b, {});
    const Interval multiple = !whole_a || !whole_b ? hull(a->multiple, b->multiple)
                              : least              ? minimum(whole_a->multiple, whole_b->multiple)
                                                   : maximum(whole_a->multiple, whole_b->multiple);
    return Rates{range, multiple, hull(a->derivative, b->derivative), hull(a->scaled, b->scaled)};
  }

  std::optional<Rates> choice(const Node& node, const Interval& range) {
    std::optional<Rates> result;
    const Interval& truth = known[node.a];
    const auto take = [&](NodeId branch) {
      const auto of = visit(branch, range);
      if (!of) return;
      if (!result) {
        result = of;
        return;
      }
      result->multiple = hull(result->multiple, of->multiple);
      result->derivative = hull(result->derivative, of->derivative);
      result->scaled = hull(result->scaled, of->scaled);
    };
    if (!truth.is_constant() || !truth.lower->is_zero()) take(node.b);
    if (!truth.is_constant() || truth.lower->is_zero()) take(node.c);
    return result;
  }

  std::optional<Rates> curved(const Node& node, const Interval& range) {
    const PiecewiseLine& line = graph.lines[node.index];
    const auto slopes = line.slopes();
    std::optional<Rates> result;
    for (std::size_t piece = 0; piece < slopes.size(); ++piece) {
      Interval part;
      if (piece > 0) part.lower = line.points[piece - 1].at;
      if (piece + 1 < slopes.size()) part.upper = line.points[piece].at;
      const auto of = visit(node.a, part);
      if (!of) continue;
      const Interval slope = Interval::exactly(slopes[piece]);
      const Interval derivative = slope * of->derivative, scaled = slope * of->scaled;
      if (!result) {
        result = Rates{range, {}, derivative, scaled};
        continue;
      }
      result->derivative = hull(result->derivative, derivative);
      result->scaled = hull(result->scaled, scaled);
    }
    if (const auto whole = visit(node.a, {}); result && whole && never_negative(whole->range))
      result->multiple = rays(line) * whole->multiple;
    return result;
  }

  /// Between which lines through the origin a curve lies for arguments that are not negative.
  static Interval rays(const PiecewiseLine& line) {
    const Number at_zero = line(Number(0));
    Interval result = Interval::exactly(line.slope_after);
    for (const auto& point : line.points) {
      if (point.at.sign() > 0) result = hull(result, Interval::exactly(point.value / point.at));
    }
    if (at_zero.is_zero()) {  // the slope right of it
      const auto slopes = line.slopes();
      std::size_t piece = 0;
      while (piece < line.points.size() && line.points[piece].at.sign() <= 0) ++piece;
      return hull(result, Interval::exactly(slopes[piece]));
    }
    (at_zero.sign() > 0 ? result.upper : result.lower).reset();
    return result;
  }

  const Graph& graph;
  const Growth& growth;
  const std::vector<Interval> known;
  std::vector<Interval> moved_by;
  std::set<NodeId> starts;  // what is 0 at most at the start of the way
  Linear base;
  NodeId base_node = kNoNode;
  std::map<Key, std::optional<Rates>> known_rates;
};

/// node / x, where node is a share of x that choices decide.
std::optional<Interval> share_of(const Graph& graph, NodeId id, NodeId x) {
  const Node& node = graph[id];
  if (id == x) return Interval::exactly(Number(1));
  if (node.op == Op::constant && node.value.is_zero()) return kStill;
  if (node.op == Op::choose) {
    const auto a = share_of(graph, node.b, x), b = share_of(graph, node.c, x);
    if (!a || !b) return std::nullopt;
    return hull(*a, *b);
  }
  if (node.op == Op::multiply && graph.is_constant(node.a)) {
    const auto of = share_of(graph, node.b, x);
    if (!of) return std::nullopt;
    return Interval::exactly(graph[node.a].value) * *of;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Growth> growth_in(const Graph& graph, const std::map<NodeId, NodeId>& moved,
                                const std::map<std::uint32_t, Interval>& by, NodeId x) {
  Growth result;
  for (const auto& [before, after] : moved) {
    const std::uint32_t index = graph[before].index;
    if (graph.inputs[index].kind != Input::Kind::total && graph.inputs[index].made != Input::Made::computed) {
      const auto known = by.find(index);
      result.others[index] = known == by.end() ? Interval{} : known->second;
      continue;
    }
    const Node& sum = graph[after];
    if (sum.op != Op::add || (sum.a != before && sum.b != before)) return std::nullopt;
    const auto share = share_of(graph, sum.a == before ? sum.b : sum.a, x);
    if (!share) return std::nullopt;
    result.sums[index] = *share;
  }
  return result;
}

std::optional<Interval> rate_of_change(const Graph& graph, NodeId root, const Growth& growth) {
  return Walk(graph, growth).rate(root);
}

Number least_multiple(const Graph& graph, NodeId node, NodeId x) {
  Linear of = linear(graph, node);
  const auto own = of.terms.find(x);
  if (own == of.terms.end() || own->second.sign() <= 0) return Number(0);
  const Number factor = own->second;
  of.terms.erase(own);
  return not_negative(graph, intervals(graph), of) ? factor : Number(0);
}

}  // namespace kpi::prove
