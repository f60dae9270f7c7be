#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "tests/unit/syntax/parsing.hpp"

using namespace kpi;
using test::parse;

namespace {

// What stands behind the edition and the policy.
std::string dumped(const std::string& text) {
  const test::Parsed parsed = parse(text);
  const std::string all = syntax::dump(parsed.file);
  const std::string header = "edition 2026\npolicy p\n  currency GBP\n";
  return parsed.findings() + all.substr(header.size());
}

}  // namespace

TEST_CASE("policy", "[declaration]") {
  const auto parsed = test::parse_file(R"(edition 2026
## What it is for.
## Two lines.
policy p "Label" {
  version "1.2.0" market UK, DE platform tiktok_shop currency GBP
  effective 2026-07-01 to 2026-12-31 partial prorate
  trial 2 months  appeal 10 days
  owner
    "uk-ops"
  evidence consulted "staff forum"
  later_key "kept"
  partial prorate
})");
  CHECK(parsed.findings().empty());
  CHECK(syntax::dump(parsed.file) == R"(edition 2026
## What it is for.
## Two lines.
policy p "Label"
  version "1.2.0"
  market UK, DE
  platform tiktok_shop
  currency GBP
  effective 2026-07-01 to 2026-12-31 partial prorate
  trial 2 months
  appeal 10 days
  owner "uk-ops"
  evidence consulted "staff forum"
  later_key "kept"
  partial prorate
)");
  const auto& clauses = parsed.first<syntax::PolicyDecl>().clauses;
  CHECK(clauses[4].has_to);
  CHECK(clauses[4].partial_prorate);
  CHECK(clauses.back().partial_prorate);
}

TEST_CASE("library and use", "[declaration]") {
  const auto parsed = test::parse_file(R"(edition 2026
library host_plan "Plan" {
  version "1"
  param rate "Rate" : number = 2% range 0% ..= 20%
  param pay : money in GBP
  metric m = 1 { better lower }
}
use std.live as live
use templates.host_plan with { rate = 2%, floor = 60, }
use "near.kpi"
)");
  CHECK(parsed.findings().empty());
  CHECK(syntax::dump(parsed.file) == R"(edition 2026
library host_plan "Plan"
  version "1"
param rate "Rate" : number = 2% range 0% ..= 20%
param pay : money in GBP
metric m = 1
  better lower
use std.live as live
use templates.host_plan
  rate = 2%
  floor = 60
use "near.kpi"
)");
  CHECK(parse("use a with { x = 1 y = 2 }").messages() == "unexpected `y`, expected `,` or `}`\n");
}

TEST_CASE("fields whose names are words of the language", "[declaration]") {
  const auto parsed = parse(R"(entity e from t {
  kind : text label : text message : text target : text
  at : datetime from : date key : text personal : boolean in : money in in : text
  range : number range 0 .. 5 active : boolean use : text
  x : number = a default 0 default : number
  is : text and : text not : text where : text where_ : text
  active from from to at
  key (key, at)
})");
  CHECK(parsed.messages() == "unexpected `:`, expected `in`, `from`, `=`, a clause or `}`\n");  // `in : money in in : text`
  const auto good = parse(R"(entity e from t {
  kind : text label : text message : text target : text
  at : datetime from : date key : text personal : boolean in : money in GBP
  range : number range 0 .. 5 active : boolean collected : text
  x : number = a default 0 default : number
  is : text and : text not : text where : text
  name : text label
  active from from to at
  key (key, at)
})");
  CHECK(good.findings().empty());
  const auto& entity = good.first<syntax::EntityDecl>();
  CHECK(entity.fields.size() == 19);
  CHECK(entity.fields[9].range.has_value());
  CHECK(entity.fields[18].flags.size() == 1);
  REQUIRE(entity.clauses.size() == 2);
  CHECK(entity.clauses[0].active_from->text == "from");
  CHECK(entity.clauses[0].active_to->text == "at");
  CHECK(entity.clauses[1].words.size() == 2);
}

