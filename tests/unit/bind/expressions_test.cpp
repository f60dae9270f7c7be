// What the binder says about expressions: names, types, units, optional values, aggregates.
#include <catch2/catch.hpp>

#include "tests/unit/bind/support.hpp"

using namespace kpi::test;

namespace {

struct Case {
  const char* text;       // declarations behind kData
  const char* findings;
};

void check_cases(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(check(one.text) == one.findings);
  }
}

}  // namespace

TEST_CASE("the common data binds without findings") { CHECK(bind_text(kData)->messages() == ""); }

TEST_CASE("names in expressions") {
  check_cases({
      {"metric m = count(order)", "K0208 at 'order'"},
      {"metric m = netsales + 1", "K0200 at 'netsales'"},
      {"metric m = sum(orders.amuont)", "K0207 at 'amuont'"},
      {"metric m = summ(orders.amount)", "K0209 at 'summ'"},
      {"metric m = 1 metric m = 2", "K0203 at 'm'"},
      {"metric phase = 1", "K0205 at 'phase'"},
      {"curve min(x) line {\n| at | value |\n | 0 | 1 |\n}", "K0205 at 'min'"},
      {"metric amount = 1 metric m = sum(orders.amount where amount > 3 GBP)", "K0206 at 'amount'"},
      {"metric m = monthly(3) metric monthly = 1", "K0220 at 'monthly'"},
      {"curve c(x) line {\n| at | value |\n | 0 | 1 |\n}\nmetric m = c", "K0221 at 'c'"},
      {"exclude e kind test from orders where is_test metric m = e", "K0222 at 'e'"},
      {"metric a = 1 metric m = a.b", "K0223 at 'b'"},
      {"metric m = company + 1", "K0224 at 'company'"},
      {"metric m = sum(orders.amount where this.quantity > 1)", "K0225 at 'this'"},
      {"metric m = score", "K0226 at 'score'"},
      {"metric m = if phase = mature then 1 else 0", "K0239 at 'phase'; K0200 at 'mature'"},
      {"metric a = b metric b = c metric c = previous(a)", "K0240 at 'a'"},
      {"payout p for host every month { payee boss amount 1 GBP }", "K0211 at 'boss'"},
      {"payout p for hots every month { amount 1 GBP }", "K0201 at 'hots'"},
      {"payout p for orders every month { amount 1 GBP }", "K0202 at 'orders'"},
  });
  CHECK(bind_text(kData + "metric a = b metric b = a")->messages().find("a → b → a") != std::string::npos);
  CHECK(bind_text(kData + "metric m = sum(orders.amuont)")->messages().find("? amount") != std::string::npos);
}

TEST_CASE("a reference field may be named like its entity") {
  check_cases({{"metric m = count(orders where host.site = \"UK\")", ""},
               {"metric m = count(orders where host.team = \"A\")", ""},
               {"metric m = count(orders where team = \"A\")", "K0342 at 'team'"}});
}

TEST_CASE("units of numbers") {
  check_cases({
      {"metric m = sum(orders.amount) + 3", "K0305 at '3'"},
      {"metric m = sum(orders.amount) + 3 USD", "K0304 at '3 USD'"},
      {"metric m = avg(orders.wait) > 3", "K0306 at '3'"},
      {"metric m = age(joined) < 3 months", "K0307 at '3 months'"},
      {"metric m = sum(orders.amount) * sum(orders.amount) > 1 GBP", "K0308 at '1 GBP'"},
      {"metric m = count(orders) = \"x\"", "K0309 at '\"x\"'"},
      {"metric m = \"a\" + \"b\"", "K0310 at '\"a\" + \"b\"'"},
      {"metric m = true < false", "K0311 at 'true < false'"},
      {"metric m = sum(orders.amount) + 0", ""},
      {"metric m = max(sum(orders.amount) - 5 GBP, 0)", ""},
      {"metric m = sum(orders.amount) / sum(orders.wait) >= 10 GBP / 1 hour", ""},
      {"metric m = sum(orders.wait) / 1 hour", ""},
      {"metric m = abs(true)", "K0300 at 'true'"},
      {"curve c(x) line {\n| at | value |\n | 0 GBP | 1 |\n | 5 GBP | 2 |\n}\nmetric m = c(3)", "K0302 at '3'"},
      {"curve c(x) line {\n| at | value |\n | 0 GBP | 1 |\n | 5 GBP | 2 |\n}\nmetric m = c(3 USD)", "K0303 at '3 USD'"},
      {"curve c(x) line {\n| at | value |\n | 0 | 1 |\n | 5 | 2 |\n}\nmetric m = c(3 GBP)", "K0301 at '3 GBP'"},
  });
  const auto bound = bind_text(kData + "metric rate = sum(orders.amount) / sum(orders.wait)");
  CHECK(kpi::model::type_text(bound->policy, bound->policy.metrics[0].type) == "GBP/duration");
  CHECK(bind_text(kData + "metric m = sum(orders.amount) + 3")->messages().find("3 GBP") != std::string::npos);
  CHECK(bind_text(kData + "metric m = sum(orders.amount) + 3")->messages().find("'sum(orders.amount)' this is `GBP`") !=
        std::string::npos);
}

