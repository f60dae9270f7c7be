// Every finding about data, provoked once.
#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/data.hpp"
#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::testing::Fixture;
using kpi::source::DiagnosticId;
namespace ids = kpi::source::ids;

namespace {

const char* const kShop = R"(
entity shop from shops { shop_id : text key  zone : text }
entity host from hosts { host_id : text key }
events sales as orders from orders at paid_at in shop.zone {
  order_id : text key
  host : host from host_id
  shop : shop from shop_id
  paid_at : datetime
  amount : money in currency
  currency : text
  units : integer range 0 ..= 9
}
metric total = sum(sales.amount)
metric pieces = sum(sales.units)
)";
const char* const kExchange = "exchange from fx { day : date  currency : text  rate : number  use day of event }\n";
const char* const kColumns = "order_id|host_id|shop_id|paid_at|amount|currency|units\n";

/// The first finding over one order; `replaced` changes cells: {column, content}.
DiagnosticId first_finding(const std::string& row, const std::string& extra = "",
                           const std::string& rates = "2026-07-01|USD|0.8\n") {
  Fixture f(std::string(kShop) + extra);
  f.data.add("shops", "shop_id|zone\ns1|Europe/London\ns2|Mars/Base\n");
  f.data.add("hosts", "host_id\nh1\n");
  f.data.add("orders", kColumns + row);
  f.data.add("fx", "day|currency|rate\n" + rates);
  f.need("total", "host", Fixture::period("2026-07"));
  f.need("pieces", "host", Fixture::period("2026-07"));
  if (f.scan()) return DiagnosticId{};
  return f.diagnostics.items().front().id;
}

}  // namespace

TEST_CASE("findings about cells") {
  CHECK(first_finding("o1|h1|s1|2026-07-01|5|USD|1\n", kExchange) == DiagnosticId{});
  CHECK(first_finding("o1|h1|s1|2026-07-01|-|USD|1\n", kExchange) == ids::data_empty_cell);
  CHECK(first_finding("o1|h1|s1|2026-07-01|five|USD|1\n", kExchange) == ids::data_malformed_cell);
  CHECK(first_finding("o1|h1|s1|2026-07-01|5|USD|1.5\n", kExchange) == ids::data_not_integer);
  CHECK(first_finding("o1|h1|s1|2026-07-01|5|USD|10\n", kExchange) == ids::data_out_of_range);
  CHECK(first_finding("o1|h2|s1|2026-07-01|5|USD|1\n", kExchange) == ids::data_unknown_reference);
  CHECK(first_finding("o1|h1|s1|2026-03-29 01:30|5|USD|1\n", kExchange) == ids::data_time_in_gap);
  CHECK(first_finding("o1|h1|s1|2026-07-01|5|XYZ|1\n", kExchange) == ids::data_unknown_currency);
  CHECK(first_finding("o1|h1|s2|2026-07-01|5|USD|1\n", kExchange) == ids::data_unknown_zone);
}

TEST_CASE("findings about rows and rates") {
  const std::string row = "o1|h1|s1|2026-07-01|5|USD|1\n";
  CHECK(first_finding(row + row, kExchange) == ids::data_duplicate_key);
  CHECK(first_finding("o1|h1|s1|2026-07-09|5|USD|1\n", kExchange) == ids::data_missing_rate);
  CHECK(first_finding(row) == ids::data_foreign_currency);
  CHECK(first_finding(row, kExchange, "2026-07-01|USD|0.8\n2026-07-01|USD|0.9\n") == ids::data_conflicting_rates);
  CHECK(first_finding(row, kExchange, "2026-07-01|USD|0\n") == ids::data_rate_not_positive);
  CHECK(first_finding(row, std::string(kExchange) + "ensure \"few\" sum(sales.units) < 1\n") ==
        ids::data_ensure_failed_all);
  CHECK(first_finding(row, std::string(kExchange) + "ensure \"few\" sum(sales.units) < 1 for each sales.host\n") ==
        ids::data_ensure_failed);

  Fixture f("events e from t at day { day : date  x : number }\nmetric n = sum(e.x)\n");
  f.data.add("t", "day|x\n2026-07-01|1\n2026-07-01|1\n");
  f.need("n", "company", Fixture::period("2026-07"));
  CHECK_FALSE(f.scan());
  CHECK(f.diagnostics.items().front().id == ids::data_duplicate_row);

  std::string many = kColumns;
  for (int i = 0; i < 21; ++i) many += "o" + std::to_string(i) + "|h1|s1|2026-07-01|-|USD|1\n";
  Fixture g(std::string(kShop) + kExchange);
  g.data.add("shops", "shop_id|zone\ns1|Europe/London\n");
  g.data.add("hosts", "host_id\nh1\n");
  g.data.add("orders", many);
  g.data.add("fx", "day|currency|rate\n2026-07-01|USD|0.8\n");
  g.need("total", "host", Fixture::period("2026-07"));
  CHECK_FALSE(g.scan());
  CHECK(g.diagnostics.items().back().id == ids::data_more_errors);
}

TEST_CASE("findings about tables and columns") {
  Fixture f(kShop + std::string(kExchange));
  f.need("total", "host", Fixture::period("2026-07"));
  CHECK_FALSE(f.scan());
  CHECK(f.diagnostics.items().front().id == ids::data_missing_table);
  f.data.add("fx", "day|Currency|curren cy|rate\n");
  f.diagnostics = {};
  CHECK_FALSE(f.scan());
  CHECK(f.diagnostics.items().front().id == ids::data_ambiguous_column);
  Fixture g(kShop + std::string(kExchange));
  g.data.add("fx", "day|rate\n");
  CHECK_FALSE(g.scan());
  CHECK(g.diagnostics.items().front().id == ids::data_missing_column);
}

TEST_CASE("limits of policies") {
  std::string many = "events e from t at day { day : date  x : number  duplicates allow }\nmetric n = sum(e.x)\n";
  for (int i = 0; i < 65; ++i)
    many += "exclude e" + std::to_string(i) + " kind other from e where x = " + std::to_string(i) + "\n";
  Fixture f(many);
  f.data.add("t", "day|x\n2026-07-01|1\n");
  CHECK_FALSE(f.scan());
  CHECK(f.diagnostics.items().front().id == ids::data_too_many_exclusions);

  Fixture g(R"(
events a from t where x in b.x at day { day : date  x : number  duplicates allow }
events b from t where x in a.x at day { day : date  x : number  duplicates allow }
metric n = sum(a.x)
)");
  g.data.add("t", "day|x\n2026-07-01|1\n");
  g.need("n", "company", Fixture::period("2026-07"));
  CHECK_FALSE(g.scan());
  CHECK(g.diagnostics.items().front().id == ids::data_circular_dependency);
}
