// Makes the benchmark's database:  bench_generate FILE ORDERS
// Three months of orders in eight currencies, a live session for every twenty orders, an ad row for every five, a
// support ticket for every ten, 2,000 hosts, 5,000 blocked buyers, a rate per currency and day. All numbers come from
// fixed seeds through integers, so the content is the same on every machine. Money is in minor units, times are UTC
// text.
#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

namespace {

constexpr std::int64_t kFirstDay = 20'362;  // 2025-10-01, in days since 1970-01-01
constexpr std::int64_t kDays = 92;
constexpr std::int64_t kSeconds = kDays * 86'400;
constexpr std::int64_t kHosts = 2'000;
constexpr std::int64_t kBuyers = 1'500'000;
constexpr std::int64_t kBlockedBuyers = 5'000;

struct Market {
  const char* site;
  const char* currency;
  std::int64_t mean_amount;  // minor units
  std::int64_t rate;         // US cents for one minor unit, times 1e8
  int minor_digits;
};
constexpr std::array<Market, 8> kMarkets{{{"US", "USD", 2'500, 100'000'000, 2},
                                          {"UK", "GBP", 2'000, 130'000'000, 2},
                                          {"ID", "IDR", 15'000'000, 6'100, 2},
                                          {"MY", "MYR", 9'000, 22'500'000, 2},
                                          {"TH", "THB", 70'000, 2'900'000, 2},
                                          {"VN", "VND", 400'000, 380'000, 0},
                                          {"PH", "PHP", 90'000, 1'750'000, 2},
                                          {"JP", "JPY", 2'800, 67'000'000, 0}}};

// SplitMix64 with the few distributions that the workload needs.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::int64_t below(std::int64_t n) {
    __extension__ typedef unsigned __int128 Wide;
    return static_cast<std::int64_t>((static_cast<Wide>(next()) * static_cast<std::uint64_t>(n)) >> 64);
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(std::int64_t per_thousand) { return below(1'000) < per_thousand; }
  // In [0, n), small values more often, as few hosts and goods make most of the sales.
  std::int64_t popular(std::int64_t n) { return chance(600) ? below(n) : below(below(n) + 1); }
  // A positive amount around `mean` with a long tail.
  std::int64_t skewed(std::int64_t mean) {
    const std::int64_t u = below(1'000);
    return 1 + mean * (150 + u + 1'400 * u / 1'000 * u / 1'000 * u / 1'000) / 1'000;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

std::string date_text(std::int64_t days) {  // civil date by Howard Hinnant's algorithm
  const std::int64_t z = days + 719'468, era = z / 146'097, doe = z - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1), month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", static_cast<int>(yoe + era * 400 + (month <= 2)), month, day);
  return text;
}

// `second` counts from the first day.
std::string time_text(std::int64_t second) {
  char text[16];
  const int in_day = static_cast<int>(second % 86'400);
  std::snprintf(text, sizeof text, " %02d:%02d:%02d", in_day / 3'600, in_day / 60 % 60, in_day % 60);
  return date_text(kFirstDay + second / 86'400) + text;
}

void check(int status, sqlite3* database) {
  if (status != SQLITE_OK && status != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database));
}

class Database {
 public:
  explicit Database(const char* path) {
    check(sqlite3_open(path, &handle_), handle_);
    run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN");
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(handle_); }
  void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), handle_); }
  sqlite3* handle() { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

class Insert {
 public:
  Insert(Database& database, const std::string& table, int columns) : database_(database.handle()) {
    std::string sql = "INSERT INTO " + table + " VALUES (?";
    for (int i = 1; i < columns; ++i) sql += ",?";
    check(sqlite3_prepare_v2(database_, (sql + ")").c_str(), -1, &statement_, nullptr), database_);
  }
  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;
  ~Insert() { sqlite3_finalize(statement_); }

  template <typename... Values>
  void row(const Values&... values) {
    int column = 0;
    (bind(++column, values), ...);
    check(sqlite3_step(statement_), database_);
    sqlite3_reset(statement_);
  }

 private:
  void bind(int column, std::int64_t value) { sqlite3_bind_int64(statement_, column, value); }
  void bind(int column, const std::string& value) {
    sqlite3_bind_text(statement_, column, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  void bind(int column, const char* value) { sqlite3_bind_text(statement_, column, value, -1, SQLITE_STATIC); }
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

// Rows come in time order, as in a table that grew: the place of row i of n, with an hour of disorder.
std::int64_t moment(std::int64_t i, std::int64_t n, Random& random) {
  return i * (kSeconds - 3'600) / n + random.below(3'600);
}

const Market& market_of(std::int64_t host) { return kMarkets[static_cast<std::size_t>(host % 8)]; }

void make_orders(Database& database, std::int64_t count) {
  database.run(
      "CREATE TABLE orders(order_id INTEGER PRIMARY KEY, store_id INTEGER, host_id INTEGER, sku_id INTEGER, site TEXT,"
      " currency TEXT, status TEXT, is_test INTEGER, buyer_id INTEGER, paid_at TEXT, amount INTEGER, refund INTEGER,"
      " cost INTEGER, ad INTEGER)");
  Insert insert(database, "orders", 14);
  Random random(11);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t host = random.popular(kHosts);
    const Market& home = market_of(host);
    const Market& market = random.chance(30) ? kMarkets[0] : home;  // a few pay in dollars
    const std::int64_t roll = random.below(1'000);
    const char* status = roll < 800   ? "completed"
                         : roll < 880 ? "shipped"
                         : roll < 920 ? "paid"
                         : roll < 950 ? "refunded"
                         : roll < 990 ? "cancelled"
                                      : "fraud";
    const std::int64_t amount = random.skewed(market.mean_amount);
    const bool refunded = std::string_view(status) == "refunded";
    const std::int64_t refund = refunded ? amount : random.chance(20) ? amount * random.below(500) / 1'000 : 0;
    const std::int64_t cost = amount * random.between(500, 650) / 1'000;
    insert.row(i + 1, host % 200 + 1, host + 1, random.popular(20'000) + 1, home.site, market.currency, status,
               std::int64_t{random.chance(5)}, random.popular(kBuyers) + 1, time_text(moment(i, count, random)), amount,
               refund, cost, std::int64_t{random.chance(300)});
  }
}

void make_sessions(Database& database, std::int64_t count) {
  database.run(
      "CREATE TABLE sessions(session_id INTEGER PRIMARY KEY, host_id INTEGER, site TEXT, started_at TEXT,"
      " duration INTEGER, views INTEGER, clicks INTEGER)");
  Insert insert(database, "sessions", 7);
  Random random(12);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t host = random.popular(kHosts), views = random.between(200, 20'200);
    insert.row(i + 1, host + 1, market_of(host).site, time_text(moment(i, count, random)),
               random.between(1'800, 14'400), views, views * random.between(20, 80) / 1'000);
  }
}

void make_ads(Database& database, std::int64_t count) {
  database.run(
      "CREATE TABLE ads(ad_row INTEGER PRIMARY KEY, host_id INTEGER, currency TEXT, shown_at TEXT, impressions INTEGER,"
      " clicks INTEGER, spend INTEGER)");
  Insert insert(database, "ads", 7);
  Random random(13);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t host = random.popular(kHosts), impressions = random.between(100, 5'100);
    const Market& market = market_of(host);
    insert.row(i + 1, host + 1, market.currency, time_text(moment(i, count, random)), impressions,
               impressions * random.between(5, 35) / 1'000,
               impressions * market.mean_amount / 5'000 * random.between(500, 1'500) / 1'000);
  }
}

void make_tickets(Database& database, std::int64_t count) {
  database.run(
      "CREATE TABLE tickets(ticket_id INTEGER PRIMARY KEY, host_id INTEGER, opened_at TEXT, response INTEGER)");
  Insert insert(database, "tickets", 4);
  Random random(14);
  for (std::int64_t i = 0; i < count; ++i) {
    insert.row(i + 1, random.popular(kHosts) + 1, time_text(moment(i, count, random)), random.skewed(240));
  }
}

// `fx` holds integers as the SQL uses them (US cents for one minor unit, times 1e8); `rates` the same as exact decimals
// in whole units: dollars for one unit of the currency.
void make_rates(Database& database) {
  database.run(
      "CREATE TABLE fx(currency TEXT, day TEXT, rate INTEGER, PRIMARY KEY(day, currency)) WITHOUT ROWID;"
      "CREATE TABLE rates(day TEXT, currency TEXT, rate TEXT)");
  Insert integers(database, "fx", 3), decimals(database, "rates", 3);
  Random random(15);
  for (const Market& market : kMarkets) {
    std::int64_t rate = market.rate;
    for (std::int64_t day = 0; day < kDays; ++day) {
      if (day > 0 && std::string_view(market.currency) != "USD") rate = rate * random.between(9'970, 10'031) / 10'000;
      const std::string date = date_text(kFirstDay + day);
      const std::int64_t unit = market.minor_digits == 2 ? 100'000'000 : 10'000'000'000;
      std::string fraction = std::to_string(unit + rate % unit);  // a 1 in front keeps the zeros
      fraction[0] = '.';
      integers.row(market.currency, date, rate);
      decimals.row(date, market.currency, std::to_string(rate / unit) + fraction);
    }
  }
}

void make_people(Database& database) {
  database.run(
      "CREATE TABLE hosts(host_id INTEGER PRIMARY KEY, start TEXT);"
      "CREATE TABLE blocked(buyer_id INTEGER PRIMARY KEY)");
  Insert hosts(database, "hosts", 2), blocked(database, "blocked", 1);
  Random random(16);
  for (std::int64_t host = 1; host <= kHosts; ++host) hosts.row(host, date_text(kFirstDay + 60 - random.below(400)));
  std::unordered_set<std::int64_t> seen;
  while (seen.size() < static_cast<std::size_t>(kBlockedBuyers)) {
    const std::int64_t buyer = random.popular(kBuyers) + 1;
    if (seen.insert(buyer).second) blocked.row(buyer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t orders = argc == 3 ? std::atoll(argv[2]) : 0;
  if (orders < 20) {
    std::fputs("usage: bench_generate FILE ORDERS (at least 20)\n", stderr);
    return 2;
  }
  try {
    std::remove(argv[1]);
    Database database(argv[1]);
    make_orders(database, orders);
    make_sessions(database, orders / 20);
    make_ads(database, orders / 5);
    make_tickets(database, orders / 10);
    make_rates(database);
    make_people(database);
    database.run("COMMIT");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_generate: %s\n", error.what());
    return 2;
  }
}
