#include <catch2/catch.hpp>

#include <cstdlib>

#include "interpreter/prove/decide.hpp"
#include "tests/unit/prove/compiled.hpp"

using namespace kpi;
using namespace kpi::prove;
using kpi::prove::testing::Compiled;
using kpi::prove::testing::host_policy;
using value::Number;

namespace {

/// Five metrics, two quotients, four tiers, a gate, a cap and two phases.
std::string live_hosts(const std::string& amount) {
  return host_policy(R"(
events violations as violations from violations at noted_at { host : host from host_id  noted_at : datetime  collected export }
metric net = sum(orders.amount) - sum(orders.refunded default 0)
metric violation_count = count(violations) { better lower }
phases for host {
  cold_start when age(joined) < 90 days
  mature     otherwise
}
curve points(attainment) line {
  | at   | value |
  | 60%  | 0     |
  | 100% | 100   |
  | 120% | 120   |
}
curve commission(net) brackets {
  | from       | rate |
  | 0 GBP      | 1%   |
  | 20_000 GBP | 2%   |
}
curve multiplier(score) steps {
  | from | value |
  | 60   | 0.6   |
  | 80   | 0.8   |
  | 100  | 1     |
  | 110  | 1.2   |
}
scorecard monthly for host every month {
  | metric      | weight | cold_start | mature     | curve  |
  | net         | 40%    | 8_000 GBP  | 30_000 GBP | points |
  | order_count | 10%    | 50         | 150        | points |
  | gpm         | 25%    | 12 GBP     | 20 GBP     | points |
  | return_rate | 25%    | 12%        | 8%         | points |
  gate violations_free requires violation_count = 0 else score 0
  missing unscored
}
payout bonus for host from monthly {
  payee  employee
  amount )" + amount +
                     R"(
  cap    1_500 GBP
  assume fake_order_cost = 35 GBP
}
)");
}

Decider decider_for(const Compiled& compiled) { return Decider(compiled.policy, compiled.attacks, {PayoutId{0}, {}}, AnalysisOptions{}); }

std::map<std::string, Verdict> verdicts(const std::vector<Finding>& findings) {
  std::map<std::string, Verdict> result;
  for (const Finding& finding : findings) {
    result[std::string(name(finding.property)) + (finding.detail.empty() ? "" : " " + finding.detail)] =
        finding.verdict;
  }
  return result;
}

}  // namespace

TEST_CASE("the graph pays what the evaluator pays") {
  for (const char* amount :
       {"commission(net) * multiplier(score)", "5 GBP * score", "if order_count >= 30 then net * 3% else 0"}) {
    const Compiled compiled(live_hosts(amount));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    Decider decider = decider_for(compiled);
    Shape& shape = decider.shape();
    Problem problem;
    problem.objective = shape.pay.amount;
    problem.largest_rows = Number(60);
    Search search(shape.graph, problem, shape.anchor(), 7);
    WorldMaker maker(shape);
    int compared = 0, paid = 0;
    for (int i = 0; i < 150; ++i) {
      const auto state = search.sample();
      if (!state) continue;
      const auto world = maker.make(state->inputs);
      if (!world || world->rows() > 400) continue;
      const Paid real = maker.pay(*world, 0);
      INFO(amount << " " << real.status);
      REQUIRE(real.amount);
      CHECK(*real.amount == state->objective);
      ++compared;
      if (state->objective.sign() > 0) ++paid;
    }
    CHECK(compared >= 30);
    CHECK(paid >= 1);
  }
}

