#include <catch2/catch.hpp>

#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;
using test::expr;

namespace {

syntax::NumberLit number(std::string_view text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto parsed = syntax::parse_expression(sources, sources.add("expr", std::string(text)), diagnostics);
  REQUIRE(parsed.has_value());
  return std::get<syntax::NumberLit>(parsed->first.expr(parsed->second).node);
}

}  // namespace

TEST_CASE("numbers", "[literal]") {
  CHECK(number("1_000.50").digits == "1000.50");
  CHECK(number("007").digits == "007");
  CHECK(number("1.000_1").digits == "1.0001");
  CHECK(number("40%").percent);
  CHECK(number("40 %").percent);
  CHECK_FALSE(number("40").percent);
}

TEST_CASE("units stand on the line of their number and come from a closed list", "[literal]") {
  CHECK(number("8_000 GBP").unit == "GBP");
  CHECK(number("8_000GBP").unit == "GBP");
  CHECK(number("3 \t minutes").unit == "minutes");
  for (const char* unit : {"second", "seconds", "minute", "hour", "hours", "day", "days", "week", "weeks", "month", "months",
                           "quarter", "quarters", "year", "years", "JPY", "XOF", "CNY"}) {
    CHECK(number("5 " + std::string(unit)).unit == unit);
  }
  const auto attack = test::parse("attack a { adds 1 ..= 20 sales { amount in 1 GBP ..= 5 GBP } }");
  CHECK(attack.findings().empty());
  CHECK(attack.first<syntax::AttackDecl>().forms[0].target->parts[0].text == "sales");

  // Not across a line end: the next line begins a field or clause.
  const auto fields = test::parse("entity e from t {\n  x : number range 0 ..= 5\n  days : number\n}");
  CHECK(fields.findings().empty());
  CHECK(fields.first<syntax::EntityDecl>().fields.size() == 2);
  // Not before a colon either.
  const auto line = test::parse("entity e from t { x : number = 5 days : number }");
  CHECK(line.findings().empty());
  CHECK(line.first<syntax::EntityDecl>().fields.size() == 2);
  // A comment ends the line.
  CHECK(expr("5 # days") == "5");
}

TEST_CASE("misspelt units", "[literal]") {
  CHECK(test::parse_file("edition 2026\npolicy p {\n trial 2 moons\n appeal ten days\n}").findings() == "K0124 3:10");
  CHECK(test::parse("metric m = 5\n  GBP").messages() == "`GBP` does not stand on the line of its number\n");
  CHECK(test::parse("metric m = 5\n  GBP").findings() == "K0164 4:3");
  CHECK(test::parse("metric m = 8_000 GPB").messages() ==
        "`GPB` is neither a currency code nor a unit of time (GBP)\n");
  CHECK(test::parse("metric m = 5 gbp").messages() == "`gbp` is neither a currency code nor a unit of time (GBP)\n");
  CHECK(test::parse("metric m = 5 minuts").messages() ==
        "`minuts` is neither a currency code nor a unit of time (minute)\n");
  CHECK(test::parse("metric m = 5 QQQ").messages() == "`QQQ` is neither a currency code nor a unit of time\n");
  CHECK(test::parse("metric m = 8k").messages() == "`k` is neither a currency code nor a unit of time\n");
  CHECK(test::parse("attack a { adds 1 ..= 20 ADS { x = 1 } }").findings().empty());
  CHECK(expr("40% GBP") == "error: K0129");
}

TEST_CASE("wrong numbers", "[literal]") {
  CHECK(expr("1e3") == "error: K0120");
  CHECK(expr("1.5E-3") == "error: K0120");
  CHECK(expr("1.") == "error: K0121");
  CHECK(expr("1. + 2") == "error: K0121");
  CHECK(expr(".5") == "error: K0122");
  CHECK(expr("1.2.3") == "error: K0123");
  CHECK(expr("1__0") == "error: K0123");
  CHECK(expr("1_") == "error: K0123");
  CHECK(expr("0x10") == "error: K0123");
  CHECK(test::parse("payout b for e { cap 1,000 GBP }").messages() ==
        "digit groups are separated by `_`, not by a comma\n");
}

