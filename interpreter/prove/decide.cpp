#include "interpreter/prove/decide.hpp"

#include <algorithm>

namespace kpi::prove {

Decider::Decider(const model::Policy& policy, const std::vector<model::Attack>& attacks, Target target,
                 const AnalysisOptions& options)
    : policy_(policy), declared_(attacks), target_(target), options_(options), shape_(policy, target) {
  subject_ = target.payout.valid() ? policy.payouts[target.payout.index].named.name
                                   : policy.scorecards[target.scorecard.index].named.name;
}

Number Decider::cent() const {
  return target_.payout.valid() ? Number::power_of_ten(-policy_.payouts[target_.payout.index].currency.minor_digits())
                                : Number::power_of_ten(-6);
}

Span Decider::span() const {
  return target_.payout.valid() ? policy_.payouts[target_.payout.index].named.span
                                : policy_.scorecards[target_.scorecard.index].named.span;
}

std::string Decider::shown(const Number& number, value::Unit unit) const {
  std::string text = number.is_decimal() ? number.to_string() : "~" + number.to_fixed(4);
  if (unit.money == 1 && unit.time == 0) {
    const int digits = unit.currency.minor_digits();
    if (number == number.round(digits, value::Rounding::half_even)) text = number.to_fixed(digits, true);
    text += " " + std::string(unit.currency.code());
  } else if (unit.money == 0 && unit.time == 1) {
    text += " s";
  }
  return text;
}

std::string Decider::zh(const std::string& name) const {
  if (name == "score") return "得分";
  const auto texts = policy_.labels.by_language.find("zh");
  if (texts == policy_.labels.by_language.end()) return name;
  const auto text = texts->second.find(name);
  return text == texts->second.end() ? name : text->second;
}

Finding Decider::start(Property property, std::string detail, Span at) const {
  Finding finding;
  finding.property = property;
  finding.payout = target_.payout;
  finding.scorecard = target_.scorecard;
  finding.subject = subject_;
  finding.detail_zh = zh(detail);
  finding.detail = std::move(detail);
  finding.span = at.end > at.begin ? at : span();
  return finding;
}

std::vector<Finding> Decider::all() {
  std::vector<Finding> result;
  result.push_back(reachable());
  result.push_back(bounded());
  result.push_back(not_negative());
  for (const auto part : {&Decider::jumps, &Decider::orders, &Decider::refunds, &Decider::monotone,
                          &Decider::independent, &Decider::share_of_sales, &Decider::share_of_margin, &Decider::samples,
                          &Decider::ratchets, &Decider::attacks}) {
    auto found = (this->*part)();
    std::move(found.begin(), found.end(), std::back_inserter(result));
  }
  for (Finding& finding : result) leave_open(finding);
  return result;
}

/// What depends on balances of earlier periods in a way that is not followed is not proved.
void Decider::leave_open(Finding& finding) const {
  const bool by_pay = pay().open_pay && finding.property != Property::reachable;
  const bool by_gain = pay().open_gain && finding.property == Property::attack;
  if (finding.verdict != Verdict::proved || (!by_pay && !by_gain)) return;
  finding.verdict = Verdict::unknown;
  if (by_pay)
    finding.notes.push_back({"the `draw` or its recovery is not a constant, so that pay is not known",
                             "`draw` 或其扣回比例不是常数，因此无法得知实付金额"});
  else
    finding.notes.push_back({"what `cap … carry` carries on meets `paid when` or `budget`, which is not followed",
                             "`cap … carry` 的结转与 `paid when` 或 `budget` 相互影响，未作分析"});
}

// ---- one question
// ----------------------------------------------------------------------------------------------------

void Decider::decide(Finding& finding, const Query& query) {
  decide_layers(finding, query);
  if (finding.verdict != Verdict::proved) return;
  const std::string what = std::string(name(finding.property)) + " " + finding.detail;
  proved_.push_back({what, finding.layer, query.objective, query.tolerance, query.require});
}

void Decider::decide_layers(Finding& finding, const Query& query) {
  if (query.native_bound && *query.native_bound <= query.tolerance) {
    finding.verdict = Verdict::proved;
    finding.layer = query.native_layer;
    return;
  }
  Graph& graph = shape_.graph;
  Problem problem;
  problem.objective = query.objective;
  problem.require = query.require;
  problem.boundary = query.boundary;
  std::optional<State> hint;
  // A first look, then the solver (a proof ends the matter), then a longer look.
  for (int round = 0; round < 3; ++round) {
    if (round == 1 && query.search_only) continue;
    if (round == 1) {
      if (ask_solver(finding, query, hint)) return;
      if (!hint) continue;
    }
    const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(round) * 7;
    // What the search finds with percentiles and the like at rest can be shown; for all else the rows must agree.
    const bool at_rest = round == 0 && query.attack != nullptr && !query.attack->still.empty();
    if (at_rest) {
      Problem quiet = problem;
      quiet.require.insert(quiet.require.end(), query.attack->still.begin(), query.attack->still.end());
      Search first(graph, quiet, shape_.anchor(), seed);
      const auto seen = first.run(options_.evaluations, seeds_);
      finding.evaluations += first.evaluations();
      if (seen && seen->objective > query.tolerance && refute(finding, query, *seen)) return;
    }
    Search search(graph, problem, shape_.anchor(), seed);
    std::optional<State> found;
    if (round == 1) {
      hint->inputs.resize(graph.inputs.size());
      std::vector<std::uint32_t> free;
      for (std::uint32_t i = 0; i < graph.inputs.size(); ++i) free.push_back(i);
      found = search.improve(*hint, free, options_.evaluations);
    } else {
      found = search.run(round == 0 ? options_.evaluations : 2 * options_.evaluations, seeds_);
    }
    finding.evaluations += search.evaluations();
    if (found && found->objective > query.tolerance && refute(finding, query, *found)) return;
  }
  finding.verdict = Verdict::unknown;
}

/// Only what the real evaluator reproduces to the cent counts. The simplest store first, then the one that was found.
bool Decider::refute(Finding& finding, const Query& query, const State& state) {
  State found = state;
  found.inputs.resize(shape_.graph.inputs.size());
  shrink(query, found);
  State simple = found;
  const bool simpler = simplify(query, simple);
  for (const State* candidate : {&simple, &found}) {
    if (candidate == &simple && !simpler) continue;
    auto witness = replay(query, *candidate);
    if (!witness) continue;
    finding.verdict = Verdict::refuted;
    finding.layer = Layer::search;
    finding.amount = candidate->objective;
    last_state_ = *candidate;
    describe_change(*witness, query, *candidate);
    find_cause(finding, query, *candidate);
    finding.witness = std::move(witness);
    return true;
  }
  return false;
}

namespace {

/// Simpler values for a value, the simplest first: none, the least, one that everybody knows, fewer digits, smaller.
std::vector<Number> simpler_values(const Input& input, const Number& now, value::Date anchor) {
  std::vector<Number> result;
  const auto offer = [&](const Number& value) {
    if (input.range.contains(value) && (!input.grain || value == value.round_to(*input.grain, value::Rounding::floor)))
      result.push_back(value);
  };
  if (input.kind == Input::Kind::date) {
    for (const int days : {730, 365, 180, 60, 30, 14}) offer(Number(anchor.days - days));
    return result;
  }
  if (input.kind == Input::Kind::category || input.kind == Input::Kind::choice) return result;
  if (input.kind == Input::Kind::rate) {
    offer(Number(1));
    return result;
  }
  // An order of nothing convinces nobody.
  const bool amount = input.kind == Input::Kind::parameter && input.unit.money == 1;
  if (!amount) offer(Number(0));
  if (input.range.lower && !(amount && input.range.lower->is_zero())) offer(*input.range.lower);
  if (input.kind == Input::Kind::days && input.range.upper) offer(*input.range.upper);
  const bool rows = input.kind == Input::Kind::rows;
  for (const int usual : {1, 2, 3, 5, 10, 20, 50, 100}) {
    if (rows || amount || Number(usual) <= now) offer(Number(usual));
  }
  // 1, 2, 3 significant digits of it, downwards and upwards.
  Number unit = Number::power_of_ten(-2);
  while (unit * Number(10) <= now.abs()) unit = unit * Number(10);
  for (int digits = 0; digits < 3; ++digits, unit = unit / Number(10)) {
    offer(now.round_to(unit, value::Rounding::floor));
    offer(now.round_to(unit, value::Rounding::ceiling));
    offer(now.round_to(unit * Number(5), value::Rounding::floor));
  }
  offer(now.round(0, value::Rounding::floor));
  return result;
}

/// Digits up to the last one that is not 0: 500 has one, 352,950.01 has eight.
std::size_t digits_of(const Number& number) {
  std::string text = number.abs().is_decimal() ? number.abs().to_string() : number.abs().to_fixed(6);
  std::erase(text, '.');
  while (!text.empty() && text.back() == '0') text.pop_back();
  return text.size();
}

}  // namespace

/// Rounder and smaller numbers, fewer rows, as long as the property stays broken by half as much or more.
bool Decider::simplify(const Query& query, State& state) const {
  const Graph& graph = shape_.graph;
  std::vector<NodeId> truths = graph.facts;
  truths.insert(truths.end(), query.require.begin(), query.require.end());
  std::vector<NodeId> roots = truths;
  roots.push_back(query.objective);
  const auto cone = graph.cone(roots);
  std::vector<Number> values;
  const auto objective = [&](const std::vector<Number>& inputs) -> std::optional<Number> {
    graph.evaluate(cone, inputs, values);
    if (std::any_of(truths.begin(), truths.end(), [&](NodeId truth) { return values[truth].is_zero(); }))
      return std::nullopt;
    return values[query.objective];
  };
  const auto at_first = objective(state.inputs);
  if (!at_first || *at_first <= query.tolerance) return false;
  const Number enough = value::max(*at_first / Number(2), query.tolerance);
  std::vector<std::uint32_t> order;
  for (const NodeId id : cone) {
    if (graph[id].op == Op::input) order.push_back(graph[id].index);
  }
  bool changed = false;
  for (int pass = 0; pass < 2; ++pass) {
    for (const std::uint32_t index : order) {
      const Input& input = graph.inputs[index];
      const Number now = state.inputs[index];
      for (const Number& value : simpler_values(input, now, shape_.anchor())) {
        if (value == now) break;
        const bool fewer = input.kind != Input::Kind::rows || value < now;
        const bool rounder = input.kind == Input::Kind::date || value.is_zero() || digits_of(value) < digits_of(now) ||
                             (digits_of(value) == digits_of(now) && value.abs() < now.abs());
        if (!fewer || !rounder) continue;
        state.inputs[index] = value;
        const auto reached = objective(state.inputs);
        if (reached && *reached > query.tolerance && *reached >= enough) {
          state.objective = *reached;
          changed = true;
          break;
        }
        state.inputs[index] = now;
      }
    }
  }
  return changed;
}

bool Decider::holds(const std::vector<NodeId>& truths, const State& state) const {
  std::vector<Number> values;
  shape_.graph.evaluate(shape_.graph.cone(truths), state.inputs, values);
  return std::none_of(truths.begin(), truths.end(), [&](NodeId truth) { return values[truth].is_zero(); });
}

/// Numbers of rows that decide nothing become as small as the facts allow, so that a witness fits on a screen.
void Decider::shrink(const Query& query, State& state) const {
  const Graph& graph = shape_.graph;
  std::vector<NodeId> roots{query.objective, pay().amount};
  for (const auto& [from, to] : query.second) roots.push_back(to);
  if (query.attack != nullptr) {
    roots.insert(roots.end(), query.attack->paid_before.begin(), query.attack->paid_before.end());
    roots.insert(roots.end(), query.attack->paid_after.begin(), query.attack->paid_after.end());
  }
  std::vector<bool> decides(graph.inputs.size());
  for (const NodeId id : graph.cone(roots)) {
    if (graph[id].op == Op::input) decides[graph[id].index] = true;
  }
  std::vector<NodeId> truths = graph.facts;
  truths.insert(truths.end(), query.require.begin(), query.require.end());
  for (std::uint32_t index = 0; index < graph.inputs.size(); ++index) {
    if (graph.inputs[index].kind != Input::Kind::rows || decides[index]) continue;
    const Number before = state.inputs[index];
    for (const int rows : {0, 1, 2, 3, 5, 10, 20, 40}) {
      if (Number(rows) >= before) break;
      state.inputs[index] = Number(rows);
      if (holds(truths, state)) break;
      state.inputs[index] = before;
    }
  }
}

bool Decider::ask_solver(Finding& finding, const Query& query, std::optional<State>& hint) {
  if (!Solver::available()) return false;
  Graph& graph = shape_.graph;
  std::vector<NodeId> truths = query.require;
  truths.push_back(graph.less(graph.constant(query.tolerance), query.objective));
  if (query.boundary) truths.push_back(graph.equal(query.boundary->first, query.boundary->second));
  finding.asked_solver = true;
  for (const bool abstract : {true, false}) {
    const Question asked = question(graph, truths, abstract);
    const Solved solved = Solver::ask(asked.script, asked.inputs, options_.solver_budget);
    if (solved.answer == Answer::unsat) {
      finding.verdict = Verdict::proved;
      finding.layer = abstract || !asked.abstracted ? Layer::linear : Layer::nonlinear;
      if (!abstract) finding.layer = Layer::nonlinear;
      return true;
    }
    if (solved.answer != Answer::sat) continue;
    State state;
    state.inputs.resize(graph.inputs.size());
    for (const auto& [index, value] : solved.inputs) {
      const Input& input = graph.inputs[index];
      state.inputs[index] = input.grain ? value.round_to(*input.grain, value::Rounding::half_even) : value;
    }
    std::vector<Number> values;
    graph.evaluate(graph.cone(truths), state.inputs, values);
    state.objective = values[query.objective];
    hint = std::move(state);
    if (!abstract || !asked.abstracted) break;
  }
  return false;
}

// ---- replay
// ----------------------------------------------------------------------------------------------------------

std::optional<Witness> Decider::replay(const Query& query, const State& state) {
  Graph& graph = shape_.graph;
  WorldMaker maker(shape_);
  std::vector<Number> inputs = state.inputs;
  inputs.resize(graph.inputs.size());
  Witness witness;
  std::vector<Number> values;
  witness.entity = policy_.entities[shape_.builder.entity().index].named.name;
  const auto agree = [&](const World& world, std::int32_t offset, const Number& predicted, bool is_after) {
    const Paid real = maker.pay(world, offset);
    if (!real.amount || *real.amount != predicted) return false;
    (is_after ? witness.paid_after : witness.paid_before).push_back(*real.amount);
    (is_after ? witness.status_after : witness.status_before).push_back(real.status);
    return true;
  };
  const auto before = maker.make(inputs, query.attack);
  if (!before) return std::nullopt;
  witness.key = maker.key();
  if (query.attack != nullptr) {
    const AttackGraph& attack = *query.attack;
    witness.periods = attack.periods;
    std::vector<NodeId> roots = attack.paid_before;
    roots.insert(roots.end(), attack.paid_after.begin(), attack.paid_after.end());
    roots.push_back(attack.cost);
    graph.evaluate(graph.cone(roots), inputs, values);
    for (std::int32_t at = 0; at < attack.periods; ++at) {
      const std::int32_t offset = attack.periods - 1 - at;
      const auto after = maker.attacked(*before, inputs, attack, at > 0);
      if (!after) return std::nullopt;
      if (!agree(*before, offset, values[attack.paid_before[static_cast<std::size_t>(at)]], false) ||
          !agree(*after, offset, values[attack.paid_after[static_cast<std::size_t>(at)]], true))
        return std::nullopt;
      witness.after.push_back(maker.tables(*after));
    }
    witness.cost = values[attack.cost];
    if (attack.recomputed != kNoNode) {
      const auto late = maker.attacked(*before, inputs, attack, true);
      graph.evaluate(graph.cone({attack.recomputed}), inputs, values);
      const Number predicted = values[attack.recomputed];
      const Paid real = late ? maker.pay(*late, attack.periods - 1) : Paid{};
      if (!real.amount || *real.amount != predicted) return std::nullopt;
      witness.recomputed = predicted;
      witness.recomputed_status = real.status;
    }
  } else {
    graph.evaluate(graph.cone({pay().amount}), inputs, values);
    if (!agree(*before, 0, values[pay().amount], false)) return std::nullopt;
    if (!query.second.empty()) {
      std::vector<Number> moved = inputs;
      std::vector<NodeId> roots;
      for (const auto& [from, to] : query.second) roots.push_back(to);
      graph.evaluate(graph.cone(roots), inputs, values);
      for (const auto& [from, to] : query.second) moved[graph[from].index] = values[to];
      graph.evaluate(graph.cone({pay().amount}), moved, values);
      const auto after = maker.make(moved);
      if (!after || !agree(*after, 0, values[pay().amount], true)) return std::nullopt;
      witness.after.push_back(maker.tables(*after));
    }
  }
  witness.before = maker.tables(*before);
  witness.period = shape_.period.shift(-(witness.periods - 1));
  Number sum;
  for (const Number& paid : witness.paid_before) sum -= paid;
  for (const Number& paid : witness.paid_after) sum += paid;
  if (witness.recomputed) sum -= value::max(Number(0), witness.paid_after.front() - *witness.recomputed);
  witness.net = sum - witness.cost;
  if (query.attack != nullptr) {
    // What a cap would carry on is no part of what the evaluator pays: such a state shows nothing.
    const NodeId counted = graph.subtract(query.attack->amount_after, query.attack->amount_before);
    graph.evaluate(graph.cone({counted}), inputs, values);
    if (values[counted] != sum) return std::nullopt;
  }
  return witness;
}

/// The table of the story: inputs that move, the metrics they change, and pay.
void Decider::describe_change(Witness& witness, const Query& query, const State& state) {
  Graph& graph = shape_.graph;
  std::vector<Number> inputs = state.inputs;
  inputs.resize(graph.inputs.size());
  std::map<NodeId, NodeId> moved = query.second;
  if (query.attack != nullptr) moved = query.attack->moved.back();
  std::vector<NodeId> roots;
  std::vector<std::pair<NodeId, NodeId>> shown_nodes;
  auto used = graph.inputs_of(shape_.value());
  // What pay is held against belongs to the story too.
  if (query.attack == nullptr && query.second.empty()) {
    for (const std::uint32_t index : graph.inputs_of(query.objective)) {
      if (std::find(used.begin(), used.end(), index) == used.end()) used.push_back(index);
    }
  }
  for (const std::uint32_t index : used) {
    const NodeId node = graph.input(Input(graph.inputs[index]));
    const auto to = moved.find(node);
    shown_nodes.emplace_back(node, to == moved.end() ? node : to->second);
  }
  for (const auto& [metric, scalar] : shape_.builder.metrics()) {
    if (graph[scalar.value].op == Op::input || graph.is_constant(scalar.value)) continue;
    shown_nodes.emplace_back(scalar.value, graph.substitute(scalar.value, moved));
  }
  if (shape_.target.payout.valid() && pay().score.value != kNoNode) {
    shown_nodes.emplace_back(pay().score.value, graph.substitute(pay().score.value, moved));
  }
  for (const auto& [from, to] : shown_nodes) roots.insert(roots.end(), {from, to});
  std::vector<Number> values;
  graph.evaluate(graph.cone(roots), inputs, values);
  const bool two = !moved.empty();
  std::set<std::string> seen;
  for (const auto& both : shown_nodes) {
    const NodeId from = both.first, to = both.second;  // clang 14 cannot capture structured bindings
    const auto name = graph.names.find(from);
    std::string text = name != graph.names.end() ? name->second : shape_.name_of(from);
    if (!seen.insert(text).second) continue;
    value::Unit unit;
    if (graph[from].op == Op::input) unit = graph.inputs[graph[from].index].unit;
    if (const auto known = graph.units.find(from); known != graph.units.end()) unit = known->second;
    const auto show = [&](const Number& number) {
      if (graph[from].op == Op::input && graph.inputs[graph[from].index].kind == Input::Kind::date) {
        return value::Date{static_cast<std::int32_t>(number.to_int64().value_or(0))}.to_string();
      }
      if (graph[from].op == Op::input && graph.inputs[graph[from].index].kind == Input::Kind::category) {
        const auto& members = graph.inputs[graph[from].index].members;
        const auto member = static_cast<std::size_t>(number.to_int64().value_or(0));
        return member < members.size() ? "\"" + value::to_string(members[member]) + "\"" : std::string("\"another\"");
      }
      return shown(number, unit);
    };
    witness.lines.push_back({{text, zh(text)}, show(values[from]), two ? show(values[to]) : std::string()});
  }
  account_for_periods(witness, query, state);
}

/// The cheapest and the most profitable way in the same situation.
void Decider::ways(Finding& finding, const Query& query, const State& state) {
  if (query.attack == nullptr) return;
  Graph& graph = shape_.graph;
  const AttackGraph& attack = *query.attack;
  const auto tell = [&](const State& at, Said way) {
    std::vector<NodeId> roots{attack.cost, attack.gain};
    for (const auto& step : attack.steps) roots.push_back(step.count);
    std::vector<Number> values;
    graph.evaluate(graph.cone(roots), at.inputs, values);
    const std::string count = attack.steps.empty() ? "" : shown(values[attack.steps.front().count], {});
    finding.notes.push_back(
        {way.en + ": " + count + ", cost " + money(values[attack.cost]) + ", net gain " + money(values[attack.gain]),
         way.zh + "：数量 " + count + "，成本 " + money(values[attack.cost]) + "，净收益 " +
             money(values[attack.gain])});
  };
  Problem cheapest;
  cheapest.require = query.require;
  cheapest.require.push_back(graph.less(graph.constant(query.tolerance), query.objective));
  // Of those that cost the same, the smallest.
  NodeId effort = attack.cost;
  for (const auto& step : attack.steps)
    effort = graph.add(effort, graph.multiply(graph.constant(Number::power_of_ten(-9)), step.count));
  cheapest.objective = graph.multiply(graph.constant(Number(-1)), effort);
  Problem best;
  best.require = query.require;
  best.objective = query.objective;
  State from = state;
  from.inputs.resize(graph.inputs.size());
  std::vector<Number> values;
  graph.evaluate(graph.cone({cheapest.objective}), from.inputs, values);
  from.objective = values[cheapest.objective];
  Search cheap(graph, cheapest, shape_.anchor(), options_.seed);
  const auto least = cheap.improve(from, attack.parameters, options_.evaluations / 2);
  from.objective = state.objective;
  Search profitable(graph, best, shape_.anchor(), options_.seed);
  const auto most = profitable.improve(from, attack.parameters, options_.evaluations / 2);
  if (least) tell(*least, {"the smallest and cheapest way here", "此情形下最小、成本最低的做法"});
  if (most) tell(*most, {"the most profitable way here", "此情形下获利最大的做法"});
}

}  // namespace kpi::prove
