// From policy text to test verdicts and explanations.
#include <catch2/catch.hpp>

#include "grammar/source/diagnostics/run.hpp"
#include "grammar/source/diagnostics/test.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/eval/run/explain.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/value/time.hpp"

namespace kpi::eval::testing {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;
using value::Number;

const char* const kPolicy = R"kpi(edition 2026
policy p "P" {
  version   "1"
  currency  GBP
  timezone  "Europe/London"
  effective 2026-07-01 to 2026-12-31
}
entity host "Host" from hosts {
  host_id : text key
  joined  : date
}
events orders "Orders" as orders from orders at paid_at {
  order_id : text key
  host     : host from host_id
  paid_at  : datetime
  amount   : money in currency
  currency : text
  is_test  : boolean
  waited   : duration? in minutes
}
exchange from rates {
  day : date   currency : text   rate : number
  use day of event
}
exclude test_orders kind test from orders where is_test
metric sales = sum(orders.amount)
metric order_count = count(orders)
metric average = sales / order_count { needs order_count >= 2 }
metric wait = avg(orders.waited default 0 minutes) { better lower }
phases for host {
  cold_start when age(joined) < 90 days
  mature     otherwise
}
curve multiplier(score) steps {
  | from | value |
  | 60   | 0.8   |
  | 100  | 1     |
}
scorecard card for host every month {
  | metric | weight | cold_start | mature  | curve  |
  | sales  | 100%   | 50 GBP     | 100 GBP | capped |
  gate enough requires order_count >= 2 else unscored
}
payout bonus for host from card {
  payee  employee
  amount 10% * sales * multiplier(score)
  cap    9.005 GBP
}
alert busy for host every day when order_count >= 2
)kpi";

struct Compiled {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  model::Policy policy;
  explicit Compiled(const std::string& text) {
    const auto id = sources.add("p.kpi", text);
    const syntax::File file = syntax::parse(sources, id, diagnostics);
    bind::NoLibraries none;
    policy = bind::bind(file, sources, none, diagnostics);
    for (const auto& diagnostic : diagnostics.items()) UNSCOPED_INFO(source::message(diagnostic, source::Language::en));
    REQUIRE_FALSE(diagnostics.has_errors());
  }
};

const std::string kGiven = R"kpi(
  given hosts
    | host_id | joined     |
    | "h1"    | 2025-01-01 |
    | "h2"    | 2026-06-15 |
    | "h3"    | 2025-01-01 |
  given orders
    | order_id | host_id | paid_at          | amount | is_test | waited    |
    | "o1"     | "h1"    | 2026-07-03T10:00 | 30 GBP | false   | 3 minutes |
    | "o2"     | "h1"    | 2026-07-03T12:00 | 40 GBP | false   | -         |
    | "o3"     | "h1"    | 2026-07-04T10:00 | 90 GBP | true    | -         |
    | "o4"     | "h2"    | 2026-07-04T10:00 | 60 GBP | false   | -         |
    | "o5"     | "h2"    | 2026-07-05T10:00 | 60 GBP | false   | -         |
)kpi";

TestResult test_of(const std::string& body) {
  const Compiled compiled(kPolicy + ("test \"t\" {" + kGiven + body + "}\n"));
  REQUIRE(compiled.policy.tests.size() == 1);
  return run_test(compiled.policy, compiled.policy.tests[0]);
}

std::string failures(const TestResult& result) {
  std::string text;
  for (const auto& failure : result.failures) {
    text += source::code(failure.id) + " " + source::message(failure, source::Language::en) + "\n";
  }
  return text;
}

