#include <catch2/catch.hpp>

#include "interpreter/report/table.hpp"

using namespace kpi;
using report::right;
using report::Table;

TEST_CASE("columns are aligned by display width, numbers at the right") {
  Table table({{"Host"}, right("Amount"), {"Status"}});
  table.add({{"Ann"}, right("1,200.00 GBP"), {"ok"}});
  table.add({{"王小明"}, right("5.00 GBP"), {}});
  CHECK(table.text({}) ==
        "Host          Amount  Status\n"
        "----------------------------\n"
        "Ann     1,200.00 GBP  ok\n"
        "王小明      5.00 GBP\n");
}

TEST_CASE("lines over the whole width end below the last column") {
  Table table({{"Metric"}, right("Points")});
  table.add_line({"Ann"}, right("score 100"));
  table.add({{"Net sales"}, right("100")});
  CHECK(table.text({}, 2, 0) ==
        "  Metric     Points\n"
        "  -----------------\n"
        "Ann       score 100\n"
        "  Net sales     100\n");
}

TEST_CASE("a table that does not fit is stacked") {
  report::Look narrow;
  narrow.width = 15;
  Table table({{"Name"}, right("Value")});
  table.add({{"a long name"}, right("1,000,000")});
  CHECK(report::fitted(table, narrow, 2) ==
        "  Name   a long name\n"
        "    Value  1,000,000\n");
}
