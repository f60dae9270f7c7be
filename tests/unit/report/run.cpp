#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "interpreter/report/run_csv.hpp"
#include "interpreter/report/run_json.hpp"
#include "interpreter/report/run_text.hpp"

using namespace kpi;
using value::Number;
using value::Type;
using value::Unit;
using value::Value;

namespace {

const value::Currency kPound = *value::Currency::parse("GBP");

/// One host with a scorecard of two metrics, a payout, an alert and an exclusion; filled in by hand.
struct Sample {
  model::Policy policy;
  eval::Run run;

  Sample() {
    policy.header.name = "plan";
    policy.header.label = "Plan";
    policy.header.version = "1.0.0";
    policy.header.currency = kPound;
    policy.header.timezone = &value::TimeZone::utc();
    policy.entities.resize(2);
    policy.entities[0].named.name = "company";
    policy.entities[1].named = {"host", "Host", "", {}, false};
    policy.events.resize(1);
    policy.events[0].named = {"orders", "Orders", "", {}, false};
    policy.metrics.resize(3);
    policy.metrics[0].named = {"net_sales", "Net sales", "", {}, false};
    policy.metrics[0].type = Type::number(Unit::of(kPound));
    policy.metrics[1].named = {"return_rate", "Refund rate", "", {}, false};
    policy.metrics[1].type = Type::number();
    policy.metrics[1].show = {model::Metric::Show::Kind::percent, 1, ""};
    policy.metrics[2].named = {"strikes", "Strikes", "", {}, false};
    policy.metrics[2].type = Type::number();
    model::Exclusion exclusion;
    exclusion.named = {"test_orders", "Test orders", "", {}, false};
    exclusion.kind = "test";
    policy.exclusions.push_back(exclusion);
    add_declarations();
    add_results();
  }

  void add_declarations() {
    model::Phases phases;
    phases.entity = {1};
    phases.phases.resize(1);
    phases.phases[0].named = {"mature", "Mature", "", {}, false};
    policy.phases.push_back(phases);
    model::Scorecard scorecard;
    scorecard.named = {"monthly", "Monthly scorecard", "", {}, false};
    scorecard.entity = {1};
    scorecard.rows.resize(2);
    scorecard.rows[0].metric = {0};
    scorecard.rows[1].metric = {1};
    scorecard.rows[1].attain = model::Attain::mirror;
    model::Gate gate;
    gate.named = {"clean", "No strikes", "", {}, false};
    gate.effect = model::Gate::Effect::at_most;
    gate.limit = Number(60);
    scorecard.gates.push_back(gate);
    policy.scorecards.push_back(scorecard);
    model::Payout payout;
    payout.named = {"bonus", "Bonus", "", {}, false};
    payout.entity = {1};
    payout.scorecard = {0};
    payout.payee = "employee";
    payout.currency = kPound;
    policy.payouts.push_back(payout);
    model::Alert alert;
    alert.named = {"thin", "Thin traffic", "", {}, false};
    alert.entity = {1};
    alert.severity = "warning";
    policy.alerts.push_back(alert);
  }