TEST_CASE("optional values are handled before they are used") {
  check_cases({
      {"metric m = sum(orders.refunded)", "K0312 at 'orders.refunded'"},
      {"metric m = sum(orders.refunded default 0)", ""},
      {"metric m = sum(orders.amount - orders.refunded)", "K0312 at 'orders.amount - orders.refunded'"},
      {"metric m = sum(orders.refunded where refunded is not none)", ""},
      {"metric m = count(orders where refunded > 3 GBP)", "K0312 at 'refunded'"},
      {"metric m = count(orders where refunded is not none and refunded > 3 GBP)", ""},
      {"metric m = count(orders where refunded is none or refunded > 3 GBP)", ""},
      {"metric m = count(orders where not (refunded is none) and refunded > 3 GBP)", ""},
      {"metric m = count(orders where refunded is none and refunded > 3 GBP)", "K0312 at 'refunded'"},
      {"metric m = sum(if orders.refunded is none then 0 else orders.refunded)", ""},
      {"metric m = count(orders where amount is none)", "K0313 at 'amount'"},
      {"events kept from k where x is not none at t { x : number? t : date host : host } metric m = sum(kept.x)", ""},
      {"phases for host { gone \"Gone\" when left < period.start  here otherwise }", "K0312 at 'left'"},
      {"phases for host { gone \"Gone\" when left is not none and left < period.start  here otherwise }", ""},
  });
}

TEST_CASE("constants") {
  check_cases({
      {"param a : number = sum(orders.amount)", "K0338 at 'sum(orders.amount)'"},
      {"metric b = 1 param a : number = b", "K0338 at 'b'"},
      {"param a : number = 1 / 0", "K0315 at '1 / 0'"},
      {"param a : number = true", "K0300 at 'true'"},
      {"param a : number", "K0406 at 'a'"},
      {"param a : integer = 1.5", "K0335 at '1.5'"},
      {"param a : number = 30 range 0 ..= 20", "K0336 at '30'"},
      {"param a : host = 1", "K0405 at 'host'"},
      {"param a : number in GBP = 1", "K0407 at 'GBP'"},
      {"param a : number = b param b : number = a", "K0240 at 'a'"},
      {"param a : money = 5 GBP param b : number = 2 metric m = sum(orders.amount) > a * b", ""},
      {"curve c(x) line {\n| at | value |\n | count(orders) | 1 |\n}", "K0338 at 'count(orders)'"},
      {"table t(x) {\n| x | value |\n | age(2026-01-01) | 1 |\n | otherwise | 2 |\n}", "K0338 at 'age(2026-01-01)'"},
      {"payout p for host every month { amount 1 GBP assume x = 1 / 0 }", "K0315 at '1 / 0'"},
  });
}

