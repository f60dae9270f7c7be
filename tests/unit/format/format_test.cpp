#include "grammar/format/format.hpp"

#include <catch2/catch.hpp>

#include "grammar/format/unified_diff.hpp"
#include "grammar/source/diagnostics/format.hpp"

namespace {

using namespace kpi;

std::string formatted(const std::string& text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto result = format::format(sources, sources.add("a.kpi", text), diagnostics);
  REQUIRE(diagnostics.items().empty());
  return result.value();
}

TEST_CASE("layout is not meaning") {
  const std::string before = "edition 2026\nlibrary a { param x : number = 1 % }\n";
  CHECK(format::same_meaning(before, "edition 2026 library a{\n\nparam x:number=1%\n}"));
  CHECK_FALSE(format::same_meaning(before, "edition 2026\nlibrary a { param x : number = 1 }\n"));
  CHECK_FALSE(format::same_meaning(before, "edition 2026\nlibrary a { param y : number = 1% }\n"));
  CHECK_FALSE(format::same_meaning(before, "edition 2026\nlibrary a { param x : number = 1% range 0..1 }\n"));
  // Names with and without backquotes mean the same, but they are the author's.
  CHECK_FALSE(format::same_meaning(before, "edition 2026\nlibrary `a` { param x : number = 1% }\n"));
  CHECK_FALSE(format::same_meaning(before, "edition 2026\nlibrary a { param x : number = }\n"));
}

TEST_CASE("a comment that is lost, changed or moved is noticed") {
  const std::string before = "edition 2026\nlibrary a {\n  param x : number = 1   # x\n  param y : number = 2\n}\n";
  CHECK(format::same_meaning(before, before));
  CHECK_FALSE(
      format::same_meaning(before, "edition 2026\nlibrary a {\n  param x : number = 1\n  param y : number = 2\n}\n"));
  CHECK_FALSE(format::same_meaning(
      before, "edition 2026\nlibrary a {\n  param x : number = 1   # z\n  param y : number = 2\n}\n"));
  CHECK_FALSE(format::same_meaning(
      before, "edition 2026\nlibrary a {\n  param x : number = 1\n  param y : number = 2   # x\n}\n"));
}

TEST_CASE("a comment becomes documentation only where it was") {
  const std::string before = "edition 2026\nlibrary a {\n  param x : number = 1   ## doc\n  param y : number = 2\n}\n";
  CHECK_FALSE(format::same_meaning(
      before, "edition 2026\nlibrary a {\n  param x : number = 1\n  ## doc\n  param y : number = 2\n}\n"));
}

TEST_CASE("a layout with another meaning is refused") {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto id = sources.add("a.kpi", "edition 2026\nlibrary a { param x : number = 1 }\n");
  CHECK_FALSE(format::accept(sources, id, "edition 2026\nlibrary a { param x : number = 2 }\n", diagnostics));
  REQUIRE(diagnostics.items().size() == 1);
  CHECK(diagnostics.items()[0].id == source::ids::layout_changes_meaning);
  CHECK(format::accept(sources, id, "edition 2026\nlibrary a { param x : number =\n1 }\n", diagnostics));
}

TEST_CASE("a file with a syntax error is not laid out") {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  CHECK_FALSE(format::format(sources, sources.add("a.kpi", "edition 2026\nlibrary a { param : }\n"), diagnostics));
  CHECK(diagnostics.has_errors());
}

TEST_CASE("columns are as wide as they look") {
  const std::string text = formatted(
      "edition 2026\nlibrary a {\n  entity e from t {\n    编号 : text key\n    é : text\n    name : text\n  }\n"
      "  table t(x) {\n    | x | value |\n    | \"短视频\" | 1 |\n    | \"👍\" | 12 |\n  }\n}\n");
  CHECK(text ==
        "edition 2026\nlibrary a {\n  entity e from t {\n    编号 : text key\n    é    : text\n    name : text\n  }\n"
        "  table t(x) {\n    | x        | value |\n    | \"短视频\" | 1     |\n    | \"👍\"     | 12    |\n  }\n}\n");
}

TEST_CASE("a line that is too long is broken before its conditions and operators") {
  const std::string name(60, 'n');
  const std::string text =
      formatted("edition 2026\nlibrary a {\n  metric m = sum(" + name + ".x) - sum(" + name + ".y)\n}\n");
  CHECK(text == "edition 2026\nlibrary a {\n  metric m =\n    sum(" + name + ".x)\n      - sum(" + name + ".y)\n}\n");
}

TEST_CASE("unified differences") {
  using format::unified_diff;
  CHECK(unified_diff("a\n", "a\n", "f").empty());
  CHECK(unified_diff("", "a\n", "f") == "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
  CHECK(unified_diff("a", "a\n", "f") == "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  CHECK(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "f") ==
        "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  // Two changes: one hunk when their contexts touch, otherwise two.
  CHECK(unified_diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n", "f") ==
        "--- f\n+++ f\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
  CHECK(unified_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n", "f") ==
        "--- f\n+++ f\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

}  // namespace
