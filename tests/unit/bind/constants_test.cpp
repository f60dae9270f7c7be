// Values of constant expressions, as `kpi eval` prints them.
#include <catch2/catch.hpp>

#include "tests/unit/bind/support.hpp"

using namespace kpi;

namespace {

/// The value with its unit, or the code of the first finding.
std::string eval(const std::string& text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const source::SourceId id = sources.add("expression", text);
  const auto parsed = syntax::parse_expression(sources, id, diagnostics);
  const auto result = parsed ? bind::evaluate_constant(parsed->first, parsed->second, sources, diagnostics) : std::nullopt;
  if (!result) return diagnostics.items().empty() ? "nothing" : source::code(diagnostics.items()[0].id);
  if (!result->first.has_value()) return "none: " + value::reason_text(result->first.reason());
  return model::constant_text(model::Policy{}, result->first, result->second);
}

}  // namespace

TEST_CASE("constant arithmetic") {
  CHECK(eval("1 + 2 * 3") == "7");
  CHECK(eval("1 / 3 + 1 / 6") == "0.5");
  CHECK(eval("10 / 3") == "10/3");
  CHECK(eval("-2 - -3") == "1");
  CHECK(eval("40% of") != "0.4");
  CHECK(eval("40% * 10") == "4");
  CHECK(eval("0.1 + 0.2") == "0.3");
  CHECK(eval("1 / 0") == "none: zero denominator");
  CHECK(eval("1 / 0 + 5") == "none: zero denominator");
  CHECK(eval("1 / 0 default 3") == "none: zero denominator");   // `default` binds tighter
  CHECK(eval("(1 / 0) default 3") == "3");
  CHECK(eval("(1 / 0) is none") == "true");
  CHECK(eval("8_000 GBP * 2") == "16000 GBP");
  CHECK(eval("8_000 GBP / 3 GBP > 2") == "true");
  CHECK(eval("8 GBP + 1 USD") == "K0304");
  CHECK(eval("8 GBP + 1") == "K0305");
  CHECK(eval("90 minutes") == "5400 seconds");
  CHECK(eval("90 minutes / 1 hour") == "1.5");
}

TEST_CASE("constant functions") {
  CHECK(eval("round(2.5)") == "2");
  CHECK(eval("round(2.5, 0, half_up)") == "3");
  CHECK(eval("round(1234.5678, -2)") == "1200");
  CHECK(eval("round(-1.05, 1, ceiling)") == "-1");
  CHECK(eval("round_significant(123456, 2, down)") == "120000");
  CHECK(eval("floor(-1.5)") == "-2");
  CHECK(eval("ceil(1.2)") == "2");
  CHECK(eval("abs(-3 GBP)") == "3 GBP");
  CHECK(eval("min(3, 1, 2) + max(4, 5)") == "6");
  CHECK(eval("max(2026-01-01, 2026-02-01)") == "2026-02-01");
  CHECK(eval("upper(\"città é\")") == "\"CITTÀ É\"");
  CHECK(eval("lower(\"ÀB\")") == "\"àb\"");
  CHECK(eval("trim(\"\u3000 a b\u00a0\")") == "\"a b\"");
  CHECK(eval("starts_with(\"abc\", \"ab\") and ends_with(\"abc\", \"bc\") and contains(\"abc\", \"b\")") == "true");
  CHECK(eval("if 1 < 2 then \"a\" else \"b\"") == "\"a\"");
}

TEST_CASE("constant conditions, dates and collections") {
  CHECK(eval("5 in 1 ..= 5") == "true");
  CHECK(eval("5 in 1 .. 5") == "false");
  CHECK(eval("\"b\" not in [\"a\", \"c\"]") == "true");
  CHECK(eval("2026-01-31 + 1 month") == "2026-02-28");
  CHECK(eval("2026-01-31 + 1 day") == "2026-02-01");
  CHECK(eval("2026-03-01 - 2026-02-01") == "2419200 seconds");
  CHECK(eval("2026-01-01T10:00Z + 90 minutes") == "2026-01-01T11:30:00Z");
  CHECK(eval("2026-01-01T10:00 within 1 hour of 2026-01-01T11:00") == "true");
  CHECK(eval("true and not false or false") == "true");
  CHECK(eval("(1 / 0) > 1 and false") == "false");
  CHECK(eval("sum(orders.amount)") == "K0338");
  CHECK(eval("x + 1") == "K0200");
  CHECK(eval("2026-02-30") != "nothing");
}
