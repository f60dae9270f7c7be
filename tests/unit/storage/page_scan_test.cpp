// The page reader against SQLite's cursor: the same cells for every kind of table, the same outcome for damaged files.
#include <sqlite3.h>

#include <random>

#include "interpreter/storage/sqlite_source.hpp"
#include "tests/unit/storage/files.hpp"

using namespace kpi::storage;
using kpi::eval::Batch;
using kpi::eval::CellClass;
using kpi::eval::ReadPath;
using Reason = kpi::eval::ReadPath::Reason;
using test::Folder;

namespace {

std::string cell(const Batch& batch, std::size_t column, std::size_t row) {
  const auto& raw = batch.columns[column];
  const auto kind = static_cast<unsigned>(raw.classes[row]);
  if (raw.kinds != 0) REQUIRE((raw.kinds & 1U << kind) != 0);
  std::string text = std::to_string(kind) + ":";
  if (raw.classes[row] == CellClass::integer || raw.classes[row] == CellClass::real)
    return text + std::to_string(raw.bits[row]);
  return raw.classes[row] == CellClass::null ? text : text + std::string(batch.text(column, row));
}

using Rows = std::vector<std::string>;

void add_rows(const Batch& batch, Rows& rows) {
  for (std::size_t row = 0; row != batch.rows; ++row) {
    std::string cells;
    for (std::size_t column = 0; column != batch.columns.size(); ++column) cells += cell(batch, column, row) + "|";
    rows.push_back(cells);
  }
}

Rows rows_of(SqliteSource& source, const std::string& table, const std::vector<std::string>& columns,
             std::size_t limit) {
  const auto scan = source.scan(table, columns);
  Rows rows;
  Batch batch;
  while (scan->next(batch, limit)) {
    REQUIRE(batch.first_row == rows.size());
    REQUIRE(batch.rows <= limit);
    add_rows(batch, rows);
  }
  return rows;
}

std::vector<std::string> columns_of(SqliteSource& source, const std::string& table) {
  std::vector<std::string> columns;
  const auto schema = source.schema(table);
  for (const auto& column : schema->columns) columns.push_back(column.name);
  return columns;
}

Reason reason_of(const SqliteSource& source, const std::string& table) {
  for (const ReadPath& path : source.read_paths()) {
    if (path.table == table) return path.reason;
  }
  return Reason::chosen;
}

/// Reads all columns together, and each column alone, in both ways; gives the way that the pages took.
Reason compare(const std::string& path, const std::string& table) {
  SqliteSource pages(path), cursor(path, Reader::cursor);
  const auto columns = columns_of(pages, table);
  const Rows expected = rows_of(cursor, table, columns, 100);
  for (const std::size_t limit : {1, 7, 100, 5000}) CHECK(rows_of(pages, table, columns, limit) == expected);
  for (const std::string& column : columns)
    CHECK(rows_of(pages, table, {column}, 64) == rows_of(cursor, table, {column}, 64));
  const std::vector<std::string> reversed(columns.rbegin(), columns.rend());
  CHECK(rows_of(pages, table, reversed, 64) == rows_of(cursor, table, reversed, 64));
  return reason_of(pages, table);
}

Reason made_by(const std::string& sql, const std::string& table = "t") {
  const Folder folder;
  test::execute(folder.path("a.db"), sql);
  return compare(folder.path("a.db"), table);
}

const std::string kCount = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";

}  // namespace

TEST_CASE("pages give what the cursor gives: storage classes and sizes of numbers") {
  CHECK(made_by("CREATE TABLE t(a, b TEXT, c INTEGER, d REAL, e NUMERIC, f BLOB);"
                "INSERT INTO t VALUES (0,'',1,1,1,x''),(1,'x',-1,-1.5,'1.0',x'00'),(NULL,NULL,NULL,NULL,NULL,NULL),"
                "(127,'y',-128,1e300,1e15,'text'),(128,'z',-129,9007199254740993,'abc',5),"
                "(32767,'12',-32768,2,'0x10',7.5),(8388607,12,-8388609,3,'9223372036854775807',8),"
                "(2147483647,1.5,-2147483649,'4',9223372036854775807,x'0102'),"
                "(140737488355327,'é',-140737488355329,'five',-9223372036854775808,'长的文字')") == Reason::none);
}

