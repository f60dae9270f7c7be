#include "interpreter/prove/search.hpp"

#include <algorithm>

namespace kpi::prove {

namespace {
constexpr std::size_t kMaximumKinks = 400;
}

Search::Search(const Graph& graph, const Problem& problem, value::Date anchor, std::uint64_t seed)
    : graph_(graph), problem_(problem), anchor_(anchor), state_(seed * 0x9E37'79B9'7F4A'7C15ULL + 1) {
  std::vector<NodeId> roots = problem.require;
  if (problem.objective != kNoNode) roots.push_back(problem.objective);
  if (problem.boundary) {
    roots.push_back(problem.boundary->first);
    roots.push_back(problem.boundary->second);
  }
  // Facts about anything that these depend on; they may bring in the number of rows behind a sum.
  used_.resize(graph.inputs.size());
  const auto mark = [&](const std::vector<NodeId>& of) {
    for (const NodeId id : graph.cone(of)) {
      if (graph[id].op == Op::input) used_[graph[id].index] = true;
    }
  };
  mark(roots);
  std::vector<std::vector<std::uint32_t>> inputs_of_fact;
  for (const NodeId fact : graph.facts) inputs_of_fact.push_back(graph.inputs_of(fact));
  truths_ = problem.require;
  std::vector<bool> taken(graph.facts.size());
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < graph.facts.size(); ++i) {
      const auto& of = inputs_of_fact[i];
      if (taken[i] || std::none_of(of.begin(), of.end(), [&](std::uint32_t input) { return used_[input]; })) continue;
      taken[i] = more = true;
      truths_.push_back(graph.facts[i]);
      facts_.push_back(graph.facts[i]);
      mark({graph.facts[i]});
    }
  }
  roots.insert(roots.end(), truths_.begin(), truths_.end());
  cone_ = graph.cone(roots);
  kept_.emplace(graph, cone_);
  totals_of_group_.resize(graph.groups.size());
  for (std::uint32_t index = 0; index < graph.inputs.size(); ++index) {
    if (!used_[index]) continue;
    inputs_.push_back(index);
    const Input& input = graph.inputs[index];
    if (input.kind == Input::Kind::total || input.made == Input::Made::computed)
      totals_of_group_[input.group].push_back(index);
  }
  find_components();
  find_kinks();
}

/// Inputs that facts hold together: rows and sums of one source and period; everything else is free by itself.
void Search::find_components() {
  std::vector<std::uint32_t> parent(graph_.inputs.size());
  for (std::uint32_t i = 0; i < parent.size(); ++i) parent[i] = i;
  const auto top = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const auto join = [&](const std::vector<std::uint32_t>& of) {
    for (std::size_t i = 1; i < of.size(); ++i) parent[top(of[i])] = top(of[0]);
  };
  for (const NodeId fact : facts_) join(graph_.inputs_of(fact));
  for (const NodeId required : problem_.require) {
    const auto of = graph_.inputs_of(required);
    const bool alone = std::all_of(
        of.begin(), of.end(), [&](std::uint32_t input) { return graph_.inputs[input].kind == Input::Kind::parameter; });
    if (alone) join(of);
  }
  for (std::uint32_t a = 0; a < graph_.groups.size(); ++a) {
    const Group& group = graph_.groups[a];
    for (const std::uint32_t total : totals_of_group_[a]) join({group.rows_input, total});
    for (std::uint32_t b = 0; b < a; ++b) {
      const Group& other = graph_.groups[b];
      if (other.source == group.source && other.offset == group.offset && other.history == group.history)
        join({group.rows_input, other.rows_input});
    }
  }
  std::map<std::uint32_t, std::size_t> place;
  for (const std::uint32_t input : inputs_) {
    const auto [at, added] = place.try_emplace(top(input), components_.size());
    if (added) components_.emplace_back();
    Component& component = components_[at->second];
    component.inputs.push_back(input);
    const auto kind = graph_.inputs[input].kind;
    if (kind != Input::Kind::rows && kind != Input::Kind::total) component.others.push_back(input);
  }
  // Unfiltered groups first: filtered ones are parts of them.
  for (const bool filtered : {false, true}) {
    for (std::uint32_t group = 0; group < graph_.groups.size(); ++group) {
      const std::uint32_t rows = graph_.groups[group].rows_input;
      if (graph_.groups[group].filter_text.empty() == filtered || !used_[rows]) continue;
      components_[place.at(top(rows))].groups.push_back(group);
    }
  }
}

