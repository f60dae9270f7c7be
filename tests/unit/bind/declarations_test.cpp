// What the binder says about declarations.
#include <catch2/catch.hpp>

#include <fstream>

#include "tests/unit/bind/support.hpp"

using namespace kpi::test;

namespace {

struct Case {
  std::string text;
  const char* findings;
};

void check_cases(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(check(one.text) == one.findings);
  }
}
void check_cases_alone(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(check_alone(one.text) == one.findings);
  }
}
std::string header(const std::string& clauses) {
  return bind_text("edition 2026\npolicy p {\n" + clauses + "\n}\n")->findings();
}

const std::string kPhases = "phases for host { young when age(joined) < 90 days  old otherwise }\nmetric m = sum(orders.amount)\n";

std::string scorecard(const std::string& table, const std::string& rest = "") {
  return check(kPhases + "scorecard s for host every month {\n" + table + "\n" + rest + "}\n");
}

}  // namespace

TEST_CASE("every declaration of the language together") {
  std::ifstream file(KPI_SOURCE_DIR "/tests/unit/bind/whole_language.kpi");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(!text.empty());
  CHECK(bind_text(text)->messages() == "");
}

TEST_CASE("the policy block") {
  CHECK(header("currency GBP\ntimezone \"Europe/London\"") == "K0400 at 'p'");
  CHECK(header("currency GPB\ntimezone \"Europe/London\"\neffective 2026-01-01") == "K0212 at 'GPB'");
  CHECK(header("currency GBP\ntimezone \"Europe/Londn\"\neffective 2026-01-01") == "K0213 at '\"Europe/Londn\"'");
  CHECK(header("currency GBP\ntimezone \"UTC\"\neffective 2026-07-01 to 2026-01-01") == "K0403 at '2026-01-01'");
  CHECK(header("currency GBP\ncurrency EUR\ntimezone \"UTC\"\neffective 2026-07-01") == "K0401 at 'currency'");
  CHECK(header("currency \"GBP\"\ntimezone \"UTC\"\neffective 2026-07-01") == "K0402 at 'currency \"GBP\"'");
  CHECK(header("currency GBP\ntimezone \"UTC\"\neffective 2026-07-01 to 2026-08-01\nannounced 2027-01-01") == "K0404 at 'announced'");
  CHECK(header("currency GBP\ntimezone \"UTC\"\neffective 2026-07-01\ncurency GBP") == "K0153 at 'curency'");
  CHECK(header("currency GBP\ntimezone \"UTC\"\neffective 2026-07-01 partial prorate\ntrial 2 months\nappeal 10 days") == "");
}

TEST_CASE("libraries") {
  const std::map<std::string, std::string> plan = {
      {"plan.kpi", "edition 2026\nlibrary plan { param rate : number = 2% range 0% ..= 20% metric base_rate = rate * 2 }"}};
  CHECK(check("use plan", plan) == "");
  CHECK(check("use plan with { rate = 5% }", plan) == "");
  CHECK(check("use plan with { rate = 50% }", plan) == "K0336 at '50%'");
  CHECK(check("use plan with { rat = 5% }", plan) == "K0218 at 'rat'");
  CHECK(check("use plan with { rate = 5%, rate = 6% }", plan) == "K0219 at 'rate'");
  CHECK(check("use plan with { rate = \"x\" }", plan) == "K0300 at '\"x\"'");
  CHECK(check("use plan\nmetric rate = 1", plan) == "K0204 at 'plan'");
  CHECK(check("use plan as x\nmetric rate = x.rate + x.base_rate", plan) == "");
  CHECK(check("use plan as x\nmetric m = x.rat", plan) == "K0217 at 'rat'");
  CHECK(check("use plan as x\nmetric m = x.base_rate(1)", plan) == "K0220 at 'x.base_rate'");
  CHECK(check("use missing", plan) == "K0214 at 'missing'");
  CHECK(check("use other", {{"other.kpi", kHeader}}) == "K0216 at 'other'");
  CHECK(check("use a", {{"a.kpi", "edition 2026\nlibrary a { use b }"}, {"b.kpi", "edition 2026\nlibrary b { use a }"}}) ==
        "K0215 at 'a'");
  // A library reads what it does not declare from the policy that uses it.
  CHECK(check("use more", {{"more.kpi", "edition 2026\nlibrary more { metric live = sum(orders.amount) }"}}) == "");
  const auto bound = bind_text(kData + "use plan as x with { rate = 7% }", plan);
  CHECK(bound->policy.params[0].named.name == "x.rate");
  CHECK(bound->policy.params[0].value.number().to_string() == "0.07");
}

