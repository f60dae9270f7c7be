#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::Window;
using kpi::eval::testing::Fixture;

namespace {

const char* const kShop = R"(
entity host from hosts { host_id : text key }
events sales as orders from orders at paid_at {
  order_id : text key
  host : host from host_id
  paid_at : datetime
  amount : money in GBP from "Order Amount"
  units : integer range 0 ..= 100
  rush : boolean?
}
metric total = sum(sales.amount)
metric units = sum(sales.units)
metric rushed = count(sales where rush default false)
)";

const std::string kHead = "order_id|host_id|paid_at|order_amount|units|rush\n";

Fixture shop(const std::string& rows) {
  Fixture f(kShop);
  f.data.add("hosts", "host_id\nh1\n");
  f.data.add("orders", kHead + rows);
  for (const char* metric : {"total", "units", "rushed"}) f.need(metric, "host", Fixture::period("2026-07"));
  return f;
}

std::string findings(const std::string& rows) {
  Fixture f = shop(rows);
  f.scan();
  return f.findings();
}

}  // namespace

TEST_CASE("bad cells name table, key and column") {
  CHECK(findings("o1|h1|2026-07-01|5|1|-\n").empty());
  CHECK(findings("o1|h1|2026-07-01|-|1|-\n") == "table `orders`, row `o1`: `Order Amount` is empty but required\n");
  CHECK(findings("o1|h1|-|5|1|-\n") == "table `orders`, row `o1`: `paid_at` is empty but required\n");
  CHECK(findings("o1|h1|2026-13-01|5|1|-\n") == "table `orders`, row `o1`: `paid_at` holds `2026-13-01`, which is not `YYYY-MM-DD HH:MM:SS`\n");
  CHECK(findings("o1|h1|2026-07-01|5,00|1|-\n") == "table `orders`, row `o1`: `Order Amount` holds `5,00`, which is not `1234.56`\n");
  CHECK(findings("o1|h1|2026-07-01|5|1.5|-\n") == "table `orders`, row `o1`: `units` holds `1.5`, which is not a whole number\n");
  CHECK(findings("o1|h1|2026-07-01|5|101|-\n") == "table `orders`, row `o1`: `units` holds `101`, outside its declared range\n");
  CHECK(findings("o1|h9|2026-07-01|5|1|-\n") == "table `orders`, row `o1`: `host_id` refers to `h9`, but `host` has no such row\n");
  CHECK(findings("o1|h1|2026-03-29 01:30:00|5|1|-\n").find("was skipped by the clocks of its zone") != std::string::npos);
  CHECK(findings("o1|h1|2026-07-01|5|1|maybe\n").find("`rush` holds `maybe`") != std::string::npos);
}

TEST_CASE("repeated hours are their first occurrence; offsets and Unix seconds are exact") {
  Fixture f = shop("o1|h1|2026-10-25 01:30:00|1|1|-\no2|h1|2026-07-01T00:30:00+01:00|2|1|-\no3|h1|1782860400|4|1|-\no4|h1|2026-06-30T22:59:59Z|8|1|-\n");
  REQUIRE(f.scan());
  CHECK(f.get("total", "host", "h1", Fixture::period("2026-07")) == "6");
}

TEST_CASE("the first twenty are listed, the rest counted") {
  std::string rows;
  for (int i = 0; i < 30; ++i) rows += "o" + std::to_string(i) + "|h1|2026-07-01|-|1|-\n";
  Fixture f = shop(rows);
  CHECK_FALSE(f.scan());
  CHECK(f.diagnostics.items().size() == 21);
  CHECK(kpi::source::message(f.diagnostics.items().back(), kpi::source::Language::en) == "10 further errors in the data are not listed");
}

TEST_CASE("quarantine sets bad rows aside and counts them") {
  Fixture f = shop("o1|h1|2026-07-01|5|1|-\no2|h9|2026-07-01|6|1|-\no3|h1|2026-07-01|-|1|-\no4|h1|2026-07-01|7|1|-\no4|h1|2026-07-01|7|1|-\n");
  f.request.quarantine = true;
  REQUIRE(f.scan());
  CHECK(f.get("total", "host", "h1", Fixture::period("2026-07")) == "12");
  CHECK(f.store->events(f.events("sales")).quarantined == 3);
  CHECK(f.store->events(f.events("sales")).rows == 2);
}

