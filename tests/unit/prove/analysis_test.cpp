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

Decider decider_for(const Compiled& compiled) {
  return Decider(compiled.policy, compiled.attacks, {PayoutId{0}, {}}, AnalysisOptions{});
}

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
  auto found =
      of("payout bonus for host every month { payee employee  amount if order_count >= 10 then 300 GBP else 0 }" +
         attacks);
  CHECK(found.at("attack buy") == Verdict::refuted);
  CHECK(found.at("attack shift") == Verdict::refuted);
  CHECK(found.at("attack split") == Verdict::refuted);
  CHECK(found.at("attack hide") == Verdict::proved);
  // Straight commission below the cost: nothing helps.
  found = of("payout bonus for host every month { payee employee  amount 1% * sales }" + attacks);
  CHECK(found.at("attack buy") == Verdict::proved);
  CHECK(found.at("attack split") == Verdict::proved);
  // Pay per view: fewer views in the denominator.
  found =
      of("payout bonus for host every month { payee employee  amount if gpm >= 20 GBP then 100 GBP else 0 }" + attacks);
  CHECK(found.at("attack hide") == Verdict::refuted);
}

namespace {

std::string shared_policy(const std::string& payouts) {
  return R"(edition 2026
policy p "P" { version "1"  currency GBP  timezone "UTC"  effective 2026-07-01 to 2026-12-31 }
entity host from hosts { host_id : text key  team : team }
entity team from distinct host.team
events orders as orders from orders at paid_at {
  order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP  refunded : money? in GBP
}
metric net = sum(orders.amount - (orders.refunded default 0))
metric gross = sum(orders.amount)
metric order_count = count(orders)
attack self_purchase { adds 1 ..= 5 orders { amount in 1 GBP ..= 500 GBP  refunded next period = amount }  cost 1 GBP }
attack kept_purchase { adds 1 ..= 5 orders { amount in 1 GBP ..= 500 GBP }  cost 60 GBP }
attack shift { moves orders by one period  cost 0 }
attack split { splits orders  cost 0 }
)" + payouts;
}

}  // namespace

TEST_CASE("attacks pay in the graph what the evaluator pays on their rows, over all periods that are counted") {
  const char* payouts[] = {
      "payout p for host every month { payee employee  amount 10% * total(net, team)  cap 900 GBP }",
      "payout p for host every month { payee employee  amount 1_000 GBP * (share(gross, company) default 0) }",
      "payout p for host every month { payee employee  amount min(10% * net, 900 GBP)  clawback within 60 days }",
      "payout p for host every month { payee employee  amount 10% * net  cap 50 GBP carry }",
      "payout p for team every month { payee employee  amount 300 GBP + 1% * net }",
      "payout p for host every month { payee employee  amount min(500 GBP, 1% * rolling(net, 3)) }",
      "payout p for host every month { payee employee  amount max(0, min(500 GBP, 1% * net - 1% * year_ago(net))) }",
  };
  for (const char* payout : payouts) {
    const Compiled compiled(shared_policy(payout));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    std::size_t compared = 0;
    for (const model::Attack& declared : compiled.attacks) {
      Shape shape(compiled.policy, {PayoutId{0}, {}});
      const AttackGraph attack = AttackEncoder(shape, declared).encode();
      Problem problem;
      problem.objective = attack.gain;
      problem.require = attack.require;
      problem.largest_rows = Number(20);
      Search search(shape.graph, problem, shape.anchor(), 7);
      for (int i = 0; i < 12; ++i) {
        auto state = search.sample();
        if (!state) continue;
        state->inputs.resize(shape.graph.inputs.size());
        WorldMaker maker(shape);
        const auto before = maker.make(state->inputs, &attack);
        if (!before) continue;
        std::vector<NodeId> roots = attack.paid_before;
        roots.insert(roots.end(), attack.paid_after.begin(), attack.paid_after.end());
        if (attack.recomputed != kNoNode) roots.push_back(attack.recomputed);
        std::vector<Number> values;
        shape.graph.evaluate(shape.graph.cone(roots), state->inputs, values);
        for (std::int32_t at = 0; at < attack.periods; ++at) {
          const auto after = maker.attacked(*before, state->inputs, attack, at > 0);
          if (!after) break;
          const std::int32_t offset = attack.periods - 1 - at;
          INFO(payout << " " << declared.named.name << " period " << at);
          const auto index = static_cast<std::size_t>(at);
          CHECK(maker.pay(*before, offset).amount == values[attack.paid_before[index]]);
          CHECK(maker.pay(*after, offset).amount == values[attack.paid_after[index]]);
          ++compared;
        }
        if (attack.recomputed == kNoNode) continue;
        if (const auto late = maker.attacked(*before, state->inputs, attack, true))
          CHECK(maker.pay(*late, attack.periods - 1).amount == values[attack.recomputed]);
      }
    }
    INFO(payout);
    CHECK(compared > 20);
  }
}

