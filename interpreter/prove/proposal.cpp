#include "interpreter/prove/proposal.hpp"

#include <algorithm>

#include "interpreter/eval/run/display.hpp"
#include "interpreter/eval/run/test_runner.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/prove/test_text.hpp"

namespace kpi::prove {
namespace {

using value::Value;

std::string value_text(const Value& value, const value::Unit& unit) {
  if (!value.has_value()) return "none";
  if (value.is<Number>()) return unit_text(value.number(), unit);
  if (value.is<std::string>()) return model::text_literal(value.text());
  return value::to_string(value);
}

/// A name of a library, such as `live.gpm`, stands in backquotes.
std::string column(const std::string& name) { return name.find('.') == std::string::npos ? name : "`" + name + "`"; }

model::EntityId entity_of(const model::Policy& policy, const Target& target) {
  return target.payout.valid() ? policy.payouts[target.payout.index].entity
                               : policy.scorecards[target.scorecard.index].entity;
}

/// What an `expect` row says of somebody.
struct Expected {
  std::vector<std::string> columns, cells;
  void add(std::string column, std::string cell) {
    columns.push_back(std::move(column));
    cells.push_back(std::move(cell));
  }
};

class Reader {
 public:
  Reader(const model::Policy& policy, const eval::PeriodOutcome& period, model::EntityId entity, std::string key)
      : policy_(policy), entity_(entity), key_(std::move(key)) {
    for (const eval::ScorecardResult& card : period.scorecards) {
      if (policy.scorecards[card.scorecard.index].entity == entity) score(card);
    }
    for (const eval::PayoutResult& payout : period.payouts) {
      if (policy.payouts[payout.payout.index].entity == entity) pay(payout);
    }
  }

  Expected expected;

 private:
  void score(const eval::ScorecardResult& card) {
    for (const eval::ScorecardRowResult& row : card.rows) {
      if (card.rows.size() != 1 && row.key != key_) continue;
      const auto& columns = expected.columns;
      if (std::find(columns.begin(), columns.end(), "score") != columns.end()) return;  // others have their own tests
      const model::Phases* phases = policy_.phases_of(entity_);
      if (phases != nullptr && row.phase) expected.add("phase", phases->phases[*row.phase].named.name);
      std::set<std::uint32_t> listed;
      for (const eval::ScoreRowResult& metric : row.metrics) {
        if (!listed.insert(metric.metric.index).second) continue;
        const model::Metric& declared = policy_.metrics[metric.metric.index];
        expected.add(column(declared.named.name), value_text(metric.actual, declared.type.unit));
      }
      expected.add("score", row.status == eval::RowStatus::unscored ? "unscored" : unit_text(row.score.number(), {}));
    }
  }

  void pay(const eval::PayoutResult& payout) {
    const model::Payout& declared = policy_.payouts[payout.payout.index];
    for (const eval::PayoutRowResult& row : payout.rows) {
      if (payout.rows.size() != 1 && row.key != key_) continue;
      const bool unscored = row.status == eval::PayoutStatus::unscored;
      expected.add(column(declared.named.name),
                   unscored ? "unscored" : value_text(row.amount, value::Unit::of(declared.currency)));
    }
  }