TEST_CASE("pages give what the cursor gives: many rows, page sizes, long cells") {
  for (const char* size : {"512", "1024", "4096", "65536"}) {
    CHECK(made_by("PRAGMA page_size = " + std::string(size) +
                  "; CREATE TABLE t(i INTEGER, a TEXT, b INTEGER, c TEXT);" + kCount +
                  "400) INSERT INTO t SELECT i, printf('%*d', 1 + (i * i) % 3001, i), i * 7, printf('%*d', i % 90, i) "
                  "FROM n; DELETE FROM t WHERE i % 7 = 3") == Reason::none);
  }
  CHECK(made_by("PRAGMA auto_vacuum = FULL; CREATE TABLE t(i INTEGER, a BLOB, b);" + kCount +
                "300) INSERT INTO t SELECT i, zeroblob((i * 37) % 20000), i FROM n; DELETE FROM t WHERE i % 3 = 1") ==
        Reason::none);
  CHECK(made_by("CREATE TABLE t(a)") == Reason::none);
  CHECK(made_by("CREATE TABLE t(a INTEGER); " + kCount + "20000) INSERT INTO t SELECT i FROM n") == Reason::none);
}

TEST_CASE("pages give what the cursor gives: more forms of records than are remembered") {
  // Lengths of three texts and sizes of a number: some ten thousand headers; then few of them.
  CHECK(made_by("CREATE TABLE t(a TEXT, b TEXT, c INTEGER, d TEXT, e REAL);" + kCount +
                "30000) INSERT INTO t SELECT printf('%*d', 1 + i % 41, i), printf('%*d', 1 + i % 37, i), "
                "(i % 5) * (i % 5) * (i % 5) * i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN i ELSE 'x' END, i % 2 FROM n;" +
                kCount + "30000) INSERT INTO t SELECT 'a', 'b', 0, 'c', 1 FROM n") == Reason::none);
  std::string columns = "c0 INTEGER", values = "i";
  for (int column = 1; column < 80; ++column) {
    columns += ", c" + std::to_string(column);
    values += column % 3 == 0 ? ", i % 2" : column % 3 == 1 ? ", NULL" : ", 'x' || i";
  }
  CHECK(made_by("CREATE TABLE t(" + columns + ");" + kCount + "300) INSERT INTO t SELECT " + values + " FROM n") ==
        Reason::none);
}

TEST_CASE("pages give what the cursor gives: columns that were added later") {
  CHECK(
      made_by("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2); ALTER TABLE t ADD COLUMN b;"
              "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT -5; INSERT INTO t VALUES (3, 'x', 6);"
              "ALTER TABLE t ADD COLUMN d TEXT DEFAULT 'd''x'; ALTER TABLE t ADD COLUMN e REAL DEFAULT 2;"
              "ALTER TABLE t ADD COLUMN f NUMERIC DEFAULT '7.50'; ALTER TABLE t ADD COLUMN g BLOB DEFAULT x'414200';"
              "ALTER TABLE t ADD COLUMN h TEXT DEFAULT 12; ALTER TABLE t ADD COLUMN k VARCHAR(9) NOT NULL DEFAULT 'no';"
              "ALTER TABLE t ADD COLUMN l DEFAULT TRUE; INSERT INTO t(a) VALUES (4);"
              "ALTER TABLE t ADD COLUMN m TEXT DEFAULT ''; ALTER TABLE t ADD COLUMN n DEFAULT (3.25)") == Reason::none);
  CHECK(made_by("CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t(b) VALUES (1);"
                "ALTER TABLE t ADD COLUMN c DEFAULT 'new'; ALTER TABLE t DROP COLUMN b") == Reason::none);
}

