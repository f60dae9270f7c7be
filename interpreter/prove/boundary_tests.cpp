#include "interpreter/prove/boundary_tests.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "interpreter/prove/proposal.hpp"

namespace kpi::prove {
namespace {

constexpr std::size_t kEvaluations = 2'000;
constexpr std::uint64_t kSeeds = 3;  // states to try before a boundary is given up: not every one can be made of rows

class Proposer {
 public:
  Proposer(const model::Policy& policy, source::Language language, Proposals& proposals)
      : policy_(policy), chinese_(language == source::Language::zh), proposals_(proposals) {}

  void look_at(Target target) {
    Shape shape(policy_, target);
    const std::vector<Shape::Threshold> thresholds = shape.thresholds();
    const auto known = intervals(shape.graph);
    for (const Shape::Threshold& threshold : thresholds) {
      if (!known[threshold.atom].is_constant()) look_at(shape, threshold);  // else it decides nothing
    }
    // Later nodes are not in `known`.
    const std::vector<Kink> kinks = shape.graph.kinks;
    const auto cone = shape.graph.cone({shape.value()});
    for (const Kink& kink : kinks) {
      const bool read = std::binary_search(cone.begin(), cone.end(), kink.left);
      if (read && can_be_met(known, kink)) look_at(shape, kink);
    }
  }

  void look_at_alert(model::AlertId id) {
    Shape shape(policy_, {{}, {}, id});
    const std::vector<Shape::Threshold> thresholds = shape.thresholds();
    const auto known = intervals(shape.graph);
    for (const Shape::Threshold& threshold : thresholds) {
      if (known[threshold.atom].is_constant()) continue;
      const std::string at = policy_.alerts[id.index].named.name + say(": ", "：") + title(threshold);
      if (!seen_.insert(at).second) continue;
      if (!propose_alert(shape, threshold, at)) proposals_.result.without_store.push_back(at);
    }
  }

 private:
  using Inputs = std::vector<Number>;

  // ---- a place where the result jumps

  void look_at(Shape& shape, const Shape::Threshold& threshold) {
    const std::string at = title(threshold);
    if (!seen_.insert(at).second) return;
    Claim claim;
    if (threshold.at) claim = {threshold.quantity, unit_text(*threshold.at, threshold.unit), {}, false};
    bool proposed = false;
    // A few rows can be read, and somebody who is paid says more than somebody without data; but such stores cannot
    // always be made.
    for (const auto& [rows, paid] : {std::pair(8, true), std::pair(60, true), std::pair(8, false),
                                     std::pair(2'000, true), std::pair(2'000, false)}) {
      for (std::uint64_t seed = 1; !proposed && seed <= kSeeds; ++seed) {
        const auto inputs = state_at(shape, {threshold.left, threshold.right}, rows, paid, seed);
        if (!inputs) break;
        const auto other = other_side(shape, threshold, *inputs);
        proposed = propose(shape, at, *inputs, claim);
        if (other) proposed = propose(shape, at + say(", one step further", "，再进一步"), *other, {}) || proposed;
      }
    }
    if (!proposed) proposals_.result.without_store.push_back(at);
  }

  std::string title(const Shape::Threshold& threshold) const {
    if (!threshold.at) return threshold.quantity + say(" at its limit", "：刚到界限");
    const std::string at = threshold.place.empty() ? unit_text(*threshold.at, threshold.unit) : threshold.place;
    return threshold.quantity + say(" at ", " = ") + at;
  }

  static bool holds(const Graph& graph, NodeId atom, const Inputs& inputs) {
    std::vector<Number> values;
    graph.evaluate(graph.cone({atom}), inputs, values);
    return !values[atom].is_zero();
  }

  /// The smallest move of one input that decides the comparison the other way.
  std::optional<Inputs> other_side(Shape& shape, const Shape::Threshold& threshold, const Inputs& inputs) const {
    const Graph& graph = shape.graph;
    const bool before = holds(graph, threshold.atom, inputs);
    return step(graph, threshold.atom, inputs,
                [&](const Inputs& moved) { return holds(graph, threshold.atom, moved) != before; });
  }

  template <class Wanted>
  static std::optional<Inputs> step(const Graph& graph, NodeId node, const Inputs& inputs, const Wanted& wanted) {
    for (const std::uint32_t index : graph.inputs_of(node)) {
      const Input& input = graph.inputs[index];
      const Number grain = input.grain.value_or(Number(1));
      for (const int sign : {-1, 1}) {
        Inputs moved = inputs;
        moved[index] += Number(sign) * grain;
        if (input.range.contains(moved[index]) && wanted(moved)) return moved;
      }
    }
    return std::nullopt;
  }

