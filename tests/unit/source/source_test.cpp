#include "grammar/source/source.hpp"

#include <catch2/catch.hpp>

using namespace kpi::source;

TEST_CASE("positions count what a person sees", "[source]") {
  const std::string text = "a\t转化率 x\r\ne\xCC\x81y\rz\n😀b";
  const LineIndex lines(text);
  CHECK(lines.line_count() == 4);
  const auto at = [&](std::string_view what) {
    return lines.position(text, static_cast<std::uint32_t>(text.find(what)));
  };
  SECTION("a Chinese character counts two, a tab one") {
    const Position x = at("x");
    CHECK(x.line == 1);
    CHECK(x.column == 10);
    CHECK(x.utf16 == 6);
  }
  SECTION("a combining mark counts none") {
    const Position y = at("y");
    CHECK(y.line == 2);
    CHECK(y.column == 2);
    CHECK(y.utf16 == 2);
  }
  SECTION("a lone carriage return ends a line") { CHECK(at("z").line == 3); }
  SECTION("UTF-16 counts characters beyond the basic plane twice") {
    const Position b = at("b");
    CHECK(b.line == 4);
    CHECK(b.column == 3);
    CHECK(b.utf16 == 2);
  }
  SECTION("the end of the text and offsets beyond it") {
    CHECK(lines.position(text, static_cast<std::uint32_t>(text.size())).column == 4);
    CHECK(lines.position(text, 100000).column == 4);
  }
  SECTION("an offset on a line end or inside a character") {
    CHECK(lines.position(text, static_cast<std::uint32_t>(text.find("\r\n"))).column == 11);
    CHECK(lines.position(text, static_cast<std::uint32_t>(text.find("\r\n") + 1)).column == 11);
    CHECK(lines.position(text, static_cast<std::uint32_t>(text.find("化") + 1)).column == 5);
  }
}

TEST_CASE("a byte order mark has no width", "[source]") {
  const std::string text = "\xEF\xBB\xBFx";
  const LineIndex lines(text);
  CHECK(lines.position(text, 3).column == 1);
  CHECK(lines.position(text, 3).utf16 == 0);
}

TEST_CASE("bytes that are not UTF-8 count one each", "[source]") {
  const std::string text = "\xFF\xFEx";
  CHECK(LineIndex(text).position(text, 2).column == 3);
  CHECK(display_width(text) == 3);
}

TEST_CASE("lines come without their ends", "[source]") {
  const std::string text = "one\r\ntwo\n\nfour";
  const LineIndex lines(text);
  REQUIRE(lines.line_count() == 4);
  CHECK(lines.line(text, 1) == "one");
  CHECK(lines.line(text, 2) == "two");
  CHECK(lines.line(text, 3).empty());
  CHECK(lines.line(text, 4) == "four");
  CHECK(LineIndex("").line_count() == 1);
  CHECK(LineIndex("a\n").line_count() == 2);
}

TEST_CASE("display width", "[source]") {
  CHECK(display_width("net") == 3);
  CHECK(display_width("净销售额") == 8);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("") == 0);
}

TEST_CASE("a source map owns its texts", "[source]") {
  SourceMap sources;
  const SourceId first = sources.add("a.kpi", "policy");
  const SourceId second = sources.add("b.kpi", "library");
  CHECK(sources.size() == 2);
  CHECK(sources.get(first).text == "policy");
  CHECK(sources.find("b.kpi") == second);
  CHECK_FALSE(sources.find("c.kpi").has_value());
  CHECK(sources.text({second, 0, 3}) == "lib");
  CHECK(cover({first, 4, 6}, {first, 1, 2}) == Span{first, 1, 6});
}

TEST_CASE("the nearest name", "[source]") {
  const std::vector<std::string> names{"net_sales", "return_rate", "GBP", "净销售额", "gmv"};
  CHECK(nearest_name("net_slaes", names) == "net_sales");
  CHECK(nearest_name("GPB", names) == "GBP");        // two swapped neighbours are one mistake
  CHECK(nearest_name("净销售", names) == "净销售额");  // counted in characters, not bytes
  CHECK(nearest_name("GMV", names) == "gmv");        // another case is near
  CHECK_FALSE(nearest_name("payout", names).has_value());
  CHECK_FALSE(nearest_name("x", {"y", "z"}).has_value());  // a letter resembles every other one
  CHECK_FALSE(nearest_name("", names).has_value());
  CHECK(nearest_name("abd", {"abc", "abe"}) == "abc");  // the first of equally near ones
  CHECK_FALSE(nearest_name(std::string(100000, 'a'), {std::string(100000, 'b')}).has_value());
}
