#include <catch2/catch.hpp>

#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;
using test::expr;
using test::grouped;

namespace {

// Writes every operator with its operands in parentheses.
struct Grouper {
  const syntax::File& file;

  std::string operator()(const syntax::Unary& node) const {
    return std::string("(") + (node.op == syntax::Unary::Op::negate ? "-" : "not ") + show(node.operand) + ")";
  }
  std::string operator()(const syntax::Binary& node) const {
    constexpr const char* kSigns[] = {"+", "-", "*", "/", "=", "!=", "<", "<=", ">", ">=", "and", "or"};
    return "(" + show(node.left) + " " + kSigns[static_cast<int>(node.op)] + " " + show(node.right) + ")";
  }
  std::string operator()(const syntax::Default& node) const {
    return "(" + show(node.operand) + " default " + show(node.fallback) + ")";
  }
  std::string operator()(const syntax::In& node) const {
    return "(" + show(node.item) + (node.negated ? " not in " : " in ") + show(node.collection) + ")";
  }
  std::string operator()(const syntax::IsNone& node) const {
    return "(" + show(node.operand) + (node.negated ? " is not none)" : " is none)");
  }
  std::string operator()(const syntax::Within& node) const {
    return "(" + show(node.time) + " within " + show(node.duration) + " of " + show(node.of) + ")";
  }
  std::string operator()(const syntax::Range& node) const {
    return "(" + (node.lower ? show(*node.lower) : "") + (node.includes_upper ? "..=" : "..") +
           (node.upper ? show(*node.upper) : "") + ")";
  }
  std::string operator()(const syntax::If& node) const {
    return "(if " + show(node.condition) + " then " + show(node.then_value) + " else " + show(node.else_value) + ")";
  }
  template <typename Node>
  std::string operator()(const Node&) const { return ""; }

  std::string show(syntax::ExprId id) const {
    const std::string operation = std::visit(*this, file.expr(id).node);
    return operation.empty() ? syntax::print_expr(file, id) : operation;
  }
};

}  // namespace

std::string test::grouped(std::string_view text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const auto parsed = syntax::parse_expression(sources, sources.add("expr", std::string(text)), diagnostics);
  return parsed ? Grouper{parsed->first}.show(parsed->second) : "error";
}

TEST_CASE("precedence, tightest first", "[expression]") {
  CHECK(grouped("-x default 0") == "(-(x default 0))");
  CHECK(grouped("x default -1 * 3") == "((x default (-1)) * 3)");
  CHECK(grouped("x default - -1") == "(x default (-(-1)))");
  CHECK(grouped("a default b default c") == "((a default b) default c)");
  CHECK(grouped("-a * b") == "((-a) * b)");
  CHECK(grouped("a * -b") == "(a * (-b))");
  CHECK(grouped("a + b * c - d / e") == "((a + (b * c)) - (d / e))");
  CHECK(grouped("a - b - c") == "((a - b) - c)");
  CHECK(grouped("a / b / c") == "((a / b) / c)");
  CHECK(grouped("x in a + 1 ..= b * 2") == "(x in ((a + 1)..=(b * 2)))");
  CHECK(grouped("a + 1 = b") == "((a + 1) = b)");
  CHECK(grouped("not a = b") == "(not (a = b))");
  CHECK(grouped("not a and not b or c") == "(((not a) and (not b)) or c)");
  CHECK(grouped("not not a") == "(not (not a))");
  CHECK(grouped("a or b and c") == "(a or (b and c))");
  CHECK(grouped("a and b and c") == "((a and b) and c)");
  CHECK(grouped("a is none or a > 3") == "((a is none) or (a > 3))");
  CHECK(grouped("a is not none and a > 3") == "((a is not none) and (a > 3))");
  CHECK(grouped("a default 0 is none") == "((a default 0) is none)");
  CHECK(grouped("a + b within 1 day of c + d = x") == "error");  // does not chain
  CHECK(grouped("a within 1 day of c + 2 days and b") == "((a within 1 day of (c + 2 days)) and b)");
  CHECK(grouped("a not in [1, 2] and b") == "((a not in [1, 2]) and b)");
  CHECK(grouped("if a or b then c + 1 else d or e") == "(if (a or b) then (c + 1) else (d or e))");
  CHECK(grouped("if a then b else if c then d else e") == "(if a then b else (if c then d else e))");
  CHECK(grouped("if a then if b then c else d else e") == "(if a then (if b then c else d) else e)");
  CHECK(grouped("(a + b) * c") == "((a + b) * c)");
}