TEST_CASE("tests pass when every expectation holds exactly") {
  CHECK(failures(test_of(R"kpi(
  period 2026-07
  expect host "h1"
    | phase  | sales  | order_count | average | wait        | score | bonus    |
    | mature | 70 GBP | 2           | 35 GBP  | 1.5 minutes | 70    | 5.60 GBP |
  expect host "h2"
    | phase      | status | score | bonus |
    | cold_start | ok     | 100   | ~ 9 GBP +- 0.01 GBP |
  expect host "h3"
    | sales | average | score    | bonus    | wait |
    | 0 GBP | none    | unscored | unscored | none |
  expect excluded orders "o3" by test_orders
  expect alert busy host "h1" on 2026-07-03
  expect no alert busy host "h2"
)kpi")) == "");
}

TEST_CASE("failures name the cell, what is there and what was expected") {
  CHECK(failures(test_of(R"kpi(
  period 2026-07
  expect host "h1"
    | phase      | sales  | score    |
    | cold_start | 71 GBP | unscored |
  expect host "nobody"
    | score |
    | 1     |
  expect excluded orders "o1" by test_orders
  expect excluded orders "o9" by test_orders
  expect alert busy host "h1" on 2026-07-04
  expect no alert busy host "h1"
)kpi")) ==
        "K0700 `phase` of host `h1` is mature, not cold_start\n"
        "K0700 `sales` of host `h1` is 70 GBP, not 71 GBP\n"
        "K0700 `score` of host `h1` is 70, not unscored\n"
        "K0701 there is no result for host `nobody` in 2026-07\n"
        "K0704 row `o1` of `orders` is not taken out by `test_orders` (taken out by: none)\n"
        "K0703 `orders` has no row `o9`\n"
        "K0705 alert `busy` does not fire for host `h1` as expected (it fires in: 2026-07-03)\n"
        "K0706 alert `busy` fires for host `h1` in 2026-07-03\n");
}

TEST_CASE("a run that fails fails the test, unless its error is expected") {
  const std::string repeated = R"kpi(test "t" {
  given hosts
    | host_id | joined     |
    | "h1"    | 2025-01-01 |
    | "h1"    | 2025-01-01 |
  period 2026-07
  expect host "h1"
    | score |
    | 1     |
}
)kpi";
  const Compiled compiled(kPolicy + repeated);
  CHECK(failures(run_test(compiled.policy, compiled.policy.tests[0])).starts_with("K05"));
  CHECK(failures(test_of("period 2026-06 expect error K0600\n")) == "");
  CHECK(failures(test_of("period 2026-07 expect error K0600\n")) ==
        "K0707 the error K0600 is expected but does not occur (found: none)\n");
}

TEST_CASE("a test outside the effective dates runs as if the policy were in force") {
  CHECK(failures(test_of("period 2026-06 expect host \"h1\"\n | score |\n | 1 |\n")) ==
        "K0711 `score` of host `h1` is unscored, not 1: gate enough\n");
}

TEST_CASE("what a test gives must fit its table") {
  const std::string orders = R"kpi(
  given hosts
    | host_id | joined     |
    | "h1"    | 2025-01-01 |
  given orders
    | order_id | host_id | paid_at          | amount   | currency | is_test |
)kpi";
  const auto first = [](const std::string& body) {
    const Compiled compiled(kPolicy + ("test \"t\" {" + body + "}\n"));
    const TestResult result = run_test(compiled.policy, compiled.policy.tests.at(0));
    REQUIRE_FALSE(result.failures.empty());
    return result.failures[0].id;
  };
  const std::string expect = "  period 2026-07 expect host \"h1\"\n | sales |\n | 1 GBP |\n";
  CHECK(first(orders + "    | \"o1\" | \"h1\" | 2026-07-03T10:00 | 3 GBP | \"USD\" | false |\n" + expect) ==
        ids::test_cell_currency);
  CHECK(first(orders + "    | \"o1\" | \"h1\" | 2026-07-03T10:00 | 1 GBP / 3 | \"GBP\" | false |\n" + expect) ==
        ids::test_cell_not_storable);
  CHECK(first("given orders from \"missing.csv\"\n" + expect) == ids::test_file_unreadable);
}

TEST_CASE("a file can stand for a table") {
  const Compiled compiled(kPolicy + std::string(R"kpi(test "t" {
  given hosts
    | host_id | joined     |
    | "h1"    | 2025-01-01 |
  given orders from "orders.csv"
  period 2026-07
  expect host "h1"
    | sales    |
    | 1.50 GBP |
})kpi"));
  const auto read = [](const model::GivenTable& given) -> std::optional<GivenFile> {
    CHECK(given.file == "orders.csv");
    using Cell = MemoryCell;
    return GivenFile{{"order_id", "host_id", "paid_at", "amount", "currency", "is_test"},
                     {{Cell::words("o1"), Cell::words("h1"), Cell::words("2026-07-01"), Cell::words("1.50"),
                       Cell::words("GBP"), Cell::words("false")}}};
  };
  CHECK(failures(run_test(compiled.policy, compiled.policy.tests.at(0), read)) == "");
}

TEST_CASE("a result that an entity does not have is named") {
  const std::string text = std::string(kPolicy) + R"kpi(
scorecard weekly for host every week {
  gate any requires order_count >= 1 else score 0
}
test "t" {
  given hosts
    | host_id | joined     |
    | "h1"    | 2025-01-01 |
  period 2026-07
  expect host "h1"
    | sales | weekly |
    | 0 GBP | 1      |
})kpi";
  const Compiled compiled(text);
  const TestResult result = run_test(compiled.policy, compiled.policy.tests.at(0));
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures[0].id == ids::test_column_missing);
}

