// What is proved about single rows holds for rows: random stores, one row of them changed as the property says, paid by
// the real evaluator.
#include <catch2/catch.hpp>

#include "interpreter/prove/decide.hpp"
#include "tests/unit/prove/compiled.hpp"

using namespace kpi;
using namespace kpi::prove;
using kpi::prove::testing::Compiled;
using value::Number;
using value::Value;

namespace {

std::string policy_of(const std::string& amount) {
  return R"(edition 2026
policy p "P" { version "1"  currency GBP  timezone "UTC"  effective 2026-07-01 to 2026-12-31 }
entity host from hosts { host_id : text key }
events orders as orders from orders at paid_at {
  order_id : text key  host : host from host_id  paid_at : datetime  amount : money in GBP range 0 GBP ..= 900 GBP
  status : text  buyer_id : text  is_test : boolean  refunded : money? in GBP
  kept : money in GBP = if (refunded default 0) > 0 then 0 else amount
}
exclude tests kind test from orders where is_test
attack mark { changes orders.is_test to true  cost 0 }
payout bonus for host every month { payee employee  amount )" +
         amount + " }\n";
}

/// A verdict about a row of orders, and the change it speaks of.
struct Claim {
  std::string finding;
  enum class Edit { refund, state, mark, add } edit;
  bool may_rise;  // what is proved: pay does not rise, or does not fall
};
const std::vector<Claim> kClaims{{"refund orders.refunded", Claim::Edit::refund, false},
                                 {"refund orders.status \"returned\"", Claim::Edit::state, false},
                                 {"attack mark", Claim::Edit::mark, false},
                                 {"genuine-order orders", Claim::Edit::add, true}};

}  // namespace

TEST_CASE("what is proved about single rows holds for rows") {
  const std::vector<std::string> amounts{
      "min(5 GBP * distinct(orders.buyer_id), 300 GBP)",
      "min(10% * (median(orders.amount) default 0 GBP), 300 GBP)",
      "min(10% * (max(orders.amount) default 0 GBP), 300 GBP)",
      "max(300 GBP - (min(orders.amount) default 0 GBP), 0 GBP)",
      "min(2% * sum(orders.amount where status != \"returned\"), 300 GBP)",
      "min(2% * sum(orders.kept), 300 GBP)",
      "min(1% * (sum(orders.amount) - sum(orders.refunded default 0)) + 2 GBP * count(orders where refunded is not "
      "none), 300 GBP)",
      "if (sum(orders.amount where status != \"returned\") / sum(orders.amount) default 0) > 90% then 0 GBP else 100 "
      "GBP",
      "if (sum(orders.refunded default 0) / sum(orders.amount) default 0) < 10% then 100 GBP else 0 GBP",
      "min(3 GBP * count(orders where refunded is none or not (refunded > 20 GBP)), 300 GBP)",
      "min(2 GBP * count(orders where (refunded default 0) < 20 GBP), 300 GBP)",
      "min(sum(orders.amount * orders.amount) / 10_000 GBP, 300 GBP)"};
  std::size_t proved = 0, refuted = 0, tried = 0;
  for (const std::string& amount : amounts) {
    const Compiled compiled(policy_of(amount));
    INFO(amount);
    REQUIRE_FALSE(compiled.diagnostics.has_errors());
    AnalysisOptions options;
    options.evaluations = 4'000;
    Decider decider(compiled.policy, compiled.attacks, {PayoutId{0}, {}}, options);
    std::map<std::string, Verdict> verdicts;
    for (const Finding& finding : decider.all())
      verdicts[std::string(name(finding.property)) + (finding.detail.empty() ? "" : " " + finding.detail)] =
          finding.verdict;
    Shape& shape = decider.shape();
    const auto& fields = compiled.policy.events[0].fields;
    const auto field = [&](const std::string& wanted) {
      for (std::uint32_t i = 0; i < fields.size(); ++i) {
        if (fields[i].named.name == wanted) return i;
      }
      FAIL("no such field");
      return 0U;
    };
    std::uint64_t random = 12'345;
    const auto below = [&](std::uint64_t limit) {
      random = random * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      return (random >> 33) % limit;
    };
    for (const Claim& claim : kClaims) {
      const auto known = verdicts.find(claim.finding);
      if (known == verdicts.end()) continue;
      if (known->second == Verdict::refuted) ++refuted;
      if (known->second != Verdict::proved) continue;
      ++proved;
      for (int i = 0; i < 25; ++i) {
        // A store of a few orders that differ in everything.
        WorldMaker maker(shape);
        auto world = maker.make(std::vector<Number>(shape.graph.inputs.size()));
        REQUIRE(world);
        const std::size_t count = 1 + below(7);
        for (std::size_t row = 0; row < count; ++row)
          REQUIRE(maker.add_plain_rows(*world, model::EventsId{0}, 1, Number(static_cast<std::int64_t>(below(900)))));
        auto& rows = world->events[0];
        for (auto& row : rows) {
          row.fields[field("buyer_id")] = Value("b" + std::to_string(below(4)));
          row.fields[field("status")] = Value(std::string(below(3) == 0 ? "returned" : "paid"));
          row.fields[field("is_test")] = Value(below(5) == 0);
          const Number paid = row.fields[field("amount")].number();
          if (below(2) == 0)
            row.fields[field("refunded")] =
                Value(paid / Number(static_cast<std::int64_t>(1 + below(9))).round(2, value::Rounding::floor));
          if (row.fields.contains(field("refunded")))
            row.fields[field("refunded")] =
                Value(row.fields[field("refunded")].number().round(2, value::Rounding::floor));
        }
        World after = *world;
        if (claim.edit == Claim::Edit::add) {
          REQUIRE(maker.add_plain_rows(after, model::EventsId{0}, 1, Number(static_cast<std::int64_t>(below(900)))));
          after.events[0].back().fields[field("buyer_id")] = Value("b" + std::to_string(below(4)));
        } else {
          WorldRow& row = after.events[0][below(after.events[0].size())];
          const Number paid = row.fields[field("amount")].number();
          if (claim.edit == Claim::Edit::state) row.fields[field("status")] = Value(std::string("returned"));
          if (claim.edit == Claim::Edit::mark) row.fields[field("is_test")] = Value(true);
          if (claim.edit == Claim::Edit::refund) {
            const auto now = row.fields.find(field("refunded"));
            const Number before = now == row.fields.end() ? Number(0) : now->second.number();
            row.fields[field("refunded")] =
                Value(value::min(paid, before + Number(static_cast<std::int64_t>(1 + below(400)))));
            if (paid <= before) continue;
          }
        }
        const Paid from = maker.pay(*world, 0), to = maker.pay(after, 0);
        REQUIRE(from.amount);
        REQUIRE(to.amount);
        INFO(claim.finding << ": " << from.amount->to_string() << " to " << to.amount->to_string());
        const Number cent = Number::power_of_ten(-2);
        if (claim.may_rise)
          REQUIRE(*to.amount >= *from.amount - cent);
        else
          REQUIRE(*to.amount <= *from.amount + cent);
        ++tried;
      }
    }
  }
  CHECK(proved >= 10);
  CHECK(refuted >= 4);
  CHECK(tried >= 250);
}
