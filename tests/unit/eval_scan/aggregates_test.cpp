#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::testing::Fixture;
using kpi::eval::kBeginning;
using kpi::eval::Window;

namespace {

const char* const kShop = R"(
entity team from distinct host.team
entity host from hosts { host_id : text key  name : text label  team : team  joined : date  left : date?  active from joined to left }
events sales as orders from orders at paid_at {
  order_id : text key
  host : host from host_id
  paid_at : datetime
  amount : money in GBP
  refunded : money? in GBP
  channel : text
  units : integer
  settled_at : datetime?
}
metric total = sum(sales.amount)
metric refunds = sum(sales.refunded default 0)
metric orders = count(sales)
metric live = sum(sales.amount where channel = "live")
metric mean = avg(sales.amount)
metric low = min(sales.amount)
metric high = max(sales.amount)
metric first_time = min(sales.paid_at)
metric channels = distinct(sales.channel)
metric middle = median(sales.amount)
metric p90 = percentile(sales.amount, 90)
metric first_amount = first(sales.amount)
metric last_channel = last(sales.channel)
metric any_live = exists(sales where channel = "live")
metric per_day = avg(sum(sales.amount) each day)
metric best_week = max(count(sales) each week)
metric settled = sum(sales.amount at settled_at)
metric headcount = count(host)
metric refunded_orders = count(sales where refunded is not none and refunded > 5 GBP)
)";

Fixture shop() {
  Fixture f(kShop);
  f.data.add("hosts", "host_id|name|team|joined|left\nh1|Ann|red|2025-01-01|-\nh2|Bo|blue|2025-01-01|2026-07-10\nh3|Cy|red|2026-08-01|-\n");
  f.data.add("orders",
             "order_id|host_id|paid_at|amount|refunded|channel|units|settled_at\n"
             "o1|h1|2026-07-01 00:00:00|10|-|live|1|2026-07-03 10:00:00\n"
             "o2|h1|2026-07-01T23:59:59|20.50|5.5|shop|2|2026-08-02 10:00:00\n"
             "o3|h1|2026-07-15 12:00:00|r:30.25|-|live|3|-\n"
             "o4|h2|2026-07-31 23:30:00|t:40|40|live|4|2026-08-01 00:00:00\n"
             "o5|h1|2026-08-01 00:00:00|50|-|shop|5|-\n"
             "o6|h1|2026-06-30 23:59:59|1|-|mail|6|-\n");
  return f;
}

}  // namespace

TEST_CASE("every aggregate, for a host, a team and the company") {
  Fixture f = shop();
  const Window july = Fixture::period("2026-07");
  for (const char* metric : {"total", "refunds", "orders", "live", "mean", "low", "high", "first_time", "channels", "middle", "p90",
                             "first_amount", "last_channel", "any_live", "per_day", "best_week", "settled", "headcount", "refunded_orders"}) {
    for (const char* entity : {"host", "team", "company"}) f.need(metric, entity, july);
  }
  REQUIRE(f.scan());
  CHECK(f.get("total", "host", "h1", july) == "60.75");
  CHECK(f.get("total", "host", "h2", july) == "40");
  CHECK(f.get("total", "team", "red", july) == "60.75");
  CHECK(f.get("total", "company", "company", july) == "100.75");
  CHECK(f.get("refunds", "host", "h1", july) == "5.5");
  CHECK(f.get("orders", "host", "h1", july) == "3");
  CHECK(f.get("live", "host", "h1", july) == "40.25");
  CHECK(f.get("mean", "host", "h1", july) == "20.25");
  CHECK(f.get("low", "host", "h1", july) == "10");
  CHECK(f.get("high", "company", "company", july) == "40");
  CHECK(f.get("first_time", "host", "h1", july) == "2026-06-30T23:00:00Z");
  CHECK(f.get("channels", "host", "h1", july) == "2");
  CHECK(f.get("middle", "host", "h1", july) == "20.5");
  CHECK(f.get("p90", "host", "h1", july) == "28.3");
  CHECK(f.get("p90", "company", "company", july) == "37.075");
  CHECK(f.get("first_amount", "host", "h1", july) == "10");
  CHECK(f.get("last_channel", "company", "company", july) == "live");
  CHECK(f.get("any_live", "host", "h1", july) == "true");
  CHECK(f.get("per_day", "host", "h1", july) == "30.375");
  CHECK(f.get("best_week", "host", "h1", july) == "2");
  CHECK(f.get("settled", "host", "h1", july) == "10");
  CHECK(f.get("headcount", "company", "company", july) == "2");
  CHECK(f.get("headcount", "team", "red", july) == "1");
  CHECK(f.get("refunded_orders", "host", "h1", july) == "1");
  CHECK(f.store->events(f.events("sales")).rows == 6);
  CHECK(f.store->events(f.events("sales")).without_time == 3);
}