TEST_CASE("ranges", "[expression]") {
  CHECK(expr("60..80") == "60 .. 80");
  CHECK(expr("1..=5") == "1 ..= 5");
  CHECK(expr("1 GBP ..= 500 GBP") == "1 GBP ..= 500 GBP");
  CHECK(expr("..60") == "..60");
  CHECK(expr("..=60") == "..=60");
  CHECK(expr("2026-01..2026-12") == "2026-01 .. 2026-12");
  CHECK(expr("this.paid_at ..= this.paid_at + 24 hours") == "this.paid_at ..= this.paid_at + 24 hours");
  CHECK(expr("80..") == "error: K0132");
  CHECK(expr("x in 80..") == "error: K0132");
  CHECK(expr("80..=") == "error: K0133");
}

TEST_CASE("calls and their modifiers", "[expression]") {
  CHECK(expr("sum(sales.amount)") == "sum(sales.amount)");
  CHECK(expr("sum( sales.amount where channel = \"live\" )") == "sum(sales.amount where channel = \"live\")");
  CHECK(expr("sum(sales.amount at settled_at)") == "sum(sales.amount at settled_at)");
  CHECK(expr("sum(sales.amount including a, b where c at d)") == "sum(sales.amount at d where c including a, b)");
  CHECK(expr("avg(sum(stock.value) each day)") == "avg(sum(stock.value) each day)");
  CHECK(expr("m.excludes(kind: fake)") == "m.excludes(kind: fake)");
  CHECK(expr("m.affects(pay, score)") == "m.affects(pay, score)");
  CHECK(expr("exists(alert a where a.reads(m))") == "exists(alert a where a.reads(m))");
  CHECK(expr("count(alert a)") == "count(alert a)");
  CHECK(expr("result(m).target") == "result(m).target");
  CHECK(expr("rank(m, [team, phase])") == "rank(m, [team, phase])");
  CHECK(expr("at_period(m, 2026-Q2)") == "at_period(m, 2026-Q2)");
  CHECK(expr("at_period(m, 2026)") == "at_period(m, 2026)");
  CHECK(expr("sum(x default 0)") == "sum(x default 0)");
  CHECK(expr("f()") == "f()");
  CHECK(expr("f (x)") == "f(x)");
  CHECK(expr("[1, 2,]") == "[1, 2]");
  CHECK(expr("[]") == "[]");
  CHECK(expr("sum(a where b where c)") == "error: K0136");
  CHECK(expr("sum(a at b at c)") == "error: K0136");
  CHECK(expr("sum(a each day each week)") == "error: K0136");
}

TEST_CASE("binders are told from operands", "[expression]") {
  const test::Parsed parsed = test::parse("metric m = exists(alert a where a.x) and count(sales where y) > 0");
  REQUIRE(parsed.findings().empty());
  const auto& both = std::get<syntax::Binary>(parsed.file.expr(parsed.first<syntax::MetricDecl>().value).node);
  const auto& exists = std::get<syntax::Call>(parsed.file.expr(both.left).node);
  REQUIRE(exists.arguments.size() == 1);
  CHECK(exists.arguments[0].binder->text == "a");
  CHECK(exists.arguments[0].binder_kind->text == "alert");
  CHECK_FALSE(exists.arguments[0].value.valid());
  const auto& compare = std::get<syntax::Binary>(parsed.file.expr(both.right).node);
  const auto& count = std::get<syntax::Call>(parsed.file.expr(compare.left).node);
  CHECK_FALSE(count.arguments[0].binder.has_value());
  CHECK(count.where.has_value());
}