// ---- explain
// -----------------------------------------------------------------------------------------------------------

const ExplainNode* find(const std::vector<ExplainNode>& nodes, ExplainNode::Kind kind, const std::string& name) {
  for (const ExplainNode& node : nodes) {
    if (node.kind == kind && (name.empty() || node.name == name)) return &node;
    if (const ExplainNode* below = find(node.children, kind, name)) return below;
  }
  return nullptr;
}

TEST_CASE("an explanation leads from the payout to rows, with values put in") {
  Compiled compiled(kPolicy + ("test \"t\" {" + kGiven + "period 2026-07 expect no alert busy host \"h2\"\n}\n"));
  source::Diagnostics found;
  MemorySource data = given_data(compiled.policy, compiled.policy.tests[0], {}, found);
  ExplainRequest request;
  request.period = *value::Period::parse("2026-07");
  request.entity_key = "h1";
  request.why_not = true;
  const Explanation explanation = explain(compiled.policy, data, compiled.sources, request, found);
  for (const auto& diagnostic : found.items()) UNSCOPED_INFO(source::message(diagnostic, source::Language::en));
  REQUIRE_FALSE(found.has_errors());
  REQUIRE(explanation.subjects.size() == 1);
  const SubjectExplanation& subject = explanation.subjects[0];
  using Kind = ExplainNode::Kind;

  REQUIRE(subject.payouts.size() == 1);
  const ExplainNode* amount = find(subject.payouts, Kind::step, "amount");
  REQUIRE(amount != nullptr);
  CHECK(amount->formula == "10% * sales * multiplier(score)");
  CHECK(amount->with_values == "10% * 70 GBP * 0.8");
  CHECK(amount->value == value::Value(*Number::parse("5.6")));
  const ExplainNode* curve = find(amount->children, Kind::curve, "multiplier");
  REQUIRE(curve != nullptr);
  CHECK(curve->segment == ">= 60, < 100 -> 0.8");

  const ExplainNode* row = find(subject.scorecards, Kind::score_row, "sales");
  REQUIRE(row != nullptr);
  CHECK(row->note == "ratio");
  CHECK(row->segment == "capped(100%)");
  CHECK(find(subject.scorecards, Kind::phase, "mature") != nullptr);
  CHECK(find(subject.scorecards, Kind::gate, "enough")->with_values == "2 >= 2");

  const ExplainNode* sales = find(subject.payouts, Kind::metric, "sales");
  REQUIRE(sales != nullptr);
  REQUIRE(sales->children.size() == 1);
  CHECK(sales->children[0].formula == "sum(orders.amount)");
  CHECK(sales->children[0].rows_total == 2);

  REQUIRE(subject.rows.size() == 1);
  CHECK(subject.rows[0].kept_total == 2);
  REQUIRE(subject.rows[0].excluded.size() == 1);
  CHECK(subject.rows[0].excluded[0].key == "o3");

  // The multiplier's next step is a score of 100, which takes 30 GBP more.
  bool seen = false;
  for (const NextStep& step : subject.next_steps) {
    if (step.kind != NextStep::Kind::payout_curve) continue;
    seen = true;
    REQUIRE(step.changes.size() == 1);
    CHECK(step.changes[0].verdict == Change::Verdict::reaches);
    CHECK(step.changes[0].needed == Number(100));
  }
  CHECK(seen);
}

TEST_CASE("a key without results is reported") {
  Compiled compiled(kPolicy + ("test \"t\" {" + kGiven + "period 2026-07 expect no alert busy host \"h2\"\n}\n"));
  source::Diagnostics found;
  MemorySource data = given_data(compiled.policy, compiled.policy.tests[0], {}, found);
  ExplainRequest request;
  request.period = *value::Period::parse("2026-07");
  request.entity_key = "h9";
  explain(compiled.policy, data, compiled.sources, request, found);
  REQUIRE(found.has_errors());
  CHECK(found.items().back().id == ids::no_such_entity_row);
  data.add_table("hosts", {"host_id", "joined"}, {{MemoryCell::words("h8"), MemoryCell::words("2025-01-01")}});
  compiled.policy.entities[1].active_to = {1};  // long inactive in 2026
  request.entity_key = "h8";
  explain(compiled.policy, data, compiled.sources, request, found);
  CHECK(found.items().back().id == ids::nothing_to_explain);
}

}  // namespace
}  // namespace kpi::eval::testing
