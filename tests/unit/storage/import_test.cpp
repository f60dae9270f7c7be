#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "grammar/source/diagnostics/data.hpp"
#include "tests/unit/storage/import_text.hpp"

using namespace kpi::storage;
using namespace kpi::storage::test;
using kpi::source::DiagnosticId;
namespace ids = kpi::source::ids;
using Lines = std::vector<std::string>;

namespace {

const char* const kOrders = R"(
  key      order_id
  order_id as text      from "Order ID" trim
  paid_at  as datetime? from "Paid Time" trim format "%d/%m/%Y %H:%M:%S"
  amount   as money     from "Order Amount" decimal "." group ","
  units    as integer?  from "Units"
  currency = "GBP"
  is_test  = false
)";
const char* const kExport =
    "Order ID,Paid Time,Order Amount,Units,Extra\r\n"
    "\"o1\t\",03/07/2026 10:00:00,\"1,234.50\",2,x\r\n"
    "\"o2\t\",04/07/2026 11:30:05,19.99,,y\r\n";

ImportReport import_once(const char* clauses, const std::string& text, const Folder& folder) {
  const auto policy = one_import(clauses);
  return run_import(policy, "x", folder.path("shop.db"), folder.write("export.csv", text));
}

DiagnosticId failure(const char* clauses, const std::string& text) {
  const Folder folder;
  const DiagnosticId id = id_of_failure([&] { import_once(clauses, text, folder); });
  CHECK_FALSE(fs::exists(folder.path("shop.db")));  // a database that was not there is not left behind
  CHECK_FALSE(fs::exists(folder.path("export.csv.rejects.csv")));
  return id;
}

}  // namespace

TEST_CASE("an export becomes a typed table") {
  const Folder folder;
  const ImportReport report = import_once(kOrders, kExport, folder);
  CHECK(counts(report) == "2/0/0/0/0/0");
  CHECK(report.table == "t");
  CHECK(report.created_table);
  CHECK(report.unused_headers == Lines{"Extra"});
  CHECK(report.diagnostics.items().empty());
  const std::string database = folder.path("shop.db");
  CHECK(table(database, "t") ==
        Lines{"o1|2026-07-03T10:00:00|1234.50|2|GBP|0", "o2|2026-07-04T11:30:05|19.99|-|GBP|0"});
  CHECK(rows(database, "SELECT type || ' ' || name || iif(\"notnull\", ' required', '') FROM pragma_table_info('t')") ==
        Lines{"TEXT order_id required", "TEXT paid_at", "TEXT amount", "INTEGER units", "TEXT currency",
              "INTEGER is_test"});
  CHECK(rows(database, "SELECT typeof(amount) || typeof(units) || typeof(is_test) FROM t LIMIT 1") ==
        Lines{"textintegerinteger"});
  CHECK(rows(database, "SELECT count(*) FROM pragma_index_list('t') WHERE \"unique\"") == Lines{"1"});
  CHECK(rows(database, "PRAGMA integrity_check") == Lines{"ok"});
}

TEST_CASE("importing again changes nothing, and changed rows are updated by key") {
  const Folder folder;
  import_once(kOrders, kExport, folder);
  const std::string before = read_file(folder.path("shop.db"));
  const ImportReport again = import_once(kOrders, kExport, folder);
  CHECK(counts(again) == "0/0/2/0/0/0");
  CHECK_FALSE(again.created_table);
  CHECK((read_file(folder.path("shop.db")) == before));
  const ImportReport changed = import_once(kOrders,
                                           "Order ID,Paid Time,Order Amount,Units\no2,04/07/2026 "
                                           "11:30:05,18.99,\no3,,5,1\no1,03/07/2026 10:00:00,1234.50,2\n",
                                           folder);
  CHECK(counts(changed) == "1/1/1/0/0/0");
  CHECK(table(folder.path("shop.db"), "t") ==
        Lines{"o1|2026-07-03T10:00:00|1234.50|2|GBP|0", "o2|2026-07-04T11:30:05|18.99|-|GBP|0", "o3|-|5|1|GBP|0"});
}

