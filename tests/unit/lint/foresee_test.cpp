#include <catch2/catch.hpp>

#include "interpreter/lint/fact_proofs.hpp"
#include "tests/unit/prove/compiled.hpp"

using namespace kpi;
using kpi::prove::testing::Compiled;
using kpi::prove::testing::host_policy;
using model::PropertyId;

TEST_CASE("answers about several payouts are the same when they are worked out ahead by several threads") {
  std::string payouts;
  for (int i = 1; i <= 6; ++i) {
    const std::string n = std::to_string(i);
    payouts += "payout bonus" + n +
               " for host every month {\n  payee employee  base 2_000 GBP\n  amount if order_count >= " + n +
               "0 then " + n + "00 GBP else sales / 100\n  cap 1_" + n + "00 GBP\n" +
               "  penalty few = if order_count < " + n + " then 50 GBP else 0 GBP from base\n" +
               "  assume fake_order_cost = " + n + " GBP\n}\n";
  }
  const Compiled compiled(host_policy(payouts));
  REQUIRE_FALSE(compiled.diagnostics.has_errors());
  std::vector<lint::Asked> questions;
  for (const PropertyId property :
       {PropertyId::payout_max_jump, PropertyId::payout_jump_share, PropertyId::payout_retroactive,
        PropertyId::payout_monotone_in, PropertyId::payout_highest, PropertyId::payout_lowest_total_pay,
        PropertyId::payout_highest_deduction, PropertyId::payout_fake_order_gain}) {
    for (std::uint32_t i = 0; i < compiled.policy.payouts.size(); ++i) {
      lint::Asked one{{i}, property, {}};
      if (property == PropertyId::payout_monotone_in) one.metric = model::MetricId{0};
      questions.push_back(one);
    }
  }
  const lint::FactProofs alone(compiled.policy), ahead(compiled.policy);
  ahead.foresee(questions);
  for (const lint::Asked& one : questions) {
    const value::Value expected = alone.ask(one.property, one.payout, one.metric);
    CHECK(ahead.ask(one.property, one.payout, one.metric) == expected);
  }
  // Some of them are known: 600 GBP at 60 orders, and what the intervals show.
  CHECK(ahead.ask(PropertyId::payout_max_jump, {5}, {}).number() > value::Number(500));
  CHECK(ahead.ask(PropertyId::payout_highest, {5}, {}) == value::Value(value::Number(1'600)));
  CHECK(ahead.ask(PropertyId::payout_highest_deduction, {5}, {}) == value::Value(value::Number(50)));
}