TEST_CASE("collections, ranges and times") {
  check_cases({
      {"metric m = count(orders where quantity in 3)", "K0316 at '3'"},
      {"metric m = count(orders where channel in \"a\" ..= \"b\")", "K0317 at '\"a\" ..= \"b\"'"},
      {"metric m = count(orders where quantity in 5 .. 5)", "K0318 at '5 .. 5'"},
      {"metric m = count(orders where quantity in [1, [2]])", "K0309 at '[2]'"},
      {"metric m = count(orders where quantity in [[2], [3]])", "K0320 at '[[2], [3]]'"},
      {"metric m = age(3)", "K0321 at '3'"},
      {"metric m = count(orders) { matures after 14 }", "K0322 at '14'"},
      {"metric m = count(orders) { matures after -14 days }", "K0323 at '-14 days'"},
      {"metric m = period.start + 1.5 months > joined", "K0324 at '1.5 months'"},
      {"metric m = joined + 3 hours > joined", "K0325 at '3 hours'"},
      {"metric m = count(orders where paid_at < 2026-03-29T01:30)", "K0326 at '2026-03-29T01:30'"},
      {"metric m = 2026-Q3", "K0327 at '2026-Q3'"},
      {"metric m = at_period(count(orders), 3)", "K0328 at '3'"},
      {"metric m = none", "K0329 at 'none'"},
      {"metric m = period", "K0330 at 'period'"},
      {"metric m = period.days", ""},
      {"metric m = count(orders where paid_at in 2026-01-01 ..= 2026-02-01)", ""},
      {"metric m = count(orders where paid_at - settled_at default paid_at > 3 days)", ""},
      {"metric m = count(orders where buyer_id in staff.buyer_id)", ""},
      {"metric m = count(orders where quantity in staff.buyer_id)", "K0309 at 'staff.buyer_id'"},
      {"metric m = \"x\" in staff.buyer_id", "K0343 at 'staff.buyer_id'"},
  });
}

TEST_CASE("calls") {
  check_cases({
      {"metric m = abs(1, 2)", "K0332 at 'abs(1, 2)'"},
      {"metric m = abs(1 where true)", "K0333 at 'true'"},
      {"metric m = round(1, 1.5)", "K0334 at '1.5'"},
      {"metric m = round(1, 1, half)", "K0211 at 'half'"},
      {"metric m = round(sum(orders.amount), 2, half_up)", ""},
      {"metric m = result(m)", "K0331 at 'result(m)'"},
      {"metric m = elapsed(joined, joined, shift)", "K0300 at 'joined'; K0300 at 'joined'; K0201 at 'shift'"},
      {"metric m = sum(native(orders.quantity))", "K0355 at 'orders.quantity'"},
      {"metric m = convert(sum(orders.amount))", "K0356 at 'sum(orders.amount)'"},
      {"metric m = convert(900 THB)", "K0357 at 'convert(900 THB)'"},
      {"exchange from fx { day : date currency : text rate : number }\nmetric m = sum(orders.amount) > convert(900 THB)", ""},
      {"metric m = min(1)", "K0344 at '1'"},
      {"param p : number = min(1)", "K0332 at 'min(1)'"},
      {"metric m = rank(sum(orders.amount), team)", ""},
      {"metric m = share(sum(orders.amount), [team, company])", ""},
      {"metric m = total(count(orders), 3)", "K0359 at '3'"},
      {"metric m = rolling(count(orders), 0)", "K0334 at '0'"},
      {"metric m = to_date(count(orders), yaer)", "K0211 at 'yaer'"},
      {"metric m = previous(count(orders), 3) + year_ago(count(orders)) + lifetime(count(orders))", ""},
      {"metric m = at_period(count(orders), 2026-Q2) + at_period(count(orders), 2025)", ""},
  });
}

TEST_CASE("aggregates") {
  check_cases({
      {"metric m = orders", "K0340 at 'orders'"},
      {"metric m = orders.amount", "K0341 at 'orders.amount'"},
      {"metric m = sum(orders.amount where sessions.views > 3)", "K0342 at 'sessions.views'"},
      {"metric m = sum(1)", "K0344 at '1'"},
      {"metric m = sum(orders.amount where count(sessions) > 3)", "K0345 at 'count(sessions)'"},
      {"metric m = sum(orders)", "K0347 at 'orders'"},
      {"metric m = count(orders.amount)", "K0348 at 'orders.amount'"},
      {"metric m = sum(orders.channel)", "K0349 at 'orders.channel'"},
      {"metric m = percentile(orders.wait, 900)", "K0350 at '900'"},
      {"metric m = avg(orders.amount each day)", "K0351 at 'day'"},
      {"metric m = avg(sum(orders.amount) each day where is_test)", "K0352 at 'is_test'"},
      {"metric m = avg(sum(orders.amount) each day)", ""},
      {"metric m = sum(orders.amount where k > 3) metric k = 1", "K0337 at 'k'"},
      {"metric m = sum(orders.amount at settled_at where channel = \"live\")", ""},
      {"metric m = sum(orders.amount at channel)", "K0321 at 'channel'"},
      {"exclude e kind test from sessions where views = 0 metric m = sum(orders.amount including e)", "K0354 at 'e'"},
      {"metric m = first(orders.channel)", ""},
      {"metric m = count(host)", ""},
      {"metric m = sum(orders.quantity * host.daily_budget)", ""},
  });
}

