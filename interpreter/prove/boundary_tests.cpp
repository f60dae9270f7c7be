#include "interpreter/prove/boundary_tests.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "interpreter/eval/run/display.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/prove/test_text.hpp"
#include "interpreter/prove/world.hpp"

namespace kpi::prove {
namespace {

using value::Value;

constexpr std::size_t kEvaluations = 2'000;

std::string unit_text(const Number& number, const value::Unit& unit) {
  if (unit == value::Unit::duration()) {
    const Number day(86'400);
    if ((number / day).is_integer()) return (number / day).to_string() + " days";
    if (!number.is_decimal()) return number.numerator().to_string() + " seconds / " + number.denominator().to_string();
    return number.to_string() + " seconds";
  }
  const bool money = unit.money == 1 && unit.time == 0 && !unit.currency.is_none();
  if (!money) return eval::exact_number(number);
  const std::string code(unit.currency.code());
  // `10/3 GBP` would divide by an amount.
  if (number.is_decimal()) return eval::exact_number(number) + " " + code;
  return eval::exact_number(number.numerator()) + " " + code + " / " + number.denominator().to_string();
}

std::string value_text(const Value& value, const value::Unit& unit) {
  if (!value.has_value()) return "none";
  if (value.is<Number>()) return unit_text(value.number(), unit);
  if (value.is<std::string>()) return model::text_literal(value.text());
  return value::to_string(value);
}

/// What an `expect` row says of somebody.
struct Expected {
  std::vector<std::string> columns, cells;
  void add(std::string column, std::string cell) {
    columns.push_back(std::move(column));
    cells.push_back(std::move(cell));
  }
};

class Proposer {
 public:
  explicit Proposer(const model::Policy& policy) : result(policy), policy_(policy) {}

  void look_at(Target target) {
    Shape shape(policy_, target);
    const std::vector<Shape::Threshold> thresholds = shape.thresholds();
    const auto known = intervals(shape.graph);
    for (const Shape::Threshold& threshold : thresholds) {
      if (!known[threshold.atom].is_constant()) look_at(shape, threshold);  // else it decides nothing
    }
  }

  ProposedTests result;

 private:
  using Inputs = std::vector<Number>;

  void look_at(Shape& shape, const Shape::Threshold& threshold) {
    const std::string at = title(threshold);
    if (!seen_.insert(at).second) return;
    bool proposed = false;
    // A few rows can be read, and somebody who is paid says more than somebody without data; but such stores cannot
    // always be made.
    for (const auto& [rows, paid] : {std::pair(8, true), std::pair(60, true), std::pair(8, false),
                                     std::pair(2'000, true), std::pair(2'000, false)}) {
      const auto inputs = proposed ? std::nullopt : state_at(shape, threshold, rows, paid);
      if (!inputs) continue;
      const auto other = other_side(shape, threshold, *inputs);
      proposed = propose(shape, at, *inputs);
      if (other) proposed = propose(shape, at + ", one step further", *other) || proposed;
    }
    if (!proposed) result.without_store.push_back(at);
  }

  static std::string title(const Shape::Threshold& threshold) {
    if (!threshold.at) return threshold.quantity + " at its limit";
    if (!threshold.place.empty()) return threshold.quantity + " at " + threshold.place;
    return threshold.quantity + " at " + unit_text(*threshold.at, threshold.unit);
  }

  std::optional<Inputs> state_at(Shape& shape, const Shape::Threshold& threshold, int rows, bool paid) const {
    Problem problem;
    // A share of a pool depends on others: somebody with a score has one.
    const NodeId value = shape.pay.pool ? shape.pay.score.value : shape.value();
    problem.objective = paid && value != kNoNode ? value : shape.graph.constant(Number(0));
    if (paid && shape.pay.pool && value != kNoNode) problem.require = {shape.pay.score.defined};
    if (paid) problem.enough = Number(0);
    problem.largest_rows = Number(rows);
    problem.boundary = {threshold.left, threshold.right};
    Search search(shape.graph, problem, shape.anchor());
    const auto found = search.run(kEvaluations);
    return found ? std::optional(found->inputs) : std::nullopt;
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
    for (const std::uint32_t index : graph.inputs_of(threshold.atom)) {
      const Input& input = graph.inputs[index];
      const Number grain = input.grain.value_or(Number(1));
      for (const int sign : {-1, 1}) {
        Inputs moved = inputs;
        moved[index] += Number(sign) * grain;
        if (!input.range.contains(moved[index])) continue;
        if (holds(graph, threshold.atom, moved) != before) return moved;
      }
    }
    return std::nullopt;
  }

  bool propose(Shape& shape, const std::string& title, const Inputs& inputs) {
    WorldMaker maker(shape);
    const auto world = maker.make(inputs);
    if (!world) return false;
    model::Test test;
    test.given = maker.tables(*world);
    const std::string given = given_text(policy_, test.given);
    if (stores_.contains(given)) return true;
    const auto expected = evaluate(shape, test, maker.key());
    if (!expected) return false;
    stores_.insert(given);
    const model::EntityId entity = entity_of(shape.target);
    const std::string& name = policy_.entity(entity).named.name;
    std::string text =
        "test " + model::text_literal(title) + " {\n" + given + "  period " + shape.period.to_string() + "\n";
    text += "  expect " + name + (entity.index == 0 ? "" : " " + model::text_literal(maker.key())) + "\n";
    text += table_text(expected->columns, {expected->cells}) + "}\n";
    result.tests.push_back({title, std::move(text)});
    return true;
  }

  model::EntityId entity_of(const Target& target) const {
    return target.payout.valid() ? policy_.payouts[target.payout.index].entity
                                 : policy_.scorecards[target.scorecard.index].entity;
  }

  /// None when the policy cannot be evaluated over the rows, or does not list them.
  std::optional<Expected> evaluate(Shape& shape, const model::Test& test, const std::string& key) {
    source::Diagnostics found;
    eval::MemorySource data = eval::given_data(policy_, test, {}, found);
    if (found.has_errors()) return std::nullopt;
    eval::RunRequest request;
    request.periods = {shape.period};
    request.is_test = true;
    request.coverage = &result.coverage;
    const eval::Run run = eval::run(policy_, data, request, found);
    if (found.has_errors() || run.outcome.periods.empty()) return std::nullopt;
    const eval::PeriodOutcome& period = run.outcome.periods.front();
    Expected expected;
    const model::EntityId entity = entity_of(shape.target);
    for (const eval::ScorecardResult& card : period.scorecards) {
      if (policy_.scorecards[card.scorecard.index].entity == entity) add_score(card, key, expected);
    }
    for (const eval::PayoutResult& payout : period.payouts) {
      if (policy_.payouts[payout.payout.index].entity == entity) add_payout(payout, key, expected);
    }
    if (expected.columns.empty()) return std::nullopt;
    return expected;
  }

  void add_score(const eval::ScorecardResult& card, const std::string& key, Expected& expected) const {
    for (const eval::ScorecardRowResult& row : card.rows) {
      if (card.rows.size() != 1 && row.key != key) continue;
      const bool first = std::find(expected.columns.begin(), expected.columns.end(), "score") == expected.columns.end();
      if (!first) return;  // the others are tests of their own
      const model::Phases* phases = policy_.phases_of(policy_.scorecards[card.scorecard.index].entity);
      if (phases != nullptr && row.phase) expected.add("phase", phases->phases[*row.phase].named.name);
      std::set<std::uint32_t> listed;
      for (const eval::ScoreRowResult& metric : row.metrics) {
        if (!listed.insert(metric.metric.index).second) continue;
        const model::Metric& declared = policy_.metrics[metric.metric.index];
        expected.add(column(declared.named.name), value_text(metric.actual, declared.type.unit));
      }
      expected.add("score", row.status == eval::RowStatus::unscored ? "unscored" : row.score.number().to_string());
    }
  }

  void add_payout(const eval::PayoutResult& payout, const std::string& key, Expected& expected) const {
    const model::Payout& declared = policy_.payouts[payout.payout.index];
    for (const eval::PayoutRowResult& row : payout.rows) {
      if (payout.rows.size() != 1 && row.key != key) continue;
      const bool unscored = row.status == eval::PayoutStatus::unscored;
      expected.add(column(declared.named.name),
                   unscored ? "unscored" : value_text(row.amount, value::Unit::of(declared.currency)));
    }
  }

  /// A name of a library, such as `live.gpm`, stands in backquotes.
  static std::string column(const std::string& name) {
    return name.find('.') == std::string::npos ? name : "`" + name + "`";
  }

  const model::Policy& policy_;
  std::set<std::string> seen_, stores_;
};

}  // namespace

ProposedTests boundary_tests(const model::Policy& policy) {
  Proposer proposer(policy);
  for (std::uint32_t index = 0; index < policy.payouts.size(); ++index) proposer.look_at({PayoutId{index}, {}});
  // What decides the score alone; the boundaries of pay have been seen.
  for (std::uint32_t index = 0; index < policy.scorecards.size(); ++index) proposer.look_at({{}, ScorecardId{index}});
  return std::move(proposer.result);
}

}  // namespace kpi::prove
