#include "interpreter/prove/facts.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "interpreter/prove/attack.hpp"

namespace kpi::prove {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return "proved";
    case Verdict::refuted:
      return "refuted";
    case Verdict::unknown:
      return "unknown";
    case Verdict::inadmissible:
      return "inadmissible";
  }
  return "";
}

namespace {

constexpr Effort kEffort{};
constexpr Effort kQuickEffort{.quick = true};

std::string shown(const Number& number) { return number.is_decimal() ? number.to_string() : "~" + number.to_fixed(2); }

Number minor_unit(const model::Policy& policy) { return Number::power_of_ten(-policy.header.currency.minor_digits()); }

}  // namespace

struct Facts::Impl {
  explicit Impl(const model::Policy& policy_) : policy(policy_) {}

  /// Payouts and scorecards under one number.
  static std::uint32_t key(Target target) {
    return target.payout.valid() ? 2 * target.payout.index : 2 * target.scorecard.index + 1;
  }
  Shape& shape(Target target, bool cut_metrics = false) {
    auto& known = (cut_metrics ? cut_shapes : shapes)[key(target)];
    if (!known) known = std::make_unique<Shape>(policy, target, cut_metrics);
    return *known;
  }
  template <class Result, class Make>
  const Result& remembered(std::map<std::uint32_t, Result>& known, Target target, Make make) {
    const auto found = known.find(key(target));
    if (found != known.end()) return found->second;
    return known.emplace(key(target), make()).first->second;
  }

  Jumps find_jumps(Target target, const Effort& effort = kEffort,
                   const std::function<bool(const Shape::Threshold&)>& wanted = {});
  std::vector<Accelerator> find_accelerators(Target target);
  Bounds find_bounds(Target target);
  Monotone find_monotone(Target target, MetricId metric, Direction direction);
  LowestPay find_lowest(Target target);
  Deduction find_deduction(Target target);
  Gain find_gain(Target target, bool single);
  std::vector<Influence> find_influence(Target target);
  Span span_of(Target target) const {
    return target.payout.valid() ? policy.payouts[target.payout.index].named.span
                                 : policy.scorecards[target.scorecard.index].named.span;
  }

  const model::Policy& policy;
  std::map<std::uint32_t, std::unique_ptr<Shape>> shapes, cut_shapes;
  std::map<std::uint32_t, Jumps> jumps;
  std::map<std::pair<std::uint32_t, std::string>, Jumps> performance_jumps;  // by quantity
  std::map<std::uint32_t, std::vector<Accelerator>> accelerators;
  std::map<std::uint32_t, Bounds> bounds;
  std::map<std::tuple<std::uint32_t, MetricId, Direction>, Monotone> monotone;
  std::map<std::uint32_t, LowestPay> lowest;
  std::map<std::uint32_t, Deduction> deductions;
  std::map<std::uint32_t, Gain> gains, swings;
  std::map<std::uint32_t, std::vector<Influence>> influence;
};

Jumps Facts::Impl::find_jumps(Target target, const Effort& effort,
                              const std::function<bool(const Shape::Threshold&)>& wanted) {
  Jumps result;
  Shape& of = shape(target);
  for (const auto& threshold : of.thresholds()) {
    if (wanted && !wanted(threshold)) continue;
    if (auto jump = of.jump(threshold, effort, result.complete)) result.items.push_back(std::move(*jump));
  }
  for (auto& step : of.rounding_steps(minor_unit(policy), kEffort, result.complete))
    result.items.push_back(std::move(step.jump));
  if (!of.places_among_others().empty()) result.complete = false;
  std::stable_sort(result.items.begin(), result.items.end(), [](const Jump& a, const Jump& b) {
    return std::tuple(a.unbounded, a.size) > std::tuple(b.unbounded, b.size);
  });
  return result;
}

namespace {

/// Neither side depends on the quantity, or the one above is nothing where the one below is not less.
bool cannot_be_proportional(const Graph& graph, NodeId lower, NodeId upper, NodeId quantity) {
  const auto reads = [&](NodeId side) {
    const auto cone = graph.cone({side});
    return std::binary_search(cone.begin(), cone.end(), quantity);
  };
  if (reads(upper)) return false;
  if (!reads(lower)) return true;
  const Interval below = intervals(graph)[lower];
  return below.lower && below.lower->sign() >= 0;
}

}  // namespace

