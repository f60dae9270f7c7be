#include <catch2/catch.hpp>

#include "interpreter/eval/run/why_not.hpp"
#include "tests/unit/eval_run/small_world.hpp"

namespace kpi::eval::testing {
namespace {

using model::Attain;
using model::BuiltinCurve;
using value::BinaryOp;
using Verdict = Change::Verdict;

const MetricId kNetSales{0}, kOrders{1};

/// Sales 80 against 160 with 40%, orders 3 against 4 (a count) with 60%.
struct Host : SmallWorld {
  model::ScorecardId card{0};
  Host() {
    host("h1", "red");
    sale(0, "2026-07-01", "80");
    sale(0, "2026-07-01", "3", SmallWorld::kUnits);
    policy.aggregates[0].function = model::AggregateFunction::sum;
    policy.aggregates[1].function = model::AggregateFunction::count;
  }
  model::CurveId curve(model::CurveKind kind, std::vector<std::pair<std::string, std::string>> points) {
    model::Curve curve;
    curve.kind = kind;
    for (const auto& [at, value] : points) curve.points.push_back({num(at), num(value), {}});
    policy.curves.push_back(curve);
    return {static_cast<std::uint32_t>(policy.curves.size() - 1)};
  }
  void two_rows(BuiltinCurve of_sales = BuiltinCurve::capped, BuiltinCurve of_orders = BuiltinCurve::capped) {
    auto first = row(kNetSales, "0.4", constant("160"));
    auto second = row(kOrders, "0.6", constant("4"));
    first.curve = of_sales;
    second.curve = of_orders;
    scorecard("card", {first, second});
  }
  std::vector<NextStep> next(std::optional<std::uint32_t> payout = {}) {
    const Outcome outcome = run("2026-07");
    const auto* result =
        outcome.periods.at(0).scorecards.empty() ? nullptr : &outcome.periods[0].scorecards[0].rows.at(0);
    MomentTable moments;
    Evaluator evaluator(policy, store, moments, Memory::few_rows);
    const MomentId july = moments.intern(base_moment(period("2026-07"), model::Population::active));
    if (payout) return next_payout_steps(evaluator, {*payout}, july, 0, result);
    return next_score_steps(evaluator, card, july, *result);
  }
  static std::string text(const Change& change) {
    if (change.verdict == Verdict::alone_not_enough) return "not alone";
    if (change.verdict == Verdict::not_solved) return "not solved";
    const std::string then = change.score_then.has_value() ? " score " + show(change.score_then) : "";
    return show(change.now) + " -> " + (change.beyond ? "beyond " : "") + change.needed.to_string() + then;
  }
};

TEST_CASE("each row says how far the next breakpoint of its curve is") {
  Host world;
  SECTION("attainment forms") {
    world.two_rows();
    auto steps = world.next();
    REQUIRE(steps.size() == 2);
    CHECK(Host::text(steps[0].changes[0]) == "80 -> 160 score 85");
    CHECK(Host::text(steps[1].changes[0]) == "3 -> 4 score 80");
    auto& row = world.policy.scorecards[0].rows[0];
    row.attain = Attain::inverse;  // 160/80 is above the cap already
    CHECK(world.next()[0].top);
    row.targets[0] = world.constant("40");
    CHECK(Host::text(world.next()[0].changes[0]) == "80 -> 40 score 85");
    row.attain = Attain::mirror;
    CHECK(Host::text(world.next()[0].changes[0]) == "80 -> 40 score 85");
    row.attain = Attain::from;
    row.base = world.constant("100");
    CHECK(Host::text(world.next()[0].changes[0]) == "80 -> 40 score 85");
  }
  SECTION("a line between its points, counts go to the next whole number") {
    world.two_rows();
    const auto line = world.curve(model::CurveKind::line, {{"0.6", "0"}, {"0.9", "90"}, {"1.2", "120"}});
    world.policy.scorecards[0].rows[1].curve = line;
    const auto steps = world.next();
    CHECK(steps[1].wanted == Value(num("0.9")));
    CHECK(steps[1].value_then == Value(num("90")));
    CHECK(Host::text(steps[1].changes[0]).starts_with("3 -> 4 "));
  }
  SECTION("pass compares the actual with the target") {
    world.two_rows(BuiltinCurve::pass, BuiltinCurve::pass);
    const auto steps = world.next();
    CHECK(Host::text(steps[0].changes[0]) == "80 -> 160 score 40");
    CHECK(Host::text(steps[1].changes[0]) == "3 -> 4 score 60");
  }
}

TEST_CASE("gates say what would open them, one quantity at a time") {
  Host world;
  world.two_rows();
  model::Gate gate;
  gate.effect = model::Gate::Effect::score;
  const ExprId orders = world.ref(kOrders), sales = world.ref(kNetSales);
  SECTION("a count that must be passed") {
    gate.requires_value = world.op(BinaryOp::gt, orders, world.constant("5"));
    world.policy.scorecards[0].gates = {gate};
    const auto steps = world.next();
    REQUIRE(steps.size() == 3);
    CHECK(Host::text(steps[2].changes[0]) == "3 -> 6 score 80");
  }
  SECTION("money that must be passed") {
    gate.requires_value = world.op(BinaryOp::gt, sales, world.constant("100"));
    world.policy.scorecards[0].gates = {gate};
    CHECK(Host::text(world.next()[2].changes[0]).starts_with("80 -> beyond 100"));
  }
  SECTION("two conditions at once cannot be met by one") {
    gate.requires_value = world.op(BinaryOp::logical_and, world.op(BinaryOp::ge, orders, world.constant("5")),
                                   world.op(BinaryOp::ge, sales, world.constant("100")));
    world.policy.scorecards[0].gates = {gate};
    const auto steps = world.next();
    REQUIRE(steps[2].changes.size() == 2);
    CHECK(Host::text(steps[2].changes[0]) == "not alone");
    CHECK(Host::text(steps[2].changes[1]) == "not alone");
  }
  SECTION("an affine condition on both sides") {
    gate.requires_value = world.op(BinaryOp::le, world.op(BinaryOp::multiply, world.constant("30"), orders), sales);
    world.policy.scorecards[0].gates = {gate};
    const auto steps = world.next();
    CHECK(Host::text(steps[2].changes[0]).starts_with("80 -> 90"));
    CHECK(Host::text(steps[2].changes[1]).starts_with("3 -> 2"));
  }
  SECTION("an aggregate of its own") {
    gate.requires_value = world.op(BinaryOp::ge, world.aggregate(SmallWorld::kUnits), world.constant("5"));
    world.policy.scorecards[0].gates = {gate};
    const auto change = world.next()[2].changes[0];
    CHECK_FALSE(change.metric.valid());
    CHECK(Host::text(change) == "3 -> 5 score 80");
  }
}

TEST_CASE("curves are looked at in both directions") {
  const auto curve = [](model::CurveKind kind, std::vector<std::pair<const char*, const char*>> points) {
    model::Curve result;
    result.kind = kind;
    for (const auto& [at, value] : points) result.points.push_back({num(at), num(value), {}});
    return result;
  };
  const auto next = [](const model::Curve& looked_at, const char* from) {
    const auto better = next_better(looked_at, num(from));
    if (!better) return std::string("none");
    return (better->beyond ? "below " : "") + better->at.to_string() + " -> " + better->value.to_string();
  };
  const auto falling = curve(model::CurveKind::steps, {{"0", "3"}, {"0.1", "2"}, {"0.3", "0"}});
  CHECK(next(falling, "0.35") == "below 0.3 -> 2");
  CHECK(next(falling, "0.15") == "below 0.1 -> 3");
  CHECK(next(falling, "0.05") == "none");
  CHECK(next(falling, "-1") == "0 -> 3");
  const auto hump = curve(model::CurveKind::line, {{"0.5", "0"}, {"1", "100"}, {"1.5", "50"}});
  CHECK(next(hump, "0.2") == "1 -> 100");
  CHECK(next(hump, "1.4") == "1 -> 100");
  CHECK(next(hump, "2") == "1 -> 100");
  CHECK(next(hump, "1") == "none");
  const auto brackets = curve(model::CurveKind::brackets, {{"0", "0.01"}, {"100", "0.02"}});
  CHECK(next(brackets, "80") == "100 -> 1");
  CHECK(next(brackets, "100") == "none");
}

TEST_CASE("payout curves are followed back through the score") {
  Host world;
  world.two_rows();  // score 0.4 * 50 + 0.6 * 75 = 65
  const auto multiplier = world.curve(model::CurveKind::steps, {{"60", "0.8"}, {"70", "1"}, {"90", "1.2"}});
  const auto commission = world.curve(model::CurveKind::brackets, {{"0", "0.01"}, {"100", "0.02"}});
  const ExprId by_score = world.add(model::CurveApply{multiplier, world.add(model::ScoreExpr{})});
  const ExprId by_sales = world.add(model::CurveApply{commission, world.ref(kNetSales)});
  world.payout("bonus", world.op(BinaryOp::multiply, by_sales, by_score), 0);
  auto steps = world.next(0);
  REQUIRE(steps.size() == 2);
  CHECK(Host::text(steps[0].changes[0]) == "80 -> 100 score 70");
  CHECK(steps[1].wanted == Value(Number(70)));
  REQUIRE(steps[1].changes.size() == 2);
  CHECK(Host::text(steps[1].changes[0]) == "80 -> 100 score 70");
  CHECK(Host::text(steps[1].changes[1]) == "3 -> 4 score 80");  // 3 1/3 orders are 4
  // From 70 on the next step is 90: sales alone bring at most 0.4 * 100 + 45 = 85, orders alone 80.
  world.sale(0, "2026-07-02", "20");
  steps = world.next(0);
  CHECK(steps[1].wanted == Value(Number(90)));
  CHECK(Host::text(steps[1].changes[0]) == "not alone");
  CHECK(Host::text(steps[1].changes[1]) == "not alone");
}

}  // namespace
}  // namespace kpi::eval::testing