TEST_CASE("entities and events", "[declaration]") {
  CHECK(dumped(R"(entity host "Host" from hosts where region = "UK" {
  ## The key.
  host_id : text key
  left : date? from `Left On`
  wait : duration in minutes
  pay : money in currency stored as minor
  margin : money = amount * 30%
  active from joined to left
}
entity team from distinct host.team
entity odd from distinct { id : text }
events returns "Returns" as refunds from "order lines" where quantity < 0 at returned_at in shop.timezone {
  status : text from "Order Status" personal
  collected manual by "line manager" covers from 2026-01-01 duplicates keep_first credit host
}
events x at t in "Asia/Bangkok" from y as ads { collected export }
)") == R"(entity host "Host" from hosts where region = "UK"
  ## The key.
  host_id : text key
  left : date? from `Left On`
  wait : duration in minutes
  pay : money in currency minor
  margin : money = amount * 30%
  active joined, left
entity team from distinct host.team
entity odd from distinct
  id : text
events returns "Returns" as refunds from "order lines" where quantity < 0 at returned_at in shop.timezone
  status : text from "Order Status" personal
  collected manual "line manager"
  covers 2026-01-01
  duplicates keep_first
  credit host
events x as ads from y at t in "Asia/Bangkok"
  collected export
)");
  CHECK(parse("entity e from t {\n ## The key.\n id : text key\n}").first<syntax::EntityDecl>().fields[0].doc == "The key.");
}

