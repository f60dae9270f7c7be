// The questions: what each property asks, and what is known about it before any search.
#include <algorithm>

#include "interpreter/prove/affected.hpp"
#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

namespace {
const Number kZero;
}

Finding Decider::bounded() {
  Finding finding = start(Property::bounded, {}, span());
  const Interval range = intervals(shape_.graph)[pay().amount];  // as paid: rounding may go up
  if (range.upper) {
    finding.verdict = Verdict::proved;
    finding.amount = range.upper;
    // An advance is paid all the same.
    if (pay().draw) finding.amount = value::max(*range.upper, *pay().draw);
    const std::string most = money(*finding.amount);
    finding.sentence = {"pay is never more than " + most, "报酬最高不超过 " + most};
    return finding;
  }
  Graph& graph = shape_.graph;
  // Without an upper end by intervals: is there a state with very much?
  for (const int limit : {1'000'000, 100'000}) {
    Query query;
    query.objective = pay().amount;
    query.tolerance = Number(limit);
    Problem larger;
    larger.objective = query.objective;
    larger.largest_total = Number(1'000'000'000);
    larger.enough = query.tolerance;
    Search search(graph, larger, shape_.anchor(), options_.seed);
    const auto found = search.run(options_.evaluations);
    finding.evaluations += search.evaluations();
    if (!found || found->objective <= query.tolerance || !refute(finding, query, *found)) continue;
    finding.sentence = {"pay grows without limit; there is no `cap`", "报酬没有上限；没有设置 `cap`"};
    finding.amount.reset();
    repair_bound(finding);
    return finding;
  }
  finding.sentence = {"no upper bound of pay was found", "未能确定报酬的上限"};
  return finding;
}

Finding Decider::not_negative() {
  Finding finding = start(Property::not_negative, {}, span());
  Graph& graph = shape_.graph;
  const Interval range = shape_.range();
  Query query;
  query.objective = graph.multiply(graph.constant(Number(-1)), pay().amount);
  query.tolerance = kZero;
  if (range.lower) query.native_bound = -*range.lower;
  decide(finding, query);
  finding.sentence = finding.verdict == Verdict::refuted ? Said{"pay can be negative: " + money(-*finding.amount),
                                                                "报酬可能为负：" + money(-*finding.amount)}
                                                         : Said{"pay is never negative", "报酬不会为负"};
  return finding;
}

/// The first row of a curve in steps says where it begins; that nothing lies below is no mistake.
bool Decider::is_start_of_curve(const Shape::Threshold& threshold) const {
  return std::any_of(policy_.curves.begin(), policy_.curves.end(), [&](const model::Curve& curve) {
    return curve.kind == model::CurveKind::steps && !curve.points.empty() &&
           curve.points.front().span == threshold.span;
  });
}

/// Every comparison decides both ways somewhere.
Finding Decider::reachable() {
  Finding finding = start(Property::reachable, {}, span());
  Graph& graph = shape_.graph;
  const auto known = intervals(graph);
  std::size_t open = 0, dead = 0;
  for (const auto& threshold : shape_.thresholds()) {
    const Interval& truth = known[threshold.atom];
    // Guards that nobody wrote, such as that a target is above 0, may well be sure.
    if (threshold.span.end <= threshold.span.begin || is_start_of_curve(threshold)) continue;
    if (truth.is_constant()) {
      ++dead;
      const std::string at = place_of(threshold);
      finding.notes.push_back(
          {"the comparison of " + threshold.quantity + " with " + at + " always has the same outcome",
           zh(threshold.quantity) + " 与 " + at + " 的比较结果永远相同"});
      finding.span = threshold.span;
      continue;
    }
    for (const bool side : {true, false}) {
      const NodeId wanted = side ? threshold.atom : graph.negate(threshold.atom);
      const NodeId minus = graph.constant(Number(-1));
      const bool equality = graph[threshold.atom].op == Op::equal;
      const NodeId apart = graph.subtract(threshold.right, threshold.left);  // above 0: `left < right`
      const NodeId distance = graph.maximum(apart, graph.multiply(minus, apart));
      // As far to the wanted side as it takes: strictly beyond the threshold, or on it.
      Problem problem;
      problem.objective = equality ? (side ? graph.multiply(minus, distance) : distance)
                                   : (side ? apart : graph.multiply(minus, apart));
      const bool strictly = equality != side;
      (strictly ? problem.enough : problem.most) = kZero;
      Search search(graph, problem, shape_.anchor(), options_.seed);
      const auto found = search.run(options_.evaluations);
      finding.evaluations += search.evaluations();
      if (found && (strictly ? found->objective > kZero : found->objective >= kZero)) continue;
      Query never;
      never.objective = graph.choose(wanted, graph.constant(Number(1)), graph.constant(kZero));
      std::optional<State> hint;
      Finding asked;
      if (ask_solver(asked, never, hint)) {
        ++dead;
        finding.layer = asked.layer;
        finding.span = threshold.span;
        const std::string at = place_of(threshold);
        finding.notes.push_back(
            {"the comparison of " + threshold.quantity + " with " + at + " always has the same outcome",
             zh(threshold.quantity) + " 与 " + at + " 的比较结果永远相同"});
      } else if (!hint || hint->objective.is_zero()) {
        ++open;
      }
    }
  }
  finding.verdict = dead > 0 ? Verdict::refuted : open > 0 ? Verdict::unknown : Verdict::proved;
  finding.sentence = dead > 0 ? Said{"something can never be reached", "存在永远不会生效的规则"}
                     : open > 0
                         ? Said{"not every tier, gate and condition was reached", "未能确认每个档位、门槛和条件都可达"}
                         : Said{"every tier, gate and condition can be reached", "每个档位、门槛和条件都可达"};
  return finding;
}

// ---- jumps
// -----------------------------------------------------------------------------------------------------------

std::vector<Finding> Decider::jumps() {
  std::vector<Finding> result;
  const Effort effort{options_.evaluations, options_.seed};
  bool any = false;
  for (const auto& threshold : shape_.thresholds()) {
    const std::string at = threshold.at ? " " + place_of(threshold) : "";
    Finding finding = start(Property::no_jump, threshold.quantity + at, threshold.span);
    finding.detail_zh = zh(threshold.quantity) + at;
    bool complete = true;
    std::optional<State> place;
    auto jump = shape_.jump(threshold, effort, complete, &place);
    finding.evaluations = options_.evaluations;
    if (jump && jump->size > options_.tolerance) largest_jump(threshold, *jump, place);
    if (place) seed(*place);
    if (phase_of(threshold) != nullptr && complete && phase_boundary(finding, threshold, jump, place)) {
      any = any || jump.has_value();
      result.push_back(std::move(finding));
      continue;
    }
    if (jump && threshold.kind == Jump::Kind::entity) {
      // Nobody moves an age or a site by working differently.
      any = true;
      finding.verdict = Verdict::inadmissible;
      finding.amount = jump->size;
      finding.sentence = {
          "pay differs by up to " + money(jump->size) + " where " + threshold.quantity + " crosses" + at +
              ", which nobody controls",
          zh(threshold.quantity) + " 越过" + at + " 时报酬相差最多 " + money(jump->size) + "，但无人能控制"};
      result.push_back(std::move(finding));
      continue;
    }
    if (!jump && complete) continue;  // decides nothing, or continuous
    any = true;
    if (jump && jump->size > options_.tolerance) {
      const std::string size = money(jump->size);
      finding.amount = jump->size;
      const bool exact = jump->exact;
      finding.sentence = {(threshold.kind == Jump::Kind::entity ? "pay changes by " : "pay jumps by ") +
                              std::string(jump->unbounded ? "any amount, such as "
                                          : exact         ? ""
                                                          : "at least ") +
                              size + " where " + threshold.quantity + " crosses" + at + ": " + money(jump->below) +
                              " against " + money(jump->above),
                          zh(threshold.quantity) + " 越过" + at + " 时，报酬跳变" +
                              std::string(jump->unbounded ? "没有上限，例如 "
                                          : exact         ? " "
                                                          : "至少 ") +
                              size + "：" + money(jump->below) + " 对 " + money(jump->above)};
      if (!place || !witness_beside(finding, threshold, *place)) witness_of_jump(finding, threshold);
      if (finding.verdict == Verdict::refuted) repair_jump(finding, threshold);
    } else {
      // Possible by intervals, not found: the solver may prove that there is none.
      Graph& graph = shape_.graph;
      const auto [when_true, when_false] = shape_.decided(threshold.atom);
      const NodeId difference = graph.subtract(when_true, when_false);
      Query query;
      query.objective = graph.maximum(difference, graph.multiply(graph.constant(Number(-1)), difference));
      query.tolerance = options_.tolerance;
      query.boundary = std::pair(threshold.left, threshold.right);
      std::optional<State> hint;
      if (jump && jump->exact) {
        finding.verdict = Verdict::proved;
      } else {
        ask_solver(finding, query, hint);
      }
      finding.sentence =
          jump && finding.verdict == Verdict::proved
              ? Said{"pay jumps by at most " + money(jump->size) + " where " + threshold.quantity + " crosses" + at +
                         ", which the tolerance accepts",
                     zh(threshold.quantity) + " 越过" + at + " 时报酬最多跳变 " + money(jump->size) + "，在容许范围内"}
          : finding.verdict == Verdict::proved
              ? Said{"no jump of pay where " + threshold.quantity + " crosses" + at,
                     zh(threshold.quantity) + " 越过" + at + " 时报酬没有跳变"}
              : Said{"whether pay jumps where " + threshold.quantity + " crosses" + at + " was not decided",
                     "未能判定 " + zh(threshold.quantity) + " 越过" + at + " 时报酬是否跳变"};
      if (finding.verdict == Verdict::unknown && threshold.kind == Jump::Kind::entity) {
        finding.verdict = Verdict::inadmissible;
        finding.sentence = {"whether pay differs where " + threshold.quantity + " crosses" + at +
                                " was not decided; nobody controls it",
                            "未能判定 " + zh(threshold.quantity) + " 越过" + at + " 时报酬是否不同，但无人能控制"};
      }
    }
    result.push_back(std::move(finding));
  }
  bool complete = true;
  for (const auto& step : shape_.rounding_steps(value::max(options_.tolerance, cent()), effort, complete)) {
    any = true;
    const Shape::Threshold& threshold = step.threshold;
    const std::string at = " " + place_of(threshold);
    Finding finding = start(Property::no_jump, threshold.quantity + at, threshold.span);
    finding.detail_zh = zh(threshold.quantity) + at;
    finding.evaluations = 2 * options_.evaluations;
    finding.amount = step.jump.size;
    const std::string apart = money(step.jump.size), both = money(step.jump.below);
    finding.sentence = {"pay jumps by " + apart + " where " + threshold.quantity + " reaches" + at +
                            " and is rounded to the next step: " + both + " against " + money(step.jump.above),
                        zh(threshold.quantity) + " 到达" + at + " 时取整进入下一档，报酬跳变 " + apart + "：" + both +
                            " 对 " + money(step.jump.above)};
    seed(step.place);
    if (!witness_beside(finding, threshold, step.place)) witness_of_jump(finding, threshold);
    result.push_back(std::move(finding));
  }
  if (!complete) {
    any = true;
    Finding finding = start(Property::no_jump, "rounding", span());
    finding.detail_zh = "取整";
    finding.evaluations = options_.evaluations;
    finding.sentence = {"whether a rounding inside a formula makes pay jump was not decided",
                        "未能判定公式中的取整是否造成报酬跳变"};
    result.push_back(std::move(finding));
  }
  for (const std::uint32_t index : shape_.places_among_others()) {
    any = true;
    const std::string& place = shape_.graph.inputs[index].name;
    if (std::any_of(result.begin(), result.end(), [&](const Finding& known) {
          return known.verdict != Verdict::proved && known.detail.rfind(place, 0) == 0;
        }))
      continue;
    const Input& input = shape_.graph.inputs[index];
    Finding finding = start(Property::no_jump, input.name, input.span);
    finding.sentence = {"pay goes in steps with `" + input.name + "`: how far passing one of the others moves it is " +
                            "not decided, for the others are not looked at",
                        "报酬随 `" + input.name + "` 成阶梯变化；未分析其他人的数据，因此不能判定超过一人时变化多少"};
    result.push_back(std::move(finding));
  }
  for (const std::uint32_t index : shape_.graph.inputs_of(shape_.value())) {
    if (has_steps_in_rows(policy_, shape_.graph, shape_.graph.inputs[index])) shape_.builder.assume("steps_in_rows");
  }
  if (!any) {
    Finding finding = start(Property::no_jump, {}, span());
    finding.verdict = Verdict::proved;
    finding.sentence = {"pay is continuous: no threshold makes it jump", "报酬连续变化：没有任何门槛造成跳变"};
    result.push_back(std::move(finding));
  }
  return result;
}

/// Somebody's work changes it: not what is free for other reasons, nor a rate of exchange.
static bool can_be_moved(const Input& input) {
  const bool free = input.made == Input::Made::no || input.made == Input::Made::by_others;
  return input.kind != Input::Kind::rate && !(input.kind == Input::Kind::opaque && free);
}

/// States on both sides of a jump, for questions about what a small change does.
void Decider::seed(const State& place) {
  for (const auto mode : {value::Rounding::floor, value::Rounding::ceiling}) {
    std::vector<Number> inputs = place.inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (const auto& grain = shape_.graph.inputs[i].grain) inputs[i] = inputs[i].round_to(*grain, mode);
    }
    seeds_.push_back(std::move(inputs));
  }
}

/// Two stores beside the exact place of the jump: one input on the grain below and above it.
bool Decider::witness_beside(Finding& finding, const Shape::Threshold& threshold, const State& place) {
  Graph& graph = shape_.graph;
  const auto size = finding.amount;
  std::vector<Number> values;
  const auto cone = graph.cone({threshold.atom, pay().amount});
  // The search may leave one input between two multiples of its grain: that one has to move.
  std::optional<std::uint32_t> between;
  for (const std::uint32_t index : graph.inputs_of(threshold.atom)) {
    const auto& grain = graph.inputs[index].grain;
    if (grain && place.inputs[index] != place.inputs[index].round_to(*grain, value::Rounding::floor)) between = index;
  }
  for (const std::uint32_t index : graph.inputs_of(threshold.atom)) {
    const Input input = graph.inputs[index];
    if (!input.grain || input.offset > 0 || input.history || !can_be_moved(input)) continue;
    if (between && *between != index) continue;
    const Number low = place.inputs[index].round_to(*input.grain, value::Rounding::floor);
    for (const Number& from : {low, low - *input.grain}) {
      const Number to = from + *input.grain;
      if (!input.range.contains(from) || !input.range.contains(to)) continue;
      State state = place;
      const auto look = [&](const Number& at) {
        state.inputs[index] = at;
        graph.evaluate(cone, state.inputs, values);
        return std::pair(values[threshold.atom], values[pay().amount]);
      };
      const auto before = look(from), after = look(to);
      if (before.first == after.first || before.second == after.second) continue;
      const bool up = before.second < after.second;
      const NodeId node = graph.input(input);
      Query query;
      query.second[node] = graph.add(node, graph.constant(up ? *input.grain : -*input.grain));
      query.objective = graph.subtract(graph.substitute(pay().amount, query.second), pay().amount);
      query.tolerance = options_.tolerance;
      const NodeId flipped = graph.substitute(threshold.atom, query.second);
      query.require = {graph.either(graph.both(threshold.atom, graph.negate(flipped)),
                                    graph.both(graph.negate(threshold.atom), flipped))};
      require_second(query);
      state.inputs[index] = up ? from : to;
      state.inputs.resize(graph.inputs.size());
      state.objective = (after.second - before.second).abs();
      if (state.objective <= options_.tolerance || !holds(graph.facts, state) || !refute(finding, query, state))
        continue;
      finding.amount = size;
      return true;
    }
  }
  return false;
}

/// Two stores on both sides of the threshold: one input moved by its smallest step.
void Decider::witness_of_jump(Finding& finding, const Shape::Threshold& threshold) {
  Graph& graph = shape_.graph;
  auto inputs = graph.inputs_of(threshold.atom);
  std::stable_sort(inputs.begin(), inputs.end(), [&](std::uint32_t a, std::uint32_t b) {
    return (graph.inputs[a].kind == Input::Kind::total) > (graph.inputs[b].kind == Input::Kind::total);
  });
  for (std::size_t i = 0; i < inputs.size() && i < 4; ++i) {
    const Input input = graph.inputs[inputs[i]];
    if (!input.grain || input.offset > 0 || input.history || !can_be_moved(input)) continue;
    const NodeId node = graph.input(input);
    for (const bool up : {true, false}) {
      Query query;
      const Number step = up ? *input.grain : -*input.grain;
      query.second[node] = graph.add(node, graph.constant(step));
      const NodeId after = graph.substitute(pay().amount, query.second);
      const NodeId flipped = graph.substitute(threshold.atom, query.second);
      query.objective = graph.subtract(after, pay().amount);
      query.tolerance = options_.tolerance;
      query.require = {graph.either(graph.both(threshold.atom, graph.negate(flipped)),
                                    graph.both(graph.negate(threshold.atom), flipped))};
      const std::vector<NodeId> facts = graph.facts;
      for (const NodeId fact : facts) {
        const NodeId still = graph.substitute(fact, query.second);
        if (still != fact) query.require.push_back(still);
      }
      if (input.range.lower)
        query.require.push_back(graph.less_equal(graph.constant(*input.range.lower), query.second[node]));
      if (input.range.upper)
        query.require.push_back(graph.less_equal(query.second[node], graph.constant(*input.range.upper)));
      Problem problem;
      problem.objective = query.objective;
      problem.require = query.require;
      problem.largest_rows = Number(300);
      problem.largest_total = Number(200'000);
      Search search(graph, problem, shape_.anchor(), options_.seed);
      const auto found = search.run(options_.evaluations);
      finding.evaluations += search.evaluations();
      const auto size = finding.amount;
      if (found && found->objective > query.tolerance && refute(finding, query, *found)) {
        finding.amount = size;
        return;
      }
    }
  }
  finding.verdict = Verdict::unknown;
}

// ---- metrics
// ---------------------------------------------------------------------------------------------------------

std::vector<Finding> Decider::monotone() {
  std::vector<Finding> result;
  Shape cut(policy_, target_, true);
  const auto metrics = cut.builder.metrics();
  for (const auto& met : metrics) {
    const MetricId metric = met.first;  // clang 14 cannot capture structured bindings
    const Scalar& scalar = met.second;
    const auto& of = policy_.metrics[metric.index];
    if (cut.graph[scalar.value].op != Op::input ||
        cut.graph.inputs[cut.graph[scalar.value].index].kind != Input::Kind::metric)
      continue;
    const auto inputs = cut.graph.inputs_of(cut.value());
    const bool through = std::any_of(inputs.begin(), inputs.end(),
                                     [&](std::uint32_t other) { return is_made_of(cut.graph.inputs[other], metric); });
    if (!through && std::find(inputs.begin(), inputs.end(), cut.graph[scalar.value].index) == inputs.end()) continue;
    Finding finding = start(Property::monotone, of.named.name, of.named.span);
    const int good = of.lower_is_better ? -1 : 1;
    Change change;
    change.inputs[cut.graph[scalar.value].index] = Interval::at_least(kZero);
    // What is made of the metric and not taken apart moves with it.
    const Deltas first = deltas(cut.graph, change);
    for (const std::uint32_t other : inputs) {
      if (is_made_of(cut.graph.inputs[other], metric))
        change.inputs[other] = moves_freely(cut.graph, cut.graph.inputs[other], first);
    }
    const auto sign = direction(deltas(cut.graph, change).delta[cut.value()]);
    finding.sentence = {"a better `" + of.named.name + "` never lowers pay",
                        "「" + zh(of.named.name) + "」变好不会使报酬减少"};
    if (sign && (*sign == 0 || *sign == good)) {
      finding.verdict = Verdict::proved;
      result.push_back(std::move(finding));
      continue;
    }
    // The metric alone, over all states of the others.
    Graph& graph = cut.graph;
    Input other = graph.inputs[graph[scalar.value].index];
    other.key += " better";
    const NodeId better = graph.input(other);
    std::map<NodeId, NodeId> second{{scalar.value, better}};
    std::vector<NodeId> require;
    for (const std::uint32_t index : inputs) {
      const Input input = graph.inputs[index];
      if (is_made_of(input, metric))
        second[graph.input(input)] = moved_freely(graph, input, "better " + of.named.name, second, require);
    }
    const NodeId moved = graph.substitute(cut.value(), second);
    std::vector<NodeId> truths{good > 0 ? graph.less(scalar.value, better) : graph.less(better, scalar.value),
                               graph.less(graph.add(graph.constant(cent()), moved), cut.value())};
    truths.insert(truths.end(), require.begin(), require.end());
    if (Solver::available()) {
      finding.asked_solver = true;
      for (const bool abstract : {true, false}) {
        const Question asked = question(graph, truths, abstract);
        if (Solver::ask(asked.script, asked.inputs, options_.solver_budget).answer != Answer::unsat) continue;
        finding.verdict = Verdict::proved;
        finding.layer = abstract ? Layer::linear : Layer::nonlinear;
        break;
      }
    }
    if (finding.verdict != Verdict::proved) monotone_witness(finding, metric);
    result.push_back(std::move(finding));
  }
  return result;
}

/// One aggregate moves, the metric gets better, no other metric gets worse, and pay falls.
void Decider::monotone_witness(Finding& finding, MetricId metric) {
  Graph& graph = shape_.graph;
  const auto metrics = shape_.builder.metrics();
  const auto found = metrics.find(metric);
  if (found == metrics.end()) return;
  const auto inputs = graph.inputs_of(found->second.value);
  for (std::size_t i = 0; i < inputs.size() && i < 4; ++i) {
    const Input input = graph.inputs[inputs[i]];
    if (!input.grain || !can_be_moved(input)) continue;
    const NodeId node = graph.input(input);
    Input amount;
    amount.kind = Input::Kind::parameter;
    amount.key = "moved " + input.key;
    amount.name = "change of " + input.name;
    const Number most(input.kind == Input::Kind::rows ? 300 : 10'000);  // what a witness can show
    amount.range = {-most, most};
    amount.grain = input.grain;
    Query query;
    query.second[node] = graph.add(node, graph.input(amount));
    for (const auto& [other, scalar] : metrics) {
      const bool lower = policy_.metrics[other.index].lower_is_better;
      const NodeId after = graph.substitute(scalar.value, query.second);
      if (after == scalar.value) continue;
      const NodeId low = lower ? after : scalar.value, high = lower ? scalar.value : after;
      query.require.push_back(other == metric ? graph.less(low, high) : graph.less_equal(low, high));
      query.require.push_back(graph.substitute(scalar.defined, query.second));
      query.require.push_back(scalar.defined);
    }
    const std::vector<NodeId> facts = graph.facts;
    for (const NodeId fact : facts) query.require.push_back(graph.substitute(fact, query.second));
    if (input.range.lower)
      query.require.push_back(graph.less_equal(graph.constant(*input.range.lower), query.second[node]));
    if (input.range.upper)
      query.require.push_back(graph.less_equal(query.second[node], graph.constant(*input.range.upper)));
    query.objective = graph.subtract(pay().amount, graph.substitute(pay().amount, query.second));
    query.tolerance = cent();
    Problem problem;
    problem.objective = query.objective;
    problem.require = query.require;
    bool found_one = false;
    for (const std::uint64_t seed : {options_.seed, options_.seed + 7, options_.seed + 14}) {
      Search search(graph, problem, shape_.anchor(), seed);
      const auto state = search.run(options_.evaluations, seeds_);
      finding.evaluations += search.evaluations();
      found_one = state && state->objective > query.tolerance && refute(finding, query, *state);
      if (found_one) break;
    }
    if (!found_one) continue;
    const std::string& name = policy_.metrics[metric.index].named.name;
    finding.sentence = {"a better `" + name + "`, with nothing else worse, can lower pay by " + money(*finding.amount),
                        "「" + zh(name) + "」变好且其他指标不变差，报酬却可能减少 " + money(*finding.amount)};
    return;
  }
}

}  // namespace kpi::prove
