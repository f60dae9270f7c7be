// The fast path against the simple evaluator, and both against a plain loop written here, over random rows in random
// order and batches of random size.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "tests/unit/eval_scan/scan_fixture.hpp"

using kpi::eval::MemoryCell;
using kpi::eval::Window;
using kpi::eval::testing::Fixture;
using kpi::eval::testing::Tables;

namespace {

const char* const kShop = R"(
entity host from hosts { host_id : text key  quota : money in GBP  team : team }
entity team from distinct host.team
events sales as orders from orders at paid_at {
  order_id : text key
  host : host from host_id
  paid_at : datetime
  shipped_at : datetime?
  buyer : text
  channel : text
  amount : money in currency
  currency : text
  cost : money? in GBP
  units : integer
  gift : boolean
  margin : money = amount * 30% - (cost default 0)
}
exchange from fx { day : date  currency : text  rate : number  use day of event }
exclude gifts kind gift from sales where gift and not (channel in ["live", "shop"])
exclude bursts kind fake from sales where count(sales where buyer = this.buyer and paid_at within 36 hours of this.paid_at) > 3
exclude again kind fake from sales
  where exists(sales where buyer = this.buyer and channel = this.channel and paid_at > this.paid_at and paid_at <= this.paid_at + 6 hours)
metric m0 = sum(sales.amount)
metric m1 = sum(sales.margin where units in 2 ..= 5)
metric m2 = count(sales where starts_with(upper(channel), "L") or channel = "mail")
metric m3 = avg(sales.cost default 0)
metric m4 = max(sales.amount - (sales.cost default 0))
metric m5 = median(sales.amount * sales.units)
metric m6 = distinct(sales.buyer including bursts)
metric m7 = sum(if sales.gift then 0 else sales.amount where shipped_at is not none and shipped_at - paid_at <= 2 days)
metric m8 = percentile(sales.units, 37.5)
metric m9 = first(sales.amount)
metric m10 = max(sum(sales.amount) each week)
metric m11 = sum(sales.amount at shipped_at)
metric m12 = count(sales where channel not in ["live", "mail", "phone"] and units != 3)
metric m13 = sum(sales.amount where amount > 20 GBP including gifts, bursts, again)
)";

/// The day that many days after 1 June.
std::string day_text(int day) { return kpi::value::Date{kpi::value::Date::parse("2026-06-01")->days + day}.to_string(); }

struct Row {
  std::string id, host, paid, shipped, buyer, channel, amount, currency, cost, units, gift;
};

std::vector<Row> random_rows(std::mt19937& random, int count) {
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const auto time = [&](int day) {
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return day_text(day) + " " + two(3 + pick(20)) + ":" + two(pick(60)) + ":" + two(pick(60));
  };
  const char* const channels[] = {"live", "shop", "mail", "Lounge", "phone"};
  const char* const currencies[] = {"GBP", "GBP", "USD", "JPY"};
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    const int day = pick(84);
    Row row;
    row.id = "o" + std::to_string(i);
    row.host = "h" + std::to_string(pick(5));
    row.paid = time(day);
    row.shipped = pick(4) == 0 ? "-" : time(std::min(83, day + pick(4)));
    row.buyer = std::to_string(pick(12));
    row.channel = channels[pick(5)];
    row.amount = pick(50) == 0 ? "t:1234567890123456.789" : (pick(2) ? "r:" : "t:") + std::to_string(pick(90)) + "." + std::to_string(pick(100));
    row.currency = currencies[pick(4)];
    row.cost = pick(3) == 0 ? "-" : std::to_string(pick(10));
    row.units = std::to_string(1 + pick(6));
    row.gift = std::to_string(pick(2));
    rows.push_back(row);
  }
  return rows;
}