std::uint64_t Search::random() {
  // splitmix64
  std::uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBULL;
  return z ^ (z >> 31);
}

void Search::add_kink(NodeId a, NodeId b, const Number& constant) {
  if (auto made = kink(a, b, constant); made && kinks_.size() < kMaximumKinks) kinks_.push_back(std::move(*made));
}

std::optional<Search::Kink> Search::kink(NodeId a, NodeId b, const Number& constant) const {
  Kink kink;
  kink.a = a;
  kink.b = b;
  kink.constant = constant;
  kink.inputs = graph_.inputs_of(a);
  if (b != kNoNode) {
    for (const std::uint32_t input : graph_.inputs_of(b)) {
      if (std::find(kink.inputs.begin(), kink.inputs.end(), input) == kink.inputs.end()) kink.inputs.push_back(input);
    }
  }
  kink.touched.resize(graph_.inputs.size());
  for (const std::uint32_t input : kink.inputs) kink.touched[input] = true;
  std::erase_if(kink.inputs, [&](std::uint32_t input) {
    const auto kind = graph_.inputs[input].kind;
    return kind == Input::Kind::category || kind == Input::Kind::choice;
  });
  if (kink.inputs.empty()) return std::nullopt;
  kink.cone = graph_.cone(b == kNoNode ? std::vector{a} : std::vector{a, b});
  return kink;
}

void Search::find_kinks() {
  // The outermost first: tiers and gates before the curves of single rows.
  for (auto place = cone_.rbegin(); place != cone_.rend(); ++place) {
    const Node& node = graph_[*place];
    if (node.op == Op::less || node.op == Op::equal || node.op == Op::minimum || node.op == Op::maximum) {
      add_kink(node.a, node.b, Number(0));
    } else if (node.op == Op::curve) {
      for (const auto& point : graph_.lines[node.index].points) add_kink(node.a, kNoNode, point.at);
    }
  }
  if (!problem_.boundary) return;
  boundary_ = kink(problem_.boundary->first, problem_.boundary->second, Number(0));
}

std::optional<Number> Search::value_of(std::vector<Number>& in) {
  ++evaluations_;
  const std::vector<Number>& values = kept_->at(in);
  for (const NodeId truth : truths_) {
    if (values[truth].is_zero()) return std::nullopt;
  }
  if (problem_.boundary && values[problem_.boundary->first] != values[problem_.boundary->second]) return std::nullopt;
  return problem_.objective == kNoNode ? Number(0) : values[problem_.objective];
}

bool Search::facts_hold(const std::vector<Number>& in) {
  ++evaluations_;
  const std::vector<Number>& values = kept_->at(in);
  return std::none_of(facts_.begin(), facts_.end(), [&](NodeId fact) { return values[fact].is_zero(); });
}

bool Search::is_done(const Number& objective) const {
  return (problem_.enough && objective > *problem_.enough) || (problem_.most && objective >= *problem_.most);
}

std::optional<State> Search::sample() {
  std::vector<Number> in = random_inputs();
  if (!kinks_.empty()) {
    for (std::uint64_t pushes = below(4); pushes > 0; --pushes) {
      push(any_kink(), in, nullptr);
    }
  }
  if (!settle(in)) return std::nullopt;
  const auto value = value_of(in);
  if (!value) return std::nullopt;
  return State{std::move(in), *value};
}