TEST_CASE("pages give what the cursor gives: row ids") {
  CHECK(made_by("CREATE TABLE t(a TEXT, id INTEGER PRIMARY KEY); INSERT INTO t VALUES ('x', -9), ('y', 5), "
                "('z', 9223372036854775807), ('w', -9223372036854775808), ('v', 300)") == Reason::none);
  CHECK(made_by("CREATE TABLE t(id INTEGER PRIMARY KEY DESC, a); INSERT INTO t VALUES (3, 1), (2, 2), (NULL, 3)") ==
        Reason::none);
  CHECK(made_by("CREATE TABLE t(id INT PRIMARY KEY, a); INSERT INTO t VALUES (3, 1), (2, 2)") == Reason::none);
  CHECK(made_by("CREATE TABLE t(x INTEGER, y INTEGER, PRIMARY KEY(x)); INSERT INTO t VALUES (3, 1), (2, 2)") ==
        Reason::none);
  CHECK(made_by("CREATE TABLE t(x INTEGER, y INTEGER, PRIMARY KEY(x, y)); INSERT INTO t VALUES (3, 1), (2, 2)") ==
        Reason::none);
  CHECK(made_by("CREATE TABLE T(\"Order \"\"ID\" INTEGER PRIMARY KEY, 金额 TEXT); INSERT INTO T VALUES (3, '一')",
                "T") == Reason::none);
}

TEST_CASE("what pages cannot give is left to the cursor, with the reason") {
  CHECK(made_by("CREATE TABLE u(a); INSERT INTO u VALUES (1); CREATE VIEW t AS SELECT a, a + 1 AS b FROM u") ==
        Reason::view);
  CHECK(made_by("CREATE TABLE t(a TEXT PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)") ==
        Reason::without_rowid);
  CHECK(made_by("CREATE TABLE t(a, b AS (a * 2), c); INSERT INTO t VALUES (1, 2)") == Reason::generated_column);
  CHECK(made_by("CREATE TABLE t(a, b AS (a * 2) STORED, c); INSERT INTO t VALUES (1, 2)") == Reason::generated_column);
  CHECK(made_by("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES ('é')") == Reason::not_utf8);
}

TEST_CASE("a write-ahead log is left to the cursor while it has content") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  Database writer = Database::open_for_writing(path);
  writer.execute("PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  CHECK(compare(path, "t") == Reason::write_ahead_log);
  writer.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(compare(path, "t") == Reason::none);
  SqliteSource reading(path);
  writer.execute("INSERT INTO t VALUES (2)");  // after the snapshot
  CHECK(rows_of(reading, "t", {"a"}, 5) == Rows{"1:1|"});
  CHECK(reason_of(reading, "t") == Reason::none);
}

TEST_CASE("locks stay while pages are read") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  SqliteSource source(path);
  CHECK(rows_of(source, "t", {"a"}, 5) == Rows{"1:1|"});
  // SQLite's locks belong to the process, so another process has to try.
  const std::string command =
      "python3 -c \"import sqlite3; sqlite3.connect('" + path + "', timeout=0).execute('CREATE TABLE u(a)')\"";
  CHECK(std::system((command + " 2> /dev/null").c_str()) != 0);
}

TEST_CASE("the parts of a table are the table") {
  const Folder folder;
  const std::string path = folder.path("a.db");
  test::execute(path, "PRAGMA page_size = 4096; CREATE TABLE t(i INTEGER, a TEXT);" + kCount +
                          "60000) INSERT INTO t SELECT i, printf('%*d', i % 97, i) FROM n");
  SqliteSource source(path);
  const auto parts = source.parts("t", {"i", "a"});
  REQUIRE(parts);
  Rows found;
  std::vector<std::unique_ptr<kpi::eval::TableScan>> scans;
  for (int index = 0; index < 3; ++index) scans.push_back(parts->scan());
  for (bool any = true; any;) {
    any = false;
    for (const auto& scan : scans) {
      Batch batch;
      if (!scan->next(batch, 1000)) continue;
      any = true;
      add_rows(batch, found);
    }
  }
  Rows expected = rows_of(source, "t", {"i", "a"}, 4096);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  CHECK(found == expected);
  SqliteSource cursor(path, Reader::cursor);
  CHECK_FALSE(cursor.parts("t", {"i", "a"}));
}

