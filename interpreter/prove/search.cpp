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
      mark({graph.facts[i]});
    }
  }
  roots.insert(roots.end(), truths_.begin(), truths_.end());
  cone_ = graph.cone(roots);
  totals_of_group_.resize(graph.groups.size());
  for (std::uint32_t index = 0; index < graph.inputs.size(); ++index) {
    if (!used_[index]) continue;
    inputs_.push_back(index);
    const Input& input = graph.inputs[index];
    if (input.kind == Input::Kind::total) totals_of_group_[input.group].push_back(index);
  }
  find_kinks();
}

std::uint64_t Search::random() {
  // splitmix64
  std::uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBULL;
  return z ^ (z >> 31);
}

void Search::add_kink(NodeId a, NodeId b, const Number& constant) {
  if (kinks_.size() >= kMaximumKinks) return;
  Kink kink{a, b, constant, graph_.inputs_of(a), {}};
  if (b != kNoNode) {
    for (const std::uint32_t input : graph_.inputs_of(b)) {
      if (std::find(kink.inputs.begin(), kink.inputs.end(), input) == kink.inputs.end()) kink.inputs.push_back(input);
    }
  }
  std::erase_if(kink.inputs, [&](std::uint32_t input) {
    const auto kind = graph_.inputs[input].kind;
    return kind == Input::Kind::category || kind == Input::Kind::choice;
  });
  if (kink.inputs.empty()) return;
  kink.cone = graph_.cone(b == kNoNode ? std::vector{a} : std::vector{a, b});
  kinks_.push_back(std::move(kink));
}

void Search::find_kinks() {
  for (const NodeId id : cone_) {
    const Node& node = graph_[id];
    if (node.op == Op::less || node.op == Op::equal || node.op == Op::minimum || node.op == Op::maximum) {
      add_kink(node.a, node.b, Number(0));
    } else if (node.op == Op::curve) {
      for (const auto& point : graph_.lines[node.index].points) add_kink(node.a, kNoNode, point.at);
    }
  }
  if (!problem_.boundary) return;
  const auto [a, b] = *problem_.boundary;
  const std::size_t before = kinks_.size();
  add_kink(a, b, Number(0));
  if (kinks_.size() > before) {
    boundary_ = kinks_.back();
    kinks_.pop_back();
  }
}

