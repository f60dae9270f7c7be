#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/syntax.hpp"
#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;
using test::parse;

TEST_CASE("a broken declaration does not hide the next one", "[recovery]") {
  for (const char* broken :
       {"metric a = sum(", "metric a = (1 + ", "metric a", "metric = 3", "entity host form hosts {", "metric a = 1 {",
        "foo bar { baz }", "foo {", "curve c(x) steps {\n | a |", "rule r error {", "payout p for h { amount [1, ",
        "labels zh { a \"x\"", "test \"t\" { given x", "rule r error \"x\" {\n fails { metric z = 1 {",
        "metric a = 1 }}}", "))) ((("}) {
    CAPTURE(broken);
    const auto parsed = parse(std::string(broken) + "\nmetric after = 1e3\nmetric last = 2");
    const std::string findings = parsed.findings();
    const auto newlines = std::count(broken, broken + std::string_view(broken).size(), '\n');
    const std::string after = "K0120 " + std::to_string(4 + newlines) + ":16";
    CHECK(findings.find(after) != std::string::npos);
    CHECK(findings != after);
    CHECK(parsed.first<syntax::MetricDecl>().head.name.has_value());
    CHECK(syntax::dump(parsed.file).find("metric last = 2") != std::string::npos);
  }
}

TEST_CASE("a value that is missing is not looked for in the next declaration", "[recovery]") {
  const auto parsed = parse("metric b =\nmetric c = 1 +\nmetric d == 2\nmetric e = 1");
  CHECK(parsed.messages() ==
        "unexpected end of the line, expected a value\n"
        "unexpected end of the line, expected a value\n"
        "unexpected `==`, expected `=`\n");
  CHECK(parsed.first<syntax::MetricDecl>().head.name->text == "e");
}

TEST_CASE("a declaration with a broken clause says so", "[recovery]") {
  CHECK(parse("payout p for h { amont 3 }").first<syntax::PayoutDecl>().head.incomplete);
  CHECK_FALSE(parse("payout p for h { amount 3 }").first<syntax::PayoutDecl>().head.incomplete);
  CHECK(parse("table t(x) { }").first<syntax::TableDecl>().head.incomplete);
}