TEST_CASE("without a key, rows are matched by content and how often they occur") {
  const char* clauses = "a as text from \"a\"\n b as number? from \"b\"";
  const Folder folder;
  CHECK(counts(import_once(clauses, "a,b\nx,1\nx,1\ny,\nz,2.5\n", folder)) == "4/0/0/0/0/0");
  CHECK(counts(import_once(clauses, "a,b\nx,1\nx,1\ny,\nz,2.5\n", folder)) == "0/0/4/0/0/0");
  CHECK(counts(import_once(clauses, "b,a\n1,x\n1,x\n1,x\n2.50,z\n,w\n", folder)) == "2/0/3/0/0/0");
  CHECK(table(folder.path("shop.db"), "t") == Lines{"x|1", "x|1", "y|-", "z|2.5", "x|1", "w|-"});
}

TEST_CASE("a key that occurs twice in one file") {
  const char* clauses = "key (a, b)\n a as text from \"a\"\n b as integer from \"b\"\n c as text? from \"c\"";
  const std::string text = "a,b,c\nx,1,one\nx,2,\nx,1,one\nx,1,other\nx,2,\n";
  const Folder folder;
  const ImportReport report = import_once(clauses, text, folder);
  CHECK(counts(report) == "2/0/0/2/0/1");
  CHECK(reject_codes(report) == Lines{"5 K0589 reject_duplicate_key"});
  CHECK(kpi::source::message(report.diagnostics.items().front(), kpi::source::Language::en)
            .find("`x`, `1` also stands in line 2") != std::string::npos);
  CHECK(counts(import_once(clauses, text, folder)) == "0/0/2/2/0/1");
  CHECK(table(folder.path("shop.db"), "t") == Lines{"x|1|one", "x|2|-"});
}

TEST_CASE("rows that do not fit are set aside with line, reason and cells") {
  const Folder folder;
  const std::string text =
      "Order ID,Paid Time,Order Amount,Units\n"
      "o1,03/07/2026 10:00:00,1,1\n"
      "o2,2026-07-03,1,1\n"
      "\"o3\n(second line)\",03/07/2026 10:00:00,\"one, two\",1\n"
      ",03/07/2026 10:00:00,1,1\n"
      "o5,03/07/2026 10:00:00,,1\n"
      "o6,03/07/2026 10:00:00,1,1.5\n"
      "o7,03/07/2026 10:00:00,1\n"
      "o8,03/07/2026 10:00:00,1,1,1\n"
      "o9,03/07/2026 10:00:00,1,1,,\n";
  const ImportReport report = import_once(kOrders, text, folder);
  CHECK(counts(report) == "2/0/0/0/0/7");
  CHECK(reject_codes(report) == Lines{"3 K0585 reject_time", "4 K0582 reject_number", "6 K0581 reject_empty",
                                      "7 K0581 reject_empty", "8 K0583 reject_integer", "9 K0580 reject_cell_count",
                                      "10 K0580 reject_cell_count"});
  CHECK(report.diagnostics.items().back().id == ids::import_rows_rejected);
  CHECK(report.rejects_path == folder.path("export.csv.rejects.csv"));
  CHECK(read_file(report.rejects_path) ==
        "line,reason,Order ID,Paid Time,Order Amount,Units\r\n"
        "3,`paid_at`: `2026-07-03` is not a time of the form `%d/%m/%Y %H:%M:%S`,o2,2026-07-03,1,1\r\n"
        "4,\"`amount`: `one, two` is not a number\",\"o3\n(second line)\",03/07/2026 10:00:00,\"one, two\",1\r\n"
        "6,`order_id` is empty,,03/07/2026 10:00:00,1,1\r\n"
        "7,`amount` is empty,o5,03/07/2026 10:00:00,,1\r\n"
        "8,`units`: `1.5` is not a whole number,o6,03/07/2026 10:00:00,1,1.5\r\n"
        "9,\"the row has 3 cells, the header has 4\",o7,03/07/2026 10:00:00,1\r\n"
        "10,\"the row has 5 cells, the header has 4\",o8,03/07/2026 10:00:00,1,1,1\r\n");
  // A later import without rejects leaves the file alone: somebody may be correcting it.
  const std::string rejects = read_file(report.rejects_path);
  const ImportReport later = import_once(kOrders, kExport, folder);
  CHECK(counts(later) == "1/1/0/0/0/0");
  CHECK(later.kept_rejects == report.rejects_path);
  CHECK(read_file(report.rejects_path) == rejects);
}