namespace {

/// What a reader makes of a file: all cells of all tables, or the failure that ends it.
std::vector<std::string> outcome(const std::string& path, Reader reader) {
  std::vector<std::string> result;
  const auto failure = test::failure_of([&] {
    SqliteSource source(path, reader);
    for (const char* table : {"t", "u", "v"}) {
      const auto schema = source.schema(table);
      if (!schema) continue;
      const Rows rows = rows_of(source, table, columns_of(source, table), 50);
      result.insert(result.end(), rows.begin(), rows.end());
      if (reader == Reader::pages) {
        if (const auto parts = source.parts(table, columns_of(source, table))) {
          Batch batch;
          Rows parted;
          try {
            const auto scan = parts->scan();
            while (scan->next(batch, 50)) add_rows(batch, parted);
            CHECK(parted == rows);
          } catch (const kpi::eval::PartsFailed&) {
          }
        }
      }
    }
  });
  if (failure) result.push_back("failure " + std::to_string(static_cast<int>(failure->id)));
  return result;
}

}  // namespace

TEST_CASE("damaged files: the outcome of the cursor, whatever the bytes") {
  const Folder folder;
  const std::string path = folder.path("a.db"), broken = folder.path("b.db");
  test::execute(path,
                "PRAGMA page_size = 512; CREATE TABLE t(i INTEGER PRIMARY KEY, a TEXT, b REAL, c);" + kCount +
                    "60) INSERT INTO t SELECT i, printf('%*d', (i * i) % 900, i), i * 0.5, -i * i * i FROM n;"
                    "CREATE TABLE u(x INTEGER, y TEXT DEFAULT 'none'); INSERT INTO u VALUES (1, 'a'), (300, 'bb');"
                    "ALTER TABLE u ADD COLUMN z INTEGER DEFAULT 70000; CREATE TABLE v(k TEXT);" +
                    kCount + "300) INSERT INTO v SELECT hex(i) FROM n");
  const std::string whole = test::read_file(path);
  const auto pages = static_cast<std::uint32_t>(whole.size() / 512);
  std::mt19937 random(20'261'125);
  int different_from_whole = 0;
  const auto reference = outcome(path, Reader::cursor);
  REQUIRE(reference.size() == 362);
  CHECK(outcome(path, Reader::pages) == reference);
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = whole;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int flip = 0; flip < flips; ++flip) {
      // Mostly the beginnings of pages, where one byte decides much.
      const std::size_t page = random() % pages, place = random() % 3 == 0 ? random() % 512 : random() % 40;
      bytes[page * 512 + place] =
          static_cast<char>(random() % 3 == 0 ? random() : bytes[page * 512 + place] ^ (1 << (random() % 8)));
    }
    if (round % 50 == 0) bytes.resize(bytes.size() - random() % 2000);
    folder.write("b.db", bytes);
    const auto expected = outcome(broken, Reader::cursor);
    different_from_whole += expected != reference ? 1 : 0;
    // SQLite may read beyond a damaged page into the memory behind it, so what its cursor makes of a file is not always
    // the same, and the page reader leaves damaged pages to the cursor: both are asked again before they are said to
    // disagree.
    bool agree = outcome(broken, Reader::pages) == expected;
    for (int attempt = 0; attempt < 20 && !agree; ++attempt) {
      agree = outcome(broken, Reader::pages) == outcome(broken, Reader::cursor);
    }
    INFO("round " << round);
    REQUIRE(agree);
  }
  CHECK(different_from_whole > 300);
}