TEST_CASE("entities and events") {
  check_cases_alone({
      {"entity e from e { id : txt key }", "K0210 at 'txt'"},
      {"entity e from e { id : text }", "K0417 at 'e'"},
      {"entity e from e { id : text key id : text }", "K0203 at 'id'"},
      {"entity e from e { id : text? key }", "K0414 at 'id'"},
      {"entity e from e { id : text key a : text label b : text label }", "K0415 at 'b'"},
      {"entity e from e { id : text key a : text key }", "K0413 at 'a'"},
      {"entity e from e { id : text key n : number stored as minor }", "K0411 at 'minor'"},
      {"entity e from e { id : text key n : duration }", "K0408 at 'duration'"},
      {"entity e from e { id : text key n : number from x = 3 }", "K0409 at 'x'"},
      {"entity e from e { id : text key n : number = id }", "K0300 at 'id'"},
      {"entity e from e { id : text key o : o a : e = o } entity o from o { id : text key }", "K0300 at 'o'"},
      {"entity e from e { id : text key a : number = b b : number = a }", "K0240 at 'a'"},
      {"entity e from e { id : text key n : number range \"a\" }", "K0316 at '\"a\"'"},
      {"entity e from e { id : text key a : money in USD }", "K0357 at 'USD'"},
      {"entity e from e { id : text key a : money in cur cur : number }", "K0412 at 'a'"},
      {"entity e from e { id : text key a : money in cur cur : text }", ""},
      {"entity e from e { id : text key a : money in GPB }", "K0212 at 'GPB'"},
      {"entity e from e { id : text key collected export }", "K0421 at 'collected'"},
      {"entity e from distinct v.e events v from v at t { t : date e : e }", ""},
      {"entity e from distinct v.e events v from v at t { t : date e : text }", "K0420 at 'e'"},
      {"entity e from distinct v events v from v at t { t : date e : e }", "K0419 at 'v'"},
      {"entity e from distinct v.e { x : text } events v from v at t { t : date e : e }", "K0418 at 'x'"},
      {"events v from v { t : date }", "K0424 at 'v'"},
      {"events v from v at t { t : date? }", "K0425 at 't'"},
      {"events v from v at t { t : date a : text label }", "K0416 at 'a'"},
      {"events v from v at t { t : date o : w } events w from w at t { t : date }", "K0410 at 'w'"},
      {"events v from v at t { t : date o : w } events w from w at t { k : text key t : date }", ""},
      {"events v from v at t { t : date a : text credit a }", "K0423 at 'a'"},
      {"events v from v at t { t : date active from t }", "K0422 at 'active'"},
      {"events v from v at t in z { t : date z : number }", "K0426 at 'z'"},
      {"events v from v at t in s.z { t : date s : s } entity s from s { id : text key z : text }", ""},
      {"events v from v at t in \"Mars\" { t : date }", "K0213 at '\"Mars\"'"},
      {"events v as order from v at t { t : date }", "K0211 at 'order'"},
      {"events v from v at x { t : date x : text }", "K0321 at 'x'"},
      {"events v from v where t at t { t : date }", "K0300 at 't'"},
  });
}