TEST_CASE("a reject file that was corrected is never written over") {
  const Folder folder;
  const std::string text = "Order ID,Paid Time,Order Amount,Units\no1,,1x,1\no2,,2x,1\no3,,3,1\n";
  const ImportReport first = import_once(kOrders, text, folder);
  std::string corrected = read_file(first.rejects_path);
  corrected.replace(corrected.find(",1x,"), 4, ",12,");
  folder.write("export.csv.rejects.csv", corrected);

  for (const char* run : {"the export once more", "and again"}) {
    INFO(run);
    const ImportReport second = import_once(kOrders, text, folder);
    CHECK(second.kept_rejects == first.rejects_path);
    CHECK(second.rejects_path == folder.path("export.csv.rejects-2.csv"));
    CHECK(read_file(first.rejects_path) == corrected);
    CHECK_FALSE(fs::exists(folder.path("export.csv.rejects-3.csv")));
  }

  // Imported itself, it keeps its rows; only the reasons change.
  const auto policy = one_import(kOrders);
  const ImportReport third = run_import(policy, "x", folder.path("shop.db"), first.rejects_path);
  CHECK(counts(third) == "1/0/0/0/0/1");
  CHECK(third.rejects_path == first.rejects_path);
  CHECK(third.kept_rejects.empty());
  CHECK(read_file(first.rejects_path) ==
        "line,reason,Order ID,Paid Time,Order Amount,Units\r\n"
        "2,,o1,,12,1\r\n"
        "3,`amount`: `2x` is not a number,o2,,2x,1\r\n");
  CHECK_FALSE(fs::exists(first.rejects_path + ".rejects.csv"));

  // The export has its rows rejected again; that the first of them is in the table is said.
  const ImportReport fourth = import_once(kOrders, text, folder);
  const auto& items = fourth.diagnostics.items();
  const auto said =
      std::find_if(items.begin(), items.end(), [](const auto& one) { return one.id == ids::import_rejected_present; });
  REQUIRE(said != items.end());
  CHECK_THAT(kpi::source::message(*said, kpi::source::Language::en), Catch::Contains("1 of 2 rejected rows"));
  CHECK(table(folder.path("shop.db"), "t") == Lines{"o3|-|3|1|GBP|0", "o1|-|12|1|GBP|0"});
}

TEST_CASE("a reject file reads like its export: separator, encoding, plain quotes") {
  const Folder folder;
  const auto policy =
      one_import("separator tab plain quotes encoding \"cp1252\" n as text from \"n\" a as integer from \"a\"");
  const std::string file = folder.write("export.tsv", "n\ta\n12\" S\xE3o\tx\n");
  const ImportReport report = run_import(policy, "x", folder.path("shop.db"), file);
  std::string rejects = read_file(report.rejects_path);
  CHECK(rejects == "\xEF\xBB\xBFline\treason\tn\ta\r\n2\t`a`: `x` is not a number\t12\" S\xC3\xA3o\tx\r\n");
  rejects.replace(rejects.rfind("\tx"), 2, "\t7");
  folder.write("export.tsv.rejects.csv", rejects);
  CHECK(counts(run_import(policy, "x", folder.path("shop.db"), report.rejects_path)) == "1/0/0/0/0/0");
  CHECK(table(folder.path("shop.db"), "t") == Lines{"12\" S\xC3\xA3o|7"});
}

TEST_CASE("a corrected reject file can be imported like the export") {
  const Folder folder;
  const ImportReport report = import_once(kOrders, "Order ID,Paid Time,Order Amount,Units\no1,,1x,1\n", folder);
  std::string rejects = read_file(report.rejects_path);
  rejects.replace(rejects.find(",1x,"), 4, ",12,");
  const auto policy = one_import(kOrders);
  CHECK(counts(run_import(policy, "x", folder.path("shop.db"), folder.write("fixed.csv", rejects))) == "1/0/0/0/0/0");
  CHECK(table(folder.path("shop.db"), "t") == Lines{"o1|-|12|1|GBP|0"});
}

TEST_CASE("more than twenty rejects are counted, not all shown; reasons in Chinese") {
  std::string text = "a\n";
  for (int i = 0; i != 50; ++i) text += "x\n";
  const Folder folder;
  const auto policy = one_import("a as integer from \"a\"");
  ImportOptions options;
  options.language = kpi::source::Language::zh;
  options.rejects_path = folder.path("bad.csv");
  const ImportReport report =
      run_import(policy, "x", folder.path("shop.db"), folder.write("export.csv", text), options);
  CHECK(report.rejected == 50);
  CHECK(reject_codes(report).size() == 20);
  CHECK_THAT(read_file(folder.path("bad.csv")), Catch::Contains("`a`：`x` 不是数字"));
}