TEST_CASE("spans are exact", "[expression]") {
  const std::string text = "metric m = ( a + b )  * sum( c )   # comment";
  const test::Parsed parsed = test::parse(text);
  REQUIRE(parsed.findings().empty());
  const auto id = parsed.first<syntax::MetricDecl>().value;
  const auto& product = parsed.file.expr(id);
  CHECK(parsed.sources.text(product.span) == "( a + b )  * sum( c )");
  const auto& binary = std::get<syntax::Binary>(product.node);
  CHECK(parsed.sources.text(parsed.file.expr(binary.left).span) == "a + b");
  CHECK(parsed.sources.text(parsed.file.expr(binary.right).span) == "sum( c )");
  CHECK(parsed.sources.text(parsed.first<syntax::MetricDecl>().head.span) == "metric m = ( a + b )  * sum( c )");
}

TEST_CASE("comparisons do not chain", "[expression]") {
  CHECK(expr("a < b < c") == "error: K0130");
  CHECK(expr("a = b = c") == "error: K0130");
  CHECK(expr("a in b is none") == "error: K0130");
  CHECK(expr("(a < b) = c") == "(a < b) = c");
}

TEST_CASE("if as an operand needs parentheses", "[expression]") {
  CHECK(expr("1 + if a then b else c") == "error: K0131");
  CHECK(expr("not if a then b else c") == "error: K0131");
  CHECK(expr("a and if a then b else c") == "error: K0131");
  CHECK(expr("x default if a then b else c") == "error: K0131");
  CHECK(expr("-if a then b else c") == "error: K0131");
  CHECK(expr("a = if a then b else c") == "error: K0131");
  CHECK(expr("1 + (if a then b else c)") == "1 + (if a then b else c)");
  CHECK(expr("f(if a then b else c, [if a then b else c])") == "f(if a then b else c, [if a then b else c])");
}

TEST_CASE("operators of other languages", "[expression]") {
  CHECK(expr("a == b") == "error: K0134");
  CHECK(expr("a <> b") == "error: K0134");
  CHECK(expr("a =< b") == "error: K0134");
  CHECK(expr("a => b") == "error: K0134");
  CHECK(expr("a && b") == "error: K0134");
  CHECK(test::parse("metric m = a == b").messages() == "`==` is not an operator here\n");
}

TEST_CASE("words with a meaning are names only in backquotes", "[expression]") {
  CHECK(expr("`default` + `in`") == "`default` + `in`");
  CHECK(expr("default + 1") == "error: K0150");
  CHECK(expr("kind + label + message + target + at + from + key + for + metric + of + each") ==
        "kind + label + message + target + at + from + key + for + metric + of + each");
  CHECK(expr("orders.in + phase1 + metric_x + iffy + notable + android") ==
        "orders.`in` + phase1 + metric_x + iffy + notable + android");
}

TEST_CASE("printing keeps the meaning", "[expression]") {
  for (const char* text :
       {"a - (b - c)", "(a + b) * c", "-(a + b)", "not (a and b)", "(not a) = b", "(a default b) default c",
        "a default (b default c)", "a default (b + c)", "(if a then b else c) + 1", "(a or b) and c", "a / (b * c)",
        "(a = b) = (c = d)", "x in (a .. b)", "-a default -b", "a - -b", "1000000.5 GBP", "40% * x",
        "\"quote \\\" backslash \\\\ line \\n\"", "if a then (if b then c else d) else e", "`a b`.c(d)"}) {
    const std::string once = expr(text);
    CAPTURE(text, once);
    CHECK(once.substr(0, 5) != "error");
    CHECK(expr(once) == once);
    CHECK(grouped(once) == grouped(text));
  }
}

TEST_CASE("an expression alone", "[expression]") {
  CHECK(expr("  1 + 2  # comment\n") == "1 + 2");
  CHECK(expr("1 + 2 3") == "error: K0150");
  CHECK(expr("") == "error: K0150");
  CHECK(expr("1 +") == "error: K0150");
  CHECK(expr("1 +\n2") == "1 + 2");
}