TEST_CASE("exchange, calendars and ensure") {
  check_cases({
      {"exchange from fx { day : date currency : text }", "K0428 at 'exchange'"},
      {"exchange from fx { day : date currency : text rate : number }\nexchange from g { day : date currency : text rate : number }",
       "K0427 at 'exchange'"},
      {"exchange from fx { day : text currency : text rate : number }", "K0300 at 'text'"},
      {"exchange from fx { day : date currency : text rate : number use month }", "K0211 at 'month'"},
      {"calendar c { mon..fri 18:00..09:00 }", "K0429 at 'mon..fri 18:00..09:00'"},
      {"calendar c { }", "K0431 at 'c'"},
      {"calendar c { mon..fri 09:00..18:00 wed 12:00..20:00 }", "K0430 at 'wed 12:00..20:00'"},
      {"calendar c { mon..fri 09:00..18:00 holidays from host.joined }", ""},
      {"ensure \"x\" sum(orders.quantity) = count(sessions)", "K0432 at 'sum(orders.quantity) = count(sessions)'"},
      {"ensure \"x\" sum(orders.quantity) = 1 for each sessions.host", "K0433 at 'sessions.host'"},
      {"ensure \"x\" sum(orders.quantity) = 1 for each orders.buyer_id", ""},
      {"ensure \"x\" period.days = 1", "K0339 at 'period.days'"},
  });
}

TEST_CASE("metric clauses") {
  check_cases({
      {"metric m = [1, 2]", "K0436 at '[1, 2]'"},
      {"metric m = []", "K0319 at '[]'"},
      {"metric m = true { show percent 1 }", "K0437 at 'show percent 1'"},
      {"metric m = sum(orders.amount) { show percent 1 }", "K0438 at 'percent'"},
      {"metric m = sum(orders.amount) { show in minutes }", "K0438 at 'minutes'"},
      {"metric m = avg(orders.wait) { show in minutes }", ""},
      {"metric m = 1 { better lower better higher }", "K0401 at 'better'"},
      {"metric m = 1 { better loewr }", "K0211 at 'loewr'"},
      {"metric m = 1 { needs 3 }", "K0300 at '3'"},
      {"metric m = 1 { needs count(orders) >= 30 }", ""},
      {"param least : number = 7 metric m = 1 { needs count(orders) >= least }", ""},
  });
  CHECK(bind_text(kData + "metric m = 1 { needs count(orders) >= 30 }")->policy.metrics[0].needs_limit == "30");
}

TEST_CASE("phases, tables and curves") {
  check_cases({
      {"phases for host { a otherwise } phases for host { b otherwise }", "K0435 at 'host'"},
      {"phases for host { a when phase = a  b otherwise }", "K0360 at 'phase'"},
      {"metric k = if phase = a then 1 else 0 phases for host { a when k > 0  b otherwise }", "K0360 at 'k > 0'"},
      {"phases for host { a when 1 > 0  a otherwise }", "K0203 at 'a'"},
      {"curve c(x) line {\n| from | value |\n | 0 | 1 |\n}", "K0470 at 'from'"},
      {"curve c(x) line {\n| at | value |\n | 5 | 1 |\n | 5 | 2 |\n}", "K0471 at '5'"},
      {"curve c(x) line {\n| at | value |\n | 5 | - |\n}", "K0473 at '-'"},
      {"curve c(x) line {\n| at | value |\n | 5 | 1 GBP |\n | 6 | 2 |\n}", "K0305 at '2'"},
      {"curve c(x) brackets {\n| from | rate |\n | 0 GBP | 1% |\n | 20 GBP | 2% |\n}\nmetric m = c(sum(orders.amount)) + 1 GBP", ""},
      {"table t(x) {\n| x | value |\n | 1 | 1 |\n |  | 2 |\n}", "K0474 at ''"},
      {"table t(x) {\n| x | value |\n | != 1 | 1 |\n | otherwise | 2 |\n}", "K0475 at '!= 1'"},
      {"table t(x, y) {\n| x | y | value |\n | 1 | 2 | 1 |\n | otherwise | 2 | 2 |\n}", "K0476 at '2'"},
      {"table t(x, y) {\n| x | value |\n | 1 | 1 |\n | otherwise | 2 |\n}", "K0477 at 'y'"},
      {"table t(x) {\n| x | value | z |\n | 1 | 1 | 1 |\n | otherwise | 2 | 2 |\n}", "K0229 at 'z'"},
      {"table t(x) {\n| x | value |\n | 1 | 1 GBP |\n | otherwise | 2 |\n}", "K0305 at '2'"},
      {"table t(x) {\n| x | value |\n | \"a\" | 1 |\n | 3 | 2 |\n}", "K0309 at '3'"},
      {"table t(x) {\n| x | value |\n | 1 | 1 |\n | otherwise | 2 |\n}\nmetric m = t(1, 2)", "K0332 at 't(1, 2)'"},
      {"table t(x) {\n| x | value |\n | 1 | 1 |\n | otherwise | 2 |\n}\nmetric m = t(\"a\")", "K0300 at '\"a\"'"},
      {"table t(x) {\n| x | value |\n | 1 | m |\n | otherwise | 2 |\n}\nmetric m = t(1)", "K0240 at 't(1)'"},
  });
  const auto bound = bind_text(kData + "phases for host { young when age(joined) < 90 days  old otherwise }\n"
                                       "table goal(site, phase) {\n| site | phase | value |\n | \"UK\" | young | 8_000 GBP |\n"
                                       " | [\"TH\", \"VN\"] | - | 6_000 GBP |\n | otherwise | | 1_000 GBP |\n}\n"
                                       "table size(n) {\n| n | value |\n | ..5 | 1 |\n | 5..=9 | 2 |\n | > 9 | 3 |\n}\n"
                                       "metric m = size(count(orders))\n"
                                       "payout p for host every month { amount goal(site, phase) }");
  CHECK(bound->messages() == "");
  const std::string dump = kpi::model::dump(bound->policy);
  CHECK(dump.find("| \"UK\" | young | 8000 GBP |") != std::string::npos);
  CHECK(dump.find("| \"TH\", \"VN\" | - | 6000 GBP |") != std::string::npos);
  CHECK(dump.find("| 9<.. | 3 |") != std::string::npos);
}

