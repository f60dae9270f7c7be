// What a witness tells besides its rows: what each period pays, and the line of the policy that makes the difference.
#include <algorithm>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

namespace {

/// The inputs after the change.
std::vector<Number> moved_inputs(const Graph& graph, const std::map<NodeId, NodeId>& moved,
                                 const std::vector<Number>& inputs) {
  std::vector<NodeId> roots;
  for (const auto& [from, to] : moved) roots.push_back(to);
  std::vector<Number> values, result = inputs;
  graph.evaluate(graph.cone(roots), inputs, values);
  for (const auto& [from, to] : moved) result[graph[from].index] = values[to];
  return result;
}

}  // namespace

/// An attack over two periods: what moved in the earlier one, what each of them pays, what it costs.
void Decider::account_for_periods(Witness& witness, const Query& query, const State& state) {
  Graph& graph = shape_.graph;
  std::vector<Number> inputs = state.inputs;
  inputs.resize(graph.inputs.size());
  const auto line = [&](const Said& what, const std::string& before, const std::string& after) {
    witness.lines.push_back({what, before, after});
  };
  if (query.attack != nullptr && witness.periods > 1) {
    const AttackGraph& attack = *query.attack;
    const auto after = moved_inputs(graph, attack.moved.front(), inputs);
    const auto now = graph.inputs_of(shape_.value());
    for (const std::uint32_t index : graph.inputs_of(attack.before)) {
      // Those that pay reads in its own period are in the table already.
      if (std::find(now.begin(), now.end(), index) != now.end() || inputs[index] == after[index]) continue;
      const Input& input = graph.inputs[index];
      if (input.kind == Input::Kind::parameter) continue;
      line({input.name, zh(input.name)}, shown(inputs[index], input.unit), shown(after[index], input.unit));
    }
  }
  if (witness.periods > 1) {
    for (std::size_t at = 0; at < witness.paid_before.size() && at < witness.paid_after.size(); ++at) {
      const std::string period = witness.period.shift(static_cast<int>(at)).to_string();
      line({"pay of " + period, period + " 的报酬"}, money(witness.paid_before[at]), money(witness.paid_after[at]));
    }
  }
  Number before, after;
  for (const Number& paid : witness.paid_before) before += paid;
  for (const Number& paid : witness.paid_after) after += paid;
  if (witness.recomputed) {
    const Number taken = value::max(Number(0), witness.paid_after.front() - *witness.recomputed);
    line({"taken back", "追回"}, money(Number(0)), money(taken));
  }
  const Said pay = witness.periods > 1 ? Said{"pay of both periods", "两期报酬合计"} : Said{"pay", "报酬"};
  line(pay, money(before), witness.paid_after.empty() ? "" : money(after));
  if (!witness.cost.is_zero()) line({"cost", "成本"}, money(Number(0)), money(witness.cost));
}

/// The clause that says what is paid, or the whole.
Span Decider::amount_span() const {
  if (!target_.payout.valid()) return span();
  const model::Payout& payout = policy_.payouts[target_.payout.index];
  return payout.amount.valid() ? policy_.expr(payout.amount).span : span();
}

/// Each comparison that comes out otherwise, each quotient and curve that moves, is held where it was: the one without
/// which most of the difference is gone is the cause. Where there is none, pay simply grows with what moved.
void Decider::find_cause(Finding& finding, const Query& query, const State& state) {
  Graph& graph = shape_.graph;
  std::vector<Number> inputs = state.inputs;
  inputs.resize(graph.inputs.size());
  struct Part {
    NodeId root;
    std::vector<NodeId> cone;
    std::vector<Number> before, inputs_after, after;
  };
  std::vector<Part> parts;
  const auto add = [&](NodeId root, const std::map<NodeId, NodeId>& moved) {
    Part part{root, graph.cone({root}), {}, moved_inputs(graph, moved, inputs), {}};
    graph.evaluate(part.cone, inputs, part.before);
    graph.evaluate(part.cone, part.inputs_after, part.after);
    parts.push_back(std::move(part));
  };
  if (query.attack != nullptr) {
    for (std::size_t at = 0; at < query.attack->paid_before.size(); ++at)
      add(query.attack->paid_before[at], query.attack->moved[at]);
  } else if (!query.second.empty()) {
    add(pay().amount, query.second);
  }
  Number difference;
  for (const Part& part : parts) difference += part.after[part.root] - part.before[part.root];
  if (difference.is_zero()) return;
  const auto held = [&](Part& part, NodeId what) {
    std::vector<Number> values = part.after;
    values[what] = part.before[what];
    for (const NodeId id : part.cone) {
      if (id > what) values[id] = graph.value_of(graph[id], part.inputs_after, values);
    }
    return values[part.root] - part.after[part.root];
  };
  Number most = difference.abs() / Number(2);
  for (Part& part : parts) {
    for (const auto& threshold : shape_.thresholds_of(part.root)) {
      const NodeId atom = threshold.atom;
      if (part.before[atom] == part.after[atom]) continue;
      const Number effect = held(part, atom) * Number(-difference.sign());
      if (effect <= most) continue;
      most = effect;
      const std::string at = threshold.at ? " " + place_of(threshold) : "";
      const bool known = threshold.span.end > threshold.span.begin;
      finding.cause = {{threshold.quantity + " crosses" + at, zh(threshold.quantity) + " 越过" + at},
                       known ? threshold.span : amount_span()};
    }
  }
  if (finding.cause) return;
  for (Part& part : parts) {
    for (const NodeId id : part.cone) {
      const bool moves = graph[id].op == Op::divide || graph[id].op == Op::curve;
      if (!moves || !graph.has_span(id) || part.before[id] == part.after[id]) continue;
      const Number effect = held(part, id) * Number(-difference.sign());
      if (effect <= most) continue;
      most = effect;
      const std::string name = shape_.name_of(id);
      const Said what = graph[id].op == Op::divide
                            ? Said{"the quotient " + name + " moves", "比率 " + zh(name) + " 变动"}
                            : Said{shape_.name_of(graph[id].a) + " moves along its curve",
                                   zh(shape_.name_of(graph[id].a)) + " 沿曲线变动"};
      finding.cause = {what, graph.spans[id]};
    }
  }
  if (!finding.cause && target_.payout.valid())
    finding.cause = {{"what is paid moves with it", "报酬随之变动"}, amount_span()};
}

}  // namespace kpi::prove