Interval Search::limits(const Input& input) const {
  Interval result = input.range;
  switch (input.kind) {
    case Input::Kind::rows:
      if (!result.upper) result.upper = problem_.largest_rows;
      break;
    case Input::Kind::date:
      if (!result.lower) result.lower = Number(anchor_.days - 3650);
      if (!result.upper) result.upper = Number(anchor_.days + 27);
      break;
    default: {
      const Number largest =
          input.unit.time != 0 && input.unit.money == 0 ? Number(10 * 86'400) : problem_.largest_total;
      if (!result.upper) result.upper = result.lower ? value::max(largest, *result.lower + largest) : largest;
      if (!result.lower) result.lower = value::min(-largest, *result.upper - largest);
      break;
    }
  }
  return result;
}

/// The value inside the limits, on the grain.
Number Search::fit(const Input& input, const Number& wanted, bool up) const {
  const Interval limit = limits(input);
  Number result = value::min(value::max(wanted, *limit.lower), *limit.upper);
  if (!input.grain) return result;
  result = result.round_to(*input.grain, up ? value::Rounding::ceiling : value::Rounding::floor);
  if (result > *limit.upper) result = limit.upper->round_to(*input.grain, value::Rounding::floor);
  if (result < *limit.lower) result = limit.lower->round_to(*input.grain, value::Rounding::ceiling);
  return result;
}

Number Search::random_rows() {
  switch (below(8)) {
    case 0:
      return Number(0);
    case 1:
      return Number(1);
    case 2:
    case 3:
      return Number(static_cast<std::int64_t>(1 + below(9)));
    case 4:
    case 5:
    case 6:
      return Number(static_cast<std::int64_t>(1 + below(150)));
    default:
      return Number(static_cast<std::int64_t>(1 + below(2'000)));
  }
}

Number Search::random_value(const Input& input) {
  const Interval limit = limits(input);
  if (input.kind == Input::Kind::date) {
    return fit(input, Number(anchor_.days - static_cast<std::int64_t>(chance(50) ? below(200) : below(1500))), true);
  }
  // Usual ones, that a reader of the store can multiply by.
  if (input.kind == Input::Kind::rate && chance(40)) return Number(1);
  if (input.kind == Input::Kind::rate && chance(75))
    return fit(input, Number(static_cast<std::int64_t>(1 + below(20))) / Number(10), true);
  if (chance(8)) return *limit.lower;
  if (chance(8)) return *limit.upper;
  if (input.kind == Input::Kind::choice || input.kind == Input::Kind::category || input.kind == Input::Kind::days ||
      *limit.upper - *limit.lower <= Number(100)) {
    return fit(
        input,
        *limit.lower + (*limit.upper - *limit.lower) * Number(static_cast<std::int64_t>(below(1001))) / Number(1000),
        chance(50));
  }
  // A magnitude, then two digits.
  const int digits = static_cast<int>(below(7)) - 1;
  const Number magnitude = Number(static_cast<std::int64_t>(10 + below(90))) * Number::power_of_ten(digits - 1);
  const Number value = limit.lower->sign() >= 0 ? *limit.lower + magnitude : chance(50) ? magnitude : -magnitude;
  return fit(input, value, chance(50));
}

void Search::random_group(std::vector<Number>& in, std::uint32_t index) {
  const Group& group = graph_.groups[index];
  if (!used_[group.rows_input]) return;
  Number rows = fit(graph_.inputs[group.rows_input], random_rows(), true);
  std::optional<std::uint32_t> whole;
  for (std::uint32_t other = 0; other < graph_.groups.size(); ++other) {
    const Group& parent = graph_.groups[other];
    if (other == index || !used_[parent.rows_input] || !parent.filter_text.empty() || group.filter_text.empty() ||
        parent.source != group.source || parent.offset != group.offset || parent.history != group.history)
      continue;
    whole = other;
    const Number& all = in[parent.rows_input];
    rows = (all * Number(static_cast<std::int64_t>(below(101))) / Number(100)).floor();
    if (chance(15)) rows = all;
    if (chance(15)) rows = Number(0);
  }
  in[group.rows_input] = rows;
  std::optional<Number> sibling;
  for (const std::uint32_t total : totals_of_group_[index]) {
    const Input& input = graph_.inputs[total];
    if (rows.is_zero()) {
      in[total] = Number(0);
      continue;
    }
    Input row = input;
    row.range = input.per_row;
    Number value;
    if (input.optional && sibling && sibling->sign() > 0) {
      // What is given back is a part of what was taken.
      value = *sibling * Number(static_cast<std::int64_t>(chance(40) ? 0 : below(60))) / Number(100);
    } else {
      Number each = random_value(row);
      const Interval limit = limits(row);
      each = value::min(value::max(each, *limit.lower), *limit.upper);
      value = each * rows;
      if (whole) {
        for (const std::uint32_t outer : totals_of_group_[*whole]) {
          if (!(graph_.inputs[outer].path == input.path)) continue;
          const Number& all = in[graph_.groups[*whole].rows_input];
          if (!all.is_zero()) value = in[outer] * rows / all;
        }
      }
    }
    in[total] = fit(input, value, false);
    if (!input.optional && input.unit.money == 1) sibling = in[total];
  }
}

std::vector<Number> Search::random_inputs() {
  std::vector<Number> in(graph_.inputs.size());
  // Unfiltered groups first: filtered ones are parts of them.
  for (const bool filtered : {false, true}) {
    for (std::uint32_t group = 0; group < graph_.groups.size(); ++group) {
      if (graph_.groups[group].filter_text.empty() != filtered) random_group(in, group);
    }
  }
  for (const std::uint32_t index : inputs_) {
    const Input& input = graph_.inputs[index];
    if (input.kind == Input::Kind::rows || input.kind == Input::Kind::total) continue;
    in[index] = random_value(input);
  }
  return in;
}

Number Search::difference(const Kink& kink, std::vector<Number>& in) {
  ++evaluations_;
  graph_.evaluate(kink.cone, in, values_);
  return values_[kink.a] - (kink.b == kNoNode ? kink.constant : values_[kink.b]);
}

/// Moves one input so that both sides of the kink meet. What changes sign between two points is followed by halving and
/// secants; the last secant is exact where the difference is linear in the input.
bool Search::move_to(const Kink& kink, std::uint32_t index, std::vector<Number>& in, bool exactly) {
  const Input& input = graph_.inputs[index];
  const Interval limit = limits(input);
  const Number start = in[index];
  const auto at = [&](const Number& x) {
    in[index] = x;
    return difference(kink, in);
  };
  const auto settled = [&]() {
    if (exactly) return true;
    in[index] = fit(input, in[index], chance(50));
    if (input.grain && chance(50))
      in[index] = fit(input, in[index] + (chance(50) ? *input.grain : -*input.grain), true);
    return true;
  };
  const auto given_up = [&]() {
    in[index] = start;
    return false;
  };
  Number x0 = start, h0 = at(x0);
  if (h0.is_zero()) return settled();
  // The other end: near by, then far away.
  Number x1, h1;
  bool bracketed = false;
  const Number step = (start.abs() / Number(4) + Number(16)).ceil();
  for (const Number& far : {start + step, start - step, start + step * Number(16), *limit.lower, *limit.upper}) {
    x1 = value::min(value::max(far, *limit.lower), *limit.upper);
    if (x1 == x0) continue;
    h1 = at(x1);
    if (h1.is_zero()) return settled();
    bracketed = h1.sign() != h0.sign();
    if (bracketed) break;
  }
  if (!bracketed) return given_up();
  for (int round = 0; round < 28; ++round) {
    const bool halve = round % 3 != 2;
    Number next = halve ? (x0 + x1) / Number(2) : x1 - h1 * (x1 - x0) / (h1 - h0);
    if (halve) next = next.round(input.grain ? 3 : 6, value::Rounding::half_even);
    if (next == x0 || next == x1) {
      next = x1 - h1 * (x1 - x0) / (h1 - h0);
      round = 28;
    }
    const Number h = at(next);
    if (h.is_zero()) return settled();
    if (h.sign() == h0.sign()) {
      x0 = next;
      h0 = h;
    } else {
      x1 = next;
      h1 = h;
    }
    if (!exactly && input.grain && (x1 - x0).abs() <= *input.grain) break;
  }
  if (exactly) return given_up();
  in[index] = chance(50) ? x0 : x1;
  in[index] = fit(input, in[index], chance(50));
  return true;
}

bool Search::settle(std::vector<Number>& in) {
  if (!problem_.boundary) return true;
  if (!boundary_) {
    ++evaluations_;
    graph_.evaluate(cone_, in, values_);
    return values_[problem_.boundary->first] == values_[problem_.boundary->second];
  }
  const std::size_t count = boundary_->inputs.size();
  const std::size_t first = below(count);
  for (std::size_t attempt = 0; attempt < std::min<std::size_t>(count, 6); ++attempt) {
    const std::uint32_t input = boundary_->inputs[(first + attempt) % count];
    if (move_to(*boundary_, input, in, true)) return true;
  }
  return false;
}

std::optional<Number> Search::value_of(std::vector<Number>& in) {
  ++evaluations_;
  graph_.evaluate(cone_, in, values_);
  for (const NodeId truth : truths_) {
    if (values_[truth].is_zero()) return std::nullopt;
  }
  if (problem_.boundary && values_[problem_.boundary->first] != values_[problem_.boundary->second]) return std::nullopt;
  return problem_.objective == kNoNode ? Number(0) : values_[problem_.objective];
}

std::optional<State> Search::sample() {
  std::vector<Number> in = random_inputs();
  if (!kinks_.empty()) {
    for (std::uint64_t pushes = below(4); pushes > 0; --pushes) {
      const Kink& kink = kinks_[below(kinks_.size())];
      move_to(kink, kink.inputs[below(kink.inputs.size())], in, false);
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
  const std::size_t patience = 12 * free.size() + 60;
  while (evaluations_ < end && idle < patience) {
    ++idle;
    std::vector<Number> in = best.inputs;
    const std::uint32_t index = free[below(free.size())];
    const Input& input = graph_.inputs[index];
    const Interval limit = limits(input);
    bool moved = true;
    switch (below(7)) {
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
        const Kink& kink = kinks_[below(kinks_.size())];
        std::vector<std::uint32_t> usable;
        for (const std::uint32_t of : kink.inputs) {
          if (std::find(free.begin(), free.end(), of) != free.end()) usable.push_back(of);
        }
        moved = !usable.empty() && move_to(kink, usable[below(usable.size())], in, false);
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
    if (!value || *value <= best.objective) continue;
    best = State{std::move(in), *value};
    idle = 0;
    if (problem_.enough && best.objective > *problem_.enough) break;
  }
  return best;
}

std::optional<State> Search::run(std::size_t budget) {
  std::vector<State> best;
  const std::size_t end = evaluations_ + budget;
  const std::size_t first_half = evaluations_ + budget / 2;
  while (evaluations_ < first_half) {
    if (inputs_.empty() && !best.empty()) break;
    auto state = sample();
    if (!state) {
      ++evaluations_;
      continue;
    }
    const bool done = problem_.enough && state->objective > *problem_.enough;
    const auto place =
        std::find_if(best.begin(), best.end(), [&](const State& other) { return state->objective > other.objective; });
    if (place != best.end() || best.size() < 4) best.insert(place, std::move(*state));
    if (best.size() > 4) best.pop_back();
    if (done) return best.front();
  }
  std::optional<State> result;
  for (std::size_t i = 0; i < best.size() && evaluations_ < end; ++i) {
    auto state = improve(best[i], inputs_, (end - evaluations_) / (best.size() - i));
    if (!result || state->objective > result->objective) result = std::move(state);
    if (problem_.enough && result->objective > *problem_.enough) break;
  }
  return result;
}

const std::vector<Number>& Search::values_at(const State& state) {
  graph_.evaluate(cone_, state.inputs, values_);
  return values_;
}

}  // namespace kpi::prove