TEST_CASE("rows can be skipped, computed and carried") {
  const char* clauses = R"(
    skip rows where id = "Unique id." or `Total Price` = "skip"
    skip rows where starts_with(Name, "Sum")
    id     as text     from "Id" trim carry "Name"
    name   as text     from "Name"
    status as text?    from "Status" carry "Name"
    last   as text?    from "Last" carry
    price  as money?   from "Total Price" empty "-"
    kind   as text?    = if Status in ["paid", "Pago"] then "paid" else lower(Status)
    free   as boolean  = `Total Price` = ""
    weight as number   = 3 / 4
    shop   = "UK 1")";
  const std::string text =
      "Id,Name,Status,Last,Total Price\n"
      "Unique id.,Name,Status,xx,Price\n"
      "1,#1,Pago,a,5\n"
      ",#1,,,\n"
      "2,#2,,b,-\n"
      ",#3,,,\n"
      "Sum,Sum,,,5\n"
      ",#2,OPEN,,7\n"
      "9,#9,,,skip\n";
  const Folder folder;
  const ImportReport report = import_once(clauses, text, folder);
  CHECK(counts(report) == "3/0/0/0/3/2");
  CHECK(reject_codes(report) == Lines{"6 K0581 reject_empty", "8 K0581 reject_empty"});
  CHECK(table(folder.path("shop.db"), "t") ==
        Lines{"1|#1|Pago|a|5|paid|0|0.75|UK 1", "1|#1|Pago|a|-|-|1|0.75|UK 1", "2|#2|-|b|-|-|0|0.75|UK 1"});
}

TEST_CASE("headers that are not there") {
  CHECK(failure(kOrders, "Order ID,Paid Time,Units\no1,,1\n") == ids::import_headers_missing);
  CHECK(failure("a as text from \"a\"\n skip rows where Gone = \"x\"", "a\n1\n") == ids::import_headers_missing);
  CHECK(failure("a from \"A\"", "b\n1\n") == ids::import_headers_missing);
  CHECK(failure("a as text from \"N o t e s\"", "Notes,notes\n1,2\n") == ids::import_header_ambiguous);
  CHECK(failure(kOrders, "") == ids::csv_empty);
  CHECK(failure(kOrders, "\xEF\xBB\xBF\n\n") == ids::csv_empty);
  const Folder folder;
  const auto message = failure_of([&] { import_once(kOrders, "Order Id,Paid time\n", folder); });
  CHECK(message->message.find("the import `x` needs `Order Amount`, which") != std::string::npos);
  // Optional ones may be missing, which is said; the names' order decides among alternatives.
  const ImportReport report =
      import_once("a as text from \"first\" or \"second\"\n b as text? from \"gone\"", "second,FIRST\n2,1\n", folder);
  CHECK(report.diagnostics.items().front().id == ids::import_headers_absent);
  CHECK(table(folder.path("shop.db"), "t") == Lines{"1|-"});
}

TEST_CASE("titles may stand above the header") {
  const Folder folder;
  const ImportReport report =
      import_once(kOrders, "Orders of July\n\n\"Shop\",UK\nOrder ID,Paid Time,Order Amount,Units\no1,,1,1\n", folder);
  CHECK(counts(report) == "1/0/0/0/0/0");
}

TEST_CASE("mistakes in the declaration") {
  const std::string text = "a\n1\n";
  CHECK(failure("a as date from \"a\" format \"%d/%q\"", text) == ids::import_bad_format);
  CHECK(failure("a as money from \"a\" decimal \"5\"", text) == ids::import_bad_option);
  CHECK(failure("encoding \"klingon\"\n a as text from \"a\"", text) == ids::unknown_encoding);
  auto policy = one_import("a as text from \"a\"");
  policy.imports.front().separator = "\"";
  kpi::source::Diagnostics diagnostics;
  check_import(policy.imports.front(), diagnostics);
  REQUIRE(diagnostics.items().size() == 1);
  CHECK(diagnostics.items().front().id == ids::import_bad_separator);
}

