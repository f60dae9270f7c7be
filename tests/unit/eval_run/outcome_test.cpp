#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/run.hpp"
#include "tests/unit/eval_run/small_world.hpp"

namespace kpi::eval::testing {
namespace {

using model::Gate;
using model::Missing;
using source::DiagnosticId;
namespace ids = source::ids;
using value::BinaryOp;

constexpr MetricId kSales{0}, kUnits{1};

const ScorecardRowResult& only_row(const Outcome& outcome) {
  REQUIRE(outcome.periods.size() == 1);
  REQUIRE(outcome.periods[0].scorecards.size() == 1);
  REQUIRE(outcome.periods[0].scorecards[0].rows.size() == 1);
  return outcome.periods[0].scorecards[0].rows[0];
}
std::string score(const Outcome& outcome) {
  const ScorecardRowResult& row = only_row(outcome);
  return row.status == RowStatus::scored ? SmallWorld::show(row.score) : row.reason;
}

struct OneHost : SmallWorld {
  OneHost() {
    host("h1", "red");
    sale(0, "2026-07-01", "80");
    sale(0, "2026-07-01", "3", kUnits);
  }
  Gate gate(const std::string& name, ExprId holds, Gate::Effect effect, const std::string& limit = "0") {
    Gate gate;
    gate.named.name = name;
    gate.requires_value = holds;
    gate.effect = effect;
    gate.limit = num(limit);
    return gate;
  }
  ExprId at_least(MetricId metric, const std::string& limit) { return op(BinaryOp::ge, ref(metric), constant(limit)); }
};

TEST_CASE("weights, points and the missing rules") {
  OneHost world;
  auto sales = world.row(kSales, "0.4", world.constant("160"));
  auto units = world.row(kUnits, "0.6", world.constant("4"));
  units.curve = model::BuiltinCurve::capped;
  auto shown = world.row(kUnits, "0", ExprId{});
  SECTION("all there") {
    world.scorecard("card", {sales, units, shown});
    CHECK(score(world.run("2026-07")) == "65");
    CHECK(only_row(world.run("2026-07")).metrics[2].weighted == Value());
  }
  world.store.no_data.insert(SmallWorld::kUnits);
  SECTION("unscored") {
    world.scorecard("card", {sales, units, shown});
    CHECK(score(world.run("2026-07")) == "units: no data");
  }
  SECTION("zero") {
    units.missing = Missing::zero;
    world.scorecard("card", {sales, units, shown});
    CHECK(score(world.run("2026-07")) == "20");
  }
  SECTION("skip rescales") {
    units.missing = Missing::skip;
    world.scorecard("card", {sales, units});
    const Outcome outcome = world.run("2026-07");
    CHECK(score(outcome) == "50");
    CHECK(only_row(outcome).metrics[0].effective_weight == Number(1));
    CHECK(only_row(outcome).metrics[1].skipped);
  }
  SECTION("none left") {
    units.missing = Missing::skip;
    units.weights = {Number(1)};
    world.scorecard("card", {units});
    CHECK(score(world.run("2026-07")) == "no metric has a value");
  }
}

TEST_CASE("a computed target that is not positive gives no points") {
  OneHost world;
  world.scorecard("card",
                  {world.row(kSales, "1", world.op(BinaryOp::subtract, world.ref(kSales), world.constant("80")))});
  CHECK(score(world.run("2026-07")) == "sales: target not positive");
  world.policy.scorecards[0].rows[0].missing = Missing::zero;
  CHECK(score(world.run("2026-07")) == "0");
  world.policy.scorecards[0].rows[0].curve = model::BuiltinCurve::pass;
  world.policy.scorecards[0].rows[0].attain = model::Attain::none;
  CHECK(score(world.run("2026-07")) == "100");
}

TEST_CASE("gates: unscored wins, else the lowest limit; undecidable counts like failing") {
  OneHost world;
  auto& card = world.scorecard("card", {});
  const ExprId few = world.at_least(kUnits, "10"), enough = world.at_least(kUnits, "3");
  world.store.no_data.insert({2});
  const MetricId missing = world.metric("lost", world.aggregate({2}));
  world.policy.aggregates.resize(3);
  const ExprId unknown = world.at_least(missing, "1");
  SECTION("none fails") {
    card.gates = {world.gate("a", enough, Gate::Effect::score)};
    CHECK(score(world.run("2026-07")) == "100");
  }
  SECTION("minimum of the limits") {
    card.gates = {world.gate("a", few, Gate::Effect::at_most, "60"),
                  world.gate("b", unknown, Gate::Effect::at_most, "40")};
    const Outcome outcome = world.run("2026-07");
    CHECK(score(outcome) == "40");
    CHECK(only_row(outcome).raw_score == Value(Number(100)));
    CHECK_FALSE(only_row(outcome).gates[1].passed.has_value());
  }
  SECTION("score 0") {
    card.gates = {world.gate("a", few, Gate::Effect::at_most, "60"), world.gate("b", few, Gate::Effect::score)};
    CHECK(score(world.run("2026-07")) == "0");
  }
  SECTION("unscored wins") {
    card.gates = {world.gate("a", few, Gate::Effect::score), world.gate("b", unknown, Gate::Effect::unscored)};
    CHECK(score(world.run("2026-07")) == "gate b: no data");
  }
}

TEST_CASE("phases choose targets and weights; an undecidable condition leaves the row unscored") {
  OneHost world;
  model::Phases phases;
  phases.entity = SmallWorld::kHost;
  phases.phases.resize(2);
  const ExprId age = world.add(model::CallExpr{model::Builtin::age, {world.field(2)}});
  phases.phases[0].when = world.op(BinaryOp::lt, age, world.constant("7776000"));
  world.policy.phases.push_back(phases);
  auto row = world.row(kSales, "1", world.constant("40"));
  row.targets = {world.constant("40"), world.constant("160")};
  world.scorecard("card", {row});
  CHECK(score(world.run("2026-07")) == "50");
  world.store.entities[SmallWorld::kHost][0].fields[2] = day("2026-06-15");
  CHECK(score(world.run("2026-07")) == "200");
  world.store.entities[SmallWorld::kHost][0].fields[2] = Value();
  const Outcome outcome = world.run("2026-07");
  CHECK(score(outcome) == "phase unknown");
  CHECK(SmallWorld::show(only_row(outcome).metrics[0].target) == "(phase unknown)");
}

TEST_CASE("an inactive row has no scorecard row") {
  SmallWorld world;
  world.host("h1", "red", "2026-07-31");
  world.host("h2", "red", "2026-08-01");
  world.host("h3", "red", "2020-01-01", "2026-07-01");
  world.host("h0", "red", "2020-01-01", "2026-06-30");
  world.scorecard("card", {world.row(kSales, "1", world.constant("1"))});
  std::string keys;
  const Outcome outcome = world.run("2026-07");
  for (const auto& row : outcome.periods[0].scorecards[0].rows) keys += row.key + " ";
  CHECK(keys == "h1 h3 ");
}

// ---- payouts
// ---------------------------------------------------------------------------------------------------------

std::string amounts(const Outcome& outcome) {
  static const char* const kStatus[] = {"ok", "trial", "pending", "not_paid", "unscored", "no_value"};
  std::string result;
  for (const auto& row : outcome.periods.at(0).payouts.at(0).rows) {
    result += row.key + "=" + SmallWorld::show(row.amount) + ":" + kStatus[static_cast<int>(row.status)] + " ";
  }
  return result;
}

std::string steps(const PayoutRowResult& row) {
  std::string result;
  for (const PayoutStep& step : row.steps) result += step.step + " " + SmallWorld::show(step.value) + ", ";
  return result;
}

TEST_CASE("the steps of a payout come in their order, with one rounding at the end") {
  OneHost world;
  auto& payout = world.payout("bonus", world.op(BinaryOp::divide, world.ref(kSales), world.constant("3")));
  payout.prorate = world.constant("1/2");
  model::Penalty late, fine;
  late.named.name = "late";
  late.amount = world.constant("20");
  fine.named.name = "fine";
  fine.amount = world.constant("1.005");
  fine.from_base = true;
  payout.penalties = {late, fine};
  payout.floor = world.constant("1/3");
  payout.cap = world.constant("100");
  const Outcome outcome = world.run("2026-07");
  const PayoutRowResult& row = outcome.periods[0].payouts[0].rows[0];
  CHECK(steps(row) == "amount 80/3, prorate 40/3, penalty -20/3, floor 1/3, cap 1/3, rounding 0.33, ");
  REQUIRE(row.base_penalties.size() == 1);
  CHECK(SmallWorld::show(row.base_penalties[0].amount) == "1");
  CHECK(amounts(outcome) == "h1=0.33:ok ");
}

TEST_CASE("not paid, unscored and no value are different things") {
  OneHost world;
  SECTION("paid when") {
    world.payout("bonus", world.constant("5")).paid_when = world.at_least(kUnits, "10");
    CHECK(amounts(world.run("2026-07")) == "h1=0:not_paid ");
  }
  SECTION("no value") {
    world.store.no_data.insert(SmallWorld::kUnits);
    world.payout("bonus", world.constant("5")).cap = world.ref(kUnits);
    const Outcome outcome = world.run("2026-07");
    CHECK(amounts(outcome) == "h1=(no data):no_value ");
    CHECK(outcome.periods[0].payouts[0].rows[0].reason == "cap: no data");
  }
  SECTION("unscored") {
    world.scorecard("card", {}).gates = {world.gate("a", world.at_least(kUnits, "10"), Gate::Effect::unscored)};
    world.payout("bonus", world.add(model::ScoreExpr{}), 0);
    CHECK(amounts(world.run("2026-07")) == "h1=(unscored):unscored ");
  }
  SECTION("score and result") {
    world.scorecard("card", {world.row(kSales, "1", world.constant("160"))});
    const ExprId target = world.add(model::ResultField{kSales, model::ResultField::Which::target});
    world.payout("bonus", world.op(BinaryOp::add, world.add(model::ScoreExpr{}), target), 0);
    CHECK(amounts(world.run("2026-07")) == "h1=210:ok ");
  }
}

struct FourHosts : SmallWorld {
  FourHosts() {
    host("h4", "blue");
    host("h3", "red");
    host("h2", "red");
    host("h1", "red");
    sale(0, "2026-07-01", "10");
    for (std::uint32_t row = 1; row < 4; ++row) sale(row, "2026-07-01", "1000");
  }
};

TEST_CASE("a pool is shared to the last penny, ties by key") {
  FourHosts world;
  auto& payout = world.payout("shared", ExprId{});
  payout.pool = world.constant("100");
  payout.pool_by = world.ref(kSales);
  SECTION("within teams") {
    payout.pool_within = model::FieldPath{{}, {1}};
    payout.pool_within_company = false;
    CHECK(amounts(world.run("2026-07")) == "h1=33.34:ok h2=33.33:ok h3=33.33:ok h4=100:ok ");
  }
  SECTION("among all") { CHECK(amounts(world.run("2026-07")) == "h1=33.23:ok h2=33.22:ok h3=33.22:ok h4=0.33:ok "); }
  SECTION("nobody has a share") {
    world.store.amounts.clear();
    CHECK(amounts(world.run("2026-07")) == "h1=0:ok h2=0:ok h3=0:ok h4=0:ok ");
  }
  SECTION("not one sum for all") {
    payout.pool = world.ref(kSales);
    world.run("2026-07");
    REQUIRE(world.diagnostics.has_errors());
    CHECK(world.diagnostics.items()[0].id == ids::amount_differs_by_payee);
  }
}

TEST_CASE("a budget scales all positive amounts by one factor and is used up exactly") {
  FourHosts world;
  auto& payout = world.payout("squeezed", world.op(BinaryOp::multiply, world.ref(kSales), world.constant("0.1")));
  payout.budget = world.constant("100");
  const Outcome outcome = world.run("2026-07");
  CHECK(amounts(outcome) == "h1=33.23:ok h2=33.22:ok h3=33.22:ok h4=0.33:ok ");
  CHECK(*outcome.periods[0].payouts[0].budget_factor == num("100/301"));
  CHECK(outcome.periods[0].payouts[0].total == Value(Number(100)));
  payout.budget = world.constant("301");
  const Outcome enough = world.run("2026-07");
  CHECK_FALSE(enough.periods[0].payouts[0].budget_factor.has_value());
}

TEST_CASE("a budget without value leaves the amounts without value, and says so") {
  FourHosts world;
  auto& payout = world.payout("squeezed", world.constant("5"));
  payout.budget = world.ref(kUnits);
  world.store.no_data.insert(SmallWorld::kUnits);
  CHECK(amounts(world.run("2026-07")).starts_with("h1=(no data):no_value "));
  REQUIRE(world.diagnostics.items().size() == 1);
  CHECK(world.diagnostics.items()[0].id == ids::shared_sum_unknown);
}

TEST_CASE("what must be said about the data is a warning") {
  OneHost world;
  world.payout("bonus", world.ref(kSales));
  world.store.info.silent = {{day("2026-07-05"), day("2026-07-20")}, {day("2026-05-05"), day("2026-05-20")}};
  world.store.info.without_time = 3;
  world.run("2026-07");
  REQUIRE(world.diagnostics.items().size() == 2);
  CHECK(world.diagnostics.items()[0].id == ids::silent_source);
  CHECK(source::message(world.diagnostics.items()[0], source::Language::en) ==
        "`orders` has no rows in 2026-07-05..2026-07-19, although it usually has some");
  CHECK(world.diagnostics.items()[1].id == ids::rows_without_time);
}

TEST_CASE("rounding up cannot break the budget") {
  SmallWorld world;
  for (const char* key : {"h1", "h2", "h3"}) world.host(key, "red");
  auto& payout = world.payout("tiny", world.constant("0.005"));
  payout.rounding = value::Rounding::half_up;
  payout.budget = world.constant("0.015");
  CHECK(amounts(world.run("2026-07")) == "h1=0.01:ok h2=0:ok h3=0:ok ");
}

TEST_CASE("before it has matured a metric is provisional and what uses it is pending") {
  OneHost world;
  world.policy.metrics[kSales.index].matures_after.seconds = Number(14 * 86'400);
  world.scorecard("card", {world.row(kSales, "1", world.constant("80"))});
  world.payout("bonus", world.constant("5"), 0);
  const auto* zone = world.policy.header.timezone;
  world.store.latest = value::Instant{zone->start_of_day(day("2026-08-15")).micros - 1};
  Outcome outcome = world.run("2026-07");
  CHECK(only_row(outcome).provisional);
  CHECK(outcome.periods[0].metrics[0].values[0].provisional);
  CHECK(amounts(outcome) == "h1=5:pending ");
  world.store.latest = zone->start_of_day(day("2026-08-15"));
  outcome = world.run("2026-07");
  CHECK_FALSE(only_row(outcome).provisional);
  CHECK(amounts(outcome) == "h1=5:ok ");
  // The month before has matured, also when it is looked at from a month that has not.
  const MetricId before = world.metric("before", world.call(model::MetricFunction::previous, world.ref(kSales)));
  world.policy.scorecards[0].rows[0].metric = before;
  world.store.latest = zone->start_of_day(day("2026-07-20"));
  CHECK_FALSE(only_row(world.run("2026-07")).provisional);
}

TEST_CASE("the trial, earned and payable dates") {
  OneHost world;
  world.policy.header.effective_from = day("2026-06-15");
  world.policy.header.trial = model::Delay{Number(0), 2};
  auto& payout = world.payout("bonus", world.constant("5"));
  payout.earned = model::Delay{Number(14 * 86'400), 0};
  payout.payable = model::Delay{Number(0), 1};
  const Outcome outcome = world.run("2026-07");
  CHECK(amounts(outcome) == "h1=5:trial ");
  CHECK(outcome.periods[0].payouts[0].rows[0].earned->to_string() == "2026-08-15");
  CHECK(outcome.periods[0].payouts[0].rows[0].payable->to_string() == "2026-09-01");
  CHECK(amounts(world.run("2026-09")) == "h1=5:ok ");
}

TEST_CASE("a period that is not wholly effective is refused, or prorated by days") {
  OneHost world;
  world.policy.header.effective_from = day("2026-07-01");
  world.policy.header.effective_to = day("2026-08-10");
  world.payout("bonus", world.constant("31"));
  CHECK(amounts(world.run("2026-07")) == "h1=31:ok ");
  world.policy.header.partial_prorate = true;
  CHECK(amounts(world.run("2026-08")) == "h1=10:ok ");
  CHECK(*world.run("2026-08").periods[0].prorated == num("10/31"));
  CHECK_FALSE(world.diagnostics.has_errors());
  CHECK(world.diagnostics.items().back().id == ids::period_partly_effective);
  world.policy.header.partial_prorate = false;
  world.run("2026-08");
  REQUIRE(world.diagnostics.has_errors());
  CHECK(world.diagnostics.items().back().id == ids::period_outside_effective);
}

TEST_CASE("carry, draw and clawback are announced as not applied") {
  OneHost world;
  auto& payout = world.payout("bonus", world.constant("31"));
  payout.cap = world.constant("10");
  payout.cap_carry = true;
  payout.clawback = model::Delay{Number(1), 0};
  const Outcome outcome = world.run("2026-07");
  CHECK(outcome.periods[0].payouts[0].needs_recorded_runs);
  REQUIRE(world.diagnostics.items().size() == 2);
  CHECK(world.diagnostics.items()[0].id == ids::needs_recorded_runs);
  CHECK(amounts(outcome) == "h1=10:ok ");
}

TEST_CASE("a daily scorecard is evaluated for the days of a month, a quarterly one is left out with a note") {
  OneHost world;
  world.scorecard("daily", {}).every = value::CalendarUnit::day;
  world.scorecard("quarterly", {}).every = value::CalendarUnit::quarter;
  const Outcome outcome = world.run("2026-07");
  REQUIRE(outcome.periods.size() == 32);
  CHECK(outcome.periods.front().period.to_string() == "2026-07-01");
  CHECK(outcome.periods.front().scorecards.size() == 1);
  CHECK(outcome.periods.back().period.to_string() == "2026-07");
  CHECK(outcome.periods.back().scorecards.empty());
  REQUIRE(world.diagnostics.items().size() == 1);
  CHECK(world.diagnostics.items()[0].id == ids::evaluated_in_longer_periods);
}

TEST_CASE("one entity is picked from the result, the others still count") {
  FourHosts world;
  auto& payout = world.payout("shared", ExprId{});
  payout.pool = world.constant("100");
  payout.pool_by = world.ref(kSales);
  RunRequest request;
  request.entity_key = "h2";
  const Outcome outcome = world.run("2026-07", request);
  CHECK(amounts(outcome) == "h2=33.22:ok ");
  CHECK(outcome.periods[0].payouts[0].total == Value(Number(100)));
  request.entity_key = "nobody";
  world.run("2026-07", request);
  CHECK(world.diagnostics.items().back().id == ids::no_such_entity_row);
}

// ---- alerts
// ----------------------------------------------------------------------------------------------------------

std::string fired(const Outcome& outcome) {
  std::string result;
  for (const AlertResult& alert : outcome.periods.back().alerts)
    result += alert.key + "@" + alert.period.to_string() + " ";
  return result;
}

struct Watched : SmallWorld {
  Watched() {
    host("h1", "red");
    host("h2", "red");
  }
  model::Alert& alert(int streak) {
    model::Alert alert;
    alert.named.name = "overspend";
    alert.entity = kHost;
    alert.when = op(BinaryOp::gt, ref(MetricId{0}), constant("11"));
    alert.streak = streak;
    alert.message = "stop {host}: {sales} in {period} {{ok}}";
    return policy.alerts.emplace_back(alert);
  }
};

TEST_CASE("a streak fires once when it is reached, across the start of the period") {
  Watched world;
  world.alert(3);
  for (const char* on : {"2026-07-30", "2026-07-31", "2026-08-01", "2026-08-02"}) world.sale(0, on, "12");
  for (const char* on : {"2026-08-01", "2026-08-02", "2026-08-04", "2026-08-05", "2026-08-06"}) world.sale(1, on, "12");
  const Outcome outcome = world.run("2026-08");
  CHECK(fired(outcome) == "h1@2026-08-01 h2@2026-08-06 ");
  CHECK(outcome.periods[0].alerts[0].message == "stop h1: 12 in 2026-08-01 {ok}");
  SECTION("reached before the period began") {
    world.sale(0, "2026-07-29", "12");
    CHECK(fired(world.run("2026-08")) == "h2@2026-08-06 ");
  }
  SECTION("no look-back before the policy is effective") {
    world.policy.header.effective_from = day("2026-08-01");
    CHECK(fired(world.run("2026-08")) == "h2@2026-08-06 ");
  }
}

TEST_CASE("without a streak every sub-period fires; no value breaks and is counted") {
  Watched world;
  world.alert(1);
  world.sale(0, "2026-08-01", "12");
  world.sale(0, "2026-08-02", "12");
  CHECK(fired(world.run("2026-08")) == "h1@2026-08-01 h1@2026-08-02 ");
  world.store.no_data.insert(SmallWorld::kSales);
  const Outcome outcome = world.run("2026-08");
  CHECK(fired(outcome).empty());
  CHECK(outcome.periods[0].alert_summaries[0].without_value == 62);
}

}  // namespace
}  // namespace kpi::eval::testing
