#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::Window;
using kpi::eval::testing::Fixture;

namespace {

const char* const kShop = R"(
entity staff from staff { staff_id : text key  buyer_id : text }
events sales as orders from orders at paid_at {
  order_id : text key
  paid_at : datetime
  buyer_id : text personal
  sku : text
  quantity : integer
  amount : money in GBP
  double : money = amount * 2
  is_test : boolean
}
events returns as refunds from returns at returned_at {
  return_id : text key  buyer_id : text  sku : text  quantity : integer  returned_at : datetime  amount : money in GBP
}
exclude test_orders kind test from sales where is_test
exclude staff_orders kind internal from sales where buyer_id in staff.buyer_id
exclude many kind fake from sales
  where count(sales where buyer_id = this.buyer_id and paid_at within 1 day of this.paid_at) > 2
exclude reversed kind fake from sales
  where exists(returns where buyer_id = this.buyer_id and sku = this.sku and quantity = this.quantity
               and returned_at in this.paid_at ..= this.paid_at + 24 hours)
metric total = sum(sales.amount)
metric with_many = sum(sales.amount including many)
metric with_all = sum(sales.amount including test_orders, staff_orders, many, reversed)
metric returned = sum(returns.amount)
)";

Fixture shop() {
  Fixture f(kShop);
  f.data.add("staff", "staff_id|buyer_id\ns1|77\n");
  f.data.add("orders",
             "order_id|paid_at|buyer_id|sku|quantity|amount|is_test\n"
             "o1|2026-07-03 10:00:00|1|a|1|1|0\n"
             "o2|2026-07-04 10:00:00|1|a|1|2|0\n"       // exactly one day apart on both sides: three within a day
             "o3|2026-07-05 10:00:00|1|a|1|4|0\n"
             "o4|2026-07-03 10:00:00|2|b|1|8|yes\n"
             "o5|2026-07-03 10:00:00|t:77|b|1|16|no\n"
             "o6|2026-07-06 10:00:00|3|c|2|32|0\n"      // reversed within 24 hours
             "o7|2026-07-06 10:00:00|3|d|2|64|0\n"      // reversed one second too late
             "o8|2026-07-06 10:00:00|3|e|2|128|0\n"
             "o9|2026-07-07 10:00:00|77|e|2|256|true\n");
  f.data.add("returns",
             "return_id|buyer_id|sku|quantity|returned_at|amount\n"
             "r1|3|c|2|2026-07-07 10:00:00|32\n"
             "r2|3|d|2|2026-07-07 10:00:01|64\n"
             "r3|3|e|1|2026-07-06 11:00:00|64\n"
             "r4|3|e|2|2026-07-06 09:59:59|1\n");
  return f;
}

}  // namespace

TEST_CASE("exclusions: flags, sets, counts around a row, and existence in another source") {
  const bool simple = GENERATE(false, true);
  const std::size_t batch_rows = GENERATE(1, 2, 4096);
  Fixture f = shop();
  const Window july = Fixture::period("2026-07");
  for (const char* metric : {"total", "with_many", "with_all", "returned"}) f.need(metric, "company", july);
  f.request.report_windows = {july, Fixture::period("2026-08")};
  f.request.simple = simple;
  f.request.batch_rows = batch_rows;
  REQUIRE(f.scan());
  // Taken out: o2 (three orders within a day), o4, o9 (tests), o5, o9 (staff), o6 (reversed), and o6 to o8, three orders
  // of one buyer at one time.
  CHECK(f.get("total", "company", "company", july) == "5");
  CHECK(f.get("with_many", "company", "company", july) == "199");
  CHECK(f.get("with_all", "company", "company", july) == "511");
  CHECK(f.get("returned", "company", "company", july) == "161");
  const auto& info = f.store->events(f.events("sales"));
  CHECK(info.rows == 9);
  CHECK(info.excluded == 7);

  const auto& counts = f.store->exclusions(july);
  REQUIRE(counts.size() == 4);
  CHECK(counts[0].rows == 2);   // o4 and o9
  CHECK(counts[1].rows == 1);   // o5
  CHECK(counts[1].noted == 1);  // o9 counts as a test
  CHECK(counts[2].rows == 4);   // o2, o6, o7, o8
  CHECK(counts[3].rows == 0);
  CHECK(counts[3].noted == 1);  // o6
  CHECK(counts[0].money.at("amount").at("GBP") == kpi::value::Number(264));
  CHECK(counts[0].money.at("double").at("GBP") == kpi::value::Number(528));
  for (const auto& count : f.store->exclusions(Fixture::period("2026-08"))) CHECK(count.rows == 0);
}