TEST_CASE("exchange, ensure, calendar, exclude", "[declaration]") {
  CHECK(dumped(R"(exchange from fx_rates { day : date currency : text rate : number use day of event }
ensure "Shares add up" sum(credits.share) = 1 for each credits.order
ensure a > 0
calendar shift "Shift" { mon..fri 09:00..18:00 holidays from holidays.day }
exclude fake kind fake from sales, returns where x in staff.x or count(sales where x = this.x and t within 1 day of this.t) > 5 {
  because "more than five"
}
exclude test where is_test from sales
)") == R"(exchange from fx_rates
  day : date
  currency : text
  rate : number
  use day
ensure "Shares add up" sum(credits.share) = 1 for each credits.order
ensure a > 0
calendar shift "Shift"
  mon..fri 09:00..18:00
  holidays from holidays.day
exclude fake kind fake from sales, returns where x in staff.x or count(sales where x = this.x and t within 1 day of this.t) > 5
  because "more than five"
exclude test from sales where is_test
)");
}

TEST_CASE("metrics, phases, tables, curves", "[declaration]") {
  CHECK(dumped(R"(metric m "M" = sum(a.b) { better lower show percent 1 needs count(a) >= 30 matures after 14 days tags x, y basis "paid" owner "me" }
metric n = 1 { show in minutes } metric count = 2
phases for host { cold "Cold" when age(joined) < 90 days mature otherwise }
table t(site, phase) "T" {
  | site | value |
  | "UK" | 1 |
}
curve c "C"(score) steps {
  | from | value |
  | 60 | 0.8 |
}
)") == R"(metric m "M" = sum(a.b)
  better lower
  show percent 1
  needs count(a) >= 30
  matures 14 days
  tags x, y
  basis "paid"
  owner "me"
metric n = 1
  show in, minutes
metric count = 2
phases for host
  cold "Cold" when age(joined) < 90 days
  mature otherwise
table t "T" (site, phase)
  | site | value |
  | "UK" | 1 |
curve c "C" (score) steps
  | from | value |
  | 60 | 0.8 |
)");
  CHECK(parse("curve c(a, b) line {\n| at | value |\n| 1 | 2 |\n}").findings() == "K0165 3:12");
  CHECK(parse("curve c(a) stpes {\n| at | value |\n| 1 | 2 |\n}").messages() ==
        "unexpected `stpes`, expected `steps`, `line` or `brackets` (steps)\n");
}

TEST_CASE("scorecards, payouts, alerts", "[declaration]") {
  CHECK(dumped(R"(scorecard s "S" every month for host {
  | metric | weight |
  | m | 100% |
  gate a "A" requires x = 0 else score 0
  gate b requires y else score at most 60 + 1
  gate c requires if p then q else r else unscored
  missing skip population ever
}
payout bonus "Bonus" for host from s {
  payee employee base 1_800 GBP amount c(m) * d(score) prorate active_days / period.days
  penalty late "Late" = late * 10 GBP from bonus floor 0 cap 1_500 GBP carry paid when v = 0 budget 40_000 GBP
  earned after 14 days payable after 30 days rounding half_even assume fake_order_cost = 35 GBP
  evidence signed_copy "HR" pool 40_000 GBP by score within team draw 800 GBP recover 50% clawback within 60 days
  cap 1_500 GBP
}
payout other for host every week { amount 1 GBP }
alert a "A" critical for host every day when sum(ads.spend) > 110% * budget for 3 days { message "stop" owner "me" }
alert b for host when x
)") == R"(scorecard s "S" for host every month
  | metric | weight |
  | m | 100% |
  gate a "A" requires x = 0 else score 0
  gate b requires y else score at most 60 + 1
  gate c requires if p then q else r else unscored
  missing skip
  population ever
payout bonus "Bonus" for host from s
  payee words employee
  base = 1800 GBP
  amount = c(m) * d(score)
  prorate = active_days / period.days
  penalty late "Late" = late * 10 GBP words bonus
  floor = 0
  cap = 1500 GBP words carry
  paid = v = 0
  budget = 40_000 GBP
  earned = 14 days
  payable = 30 days
  rounding words half_even
  assume fake_order_cost = 35 GBP
  evidence signed_copy "HR"
  pool = 40_000 GBP second = score words team
  draw = 800 GBP second = 50%
  clawback = 60 days
  cap = 1500 GBP
payout other for host every week
  amount = 1 GBP
alert a "A" critical for host every day when sum(ads.spend) > 110% * budget for 3 days
  message "stop"
  owner "me"
alert b for host when x
)");
}

TEST_CASE("rules, exceptions, attacks", "[declaration]") {
  const std::string text = R"(rule no-fake-2 error "Leave fakes out" zh "剔除虚假订单" {
  for payout p, metric m where m.affects(pay, score) and not m.excludes(kind: fake)
  report on m "`{m}` counts"
    zh "`{m}` 计入"
  help "add `exclude …`" zh "请添加"
  authority platform
  cite "Guidelines"
  cite "Law" "art. 17" zh "法" "第十七条" market CN since 2025-10-15 status verified checked 2026-02-03 url "https://example.org"
  applies market CN, UK platform tiktok_shop until 2027-01-01
  error in VN, MY warning in UK
  rationale "why" checked 2026-01-01
  fix "do it" zh "修复" insert "cap 3 GBP" into p
  fails { edition 2026 policy q { currency GBP } metric a = 1 { better lower } }
  passes {
    metric b = 2
  }
}
allow payout-cliff on monthly.bonus { because "agreed" owner "people" until 2026-12-31 }
attack self_purchase "Self" {
  adds 1 ..= 20 sales { amount in 1 GBP ..= 500 GBP refunded next period = amount, x = 1 }
  removes 0 ..= 10_000 of sessions.views
  changes sales.amount to 5 GBP
  moves sales by one period
  splits
  cost 8% * amount + 5 GBP
}
attack hide { removes 0 ..= 10_000 of sessions.views cost 0 }
)";
  CHECK(dumped(text) == R"(rule no-fake-2 "Leave fakes out" zh "剔除虚假订单" error
  for payout p
  for metric m
  where m.affects(pay, score) and not m.excludes(kind: fake)
  report on m "`{m}` counts" zh "`{m}` 计入"
  help "add `exclude …`" zh "请添加"
  authority platform
  cite "Guidelines"
  cite "Law", "art. 17" zh "法", "第十七条" market CN since 2025-10-15 status verified checked 2026-02-03 url "https://example.org"
  applies market CN, UK platform tiktok_shop until 2027-01-01
  error in VN, MY
  warning in UK
  rationale "why"
  fix "do it" zh "修复" insert "cap 3 GBP" into p
  checked 2026-01-01
  fails
    edition 2026
    policy q
      currency GBP
    metric a = 1
      better lower
  passes
    metric b = 2
allow payout-cliff on monthly.bonus
  because "agreed"
  owner "people"
  until 2026-12-31
attack self_purchase "Self"
  adds 1 ..= 20 sales
    amount in 1 GBP ..= 500 GBP
    refunded next period = amount
    x = 1
  removes 0 ..= 10_000 sessions.views
  changes sales.amount to 5 GBP
  moves sales words by, one, period
  splits
  cost 8% * amount + 5 GBP
attack hide
  removes 0 ..= 10_000 sessions.views
  cost 0
)");
  const auto parsed = parse(text);
  CHECK(parsed.file.nested.size() == 2);
  CHECK(parsed.first<syntax::RuleDecl>().examples[0].fails);
  CHECK(parsed.first<syntax::RuleDecl>().head.name->text == "no-fake-2");
}

