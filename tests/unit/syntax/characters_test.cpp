#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/syntax.hpp"
#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;
using test::parse;
using test::parse_file;

TEST_CASE("white space of other scripts", "[characters]") {
  CHECK(parse("metric\u3000a\u00A0=\u30001 \u3000# x").findings().empty());
  CHECK(parse("\u3000\u3000metric a = 5\u00A0GBP").findings().empty());
}

TEST_CASE("full-width characters are errors with their replacement", "[characters]") {
  const auto fixed = [](const std::string& text) {
    const auto parsed = parse("metric a = " + text);
    std::string result;
    for (const auto& item : parsed.diagnostics.items()) {
      if (item.id != source::ids::fullwidth_character) return "other: " + parsed.messages();
      result += item.parameters[0].second + ">" + item.parameters[1].second + " ";
    }
    const auto& declaration = parsed.first<syntax::MetricDecl>();
    return result + "= " + parsed.print(declaration.value);
  };
  CHECK(fixed("（1）") == "（>( ）>) = 1");
  CHECK(fixed("１００．５") == "１００．５>100.5 = 100.5");
  CHECK(fixed("1０0％") == "０0％>00% = 100%");
  CHECK(fixed("f（a，b）") == "（>( ，>, ）>) = f(a, b)");
  CHECK(fixed("f(a、b)") == "、>, = f(a, b)");
  CHECK(fixed("“中文”") == "“>\" = \"中文\"");
  CHECK(fixed("「中文」") == "「>\" = \"中文\"");
  CHECK(fixed("＂x＂") == "＂>\" = \"x\"");
  CHECK(fixed("a ≥ 1") == "≥>>= = a >= 1");
  CHECK(fixed("a × b ÷ c − d") == "×>* ÷>/ −>- = a * b / c - d");
  CHECK(fixed("【1】") == "【>[ 】>] = [1]");
  CHECK(fixed("ＧＭＶ") == "ＧＭＶ>GMV = GMV");
  CHECK(parse("entity e from t { x ： text }").findings() == "K0104 3:21");
  CHECK(parse("metric a ＝ 1").findings() == "K0104 3:10");
  CHECK(parse("metric a = 1；").findings() == "K0114 3:13");
  CHECK(parse("metric a = 1。 # x").findings() == "K0114 3:13");
  CHECK(parse("table t(x) ｛\n｜ a ｜\n| 1 |\n｝").findings() == "K0104 3:12, K0104 4:1, K0104 4:6, K0104 6:1");
  CHECK(parse("metric a = 1 ＃ x").findings() == "K0104 3:14");
}

TEST_CASE("inside texts, comments and backquotes anything may stand", "[characters]") {
  CHECK(parse("metric `（a），b` = \"，。；“”「」\" # （）；").findings().empty());
}

TEST_CASE("other wrong characters", "[characters]") {
  CHECK(parse("metric a = 1;").findings() == "K0108 3:13");
  CHECK(parse("metric a = $100").messages() == "`$` does not say which currency is meant\n");
  CHECK(parse("metric a = €100").findings() == "K0107 3:12");
  CHECK(parse("metric a = 'x y'").messages() == "texts stand in double quotes\n");
  CHECK(parse("metric a = '").findings() == "K0150 3:12");
  CHECK(parse("metric a = 1 \x07").findings() == "K0105 3:14");
  CHECK(parse("metric a\u200B = 1").findings() == "K0106 3:9");
  CHECK(parse("metric a = 1 # \u202E reversed").findings() == "K0106 3:16");
  CHECK(parse("metric a = 😀").messages() == "unexpected `😀`, expected a value\n");
}

TEST_CASE("bytes that are not UTF-8", "[characters]") {
  const auto parsed = parse("# \xC9\xCC\xC6\xB7\nmetric a = \"\xC9\xCC\"\nmetric b = 1e3");
  CHECK(parsed.findings() == "K0100 3:3, K0100 4:13, K0120 5:12");
  CHECK(parse("metric \xFF\xFE = 1").findings() == "K0100 3:8");
  CHECK(parse("metric a = \xE4\xB8").findings().substr(0, 10) == "K0100 3:12");
}

TEST_CASE("files that are no texts", "[characters]") {
  CHECK(parse_file(std::string("edition 2026\nab\0cd", 18)).findings() == "K0101 2:3");
  CHECK(parse_file(std::string("\xFF\xFE"
                               "e\0d\0",
                               6))
            .findings() == "K0102 1:1");
  CHECK(parse_file(std::string("\xFE\xFF"
                               "\0e\0d",
                               6))
            .findings() == "K0102 1:1");
  CHECK(parse_file(std::string((std::size_t{16} << 20) + 1, ' ') + "x").findings() == "K0103 1:1");
}