  // ---- a place where only the slope changes

  /// Both sides of it can be reached.
  static bool can_be_met(const std::vector<Interval>& known, const Kink& kink) {
    if (kink.right >= known.size()) return true;
    const Interval difference = known[kink.left] - known[kink.right];
    const bool below = !difference.lower || difference.lower->sign() < 0;
    const bool above = !difference.upper || difference.upper->sign() > 0;
    return below && above;
  }

  void look_at(Shape& shape, const Kink& kink) {
    const std::string at = title(shape, kink);
    if (!seen_.insert(at).second) return;
    const NodeId difference = shape.graph.subtract(kink.left, kink.right);
    const NodeId zero = shape.graph.constant(Number(0));
    const std::string below = say(", just below", "，略低"), above = say(", just above", "，略高");
    bool lower = false, middle = false, upper = false;
    for (const auto& [rows, paid] : {std::pair(8, true), std::pair(60, true), std::pair(8, false)}) {
      const auto inputs = middle ? std::nullopt : state_at(shape, {kink.left, kink.right}, rows, paid, 1);
      if (!inputs) continue;
      const auto side = [&](int sign) {
        return step(shape.graph, difference, *inputs, [&](const Inputs& moved) {
          std::vector<Number> values;
          shape.graph.evaluate(shape.graph.cone({difference}), moved, values);
          return values[difference].sign() == sign;
        });
      };
      const auto less = side(-1), more = side(1);
      if (less) lower = propose(shape, at + below, *less, {}) || lower;
      middle = propose(shape, at, *inputs, {});
      if (more) upper = propose(shape, at + above, *more, {}) || upper;
    }
    // Where no rows lie exactly on it, the nearest on either side of it.
    const NodeId is_below = shape.graph.less(difference, zero), is_above = shape.graph.less(zero, difference);
    if (!lower || !upper) {
      if (const auto pair = crossing(shape, difference, is_below)) {
        lower = propose(shape, at + below, pair->first, {}) || lower;
        upper = propose(shape, at + say(", just reached", "，刚好达到"), pair->second, {}) || upper;
      }
    }
    if (!lower) lower = propose_where(shape, is_below, at + say(", below", "，低于"));
    if (!upper) upper = propose_where(shape, is_above, at + say(", above", "，高于"));
    if (!lower || !upper) proposals_.result.without_store.push_back(at);
  }

  /// Two states, one step of one input apart, of which the first lies below and the second does not.
  std::optional<std::pair<Inputs, Inputs>> crossing(Shape& shape, NodeId difference, NodeId is_below) const {
    const Graph& graph = shape.graph;
    const auto cone = graph.cone({difference});
    const auto lies_below = [&](const Inputs& inputs) {
      std::vector<Number> values;
      graph.evaluate(cone, inputs, values);
      return values[difference].sign() < 0;
    };
    for (const auto& [rows, paid] : {std::pair(8, true), std::pair(60, true), std::pair(8, false)}) {
      Problem problem = problem_for(shape, rows, paid);
      problem.require.push_back(is_below);
      Search search(graph, problem, shape.anchor());
      const auto found = search.run(kEvaluations);
      if (!found) continue;
      for (const std::uint32_t index : graph.inputs_of(difference)) {
        const Input& input = graph.inputs[index];
        if (input.kind != Input::Kind::total && input.kind != Input::Kind::field) continue;
        const Number grain = input.grain.value_or(Number(1));
        for (const int sign : {1, -1}) {
          const auto moved = [&](const Number& steps) {
            Inputs inputs = found->inputs;
            inputs[index] += Number(sign) * steps * grain;
            return inputs;
          };
          const auto reached = [&](const Number& steps) {
            const Inputs inputs = moved(steps);
            return input.range.contains(inputs[index]) && !lies_below(inputs);
          };
          Number near(0), far(1);
          while (far < Number(std::int64_t{1} << 40) && !reached(far)) {
            near = far;
            far *= Number(2);
          }
          if (!reached(far)) continue;
          while (far - near > Number(1)) {
            const Number middle = ((near + far) / Number(2)).floor();
            (reached(middle) ? far : near) = middle;
          }
          return std::pair(moved(near), moved(far));
        }
      }
    }
    return std::nullopt;
  }

  bool propose_where(Shape& shape, NodeId truth, const std::string& title) {
    for (const auto& [rows, paid] : {std::pair(8, true), std::pair(60, true), std::pair(8, false)}) {
      Problem problem = problem_for(shape, rows, paid);
      problem.require.push_back(truth);
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Search search(shape.graph, problem, shape.anchor(), seed);
        const auto found = search.run(kEvaluations);
        if (!found) break;
        if (propose(shape, title, found->inputs, {})) return true;
      }
    }
    return false;
  }

