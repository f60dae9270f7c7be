#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::Window;
using kpi::eval::testing::Fixture;

namespace {

std::string shop(const std::string& rule, bool exchange = true) {
  return R"(
events sales as orders from orders at paid_at {
  order_id : text key  paid_at : datetime  amount : money in currency  currency : text  fee : money = amount * 10%
}
metric total = sum(sales.amount)
metric fees = sum(sales.fee)
metric big = count(sales where amount > 10 GBP)
)" + std::string(exchange ? "exchange from fx { day : date  currency : text  rate : number  use " + rule + " }\n" : "");
}

const char* const kRows =
    "order_id|paid_at|amount|currency\n"
    "o1|2026-07-10 10:00:00|100|USD\n"
    "o2|2026-07-16 10:00:00|100|USD\n"    // no rate since the 10th: six days
    "o3|2026-07-10 10:00:00|5|GBP\n"
    "o4|2026-07-31 10:00:00|1000|JPY\n";
const char* const kRates =
    "day|currency|rate\n"
    "2026-07-01|USD|0.5\n2026-07-10|USD|0.8\n2026-07-31|JPY|0.005\n2026-07-28|USD|r:0.7\n2026-08-01|USD|99\n";

std::string total(const std::string& rule, const char* metric, bool simple) {
  Fixture f(shop(rule));
  f.data.add("orders", kRows);
  f.data.add("fx", kRates);
  f.request.simple = simple;
  for (const char* name : {"total", "fees", "big"}) f.need(name, "company", Fixture::period("2026-07"));
  if (!f.scan()) return f.findings();
  return f.get(metric, "company", "company", Fixture::period("2026-07"));
}

}  // namespace

TEST_CASE("amounts are converted by the rule of the exchange") {
  const bool simple = GENERATE(false, true);
  CHECK(total("day of event", "total", simple) == "170");            // 80 + 80 + 5 + 5
  CHECK(total("day of event", "fees", simple) == "17");
  CHECK(total("day of event", "big", simple) == "2");
  CHECK(total("month_average", "total", simple) == "430/3");         // 2 * 100 * 2/3 + 10
  CHECK(total("period_end", "total", simple) == "150");              // 2 * 70 + 10
  CHECK(total("fixed", "total", simple) == "110");                   // 2 * 50 + 10
}

TEST_CASE("a missing rate, a foreign currency without exchange, an unknown currency") {
  Fixture f(shop("day of event"));
  f.data.add("orders", "order_id|paid_at|amount|currency\no1|2026-07-18 10:00:00|100|USD\no2|2026-07-18 11:00:00|100|USD\n");
  f.data.add("fx", kRates);
  f.need("total", "company", Fixture::period("2026-07"));
  CHECK_FALSE(f.scan());
  CHECK(f.findings() == "table `fx` has no exchange rate for USD on 2026-07-18 or in the 7 days before\n");

  Fixture g(shop("day of event", false));
  g.data.add("orders", "order_id|paid_at|amount|currency\no1|2026-07-18 10:00:00|100|GBP\no2|2026-07-18 11:00:00|100|USD\n");
  g.need("total", "company", Fixture::period("2026-07"));
  CHECK_FALSE(g.scan());
  CHECK(g.findings() == "table `orders`: `amount` holds amounts in USD, the policy counts in GBP, and there is no `exchange`\n");

  Fixture h(shop("day of event"));
  h.data.add("orders", "order_id|paid_at|amount|currency\no1|2026-07-18 10:00:00|100|XXQ\n");
  h.data.add("fx", kRates);
  h.need("total", "company", Fixture::period("2026-07"));
  CHECK_FALSE(h.scan());
  CHECK(h.findings() == "table `orders`, row `o1`: `XXQ` in `currency` is not a currency code of ISO 4217\n");

  Fixture i(shop("day of event"));
  i.data.add("orders", kRows);
  i.data.add("fx", std::string(kRates) + "2026-07-01|USD|0.6\n");
  i.need("total", "company", Fixture::period("2026-07"));
  CHECK_FALSE(i.scan());
  CHECK(i.findings() == "table `fx` gives two rates for USD on 2026-07-01\n");
}

TEST_CASE("rates for literals") {
  Fixture f(shop("day of event"));
  f.data.add("orders", kRows);
  f.data.add("fx", kRates);
  const Window july = Fixture::period("2026-07");
  const auto usd = *kpi::value::Currency::parse("USD"), jpy = *kpi::value::Currency::parse("JPY");
  f.request.rates = {{usd, july}};
  REQUIRE(f.scan());
  CHECK(f.store->rate(usd, july)->to_string() == "0.7");
  f.request.rates = {{jpy, Fixture::period("2026-06")}};
  CHECK_FALSE(f.scan());
}
