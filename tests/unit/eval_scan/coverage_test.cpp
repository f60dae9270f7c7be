#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::AggregateStore;
using kpi::eval::kBeginning;
using kpi::eval::Window;
using kpi::eval::testing::Fixture;

namespace {

const char* const kShop = R"(
events sales as orders from orders at paid_at { order_id : text key  paid_at : datetime  amount : money in GBP }
events violations as violations from violations at noted_at { id : text key  noted_at : datetime }
events ads as ads from ads at day { day : date  spend : money in GBP  covers from 2026-07-10  duplicates allow }
metric total = sum(sales.amount)
metric violation_count = count(violations)
metric spend = sum(ads.spend)
)";

Fixture shop() {
  Fixture f(kShop);
  f.data.add("orders", "order_id|paid_at|amount\no1|2026-07-05 23:30:00|1\no2|2026-08-14 08:00:00|2\n");
  f.data.add("violations", "id|noted_at\nv1|2026-07-20 10:00:00\n");
  f.data.add("ads", "day|spend\n2026-08-20|5\n2026-07-01|3\n");
  return f;
}

}  // namespace

TEST_CASE("coverage: from the first to the last event of the whole database, in whole days") {
  Fixture f = shop();
  const Window june = Fixture::period("2026-06"), july = Fixture::period("2026-07"), august = Fixture::period("2026-08"),
               september = Fixture::period("2026-09"), early{june.start, *kpi::value::Date::parse("2026-07-01")},
               life{kBeginning, august.end};
  for (const Window& window : {june, july, august, september, early, life}) {
    f.need("total", "company", window);
    f.need("violation_count", "company", window);
  }
  REQUIRE(f.scan());
  using Cover = AggregateStore::Cover;
  const auto violations = kpi::model::SourceRef::of(f.events("violations"));
  CHECK(f.get("violation_count", "company", "company", june) == "(no data)");
  CHECK(f.get("violation_count", "company", "company", july) == "1");
  CHECK(f.get("violation_count", "company", "company", august) == "0");
  CHECK(f.get("violation_count", "company", "company", september) == "(no data)");
  CHECK(f.get("violation_count", "company", "company", life) == "1");
  CHECK(f.store->coverage(violations, june) == Cover::none);
  CHECK(f.store->coverage(violations, july) == Cover::full);
  CHECK(f.store->coverage(violations, august) == Cover::partial);
  CHECK(f.store->coverage(kpi::model::SourceRef::of(f.events("ads")), july) == Cover::partial);
  const auto& info = f.store->events(f.events("sales"));
  CHECK(info.covered_from == kpi::value::Date::parse("2026-07-01"));
  CHECK(info.covered_to == kpi::value::Date::parse("2026-08-21"));
  CHECK(f.store->as_of()->to_string() == "2026-08-19T23:00:00Z");
}

TEST_CASE("a test covers everything; tables that are not given are empty") {
  Fixture f(kShop);
  f.data.add("orders", "order_id|paid_at|amount\no1|2026-07-05 23:30:00|1\n");
  f.data.lenient = true;
  f.request.everything_covered = true;
  const Window june = Fixture::period("2026-06");
  f.need("violation_count", "company", june);
  f.need("total", "company", june);
  REQUIRE(f.scan());
  CHECK(f.get("violation_count", "company", "company", june) == "0");
  CHECK(f.get("total", "company", "company", june) == "0");
}

TEST_CASE("in a test, columns that are left out are absent, or an error when they are required and read") {
  const char* const text = R"(
entity host from hosts { host_id : text key  joined : date }
events sales from orders at paid_at { order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  refunded : money? in GBP  note : text }
metric total = sum(sales.amount) 
metric refunds = sum(sales.refunded default 0)
metric notes = distinct(sales.note)
)";
  Fixture f(text);
  f.data.lenient = true;
  f.data.add("hosts", "host_id\nh1\n");
  f.data.add("orders", "order_id|host_id|paid_at|amount\no1|h1|2026-07-05 23:30:00|1\n");
  const Window july = Fixture::period("2026-07");
  f.need("total", "host", july);
  f.need("refunds", "host", july);
  REQUIRE(f.scan());
  CHECK(f.get("refunds", "host", "h1", july) == "0");
  f.need("notes", "host", july);
  CHECK_FALSE(f.scan());
  CHECK(f.findings() == "table `orders` has no column `note`, which `sales.note` reads\n");
}

TEST_CASE("silence is a gap that is long for the source") {
  Fixture f(kShop);
  std::string rows = "order_id|paid_at|amount\n";
  for (int day = 1; day <= 30; ++day) {
    if (day >= 10 && day < 17) continue;
    rows += "o" + std::to_string(day) + "|2026-06-" + (day < 10 ? "0" : "") + std::to_string(day) + " 10:00:00|1\n";
  }
  f.data.add("orders", rows);
  f.data.add("violations", "id|noted_at\nv1|2026-06-20 10:00:00\n");
  f.data.add("ads", "day|spend\n2026-07-10|5\n");
  f.need("total", "company", Fixture::period("2026-06"));
  f.need("violation_count", "company", Fixture::period("2026-06"));
  REQUIRE(f.scan());
  const auto& silent = f.store->events(f.events("sales")).silent;
  REQUIRE(silent.size() == 2);
  CHECK(silent[0].first == kpi::value::Date::parse("2026-06-10"));
  CHECK(silent[0].second == kpi::value::Date::parse("2026-06-17"));
  CHECK(silent[1].second == kpi::value::Date::parse("2026-07-11"));
  CHECK(f.store->events(f.events("violations")).silent.empty());
}

TEST_CASE("rows behind a result") {
  Fixture f(R"(
entity host from hosts { host_id : text key }
events sales as orders from orders at paid_at { order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  is_test : boolean }
exclude test_orders kind test from sales where is_test
exclude small kind other from sales where amount < 2 GBP
metric total = sum(sales.amount)
)");
  f.data.add("hosts", "host_id\nh1\nh2\n");
  f.data.add("orders", "order_id|host_id|paid_at|amount|is_test\no2|h1|2026-07-06 10:00:00|1|1\no1|h1|2026-07-05 10:00:00|5|0\no3|h2|2026-07-05 10:00:00|5|0\no4|h1|2026-08-05 10:00:00|5|0\n");
  const auto rows = kpi::eval::trace_rows(f.policy, f.data, f.request, f.entity("host"), "h1", Fixture::period("2026-07"), f.diagnostics);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].key == "o1");
  CHECK(rows[0].hits.empty());
  CHECK(rows[1].key == "o2");
  CHECK(rows[1].hits == std::vector{f.exclusion("test_orders"), f.exclusion("small")});
  CHECK(rows[1].fields.size() == 5);
  const auto all = kpi::eval::trace_rows(f.policy, f.data, f.request, {}, "", {kBeginning, Fixture::period("2027").end}, f.diagnostics);
  CHECK(all.size() == 4);
}