TEST_CASE("scorecard tables") {
  const std::string good = "| metric | weight | target | curve |\n| m | 100% | 5 GBP | linear |";
  CHECK(scorecard(good) == "");
  CHECK(scorecard("| metric | weight | young | old |\n| m | 100% | 5 GBP | 6 GBP |") == "");
  CHECK(scorecard("| metric | weight | target | curv |\n| m | 100% | 5 GBP | linear |") == "K0229 at 'curv'");
  CHECK(scorecard("| metric | weight | weight | target |\n| m | 50% | 50% | 5 GBP |") != "");
  CHECK(scorecard("| metric | weight |\n| m | 100% |") == "K0480 at 'metric | weight'");
  CHECK(scorecard("| metric | weight | young |\n| m | 100% | 5 GBP |") == "K0480 at 'metric | weight | young'");
  CHECK(scorecard("| metric | weight | target | old |\n| m | 100% | 5 GBP | 5 GBP |") == "K0481 at 'target'");
  CHECK(scorecard("| metric | weight | target |\n| m | 99.99% | 5 GBP |") == "K0482 at 'weight'");
  CHECK(scorecard("| metric | weight young | weight old | target |\n| m | 100% | 90% | 5 GBP |") == "K0483 at 'weight old'");
  CHECK(scorecard("| metric | weight | target |\n| m | -100% | 5 GBP |") == "K0484 at '-100%'");
  CHECK(scorecard("| metric | weight | target |\n| 2 * m | 100% | 5 GBP |") == "K0485 at '2 * m'");
  CHECK(scorecard("| metric | weight | target |\n| m | 50% | 5 GBP |\n| m | 50% | 6 GBP |") == "K0486 at 'm'");
  CHECK(check("metric b = true\nscorecard s for host every month {\n| metric | weight | target |\n | b | 100% | 1 |\n}") == "K0487 at 'b'");
  CHECK(scorecard("| metric | weight | target | curve |\n| m | 100% | 5 GBP | 3 |") == "K0488 at '3'");
  CHECK(scorecard("| metric | weight | target | curve |\n| m | 100% | 5 GBP | linaer |") == "K0228 at 'linaer'");
  CHECK(scorecard("| metric | weight | target | curve |\n| m | 100% | 5 GBP | capped(0%) |") == "K0489 at '0%'");
  CHECK(scorecard("| metric | weight | target | curve |\n| m | 100% | 5 GBP | c |",
                  "} curve c(x) line {\n | at | value |\n | 0 GBP | 1 |\n") == "K0490 at 'c'");
  CHECK(scorecard("| metric | weight | target | curve | attain |\n| m | 100% | 5 GBP | pass | ratio |") == "K0491 at 'ratio'");
  CHECK(scorecard("| metric | weight | target | curve | attain |\n| m | 100% | 5 GBP | pass | - |") == "");
  CHECK(scorecard("| metric | weight | target | curve | attain |\n| m | 100% | 5 GBP | linear | from 1 GBP |") == "");
  CHECK(scorecard("| metric | weight | target |\n| m | 100% | - |") == "K0492 at '-'");
  CHECK(scorecard("| metric | weight | target |\n| m | 100% | 0 GBP |") == "K0493 at '0 GBP'");
  CHECK(scorecard("| metric | weight | target |\n| m | 100% | 5 |") == "K0302 at '5'");
  CHECK(scorecard("| metric | weight | target | missing |\n| m | 100% | 5 GBP | zro |") == "K0211 at 'zro'");
  CHECK(scorecard("| metric | weight | target |") == "K0472 at '| metric | weight | target |'");
  CHECK(scorecard("", "") == "K0494 at 's'");
  CHECK(check("metric m = 1 scorecard s for host { gate g requires m = 1 else unscored }") == "K0479 at 's'");
  CHECK(scorecard(good, "gate g requires m > 0 else score 0  gate g requires m > 0 else unscored") == "K0203 at 'g'");
  CHECK(scorecard(good, "gate g requires m > 3 else score 0") == "K0305 at '3'");
  CHECK(bind_text(kData + kPhases + "scorecard s for host every month {\n| metric | weight | target |\n| m | 99.99% | 5 GBP |\n}")
            ->messages()
            .find("99.99%") != std::string::npos);
}

