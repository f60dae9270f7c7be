#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::MemoryCell;
using kpi::eval::Window;
using kpi::eval::testing::Fixture;
using kpi::eval::testing::Tables;

namespace {

const char* const kPlain = R"(
events sales from orders at day { day : date  amount : money in GBP  duplicates allow }
metric total = sum(sales.amount)
metric mean = avg(sales.amount)
metric middle = median(sales.amount)
metric high = max(sales.amount)
metric kinds = distinct(sales.amount)
metric half = sum(sales.amount * 50% + 1 GBP where amount >= 0.01 GBP)
)";

std::string scanned_total(const char* policy, const std::vector<std::string>& cells, const char* metric = "total") {
  Fixture f(policy);
  std::vector<std::vector<MemoryCell>> rows;
  for (const std::string& cell : cells) rows.push_back({MemoryCell::words("2026-07-01"), Tables::cell(cell)});
  f.data.add("orders", {"day", "amount"}, rows);
  const Window july = Fixture::period("2026-07");
  for (const char* name : {"total", "mean", "middle", "high", "kinds", "half"}) f.need(name, "company", july);
  if (!f.scan()) return f.findings();
  return f.get(metric, "company", "company", july);
}

}  // namespace

TEST_CASE("money as text, real, integer and minor units is the same money") {
  std::vector<std::string> text, real, minor;
  for (int i = 0; i < 1000; ++i) {
    text.push_back("19.99"), text.push_back("0.01");
    real.push_back("r:19.99"), real.push_back("r:0.01");
    minor.push_back("1999"), minor.push_back("1");
  }
  CHECK(scanned_total(kPlain, text) == "20000");
  CHECK(scanned_total(kPlain, real) == "20000");
  std::string stored = kPlain;
  stored.insert(stored.find("money in GBP") + 12, " stored as minor");
  CHECK(scanned_total(stored.c_str(), minor) == "20000");
  CHECK(scanned_total(kPlain, text, "mean") == "10");
  CHECK(scanned_total(kPlain, real, "kinds") == "2");
  CHECK(scanned_total(kPlain, {"10", "10.0", "r:10", "t:10.00"}, "kinds") == "1");
}

TEST_CASE("nothing wraps: 64 and 128 bits and beyond") {
  const std::string big = "t:9223372036854775807", wide = "t:170141183460469231731687303715884105727", tiny = "t:0.000000000000000000001";
  CHECK(scanned_total(kPlain, {big, big, big}) == "27670116110564327421");
  CHECK(scanned_total(kPlain, {wide, wide, "1"}) == "340282366920938463463374607431768211455");
  CHECK(scanned_total(kPlain, {"1", tiny}) == "1.000000000000000000001");
  CHECK(scanned_total(kPlain, {big, tiny, "3"}, "high") == "9223372036854775807");
  CHECK(scanned_total(kPlain, {big, tiny, "3"}, "middle") == "3");
  CHECK(scanned_total(kPlain, {big, "0"}, "half") == "4611686018427387904.5");
}

TEST_CASE("REAL cells are their shortest decimals") {
  CHECK(scanned_total(kPlain, {"r:0.1", "r:0.2"}) == "0.3");
  CHECK(scanned_total(kPlain, {"r:123456789.123", "r:1e-7"}) == "123456789.1230001");
  CHECK(scanned_total(kPlain, {"r:1e22", "r:-1e22", "r:0.5"}) == "0.5");
  CHECK(scanned_total(kPlain, {"r:-0.015625"}) == "-0.015625");
}

TEST_CASE("malformed amounts") {
  CHECK(scanned_total(kPlain, {"t:"}).find("is empty but required") != std::string::npos);
  for (const char* cell : {"t:1,000", "t: 5", "t:5-", "t:.", "t:0x10", "t:abc"}) {
    CHECK(scanned_total(kPlain, {cell}).find("is not") != std::string::npos);
  }
}