TEST_CASE("equal aggregates are one") {
  const auto bound = bind_text(kData + R"(
metric a = sum(orders.amount where channel = "live") / count(orders)
metric b = 2 * sum(orders.amount where channel = "live")
metric c = sum(orders.amount where orders.channel = "live") + sum(orders.amount where channel = "shop")
)");
  CHECK(bound->messages() == "");
  CHECK(bound->policy.aggregates.size() == 3);
}

TEST_CASE("exclusions") {
  check_cases({
      {"exclude e from orders where is_test", "K0434 at 'e'"},
      {"exclude e kind fake from orders where sum(orders.amount where buyer_id = this.buyer_id) > 3 GBP",
       "K0346 at 'sum(orders.amount where buyer_id = this.buyer_id)'"},
      {"exclude e kind fake from orders where count(orders where paid_at within 1 day of this.paid_at) > 3",
       "K0353 at 'paid_at within 1 day of this.paid_at'"},
      {"exclude e kind fake from orders where exists(sessions where host = this.host and started_at in this.paid_at ..= "
       "this.paid_at + 24 hours)", ""},
      {"exclude e kind fake from orders where buyer_id in staff.buyer_id or count(orders where buyer_id = this.buyer_id) > 5", ""},
      {"exclude e kind test from orders, sessions where host.site = \"x\"", ""},
      {"exclude e kind test from orders, sessions where views = 0", "K0200 at 'views'"},
  });
}

TEST_CASE("who rows belong to") {
  check_cases({
      {"events odd from odd at t { t : date } scorecard c for host every month { gate g requires count(odd) = 0 else score 0 }",
       "K0361 at 'count(odd) = 0'"},
      {"events two from two at t { t : date host : host buddy : host } payout p for host every month { amount count(two) * 1 GBP }",
       "K0362 at 'count(two) * 1 GBP'"},
      {"events two from two at t { t : date host : host buddy : host credit host } "
       "payout p for host every month { amount count(two) * 1 GBP }", ""},
      {"events shares from shares at t { t : date order : orders host : host } alert a for host every day when count(shares) > 1",
       "K0362 at 'count(shares) > 1'"},
      {"metric m = 2 * daily_budget payout p for team every month { amount m }", "K0363 at 'm'"},
      {"metric m = daily_budget > team.team_budget", "K0207 at 'team_budget'"},
      {"metric m = if host.site = \"a\" and staff.buyer_id = \"b\" then 1 else 0", "K0358 at 'staff.buyer_id'"},
      {"payout p for team every month { amount sum(orders.amount) }", ""},
      {"payout p for company every month { amount sum(orders.amount) }", ""},
  });
  const auto bound = bind_text(kData + "metric m = sum(orders.amount) metric b = daily_budget metric c = count(staff)");
  // company, host, team, staff
  CHECK(bound->policy.metrics[0].evaluable_for == std::vector<bool>{true, true, true, false});
  CHECK(bound->policy.metrics[1].evaluable_for == std::vector<bool>{false, true, false, false});
  CHECK(bound->policy.metrics[2].evaluable_for == std::vector<bool>{true, false, false, true});
  const auto two = bind_text(kData + "events two from two at t { t : date host : host buddy : host }\n"
                                     "payout p for host every month { amount count(two) * 1 GBP }");
  CHECK(two->messages().find("`two.host` and `two.buddy`") != std::string::npos);
}