  const model::Policy& policy_;
  const model::EntityId entity_;
  const std::string key_;
};

bool is_true(const Claim& claim, const Expected& expected, const eval::PeriodOutcome& period) {
  const auto place = std::find(expected.columns.begin(), expected.columns.end(), column(claim.column));
  if (place != expected.columns.end() &&
      expected.cells[static_cast<std::size_t>(place - expected.columns.begin())] != claim.cell)
    return false;
  if (!claim.exclusion.valid()) return true;
  const bool taken = std::any_of(
      period.exclusions.begin(), period.exclusions.end(),
      [&](const eval::ExclusionCount& count) { return count.exclusion == claim.exclusion && count.rows > 0; });
  return taken == claim.takes_out;
}

}  // namespace

std::string unit_text(const Number& number, const value::Unit& unit) {
  if (unit == value::Unit::duration()) {
    const Number day(86'400);
    if ((number / day).is_integer()) return (number / day).to_string() + " days";
    if (!number.is_decimal()) return number.numerator().to_string() + " seconds / " + number.denominator().to_string();
    return number.to_string() + " seconds";
  }
  const bool money = unit.money == 1 && unit.time == 0 && !unit.currency.is_none();
  // As `kpi fmt` writes them: a sign belongs to a number, not to a fraction.
  if (!money && !number.is_decimal() && number.sign() < 0)
    return number.numerator().to_string() + " / " + number.denominator().to_string();
  if (!money) return eval::exact_number(number);
  const std::string code(unit.currency.code());
  // `10/3 GBP` would divide by an amount.
  if (number.is_decimal()) return eval::exact_number(number) + " " + code;
  return eval::exact_number(number.numerator()) + " " + code + " / " + number.denominator().to_string();
}

bool Proposals::add(Shape& shape, const std::string& title, const WorldMaker& maker, const World& world,
                    const Claim& claim, const std::string& more) {
  model::Test test;
  test.given = maker.tables(world);
  const std::string given = given_text(policy_, test.given);
  if (stores_.contains(given)) return true;
  source::Diagnostics found;
  eval::MemorySource data = eval::given_data(policy_, test, {}, found);
  if (found.has_errors()) return false;
  eval::RunRequest request;
  request.periods = {shape.period};
  request.is_test = true;
  const eval::Run run = eval::run(policy_, data, request, found);
  if (found.has_errors() || run.outcome.periods.empty()) return false;
  const model::EntityId entity = entity_of(policy_, shape.target);
  const Expected expected = Reader(policy_, run.outcome.periods.front(), entity, maker.key()).expected;
  if (expected.columns.empty() || !is_true(claim, expected, run.outcome.periods.front())) return false;
  stores_.insert(given);
  request.coverage = &result.coverage;  // only now: what is not proposed is not met
  eval::run(policy_, data, request, found);
  std::string text =
      "test " + model::text_literal(title) + " {\n" + given + "  period " + shape.period.to_string() + "\n" + more;
  text += "  expect " + policy_.entity(entity).named.name +
          (entity.index == 0 ? "" : " " + model::text_literal(maker.key())) + "\n";
  text += table_text(expected.columns, {expected.cells}) + "}\n";
  result.tests.push_back({title, std::move(text)});
  return true;
}

bool Proposals::add_alert(Shape& shape, const std::string& title, const WorldMaker& maker, const World& world,
                          bool fires) {
  const model::Alert& alert = policy_.alerts[shape.target.alert.index];
  model::Test test;
  test.given = maker.tables(world);
  const std::string given = given_text(policy_, test.given);
  if (stores_.contains(alert.named.name + given)) return true;
  source::Diagnostics found;
  eval::MemorySource data = eval::given_data(policy_, test, {}, found);
  if (found.has_errors()) return false;
  // A run evaluates the shorter periods that end in its own.
  const value::Date last{shape.period.end().days - 1};
  eval::RunRequest request;
  request.periods = {alert.every < value::CalendarUnit::month
                         ? value::Period::containing(last, value::CalendarUnit::month)
                         : shape.period};
  request.is_test = true;
  const eval::Run run = eval::run(policy_, data, request, found);
  if (found.has_errors()) return false;
  bool fired = false;
  for (const eval::PeriodOutcome& period : run.outcome.periods) {
    for (const eval::AlertResult& one : period.alerts) {
      const bool whose = alert.entity.index == 0 || one.key == maker.key();
      if (one.alert == shape.target.alert && whose && (!fires || one.period == shape.period)) fired = true;
    }
  }
  if (fired != fires) return false;
  stores_.insert(alert.named.name + given);
  request.coverage = &result.coverage;
  eval::run(policy_, data, request, found);
  std::string text = "test " + model::text_literal(title) + " {\n" + given + "  period " +
                     request.periods.front().to_string() + "\n  expect " + (fires ? "" : "no ") + "alert " +
                     column(alert.named.name) + " " + policy_.entity(alert.entity).named.name;
  if (alert.entity.index != 0) text += " " + model::text_literal(maker.key());
  if (fires) text += " in " + shape.period.to_string();
  result.tests.push_back({title, text + "\n}\n"});
  return true;
}

}  // namespace kpi::prove