TEST_CASE("everything about a policy of ordinary size is decided, and what is proved does not break") {
  // Sales times the score: what one order moves at most needs more than the analyser knows, all else is decided.
  const bool product = GENERATE(false, true);
  const Compiled compiled(live_hosts(product ? "2% * net * score / 100" : "commission(net) * multiplier(score)"));
  REQUIRE_FALSE(compiled.diagnostics.has_errors());
  Decider decider = decider_for(compiled);
  const auto findings = decider.all();
  for (const Finding& finding : findings) {
    INFO(name(finding.property) << " " << finding.detail << ": " << finding.sentence.en);
    if (product && finding.property == Property::single_order) continue;
    if (Solver::available()) CHECK(finding.verdict != Verdict::unknown);
    if (finding.verdict == Verdict::refuted && finding.property != Property::reachable) {
      REQUIRE(finding.witness);
      CHECK_FALSE(finding.witness->before.empty());
    }
  }
  for (const auto& proved : decider.proved()) {
    Problem problem;
    problem.objective = proved.objective;
    problem.require = proved.require;
    Search search(decider.shape().graph, problem, decider.shape().anchor(), 99);
    for (int i = 0; i < 2'000; ++i) {
      const auto state = search.sample();
      INFO(proved.what);
      if (state) REQUIRE(state->objective <= proved.tolerance);
    }
  }
}

TEST_CASE("without a solver nothing is proved that only a solver could prove") {
  setenv("KPI_SOLVER", "none", 1);
  CHECK_FALSE(Solver::available());
  CHECK(Solver::ask("(assert false)\n", {}, 1000).answer == Answer::absent);
  unsetenv("KPI_SOLVER");
}

TEST_CASE("defects flip verdicts") {
  const auto of = [](const std::string& payout) {
    const Compiled compiled(host_policy(payout));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    Decider decider = decider_for(compiled);
    return verdicts(decider.all());
  };
  const std::string good = R"(
payout bonus for host every month {
  payee  employee
  amount min(2% * sales, 800 GBP)
  assume fake_order_cost = 900 GBP
})";
  const auto clean = of(good);
  for (const auto& [what, verdict] : clean) {
    INFO(what);
    CHECK(verdict == Verdict::proved);
  }
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return of(text);
  };
  CHECK(changed("min(2% * sales, 800 GBP)", "2% * sales").at("bounded") == Verdict::refuted);
  CHECK(changed("min(2% * sales, 800 GBP)", "min(2% * sales, 800 GBP) - 10 GBP").at("not-negative") ==
        Verdict::refuted);
  CHECK(changed("900 GBP", "1 GBP").at("attack fake orders") == Verdict::refuted);
  CHECK(changed("2% * sales", "if sales < 5_000 GBP then 0 else 2% * sales").at("no-jump sales 5,000.00 GBP") ==
        Verdict::refuted);
  CHECK(changed("2% * sales", "800 GBP - min(800 GBP, sales)").at("genuine-order orders") == Verdict::refuted);
  CHECK(changed("2% * sales", "130% * sales").at("single-order orders") == Verdict::refuted);
}

TEST_CASE("declared attacks are decided, each form as it is defined") {
  const auto of = [](const std::string& rest) {
    const Compiled compiled(host_policy(rest));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    Decider decider = decider_for(compiled);
    return verdicts(decider.attacks());
  };
  const std::string attacks = R"(
attack buy { adds 1 ..= 5 orders { amount in 1 GBP ..= 100 GBP  refunded next period = amount }  cost 8% * amount + 5 GBP }
attack shift { moves orders by one period  cost 0 }
attack split { splits orders  cost 0 }
attack hide { removes 1 ..= 1_000 of sessions.views  cost 0 }
)";
  // A bonus at ten orders: buying and splitting reach it, shifting moves the tenth order.
  auto found = of("payout bonus for host every month { payee employee  amount if order_count >= 10 then 300 GBP else 0 }" + attacks);
  CHECK(found.at("attack buy") == Verdict::refuted);
  CHECK(found.at("attack shift") == Verdict::refuted);
  CHECK(found.at("attack split") == Verdict::refuted);
  CHECK(found.at("attack hide") == Verdict::proved);
  // Straight commission below the cost: nothing helps.
  found = of("payout bonus for host every month { payee employee  amount 1% * sales }" + attacks);
  CHECK(found.at("attack buy") == Verdict::proved);
  CHECK(found.at("attack split") == Verdict::proved);
  // Pay per view: fewer views in the denominator.
  found = of("payout bonus for host every month { payee employee  amount if gpm >= 20 GBP then 100 GBP else 0 }" + attacks);
  CHECK(found.at("attack hide") == Verdict::refuted);
}
