#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/syntax.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/diagnostics_text.hpp"

using namespace kpi;
using source::DiagnosticId;
namespace ids = source::ids;
using source::Diagnostics;
using source::SourceMap;
using source::Span;

namespace {

struct Text {
  SourceMap sources;
  source::SourceId id;
  Diagnostics diagnostics;

  explicit Text(std::string text) : id(sources.add("p.kpi", std::move(text))) {}

  /// The nth occurrence of `word` (0 is the first).
  Span of(std::string_view word, int nth = 0) const {
    const std::string& text = sources.get(id).text;
    std::size_t at = text.find(word);
    while (nth-- > 0) at = text.find(word, at + 1);
    REQUIRE(at != std::string::npos);
    return {id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + word.size())};
  }
  std::string pretty(report::Look look = {}) const { return report::diagnostics_pretty(diagnostics, sources, look); }
};

constexpr auto kAny = ids::invalid_utf8;

}  // namespace

TEST_CASE("a diagnostic shows its line with the mark below the word") {
  Text text("edition 2026\nmetric gmv = sum(orderz.amount)\n");
  text.diagnostics.add(kAny, text.of("orderz")).suggest("orders");
  CHECK(text.pretty() ==
        "error[K0100]: the text is not valid UTF-8 here\n"
        " --> p.kpi:2:18\n"
        "  |\n"
        "2 | metric gmv = sum(orderz.amount)\n"
        "  |                  ^^^^^^\n"
        "  |\n"
        "  = help: did you mean `orders`?\n"
        "  = help: save the file in the encoding UTF-8\n"
        "\n");
}

TEST_CASE("marks stand right below wide, combining and tab characters") {
  Text text("\t净销售额 e\xCC\x81t x\n");
  text.diagnostics.add(kAny, text.of("e\xCC\x81t"));
  const std::string shown = text.pretty();
  CHECK(shown.find("1 |     净销售额 e\xCC\x81t x\n  |              ^^\n") != std::string::npos);

  Text wide("metric 退款 = 1\n");
  wide.diagnostics.add(kAny, wide.of("退款"));
  CHECK(wide.pretty().find("  |        ^^^^\n") != std::string::npos);
}

TEST_CASE("an empty mark stands for one character, also at the end of the text") {
  Text text("policy");
  text.diagnostics.add(kAny, Span{text.id, 6, 6});
  CHECK(text.pretty().find("1 | policy\n  |       ^\n") != std::string::npos);
}

TEST_CASE("secondary labels hang below the line, the rightmost beside it") {
  Text text("a + b * c\n");
  text.diagnostics.add(kAny, text.of("+"))
      .label(text.of("a"), ids::file_not_found, {{"file", "A"}})
      .label(text.of("c"), ids::file_not_found, {{"file", "C"}});
  CHECK(text.pretty().find("1 | a + b * c\n"
                           "  | - ^     - there is no file `C`\n"
                           "  | |\n"
                           "  | there is no file `A`\n") != std::string::npos);
}

TEST_CASE("lines far apart are joined by dots, and other files have their own place") {
  Text text("first\n\n\n\n\n\n\n\n\n\nlast\n");
  const auto other = text.sources.add("lib.kpi", "x y\n");
  text.diagnostics.add(kAny, text.of("last"))
      .label(text.of("first"), ids::file_not_found, {{"file", "A"}})
      .label(Span{other, 2, 3}, ids::file_not_found, {{"file", "B"}});
  CHECK(text.pretty().find("  --> p.kpi:11:1\n"
                           "   |\n"
                           " 1 | first\n"
                           "   | ----- there is no file `A`\n"
                           "...\n"
                           "11 | last\n"
                           "   | ^^^^\n"
                           "  ::: lib.kpi:1:3\n"
                           "   |\n"
                           " 1 | x y\n"
                           "   |   - there is no file `B`\n") != std::string::npos);
}

TEST_CASE("a mark over several lines has a bracket") {
  Text text("a {\n  b\n  c\n  d\n}\n");
  text.diagnostics.add(kAny, Span{text.id, 0, 17});
  CHECK(text.pretty().find("  |\n"
                           "1 | / a {\n"
                           "2 | |   b\n"
                           "...\n"
                           "5 | | }\n"
                           "  | |_^\n") != std::string::npos);
}

TEST_CASE("long lines are cut around the mark") {
  Text text(std::string(1000, 'x') + " here " + std::string(1000, 'y'));
  text.diagnostics.add(kAny, text.of("here"));
  const std::string shown = text.pretty();
  CHECK(shown.size() < 500);
  CHECK(shown.find("xxx here yyy") != std::string::npos);
}

TEST_CASE("what a terminal would obey becomes visible") {
  Text text("a \x1b[31m b \xE2\x80\xAE c \xFF d\n");
  text.diagnostics.add(kAny, text.of("d"));
  const std::string shown = text.pretty();
  CHECK(shown.find('\x1b') == std::string::npos);
  CHECK(shown.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(shown.find('\xFF') == std::string::npos);
}

TEST_CASE("compact, Chinese, colour and the summary") {
  Text text("x\ny\n");
  text.diagnostics.add(kAny, text.of("y"));
  text.diagnostics.add_without_span(ids::file_has_no_tests).with("file", "p.kpi").location = "orders.csv:12";
  CHECK(report::diagnostics_compact(text.diagnostics, text.sources, {}) ==
        "p.kpi:2:1: error[K0100]: the text is not valid UTF-8 here\n"
        "orders.csv:12: warning[K0825]: `p.kpi` has no tests\n");
  report::Look chinese;
  chinese.language = report::Language::zh;
  CHECK(report::diagnostics_compact(text.diagnostics, text.sources, chinese)
            .find("p.kpi:2:1: 错误[K0100]：此处不是有效的 UTF-8 文本\n") == 0);
  CHECK(report::summary(text.diagnostics, report::Language::en) == "1 error, 1 warning");
  CHECK(report::summary(text.diagnostics, report::Language::zh) == "1 个错误，1 个警告");
  report::Look coloured;
  coloured.colour = true;
  CHECK(text.pretty(coloured).find("\x1b[1;31merror[K0100]\x1b[0m") != std::string::npos);
}

TEST_CASE("diagnostics as JSON") {
  Text text("净 x\n");
  text.diagnostics.add(kAny, text.of("x")).suggest("y").note(ids::file_not_found, {{"file", "A"}});
  const auto json =
      nlohmann::json::parse(report::diagnostics_json(text.diagnostics, text.sources, report::Language::en));
  CHECK(json["errors"] == 1);
  const auto& first = json["diagnostics"][0];
  CHECK(first["id"] == "K0100");
  CHECK(first["file"] == "p.kpi");
  CHECK(first["start"]["column"] == 4);
  CHECK(first["start"]["utf16"] == 2);
  CHECK(first["start"]["offset"] == 4);
  CHECK(first["suggestion"] == "y");
  CHECK(first["notes"][0] == "there is no file `A`");
}

TEST_CASE("a diagnostic without a place is its message and help") {
  Text text("");
  text.diagnostics.add_without_span(ids::out_of_memory);
  CHECK(text.pretty() ==
        "error[K0827]: there is not enough memory for this\n"
        "  = help: run fewer periods at once, or close other programs\n\n");
}
