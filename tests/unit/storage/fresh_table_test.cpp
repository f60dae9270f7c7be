#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <random>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/key_set.hpp"
#include "interpreter/storage/row_target.hpp"
#include "interpreter/storage/tree_writer.hpp"
#include "tests/unit/storage/import_text.hpp"

using namespace kpi::storage;
using namespace kpi::storage::test;
using Lines = std::vector<std::string>;

namespace {

/// An export with every kind of value, rows longer than pages, keys in this order, and keys that occur again.
std::string export_text(const std::vector<std::string>& keys, std::size_t longest, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string text = "id,n,amount,rate,note,on\n";
  for (const std::string& key : keys) {
    const std::int64_t n = static_cast<std::int64_t>(random()) >> (random() % 64);
    const auto length = static_cast<std::size_t>(random() % 50 == 0 ? random() % longest : random() % 30);
    text +=
        key + "," + (random() % 10 == 0 ? "" : std::to_string(n)) + "," + std::to_string(random() % 100000) + ".50,";
    text += random() % 3 == 0 ? std::to_string(random() % 1000) : std::to_string(random() % 1000) + ".125";
    text += "," + std::string(length, static_cast<char>('a' + random() % 26)) + "," + (random() % 2 ? "1" : "0") + "\n";
  }
  return text;
}

const char* const kColumns =
    " id as text from \"id\"\n n as integer? from \"n\"\n amount as money from \"amount\"\n"
    " rate as number from \"rate\"\n note as text? from \"note\"\n on as boolean from \"on\"";

/// Imports with and without pages, into nothing and beside another table; all four give the same.
void compare(const std::string& clauses, const std::string& text) {
  const Folder folder;
  const auto policy = one_import(clauses);
  const std::string file = folder.write("export.csv", text);
  ImportOptions options;
  options.pages = false;
  options.rejects_path = folder.path("plain.csv");
  const ImportReport plain = run_import(policy, "x", folder.path("plain.db"), file, options);
  const Lines expected = table(folder.path("plain.db"), "t");
  const Lines schema = rows(folder.path("plain.db"), "SELECT sql FROM sqlite_schema ORDER BY 1");
  options.pages = true;
  for (const bool beside : {false, true}) {
    const std::string database = folder.path(beside ? "beside.db" : "new.db");
    if (beside) execute(database, "PRAGMA page_size = 1024; CREATE TABLE other(a); INSERT INTO other VALUES ('kept')");
    options.rejects_path = folder.path("rejects.csv");
    const ImportReport report = run_import(policy, "x", database, file, options);
    CHECK(report.created_table);
    CHECK(counts(report) == counts(plain));
    CHECK(reject_codes(report) == reject_codes(plain));
    if (report.rejected > 0) CHECK(read_file(folder.path("rejects.csv")) == read_file(folder.path("plain.csv")));
    CHECK((table(database, "t") == expected));
    CHECK(rows(database, "PRAGMA integrity_check") == Lines{"ok"});
    CHECK(rows(database, "SELECT sql FROM sqlite_schema WHERE tbl_name = 't' ORDER BY 1") == schema);
    CHECK((rows(database, "SELECT group_concat(typeof(n) || typeof(rate) || typeof(id)) FROM t") ==
           rows(folder.path("plain.db"), "SELECT group_concat(typeof(n) || typeof(rate) || typeof(id)) FROM t")));
    if (beside) CHECK(table(database, "other") == Lines{"kept"});
    // Both are databases like any other: the import can be repeated and the rows changed.
    CHECK(run_import(policy, "x", database, file, options).inserted == 0);
    execute(database, "UPDATE t SET id = id || 'x' WHERE rowid % 3 = 0; DELETE FROM t WHERE rowid % 5 = 0");
    CHECK(rows(database, "PRAGMA integrity_check") == Lines{"ok"});
  }
  // Nothing else is left in the folder.
  for (const auto& entry : fs::directory_iterator(folder.path(""))) {
    const std::string name = entry.path().filename();
    INFO(name);
    CHECK((name.ends_with(".db") || name.ends_with(".csv")));
  }
}

std::vector<std::string> numbered(std::size_t count, std::size_t width) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i != count; ++i) {
    std::string digits = std::to_string(i);
    keys.push_back("k" + std::string(width - std::min(width, digits.size()), '0') + digits);
  }
  return keys;
}

}  // namespace

