#include <sys/stat.h>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/sqlite_source.hpp"
#include "tests/unit/storage/files.hpp"

using namespace kpi::storage;
using kpi::eval::Batch;
using kpi::eval::CellClass;
using kpi::source::DiagnosticId;
namespace ids = kpi::source::ids;
using test::Folder;

namespace {

DiagnosticId opening(const std::string& path) {
  return test::id_of_failure([&] { SqliteSource source(path); });
}

std::string cell(const Batch& batch, std::size_t column, std::size_t row) {
  const auto& raw = batch.columns[column];
  switch (raw.classes[row]) {
    case CellClass::null:
      return "null";
    case CellClass::integer:
      return "i" + std::to_string(raw.bits[row]);
    case CellClass::real:
      return "r" + std::to_string(raw.bits[row]);
    case CellClass::text:
      return "t" + std::string(batch.text(column, row));
    case CellClass::blob:
      return "b" + std::string(batch.text(column, row));
  }
  return "";
}

std::vector<std::string> scan(SqliteSource& source, const std::string& table, const std::vector<std::string>& columns,
                              std::size_t limit) {
  std::vector<std::string> cells;
  const auto table_scan = source.scan(table, columns);
  Batch batch;
  std::uint64_t rows = 0;
  while (table_scan->next(batch, limit)) {
    CHECK(batch.first_row == rows);
    CHECK(batch.rows <= limit);
    rows += batch.rows;
    for (std::size_t row = 0; row != batch.rows; ++row) {
      for (std::size_t column = 0; column != columns.size(); ++column) cells.push_back(cell(batch, column, row));
    }
  }
  CHECK_FALSE(table_scan->next(batch, limit));
  return cells;
}

}  // namespace

TEST_CASE("cells keep their storage class and content") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(
      path,
      "CREATE TABLE t(a, \"b \"\"x\" TEXT);"
      "INSERT INTO t VALUES (1, 'one'), (NULL, ''), (9223372036854775807, '你好'), (0.1, NULL), (x'0061', 'x')");
  SqliteSource source(path);
  const std::vector<std::string> expected = {"i1",
                                             "tone",
                                             "null",
                                             "t",
                                             "i9223372036854775807",
                                             "t你好",
                                             "r4591870180066957722",
                                             "null",
                                             std::string("b\0a", 3),
                                             "tx"};
  for (const std::size_t limit : {1, 2, 3, 5, 100}) CHECK(scan(source, "t", {"a", "b \"x"}, limit) == expected);
  CHECK(scan(source, "t", {"b \"x"}, 2) == std::vector<std::string>{"tone", "t", "t你好", "null", "tx"});
  CHECK(source.name() == path);
}

TEST_CASE("a batch can be used again for another scan") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(
      path, "CREATE TABLE t(a); INSERT INTO t VALUES ('x'), ('y'); CREATE TABLE u(a, b); INSERT INTO u VALUES (1, 2)");
  SqliteSource source(path);
  Batch batch;
  REQUIRE(source.scan("t", {"a"})->next(batch, 10));
  REQUIRE(source.scan("u", {"a", "b"})->next(batch, 4));
  CHECK(batch.rows == 1);
  CHECK(batch.columns.size() == 2);
  CHECK(cell(batch, 1, 0) == "i2");
  const auto again = source.scan("t", {"a"});  // texts of a batch live as long as its scan
  REQUIRE(again->next(batch, 1));
  CHECK(cell(batch, 0, 0) == "tx");
}

TEST_CASE("long texts and many of them") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path,
                "CREATE TABLE t(a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
                "INSERT INTO t SELECT printf('%*d', 1 + i * 37, i) FROM n");
  SqliteSource source(path);
  const auto cells = scan(source, "t", {"a"}, 64);
  REQUIRE(cells.size() == 300);
  for (std::size_t i = 0; i != 300; ++i) {
    CHECK(cells[i].size() == 2 + (i + 1) * 37);
    CHECK(cells[i].substr(cells[i].find_first_not_of("t ")) == std::to_string(i + 1));
  }
}

TEST_CASE("a database in UTF-16 gives UTF-8") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "PRAGMA encoding = 'UTF-16'; CREATE TABLE t(a); INSERT INTO t VALUES ('你好')");
  SqliteSource source(path);
  CHECK(scan(source, "t", {"a"}, 5) == std::vector<std::string>{"t你好"});
}

TEST_CASE("tables and views are found ignoring case") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path,
                "CREATE TABLE Orders(\"Order ID\" TEXT, amount); CREATE VIEW paid AS SELECT amount AS a FROM Orders;"
                "CREATE TABLE 订单(编号 INTEGER PRIMARY KEY); INSERT INTO Orders VALUES ('o1', 5)");
  SqliteSource source(path);
  CHECK(source.tables() == std::vector<std::string>{"Orders", "paid", "订单"});
  const auto orders = source.schema("oRDERS");
  REQUIRE(orders.has_value());
  CHECK(orders->name == "Orders");
  REQUIRE(orders->columns.size() == 2);
  CHECK(orders->columns[0].name == "Order ID");
  CHECK(orders->columns[0].declared_type == "TEXT");
  const auto view = source.schema("PAID");
  REQUIRE(view.has_value());
  CHECK(view->columns[0].name == "a");
  CHECK(scan(source, view->name, {"a"}, 5) == std::vector<std::string>{"i5"});
  CHECK(source.schema("订单").has_value());
  CHECK_FALSE(source.schema("none").has_value());
  CHECK_FALSE(source.schema("sqlite_schema").has_value());
}

