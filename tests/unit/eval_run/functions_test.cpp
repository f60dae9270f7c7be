#include <catch2/catch.hpp>

#include "interpreter/eval/run/allocation.hpp"
#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/moment.hpp"
#include "interpreter/eval/run/needs.hpp"
#include "interpreter/eval/run/scorecard.hpp"
#include "tests/unit/eval_run/small_world.hpp"

namespace kpi::eval::testing {
namespace {

using model::Attain;
using model::MetricFunction;
using value::CalendarUnit;

model::Curve curve(model::CurveKind kind, std::vector<std::pair<std::string, std::string>> points) {
  model::Curve result;
  result.kind = kind;
  for (const auto& [at, value] : points) result.points.push_back({num(at), num(value), {}});
  return result;
}

std::string at(const model::Curve& which, const std::string& x) { return curve_value(which, num(x)).to_string(); }

TEST_CASE("steps take the last point reached and are 0 below the first") {
  const auto steps = curve(model::CurveKind::steps, {{"60", "0.8"}, {"100", "1"}});
  CHECK(at(steps, "59.99") == "0");
  CHECK(at(steps, "60") == "0.8");
  CHECK(at(steps, "99.999") == "0.8");
  CHECK(at(steps, "100") == "1");
  CHECK(at(steps, "1000") == "1");
}

TEST_CASE("lines are exact between the points and flat beyond both ends") {
  const auto line = curve(model::CurveKind::line, {{"0.6", "0"}, {"1", "100"}, {"1.2", "120"}});
  CHECK(at(line, "0.5") == "0");
  CHECK(at(line, "0.6") == "0");
  CHECK(at(line, "0.75") == "37.5");
  CHECK(at(line, "1") == "100");
  CHECK(at(line, "1.1") == "110");
  CHECK(at(line, "2") == "120");
  CHECK(at(line, "0.7") == "25");
  CHECK(at(line, "2/3") == "50/3");
}

TEST_CASE("brackets are marginal and pay nothing below the first") {
  const auto brackets = curve(model::CurveKind::brackets, {{"1000", "0.01"}, {"20000", "0.02"}});
  CHECK(at(brackets, "500") == "0");
  CHECK(at(brackets, "1000") == "0");
  CHECK(at(brackets, "20000") == "190");
  CHECK(at(brackets, "30000") == "390");
  CHECK(at(brackets, "-5") == "0");
}

TEST_CASE("attainment forms follow their formulas") {
  const Value none = Value::none(NoValueReason::no_data);
  const auto show = [](const Value& value) { return SmallWorld::show(value); };
  CHECK(show(attainment(Attain::ratio, num("6"), num("3"), {})) == "2");
  CHECK(show(attainment(Attain::mirror, num("6"), num("3"), {})) == "0");
  CHECK(show(attainment(Attain::inverse, num("6"), num("3"), {})) == "0.5");
  CHECK(show(attainment(Attain::from, num("6"), num("3"), num("10"))) == "4/7");
  CHECK(show(attainment(Attain::mirror, num("1.5"), num("3"), {})) == "1.5");
  CHECK(show(attainment(Attain::from, num("1.5"), num("3"), num("10"))) == "17/14");
  CHECK(show(attainment(Attain::inverse, num("0"), num("3"), {})) == "(zero denominator)");
  CHECK(show(attainment(Attain::from, num("1"), num("3"), num("3"))) == "(zero denominator)");
  CHECK(show(attainment(Attain::ratio, num("1"), num("0"), {})) == "(target not positive)");
  CHECK(show(attainment(Attain::from, num("-1"), num("-3"), num("0"))) == "1/3");
  CHECK(show(attainment(Attain::ratio, none, num("0"), {})) == "(no data)");
}

TEST_CASE("a decision table applies its one row, and none when a missing argument decides") {
  model::DecisionTable table;
  table.columns.resize(2);
  const auto row = [&](model::Pattern a, model::Pattern b, bool otherwise = false) {
    table.rows.push_back({{std::move(a), std::move(b)}, {}, otherwise, {}});
  };
  row(model::SetPattern{{Value(std::string("UK"))}}, model::RangePattern{num("0"), num("10")});
  row(model::SetPattern{{Value(std::string("UK"))}}, model::RangePattern{num("10"), Value()});
  row(model::SetPattern{{Value(std::string("TH")), Value(std::string("VN"))}}, model::AnyPattern{});
  row(model::AnyPattern{}, model::AnyPattern{}, true);
  const auto match = [&](const Value& a, const Value& b) {
    const std::vector<Value> arguments{a, b};
    const TableMatch found = match_table(table, arguments);
    return found.row ? std::to_string(*found.row) : "(" + value::reason_text(found.reason) + ")";
  };
  const Value uk(std::string("UK")), vn(std::string("VN")), fr(std::string("FR")),
      none = Value::none(NoValueReason::no_rows);
  CHECK(match(uk, num("9.99")) == "0");
  CHECK(match(uk, num("10")) == "1");
  CHECK(match(uk, num("-1")) == "3");
  CHECK(match(vn, none) == "2");
  CHECK(match(fr, none) == "3");
  CHECK(match(uk, none) == "(no rows)");
  CHECK(match(none, num("1")) == "(no rows)");
}

TEST_CASE("largest remainder keeps the sum; ties go to the first") {
  const auto shares = [](const std::string& whole, std::vector<std::string> ideal) {
    std::vector<Number> numbers;
    for (const auto& text : ideal) numbers.push_back(num(text));
    std::string result;
    for (const Number& part : allocate(num(whole), numbers, num("0.01"))) result += part.to_string() + " ";
    return result;
  };
  CHECK(shares("100", {"100/3", "100/3", "100/3"}) == "33.34 33.33 33.33 ");
  CHECK(shares("100", {"100000/301", "100000/301", "100000/301", "1000/301"}).empty() == false);
  CHECK(shares("1", {"0.005", "0.995"}) == "0.01 0.99 ");
  CHECK(shares("0.019", {"0.0095", "0.0095"}) == "0.01 0 ");
  CHECK(shares("5", {"0", "0"}) == "0 0 ");
}

TEST_CASE("functions over metrics move and stretch the window") {
  const Moment july = base_moment(period("2026-07"), model::Population::active);
  const auto apply = [](const Moment& moment, MetricFunction function, int count = 1) {
    model::MetricCall call;
    call.function = function;
    call.count = count;
    call.period = period("2026-Q2");
    call.unit = CalendarUnit::year;
    return transformed(moment, call);
  };
  const auto show = [](const Moment& moment) {
    const std::string from = moment.window.start <= kBeginning ? "beginning" : moment.window.start.to_string();
    return moment.period.to_string() + ": " + from + " " + moment.window.end.to_string();
  };
  CHECK(show(apply(july, MetricFunction::previous, 3)) == "2026-04: 2026-04-01 2026-05-01");
  CHECK(show(apply(july, MetricFunction::rolling, 3)) == "2026-07: 2026-05-01 2026-08-01");
  CHECK(show(apply(july, MetricFunction::to_date)) == "2026-07: 2026-01-01 2026-08-01");
  CHECK(show(apply(july, MetricFunction::lifetime)) == "2026-07: beginning 2026-08-01");
  CHECK(show(apply(july, MetricFunction::at_period)) == "2026-Q2: 2026-04-01 2026-07-01");
  CHECK(show(apply(july, MetricFunction::year_ago)) == "2025-07: 2025-07-01 2025-08-01");
  CHECK(show(apply(apply(july, MetricFunction::previous), MetricFunction::rolling, 2)) ==
        "2026-06: 2026-05-01 2026-07-01");
  CHECK(show(apply(apply(july, MetricFunction::rolling, 2), MetricFunction::previous)) ==
        "2026-06: 2026-05-01 2026-07-01");
  CHECK(show(apply(apply(july, MetricFunction::lifetime), MetricFunction::previous)) ==
        "2026-06: beginning 2026-07-01");
  const Moment week = base_moment(period("2026-W01"), model::Population::active);
  CHECK(show(apply(week, MetricFunction::year_ago)) == "2025-W01: 2024-12-30 2025-01-06");
}

TEST_CASE("sub-periods are those whose last day lies inside") {
  const auto weeks = periods_with_last_day_in(CalendarUnit::week, day("2026-07-01"), day("2026-08-01"));
  REQUIRE(weeks.size() == 4);
  CHECK(weeks.front().start() == day("2026-06-29"));
  CHECK(weeks.back().end() == day("2026-07-27"));
  CHECK(periods_with_last_day_in(CalendarUnit::day, day("2026-07-01"), day("2026-08-01")).size() == 31);
  CHECK(periods_with_last_day_in(CalendarUnit::quarter, day("2026-07-01"), day("2026-08-01")).empty());
  CHECK(periods_with_last_day_in(CalendarUnit::quarter, day("2026-09-01"), day("2026-10-01")).size() == 1);
}

TEST_CASE("delays count calendar days, also across a change of the clock") {
  const auto& london = *value::TimeZone::find("Europe/London");
  model::Delay days;
  days.seconds = num("2592000");  // 30 days
  CHECK(date_after(day("2026-10-01"), days) == day("2026-10-31"));
  CHECK(after(london, day("2026-10-01"), days) == london.start_of_day(day("2026-10-31")));
  model::Delay hours;
  hours.seconds = num("90000");  // 25 hours
  CHECK(date_after(day("2026-07-01"), hours) == day("2026-07-03"));
  model::Delay month;
  month.months = 1;
  CHECK(date_after(day("2026-01-31"), month) == day("2026-02-28"));
}

}  // namespace
}  // namespace kpi::eval::testing