TEST_CASE("the defaults of a scorecard row") {
  const auto bound = bind_text(kData + "metric up = 1 metric down = 2 { better lower }\n"
                                       "scorecard s for team every week {\n| metric | weight | target |\n | up | 50% | 1 |\n | down | 50% | 1 |\n"
                                       " missing skip }");
  CHECK(bound->messages() == "");
  const auto& card = bound->policy.scorecards[0];
  CHECK(card.rows[0].attain == kpi::model::Attain::ratio);
  CHECK(card.rows[1].attain == kpi::model::Attain::mirror);
  CHECK(card.rows[1].missing == kpi::model::Missing::skip);
  CHECK(card.population == kpi::model::Population::period);   // team is a distinct entity
}

TEST_CASE("payouts") {
  const std::string card = "metric m = sum(orders.amount) metric n = 1 scorecard s for host every month {\n| metric | weight | target |\n"
                           " | m | 100% | 5 GBP |\n}\n";
  const auto payout = [&](const std::string& text) { return check(card + text); };
  CHECK(payout("payout p for host from s { amount m * (score / 100) rounding half_up }") == "");
  CHECK(payout("payout p for team from s { amount m }") == "K0495 at 's'");
  CHECK(payout("payout p for host from s every week { amount m }") == "K0496 at 'week'");
  CHECK(payout("payout p for host { amount m }") == "K0479 at 'p'");
  CHECK(payout("payout p for host from s { cap 3 GBP }") == "K0497 at 'p'");
  CHECK(payout("payout p for host from s { amount m pool 3 GBP by m }") == "K0498 at 'pool'");
  CHECK(payout("payout p for host from s { amount m penalty late = 3 GBP from base }") == "K0499 at 'base'");
  CHECK(payout("payout p for host from s { amount m draw 800 GBP recover 150% }") == "K0460 at '150%'");
  CHECK(payout("payout p for host from s { amount m floor 5 GBP cap 3 GBP }") == "K0461 at '3 GBP'");
  CHECK(payout("payout p for host from s { amount n }") == "K0302 at 'n'");
  CHECK(payout("payout p for host from s { amount m cap 5 USD }") == "K0303 at '5 USD'");
  CHECK(payout("payout p for host from s { amount result(n).target * 1 GBP }") == "K0227 at 'n'");
  CHECK(payout("payout p for host from s { amount result(m).target + result(m).points * 1 GBP }") == "");
  CHECK(payout("payout p for host from s { amount m amount m }") == "K0401 at 'amount'");
  CHECK(payout("payout p for host from s { amount m rounding nearest }") == "K0211 at 'nearest'");
  CHECK(payout("payout p for host every month { amount score * 1 GBP }") == "K0226 at 'score'");
  CHECK(payout("payout p for host from s { pool 9 GBP by score within team }") == "");
  CHECK(payout("payout p for host from s { pool 9 GBP by score within orders }") == "K0202 at 'orders'");
  CHECK(payout("payout p for host from s { pool 9 GBP by score within staff }") == "K0359 at 'staff'");
  CHECK(payout("payout p for host from s { amount m cap 5 GBP carry draw 1 GBP recover 50% clawback within 60 days "
               "earned after 14 days payable after 1 month paid when n = 1 budget 9 GBP prorate active_days / period.days "
               "assume fake_order_cost = 35 GBP evidence signed \"HR\" }") == "");
}