TEST_CASE("labels, tests, imports", "[declaration]") {
  CHECK(dumped(R"(labels zh-CN { host "主播" no-fake-orders "禁止" orders.amount "金额" `test` "测试" }
test "a host" {
  given hosts
    | host_id | name |
    | "h1" | "Ann" |
  given "order lines" from "orders.csv"
  period 2026-07 as_of 2026-08-20
  expect host "h1"
    | score |
    | none |
  expect company
    | m |
    | ~ 0.333 +- 0.001 |
  expect excluded sales "o3" by fake_orders
  expect excluded sales "o4"
  expect alert overspend host "h1"
  expect alert overspend host "h1" 2026-07-14
  expect no alert overspend host "h2" in 2026-W28
  expect error K0412
  expect sku 42
    | m |
    | 1 |
}
import tiktok into orders {
  skip rows where `Order ID` = "x"
  encoding "cp1252" separator tab key (order_id, line) short rows
  order_id from "Order ID" or "Order Id" trim key
  paid_at as datetime? from "Paid Time" format "%d/%m/%Y"
    carry
  amount from "Amount" decimal "." group "," prefix "BRL"
  key from "Key"
  currency = "GBP"
}
)") == R"(labels zh-CN
  host "主播"
  no-fake-orders "禁止"
  orders.amount "金额"
  `test` "测试"
test "a host"
  given hosts
    | host_id | name |
    | "h1" | "Ann" |
  given "order lines" from "orders.csv"
  period 2026-07
  as_of 2026-08-20
  expect host "h1"
    | score |
    | none |
  expect company
    | m |
    | ~ 0.333 +- 0.001 |
  expect excluded sales "o3" by fake_orders
  expect excluded sales "o4"
  expect alert overspend host "h1"
  expect alert overspend host "h1" in 2026-07-14
  expect no alert overspend host "h2" in 2026-W28
  expect error K0412
  expect sku "42"
    | m |
    | 1 |
import tiktok into orders
  skip rows where `Order ID` = "x"
  encoding "cp1252"
  separator tab
  key order_id, line
  short rows
  order_id from "Order ID" or "Order Id" trim key
  paid_at as datetime? from "Paid Time" format "%d/%m/%Y" carry
  amount from "Amount" decimal "." group "," prefix "BRL"
  key from "Key"
  currency = "GBP"
)");
  CHECK(parse("test \"t\" { period monthly }").messages() == "unexpected `monthly`, expected a period such as `2026-07`\n");
  CHECK(parse("test \"t\" { period 2026 }").first<syntax::TestDecl>().period->text == "2026");
  CHECK(parse("test \"t\" { period 20 }").findings() == "K0126 3:19");
}

TEST_CASE("parts that stand twice or are missing", "[declaration]") {
  CHECK(parse("events e from a from b at t { collected export }").findings() == "K0162 3:17");
  CHECK(parse("exclude x from s kind test kind fake where a").messages() == "`kind` stands twice in this declaration\n");
  // Any word may stand for a severity; which ones exist is said by the binder.
  CHECK(parse("alert a urgent for h when x").first<syntax::AlertDecl>().severity->text == "urgent");
  CHECK(parse("alert a fro h when x").findings() == "K0150 3:9");
  CHECK(parse("alert a for h for i when x").findings() == "K0162 3:15");
  CHECK(parse("entity e from t { x : text from a from b }").findings() == "K0162 3:35");
  CHECK(parse("exclude x from s").findings() == "K0163 3:1");
  CHECK(parse("exclude x from s").messages() == "`exclude` lacks `where`\n");
  CHECK(parse("exclude x where s").messages() == "`exclude` lacks `from`\n");
  CHECK(parse("scorecard s {\n| metric |\n| m |\n}").messages() == "`scorecard` lacks `for`\n");
  CHECK(parse("payout s { amount 1 }").messages() == "`payout` lacks `for`\n");
  CHECK(parse("alert a for h").messages() == "`alert` lacks `when`\n");
  CHECK(parse("alert a when h").messages() == "`alert` lacks `for`\n");
  CHECK(parse("metric m").messages() == "unexpected end of the file, expected `=`\n");
}

TEST_CASE("names", "[declaration]") {
  CHECK(parse("metric 净销售额 = `Order ID` + 转化率2").findings().empty());
  CHECK(parse("metric `净 销售额` = 1").first<syntax::MetricDecl>().head.name->text == "净 销售额");
  // The same name composed and decomposed.
  CHECK(parse("metric e\xCC\x81t = 1").first<syntax::MetricDecl>().head.name->text == "\xC3\xA9t");
  CHECK(parse("metric `` = 1").findings() == "K0112 3:8");
  CHECK(parse("metric `open = 1\nmetric b = 1e3").findings().substr(0, 10) == "K0111 3:8,");
  CHECK(parse("metric metric = 1 metric policy = 2").findings().empty());
}

TEST_CASE("documentation comments", "[declaration]") {
  const auto doc = [](const std::string& text) { return parse(text).first<syntax::MetricDecl>().head.doc; };
  CHECK(doc("## One\n##Two\nmetric m = 1") == "One\nTwo");
  CHECK(doc("## One\n\nmetric m = 1") == "One");
  CHECK(doc("# no\nmetric m = 1").empty());
  CHECK(doc("## far\n# no\nmetric m = 1").empty());
  CHECK(doc("## One\r\nmetric m = 1") == "One");
  CHECK(doc("metric m = 1 ## behind").empty());
}

TEST_CASE("the file as a whole", "[file]") {
  using test::parse_file;
  CHECK(parse_file("").findings() == "K0161 1:1");
  CHECK(parse_file("\xEF\xBB\xBF \r\n").findings() == "K0161 1:1");
  CHECK(parse_file("# only a comment").findings() == "K0156 1:1, K0159 1:1");
  CHECK(parse_file("policy p { currency GBP }").findings() == "K0156 1:1");
  CHECK(parse_file("edition 2027\npolicy p { currency GBP }").findings() == "K0157 1:9");
  CHECK(parse_file("edition 2026\nmetric m = 1").findings() == "K0159 1:1");
  CHECK(parse_file("edition\npolicy p { currency GBP }").messages() == "unexpected `policy`, expected a year\n");
  CHECK(parse_file("editoin 2026\npolicy p { currency GBP }").messages() ==
        "`editoin` does not begin a declaration (edition)\n");
  CHECK(parse_file("policy p { currency GBP }\nedition 2026").findings() == "K0158 2:1");
  CHECK(parse_file("edition 2026\nedition 2026\npolicy p { currency GBP }").findings() == "K0158 2:1");
  const auto second = parse_file("edition 2026\npolicy p { currency GBP }\nlibrary l { }");
  CHECK(second.findings() == "K0160 3:1");
  CHECK(source::label_text(second.diagnostics.items()[0].labels[0], source::Language::en) == "the first one stands here");
  CHECK(parse_file("edition 2026\nlibrary l { policy p { currency GBP } edition 2026 }").findings() == "K0167 2:13, K0167 2:39");
  CHECK(parse_file("\xEF\xBB\xBF" "edition 2026\r\npolicy p { currency GBP }\r\n").findings().empty());
}
