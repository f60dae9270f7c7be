#include <catch2/catch.hpp>

#include "interpreter/prove/facts.hpp"
#include "interpreter/prove/ir.hpp"
#include "tests/unit/prove/compiled.hpp"

using namespace kpi;
using namespace kpi::prove;
using kpi::prove::testing::Compiled;
using kpi::prove::testing::host_policy;
using value::Number;

namespace {

const PayoutId kFirst{0};

MetricId metric(const Compiled& compiled, const std::string& name) {
  for (std::uint32_t i = 0; i < compiled.policy.metrics.size(); ++i) {
    if (compiled.policy.metrics[i].named.name == name) return MetricId{i};
  }
  return {};
}

}  // namespace

TEST_CASE("a bonus at a count of orders is one exact jump and worth faking") {
  const Compiled compiled(host_policy(R"(
payout bonus for host every month {
  payee employee  base 20 GBP
  amount if order_count >= 100 then 200 GBP else 0
  penalty missed = if order_count < 100 then 15 GBP else 0 from base
  assume fake_order_cost = 1 GBP
})"));
  REQUIRE_FALSE(compiled.diagnostics.has_errors());
  Facts facts(compiled.policy);
  const Jumps& jumps = facts.jumps(kFirst);
  REQUIRE(jumps.complete);
  REQUIRE(jumps.items.size() == 1);
  CHECK(jumps.items[0].size == Number(200));
  CHECK(jumps.items[0].exact);
  CHECK(jumps.items[0].quantity == "order_count");
  CHECK(*jumps.items[0].threshold == Number(100));
  CHECK(facts.highest_deduction(kFirst).verdict == Verdict::proved);
  CHECK(facts.highest_deduction(kFirst).most == Number(15));
  CHECK(facts.accelerators(kFirst).empty());
  CHECK(facts.bounds(kFirst).verdict == Verdict::proved);
  CHECK(*facts.bounds(kFirst).highest == Number(200));
  CHECK(facts.highest_is_reached(kFirst));
  CHECK(facts.monotone_in(kFirst, metric(compiled, "order_count"), Direction::up).verdict == Verdict::proved);
  CHECK(facts.monotone_in(kFirst, metric(compiled, "order_count"), Direction::down).verdict == Verdict::refuted);
  const LowestPay& lowest = facts.lowest_total_pay(kFirst);
  CHECK(lowest.verdict == Verdict::proved);
  CHECK(lowest.total == Number(5));
  const Gain& gain = facts.fake_order_gain(kFirst);
  CHECK(gain.verdict == Verdict::refuted);
  CHECK(gain.net == Number(199));
  CHECK(gain.cost_declared);
  const Gain& swing = facts.single_order_swing(kFirst);
  CHECK(swing.verdict == Verdict::refuted);
  CHECK(swing.net == Number(200));
}

TEST_CASE("commission on the excess has no jump, on everything it has one") {
  const std::string curve = R"(
curve marginal(sales) brackets {
  | from        | rate |
  | 0 GBP       | 1%   |
  | 100_000 GBP | 3%   |
}
curve rate(sales) steps {
  | from        | value |
  | 0 GBP       | 1%    |
  | 100_000 GBP | 3%    |
}
)";
  const Compiled smooth(
      host_policy(curve + "payout bonus for host every month { payee employee amount marginal(sales) }"));
  REQUIRE_FALSE(smooth.diagnostics.has_errors());
  Facts smooth_facts(smooth.policy);
  CHECK(smooth_facts.jumps(kFirst).items.empty());
  CHECK(smooth_facts.jumps(kFirst).complete);
  CHECK(smooth_facts.bounds(kFirst).verdict == Verdict::refuted);

  const Compiled steep(
      host_policy(curve + "payout bonus for host every month { payee employee amount rate(sales) * sales }"));
  REQUIRE_FALSE(steep.diagnostics.has_errors());
  Facts facts(steep.policy);
  REQUIRE(facts.jumps(kFirst).items.size() == 1);
  CHECK(facts.jumps(kFirst).items[0].size == Number(2'000));
  CHECK(facts.jumps(kFirst).items[0].exact);
  REQUIRE(facts.accelerators(kFirst).size() == 1);
  CHECK(facts.accelerators(kFirst)[0].jump == Number(2'000));
  CHECK(facts.accelerators(kFirst)[0].rate_above == Number(3) / Number(100));
}

TEST_CASE("a scorecard is monotone in what it weighs") {
  const Compiled compiled(host_policy(R"(
scorecard monthly for host every month {
  | metric      | weight | target     | curve        |
  | sales       | 60%    | 10_000 GBP | capped(120%) |
  | return_rate | 40%    | 10%        | capped       |
  missing zero
}
payout bonus for host from monthly { payee employee amount 5 GBP * score  cap 400 GBP }
)"));
  REQUIRE_FALSE(compiled.diagnostics.has_errors());
  Facts facts(compiled.policy);
  CHECK(facts.monotone_in(kFirst, metric(compiled, "sales"), Direction::up).verdict == Verdict::proved);
  CHECK(facts.monotone_in(kFirst, metric(compiled, "return_rate"), Direction::down).verdict == Verdict::proved);
  CHECK(facts.monotone_in(kFirst, metric(compiled, "return_rate"), Direction::up).verdict == Verdict::refuted);
  CHECK(*facts.bounds(kFirst).highest == Number(400));
  const auto& influence = facts.influence(kFirst);
  REQUIRE(influence.size() == 2);
  CHECK(influence[0].highest - influence[0].lowest > Number(0));
}

TEST_CASE("for the lint only jumps of performance count") {
  const Compiled compiled(host_policy(R"(
payout bonus for host every month {
  payee employee
  amount (if order_count >= 100 then 200 GBP else 0) + (if sales >= 5_000 GBP then 30 GBP else 0) + (if age(joined) < 90 days then 70 GBP else 0)
})"));
  REQUIRE_FALSE(compiled.diagnostics.has_errors());
  Facts facts(compiled.policy);
  const auto nothing = [](const std::string&) { return false; };
  CHECK(facts.jumps(kFirst).items.size() == 3);
  const Jumps& performance = facts.performance_jumps(kFirst, "", nothing);
  CHECK(performance.complete);
  REQUIRE(performance.items.size() == 2);
  CHECK(performance.items[0].size == Number(200));
  CHECK(performance.items[1].size == Number(30));
  const Jumps& sales = facts.performance_jumps(kFirst, "sales", nothing);
  REQUIRE(sales.items.size() == 1);
  CHECK(sales.items[0].size == Number(30));

  Facts others(compiled.policy);
  const auto orders = [](const std::string& quantity) { return quantity == "order_count"; };
  REQUIRE(others.performance_jumps(kFirst, "", orders).items.size() == 1);
  CHECK(others.performance_jumps(kFirst, "", orders).items[0].quantity == "sales");
}

TEST_CASE("truth values that say the same are one node") {
  Graph graph;
  const auto atom = [&](const std::string& key) {
    Input input;
    input.kind = Input::Kind::choice;
    input.key = key;
    input.range = {Number(0), Number(1)};
    return graph.equal(graph.constant(Number(1)), graph.input(input));
  };
  const NodeId x = atom("x"), y = atom("y"), z = atom("z");
  CHECK(graph.either(graph.both(x, y), graph.both(graph.negate(y), x)) == x);
  CHECK(graph.either(x, graph.both(y, x)) == x);
  CHECK(graph.both(graph.either(y, x), x) == x);
  CHECK(graph.both(x, graph.both(x, y)) == graph.both(x, y));
  CHECK(graph.either(graph.either(x, y), y) == graph.either(x, y));
  CHECK(graph.either(graph.both(x, y), graph.both(graph.negate(y), z)) != x);
}