TEST_CASE("alerts and labels") {
  check_cases({
      {"alert a for host every day when count(orders) > 3 for 2 weeks", "K0462 at '2 weeks'"},
      {"alert a for host every day when count(orders) > 3 for 3 days { message \"{name}: {{x} {period}\" }", ""},
      {"alert a for host every day when count(orders) > 3 { message \"{nam}\" }", "K0231 at '{nam}'"},
      {"alert a for host every day when count(orders) > 3 { message \"{}\" }", "K0232 at '{}'"},
      {"labels zh { orders \"订单\" orders.amount \"金额\" p \"方案\" }", ""},
      {"labels zh { order \"订单\" }", "K0230 at 'order'"},
      {"labels fr { orders \"commandes\" }", "K0211 at 'fr'"},
  });
  const auto bound = bind_text(kData + "labels zh { host \"主播\" }");
  CHECK(bound->policy.label(bound->policy.entities[1].named, "zh") == "主播");
  CHECK(bound->policy.label(bound->policy.entities[1].named, "en") == "Host");
}

TEST_CASE("tests") {
  const std::string card = "phases for host { young when age(joined) < 90 days  old otherwise }\nmetric m = sum(orders.amount)\n"
                           "metric n = count(orders)\nexclude e kind test from orders where is_test\n"
                           "scorecard s for host every month {\n| metric | weight | target |\n | m | 100% | 5 GBP |\n}\n"
                           "payout bonus for host from s { amount m }\nalert a for host every day when n > 1\n";
  const auto test = [&](const std::string& body) { return check(card + "test \"t\" {\n" + body + "\n}\n"); };
  const std::string row = "expect host \"h1\"\n | m |\n | 5 GBP |";
  CHECK(test("period 2026-07\n" + row) == "");
  CHECK(test(row) == "K0750 at 'test'");
  CHECK(test("period 2026-07") == "K0751 at 'test'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | m |\n | 5 GBP |\n | 6 GBP |") == "K0752 at '| m |\n | 5 GBP |\n | 6 GBP |'");
  CHECK(test("period 2026-07\nexpect team \"t1\"\n | bonus |\n | 5 GBP |") == "K0753 at 'bonus'");
  CHECK(test("period 2026-07\nexpect team \"t1\"\n | score |\n | 5 |") == "K0754 at 'score'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | m |\n | ~ 5 GBP +- 1 GBP |") == "");
  CHECK(test("period 2026-07\nexpect team \"t1\"\n | phase |\n | young |") == "K0239 at 'phase'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | phase | score | bonus | n |\n | young | 1058/11 | none | unscored |") == "");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | s |\n | 100 |") == "");
  CHECK(test("period 2026-07\nexpect team \"t\"\n | s |\n | 100 |") == "K0753 at 's'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | phase |\n | yuong |") == "K0211 at 'yuong'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | gmv |\n | 1 |") == "K0237 at 'gmv'");
  CHECK(test("period 2026-07\nexpect host \"h1\"\n | m |\n | 1 |") == "K0302 at '1'");
  CHECK(test("period 2026-07\nexpect excluded orders \"o3\" by e\nexpect alert a host \"h1\"\nexpect error K0482") == "");
  CHECK(test("period 2026-07\nexpect excluded sessions \"o3\" by e") == "K0354 at 'e'");
  CHECK(test("period 2026-07\nexpect error K9999") == "K0238 at 'K9999'");
  CHECK(test("period 2026-07\nexpect alert b host \"h1\"") == "K0201 at 'b'");
  CHECK(test("period 2026-07\ngiven oders\n | order_id |\n | \"o\" |\n" + row) == "K0235 at 'oders'");
  CHECK(test("period 2026-07\ngiven orders\n | order |\n | \"o\" |\n" + row) == "K0236 at 'order'");
  CHECK(test("period 2026-07\ngiven orders\n | amount |\n | 5 USD |\n" + row) == "K0303 at '5 USD'");
  CHECK(test("period 2026-07\ngiven orders\n | quantity |\n | 1.5 |\n" + row) == "K0335 at '1.5'");
  const auto bound = bind_text(kData + card + "test \"t\" { period 2026-07\n given orders\n | Order ID | wait | paid_at |\n"
                                              " | \"o\" | 2 hours | 2026-07-01T10:00 |\n" + row + "\n}");
  CHECK(bound->messages() == "");
  const auto& given = bound->policy.tests[0].given[0];
  CHECK(given.columns == std::vector<std::string>{"order_id", "wait", "paid_at"});
  CHECK(given.rows[0][1].number().to_string() == "120");          // minutes, as the column stores them
  CHECK(given.rows[0][2].text() == "2026-07-01T10:00");
}

