// Work that threads share: nothing is lost, texts stay in order, and results are those of one thread.
#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>

#include "interpreter/eval/parallel.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "tests/unit/eval_run/small_world.hpp"

namespace kpi::eval::testing {
namespace {

TEST_CASE("every item is worked on once, by whatever number of threads") {
  for (const unsigned threads : {0U, 1U, 2U, 7U}) {
    for (const std::size_t items : {0, 1, 9, 10, 11, 1000}) {
      std::vector<std::atomic<int>> seen(items);
      in_parallel(threads, items, 10, [&](unsigned thread, std::size_t first, std::size_t last) {
        CHECK(thread < std::max(threads, 1U));
        for (std::size_t item = first; item < last; ++item) ++seen[item];
      });
      CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& count) { return count == 1; }));
    }
  }
}

TEST_CASE("texts arrive in order") {
  for (const unsigned threads : {0U, 1U, 2U, 5U}) {
    std::string all, expected;
    for (int number = 0; number < 300; ++number) expected += std::to_string(number) + ",";
    texts_in_order(
        threads, 300, [](std::size_t number, std::string& text) { text += std::to_string(number) + ","; },
        [&](std::string_view text) { all += text; });
    CHECK(all == expected);
  }
}

TEST_CASE("an exception in a thread ends the work and is thrown to the caller") {
  CHECK_THROWS_AS(in_parallel(3, 1000, 1, [](unsigned, std::size_t first, std::size_t) {
                    if (first == 500) throw std::runtime_error("work");
                  }),
                  std::runtime_error);
  const auto make = [](std::size_t number, std::string& text) { text = std::to_string(number); };
  std::size_t taken = 0;
  CHECK_THROWS_AS(texts_in_order(3, 1000, make,
                                 [&](std::string_view) {
                                   if (++taken == 10) throw std::runtime_error("full");
                                 }),
                  std::runtime_error);
  CHECK(taken == 10);
  CHECK_THROWS_AS(texts_in_order(
                      3, 1000,
                      [](std::size_t number, std::string&) {
                        if (number == 20) throw std::runtime_error("made");
                      },
                      [](std::string_view) {}),
                  std::runtime_error);
}

/// Scores and listed metrics, as text.
std::string shown(const Outcome& outcome) {
  std::string text;
  for (const PeriodOutcome& period : outcome.periods) {
    text += period.period.to_string() + "\n";
    for (const ScorecardResult& scorecard : period.scorecards) {
      for (const ScorecardRowResult& row : scorecard.rows) {
        text += row.key + " " + SmallWorld::show(row.score) + " " + row.reason;
        for (const ScoreRowResult& metric : row.metrics)
          text += " " + SmallWorld::show(metric.actual) + ":" + SmallWorld::show(metric.weighted);
        text += "\n";
      }
    }
    for (const auto& listed : period.metrics) {
      text += listed.key;
      for (const MetricResult& metric : listed.values) text += " " + SmallWorld::show(metric.value);
      text += "\n";
    }
    for (const PayoutResult& payout : period.payouts) {
      for (const PayoutRowResult& row : payout.rows) text += row.key + " " + SmallWorld::show(row.amount) + "\n";
    }
  }
  return text;
}

TEST_CASE("person by person, by several threads, or all together: the same results") {
  SmallWorld world;
  for (int number = 0; number < 150; ++number) {
    const std::string name = std::to_string(number * 37 % 150);
    world.host("h" + name, number % 3 == 0 ? "red" : "blue", "2020-01-01", number % 11 == 0 ? "2026-07-09" : "");
    world.sale(static_cast<std::uint32_t>(number), "2026-07-05", name);
    world.sale(static_cast<std::uint32_t>(number), "2026-08-05", "2");
    if (number % 4 != 0) world.sale(static_cast<std::uint32_t>(number), "2026-07-06", "3", SmallWorld::kUnits);
  }
  const MetricId sales{0}, units{1};
  const auto price = world.metric("price", world.op(value::BinaryOp::divide, world.ref(sales), world.ref(units)));
  const auto growth = world.metric("growth", world.op(value::BinaryOp::subtract, world.ref(sales),
                                                      world.call(model::MetricFunction::previous, world.ref(sales))));
  auto& card = world.scorecard("monthly", {SmallWorld::row(sales, "0.5", world.constant("60")),
                                           SmallWorld::row(price, "0.3", world.constant("20")),
                                           SmallWorld::row(growth, "0.2", world.constant("7"))});
  for (model::ScorecardRow& row : card.rows) row.missing = model::Missing::skip;
  world.payout("bonus", world.op(value::BinaryOp::multiply, world.ref(price), world.constant("2")), 0);
  RunRequest request;
  request.threads = 1;
  const std::string expected = shown(world.run("2026-07..2026-08", request));
  CHECK(expected.find("h149 ") != std::string::npos);
  request.threads = 3;
  CHECK(shown(world.run("2026-07..2026-08", request)) == expected);
  Coverage coverage(world.policy);  // whoever watches the evaluation sees one person after the other
  request.coverage = &coverage;
  CHECK(shown(world.run("2026-07..2026-08", request)) == expected);

  // Periods that are taken one by one are the same.
  request.coverage = nullptr;
  Outcome taken;
  request.take_period = [&](const Outcome& outcome, const AggregateStore&, const PeriodOutcome& period) {
    CHECK(outcome.periods.empty());
    taken.periods.push_back(period);
  };
  CHECK(world.run("2026-07..2026-08", request).periods.empty());
  CHECK(shown(taken) == expected);
}

}  // namespace
}  // namespace kpi::eval::testing