TEST_CASE("no rows are zero or no value, by function; h3 has no rows at all") {
  Fixture f = shop();
  const Window july = Fixture::period("2026-07");
  for (const char* metric : {"total", "orders", "mean", "low", "channels", "middle", "first_amount", "any_live", "per_day"}) f.need(metric, "host", july);
  REQUIRE(f.scan());
  CHECK(f.get("total", "host", "h3", july) == "0");
  CHECK(f.get("orders", "host", "h3", july) == "0");
  CHECK(f.get("channels", "host", "h3", july) == "0");
  CHECK(f.get("any_live", "host", "h3", july) == "false");
  for (const char* metric : {"mean", "low", "middle", "first_amount", "per_day"}) CHECK(f.get(metric, "host", "h3", july) == "(no rows)");
}

TEST_CASE("windows of all lengths come from one pass") {
  Fixture f = shop();
  const Window july = Fixture::period("2026-07"), august = Fixture::period("2026-08"), day = Fixture::period("2026-07-01");
  const Window quarter = Fixture::period("2026-Q3"), life{kBeginning, july.end}, week = Fixture::period("2026-W27");
  for (const Window& window : {july, august, day, quarter, life, week}) {
    f.need("total", "host", window);
    f.need("middle", "host", window);
    f.need("channels", "host", window);
    f.need("best_week", "host", window);
  }
  REQUIRE(f.scan());
  CHECK(f.get("total", "host", "h1", day) == "30.5");
  CHECK(f.get("total", "host", "h1", week) == "31.5");
  CHECK(f.get("total", "host", "h1", august) == "50");
  CHECK(f.get("total", "host", "h1", quarter) == "110.75");
  CHECK(f.get("total", "host", "h1", life) == "61.75");
  CHECK(f.get("middle", "host", "h1", life) == "15.25");
  CHECK(f.get("channels", "host", "h1", life) == "3");
  CHECK(f.get("best_week", "host", "h1", life) == "3");
  CHECK(f.get("best_week", "host", "h1", july) == "2");
}

TEST_CASE("members of a group together") {
  Fixture f = shop();
  const Window july = Fixture::period("2026-07");
  for (const char* metric : {"total", "middle", "channels", "mean", "first_amount"}) f.need(metric, "host", july);
  REQUIRE(f.scan());
  const auto host = f.entity("host");
  const std::vector<std::uint32_t> both{*f.store->find(host, "h1"), *f.store->find(host, "h2")};
  const auto merged = [&](const char* metric) { return Fixture::text(f.store->merged(f.aggregate(metric), host, both, july)); };
  CHECK(merged("total") == "100.75");
  CHECK(merged("middle") == "25.375");
  CHECK(merged("channels") == "2");
  CHECK(merged("mean") == "25.1875");
  CHECK(merged("first_amount") == "10");
}

TEST_CASE("entities carry their fields, labels and active dates, in the order of keys") {
  Fixture f = shop();
  f.need("total", "host", Fixture::period("2026-07"));
  f.need("total", "team", Fixture::period("2026-07"));
  REQUIRE(f.scan());
  const auto& hosts = f.store->rows(f.entity("host"));
  REQUIRE(hosts.size() == 3);
  CHECK(hosts[1].key == "h2");
  CHECK(hosts[1].label == "Bo");
  CHECK(hosts[1].active_to == kpi::value::Date::parse("2026-07-10"));
  const auto& teams = f.store->rows(f.entity("team"));
  REQUIRE(teams.size() == 2);
  CHECK(teams[0].key == "blue");
  CHECK(hosts[1].fields[2] == kpi::value::Value(kpi::value::EntityRef{f.entity("team").index, 0}));
}

TEST_CASE("presence: whoever a kept row leads to") {
  Fixture f = shop();
  const Window july = Fixture::period("2026-07"), august = Fixture::period("2026-08");
  f.request.presence = {{f.entity("host"), july}, {f.entity("host"), august}, {f.entity("team"), august}};
  REQUIRE(f.scan());
  const auto host = f.entity("host");
  CHECK(f.store->present(host, 0, july));
  CHECK(f.store->present(host, 1, july));
  CHECK_FALSE(f.store->present(host, 1, august));
  CHECK_FALSE(f.store->present(host, 2, july));
}

TEST_CASE("only the columns that are needed are read") {
  Fixture f = shop();
  f.data.unique_keys = {{"order_id"}};
  f.need("orders", "company", Fixture::period("2026-07"));
  REQUIRE(f.scan());
  CHECK(f.data.scanned["orders"] == std::vector<std::string>{"paid_at"});
}