TEST_CASE("encoding and separator as declared, or as the command line says") {
  const Folder folder;
  const auto policy =
      one_import("encoding \"cp1252\"\n separator semicolon\n a as text from \"año\"\n b as text from \"b\"");
  CHECK(counts(run_import(policy, "x", folder.path("1.db"), folder.write("1.csv", "a\xF1o;b\nS\xE3o, x;1\n"))) ==
        "1/0/0/0/0/0");
  CHECK(table(folder.path("1.db"), "t") == Lines{"São, x|1"});
  ImportOptions options;
  options.encoding = "utf-8";
  CHECK(counts(run_import(policy, "x", folder.path("2.db"), folder.write("2.csv", "año;b\nSão;1\n"), options)) ==
        "1/0/0/0/0/0");
  CHECK(table(folder.path("2.db"), "t") == Lines{"São|1"});
}

TEST_CASE("existing tables are used when they keep what is written") {
  const char* clauses = "key id\n id as text from \"id\"\n amount as money from \"amount\"\n n as integer? from \"n\"";
  const std::string text = "id,amount,n\n1,0.10,5\n";
  const Folder folder;
  const std::string database = folder.path("shop.db");
  SECTION("with a key of its own, other columns and another case") {
    execute(database,
            "CREATE TABLE T(Id TEXT NOT NULL PRIMARY KEY, note TEXT DEFAULT 'new', Amount TEXT); INSERT INTO T VALUES "
            "('1', 'kept', '9')");
    CHECK(counts(import_once(clauses, text, folder)) == "0/1/0/0/0/0");
    CHECK(table(database, "T") == Lines{"1|kept|0.10|5"});
    CHECK(counts(import_once(clauses, text, folder)) == "0/0/1/0/0/0");
  }
  SECTION("without a key") {
    execute(database, "CREATE TABLE t(id TEXT, amount TEXT, n INT); INSERT INTO t VALUES ('2', '7', 1)");
    CHECK(counts(import_once(clauses, text, folder)) == "1/0/0/0/0/0");
    CHECK(counts(import_once(clauses, text, folder)) == "0/0/1/0/0/0");
    CHECK(table(database, "t") == Lines{"2|7|1", "1|0.10|5"});
  }
  SECTION("with repeated keys") {
    execute(database, "CREATE TABLE t(id TEXT, amount TEXT, n INT); INSERT INTO t VALUES ('2', '7', 1), ('2', '8', 1)");
    CHECK(id_of_failure([&] { import_once(clauses, text, folder); }) == ids::import_key_not_unique);
  }
  SECTION("that would round money") {
    execute(database, "CREATE TABLE t(id TEXT, amount REAL, n INT)");
    CHECK(id_of_failure([&] { import_once(clauses, text, folder); }) == ids::import_column_type_differs);
  }
  SECTION("that is a view") {
    execute(database, "CREATE VIEW t AS SELECT '1' AS id, '1' AS amount, 1 AS n");
    CHECK(id_of_failure([&] { import_once(clauses, text, folder); }) == ids::import_into_view);
  }
  SECTION("with constraints of its own") {
    execute(database, "CREATE TABLE t(id TEXT NOT NULL PRIMARY KEY, amount TEXT, n INT CHECK (n < 5))");
    const ImportReport report = import_once(clauses, text + "2,1,4\n", folder);
    CHECK(counts(report) == "1/0/0/0/0/1");
    CHECK(reject_codes(report) == Lines{"2 K0590 reject_constraint"});
  }
  SECTION("without row ids") {
    execute(database, "CREATE TABLE t(id TEXT PRIMARY KEY, amount TEXT, n INT) WITHOUT ROWID");
    CHECK(counts(import_once(clauses, text + "1,0.10,5\n1,0.2,5\n", folder)) == "1/0/0/1/0/1");
  }
}

TEST_CASE("ids are kept to the last digit") {
  const Folder folder;
  import_once("key id\n id as text from \"id\" trim\n n as integer from \"n\"",
              "id,n\n\"576460000000000123\t\",9007199254740993\n=\"00576460000000000124\",9007199254740994\n", folder);
  CHECK(table(folder.path("shop.db"), "t") ==
        Lines{"576460000000000123|9007199254740993", "00576460000000000124|9007199254740994"});
}