TEST_CASE("conditions see rows of all periods, up to as-of") {
  Fixture f(R"(
events sales as orders from orders at paid_at {
  order_id : text key  paid_at : datetime  buyer_id : text  amount : money in GBP
}
exclude repeat kind fake from sales where count(sales where buyer_id = this.buyer_id) > 1
metric total = sum(sales.amount)
)");
  f.data.add("orders", "order_id|paid_at|buyer_id|amount\no1|2025-01-01 00:00:00|b|1\no2|2026-07-01 00:00:00|b|2\no3|2026-07-02 00:00:00|c|4\no4|2026-08-01 00:00:00|c|8\n");
  const Window july = Fixture::period("2026-07");
  f.need("total", "company", july);
  REQUIRE(f.scan());
  CHECK(f.get("total", "company", "company", july) == "0");
  f.request.as_of = kpi::value::TimeZone::utc().start_of_day(*kpi::value::Date::parse("2026-07-15"));
  REQUIRE(f.scan());
  CHECK(f.get("total", "company", "company", july) == "4");
  CHECK(f.store->events(f.events("sales")).rows == 3);
}

TEST_CASE("joins: number and date ranges, further conditions, inner filters, absent keys") {
  Fixture f(R"(
events sales as orders from orders at day {
  id : text key  day : date  buyer : text?  amount : money in GBP  channel : text
}
exclude cheaper kind other from sales where buyer is not none and count(sales where buyer is not none and buyer = this.buyer and amount < this.amount) > 0
exclude near kind other from sales where exists(sales where channel = this.channel and id != this.id and day within 2 days of this.day)
exclude mail_before kind other from sales
  where buyer is not none and exists(sales where buyer is not none and buyer = this.buyer and channel = "mail" and day < this.day and amount >= this.amount)
metric total = sum(sales.amount)
metric but_cheaper = sum(sales.amount including near, mail_before)
metric but_near = sum(sales.amount including cheaper, mail_before)
metric but_mail = sum(sales.amount including cheaper, near)
)");
  f.data.add("orders",
             "id|day|buyer|amount|channel\n"
             "a|2026-07-01|x|1|live\n"
             "b|2026-07-04|x|2.5|mail\n"
             "c|2026-07-06|x|2|mail\n"
             "d|2026-07-10|-|4|shop\n"
             "e|2026-07-20|-|3|shop\n"
             "f|2026-07-21|y|t:100000000000000000000000000000000000000000|other\n");
  f.request.simple = GENERATE(false, true);
  const Window july = Fixture::period("2026-07");
  for (const char* metric : {"but_cheaper", "but_near", "but_mail"}) f.need(metric, "company", july);
  REQUIRE(f.scan());
  CHECK(f.get("but_cheaper", "company", "company", july) == "100000000000000000000000000000000000000008");   // b and c go
  CHECK(f.get("but_near", "company", "company", july) == "100000000000000000000000000000000000000008");      // b and c go
  CHECK(f.get("but_mail", "company", "company", july) == "100000000000000000000000000000000000000010.5");    // c goes
}

TEST_CASE("a row that refers to an excluded row goes with it; shares follow their order") {
  Fixture f(R"(
entity host from hosts { host_id : text key }
events sales as orders from orders at paid_at { order_id : text key  paid_at : datetime  amount : money in GBP  is_test : boolean }
events credits from credits at credited_at {
  order : sales from order_id
  host : host from host_id
  credited_at : datetime
  share : number
  amount : money = order.amount * share
  duplicates allow
}
exclude test_orders kind test from sales where is_test
ensure "Shares of an order add up" sum(credits.share) = 1 for each credits.order
metric paid = sum(credits.amount)
)");
  f.data.add("hosts", "host_id\nh1\nh2\n");
  f.data.add("orders", "order_id|paid_at|amount|is_test\no1|2026-07-01 10:00:00|100|0\no2|2026-07-02 10:00:00|10|1\no3|2026-07-03 10:00:00|7|0\n");
  f.data.add("credits",
             "order_id|host_id|credited_at|share\n"
             "o1|h1|2026-07-01 10:00:00|0.25\no1|h2|2026-07-01 10:00:00|0.75\no2|h1|2026-07-02 10:00:00|1\no3|h2|2026-07-03 10:00:00|1\n");
  f.request.simple = GENERATE(false, true);
  const Window july = Fixture::period("2026-07");
  f.need("paid", "host", july);
  f.request.report_windows = {july};
  REQUIRE(f.scan());
  CHECK(f.get("paid", "host", "h1", july) == "25");
  CHECK(f.get("paid", "host", "h2", july) == "82");
  CHECK(f.store->events(f.events("credits")).excluded == 1);
  CHECK(f.store->exclusions(july).size() == 2);   // orders, and credits that went with them

  f.data.add("credits", "order_id|host_id|credited_at|share\no3|h1|2026-07-03 10:00:00|0.5\n");
  CHECK_FALSE(f.scan());
  CHECK(f.findings() == "`Shares of an order add up` does not hold for `o3`: `sum(credits.share)` = 1.5\n");
}