TEST_CASE("imports") {
  check_cases({
      {"import i into orders { order_id from \"Order ID\" trim  amount from \"Amount\" decimal \".\" group \",\"  currency = \"GBP\" }", ""},
      {"import i into orders { skip rows where `Order ID` = \"x\" }", "K0463 at 'i'"},
      {"import i into orders { amount from \"Amount\" decimal \",\" group \",\" }", "K0464 at '\",\"'"},
      {"import i into orders { amount from \"Amount\"\n key order }", "K0229 at 'order'"},
      {"import i into orders { amount from \"A\"  amount from \"B\" }", "K0478 at 'amount'"},
  });
  const auto bound = bind_text(kData + "import i into orders { skip rows where `Order ID` = \"x\" or starts_with(Note, \"y\")\n"
                                       "order_id from \"Order ID\" or \"OrderID\" trim\n key order_id }");
  CHECK(bound->messages() == "");
  CHECK(bound->policy.imports[0].header_fields == std::vector<std::string>{"Order ID", "Note"});
  CHECK(bound->policy.imports[0].columns[0].headers == std::vector<std::string>{"Order ID", "OrderID"});
}

TEST_CASE("rules, exceptions and attacks") {
  check_cases({
      {"rule r error { for metric m where m.affects(pay) and not exists(alert a where a.reads(m)) report on m \"`{m}`\" authority house }", ""},
      {"rule r error { for metrik m report on m \"x\" authority house }", "K0211 at 'metrik'"},
      {"rule r error { for metric m where n.affects(pay) report on m \"x\" authority house }", "K0233 at 'n'"},
      {"rule r error { for metric m report on k \"x {j}\" authority house }", "K0233 at 'k'; K0233 at '{j}'"},
      {"rule r error { for metric m help \"x\" authority house }", "K0465 at 'rule'"},
      {"rule payout-jump error { for metric m report on m \"x\" authority house }\nallow payout-jmp on orders { because \"b\" owner \"o\" until 2026-12-31 }",
       "K0234 at 'payout-jmp'"},
      {"allow payout-cliff on bons { because \"b\" owner \"o\" until 2026-12-31 }", "K0200 at 'bons'"},
      {"allow payout-cliff on orders { because \"b\" owner \"o\" }", "K0466 at 'allow'"},
      {"attack a { adds 1 ..= 20 orders { amount in 1 GBP ..= 500 GBP  refunded next period = amount } cost 8% * amount + 5 GBP }", ""},
      {"attack a { cost 0 }", "K0467 at 'a'"},
      {"attack a { adds 1 orders.amount }", "K0468 at 'orders.amount'"},
      {"attack a { removes 3 of orders }", "K0469 at 'orders'"},
      {"attack a { adds 1 orders { amount in 1 ..= 5 }  cost 0 }", "K0302 at '1 ..= 5'"},
  });
}

