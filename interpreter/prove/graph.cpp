#include <algorithm>
#include <cassert>

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

namespace {
constexpr std::size_t kMaximumLeaves = 64;
}

bool is_truth(Op op) { return op >= Op::truth; }

Number PiecewiseLine::operator()(const Number& at) const {
  if (at <= points.front().at) return points.front().value + slope_before * (at - points.front().at);
  if (at >= points.back().at) return points.back().value + slope_after * (at - points.back().at);
  const auto right = std::upper_bound(points.begin(), points.end(), at,
                                      [](const Number& x, const Point& point) { return x < point.at; });
  const auto left = std::prev(right);
  if (!inner.empty()) return left->value + inner[static_cast<std::size_t>(left - points.begin())] * (at - left->at);
  return left->value + (right->value - left->value) * (at - left->at) / (right->at - left->at);
}

std::vector<Number> PiecewiseLine::slopes() const {
  std::vector<Number> result{slope_before};
  for (std::size_t i = 1; i < points.size(); ++i) {
    result.push_back((points[i].value - points[i - 1].value) / (points[i].at - points[i - 1].at));
  }
  result.push_back(slope_after);
  return result;
}

std::size_t Graph::KeyHash::operator()(const Key& key) const {
  std::size_t hash = static_cast<std::size_t>(key.op) * 31 + static_cast<std::size_t>(key.mode);
  for (const std::size_t part :
       {static_cast<std::size_t>(key.a), static_cast<std::size_t>(key.b), static_cast<std::size_t>(key.c),
        static_cast<std::size_t>(key.index), key.value.hash()}) {
    hash = hash * 1'000'003 + part;
  }
  return hash;
}

NodeId Graph::make(Node node) {
  const Key key{node.op, node.mode, node.a, node.b, node.c, node.index, node.value};
  const auto [place, added] = known_.try_emplace(key, static_cast<NodeId>(nodes.size()));
  if (added) {
    nodes.push_back(std::move(node));
    spans.emplace_back();
  }
  return place->second;
}

void Graph::fact(NodeId holds) {
  facts.push_back(holds);
  if (nodes[holds].op != Op::negate || nodes[nodes[holds].a].op != Op::less) return;
  // not (right < left): left <= right
  const auto part = [&](NodeId id) {
    const Node& node = nodes[id];
    const bool multiple = node.op == Op::multiply && nodes[node.a].op == Op::constant;
    return multiple ? std::pair(nodes[node.a].value, node.b) : std::pair(Number(1), id);
  };
  const auto [most, whole] = part(nodes[nodes[holds].a].a);
  const auto [least, inner] = part(nodes[nodes[holds].a].b);
  if (inner == whole || most.sign() <= 0 || least.sign() <= 0) return;
  const Number factor = most / least;  // least * inner <= most * whole
  std::optional<Number>& upper = ratios_[{inner, whole}].most;
  if (!upper || factor < *upper) upper = factor;
  std::optional<Number>& lower = ratios_[{whole, inner}].least;
  const Number inverse = least / most;
  if (!lower || *lower < inverse) lower = inverse;
}

Graph::Ratio Graph::ratio(NodeId a, NodeId b) const {
  const auto found = ratios_.find({a, b});
  return found == ratios_.end() ? Ratio{} : found->second;
}

NodeId Graph::constant(const Number& value) {
  Node node;
  node.value = value;
  return make(std::move(node));
}

NodeId Graph::truth(bool value) {
  Node node;
  node.op = Op::truth;
  node.value = Number(value ? 1 : 0);
  return make(std::move(node));
}

NodeId Graph::input(const Input& wanted) {
  const auto known = inputs_by_key_.find(wanted.key);
  if (known != inputs_by_key_.end()) return known->second;
  Node node;
  node.op = Op::input;
  node.index = static_cast<std::uint32_t>(inputs.size());
  inputs.push_back(wanted);
  const NodeId id = make(std::move(node));
  inputs_by_key_.emplace(wanted.key, id);
  spans[id] = wanted.span;
  return id;
}