TEST_CASE("only keys without NULL are unique keys") {
  using Keys = std::vector<std::vector<std::string>>;
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path,
                "CREATE TABLE row_id(id INTEGER PRIMARY KEY, x);"
                "CREATE TABLE nullable(id TEXT PRIMARY KEY);"
                "CREATE TABLE declared(id TEXT NOT NULL PRIMARY KEY, n INT NOT NULL, UNIQUE (n, id));"
                "CREATE TABLE pair(a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
                "CREATE TABLE indexed(a TEXT NOT NULL, b TEXT NOT NULL, c TEXT);"
                "CREATE UNIQUE INDEX i1 ON indexed(a); CREATE UNIQUE INDEX i2 ON indexed(c);"
                "CREATE UNIQUE INDEX i3 ON indexed(b) WHERE b > 'x'; CREATE UNIQUE INDEX i4 ON indexed(lower(b));"
                "CREATE INDEX i5 ON indexed(b)");
  SqliteSource source(path);
  CHECK(source.schema("row_id")->unique_keys == Keys{{"id"}});
  CHECK(source.schema("nullable")->unique_keys == Keys{});
  CHECK(source.schema("declared")->unique_keys == Keys{{"id"}, {"n", "id"}});
  CHECK(source.schema("pair")->unique_keys == Keys{{"a", "b"}});
  CHECK(source.schema("indexed")->unique_keys == Keys{{"a"}});
}

TEST_CASE("all scans see the state of the moment of opening") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  SqliteSource source(path);
  test::execute(path, "INSERT INTO t VALUES (2)");
  CHECK(scan(source, "t", {"a"}, 5) == std::vector<std::string>{"i1"});
}

TEST_CASE("reading changes nothing") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "CREATE TABLE t(a)");
  const std::string before = test::read_file(path);
  { SqliteSource source(path); }
  CHECK(test::read_file(path) == before);
  Database reading = Database::open_for_reading(path);
  CHECK(test::id_of_failure([&] { reading.execute("INSERT INTO t VALUES (1)"); }) == ids::database_read_only);
}

TEST_CASE("databases that cannot be read have each their own diagnostic") {
  const Folder folder;
  CHECK(opening(folder.path("none.db")) == ids::data_file_missing);
  CHECK(opening(folder.path("")) == ids::data_file_is_folder);
  CHECK(opening(folder.write("empty.db", "")) == ids::database_empty_file);
  CHECK(opening(folder.write("export.csv", "a,b\n1,2\n")) == ids::database_not_sqlite);
  CHECK(opening(folder.write("text.db", std::string(5000, 'x'))) == ids::database_not_sqlite);
}

TEST_CASE("a locked database") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "CREATE TABLE t(a)");
  Database writer = Database::open_for_writing(path);
  writer.execute("BEGIN EXCLUSIVE");
  CHECK(opening(path) == ids::database_locked);
  CHECK(test::id_of_failure([&] { test::execute(path, "INSERT INTO t VALUES (1)"); }) == ids::database_locked);
}

TEST_CASE("a damaged database") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path,
                "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                "INSERT INTO t SELECT i || ' some text to fill pages' FROM n");
  const std::string intact = test::read_file(path);
  REQUIRE(intact.size() > 40 * 4096);
  SECTION("cut off") {
    folder.write("a.db", intact.substr(0, intact.size() / 2));
    CHECK(test::id_of_failure([&] {
            SqliteSource source(path);
            scan(source, "t", {"a"}, 100);
          }) == ids::database_damaged);
  }
  SECTION("overwritten") {
    std::string damaged = intact;
    for (std::size_t page = 8; page != 30; ++page) damaged.replace(page * 4096, 4096, std::string(4096, '\xA5'));
    folder.write("a.db", damaged);
    CHECK(test::id_of_failure([&] {
            SqliteSource source(path);
            scan(source, "t", {"a"}, 100);
          }) == ids::database_damaged);
  }
}

TEST_CASE("what an interrupted writer left behind is undone when the file is read") {
  const Folder folder;
  const std::string path = folder.path("a.db"), copy = folder.path("copy.db");
  test::execute(path, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  {
    // The state of a crash: pages already written, their journal beside them, nobody holding a lock.
    Database writer = Database::open_for_writing(path);
    writer.execute(
        "PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN; UPDATE t SET a = 2;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n");
    test::fs::copy(path, copy);
    test::fs::copy(path + "-journal", copy + "-journal");
  }
  SqliteSource source(copy);
  CHECK(scan(source, "t", {"a"}, 5) == std::vector<std::string>{"i1"});
}

TEST_CASE("files that may not be opened or changed") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "CREATE TABLE t(a)");
  CHECK(test::id_of_failure([&] { Database::open_for_writing(folder.path("no/such/folder/a.db")); }) ==
        ids::database_error);
  const test::OrdinaryUser user(folder);
  ::chmod(path.c_str(), 0444);
  CHECK(test::id_of_failure([&] { Database::open_for_writing(path); }) == ids::database_read_only);
  CHECK_NOTHROW(SqliteSource(path));
  ::chmod(path.c_str(), 0000);
  CHECK(opening(path) == ids::data_file_no_permission);
}