/// Both sides of the threshold are proportional to the quantity that crosses it, with different rates.
std::vector<Accelerator> Facts::Impl::find_accelerators(Target target) {
  std::vector<Accelerator> result;
  Shape& of = shape(target, true);
  Graph& graph = of.graph;
  for (const auto& threshold : of.thresholds()) {
    if (!threshold.at || threshold.at->sign() <= 0 || graph[threshold.atom].op != Op::less) continue;
    const NodeId quantity = graph.is_constant(threshold.left) ? threshold.right : threshold.left;
    if (graph[quantity].op == Op::multiply) continue;
    auto [lower, upper] = of.decided(threshold.atom);
    if (!threshold.true_is_below) std::swap(lower, upper);
    // What does not read the quantity is proportional to it only by being nothing.
    if (cannot_be_proportional(graph, lower, upper, quantity)) continue;
    // Everything else at the best: the other inputs at what a search for the largest jump found.
    bool complete = true;
    std::optional<State> state;
    if (!of.jump(threshold, kQuickEffort, complete, &state) || !state) continue;
    std::vector<Number> values;
    const auto rate = [&](NodeId side, const Number& factor) {
      const NodeId moved = graph.substitute(side, {{quantity, graph.constant(*threshold.at * factor)}});
      graph.evaluate(graph.cone({moved}), state->inputs, values);
      return values[moved];
    };
    const Number below = rate(lower, Number(1)), above = rate(upper, Number(1));
    const Number half(Number(1) / Number(2));
    if (above <= below || rate(lower, half) * Number(2) != below || rate(upper, half) * Number(2) != above) continue;
    result.push_back({below / *threshold.at, above / *threshold.at, *threshold.at, above - below, threshold.quantity,
                      threshold.unit, threshold.span});
  }
  return result;
}

