#include <catch2/catch.hpp>

#include "interpreter/report/show.hpp"

using namespace kpi;
using report::Language;
using report::Show;
using value::Number;
using value::Unit;

namespace {

value::Currency gbp() { return *value::Currency::parse("GBP"); }
Number number(const char* text) { return *Number::parse(text); }

struct English {
  model::Policy policy;
  Show show{policy, nullptr, Language::en};
};

}  // namespace

TEST_CASE_METHOD(English, "money has its currency's digits and grouped thousands") {
  CHECK(show.money(Number(30'000), gbp()) == "30,000.00 GBP");
  CHECK(show.money(Number(1'000'000), *value::Currency::parse("JPY")) == "1,000,000 JPY");
  CHECK_FALSE(show.rounded());
  CHECK(show.money(number("10/3"), gbp()) == "~3.33 GBP");
  CHECK(show.rounded());
}

TEST_CASE_METHOD(English, "plain numbers show what they have, up to four decimals") {
  CHECK(show.number(Number(1'500'000), {}) == "1,500,000");
  CHECK(show.number(number("72.75"), {}) == "72.75");
  CHECK(show.number(number("1058/11"), {}) == "~96.18");
  CHECK(show.number(number("1/11"), {}) == "~0.09091");
  CHECK(show.percent(number("1/11")) == "~9.1%");
  CHECK(show.percent(number("0.4")) == "40.0%");
}

TEST_CASE_METHOD(English, "durations are in words") {
  CHECK(show.duration(Number(200)) == "3 min 20 s");
  CHECK(show.duration(Number(45)) == "45 s");
  CHECK(show.duration(number("1.5")) == "1.5 s");
  CHECK(show.duration(Number(3600)) == "1 h");
  CHECK(show.duration(Number(90'000)) == "1 d 1 h");
  CHECK(show.duration(number("601/3")) == "~3 min 20 s");
  CHECK(show.duration(Number(-120)) == "-2 min");
  CHECK(show.duration(Number(0)) == "0 s");
  English chinese;
  CHECK(Show(chinese.policy, nullptr, Language::zh).duration(Number(200)) == "3 分 20 秒");
}

TEST_CASE_METHOD(English, "`show` of a metric decides") {
  using Kind = model::Metric::Show::Kind;
  const value::Type plain = value::Type::number();
  CHECK(show.value(number("1/8"), plain, {Kind::percent, 2, ""}) == "12.50%");
  CHECK(show.value(number("2.5"), plain, {Kind::decimals, 0, ""}) == "~2");
  CHECK(show.value(Number(90), value::Type::number(Unit::duration()), {Kind::unit, 0, "minutes"}) == "1.5 min");
  CHECK(show.value(Number(12), value::Type::number(Unit::of(gbp())), {Kind::decimals, 1, ""}) == "12.0 GBP");
}

TEST_CASE_METHOD(English, "money per time is shown per hour") {
  CHECK(show.number(number("1/360"), Unit{gbp(), 1, -1}) == "10.00 GBP/h");
}

TEST_CASE_METHOD(English, "reasons are translated and use labels") {
  model::Metric metric;
  metric.named.name = "net_sales";
  metric.named.label = "Net sales";
  policy.metrics.push_back(metric);
  CHECK(show.reason(std::string("net_sales: no data")) == "Net sales: no data");
  CHECK(Show(policy, nullptr, Language::zh).reason(value::NoValue{value::NoValueReason::zero_denominator, ""}) ==
        "分母为零");
  CHECK(Show(policy, nullptr, Language::zh).reason(value::NoValue{value::NoValueReason::sample_below, "30"}) ==
        "样本量低于 30");
}
