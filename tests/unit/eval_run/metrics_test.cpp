#include <catch2/catch.hpp>

#include "tests/unit/eval_run/small_world.hpp"

namespace kpi::eval::testing {
namespace {

using model::MetricFunction;
using value::BinaryOp;

constexpr MetricId kSales{0}, kUnits{1};

struct Months : SmallWorld {
  Months() {
    host("h1", "red");
    sale(0, "2025-12-31", "1");
    sale(0, "2026-04-01", "10");
    sale(0, "2026-05-15", "20");
    sale(0, "2026-06-30", "40");
    sale(0, "2026-07-01", "80");
    sale(0, "2026-08-01", "160");
  }
  std::string july(ExprId value) {
    return show(metric("m" + std::to_string(policy.metrics.size()), value), 0, "2026-07");
  }
};

TEST_CASE("functions over metrics recompute over their window") {
  Months world;
  const ExprId sales = world.ref(kSales);
  CHECK(world.july(sales) == "80");
  CHECK(world.july(world.call(MetricFunction::previous, sales)) == "40");
  CHECK(world.july(world.call(MetricFunction::previous, sales, 3)) == "10");
  CHECK(world.july(world.call(MetricFunction::rolling, sales, 3)) == "140");
  CHECK(world.july(world.call(MetricFunction::to_date, sales)) == "150");
  CHECK(world.july(world.call(MetricFunction::lifetime, sales)) == "151");
  const ExprId before = world.call(MetricFunction::previous, sales);
  const MetricId growth = world.metric(
      "growth", world.op(BinaryOp::subtract, world.op(BinaryOp::divide, sales, before), world.constant("1")));
  CHECK(world.show(growth, 0, "2026-07") == "1");
  CHECK(world.july(world.call(MetricFunction::previous, world.ref(growth))) == "1");
  CHECK(world.show(growth, 0, "2026-04") == "(zero denominator)");
  CHECK(world.july(world.call(MetricFunction::previous, world.call(MetricFunction::rolling, sales, 2))) == "60");
}

TEST_CASE("a small sample has no value and says why; default ends it") {
  Months world;
  const MetricId scarce = world.metric("scarce", world.ref(kSales));
  world.policy.metrics[scarce.index].needs = world.op(BinaryOp::ge, world.ref(kUnits), world.constant("30"));
  world.policy.metrics[scarce.index].needs_limit = "30";
  CHECK(world.show(scarce, 0, "2026-07") == "(sample below 30)");
  CHECK(world.july(world.op(BinaryOp::add, world.ref(scarce), world.constant("1"))) == "(sample below 30)");
  CHECK(world.july(world.add(model::DefaultExpr{world.ref(scarce), world.constant("7")})) == "7");
  world.sale(0, "2026-07-02", "30", SmallWorld::kUnits);
  CHECK(world.show(scarce, 0, "2026-07") == "80");
  world.store.no_data.insert(SmallWorld::kUnits);
  CHECK(world.show(scarce, 0, "2026-07") == "(no data)");
}

TEST_CASE("and, or and not are three-valued") {
  Months world;
  world.store.no_data.insert(SmallWorld::kUnits);
  const ExprId unknown = world.op(BinaryOp::gt, world.ref(kUnits), world.constant("0"));
  const ExprId yes = world.add(model::Constant{Value(true)});
  const ExprId no = world.add(model::Constant{Value(false)});
  CHECK(world.july(world.op(BinaryOp::logical_and, unknown, no)) == "false");
  CHECK(world.july(world.op(BinaryOp::logical_and, unknown, yes)) == "(no data)");
  CHECK(world.july(world.op(BinaryOp::logical_or, unknown, yes)) == "true");
  CHECK(world.july(world.op(BinaryOp::logical_or, no, unknown)) == "(no data)");
  CHECK(world.july(world.add(model::UnaryExpr{value::UnaryOp::logical_not, unknown})) == "(no data)");
  CHECK(world.july(world.add(model::IsNoneExpr{unknown})) == "true");
  CHECK(world.july(world.add(model::IfExpr{unknown, yes, no})) == "(no data)");
}

struct Teams : SmallWorld {
  Teams() {
    host("h1", "red");
    host("h2", "red");
    host("h3", "blue");
    host("h4", "red", "2020-01-01", "2026-06-30");
    host("h5", "blue");
    sale(0, "2026-07-01", "100");
    sale(1, "2026-07-01", "900");
    sale(2, "2026-07-01", "100");
    sale(3, "2026-07-01", "600");
    for (std::uint32_t row = 0; row < 4; ++row) sale(row, "2026-07-01", "10", kUnits);
  }
  std::string each(ExprId value) {
    const MetricId id = metric("m" + std::to_string(policy.metrics.size()), value);
    std::string result;
    for (std::uint32_t row = 0; row < 5; ++row) result += show(id, row, "2026-07") + " ";
    return result;
  }
};

TEST_CASE("totals recompute over the group, the inactive included; ranks are among the active") {
  Teams world;
  const ExprId sales = world.ref(kSales);
  const MetricId price = world.metric("price", world.op(BinaryOp::divide, sales, world.ref(kUnits)), true);
  const auto by = [&](MetricFunction function, ExprId operand, model::GroupKey key) {
    return world.each(world.call(function, operand, 1, {key}));
  };
  CHECK(by(MetricFunction::total, sales, world.by_team()) == "1600 1600 100 1600 100 ");
  CHECK(by(MetricFunction::total, world.ref(price), world.by_team()) == "160/3 160/3 10 160/3 10 ");
  CHECK(by(MetricFunction::share, sales, world.by_team()) == "0.0625 0.5625 1 0.375 0 ");
  CHECK(by(MetricFunction::total, sales, world.by_company()) == "1700 1700 1700 1700 1700 ");
  CHECK(by(MetricFunction::rank, sales, world.by_company()) == "2 1 2 (not ranked) 4 ");
  CHECK(by(MetricFunction::rank, sales, world.by_team()) == "2 1 1 (not ranked) 2 ");
  CHECK(by(MetricFunction::rank, world.ref(price), world.by_company()) == "1 3 1 (not ranked) (not ranked) ");
  CHECK(by(MetricFunction::percentile_rank, sales, world.by_company()) == "0.5 0.875 0.5 (not ranked) 0.125 ");
  // With `better lower` the rank turns round, the share of smaller values does not.
  CHECK(by(MetricFunction::percentile_rank, world.ref(price), world.by_company()) ==
        "1/3 5/6 1/3 (not ranked) (not ranked) ");
}

TEST_CASE("a total over the company of a metric that reads fields is put together from the rows") {
  Teams world;
  const ExprId red = world.op(BinaryOp::eq, world.field(1), world.text("red"));
  const MetricId own = world.metric("own", world.add(model::IfExpr{red, world.ref(kSales), world.constant("0")}));
  CHECK(world.each(world.call(MetricFunction::total, world.ref(own), 1, {world.by_team()})) == "1600 1600 0 1600 0 ");
  // The rows do not agree on their team, so the company as a whole has none.
  CHECK(world.each(world.call(MetricFunction::total, world.ref(own), 1, {world.by_company()}))
            .starts_with("(condition unknown)"));
}

TEST_CASE("active days and months since look at the period") {
  SmallWorld world;
  world.host("h1", "red", "2026-07-11", "2026-07-20");
  const MetricId days = world.metric("days", world.add(model::ActiveDays{}));
  const MetricId length = world.metric("length", world.add(model::PeriodProperty{model::PeriodProperty::Which::days}));
  const MetricId months =
      world.metric("months", world.add(model::CallExpr{model::Builtin::months_since, {world.field(2)}}));
  const MetricId age = world.metric("age", world.add(model::CallExpr{model::Builtin::age, {world.field(2)}}));
  CHECK(world.show(days, 0, "2026-07") == "10");
  CHECK(world.show(length, 0, "2026-07") == "31");
  CHECK(world.show(days, 0, "2026-08") == "0");
  CHECK(world.show(months, 0, "2026-07") == "0");
  CHECK(world.show(months, 0, "2027-01") == "6");
  CHECK(world.show(age, 0, "2026-08") == std::to_string(21 * 86'400));
}

TEST_CASE("needs are collected once per metric and window") {
  Months world;
  const ExprId sales = world.ref(kSales);
  MetricId last = kSales;
  for (int index = 0; index < 40; ++index) {  // each uses the one before twice: 2^40 paths
    last = world.metric("m" + std::to_string(index), world.op(BinaryOp::add, world.ref(last), world.ref(last)));
  }
  world.metric("before", world.op(BinaryOp::subtract, sales, world.call(MetricFunction::previous, world.ref(last))));
  MomentTable moments;
  NeedCollector needs(world.policy, moments);
  const MomentId july = moments.intern(base_moment(period("2026-07"), model::Population::active));
  needs.metric({static_cast<std::uint32_t>(world.policy.metrics.size() - 1)}, SmallWorld::kHost, july);
  CHECK(needs.needs().size() == 2);
}

}  // namespace
}  // namespace kpi::eval::testing
