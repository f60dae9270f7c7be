#include "interpreter/prove/shape.hpp"

#include <algorithm>
#include <set>

#include "interpreter/model/dump.hpp"
#include "interpreter/prove/attack.hpp"

namespace kpi::prove {
namespace {

EntityId entity_of(const model::Policy& policy, const Target& target) {
  if (target.alert.valid()) return policy.alerts[target.alert.index].entity;
  return target.payout.valid() ? policy.payouts[target.payout.index].entity
                               : policy.scorecards[target.scorecard.index].entity;
}

value::Period period_of(const model::Policy& policy, const Target& target) {
  if (target.alert.valid()) {
    // Late enough for the streak.
    const model::Alert& alert = policy.alerts[target.alert.index];
    const value::Period first = analysed_period(policy, alert.every), later = first.shift(alert.streak);
    const bool inside = !policy.header.effective_to || later.end().days <= policy.header.effective_to->days + 1;
    return inside ? later : first;
  }
  return analysed_period(policy, target.payout.valid() ? policy.payouts[target.payout.index].every
                                                       : policy.scorecards[target.scorecard.index].every);
}

}  // namespace

Shape::Shape(const model::Policy& policy_, Target target_, bool cut_metrics)
    : policy(policy_),
      target(target_),
      period(period_of(policy_, target_)),
      builder(policy_, graph, entity_of(policy_, target_), period, cut_metrics) {
  if (target.alert.valid())
    pay = builder.alert(target.alert);
  else
    pay = target.payout.valid() ? builder.payout(target.payout) : builder.scorecard(target.scorecard);
}

value::Unit Shape::unit() const {
  return target.payout.valid() ? value::Unit::of(policy.payouts[target.payout.index].currency) : value::Unit{};
}

std::string Shape::name_of(NodeId node) const {
  if (const auto known = graph.names.find(node); known != graph.names.end()) return known->second;
  const Node& at = graph[node];
  if (at.op == Op::input) return graph.inputs[at.index].name;
  if (at.op == Op::multiply && graph.is_constant(at.a)) return name_of(at.b);
  // `m default 0`
  if (at.op == Op::choose && graph.is_constant(at.c) && graph.names.contains(at.b)) return name_of(at.b);
  std::string result;
  std::set<std::string> seen;
  // The metrics and inputs it is made of, from the outside in.
  std::vector<NodeId> open{node};
  while (!open.empty() && seen.size() < 4) {
    const NodeId id = open.back();
    open.pop_back();
    const auto named = graph.names.find(id);
    const bool leaf = named != graph.names.end() || graph[id].op == Op::input;
    if (leaf) {
      const std::string name = named != graph.names.end() ? named->second : graph.inputs[graph[id].index].name;
      if (seen.insert(name).second) result += (result.empty() ? "" : ", ") + name;
      continue;
    }
    for (const NodeId operand : {graph[id].c, graph[id].b, graph[id].a}) {
      if (operand != kNoNode) open.push_back(operand);
    }
  }
  return result;
}

std::string Shape::place_of(NodeId quantity, const Number& at) const {
  const auto day = [](const Number& days) {
    return days.is_integer() ? value::Date{static_cast<std::int32_t>(days.to_int64().value_or(0))}.to_string() : "";
  };
  const auto is_date = [&](NodeId node) {
    return graph[node].op == Op::input && graph.inputs[graph[node].index].kind == Input::Kind::date;
  };
  const Node& node = graph[quantity];
  if (is_date(quantity)) return day(at);
  if (node.op == Op::input && graph.inputs[node.index].kind == Input::Kind::category) {
    const auto& members = graph.inputs[node.index].members;
    const auto member = static_cast<std::size_t>(at.to_int64().value_or(0));
    return member < members.size() ? value::to_string(members[member]) : "";
  }
  // An age: days up to the start of the period.
  if (node.op == Op::add && graph.is_constant(node.a) && graph[node.b].op == Op::multiply &&
      graph.is_constant(graph[node.b].a) && graph[graph[node.b].a].value == Number(-1) && is_date(graph[node.b].b)) {
    return day(graph[node.a].value - at);
  }
  return {};
}

std::vector<Shape::Threshold> Shape::thresholds_of(NodeId root) {
  std::vector<Threshold> result;
  const std::set<NodeId> definitions(graph.definitions.begin(), graph.definitions.end());
  std::set<NodeId> of_samples;
  for (const NodeId id : graph.cone(graph.samples)) of_samples.insert(id);
  for (const NodeId id : graph.cone({root})) {
    const Node node = graph[id];
    if ((node.op != Op::less && node.op != Op::equal) || definitions.contains(id)) continue;
    Threshold threshold{id, node.a, node.b, Jump::Kind::performance, {}, std::nullopt, {}, {}, graph.spans[id], true};
    const bool left_constant = graph.is_constant(node.a), right_constant = graph.is_constant(node.b);
    NodeId quantity = left_constant ? node.b : node.a;
    if (left_constant || right_constant) threshold.at = graph[left_constant ? node.a : node.b].value;
    threshold.true_is_below = node.op == Op::equal || !left_constant;
    // A multiple of something named: the threshold in its own terms.
    if (threshold.at && graph[quantity].op == Op::multiply && graph.is_constant(graph[quantity].a) &&
        !graph.names.contains(quantity)) {
      const Number factor = graph[graph[quantity].a].value;
      threshold.at = *threshold.at / factor;
      if (factor.sign() < 0) threshold.true_is_below = !threshold.true_is_below;
      quantity = graph[quantity].b;
    }
    threshold.quantity = name_of(quantity);
    if (threshold.at) threshold.place = place_of(quantity, *threshold.at);
    if (const auto unit = graph.units.find(quantity); unit != graph.units.end())
      threshold.unit = unit->second;
    else if (graph[quantity].op == Op::input)
      threshold.unit = graph.inputs[graph[quantity].index].unit;
    const auto inputs = graph.inputs_of(id);
    const bool of_entity = std::all_of(inputs.begin(), inputs.end(), [&](std::uint32_t index) {
      const auto kind = graph.inputs[index].kind;
      return kind == Input::Kind::date || kind == Input::Kind::category || kind == Input::Kind::field ||
             kind == Input::Kind::days || kind == Input::Kind::rate;
    });
    if (of_entity) threshold.kind = Jump::Kind::entity;
    if (of_samples.contains(id)) threshold.kind = Jump::Kind::sample;
    result.push_back(std::move(threshold));
  }
  return result;
}

std::pair<NodeId, NodeId> Shape::decided(NodeId atom) {
  return {graph.substitute(value(), {{atom, graph.truth(true)}}),
          graph.substitute(value(), {{atom, graph.truth(false)}})};
}

std::optional<Jump> Shape::jump(const Threshold& threshold, const Effort& effort, bool& complete,
                                std::optional<State>* state) {
  const auto [when_true, when_false] = decided(threshold.atom);
  if (when_true == when_false) return std::nullopt;
  Change change;
  change.forced[threshold.atom] = {false, true};
  const bool left_constant = graph.is_constant(threshold.left);
  if (left_constant || graph.is_constant(threshold.right)) {
    const NodeId quantity = left_constant ? threshold.right : threshold.left;
    change.known[quantity] = Interval::exactly(graph[left_constant ? threshold.left : threshold.right].value);
  }
  const Interval bound = deltas(graph, change).delta[value()];
  if (bound == Interval::exactly(Number(0))) return std::nullopt;
  const NodeId difference = graph.subtract(when_true, when_false);
  Problem problem;
  problem.objective = graph.maximum(difference, graph.multiply(graph.constant(Number(-1)), difference));
  problem.boundary = std::pair(threshold.left, threshold.right);
  problem.settles = effort.quick;
  problem.require.push_back(graph.less(graph.constant(Number(0)), problem.objective));
  const bool finite = bound.lower && bound.upper;
  if (finite) problem.most = value::max(bound.lower->abs(), bound.upper->abs());
  Search search(graph, problem, anchor(), effort.seed);
  auto found = search.run(effort.evaluations);
  if (!found) {
    // Most states have no pay on either side; one with as much as there is has a jump, if any has.
    Problem high;
    high.objective = graph.maximum(when_true, when_false);
    // A better score is the way there where there is no pay at all.
    if (pay.score.value != kNoNode)
      high.objective =
          graph.add(high.objective, graph.multiply(graph.constant(Number::power_of_ten(-6)), pay.score.value));
    high.boundary = problem.boundary;
    Search paid(graph, high, anchor(), effort.seed);
    const auto best = paid.run(effort.evaluations);
    if (best && best->objective.sign() > 0) {
      Search again(graph, problem, anchor(), effort.seed);
      found = again.run(effort.evaluations, {best->inputs});
    }
  }
  if (!found) {
    complete = false;
    return std::nullopt;
  }
  Jump jump;
  const auto cone = graph.cone({when_true, when_false});
  std::vector<Number> values;
  graph.evaluate(cone, found->inputs, values);
  jump.size = found->objective;
  jump.below = value::min(values[when_true], values[when_false]);
  jump.above = value::max(values[when_true], values[when_false]);
  if (!jump.below.is_zero()) jump.relative = jump.size / jump.below.abs();
  if (finite) jump.exact = jump.size == *problem.most;
  if (!finite && !effort.quick) {
    // Larger inputs, larger jump: without limit as far as larger inputs go.
    Problem larger = problem;
    larger.most.reset();
    larger.largest_total = problem.largest_total * Number(1'000);
    larger.largest_rows = problem.largest_rows * Number(1'000);
    larger.enough = jump.size * Number(20);
    Search wider(graph, larger, anchor(), effort.seed);
    const auto more = wider.run(effort.evaluations);
    jump.unbounded = more && more->objective > *larger.enough;
  }
  jump.kind = threshold.kind;
  jump.quantity = threshold.quantity;
  jump.threshold = threshold.at;
  jump.unit = threshold.unit;
  jump.span = threshold.span;
  if (state != nullptr) *state = found;
  return jump;
}

/// Steps by rounding in a formula: where a rounded number goes from one multiple to the next.
std::vector<Shape::Step> Shape::rounding_steps(const Number& tolerance, const Effort& effort, bool& complete) {
  std::vector<Step> result;
  std::vector<NodeId> rounded;
  for (const NodeId id : graph.cone({value()})) {
    if (graph[id].op == Op::round) rounded.push_back(id);
  }
  for (const NodeId id : rounded) {
    const Node node = graph[id];
    Change change;
    change.nodes[id] = {Number(0), node.value};
    const Interval bound = deltas(graph, change).delta[value()];
    if (bound.lower && bound.upper && bound.lower->abs() <= tolerance && bound.upper->abs() <= tolerance) continue;
    const NodeId next = graph.substitute(value(), {{id, graph.add(id, graph.constant(node.value))}});
    const auto distance = [&](NodeId a, NodeId b) {
      const NodeId apart = graph.subtract(a, b);
      return graph.maximum(apart, graph.multiply(graph.constant(Number(-1)), apart));
    };
    Problem anywhere;
    anywhere.objective = distance(next, value());
    Search search(graph, anywhere, anchor(), effort.seed);
    const auto place = search.run(effort.evaluations);
    if (!place || place->objective <= tolerance) {
      complete = false;
      continue;
    }
    std::vector<Number> values;
    graph.evaluate(graph.cone({id}), place->inputs, values);
    // From this multiple to the next; where the mode decides it.
    const Number found_at = values[id];
    std::optional<State> found;
    NodeId below = kNoNode, above = kNoNode;
    Number at;
    // The first step tells the story best.
    for (const Number& low : {Number(0), found_at}) {
      const Number high = low + node.value;
      const bool up = node.mode == value::Rounding::ceiling || (node.mode == value::Rounding::up && low.sign() >= 0) ||
                      (node.mode == value::Rounding::down && low.sign() < 0);
      const bool down =
          node.mode == value::Rounding::floor || node.mode == value::Rounding::up || node.mode == value::Rounding::down;
      at = up ? low : down ? high : (low + high) / Number(2);
      below = graph.substitute(value(), {{id, graph.constant(low)}});
      above = graph.substitute(value(), {{id, graph.constant(high)}});
      Problem beside;
      beside.objective = distance(above, below);
      beside.boundary = std::pair(node.a, graph.constant(at));
      Search exact(graph, beside, anchor(), effort.seed);
      found = exact.run(effort.evaluations);
      if (found && found->objective > tolerance) break;
      found.reset();
    }
    if (!found) {
      complete = false;
      continue;
    }
    Step step;
    step.place = *found;
    step.threshold.left = node.a;
    step.threshold.right = graph.constant(at);
    step.threshold.atom = graph.less(step.threshold.left, step.threshold.right);
    NodeId quantity = node.a;
    step.threshold.at = at;
    // A multiple of something named: the place in its own terms.
    if (graph[quantity].op == Op::multiply && graph.is_constant(graph[quantity].a) && !graph.names.contains(quantity)) {
      step.threshold.at = at / graph[graph[quantity].a].value;
      quantity = graph[quantity].b;
    }
    step.threshold.quantity = name_of(quantity);
    step.threshold.span = graph.spans[id];
    if (const auto unit = graph.units.find(quantity); unit != graph.units.end()) step.threshold.unit = unit->second;
    graph.evaluate(graph.cone({above, below}), found->inputs, values);
    step.jump.size = found->objective;
    step.jump.below = value::min(values[above], values[below]);
    step.jump.above = value::max(values[above], values[below]);
    if (!step.jump.below.is_zero()) step.jump.relative = step.jump.size / step.jump.below.abs();
    step.jump.unbounded = !bound.lower || !bound.upper;
    step.jump.quantity = step.threshold.quantity;
    step.jump.threshold = step.threshold.at;
    step.jump.unit = step.threshold.unit;
    step.jump.span = step.threshold.span;
    result.push_back(std::move(step));
  }
  return result;
}

std::vector<std::uint32_t> Shape::places_among_others() const {
  std::vector<std::uint32_t> result;
  for (const std::uint32_t index : graph.inputs_of(value())) {
    if (graph.inputs[index].measure != kNoNode) result.push_back(index);
  }
  return result;
}

std::vector<model::EventsId> Shape::order_events() const {
  std::set<model::EventsId> found;
  for (const std::uint32_t index : graph.inputs_of(value())) {
    const Input& input = graph.inputs[index];
    for (const std::uint32_t read : input.reads.events) {
      if (policy.events[read].role == "orders") found.insert(model::EventsId{read});
    }
    if (input.kind != Input::Kind::rows && input.kind != Input::Kind::total) continue;
    const Group& group = graph.groups[input.group];
    if (group.source.is_events() && policy.events[group.source.index].role == "orders")
      found.insert(group.source.events());
  }
  return {found.begin(), found.end()};
}

Shape::Addition Shape::add_rows(model::EventsId events, std::int64_t least, std::int64_t most,
                                const std::string& prefix) {
  Addition result;
  const auto parameter = [&](const std::string& name, Interval range, std::optional<Number> grain, value::Unit unit) {
    Input input;
    input.kind = Input::Kind::parameter;
    input.key = prefix + name;
    input.name = name;
    input.range = range;
    input.grain = grain;
    input.unit = unit;
    const NodeId node = graph.input(input);
    const std::uint32_t index = graph[node].index;
    if (std::find(result.parameters.begin(), result.parameters.end(), index) == result.parameters.end()) {
      result.parameters.push_back(index);
    }
    return node;
  };
  const NodeId zero = graph.constant(Number(0));
  result.count = parameter("count", {Number(least), Number(most)}, Number(1), {});
  const std::size_t known = graph.inputs.size();
  for (std::uint32_t index = 0; index < known; ++index) {
    const Input input = graph.inputs[index];
    if ((input.kind != Input::Kind::rows && input.kind != Input::Kind::total) || input.history || input.offset != 0)
      continue;
    const Group group = graph.groups[input.group];
    if (!(group.source == model::SourceRef::of(events))) continue;
    NodeId added = result.count;
    if (input.kind == Input::Kind::total) {
      if (input.optional || !input.path.field.valid()) continue;  // left out by who adds the row
      const std::string text = model::path_text(policy, group.source, input.path);
      const Interval row = input.per_row;
      auto place = result.totals.find(text);
      if (place == result.totals.end()) {
        const NodeId total = parameter(text, input.range, input.grain, input.unit);
        if (row.lower)
          result.require.push_back(graph.less_equal(graph.multiply(graph.constant(*row.lower), result.count), total));
        if (row.upper)
          result.require.push_back(graph.less_equal(total, graph.multiply(graph.constant(*row.upper), result.count)));
        place = result.totals.emplace(text, total).first;
      }
      added = place->second;
    }
    if (!group.filter_text.empty()) {
      const NodeId passes = graph.equal(parameter("where " + group.filter_text, {Number(0), Number(1)}, Number(1), {}),
                                        graph.constant(Number(1)));
      added = graph.choose(passes, added, zero);
    }
    const NodeId before = graph.input(input);
    result.after[before] = graph.add(before, added);
  }
  const Edit edit{events.index, std::nullopt, 0, result.count};
  for (std::uint32_t index = 0; index < known; ++index) {
    if (!is_touched(graph.inputs[index], edit)) continue;
    const Edited made = edited(graph, index, edit, parameter);
    const NodeId before = graph.input(Input(graph.inputs[index]));
    result.after[before] = made.after;
    result.moved[before] = made.moved;
    result.require.insert(result.require.end(), made.require.begin(), made.require.end());
  }
  for (const auto& [before, moved] : result.moved)
    follow_measure(graph, graph.inputs[graph[before].index], result.after.at(before), result.after, result.require);
  return result;
}

}  // namespace kpi::prove
