#include <catch2/catch.hpp>

#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;

namespace {

test::Parsed table(const std::string& rows) { return test::parse("table t(x) {\n" + rows + "\n}\nmetric after = 1"); }

const syntax::Table& table_of(const test::Parsed& parsed) { return parsed.first<syntax::TableDecl>().table; }

std::string cells(const test::Parsed& parsed) {
  const std::string all = syntax::dump(parsed.file);
  const std::size_t begin = all.find("  |");
  return all.substr(begin, all.find("metric after") - begin);
}

}  // namespace

TEST_CASE("kinds of cells", "[table]") {
  const auto parsed = table(
      "| a | b | c |\n"
      "| - | -5 | --5 |\n"
      "| 80.. | ..60 | 60..80 |\n"
      "| >= 90 | != \"x\" | 1..=5 |\n"
      "| [\"TH\", \"VN\"] | from 3 GBP | ~ 0.5 +- 0.1 |\n"
      "| ~ -1 GBP +- 1 GBP | from | gmv_target(site, phase) |\n"
      "| \"a|b\" | `p|q` | if a then 1 else 2 |\n"
      "| otherwise | | 110% * previous(m) |");
  CHECK(parsed.findings().empty());
  CHECK(cells(parsed) ==
        "  | a | b | c |\n"
        "  | - | -5 | --5 |\n"
        "  | 80.. | ..60 | 60 .. 80 |\n"
        "  | >= 90 | != \"x\" | 1 ..= 5 |\n"
        "  | [\"TH\", \"VN\"] | from 3 GBP | ~ 0.5 +- 0.1 |\n"
        "  | ~ -1 GBP +- 1 GBP | from | gmv_target(site, phase) |\n"
        "  | \"a|b\" | `p|q` | if a then 1 else 2 |\n"
        "  | otherwise | | 110% * previous(m) |\n");
  CHECK(std::holds_alternative<syntax::AnyCell>(table_of(parsed).rows[0].cells[0].content));
  CHECK(std::holds_alternative<syntax::EmptyCell>(table_of(parsed).rows[6].cells[1].content));
}

TEST_CASE("comments and blank lines between rows", "[table]") {
  const auto parsed = table("\n| a | b | # the header\n\n# between\n   | 1 | 2 |   # behind\n\n\t| 3 | 4 |");
  CHECK(parsed.findings().empty());
  CHECK(table_of(parsed).rows.size() == 2);
}

TEST_CASE("a line of dashes is ignored only directly below the header", "[table]") {
  CHECK(table_of(table("| a | b |\n|---|:---:|\n| 1 | 2 |")).rows.size() == 1);
  CHECK(table_of(table("| a | b | # c\n| ---- | ---: | # d\n| 1 | 2 |")).rows.size() == 1);
  CHECK(table("| a | b |\n\n|---|---|\n| 1 | 2 |").findings() == "K0172 6:1");
  CHECK(table("| a | b |\n# c\n|---|---|\n| 1 | 2 |").findings() == "K0172 6:1");
  CHECK(table("| a | b |\n| 1 | 2 |\n|---|---|\n| 1 | 2 |").findings() == "K0172 6:1");
  CHECK(table("| a | b |\n|---|--|\n| 1 | 2 |").findings() == "K0150 5:5, K0150 5:8");
}

TEST_CASE("carriage returns and a table at the end of the file", "[table]") {
  const auto parsed = test::parse_file("edition 2026\r\npolicy p { currency GBP }\r\ntable t(x) {\r\n| a |\r\n|---|\r\n| 1 |\r\n}");
  CHECK(parsed.findings().empty());
  CHECK(table_of(parsed).rows.size() == 1);
}

TEST_CASE("rows of the wrong length", "[table]") {
  const auto parsed = table("| a | b |\n| 1 |\n| 1 | 2 | 3 |\n| 1 | 2 |");
  CHECK(parsed.findings() == "K0170 5:1, K0170 6:1");
  CHECK(parsed.messages() ==
        "the row has 1 cells, but the header has 2\n"
        "the row has 3 cells, but the header has 2\n");
  for (const auto& row : table_of(parsed).rows) CHECK(row.cells.size() == 2);
}

TEST_CASE("each broken cell is reported and the row keeps its length", "[table]") {
  const auto parsed = table("| a | b |\n| ) | 1 2 |\n| 1 | 2\n| 3 | 1e3 |\n| \"open | 4 |\n| 5 | 6 |");
  CHECK(parsed.findings() == "K0150 5:3, K0150 5:9, K0171 6:7, K0120 7:7, K0110 8:3");
  CHECK(table_of(parsed).rows.size() == 5);
}

TEST_CASE("a cell does not go on in the next line", "[table]") {
  CHECK(table("| a |\n| 1 +\n 2 |").findings() == "K0150 5:6, K0150 6:2");
}

TEST_CASE("headers", "[table]") {
  const auto parsed = table("| metric | weight cold_start | `Order ID` | |\n| 1 | 2 | 3 | 4 |");
  CHECK(parsed.findings().empty());
  const auto& header = table_of(parsed).header;
  REQUIRE(header.size() == 4);
  CHECK(header[1].words.size() == 2);
  CHECK(header[2].words[0].text == "Order ID");
  CHECK(header[3].words.empty());
  CHECK(table("| Order Status Code |\n| 1 |").findings() == "K0173 4:3");
  CHECK(table("| a | a |\n| 1 | 2 |").findings() == "K0175 4:7");
  CHECK(table("| \"a\" | b |\n| 1 | 2 |").messages() == "unexpected \"a\", expected a column name\n");
}

TEST_CASE("a table needs rows, and there is one", "[table]") {
  CHECK(table("").findings() == "K0174 3:1");
  CHECK(table("| a |").findings() == "K0174 4:1");
  CHECK(table("| a |\n| 1 |\nfoo\n| 2 |").findings() == "K0150 6:1");
  CHECK(table_of(table("| a |\n| 1 |\nfoo\n| 2 |")).rows.size() == 2);
  CHECK(test::parse("scorecard s for h {\n| metric |\n| m |\n missing zero\n | metric |\n | n |\n}").findings() == "K0166 7:2");
}