TEST_CASE("conditions of rules") {
  const auto rule = [](const std::string& condition) {
    return "rule r error { for metric m, payout p, row k where " + condition + " report on m \"x\" authority house }";
  };
  check_cases({
      {rule("m.nature in [volume, value] and p.payee = employee and employee = p.payee"), ""},
      {rule("p.cap is none or p.cap > 500 or p.cap.value * 2 > p.assumption(fake_order_cost) default 3"), ""},
      {rule("count(row x where x.scorecard = k.scorecard) > 3 and sum(row x, x.weight where x.metric = m) < 50%"), ""},
      {rule("policy.effective_to - policy.effective_from > 366 days and policy.announced + 30 days > 2026-01-01"), ""},
      {rule("k.target > 8 hours and k.target / 1 hour > 3 and UK in policy.markets"), ""},
      {rule("m.excludes(fake) and m.excludes(kind: fake, role: orders) and m.reads(orders) and p.reads(metric: m)"), ""},
      {rule("contains(m.label, [\"a\", \"b\"]) and m.mentions(\"view\", \"like\")"), ""},
      {rule("m.weigth > 1"), "K0900 at 'weigth'"},
      {rule("m.weight.unit = money"), "K0900 at 'unit'"},
      {rule("m.excludes(kinds: fake)"), "K0901 at 'kinds'"},
      {rule("m.excludes(role: orders)"), "K0902 at 'm.excludes(role: orders)'"},
      {rule("m.excludes(kind: fakes)"), "K0211 at 'fakes'"},
      {rule("m.lower_is_better(3)"), "K0903 at '3'"},
      {rule("m.weight"), "K0904 at 'm.weight'"},
      {rule("not m.unit"), "K0904 at 'm.unit'"},
      {rule("p.payee = emploee"), "K0211 at 'emploee'"},
      {rule("m = p"), "K0905 at 'm = p'"},
      {rule("m.unit > 3"), "K0905 at 'm.unit > 3'"},
      {rule("sqrt(m.weight) > 1"), "K0906 at 'sqrt'"},
      {rule("m.matures within 3 days of m.matures"), "K0907 at 'm.matures within 3 days of m.matures'"},
      {"rule r error { for metric m report on m \"x\" }", "K0909 at 'rule'"},
      {"rule r error { for metric m report on m \"x\" authority law }", "K0910 at 'law'"},
      {"rule r error { for metric m report on m \"this is illegal\" authority house }", "K0908 at '\"this is illegal\"'"},
      {"rule r error { for metric m report on m \"x\" zh \"y\" zh \"z\" authority house }", "K0912 at 'zh \"z\"'"},
      {"table t(a) {\n | a | value |\n | \"x\" | 1 |\n | otherwise | 2 |\n}\n" + rule("m.weight > t(\"x\")"), ""},
      {"table t(a) {\n | a | value |\n | \"x\" | 1 |\n | otherwise | 2 |\n}\n" + rule("m.weight > t(\"x\", 3)"),
       "K0911 at 't(\"x\", 3)'"},
  });
}

TEST_CASE("a broken declaration is one mistake") {
  CHECK(check("metric m = (1 +\nmetric n = m + 1\nmetric k = sum(orders.amuont)").find("K0200") == std::string::npos);
}

TEST_CASE("messages exist in Chinese") {
  const auto bound = bind_text(kData + "metric m = sum(orders.amount) + 3");
  CHECK(bound->messages(kpi::source::Language::zh).find("`3 GBP`") != std::string::npos);
}