  void add_results() {
    eval::Outcome& outcome = run.outcome;
    outcome.as_of = value::Instant{0};
    outcome.events.resize(1);
    outcome.events[0].rows = 1200;
    outcome.events[0].excluded = 14;
    eval::PeriodOutcome period;
    period.period = *value::Period::parse("2026-07");
    period.trial = true;
    eval::ExclusionCount excluded{{0}, {0}, 12, 1, 0, {{"amount", {{"GBP", Number(310)}}}}};
    period.exclusions.push_back(excluded);
    eval::ScorecardRowResult row;
    row.key = "h1";
    row.label = "Ann";
    row.has_phases = true;
    row.phase = 0;
    row.status = eval::RowStatus::scored;
    eval::ScoreRowResult sales;
    sales.metric = {0};
    sales.actual = Number(30'000);
    sales.target = Number(30'000);
    sales.attainment = Number(1);
    sales.points = Number(100);
    sales.weight = sales.effective_weight = *Number::parse("0.6");
    sales.weighted = Number(60);
    sales.attain = model::Attain::ratio;
    eval::ScoreRowResult rate;
    rate.row = 1;
    rate.metric = {1};
    rate.actual = *Number::parse("1/11");
    rate.target = *Number::parse("0.08");
    rate.attainment = *Number::parse("19/22");
    rate.points = *Number::parse("1000/11");
    rate.weight = rate.effective_weight = *Number::parse("0.4");
    rate.weighted = *Number::parse("400/11");
    rate.attain = model::Attain::mirror;
    row.metrics = {sales, rate};
    row.gates.push_back({0, false, {}});
    row.raw_score = *Number::parse("1060/11");
    row.score = Number(60);
    eval::ScorecardRowResult unscored;
    unscored.key = unscored.label = "h2";
    unscored.has_phases = true;
    unscored.phase = 0;
    unscored.reason = "net_sales: no data";
    unscored.score = Value::none(value::NoValueReason::unscored);
    period.scorecards.push_back({{0}, {row, unscored}});
    eval::PeriodOutcome::EntityMetrics metrics;
    metrics.entity = {1};
    metrics.key = "h1";
    metrics.label = "Ann";
    metrics.values = {{{0}, Number(30'000), false}, {{2}, Value::none(value::NoValueReason::no_data), false}};
    period.metrics.push_back(metrics);
    eval::PayoutRowResult paid;
    paid.key = "h1";
    paid.label = "Ann";
    paid.status = eval::PayoutStatus::trial;
    paid.amount = Number(320);
    paid.steps.push_back({"amount", "", Number(320), Number(320), {}});
    period.payouts.push_back({{0}, {paid}, Number(320), std::nullopt, std::nullopt, false});
    eval::AlertResult alert;
    alert.key = "h1";
    alert.label = "Ann";
    alert.alert = {0};
    alert.period = *value::Period::parse("2026-W28");
    alert.message = "say \"why\", please";
    period.alerts.push_back(alert);
    outcome.periods.push_back(period);
  }
};

}  // namespace

TEST_CASE_METHOD(Sample, "a run as a table") {
  const std::string text = report::run_text(policy, run, {}, {});
  CHECK(text ==
        "Plan 1.0.0\n"
        "data as of 1970-01-01 00:00:00 (UTC)\n"
        "\n"
        "Period 2026-07: 2026-07-01 to 2026-07-31\n"
        "trial period: payouts are shown, not payable\n"
        "\n"
        "Monthly scorecard (Host, 2)\n"
        "  attainment = actual / target: Net sales\n"
        "  attainment = 2 - actual / target (mirror): Refund rate\n"
        "  Metric              Actual         Target  Attainment  Points  Weight  Weighted\n"
        "  -------------------------------------------------------------------------------\n"
        "Ann (h1), Mature                                score 60.00 (before gates ~96.36)\n"
        "  Net sales    30,000.00 GBP  30,000.00 GBP      100.0%  100.00   60.0%     60.00\n"
        "  Refund rate          ~9.1%           8.0%      ~86.4%  ~90.91   40.0%    ~36.36\n"
        "  gate FAILED: No strikes (score at most 60)\n"
        "\n"
        "h2, Mature                                           unscored: Net sales: no data\n"
        "\n"
        "Other metrics: Host\n"
        "  Host      Strikes\n"
        "  -----------------\n"
        "  Ann (h1)  no data\n"
        "\n"
        "Bonus (payee: employee)\n"
        "  Host          Amount  Status\n"
        "  ----------------------------------------\n"
        "  Ann (h1)  320.00 GBP  trial: not payable\n"
        "\n"
        "Alerts\n"
        "  Severity  Alert         Who       Period    Message\n"
        "  -------------------------------------------------------------\n"
        "  warning   Thin traffic  Ann (h1)  2026-W28  say \"why\", please\n"
        "\n"
        "Excluded rows\n"
        "  Exclusion    Kind  Events  Rows  Also hit  Money taken out\n"
        "  ------------------------------------------------------------\n"
        "  Test orders  test  Orders    12         1  amount 310.00 GBP\n"
        "\n"
        "Data\n"
        "  Events   Rows  Excluded  First  Last\n"
        "  ------------------------------------\n"
        "  Orders  1,200        14\n"
        "\n"
        "~ rounded for display; --format json and csv give exact values\n");
}

TEST_CASE_METHOD(Sample, "on a narrow screen the metric's name stands above its figures") {
  report::Look narrow;
  narrow.width = 70;
  const std::string text = report::run_text(policy, run, {}, narrow);
  CHECK(text.find("  Net sales\n    30,000.00 GBP  30,000.00 GBP") != std::string::npos);
}

TEST_CASE_METHOD(Sample, "a run in Chinese") {
  report::Look chinese;
  chinese.language = report::Language::zh;
  policy.labels.by_language["zh"]["net_sales"] = "净销售额";
  const std::string text = report::run_text(policy, run, {}, chinese);
  CHECK(text.find("试行期：报酬仅供查看，不予发放\n") != std::string::npos);
  CHECK(text.find("净销售额") != std::string::npos);
  CHECK(text.find("未评分：净销售额：无数据") != std::string::npos);
}

TEST_CASE_METHOD(Sample, "a run as JSON") {
  const auto json = nlohmann::ordered_json::parse(report::run_json(policy, run, {}, {}, "0.1.0", report::Language::en));
  CHECK(json["tool"].dump() == R"({"name":"kpi","version":"0.1.0","edition":2026})");
  CHECK(json["as_of"] == "1970-01-01T00:00:00Z");
  CHECK(json["data"].dump() == R"({"events":{"orders":{"rows":1200,"excluded":14,"quarantined":0}}})");
  const auto& period = json["periods"][0];
  CHECK(period["period"].dump() ==
        R"({"id":"2026-07","start":"2026-07-01","end":"2026-08-01","timezone":"UTC","trial":true})");
  CHECK(
      period["exclusions"][0].dump() ==
      R"({"name":"test_orders","kind":"test","events":"orders","rows":12,"also_hit":1,"money":{"amount":{"GBP":"310.00"}}})");
  const auto& row = period["scorecards"][0]["rows"][0];
  CHECK(
      row["metrics"][0].dump() ==
      R"({"name":"net_sales","value":"30000","unit":"GBP","target":"30000","attainment":"1","form":"ratio","points":"100","weight":"0.6","weighted":"60"})");
  CHECK(row["metrics"][1]["points"] == "1000/11");
  CHECK(row["gates"][0].dump() == R"({"name":"clean","passed":false})");
  CHECK(row["score_before_gates"] == "1060/11");
  CHECK(row["score"] == "60");
  CHECK(
      period["scorecards"][0]["rows"][1].dump() ==
      R"({"key":"h2","label":"h2","phase":"mature","status":"unscored","reason":"net_sales: no data","metrics":[],"gates":[],"score":null})");
  CHECK(period["metrics"][0]["values"]["strikes"].dump() == R"({"value":null,"reason":"no data"})");
  CHECK(
      period["payouts"][0].dump() ==
      R"({"name":"bonus","entity":"host","key":"h1","amount":"320.00","currency":"GBP","status":"trial","payee":"employee","steps":[{"step":"amount","value":"320"}]})");
  CHECK(period["alerts"][0]["period"] == "2026-W28");
}

TEST_CASE_METHOD(Sample, "a run as CSV") {
  const std::string text = report::run_csv(policy, run);
  CHECK(text.find("period,record,scorecard,name,entity,key,label,phase,status,value,unit,target,attainment,form,points,"
                  "weight,weighted,sub_period,reason\r\n") == 0);
  CHECK(text.find("2026-07,score,monthly,monthly,host,h1,Ann,mature,scored,60,,,,,,,,,\r\n") != std::string::npos);
  CHECK(text.find("2026-07,result,monthly,net_sales,host,h1,Ann,mature,,30000,GBP,30000,1,ratio,100,0.6,60,,\r\n") !=
        std::string::npos);
  CHECK(text.find("2026-07,payout,monthly,bonus,host,h1,Ann,,trial,320.00,GBP,,,,,,,,\r\n") != std::string::npos);
  CHECK(text.find(",\"say \"\"why\"\", please\"\r\n") != std::string::npos);
}