TEST_CASE("every broken clause is reported", "[recovery]") {
  const auto parsed = parse(R"(payout bonus for host from monthly {
  amount a b
  cap 1,000 GBP
  base 8_000 GPB
  flor 0
  penalty = 3
  rounding
  budget (1 + 2
  earned 14 days
  payable after 30 days
}
metric m = 1 {
  bettr lower
  better
  show percent 1
  needs count(x >= 30
  matures 3 days
  tags a
})");
  CHECK(parsed.messages() ==
        "unexpected `b`, expected a clause or `}`\n"
        "digit groups are separated by `_`, not by a comma\n"
        "`GPB` is neither a currency code nor a unit of time (GBP)\n"
        "`flor` is not a clause of `payout` (floor)\n"
        "unexpected `=`, expected a name\n"
        "unexpected end of the line, expected a name\n"
        "unexpected end of the line, expected `)`\n"
        "unexpected `14`, expected `after`\n"
        "`bettr` is not a clause of `metric` (better)\n"
        "unexpected end of the line, expected a name\n"
        "unexpected end of the line, expected `where`, `including`, `at`, `each` or `)`\n"
        "unexpected `3`, expected `after`\n");
  CHECK(parsed.first<syntax::PayoutDecl>().clauses.back().key.text == "payable");
  CHECK(parsed.first<syntax::MetricDecl>().clauses.back().key.text == "tags");
}

TEST_CASE("fields of an entity recover one by one", "[recovery]") {
  const auto parsed = parse(R"(entity host from hosts {
  host_id : text key
  name : : text
  foo bar
  joined : date = 1 +
  left : date?
  x : number key (
  y : text
})");
  CHECK(parsed.findings() == "K0150 5:10, K0153 6:3, K0150 7:22, K0150 9:19");
  CHECK(parsed.first<syntax::EntityDecl>().fields.back().name.text == "y");
}

TEST_CASE("the block of a broken head is still checked", "[recovery]") {
  const auto parsed = parse("entity host form hosts {\n  name : : text\n}\nmetric m = 1");
  CHECK(parsed.messages() ==
        "unexpected `form`, expected `from`, `where` or `{` (from)\n"
        "unexpected `:`, expected a type\n");
  CHECK(parsed.file.broken_names.size() == 1);
  CHECK(parsed.file.broken_names[0].text == "host");
}

TEST_CASE("missing braces", "[recovery]") {
  const auto parsed = parse("metric a = 1 {\n  better lower\nmetric b = 2 { better lower }\n");
  CHECK(parsed.findings() == "K0154 3:14");
  REQUIRE(parsed.diagnostics.items()[0].labels.size() == 1);
  CHECK(source::label_text(parsed.diagnostics.items()[0].labels[0], source::Language::en) ==
        "the next declaration begins here");
  CHECK(parse("policy q {\n  market UK\nmetric b = 2").findings() == "K0160 3:1, K0154 3:10");
  CHECK(parse("metric a = 1 {\n  better lower").findings() == "K0154 3:14");
  CHECK(parse("metric a = 1 { better lower }}\nmetric b = 2").findings() == "K0155 3:30");
  // The brace came too late: said once.
  CHECK(parse("metric a = 1 {\n  better lower\nmetric b = 2\n}").findings() == "K0154 3:14");
  // Content that is not indented is fine as long as the braces match.
  CHECK(test::parse_file("edition 2026\nlibrary l {\nparam a : number\nmetric m = 1 {\nbetter lower\n}\n}")
            .findings()
            .empty());
  CHECK(parse("rule r error \"x\" {\nfails {\nmetric m = 1\n}\nhelp \"y\"\n}").findings().empty());
}

TEST_CASE("braces missing inside the examples of a rule", "[recovery]") {
  const auto parsed = parse(R"(rule r error "x" {
  fails {
    metric m = 1 {
      better lower
  }
  help "y"
}
metric after = 1e3)");
  CHECK(parsed.findings().find("K0154") != std::string::npos);
  CHECK(parsed.findings().find("K0120 10:16") != std::string::npos);
}

TEST_CASE("misspelt words get a suggestion", "[recovery]") {
  CHECK(parse("metrc a = 1").messages() == "`metrc` does not begin a declaration (metric)\n");
  CHECK(parse("scorcard a for b { }").messages() == "`scorcard` does not begin a declaration (scorecard)\n");
  CHECK(parse("something a = 1").messages() == "`something` does not begin a declaration\n");
  CHECK(parse("rule r error \"x\" {\n reprot \"y\"\n}").messages() == "`reprot` is not a clause of `rule` (report)\n");
  CHECK(parse("metric a = if b than c else d").messages() == "unexpected `than`, expected `then` (then)\n");
}

TEST_CASE("messages in Chinese", "[recovery]") {
  CHECK(parse("metric a = ").messages(source::Language::zh) == "此处不应出现文件结尾，应为值\n");
  CHECK(parse("metric a = 1 {\n  bettr lower\n}").messages(source::Language::zh) ==
        "`bettr` 不是 `metric` 的条款 (better)\n");
}

TEST_CASE("what was expected, in words of the user", "[recovery]") {
  CHECK(parse("foo \"x\" }").messages().find("declaration") != std::string::npos);
  CHECK(parse(") x").messages() == "unexpected `)`, expected a declaration\n");
  CHECK(parse("metric a = 1 * ").messages() == "unexpected end of the file, expected a value\n");
  CHECK(parse("use 3").messages() == "unexpected `3`, expected a text in double quotes or a name\n");
  CHECK(parse("entity e from t { x : }").messages() == "unexpected `}`, expected a type\n");
  CHECK(parse("given t(x) { }").messages() == "`given` does not begin a declaration\n");
  CHECK(parse("test \"t\" {\n given x\n}").messages() == "unexpected `}`, expected `from` or a table\n");
  CHECK(parse("table t(x) {\n  \"UK\"\n}").messages() == "unexpected \"UK\", expected a table, a clause or `}`\n");
  CHECK(parse("metric m = 1 { show percent x }").messages() == "unexpected `x`, expected a clause or `}`\n");
  CHECK(parse("table t(x) {\n| a |\n|\n|\n| 1 +\n}").findings().find("K0150") != std::string::npos);
}

TEST_CASE("phrases name what was wanted", "[recovery]") {
  using source::DiagnosticId;
  namespace ids = source::ids;
  struct Case {
    const char* text;
    DiagnosticId phrase;
  };
  for (const Case& wanted :
       {Case{"metric a = ", ids::phrase_end_of_file}, Case{"table t(x) {\n| 1 |\n| 1 +\n|\n}", ids::phrase_end_of_line},
        Case{"metric = 1", ids::phrase_name}, Case{"use 3", ids::phrase_text}, Case{"metric a = *", ids::phrase_value},
        Case{"entity e from t { x : }", ids::phrase_type}, Case{")", ids::phrase_declaration},
        Case{"metric m = 1 { ) }", ids::phrase_clause}, Case{"test \"t\" {\n given x\n}", ids::phrase_table},
        Case{"table t(x) {\n| 1 |\n}", ids::phrase_column}, Case{"test \"t\" { period x }", ids::phrase_period},
        Case{"calendar c { mon x }", ids::phrase_time}, Case{"calendar c { mon..x }", ids::phrase_weekday},
        Case{"edition x", ids::phrase_edition_year}}) {
    CAPTURE(wanted.text);
    const auto parsed = parse(wanted.text);
    for (const auto language : {source::Language::en, source::Language::zh}) {
      const std::string_view phrase = source::info(wanted.phrase).text[static_cast<int>(language)];
      CHECK(parsed.messages(language).find(phrase) != std::string::npos);
    }
  }
  const auto unclosed = parse("metric a = 1 {\nmetric b = 2");
  CHECK(unclosed.diagnostics.items()[0].labels[0].text == ids::phrase_next_declaration);
}

TEST_CASE("one cause is reported once", "[recovery]") {
  CHECK(parse("metric a = 1 + + 2").findings() == "K0150 3:16");
  CHECK(parse("metric a = （１ ＋ ２）").findings() == "K0104 3:12, K0104 3:14, K0104 3:17, K0104 3:20, K0104 3:22");
  std::string many;
  for (int i = 0; i < 300; ++i) many += "metric m" + std::to_string(i) + " = )\n";
  const auto parsed = parse(many);
  CHECK(parsed.diagnostics.items().size() == 101);
  CHECK(source::code(parsed.diagnostics.items().back().id) == "K0168");
}