TEST_CASE("tables written as pages are those that SQL writes") {
  std::mt19937_64 random(7);
  SECTION("keys in ascending order") {
    compare(std::string("key id\n") + kColumns, export_text(numbered(3000, 6), 9000, 1));
  }
  SECTION("keys in descending order") {
    auto keys = numbered(3000, 6);
    std::reverse(keys.begin(), keys.end());
    compare(std::string("key id\n") + kColumns, export_text(keys, 5000, 2));
  }
  SECTION("keys in no order, some again") {
    auto keys = numbered(3000, 6);
    for (std::size_t i = 0; i != 40; ++i) keys.push_back(keys[random() % keys.size()]);
    std::shuffle(keys.begin(), keys.end(), random);
    std::string text = export_text(keys, 5000, 3);
    const std::string header = text.substr(0, text.find('\n') + 1);
    text += text.substr(header.size(), text.size() / 3);  // ends within a row, which is rejected or not, both times
    compare(std::string("key id\n") + kColumns, text + "\n");
  }
  SECTION("long keys: many levels of pages, and keys longer than pages") {
    auto keys = numbered(1500, 900);
    for (std::size_t i = 0; i < keys.size(); i += 100) keys[i] += std::string(4000, 'z');
    std::shuffle(keys.begin(), keys.end(), random);
    compare(std::string("key id\n") + kColumns, export_text(keys, 100, 4));
  }
  SECTION("a key of several columns, negative numbers among them") {
    std::string text = "id,n,amount,rate,note,on\n";
    for (const char* n : {"-9223372036854775808",
                          "-257",
                          "-256",
                          "-129",
                          "-128",
                          "-2",
                          "-1",
                          "0",
                          "1",
                          "2",
                          "127",
                          "128",
                          "32767",
                          "32768",
                          "8388607",
                          "8388608",
                          "2147483647",
                          "2147483648",
                          "140737488355327",
                          "140737488355328",
                          "9223372036854775807"}) {
      for (const char* id : {"b", "a", "ab", "é", "a"}) text += std::string(id) + "," + n + ",1,1.5,,no\n";
    }
    compare(
        "key (n, id, on)\n id as text from \"id\"\n n as integer from \"n\"\n amount as money from \"amount\"\n"
        " rate as number from \"rate\"\n note as text? from \"note\"\n on as boolean from \"on\"",
        text);
  }
  SECTION("no key, no rows, one row") {
    compare(kColumns, export_text(numbered(2000, 3), 20000, 5));
    compare(std::string("key id\n") + kColumns, export_text({}, 1, 6));
    compare(std::string("key id\n") + kColumns, export_text({"one"}, 1, 7));
  }
  SECTION("a number as key goes through SQL") {
    compare("key rate\n id as text from \"id\"\n n as integer? from \"n\"\n rate as number from \"rate\"",
            "id,n,rate\na,1,1.5\nb,2,2\nc,3,1.50\n");
  }
}

TEST_CASE("an import into a new database that is killed leaves nothing") {
  const Folder folder;
  const std::string pipe = folder.path("pipe.csv");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto policy = one_import("key id\n id as text from \"id\"");
  const pid_t child = ::fork();
  if (child == 0) {
    run_import(policy, "x", folder.path("shop.db"), pipe);
    ::_exit(0);
  }
  {
    std::ofstream out(pipe, std::ios::binary);
    out << "id\n";
    const std::string padding(400, 'x');
    for (int i = 0; i != 20'000; ++i) out << i << padding << "\n";
    out.flush();
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path(""))) ++files;
  CHECK_FALSE(fs::exists(folder.path("shop.db")));
  // Where files can be without a name, only the pipe is left.
  const int nameless = ::open(folder.path("").c_str(), O_TMPFILE | O_RDWR, 0600);
  if (nameless < 0) return;
  ::close(nameless);
  CHECK(files == 1);
}

TEST_CASE("a database that appears meanwhile is not written over; a journal without database is left to SQLite") {
  const Folder folder;
  const std::string path = folder.path("shop.db");
  const std::vector<TargetColumn> columns{{"a", kpi::model::ColumnType::text, true}};
  SECTION("a new file") {
    const auto target = open_target(path, "t", columns);
    target->finish();
    execute(path, "CREATE TABLE t(a); INSERT INTO t VALUES ('theirs')");
    CHECK(id_of_failure([&] { target->commit(); }) == kpi::source::ids::database_locked);
    CHECK(table(path, "t") == Lines{"theirs"});
  }
  SECTION("a new table") {
    execute(path, "CREATE TABLE other(a)");
    const auto target = open_target(path, "t", columns);
    execute(path, "CREATE TABLE t(a); INSERT INTO t VALUES ('theirs')");
    CHECK(id_of_failure([&] { target->finish(); }) == kpi::source::ids::database_locked);
    CHECK(table(path, "t") == Lines{"theirs"});
  }
  SECTION("a journal") {
    folder.write("shop.db-journal", "left by a crash");
    const auto target = open_target(path, "t", columns);
    CHECK(fs::exists(path));  // SQLite's own file, in a transaction
  }
}

TEST_CASE("the page in which SQLite locks stays empty") {
  const Folder folder;
  auto file = NewFile::beside(folder.path("x.db"));
  REQUIRE(file);
  constexpr PageNumber kLockPage = (1U << 30) / kNewPageSize + 1;
  PageOutput output(*file, kLockPage - 3);
  std::vector<unsigned char> page(kNewPageSize, 'x');
  CHECK(output.append(page.data()) == kLockPage - 2);
  CHECK(output.append(page.data()) == kLockPage - 1);
  page.assign(kNewPageSize, 'y');
  CHECK(output.append(page.data()) == kLockPage + 1);
  CHECK(output.finish() == kLockPage + 1);
  output.read(kLockPage, page.data());
  CHECK(page == std::vector<unsigned char>(kNewPageSize, 0));
  output.read(kLockPage + 1, page.data());
  CHECK(page == std::vector<unsigned char>(kNewPageSize, 'y'));
}

TEST_CASE("keys are found again whatever their order") {
  std::mt19937_64 random(3);
  KeySet keys;
  std::map<std::string, std::uint32_t> expected;
  for (std::uint64_t i = 0; i != 5000; ++i) {
    // Ascending at first, then anything.
    std::string key = std::to_string(i < 1000 ? 1'000'000 + i : random() % 1'002'000);
    const auto [entry, is_new] = expected.emplace(key, static_cast<std::uint32_t>(keys.size()));
    const KeySet::Added added = keys.add(key, i + 2);
    REQUIRE(added.is_new == is_new);
    REQUIRE(added.number == entry->second);
    REQUIRE(keys.key(added.number) == key);
  }
  CHECK(keys.line(999) == 1001);
  std::vector<std::uint32_t> order;
  for (const auto& [key, number] : expected) order.push_back(number);
  CHECK((keys.sorted() == order));
}
