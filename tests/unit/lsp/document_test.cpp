#include "interpreter/lsp/document.hpp"

#include <catch2/catch.hpp>

#include "interpreter/lsp/context.hpp"

namespace {

using namespace kpi::lsp;

TEST_CASE("a position counts what the client counts") {
  const Document document("a净🎯é\nb");
  const std::uint32_t behind_target = 1 + 3 + 4;
  CHECK(document.position(behind_target, Encoding::utf8) == Position{0, 8});
  CHECK(document.position(behind_target, Encoding::utf16) == Position{0, 4});
  CHECK(document.position(behind_target, Encoding::utf32) == Position{0, 3});
  for (const Encoding encoding : {Encoding::utf8, Encoding::utf16, Encoding::utf32}) {
    for (const std::uint32_t offset : {0U, 1U, 4U, 8U, 10U, 11U, 12U}) {
      CHECK(document.offset(document.position(offset, encoding), encoding) == offset);
    }
  }
  // Between the two halves of a pair, beyond the line, beyond the text.
  CHECK(document.offset({0, 3}, Encoding::utf16) == 4);
  CHECK(document.offset({0, 99}, Encoding::utf16) == 10);
  CHECK(document.offset({7, 0}, Encoding::utf16) == 12);
}

TEST_CASE("positions move with the text") {
  const auto at = [](std::uint32_t line, std::uint32_t character) { return Position{line, character}; };
  const Range here = {{2, 4}, {2, 6}};
  CHECK(moved(at(2, 3), false, here, "净🎯", Encoding::utf16) == at(2, 3));
  CHECK(moved(at(2, 9), false, here, "净🎯", Encoding::utf16) == at(2, 10));
  CHECK(moved(at(2, 9), false, here, "净🎯", Encoding::utf8) == at(2, 14));
  CHECK(moved(at(2, 9), false, here, "a\nbc", Encoding::utf16) == at(3, 5));
  CHECK(moved(at(7, 1), false, here, "a\r\nbc\n", Encoding::utf16) == at(9, 1));
  CHECK(moved(at(2, 5), false, here, "", Encoding::utf16) == at(2, 4));
  CHECK(moved(at(5, 1), true, {{1, 0}, {4, 0}}, "", Encoding::utf16) == at(2, 1));
  // An insertion at the place itself.
  CHECK(moved(at(2, 4), false, {{2, 4}, {2, 4}}, "xy", Encoding::utf16) == at(2, 6));
  CHECK(moved(at(2, 4), true, {{2, 4}, {2, 4}}, "xy", Encoding::utf16) == at(2, 4));
}

TEST_CASE("every kind of line end, and bytes that are no text") {
  const Document document(
      "a\r\nb\rc\n\xFF"
      "d");
  CHECK(document.position(3, Encoding::utf16) == Position{1, 0});
  CHECK(document.position(5, Encoding::utf16) == Position{2, 0});
  CHECK(document.position(8, Encoding::utf16) == Position{3, 1});
  CHECK(document.offset({0, 5}, Encoding::utf16) == 1);  // before the line end
}

TEST_CASE("edits") {
  Document document("一二\n三");
  document.edit({{0, 1}, {1, 0}}, "x", Encoding::utf16);
  CHECK(document.text() == "一x三");
  document.edit({{0, 2}, {0, 1}}, "!", Encoding::utf16);  // its end before its start
  CHECK(document.text() == "一x!三");
  document.edit({{9, 9}, {9, 9}}, "\n", Encoding::utf16);
  CHECK(document.text() == "一x!三\n");
  CHECK(document.position(static_cast<std::uint32_t>(document.text().size()), Encoding::utf16) == Position{1, 0});
}

Context at_end(const std::string& text) { return context_at(text, static_cast<std::uint32_t>(text.size())); }

TEST_CASE("what stands before the cursor") {
  CHECK(at_end("# met").in_comment);
  CHECK(at_end("metric a \"na").in_text);
  CHECK(at_end("policy p { timezone \"Eu").text_owner == "timezone");
  CHECK(at_end("metric a = sum(orders.am").path == std::vector<std::string>{"orders"});
  CHECK(at_end("metric a = sum(orders.host.").path == std::vector<std::string>{"orders", "host"});
  CHECK(at_end("metric a = sum(orders.amount where ch").source_in_call == "orders");
  CHECK(at_end("metric a = 5 G").after_number);
  CHECK_FALSE(at_end("metric a = 5\nG").after_number);
  const Context clause = at_end("payout b for host from m {\n  payee employee\n  ca");
  CHECK(clause.block == "payout");
  CHECK(clause.name == "b");
  CHECK(clause.at_item_start);
  CHECK(at_end("metric a = b { better lower }\nme").block.empty());
  CHECK(at_end("allow no-fake-").before == "allow");
  CHECK(at_end("library l {\n  requires events orders as orders {\n    a : te").block == "events");
}

TEST_CASE("in a table") {
  const Context cell =
      at_end("scorecard s for host every month {\n  | metric | weight cold | \"a|b\" |\n  # c\n\n  | m | 4");
  CHECK(cell.in_table);
  CHECK_FALSE(cell.in_header);
  CHECK(cell.column == 1);
  CHECK(cell.header == std::vector<std::string>{"metric", "weight cold", "\"a|b\""});
  CHECK(at_end("scorecard s for host every month {\n  | met").in_header);
  CHECK(at_end("test \"t\" {\n  given hosts\n    | a").subject == "hosts");
}

}  // namespace
