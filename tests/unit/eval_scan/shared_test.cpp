// Passes that several threads share find what one thread finds in order: groups of `ensure`, repeated keys, bad rows.
#include <catch2/catch.hpp>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using namespace kpi::eval;
using namespace kpi::eval::testing;

namespace {

constexpr const char* kShop = R"(
entity host from hosts { host_id : text key }
events sales from orders at paid_at {
  order_id : text key
  host     : host from host_id
  paid_at  : datetime
  amount   : money in GBP
  share    : number
}
ensure "Shares add up" sum(sales.share where amount >= 0) = 1 for each sales.host
ensure "Enough" count(sales) >= 40
metric total = sum(sales.amount)
metric small = sum(sales.amount where amount < 20 GBP)
metric typical = avg(sales.amount where amount < 40 GBP)
)";

/// Fifty rows in which everything is right; `other` replaces one of them.
std::string outcome(std::size_t place, const std::string& other, bool quarantine, unsigned threads) {
  Fixture f(kShop);
  f.data.add("hosts", "host_id\nh0\nh1\nh2\nh3\nh4\n");
  std::string rows = "order_id|host_id|paid_at|amount|share\n";
  for (std::size_t i = 0; i < 50; ++i) {
    const std::string host = std::to_string(i % 5), number = std::to_string(i);
    rows += i == place ? other + "\n" : "o" + number + "|h" + host + "|2026-07-01|" + number + "|r:0.1\n";
  }
  f.data.add("orders", rows);
  for (const char* metric : {"total", "small", "typical"}) f.need(metric, "host", Fixture::period("2026-07"));
  f.request.quarantine = quarantine;
  f.request.batch_rows = 3;
  f.request.threads = threads;
  f.data.parted = threads > 1;
  if (!f.scan()) return f.findings();
  std::string text;
  for (const char* metric : {"total", "small", "typical"}) {
    for (const char* host : {"h0", "h1", "h4"}) text += f.get(metric, "host", host, Fixture::period("2026-07")) + " ";
  }
  const EventsInfo& info = f.store->events(f.events("sales"));
  return text + std::to_string(info.rows) + " " + std::to_string(info.quarantined) + " " + f.findings();
}

}  // namespace

TEST_CASE("several threads find what one finds: clean rows, failing groups, repeated keys, rows with errors") {
  const std::string clean = outcome(99, "", false, 1);
  CHECK(clean == "225 235 265 30 34 46 17.5 18.5 21.5 50 0 ");
  const char* const others[] = {"o7|h2|2026-07-01|7|r:0.1",  // as it was
                                "o7|h2|2026-07-01|7|r:0.2",  // h2 has too much
                                "o8|h2|2026-07-01|7|r:0.1",  // repeated
                                "-|h2|2026-07-01|7|r:0.1",   // without key
                                "o7|h9|2026-07-01|7|r:0.1",  // unknown host
                                "o7|h2|2026-07-01|x|r:0.1"};
  for (const char* other : others) {
    for (const bool quarantine : {false, true}) {
      const std::string expected = outcome(7, other, quarantine, 1);
      INFO(other);
      CHECK(outcome(7, other, quarantine, 2) == expected);
      CHECK(outcome(7, other, quarantine, 5) == expected);
    }
  }
  CHECK(outcome(7, others[1], false, 3) == "`Shares add up` does not hold for `h2`: `sum(sales.share where (sales.amount >= 0))` = 1.1\n");
  CHECK(outcome(7, others[2], false, 3) ==
        "table `orders`: the key `o8` of `sales` stands in 2 rows\n`Shares add up` does not hold for `h3`: `sum(sales.share where (sales.amount >= 0))` = 0.9\n");
}