std::string results(const std::vector<Row>& rows, bool simple, std::size_t batch_rows, unsigned threads = 1,
                    std::uint64_t memory = kpi::eval::kUsualMemory) {
  Fixture f(kShop);
  f.data.add("hosts", "host_id|quota|team\nh0|10|a\nh1|20|b\nh2|30|a\nh3|40|b\nh4|50|c\n");
  std::string rates = "day|currency|rate\n";
  for (int day = 0; day < 90; day += 3) {
    const std::string date = day_text(day);
    rates += date + "|USD|0." + std::to_string(50 + day / 4) + "5\n" + date + "|JPY|0.00" + std::to_string(10 + day) + "\n";
  }
  f.data.add("fx", rates);
  std::vector<std::vector<MemoryCell>> cells;
  for (const Row& r : rows) {
    cells.emplace_back();
    for (const std::string* cell : {&r.id, &r.host, &r.paid, &r.shipped, &r.buyer, &r.channel, &r.amount, &r.currency, &r.cost, &r.units, &r.gift}) {
      cells.back().push_back(Tables::cell(*cell));
    }
  }
  f.data.add("orders", {"order_id", "host_id", "paid_at", "shipped_at", "buyer", "channel", "amount", "currency", "cost", "units", "gift"}, cells);
  const std::vector<Window> windows{Fixture::period("2026-06"), Fixture::period("2026-07"), Fixture::period("2026-W28"), {kpi::eval::kBeginning, Fixture::period("2026-08").end}};
  std::vector<std::string> metrics;
  for (int m = 0; m < 14; ++m) metrics.push_back("m" + std::to_string(m));
  for (const auto& metric : metrics) {
    for (const auto& window : windows) {
      for (const char* entity : {"host", "team", "company"}) f.need(metric, entity, window);
    }
  }
  f.request.report_windows = windows;
  f.request.simple = simple;
  f.request.batch_rows = batch_rows;
  f.request.threads = threads;
  f.request.memory = memory;
  f.data.parted = threads > 1;
  if (!f.scan()) return f.findings();
  std::string text;
  for (const auto& metric : metrics) {
    for (const auto& window : windows) {
      for (const auto& [entity, key] : {std::pair("host", "h0"), std::pair("host", "h3"), std::pair("team", "a"), std::pair("company", "company")}) {
        text += metric + " " + entity + " " + f.get(metric, entity, key, window) + "\n";
      }
    }
  }
  for (const auto& count : f.store->exclusions(windows[0])) {
    text += std::to_string(count.rows) + " " + std::to_string(count.noted);
    for (const auto& [field, sums] : count.money) {
      for (const auto& [currency, sum] : sums) text += " " + field + " " + currency + " " + sum.to_string();
    }
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("fast and simple evaluation agree, whatever the order of rows, the size of batches and the number of threads") {
  std::mt19937 random(20261121);
  for (int round = 0; round < 12; ++round) {
    auto rows = random_rows(random, 1 + static_cast<int>(random() % 160));
    const std::string expected = results(rows, true, 4096);
    REQUIRE(expected.find("m13") != std::string::npos);
    CHECK(results(rows, false, 4096) == expected);
    std::shuffle(rows.begin(), rows.end(), random);
    CHECK(results(rows, false, 1 + random() % 30) == expected);
    CHECK(results(rows, true, 7) == expected);
    CHECK(results(rows, false, 1 + random() % 9, 3) == expected);
    CHECK(results(rows, true, 5, 2) == expected);
    // Sorted runs in temporary files instead of memory.
    CHECK(results(rows, false, 64, 1, 1) == expected);
    CHECK(results(rows, false, 7, 3, 1 + random() % 4000) == expected);
  }
}

TEST_CASE("bursts as a plain loop counts them") {
  std::mt19937 random(7);
  const auto rows = random_rows(random, 200);
  const std::string text = results(rows, false, 64);
  // distinct buyers of all rows that only bursts hit or nothing, over all time, for the company
  const auto seconds = [](const std::string& time) {
    return kpi::value::WrittenTime::parse(time)->local_micros / 1'000'000;   // no change of clocks in these months
  };
  std::vector<std::string> buyers;
  for (const Row& row : rows) {
    const bool gift = row.gift == "1" && row.channel != "live" && row.channel != "shop";
    bool again = false;
    for (const Row& other : rows) {
      const auto distance = seconds(other.paid) - seconds(row.paid);
      again = again || (other.buyer == row.buyer && other.channel == row.channel && distance > 0 && distance <= 6 * 3600);
    }
    if (!gift && !again) buyers.push_back(row.buyer);
  }
  std::sort(buyers.begin(), buyers.end());
  const auto distinct = std::unique(buyers.begin(), buyers.end()) - buyers.begin();
  const std::size_t last = text.rfind("m6 company ");
  CHECK(text.substr(last, text.find('\n', last) - last) == "m6 company " + std::to_string(distinct));
}