  std::string title(const Shape& shape, const Kink& kink) const {
    switch (kink.kind) {
      case Kink::Kind::curve:
        return kink.name + "(" + shape.name_of(kink.left) + ")" + say(" at ", " = ") + unit_text(*kink.at, kink.unit);
      case Kink::Kind::points:
        return say("attainment of ", "达成率 ") + kink.name + say(" at ", " = ") + unit_text(*kink.at, {});
      case Kink::Kind::limit:
        return kink.name;
      case Kink::Kind::choice:
        break;
    }
    return kink.name + say(", both alike", "，两者相等");
  }

  // ---- an alert that fires, and one that just does not

  bool propose_alert(Shape& shape, const Shape::Threshold& threshold, const std::string& at) {
    // A state in which this comparison decides.
    const auto [when_true, when_false] = shape.decided(threshold.atom);
    const NodeId difference = shape.graph.subtract(when_true, when_false);
    const NodeId zero = shape.graph.constant(Number(0));
    const NodeId decides = shape.graph.negate(shape.graph.equal(difference, zero));
    for (const int rows : {8, 60}) {
      for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Problem problem;
        problem.objective = zero;
        problem.require = {decides};
        problem.largest_rows = Number(rows);
        problem.boundary = std::pair(threshold.left, threshold.right);
        Search search(shape.graph, problem, shape.anchor(), seed);
        const auto found = search.run(kEvaluations);
        if (!found) break;
        const auto other = other_side(shape, threshold, found->inputs);
        const bool first = propose_alert(shape, at, found->inputs);
        const bool second = other && propose_alert(shape, at + say(", one step further", "，再进一步"), *other);
        if (first || second) return true;
      }
    }
    return false;
  }

  bool propose_alert(Shape& shape, const std::string& title, const Inputs& inputs) {
    WorldMaker maker(shape);
    auto world = maker.make(inputs);
    if (!world) return false;
    maker.repeat(*world, policy_.alerts[shape.target.alert.index].streak - 1);
    return proposals_.add_alert(shape, title, maker, *world, holds(shape.graph, shape.value(), inputs));
  }

  // ---- stores

  static Problem problem_for(Shape& shape, int rows, bool paid) {
    Problem problem;
    // A share of a pool depends on others: somebody with a score has one.
    const NodeId value = shape.pay.pool ? shape.pay.score.value : shape.value();
    problem.objective = paid && value != kNoNode ? value : shape.graph.constant(Number(0));
    if (paid && shape.pay.pool && value != kNoNode) problem.require = {shape.pay.score.defined};
    if (paid) problem.enough = Number(0);
    problem.largest_rows = Number(rows);
    return problem;
  }

  static std::optional<Inputs> state_at(Shape& shape, std::pair<NodeId, NodeId> boundary, int rows, bool paid,
                                        std::uint64_t seed) {
    Problem problem = problem_for(shape, rows, paid);
    problem.boundary = boundary;
    Search search(shape.graph, problem, shape.anchor(), seed);
    const auto found = search.run(kEvaluations);
    return found ? std::optional(found->inputs) : std::nullopt;
  }

  bool propose(Shape& shape, const std::string& title, const Inputs& inputs, const Claim& claim) {
    WorldMaker maker(shape);
    const auto world = maker.make(inputs);
    return world && proposals_.add(shape, title, maker, *world, claim);
  }

  std::string say(const char* english, const char* chinese) const { return chinese_ ? chinese : english; }

  const model::Policy& policy_;
  const bool chinese_;
  Proposals& proposals_;
  std::set<std::string> seen_;
};

}  // namespace

ProposedTests boundary_tests(const model::Policy& policy, source::Language language, const SourceText& source_text) {
  Proposals proposals(policy);
  Proposer proposer(policy, language, proposals);
  for (std::uint32_t index = 0; index < policy.payouts.size(); ++index) proposer.look_at({PayoutId{index}, {}});
  // What decides the score alone; the boundaries of pay have been seen.
  for (std::uint32_t index = 0; index < policy.scorecards.size(); ++index) proposer.look_at({{}, ScorecardId{index}});
  for (std::uint32_t index = 0; index < policy.alerts.size(); ++index) {
    if (!policy.alerts[index].named.from_library) proposer.look_at_alert(model::AlertId{index});
  }
  propose_exclusions(policy, language, source_text, proposals);
  return std::move(proposals.result);
}

}  // namespace kpi::prove