TEST_CASE("missing tables and columns, with what was probably meant") {
  Fixture f(kShop);
  f.data.add("host", "host_id\nh1\n");
  f.data.add("orders", kHead);
  f.need("total", "host", Fixture::period("2026-07"));
  CHECK_FALSE(f.scan());
  REQUIRE(f.diagnostics.items().size() == 1);
  CHECK(f.findings() == "the data has no table `hosts`, which `host` reads\n");
  CHECK(f.diagnostics.items()[0].suggestion == "host");

  Fixture g(kShop);
  g.data.add("hosts", "host_id\nh1\n");
  g.data.add("orders", "order_id|host_id|paid_at|Amount|units\n");
  g.need("total", "host", Fixture::period("2026-07"));
  CHECK_FALSE(g.scan());
  CHECK(g.findings() == "table `orders` has no column `Order Amount`, which `sales.amount` reads\n");

  Fixture h(kShop);
  h.data.add("hosts", "host_id\nh1\n");
  h.data.add("orders", "order_id|host_id|paid_at|order amount|ORDER_AMOUNT|units\n");
  h.need("total", "host", Fixture::period("2026-07"));
  CHECK_FALSE(h.scan());
  CHECK(h.findings() == "several columns of table `orders` can be meant by `Order Amount`: `order amount`, `ORDER_AMOUNT`\n");
}

TEST_CASE("repeated keys: an error, kept once, or allowed") {
  const std::string rows = "o1|h1|2026-07-01|5|1|-\n7|h1|2026-07-01|6|1|-\nt:7|h1|2026-07-02|7|1|-\nt:07|h1|2026-07-02|8|1|-\n";
  CHECK(findings(rows) == "table `orders`: the key `7` of `sales` stands in 2 rows\n");
  for (const auto& [clause, expected] : {std::pair("duplicates keep_first", "19"), std::pair("duplicates allow", "26")}) {
    std::string text = kShop;
    text.insert(text.find("  rush"), std::string("  ") + clause + "\n");
    text.replace(text.find("  rush : boolean?\n"), 18, "");
    text.insert(text.find("  duplicates"), "  rush : boolean?\n");
    Fixture f(text);
    f.data.add("hosts", "host_id\nh1\n");
    f.data.add("orders", kHead + rows);
    f.need("total", "host", Fixture::period("2026-07"));
    REQUIRE(f.scan());
    CHECK(f.get("total", "host", "h1", Fixture::period("2026-07")) == expected);
  }
}

TEST_CASE("rows without a key are repeated when they agree in every column of the table") {
  const char* const text = "events sales from orders at day { day : date  amount : money in GBP }\nmetric total = sum(sales.amount)\n";
  Fixture f(text);
  f.data.add("orders", "day|amount|line\n2026-07-01|5|1\n2026-07-01|5|2\n");
  f.need("total", "company", Fixture::period("2026-07"));
  REQUIRE(f.scan());
  f.data.add("orders", "day|amount|line\n2026-07-01|5|2\n");
  CHECK_FALSE(f.scan());
  CHECK(f.findings() == "table `orders`, row 2: 2 rows of `sales` are equal in every column\n");
}

TEST_CASE("rows that the events' own condition leaves out may be bad") {
  Fixture f("events sales from orders where kind = \"s\" at day { kind : text  day : date  amount : money in GBP  duplicates allow }\nmetric total = sum(sales.amount)\n");
  f.data.add("orders", "kind|day|amount\ns|2026-07-01|5\nx|2026-07-01|-\n");
  f.need("total", "company", Fixture::period("2026-07"));
  REQUIRE(f.scan());
  CHECK(f.get("total", "company", "company", Fixture::period("2026-07")) == "5");
}