TEST_CASE("a failing import leaves the database as it was") {
  const Folder folder;
  const std::string database = folder.path("shop.db");
  import_once(kOrders, kExport, folder);
  const std::string before = read_file(database);
  std::string text = "Order ID,Paid Time,Order Amount,Units\n";
  for (int i = 0; i != 5000; ++i) text += "n" + std::to_string(i) + ",,5,1\nbad,x,x,x\n";
  SECTION("when the file turns out to be binary") {
    text += '\0';
    CHECK(id_of_failure([&] { import_once(kOrders, text, folder); }) == ids::csv_binary);
  }
  SECTION("when a quote is never closed") {
    text += "o9,\"";
    CHECK(id_of_failure([&] { import_once(kOrders, text, folder); }) == ids::csv_unclosed_quote);
  }
  SECTION("when the reject file cannot be written") {
    const auto policy = one_import(kOrders);
    ImportOptions options;
    options.rejects_path = folder.path("no/such/folder/rejects.csv");
    const std::string file = folder.write("export.csv", text);
    CHECK(id_of_failure([&] { run_import(policy, "x", database, file, options); }) == ids::file_unwritable);
  }
  SECTION("when another program is writing") {
    Database writer = Database::open_for_writing(database);
    writer.execute("BEGIN IMMEDIATE");
    CHECK(id_of_failure([&] { import_once(kOrders, text, folder); }) == ids::database_locked);
  }
  SECTION("when the file may not be read or the database not changed") {
    folder.write("export.csv", text);
    const auto policy = one_import(kOrders);
    const OrdinaryUser user(folder);
    ::chmod(database.c_str(), 0444);
    CHECK(id_of_failure([&] { run_import(policy, "x", database, folder.path("export.csv")); }) ==
          ids::database_read_only);
    ::chmod(folder.path("export.csv").c_str(), 0);
    CHECK(id_of_failure([&] { run_import(policy, "x", database, folder.path("export.csv")); }) ==
          ids::data_file_no_permission);
  }
  CHECK((read_file(database) == before));
  CHECK_FALSE(fs::exists(folder.path("export.csv.rejects.csv")));
}

TEST_CASE("a full disk is said to be one, and nothing is half written") {
  const Folder folder;
  import_once(kOrders, kExport, folder);
  const std::string before = read_file(folder.path("shop.db"));
  std::string text = "Order ID,Paid Time,Order Amount,Units\n";
  for (int i = 0; i != 200'000; ++i) text += "n" + std::to_string(i) + ",,5,1\n";
  const std::string file = folder.write("big.csv", text);
  const auto policy = one_import(kOrders);
  // A limit on the size of files fails like a disk without space; it can only be lowered, so in a process of its own.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int status = 1;
    try {
      run_import(policy, "x", folder.path("shop.db"), file);
    } catch (const DataFailure& failure) {
      status = failure.diagnostic == static_cast<int>(ids::disk_full) ? 0 : 2;
    }
    ::_exit(status);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(table(folder.path("shop.db"), "t").size() == 2);
  CHECK(rows(folder.path("shop.db"), "PRAGMA integrity_check") == Lines{"ok"});
  CHECK((read_file(folder.path("shop.db")) == before));
}

TEST_CASE("an import that is killed leaves what was there before") {
  const Folder folder;
  import_once(kOrders, kExport, folder);
  const std::string pipe = folder.path("pipe.csv"), database = folder.path("shop.db");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto policy = one_import(kOrders);
  const pid_t child = ::fork();
  if (child == 0) {
    run_import(policy, "x", database, pipe);
    ::_exit(0);
  }
  {
    // More than fits in any cache, so pages are already in the file when the end comes.
    std::ofstream out(pipe, std::ios::binary);
    out << "Order ID,Paid Time,Order Amount,Units\n";
    const std::string padding(400, 'x');
    for (int i = 0; i != 250'000; ++i) out << "n" << i << padding << ",,5,1\n";
    out.flush();
    REQUIRE(fs::exists(database + "-journal"));
    ::kill(child, SIGKILL);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
  }
  CHECK(table(database, "t") ==
        Lines{"o1|2026-07-03T10:00:00|1234.50|2|GBP|0", "o2|2026-07-04T11:30:05|19.99|-|GBP|0"});
  CHECK(rows(database, "PRAGMA integrity_check") == Lines{"ok"});
  CHECK(counts(import_once(kOrders, kExport, folder)) == "0/0/2/0/0/0");
}
