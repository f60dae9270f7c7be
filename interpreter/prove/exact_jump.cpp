// Whether the largest jump that a search found is the largest there is.
#include <algorithm>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

/// Asks for a larger jump until there is none: then the size is exact. What the linear arithmetic knows of a larger one
/// is where the search goes on.
void Decider::largest_jump(const Shape::Threshold& threshold, Jump& jump, std::optional<State>& place) {
  constexpr int kRounds = 3;
  constexpr std::uint64_t kPart = 8;  // of the budget: a small question or none
  if (jump.exact || jump.unbounded || !place || threshold.kind == Jump::Kind::entity || !ask_for_larger_ ||
      !Solver::available())
    return;
  Graph& graph = shape_.graph;
  const auto [when_true, when_false] = shape_.decided(threshold.atom);
  const NodeId difference = graph.subtract(when_true, when_false);
  Problem problem;
  problem.objective = graph.maximum(difference, graph.multiply(graph.constant(Number(-1)), difference));
  problem.boundary = std::pair(threshold.left, threshold.right);
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<NodeId> truths{graph.less(graph.constant(jump.size), problem.objective),
                                     graph.equal(threshold.left, threshold.right)};
    const Question asked = question(graph, truths, true);
    const Solved solved = Solver::ask(asked.script, asked.inputs, options_.solver_budget / kPart);
    if (solved.answer == Answer::unsat) {
      jump.exact = true;
      return;
    }
    if (solved.answer != Answer::sat) {
      ask_for_larger_ = false;
      return;
    }
    std::vector<Number> there = place->inputs;
    there.resize(graph.inputs.size());
    for (const auto& [index, value] : solved.inputs) {
      const Input& input = graph.inputs[index];
      there[index] = input.grain ? value.round_to(*input.grain, value::Rounding::half_even) : value;
    }
    Search search(graph, problem, shape_.anchor(), options_.seed + static_cast<std::uint64_t>(round));
    const auto found = search.run(options_.evaluations, {there, place->inputs});
    if (!found || found->objective <= jump.size) return;
    std::vector<Number> values;
    graph.evaluate(graph.cone({when_true, when_false}), found->inputs, values);
    jump.size = found->objective;
    jump.below = value::min(values[when_true], values[when_false]);
    jump.above = value::max(values[when_true], values[when_false]);
    if (!jump.below.is_zero()) jump.relative = jump.size / jump.below.abs();
    place = found;
  }
}

}  // namespace kpi::prove