TEST_CASE("what passes between periods decides about attacks, and what is proved does not break") {
  const auto of = [](const std::string& clauses) {
    const Compiled compiled(shared_policy("payout p for host every month { payee employee  " + clauses + " }"));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    Decider decider = decider_for(compiled);
    const auto found = verdicts(decider.all());
    for (const auto& proved : decider.proved()) {
      Problem problem;
      problem.objective = proved.objective;
      problem.require = proved.require;
      Search search(decider.shape().graph, problem, decider.shape().anchor(), 99);
      for (int i = 0; i < 300; ++i) {
        const auto state = search.sample();
        INFO(clauses << ": " << proved.what);
        if (state) REQUIRE(state->objective <= proved.tolerance);
      }
    }
    return found;
  };
  if (!Solver::available()) return;
  const std::string good = "amount 10% * net  clawback within 60 days";
  CHECK(of(good).at("attack self_purchase") == Verdict::proved);
  CHECK(of("amount 10% * net").at("attack self_purchase") == Verdict::refuted);
  CHECK(of("amount 10% * net  clawback within 14 days").at("attack self_purchase") == Verdict::refuted);
  CHECK(of("amount 10% * gross  clawback within 60 days").at("attack self_purchase") == Verdict::refuted);
  // A cap below the cost of one order: not worth it, unless what lies above it is paid later.
  CHECK(of("amount 20% * net  cap 50 GBP").at("attack kept_purchase") == Verdict::proved);
  CHECK(of("amount 20% * net  cap 50 GBP carry").at("attack kept_purchase") == Verdict::unknown);
  CHECK(of("amount 20% * net  cap 50 GBP carry").at("bounded") == Verdict::proved);
  CHECK(of("amount 20% * net  cap 50 GBP  draw 80 GBP recover 50%").at("attack kept_purchase") == Verdict::proved);
  CHECK(of("amount 20% * net  cap 50 GBP  draw 20% * net recover 50%").at("bounded") == Verdict::unknown);
}

TEST_CASE("nothing that moves is taken to stand still") {
  const auto of = [](const std::string& rest) {
    const Compiled compiled(shared_policy(rest));
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    Decider decider = decider_for(compiled);
    return verdicts(decider.all());
  };
  const auto paying = [&](const std::string& amount, const std::string& more = "") {
    return of(more + "payout p for host every month { payee employee  amount " + amount + " }");
  };
  CHECK(paying("if rank(net, team) <= 3 then 500 GBP else 0").at("attack self_purchase") == Verdict::unknown);
  CHECK(paying("500 GBP * percentile_rank(net, company)").at("attack kept_purchase") == Verdict::unknown);
  CHECK(paying("500 GBP * share(gross, company)").at("attack kept_purchase") == Verdict::refuted);
  CHECK(paying("20% * total(net, team)").at("attack kept_purchase") == Verdict::refuted);
  CHECK(
      paying("min(500 GBP, 10% * (middle default 0))", "metric middle = median(orders.amount)\n").at("attack split") ==
      Verdict::unknown);
  CHECK(paying("min(500 GBP, 10% * (middle default 0))", "metric middle = median(orders.amount)\n")
            .at("genuine-order orders") == Verdict::unknown);
  CHECK(paying("max(0, net - previous(net)) * 50%").at("monotone net") == Verdict::proved);
  // What comes later than the next period is not counted: a proof would need it.
  CHECK(paying("min(500 GBP, 1% * lifetime(net))").at("genuine-order orders") == Verdict::proved);
  CHECK(paying("max(0, 500 GBP - 1% * lifetime(net))").at("attack self_purchase") != Verdict::refuted);
  CHECK(paying("min(60 GBP, 5% * lifetime(net))").at("attack kept_purchase") == Verdict::unknown);
  CHECK(paying("max(0, previous(net) - net) * 50%").at("monotone net") != Verdict::proved);
  CHECK(paying("100 GBP * floor(order_count / 10)").at("no-jump order_count 10") == Verdict::refuted);
  CHECK(of("payout p for team every month { payee employee  amount 300 GBP }").at("attack kept_purchase") ==
        Verdict::refuted);
  CHECK(paying("if lifetime(order_count) >= 100 then 300 GBP else 0").at("attack kept_purchase") == Verdict::refuted);
}