Bounds Facts::Impl::find_bounds(Target target) {
  Shape& of = shape(target);
  Bounds result;
  result.span = span_of(target);
  const Interval range = of.range();
  result.lowest = range.lower;
  result.highest = range.upper;
  if (result.highest) {
    result.verdict = Verdict::proved;
    result.why = {"never more than " + shown(*result.highest), "最高不超过 " + shown(*result.highest)};
    return result;
  }
  Problem problem;
  problem.objective = of.value();
  Search search(of.graph, problem, of.anchor());
  const auto best = search.run(kEffort.evaluations);
  if (!best) return result;
  Problem larger = problem;
  larger.largest_total = problem.largest_total * Number(1'000);
  larger.largest_rows = problem.largest_rows * Number(1'000);
  larger.enough = value::max(best->objective * Number(20), Number(1));
  Search wider(of.graph, larger, of.anchor());
  const auto more = wider.run(kEffort.evaluations);
  if (more && more->objective > *larger.enough) {
    result.verdict = Verdict::refuted;
    result.why = {"grows without limit: " + shown(more->objective) + " is possible",
                  "没有上限：可以达到 " + shown(more->objective)};
  }
  return result;
}

Monotone Facts::Impl::find_monotone(Target target, MetricId metric, Direction wanted) {
  Shape& of = shape(target, true);
  Graph& graph = of.graph;
  Monotone result;
  result.span = policy.metrics[metric.index].named.span;
  const auto found = of.builder.metrics().find(metric);
  if (found == of.builder.metrics().end() || graph[found->second.value].op != Op::input) {
    const auto reads = graph.inputs_of(of.value());
    const bool read = (found != of.builder.metrics().end() && !graph.is_constant(found->second.value)) ||
                      std::any_of(reads.begin(), reads.end(),
                                  [&](std::uint32_t other) { return is_made_of(graph.inputs[other], metric); });
    if (!read) result.verdict = Verdict::proved, result.why = {"the metric is not read", "未使用该指标"};
    return result;
  }
  const NodeId input = found->second.value;
  Change change;
  change.inputs[graph[input].index] = Interval::at_least(Number(0));
  // What is made of the metric and not taken apart moves with it.
  const Deltas first = deltas(graph, change);
  bool followed = true;
  for (const std::uint32_t other : graph.inputs_of(of.value())) {
    if (!is_made_of(graph.inputs[other], metric)) continue;
    change.inputs[other] = moves_freely(graph, graph.inputs[other], first);
    followed = false;
  }
  const auto sign = direction(deltas(graph, change).delta[of.value()]);
  const int good = wanted == Direction::up ? 1 : -1;
  if (sign && (*sign == 0 || *sign == good)) {
    result.verdict = Verdict::proved;
    result.why = *sign == 0 ? Said{"it has no influence", "该指标没有影响"}
                            : Said{"every step on the way keeps the direction", "计算的每一步都保持同一方向"};
    return result;
  }
  if (!followed) return result;
  Input more = graph.inputs[graph[input].index];
  more.key += " after";
  more.name += " after";
  const NodeId after = graph.input(more);
  const NodeId moved = graph.substitute(of.value(), {{input, after}});
  Problem problem;
  problem.require = {graph.less(input, after)};
  problem.objective = wanted == Direction::up ? graph.subtract(of.value(), moved) : graph.subtract(moved, of.value());
  problem.enough = minor_unit(policy);  // one state that shows it will do
  Search search(graph, problem, of.anchor());
  const auto worst = search.run(kEffort.evaluations);
  if (!worst || worst->objective < minor_unit(policy)) return result;
  std::vector<Number> values;
  graph.evaluate(graph.cone({of.value(), moved}), worst->inputs, values);
  result.verdict = Verdict::refuted;
  result.before = values[of.value()];
  result.after = values[moved];
  result.metric_before = worst->inputs[graph[input].index];
  result.metric_after = worst->inputs[graph[after].index];
  const std::string& name = policy.metrics[metric.index].named.name;
  result.why = {"when " + name + " rises from " + shown(*result.metric_before) + " to " + shown(*result.metric_after) +
                    ", the value goes from " + shown(*result.before) + " to " + shown(*result.after),
                name + " 从 " + shown(*result.metric_before) + " 升到 " + shown(*result.metric_after) + " 时，结果从 " +
                    shown(*result.before) + " 变为 " + shown(*result.after)};
  return result;
}

LowestPay Facts::Impl::find_lowest(Target target) {
  Shape& of = shape(target);
  Graph& graph = of.graph;
  LowestPay result;
  result.span = span_of(target);
  const NodeId total = graph.subtract(graph.add(of.pay.base, of.value()), of.pay.base_penalties);
  const Interval range = intervals(graph)[total];
  Problem problem;
  problem.objective = graph.multiply(graph.constant(Number(-1)), total);
  if (range.lower) problem.most = -*range.lower;
  Search search(graph, problem, of.anchor());
  const auto worst = search.run(kEffort.evaluations);
  if (worst) {
    std::vector<Number> values;
    graph.evaluate(graph.cone({total, of.value(), of.pay.base, of.pay.base_penalties}), worst->inputs, values);
    result.base = values[of.pay.base];
    result.penalties = values[of.pay.base_penalties];
    result.payout = values[of.value()];
    result.total = values[total];
  }
  if (range.lower && (!worst || result.total == *range.lower)) {
    result.verdict = Verdict::proved;
    result.total = *range.lower;
    result.why = {"never less than " + shown(result.total), "最低不少于 " + shown(result.total)};
  } else if (worst && !range.lower) {
    result.verdict = Verdict::refuted;
    result.why = {"falls as low as " + shown(result.total) + " and further",
                  "可低至 " + shown(result.total) + "，甚至更低"};
  } else if (worst) {
    result.why = {
        "as low as " + shown(result.total) + " was found, not less than " + shown(*range.lower) + " is certain",
        "已发现低至 " + shown(result.total) + " 的情形，可以确定不低于 " + shown(*range.lower)};
  }
  return result;
}

Deduction Facts::Impl::find_deduction(Target target) {
  Shape& of = shape(target);
  Graph& graph = of.graph;
  Deduction result;
  // Who gets no result has nothing taken.
  const NodeId taken = graph.choose(of.pay.paid, of.pay.base_penalties, graph.constant(Number(0)));
  const Interval range = intervals(graph)[taken];
  Problem problem;
  problem.objective = taken;
  problem.most = range.upper;
  Search search(graph, problem, of.anchor());
  if (const auto found = search.run(kEffort.evaluations)) result.most = value::max(found->objective, Number(0));
  if (!range.upper)
    result.verdict = result.most.sign() > 0 ? Verdict::refuted : Verdict::unknown;
  else if (result.most == value::max(*range.upper, Number(0)))
    result.verdict = Verdict::proved;
  return result;
}

Gain Facts::Impl::find_gain(Target target, bool single) {
  Shape& of = shape(target);
  Graph& graph = of.graph;
  Gain result;
  result.span = span_of(target);
  const auto events = of.order_events();
  if (events.empty()) {
    result.verdict = Verdict::inadmissible;
    result.why = {"the pay reads no orders", "该报酬不读取订单数据"};
    return result;
  }
  Number each_cost;
  if (!single) {
    for (const auto& assumption : policy.payouts[target.payout.index].assumptions) {
      if (assumption.name != "fake_order_cost" || !assumption.value.is<Number>()) continue;
      each_cost = assumption.value.number();
      result.cost_declared = true;
      result.span = assumption.span;
    }
  }
  const Number cent = minor_unit(policy);
  const NodeId pay = single ? of.value() : of.pay.earned;
  bool all_proved = true;
  for (const model::EventsId of_orders : events) {
    const auto addition = of.add_rows(of_orders, 1, single ? 1 : 1'000, single ? "one more order: " : "extra orders: ");
    // One order at a time: if no single one can gain more than it costs, no number of them can.
    Change change;
    for (const auto& [before, after] : addition.after) {
      const Input& input = graph.inputs[graph[before].index];
      if (const auto moved = addition.moved.find(before); moved != addition.moved.end()) {
        change.inputs[graph[before].index] = moved->second;
        continue;
      }
      const Interval row = input.kind == Input::Kind::rows ? Interval::exactly(Number(1)) : input.per_row;
      const bool filtered = !graph.groups[input.group].filter_text.empty();
      change.inputs[graph[before].index] = filtered ? hull(row, Interval::exactly(Number(0))) : row;
    }
    const Deltas first = deltas(graph, change);
    bool evident = true;  // what is free afterwards shows nothing
    const auto reads = graph.inputs_of(pay);
    for (const auto& [node, by] : addition.moved) {
      const std::uint32_t index = graph[node].index;
      const Input& input = graph.inputs[index];
      if (input.measure != kNoNode) change.inputs[index] = moves_freely(graph, input, first);
      const bool read = std::find(reads.begin(), reads.end(), index) != reads.end();
      if (read && input.contract == Input::Contract::free) evident = false;
    }
    const Interval moved = deltas(graph, change).delta[pay];
    if (of.pay.open_gain) {
      all_proved = false;
      continue;
    }
    if (!single && moved.upper && *moved.upper <= each_cost) continue;
    if (single && moved == Interval::exactly(Number(0))) continue;
    all_proved = false;
    if (!evident) continue;
    const NodeId after = graph.substitute(pay, addition.after);
    const NodeId gained = graph.subtract(after, pay);
    Problem problem;
    problem.require = addition.require;
    problem.objective = single ? graph.maximum(gained, graph.multiply(graph.constant(Number(-1)), gained))
                               : graph.subtract(gained, graph.multiply(graph.constant(each_cost), addition.count));
    Search search(graph, problem, of.anchor());
    const auto best = search.run(2 * kEffort.evaluations);
    if (!best || best->objective < cent || (result.verdict == Verdict::refuted && best->objective <= result.net))
      continue;
    std::vector<Number> values;
    graph.evaluate(graph.cone({pay, after, addition.count}), best->inputs, values);
    result.verdict = Verdict::refuted;
    result.orders = values[addition.count].to_int64().value_or(0);
    result.pay_before = values[pay];
    result.pay_after = values[after];
    result.cost = each_cost * Number(result.orders);
    result.net = best->objective;
    for (const auto& [text, total] : addition.totals) {
      if (graph.inputs[graph[total].index].unit.money == 1 && result.orders > 0) {
        result.amount = best->inputs[graph[total].index] / Number(result.orders);
      }
    }
    result.unbounded = !moved.upper;
    const std::string count = std::to_string(result.orders);
    result.why = {count + " more orders change pay from " + shown(result.pay_before) + " to " +
                      shown(result.pay_after) + " and cost " + shown(result.cost),
                  "多出 " + count + " 单，报酬从 " + shown(result.pay_before) + " 变为 " + shown(result.pay_after) +
                      "，成本 " + shown(result.cost)};
  }
  if (result.verdict != Verdict::refuted && all_proved) {
    result.verdict = Verdict::proved;
    result.why = single ? Said{"orders do not change the pay", "订单不影响报酬"}
                        : Said{"one more order never gains more than it costs", "多一单的所得不会超过其成本"};
  }
  return result;
}

std::vector<Influence> Facts::Impl::find_influence(Target target) {
  std::vector<Influence> result;
  Shape& of = shape(target, true);
  Graph& graph = of.graph;
  const auto metrics = of.builder.metrics();
  for (const auto& [metric, scalar] : metrics) {
    if (graph[scalar.value].op != Op::input || graph.inputs[graph[scalar.value].index].kind != Input::Kind::metric)
      continue;
    // Between any two values of this metric, all others standing still: a bound that nothing exceeds.
    Influence found{metric, Number(0), Number(0), false};
    Change change;
    change.inputs[graph[scalar.value].index] = {};
    for (const std::uint32_t other : graph.inputs_of(of.value())) {
      if (is_made_of(graph.inputs[other], metric)) change.inputs[other] = {};
    }
    const Interval moved = deltas(graph, change).delta[of.value()];
    found.unbounded = !moved.lower || !moved.upper;
    if (!found.unbounded) found.highest = value::max(moved.lower->abs(), moved.upper->abs());
    result.push_back(found);
  }
  return result;
}

Facts::Facts(const model::Policy& policy) : impl_(std::make_unique<Impl>(policy)) {}
Facts::~Facts() = default;

const Jumps& Facts::jumps(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->jumps, target, [&] { return impl_->find_jumps(target); });
}
const Jumps& Facts::jumps(ScorecardId id) {
  const Target target{{}, id};
  return impl_->remembered(impl_->jumps, target, [&] { return impl_->find_jumps(target); });
}
const Jumps& Facts::performance_jumps(PayoutId id, const std::string& quantity,
                                      const std::function<bool(const std::string&)>& left_out) {
  const Target target{id, {}};
  const std::pair key(Impl::key(target), quantity);
  const auto found = impl_->performance_jumps.find(key);
  if (found != impl_->performance_jumps.end()) return found->second;
  const auto wanted = [&](const Shape::Threshold& threshold) {
    if (threshold.kind != Jump::Kind::performance) return false;
    return quantity.empty() ? !left_out(threshold.quantity) : threshold.quantity == quantity;
  };
  return impl_->performance_jumps.emplace(key, impl_->find_jumps(target, kQuickEffort, wanted)).first->second;
}
const std::vector<Accelerator>& Facts::accelerators(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->accelerators, target, [&] { return impl_->find_accelerators(target); });
}
const Bounds& Facts::bounds(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->bounds, target, [&] { return impl_->find_bounds(target); });
}
bool Facts::highest_is_reached(PayoutId id) {
  Shape& of = impl_->shape({id, {}});
  Problem problem;
  problem.objective = of.value();
  problem.most = bounds(id).highest;
  Search search(of.graph, problem, of.anchor());
  const auto best = search.run(kEffort.evaluations);
  return best && problem.most && best->objective == *problem.most;
}
const Bounds& Facts::bounds(ScorecardId id) {
  const Target target{{}, id};
  return impl_->remembered(impl_->bounds, target, [&] { return impl_->find_bounds(target); });
}
const Monotone& Facts::monotone_in(PayoutId id, MetricId metric, Direction direction) {
  const std::tuple key(Impl::key({id, {}}), metric, direction);
  const auto found = impl_->monotone.find(key);
  if (found != impl_->monotone.end()) return found->second;
  return impl_->monotone.emplace(key, impl_->find_monotone({id, {}}, metric, direction)).first->second;
}
const Monotone& Facts::monotone_in(ScorecardId id, MetricId metric, Direction direction) {
  const std::tuple key(Impl::key({{}, id}), metric, direction);
  const auto found = impl_->monotone.find(key);
  if (found != impl_->monotone.end()) return found->second;
  return impl_->monotone.emplace(key, impl_->find_monotone({{}, id}, metric, direction)).first->second;
}
const LowestPay& Facts::lowest_total_pay(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->lowest, target, [&] { return impl_->find_lowest(target); });
}
const Deduction& Facts::highest_deduction(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->deductions, target, [&] { return impl_->find_deduction(target); });
}
const Gain& Facts::fake_order_gain(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->gains, target, [&] { return impl_->find_gain(target, false); });
}
const Gain& Facts::single_order_swing(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->swings, target, [&] { return impl_->find_gain(target, true); });
}
const std::vector<Influence>& Facts::influence(PayoutId id) {
  const Target target{id, {}};
  return impl_->remembered(impl_->influence, target, [&] { return impl_->find_influence(target); });
}

}  // namespace kpi::prove