TEST_CASE("dates, times and periods", "[literal]") {
  for (const char* good : {"2026-07-01", "2024-02-29", "2026-07-01T10:00", "2026-07-01T10:00:59.123Z", "2026-07-01T10:00+08:00",
                           "2026-07-01T10:00-0530", "2026-Q3", "2026-07", "2026-W53", "2026-W01"}) {
    CHECK(expr(good) == good);
  }
  CHECK(expr("2026 - 07") == "2026 - 07");
  CHECK(expr("20-10") == "20 - 10");
  CHECK(expr("4000-500") == "4000 - 500");
  CHECK(expr("2026-07-01 - 3 days") == "2026-07-01 - 3 days");
  CHECK(expr("2026-07-01..2026-07-05") == "2026-07-01 .. 2026-07-05");
}

TEST_CASE("dates that do not exist", "[literal]") {
  for (const char* bad : {"2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-01-01",
                          "2026-07-01T24:00", "2026-07-01T10:60", "2026-07-01T10:00:60", "2026-07-01T10:00+15:00", "2026-Q5",
                          "2026-Q0", "2026-13", "2026-W54", "2025-W53", "2026-W00"}) {
    CAPTURE(bad);
    CHECK(expr(bad) == "error: K0127");
  }
  for (const char* bad : {"2026-7-1", "2026-07-1", "2026-07-01T9:00", "2026-07-01 10:00", "2026-07-01T", "2026-Q33",
                          "2026-07-01T10"}) {
    CAPTURE(bad);
    CHECK(expr(bad) == "error: K0126");
  }
}

TEST_CASE("texts", "[literal]") {
  const auto value = [](const std::string& text) {
    const auto parsed = test::parse("metric m = " + text);
    REQUIRE(parsed.findings().empty());
    return std::get<syntax::TextLit>(parsed.file.expr(parsed.first<syntax::MetricDecl>().value).node).value;
  };
  CHECK(value(R"("a \"b\" \\ \n \u{4E2D}\u{1F600}")") == "a \"b\" \\ \n 中😀");
  CHECK(value("\"，（）“” | # `\"") == "，（）“” | # `");
  CHECK(value("\"\"").empty());
  CHECK(value("\"{m} {{\"") == "{m} {{");
  CHECK(expr(R"("\t")") == "error: K0113");
  CHECK(expr(R"("\u{}")") == "error: K0113");
  CHECK(expr(R"("\u{D800}")") == "error: K0113");
  CHECK(expr(R"("\u{110000}")") == "error: K0113");
  CHECK(expr(R"("\u41")") == "error: K0113");
  CHECK(test::parse("metric a = \"open\nmetric b = 1e3").findings() == "K0110 3:12, K0120 4:12");
  CHECK(test::parse("metric a = \"\\").findings() == "K0110 3:12");
}

TEST_CASE("times of day", "[literal]") {
  const auto parsed = test::parse("calendar c { mon..fri 9:00..18:00 sat 10:30..24:00 holidays from h.day }");
  CHECK(parsed.findings().empty());
  const auto& calendar = parsed.first<syntax::CalendarDecl>();
  REQUIRE(calendar.shifts.size() == 2);
  CHECK(calendar.shifts[0].from == "09:00");
  CHECK(calendar.shifts[1].first_day.text == "sat");
  CHECK(calendar.shifts[1].last_day.text == "sat");
  CHECK(calendar.shifts[1].to == "24:00");
  CHECK(test::parse("calendar c { mon 09:00..25:00 }").findings() == "K0128 3:25");
  CHECK(test::parse("calendar c { mon 09:60..10:00 }").findings() == "K0128 3:18");
  CHECK(test::parse("calendar c { mon 9..10:00 }").messages() == "unexpected `9`, expected a time such as `09:00`\n");
  CHECK(test::parse("calendar c { mon..soon 9:00..10:00 }").messages() == "unexpected `soon`, expected a weekday\n");
}
