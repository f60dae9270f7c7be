// A deterministic search for states that break a property: random states pushed onto the boundaries (thresholds, ends
// of ranges, kinks of curves) where payouts misbehave, then improved one input at a time. All arithmetic is exact. It
// refutes and gives lower bounds; it never proves.
#pragma once

#include <algorithm>

#include "interpreter/prove/incremental.hpp"

namespace kpi::prove {

struct Problem {
  std::vector<NodeId> require;  // truth values that must hold, besides the facts of the graph
  NodeId objective = kNoNode;   // to be made as large as possible
  /// Both sides must be exactly equal: the state lies on this threshold. Then one input need not be a multiple of its
  /// grain.
  std::optional<std::pair<NodeId, NodeId>> boundary;
  std::optional<Number> enough;  // stop as soon as the objective is larger
  std::optional<Number> most;    // the objective is never larger: stop when it is reached
  bool settles = false;          // stop when two starts have climbed to the same height
  /// Ends for inputs without one, so that witnesses stay plausible.
  Number largest_total{1'000'000};
  Number largest_rows{2'000};
};

struct State {
  std::vector<Number> inputs;  // by index in Graph::inputs
  Number objective;
};

class Search {
 public:
  /// Nodes that are added to the graph later are not seen.
  Search(const Graph& graph, const Problem& problem, value::Date anchor, std::uint64_t seed = 1);

  /// The best state found within so many evaluations; none when no state meets the requirements. `seeds` are inputs of
  /// states that are worth a look first; inputs that they do not have, and parameters of attacks, are drawn.
  std::optional<State> run(std::size_t evaluations, const std::vector<std::vector<Number>>& seeds = {});
  /// A random state that meets the facts and the requirements, for tests; none when this one does not.
  std::optional<State> sample();
  /// From this state on, one input at a time; others of the inputs in `free` stay as they are.
  std::optional<State> improve(State state, const std::vector<std::uint32_t>& free, std::size_t evaluations);
  std::size_t evaluations() const { return evaluations_; }
  /// All values at a state, by node (only those the problem depends on).
  const std::vector<Number>& values_at(const State& state);

 private:
  struct Kink {
    NodeId a = kNoNode, b = kNoNode;  // b == kNoNode: `constant`
    Number constant;
    std::vector<std::uint32_t> inputs;
    std::vector<bool> touched;  // by input: read at all; `inputs` are those that can be moved gradually
    std::vector<NodeId> cone;
    bool prepared = false;
    std::vector<std::size_t> components;            // that it reads, once `prepared`
    std::vector<std::vector<Number>> above, below;  // states on either side
    int above_tries = 0, below_tries = 0;
    bool allows(std::uint32_t input) const { return std::find(inputs.begin(), inputs.end(), input) != inputs.end(); }
  };
  /// Inputs that can be drawn without regard to all others.
  struct Component {
    std::vector<std::uint32_t> inputs;  // all of them
    std::vector<std::uint32_t> groups;  // rows and sums, unfiltered groups first
    std::vector<std::uint32_t> others;
  };
  std::uint64_t random();
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : random() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  void find_kinks();
  void find_components();
  void add_kink(NodeId a, NodeId b, const Number& constant);
  std::optional<Kink> kink(NodeId a, NodeId b, const Number& constant) const;
  std::vector<Number> random_inputs();
  Number random_rows();
  Number random_value(const Input& input);
  void random_group(std::vector<Number>& inputs, std::uint32_t group);
  Number fit(const Input& input, const Number& value, bool up) const;
  Interval limits(const Input& input) const;
  Number difference(const Kink& kink, std::vector<Number>& inputs);
  bool move_to(const Kink& kink, std::uint32_t input, std::vector<Number>& inputs, bool exactly);
  std::optional<Number> value_of(std::vector<Number>& inputs);
  bool settle(std::vector<Number>& inputs);
  void redraw(std::vector<Number>& inputs, const Component& component);
  std::optional<std::vector<Number>> beyond(const Kink& kink, int side);
  bool bridge(Kink& kink, std::vector<Number>& inputs, bool exactly);
  bool push(Kink& kink, std::vector<Number>& inputs, const std::vector<std::uint32_t>* free);
  Kink& any_kink();
  bool facts_hold(const std::vector<Number>& inputs);
  bool is_done(const Number& objective) const;

  const Graph& graph_;
  const Problem& problem_;
  value::Date anchor_;
  std::uint64_t state_;
  std::size_t evaluations_ = 0;
  std::vector<NodeId> cone_, truths_, facts_;
  std::optional<Incremental> kept_;
  std::vector<std::uint32_t> inputs_;
  std::vector<bool> used_;
  std::vector<std::vector<std::uint32_t>> totals_of_group_;
  std::vector<Kink> kinks_;
  std::optional<Kink> boundary_;
  std::vector<Component> components_;
  std::vector<Number> kink_values_;
};

}  // namespace kpi::prove