NodeId Graph::add(NodeId a, NodeId b) {
  if (a > b) std::swap(a, b);
  const Node& left = nodes[a];
  const Node& right = nodes[b];
  if (left.op == Op::constant && right.op == Op::constant) return constant(left.value + right.value);
  if (left.op == Op::constant && left.value.is_zero()) return b;
  if (right.op == Op::constant && right.value.is_zero()) return a;
  // x + (-1) * x
  const auto is_negative_of = [&](const Node& node, NodeId other) {
    return node.op == Op::multiply && nodes[node.a].op == Op::constant && nodes[node.a].value == Number(-1) &&
           node.b == other;
  };
  if (is_negative_of(right, a) || is_negative_of(left, b)) return constant(Number(0));
  // Weights by phase: the sum of choices between constants is one.
  const auto between_constants = [&](const Node& node) {
    return node.op == Op::choose && is_constant(node.b) && is_constant(node.c);
  };
  if (between_constants(left) && between_constants(right) && left.a == right.a) {
    const NodeId condition = left.a, else_a = left.c, else_b = right.c;
    const NodeId then_value = add(left.b, right.b);
    return choose(condition, then_value, add(else_a, else_b));
  }
  Node node;
  node.op = Op::add;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

bool Graph::has_constant_leaves(NodeId id, std::size_t& leaves) const {
  const Node& node = nodes[id];
  if (node.op == Op::constant) return ++leaves <= kMaximumLeaves;
  return node.op == Op::choose && has_constant_leaves(node.b, leaves) && has_constant_leaves(node.c, leaves);
}

NodeId Graph::scale_leaves(NodeId tree, NodeId factor) {
  const Node node = nodes[tree];
  if (node.op == Op::constant) return multiply(tree, factor);
  const NodeId then_value = scale_leaves(node.b, factor);
  return choose(node.a, then_value, scale_leaves(node.c, factor));
}

NodeId Graph::multiply(NodeId a, NodeId b) {
  if (nodes[b].op == Op::constant || (nodes[a].op != Op::constant && a > b)) std::swap(a, b);
  const Node& left = nodes[a];
  const Node& right = nodes[b];
  if (left.op == Op::constant) {
    if (right.op == Op::constant) return constant(left.value * right.value);
    if (left.value.is_zero()) return a;
    if (left.value == Number(1)) return b;
    if (right.op == Op::multiply && nodes[right.a].op == Op::constant) {
      const Number factor = left.value * nodes[right.a].value;
      const NodeId rest = right.b;
      return multiply(constant(factor), rest);
    }
    std::size_t leaves = 0;
    if (right.op == Op::choose && has_constant_leaves(b, leaves)) return scale_leaves(b, a);
  } else {
    // A choice between constants times something is a choice between multiples: linear in each case.
    std::size_t leaves = 0;
    if (left.op == Op::choose && has_constant_leaves(a, leaves)) return scale_leaves(a, b);
    leaves = 0;
    if (right.op == Op::choose && has_constant_leaves(b, leaves)) return scale_leaves(b, a);
  }
  Node node;
  node.op = Op::multiply;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::divide(NodeId a, NodeId b) {
  if (nodes[b].op == Op::constant) {
    return nodes[b].value.is_zero() ? constant(Number(0)) : multiply(constant(Number(1) / nodes[b].value), a);
  }
  if (nodes[a].op == Op::constant && nodes[a].value.is_zero()) return a;
  if (std::size_t leaves = 0; nodes[b].op == Op::choose && has_constant_leaves(b, leaves)) {
    const NodeId condition = nodes[b].a, second = nodes[b].c;
    const NodeId then_value = divide(a, nodes[b].b);
    return choose(condition, then_value, divide(a, second));
  }
  // (c * x) / y = c * (x / y), so that one quotient serves.
  if (nodes[a].op == Op::multiply && nodes[nodes[a].a].op == Op::constant) {
    const NodeId factor = nodes[a].a, rest = nodes[a].b;
    return multiply(factor, divide(rest, b));
  }
  Node node;
  node.op = Op::divide;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::minimum(NodeId a, NodeId b) {
  if (a == b) return a;
  if (a > b) std::swap(a, b);
  if (is_constant(a) && is_constant(b)) return nodes[a].value <= nodes[b].value ? a : b;
  Node node;
  node.op = Op::minimum;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::maximum(NodeId a, NodeId b) {
  if (a == b) return a;
  if (a > b) std::swap(a, b);
  if (is_constant(a) && is_constant(b)) return nodes[a].value >= nodes[b].value ? a : b;
  Node node;
  node.op = Op::maximum;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::choose(NodeId condition, NodeId then_value, NodeId else_value) {
  if (is_true(condition) || then_value == else_value) return then_value;
  if (is_false(condition)) return else_value;
  if (nodes[condition].op == Op::negate) return choose(nodes[condition].a, else_value, then_value);
  // Inside a branch the outcome is known.
  const auto inside = [&](NodeId branch, bool outcome) {
    while (nodes[branch].op == Op::choose && nodes[branch].a == condition)
      branch = outcome ? nodes[branch].b : nodes[branch].c;
    return branch;
  };
  then_value = inside(then_value, true);
  else_value = inside(else_value, false);
  if (then_value == else_value) return then_value;
  Node node;
  node.op = Op::choose;
  node.a = condition;
  node.b = then_value;
  node.c = else_value;
  return make(std::move(node));
}

NodeId Graph::curve(const PiecewiseLine& line, NodeId at) {
  assert(!line.points.empty());
  if (is_constant(at)) return constant(line(nodes[at].value));
  const auto same = [&](const PiecewiseLine& known) {
    if (known.points.size() != line.points.size() || known.slope_before != line.slope_before ||
        known.slope_after != line.slope_after)
      return false;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      if (known.points[i].at != line.points[i].at || known.points[i].value != line.points[i].value) return false;
    }
    return true;
  };
  auto found = std::find_if(lines.begin(), lines.end(), same);
  if (found == lines.end()) {
    found = lines.insert(lines.end(), line);
    const auto slopes = line.slopes();
    found->inner.assign(slopes.begin() + 1, slopes.end() - 1);
  }
  Node node;
  node.op = Op::curve;
  node.a = at;
  node.index = static_cast<std::uint32_t>(found - lines.begin());
  return make(std::move(node));
}

NodeId Graph::round(NodeId a, const Number& unit, value::Rounding mode) {
  if (is_constant(a)) return constant(nodes[a].value.round_to(unit, mode));
  Node node;
  node.op = Op::round;
  node.a = a;
  node.value = unit;
  node.mode = mode;
  return make(std::move(node));
}

NodeId Graph::less(NodeId a, NodeId b) {
  if (a == b) return truth(false);
  if (is_constant(a) && is_constant(b)) return truth(nodes[a].value < nodes[b].value);
  Node node;
  node.op = Op::less;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::less_equal(NodeId a, NodeId b) {
  if (a == b) return truth(true);
  if (is_constant(a) && is_constant(b)) return truth(nodes[a].value <= nodes[b].value);
  return negate(less(b, a));  // one atom for a threshold, whichever side it is asked from
}

NodeId Graph::equal(NodeId a, NodeId b) {
  if (a == b) return truth(true);
  if (is_constant(a) && is_constant(b)) return truth(nodes[a].value == nodes[b].value);
  if (a > b) std::swap(a, b);
  Node node;
  node.op = Op::equal;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

/// With `either` inside: `x and (x or y)` is x, `x and (x and y)` is the second. With `both` inside, the same for `or`.
std::optional<NodeId> Graph::absorbed(NodeId a, NodeId b, Op inner) const {
  const Op outer = inner == Op::either ? Op::both : Op::either;
  for (const auto& [whole, part] : {std::pair(a, b), std::pair(b, a)}) {
    const Node& node = nodes[part];
    if (node.a != whole && node.b != whole) continue;
    if (node.op == inner) return whole;
    if (node.op == outer) return part;
  }
  return std::nullopt;
}

NodeId Graph::both(NodeId a, NodeId b) {
  if (a == b || is_true(b) || is_false(a)) return a;
  if (is_true(a) || is_false(b)) return b;
  if ((nodes[a].op == Op::negate && nodes[a].a == b) || (nodes[b].op == Op::negate && nodes[b].a == a))
    return truth(false);
  if (const auto known = absorbed(a, b, Op::either)) return *known;
  if (a > b) std::swap(a, b);
  Node node;
  node.op = Op::both;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::either(NodeId a, NodeId b) {
  if (a == b || is_false(b) || is_true(a)) return a;
  if (is_false(a) || is_true(b)) return b;
  if ((nodes[a].op == Op::negate && nodes[a].a == b) || (nodes[b].op == Op::negate && nodes[b].a == a))
    return truth(true);
  if (const auto known = absorbed(a, b, Op::both)) return *known;
  // Whether a choice has a value: `x and c or x and not c` is x.
  if (nodes[a].op == Op::both && nodes[b].op == Op::both) {
    const auto opposite = [&](NodeId x, NodeId y) {
      return (nodes[x].op == Op::negate && nodes[x].a == y) || (nodes[y].op == Op::negate && nodes[y].a == x);
    };
    const Node &left = nodes[a], &right = nodes[b];
    for (const auto& [x, c] : {std::pair(left.a, left.b), std::pair(left.b, left.a)}) {
      if ((x == right.a && opposite(c, right.b)) || (x == right.b && opposite(c, right.a))) return x;
    }
  }
  if (a > b) std::swap(a, b);
  Node node;
  node.op = Op::either;
  node.a = a;
  node.b = b;
  return make(std::move(node));
}

NodeId Graph::negate(NodeId a) {
  if (is_true(a) || is_false(a)) return truth(is_false(a));
  if (nodes[a].op == Op::negate) return nodes[a].a;
  Node node;
  node.op = Op::negate;
  node.a = a;
  return make(std::move(node));
}

NodeId Graph::at(NodeId id, Span span) {
  if (!has_span(id)) spans[id] = span;
  return id;
}

NodeId Graph::substitute(NodeId root, const std::map<NodeId, NodeId>& replacements) {
  const std::vector<NodeId> nodes_below = cone({root});
  std::unordered_map<NodeId, NodeId> changed;
  const auto now = [&](NodeId id) {
    const auto found = changed.find(id);
    return found == changed.end() ? id : found->second;
  };
  for (const NodeId id : nodes_below) {
    if (const auto found = replacements.find(id); found != replacements.end()) {
      if (found->second != id) changed[id] = found->second;
      continue;
    }
    const Node node = nodes[id];
    const NodeId a = node.a == kNoNode ? kNoNode : now(node.a), b = node.b == kNoNode ? kNoNode : now(node.b),
                 c = node.c == kNoNode ? kNoNode : now(node.c);
    if (a == node.a && b == node.b && c == node.c) continue;
    NodeId result = id;
    switch (node.op) {
      case Op::constant:
      case Op::input:
      case Op::truth:
        break;
      case Op::add:
        result = add(a, b);
        break;
      case Op::multiply:
        result = multiply(a, b);
        break;
      case Op::divide:
        result = divide(a, b);
        break;
      case Op::minimum:
        result = minimum(a, b);
        break;
      case Op::maximum:
        result = maximum(a, b);
        break;
      case Op::choose:
        result = choose(a, b, c);
        break;
      case Op::curve:
        result = curve(PiecewiseLine(lines[node.index]), a);
        break;
      case Op::round:
        result = round(a, node.value, node.mode);
        break;
      case Op::less:
        result = less(a, b);
        break;
      case Op::less_equal:
        result = less_equal(a, b);
        break;
      case Op::equal:
        result = equal(a, b);
        break;
      case Op::both:
        result = both(a, b);
        break;
      case Op::either:
        result = either(a, b);
        break;
      case Op::negate:
        result = negate(a);
        break;
    }
    if (has_span(id)) at(result, spans[id]);
    if (result != id) changed[id] = result;
  }
  return now(root);
}

std::vector<NodeId> Graph::cone(const std::vector<NodeId>& roots) const {
  std::vector<bool> seen(nodes.size());
  std::vector<NodeId> stack;
  const auto visit = [&](NodeId id) {
    if (id == kNoNode || seen[id]) return;
    seen[id] = true;
    stack.push_back(id);
  };
  for (const NodeId root : roots) visit(root);
  while (!stack.empty()) {
    const Node& node = nodes[stack.back()];
    stack.pop_back();
    visit(node.a);
    visit(node.b);
    visit(node.c);
  }
  std::vector<NodeId> result;
  for (NodeId id = 0; id < nodes.size(); ++id) {
    if (seen[id]) result.push_back(id);
  }
  return result;
}

std::vector<std::uint32_t> Graph::inputs_of(NodeId root) const {
  std::vector<std::uint32_t> result;
  for (const NodeId id : cone({root})) {
    if (nodes[id].op == Op::input) result.push_back(nodes[id].index);
  }
  return result;
}

Number Graph::value_of(const Node& node, const std::vector<Number>& in, const std::vector<Number>& values) const {
  const auto truth_of = [&](NodeId id) { return !values[id].is_zero(); };
  const auto truth_value = [](bool holds) { return Number(holds ? 1 : 0); };
  switch (node.op) {
    case Op::constant:
    case Op::truth:
      return node.value;
    case Op::input:
      return in[node.index];
    case Op::add:
      return values[node.a] + values[node.b];
    case Op::multiply:
      return values[node.a] * values[node.b];
    case Op::divide:
      return values[node.b].is_zero() ? Number(0) : values[node.a] / values[node.b];
    case Op::minimum:
      return value::min(values[node.a], values[node.b]);
    case Op::maximum:
      return value::max(values[node.a], values[node.b]);
    case Op::choose:
      return truth_of(node.a) ? values[node.b] : values[node.c];
    case Op::curve:
      return lines[node.index](values[node.a]);
    case Op::round:
      return values[node.a].round_to(node.value, node.mode);
    case Op::less:
      return truth_value(values[node.a] < values[node.b]);
    case Op::less_equal:
      return truth_value(values[node.a] <= values[node.b]);
    case Op::equal:
      return truth_value(values[node.a] == values[node.b]);
    case Op::both:
      return truth_value(truth_of(node.a) && truth_of(node.b));
    case Op::either:
      return truth_value(truth_of(node.a) || truth_of(node.b));
    case Op::negate:
      return truth_value(!truth_of(node.a));
  }
  return {};
}

void Graph::evaluate(const std::vector<NodeId>& cone, const std::vector<Number>& in,
                     std::vector<Number>& values) const {
  values.resize(nodes.size());
  for (const NodeId id : cone) values[id] = value_of(nodes[id], in, values);
}

}  // namespace kpi::prove
