// Scans of the needed days only: the same results as over all rows, whether an index leads to them or not, for times in
// all forms, rows in any order and random windows.
#include <sqlite3.h>

#include <algorithm>
#include <random>
#include <set>

#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/eval/scan.hpp"
#include "interpreter/storage/sqlite_source.hpp"
#include "tests/unit/storage/files.hpp"

using namespace kpi;
using storage::Reader;
using storage::SqliteSource;
using Index = eval::ReadPath::Index;

namespace {

constexpr std::int64_t kFirst = 1'672'500'000, kSpan = 3 * 365 * 86'400;  // seconds

template <class Items>
const auto& pick(const Items& items, std::mt19937& random) {
  return items[random() % std::size(items)];
}

std::string policy_text(std::mt19937& random) {
  const char* const zones[] = {"UTC", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"};
  return std::string("edition 2026\npolicy p { currency JPY  timezone \"") + pick(zones, random) +
         "\"  effective 2020-01-01 to 2030-12-31 }\nentity host from hosts { id : text key }\nevents orders from "
         "orders " +
         (random() % 3 == 0 ? "where amount > 7 JPY " : "") +
         "at paid_at { host : host  paid_at : datetime  amount : money in JPY  is_test : boolean }\n"
         "exclude test_orders kind test from orders where is_test\n"
         "metric sales = sum(orders.amount)\nmetric kinds = distinct(orders.amount)\nmetric middle = "
         "median(orders.amount)\n";
}

/// `junk` is a time of another kind, somewhere.
void make_shop(const std::string& path, std::mt19937& random, const std::string& junk) {
  const char* const types[] = {"", "TEXT", "INTEGER", "NUMERIC", "TEXT COLLATE NOCASE"};
  const std::string type = pick(types, random);
  const bool is_text = type.starts_with("TEXT"), is_mixed = random() % 2 == 0;
  std::string sql =
      "PRAGMA page_size = 1024; CREATE TABLE hosts(id); INSERT INTO hosts VALUES ('h1'), ('h2'), ('h3');"
      "CREATE TABLE orders(host, paid_at " +
      type + ", amount, is_test, note); BEGIN;";
  std::vector<std::int64_t> order(1500 + random() % 1500);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  if (random() % 3 == 0) std::shuffle(order.begin(), order.end(), random);
  const auto step = kSpan / static_cast<std::int64_t>(order.size());
  for (const std::int64_t i : order) {
    const std::string second = std::to_string(kFirst + i * step);
    const char* const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M:%S+13:45",
                                 "%Y-%m-%dT%H:%M:%S-23:30"};
    const std::string form = is_mixed ? pick(forms, random) : forms[0];
    const bool as_number = is_mixed && !is_text && random() % 5 == 0;
    const std::string time = as_number ? second : "strftime('" + form + "', " + second + ", 'unixepoch')";
    sql += "INSERT INTO orders VALUES ('h" + std::to_string(random() % 3 + 1) + "', " + time + ", " +
           std::to_string(random() % 997) + ", " + std::to_string(random() % 9 == 0) + ", 'a note');";
  }
  if (!junk.empty())
    sql += "UPDATE orders SET paid_at = " + junk + " WHERE rowid = " + std::to_string(random() % 900 + 1) + ";";
  sql += "COMMIT;";
  if (random() % 4 != 0) sql += "CREATE INDEX by_time ON orders(paid_at COLLATE BINARY, amount);";
  auto database = storage::Database::open_for_writing(path);
  REQUIRE(sqlite3_exec(database.handle(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

std::string text_of(const eval::Value& value) { return value.has_value() ? value::to_string(value) : "none"; }

/// Everything that results rest on.
std::string results(const model::Policy& policy, SqliteSource& data, const eval::ScanRequest& request) {
  source::Diagnostics diagnostics;
  const auto store = eval::scan(policy, data, request, diagnostics);
  std::string out;
  for (const auto& item : diagnostics.items()) out += source::message(item, source::Language::en) + "\n";
  if (diagnostics.has_errors()) return out;
  for (const eval::Need& need : request.needs) {
    for (std::uint32_t row = 0; row < store->rows(need.entity).size(); ++row) {
      out += text_of(store->value(need.aggregate, need.entity, row, need.window)) + " ";
    }
  }
  const eval::EventsInfo& info = store->events(eval::EventsId{0});
  for (const auto& time : {store->as_of(), info.first, info.last}) out += (time ? time->to_string() : "none") + " ";
  for (const eval::Window window : request.report_windows) {
    out += std::to_string(static_cast<int>(store->coverage(model::SourceRef::of(eval::EventsId{0}), window)));
    for (const auto& count : store->exclusions(window)) out += " " + std::to_string(count.rows);
  }
  return out;
}

Index index_of(const SqliteSource& data) {
  for (const auto& path : data.read_paths()) {
    if (path.table == "orders") return path.index;
  }
  return Index::not_asked;
}

}  // namespace

TEST_CASE("days that are needed, through an index and without") {
  std::set<Index> met;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    std::mt19937 random(seed);
    const storage::test::Folder folder;
    const std::string path = folder.path("shop.db");
    const char* const junk[] = {"NULL", "x'00'", "'soon'", "'2024/03/05'", "'2024-02-3'", "''", "99999999999999"};
    make_shop(path, random, seed % 4 == 0 ? junk[seed / 4 % std::size(junk)] : "");

    source::SourceMap sources;
    source::Diagnostics diagnostics;
    bind::NoLibraries libraries;
    const auto file = syntax::parse(sources, sources.add("p.kpi", policy_text(random)), diagnostics);
    const model::Policy policy = bind::bind(file, sources, libraries, diagnostics);
    REQUIRE_FALSE(diagnostics.has_errors());

    const value::Date start = *value::Date::from_civil(2022 + static_cast<int>(random() % 5), random() % 12 + 1, 1);
    const eval::Window window{start, value::add_months(start, 1)};
    eval::ScanRequest request;
    request.report_windows = {window};
    for (std::uint32_t aggregate = 0; aggregate < policy.aggregates.size(); ++aggregate) {
      for (const std::uint32_t entity : {0U, 1U}) {
        request.needs.push_back({eval::AggregateId{aggregate}, eval::EntityId{entity}, window});
      }
    }
    if (random() % 3 == 0)
      request.as_of = value::Instant{(kFirst + static_cast<std::int64_t>(random() % kSpan)) * 1'000'000};

    SqliteSource all(path, Reader::pages);
    const std::string expected = results(policy, all, request);
    CHECK(index_of(all) == Index::not_asked);
    request.only_needed = true;
    for (const unsigned threads : {1U, 2U}) {
      for (const Reader reader : {Reader::pages, Reader::cursor}) {
        INFO("seed " << seed << ", " << threads << " threads");
        request.threads = threads;
        request.batch_rows = threads == 1 ? 4096 : 7;
        SqliteSource some(path, reader);
        CHECK(results(policy, some, request) == expected);
        met.insert(index_of(some));
      }
    }
  }
  CHECK(met == std::set<Index>{Index::used, Index::all_needed, Index::none, Index::too_many_rows, Index::other_times});
}
