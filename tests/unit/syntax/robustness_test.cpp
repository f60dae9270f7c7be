// No input may crash the parser, and none may take long.
#include <catch2/catch.hpp>

#include <random>

#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;

namespace {

std::string repeat(std::string_view piece, int count) {
  std::string result;
  result.reserve(piece.size() * static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) result += piece;
  return result;
}

constexpr int kMany = 200000;

}  // namespace

TEST_CASE("nesting has a limit and what follows is still checked", "[robustness]") {
  const std::string pieces[] = {
      repeat("(", kMany) + "1" + repeat(")", kMany), repeat("(", kMany), repeat("[", kMany) + "1" + repeat("]", kMany),
      repeat("-", kMany) + "1", repeat("not ", kMany) + "a", repeat("if ", kMany) + "a", repeat("if a then ", 20000) + "1",
      repeat("if a then b else ", 20000) + "1", repeat("f(", kMany) + "1" + repeat(")", kMany), "1" + repeat(" + 1", 50000),
      "a" + repeat(".b", 50000), "a" + repeat(" default -b", 20000), "a default " + repeat("-", kMany) + "1",
      repeat("(x within ", 90) + "1" + repeat(")", 90), repeat("if a then b else if (x + ", 90) + "1"};
  for (const std::string& piece : pieces) {
    CAPTURE(piece.substr(0, 30));
    const auto parsed = test::parse("metric a = " + piece + "\nmetric after = 1e3");
    CHECK(parsed.findings().find("K0120 4:16") != std::string::npos);
    CHECK(parsed.diagnostics.items().size() <= 3);
  }
}

TEST_CASE("nesting of braces", "[robustness]") {
  for (const std::string& piece :
       {repeat("{", kMany), repeat("{", kMany) + repeat("}", kMany), "metric a = 1 " + repeat("{", kMany),
        "rule r error \"x\" {\n" + repeat("fails { rule r error \"x\" { ", 20000), repeat("library l { ", 20000),
        "labels zh { " + repeat("a \"b\" ", 50000)}) {
    CAPTURE(piece.substr(0, 30));
    const auto parsed = test::parse(piece + "\nmetric after = 1e3");
    CHECK(parsed.findings().find("K0120") != std::string::npos);
    CHECK(parsed.diagnostics.items().size() <= 5);
  }
}

TEST_CASE("depth within the limits is fine", "[robustness]") {
  CHECK(test::expr(repeat("(", 90) + "1" + repeat(")", 90)) == "1");
  CHECK(test::expr("1" + repeat(" + 1", 400)).size() == 1601);
  CHECK(test::expr(repeat("(", 101) + "1" + repeat(")", 101)) == "error: K0135");
  CHECK(test::expr("1" + repeat(" + 1", 600)) == "error: K0135");
  CHECK(test::expr("[1" + repeat(", 1", 5000) + "]").size() == 15003);
}

TEST_CASE("random bytes, tokens and mutations", "[robustness]") {
  const std::string seed = R"(edition 2026
policy p "P" { market UK, DE effective 2026-07-01 to 2026-12-31 trial 2 months evidence a "b" }
entity host from hosts { host_id : text key left : date? active from joined to left }
events sales as orders from orders where x > 0 at paid_at { amount : money in currency = a default -1 collected export }
exclude fake kind fake from sales where count(sales where b = this.b and t within 1 day of this.t) > 5
metric m "净" = if a then sum(sales.amount including fake) / 2 else 1_000.5 GBP { better lower show percent 1 }
table t(site) {
  | site | value |
  |------|-------|
  | ["TH", "VN"] | - | # c
  | otherwise | 80.. |
}
rule no-x error "R" { for metric m where not m.excludes(kind: fake) fails { metric z = 1 } }
attack a { adds 1 ..= 20 sales { amount in 1 GBP ..= 5 GBP } cost 0 }
test "t" { given hosts
 | a |
 | 1 |
 period 2026-07 expect host "h1"
 | b |
 | ~ 1 +- 2 |
}
import i into orders { skip rows where `A` = "x" a from "A" or "B" trim }
)";
  const char* const tokens[] = {"{", "}", "(", ")", "[", "]", "|", "\"", "`", "#", "\n", "\r", " - ", "..", "..=", "if ", "then ",
                                "else ", "default ", "not ", "in ", "is none", "1e3", "2026-07-01", "，", "（", "１", "“", "\xff",
                                "\xef\xbb\xbf", "\\u{", "metric x = 1\n", "fails {", "$", "'", ";", "\xe2\x80\x8b"};
  std::mt19937 random(20260701);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int round = 0; round < 1500; ++round) {
    std::string text = seed;
    if (round % 10 == 0) {
      text.clear();
      for (std::size_t i = below(300); i > 0; --i) text += static_cast<char>(random() % 256);
    } else {
      for (std::size_t i = 1 + below(8); i > 0; --i) {
        const std::size_t at = below(text.size());
        switch (below(4)) {
          case 0: text.erase(at, 1 + below(12)); break;
          case 1: text.insert(at, tokens[below(std::size(tokens))]); break;
          case 2: text[at] = static_cast<char>(random() % 256); break;
          default: text.insert(at, text.substr(below(text.size()), below(60))); break;
        }
      }
    }
    const auto parsed = test::parse_file(text);
    for (const auto& item : parsed.diagnostics.items()) {
      REQUIRE(item.span.begin <= item.span.end);
      REQUIRE(item.span.end <= text.size());
      for (const auto language : {source::Language::en, source::Language::zh}) {
        REQUIRE_FALSE(source::message(item, language).empty());
        REQUIRE(source::message(item, language).find("{found}") == std::string::npos);
      }
    }
    for (const auto& expression : parsed.file.exprs) REQUIRE(expression.span.end <= text.size());
    REQUIRE_FALSE((syntax::dump(parsed.file).empty() && parsed.diagnostics.items().empty()));
  }
}