std::optional<State> Search::improve(State best, const std::vector<std::uint32_t>& free, std::size_t budget) {
  const std::size_t end = evaluations_ + budget;
  if (free.empty()) return best;
  std::size_t idle = 0;
  const bool whole = free.size() >= inputs_.size();
  const std::size_t patience = 12 * free.size() + 60;
  while (evaluations_ < end && idle < patience && !is_done(best.objective)) {
    ++idle;
    std::vector<Number> in = best.inputs;
    const std::uint32_t index = free[below(free.size())];
    const Input& input = graph_.inputs[index];
    const Interval limit = limits(input);
    bool moved = true;
    switch (below(whole ? 9 : 7)) {
      case 7:
      case 8:
        redraw(in, components_[below(components_.size())]);
        break;
      case 0:
        in[index] = fit(input, in[index] + input.grain.value_or(Number(1)), true);
        break;
      case 1:
        in[index] = fit(input, in[index] - input.grain.value_or(Number(1)), false);
        break;
      case 2:
        in[index] = fit(input, in[index] * Number(2), true);
        break;
      case 3:
        in[index] = fit(input, in[index] / Number(2), false);
        break;
      case 4:
        in[index] = chance(50) ? *limit.lower : *limit.upper;
        break;
      case 5:
        in[index] = random_value(input);
        break;
      default: {
        if (kinks_.empty()) {
          moved = false;
          break;
        }
        moved = push(any_kink(), in, whole ? nullptr : &free);
        break;
      }
    }
    // A second input at once finds its way along ridges.
    if (moved && chance(25)) {
      const std::uint32_t second = free[below(free.size())];
      in[second] = random_value(graph_.inputs[second]);
    }
    if (!moved || !settle(in)) continue;
    const auto value = value_of(in);
    if (!value || *value < best.objective) continue;
    // Sideways too: pay that is capped or nothing at all does not show which way is up.
    if (*value > best.objective) idle = 0;
    best = State{std::move(in), *value};
  }
  return best;
}

std::optional<State> Search::run(std::size_t budget, const std::vector<std::vector<Number>>& seeds) {
  constexpr std::size_t kBest = 6, kSeedsKept = 3;  // seeds that show nothing yet leave room for others
  constexpr int kDrawsPerSeed = 24;
  std::vector<State> best;
  const auto keep = [&](State state) {
    const auto place =
        std::find_if(best.begin(), best.end(), [&](const State& other) { return state.objective > other.objective; });
    if (place != best.end() || best.size() < kBest) best.insert(place, std::move(state));
    if (best.size() > kBest) best.pop_back();
  };
  const std::size_t end = evaluations_ + budget;
  const std::size_t sampled = evaluations_ + budget * 2 / 5;
  for (const auto& seed : seeds) {
    for (int draw = 0; draw < kDrawsPerSeed; ++draw) {
      std::vector<Number> in = seed;
      in.resize(graph_.inputs.size());
      for (const std::uint32_t input : inputs_) {
        const Input& of = graph_.inputs[input];
        if (input < seed.size() && of.kind != Input::Kind::parameter) continue;
        in[input] = draw == 0 ? fit(of, *limits(of).lower, true) : random_value(of);
      }
      if (!settle(in)) continue;
      if (const auto value = value_of(in)) keep(State{std::move(in), *value});
    }
  }
  while (best.size() > kSeedsKept && best.back().objective.sign() <= 0) best.pop_back();
  std::size_t met = 0;
  while (evaluations_ < sampled) {
    if (!best.empty() && (inputs_.empty() || is_done(best.front().objective))) break;
    if (problem_.settles && met == kBest) break;
    auto state = sample();
    if (state)
      ++met, keep(std::move(*state));
    else
      ++evaluations_;
  }
  std::optional<State> result;
  for (std::size_t i = 0; i < best.size() && evaluations_ < end; ++i) {
    if (result && is_done(result->objective)) break;
    auto state = improve(best[i], inputs_, (end - evaluations_) / (best.size() - i));
    if (problem_.settles && result && state->objective == result->objective) break;
    if (!result || state->objective > result->objective) result = std::move(state);
  }
  return result;
}

const std::vector<Number>& Search::values_at(const State& state) { return kept_->at(state.inputs); }

}  // namespace kpi::prove
