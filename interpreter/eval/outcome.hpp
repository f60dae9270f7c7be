// What a run gives: the same structure for the table, JSON, CSV, tests and explain. Values are exact.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/eval/scan.hpp"

namespace kpi::eval {

struct MetricResult {
  model::MetricId metric;
  Value value;                       // NoValue carries the reason
  bool provisional = false;          // before it has matured
  bool partial = false;              // it looks beyond its period, at days that the data covers in part
  std::optional<value::Currency> currency = std::nullopt;   // of an amount in its rows' own currency, when there were rows
  /// The metric's type, with that currency.
  value::Type type(const model::Policy& policy) const {
    value::Type type = policy.metrics[metric.index].type;
    if (currency) type.unit.currency = *currency;
    return type;
  }
};

struct ScoreRowResult {
  std::size_t row = 0;               // index in Scorecard::rows
  model::MetricId metric;
  Value actual, target, attainment, points;
  value::Number weight;              // as declared for the phase
  value::Number effective_weight;    // after `skip`
  Value weighted;                    // points * effective_weight
  model::Attain attain = model::Attain::none;
  bool provisional = false, skipped = false;
  bool partial = false, target_partial = false;   // as MetricResult::partial: the actual value, the target
};
struct GateResult {
  std::size_t gate = 0;
  std::optional<bool> passed;        // none: undecidable
  value::NoValue reason;             // when undecidable
};
enum class RowStatus : std::uint8_t { scored, unscored };
struct ScorecardRowResult {
  std::uint32_t entity_row = 0;
  std::string key, label;
  std::optional<std::uint32_t> phase;   // index in Phases::phases
  bool has_phases = false;
  RowStatus status = RowStatus::unscored;
  std::string reason;                // of unscored: "phase unknown", "net_sales: no data", "gate violations_free"
  std::vector<ScoreRowResult> metrics;
  std::vector<GateResult> gates;
  Value raw_score;                   // before gates
  Value score;                       // NoValue when unscored
  bool provisional = false;
};
struct ScorecardResult {
  model::ScorecardId scorecard;
  std::vector<ScorecardRowResult> rows;  // by key
};

enum class PayoutStatus : std::uint8_t { ok, trial, pending, not_paid, unscored, no_value };
/// `not_paid`: the word of tests and results, the same in all languages.
std::string_view name(PayoutStatus status);
/// Why an amount is pending; with the status `ok`, what is to be kept in mind about it.
enum class PendingWhy : std::uint8_t {
  none,
  not_matured,
  period_not_over,  // --as-of lies inside the period
  data_ends,        // more days without data at the end of the period than is usual
};
struct PayoutStep {
  std::string step;                  // amount pool_share prorate penalty floor carried_in cap draw recovery paid_when budget rounding
  std::string name;                  // penalty's name
  Value value;                       // amount after the step
  Value input;                       // the clause's own value (cap, factor, penalty)
  model::ExprId expr;                // the clause's expression, for explain
};
struct PayoutRowResult {
  std::uint32_t entity_row = 0;
  std::string key, label;
  PayoutStatus status = PayoutStatus::ok;
  std::string reason;
  PendingWhy why = PendingWhy::none;
  std::optional<Date> data_to;       // of data_ends: the last day with data
  Value amount;                      // rounded; NoValue when unscored or without value
  std::vector<PayoutStep> steps;
  struct BasePenalty { std::size_t penalty; Value amount; };
  std::vector<BasePenalty> base_penalties;   // `from base`: reported apart, never netted
  std::optional<Date> earned, payable;       // dates from which the amount is earned / payable
};
struct PayoutResult {
  model::PayoutId payout;
  std::vector<PayoutRowResult> rows;
  Value total;
  std::optional<value::Number> budget, budget_factor;
  bool needs_recorded_runs = false;  // carry, draw or clawback are declared: not evaluated yet
};

struct AlertResult {
  model::AlertId alert;
  std::uint32_t entity_row = 0;
  std::string key, label;
  value::Period period;              // the sub-period in which the streak was reached
  std::string message;               // placeholders filled in
};
struct AlertSummary { model::AlertId alert; std::uint64_t without_value = 0; };

/// A remark that belongs to the numbers: partial coverage, silent sources, rows without settled time, converted with an
/// older rate. `id` is a diagnostic of severity warning or note.
struct PeriodOutcome {
  value::Period period;
  bool trial = false;
  std::optional<value::Number> prorated;   // share of the period inside the policy's effective dates, when partial
  std::vector<ExclusionCount> exclusions;
  std::vector<ScorecardResult> scorecards;
  struct EntityMetrics {
    EntityId entity;
    std::uint32_t entity_row = 0;
    std::string key, label;
    std::optional<std::uint32_t> phase;
    std::vector<MetricResult> values;
  };
  std::vector<EntityMetrics> metrics;      // those that scorecards, payouts or alerts of that entity use; all on request
  std::vector<PayoutResult> payouts;
  std::vector<AlertResult> alerts;
  std::vector<AlertSummary> alert_summaries;
};

struct Outcome {
  std::optional<value::Instant> as_of;
  std::vector<EventsInfo> events;          // by EventsId
  struct EntityCount { EntityId entity; std::uint64_t rows = 0, quarantined = 0; };
  std::vector<EntityCount> entities;       // those whose table has rows that were set aside
  std::vector<PeriodOutcome> periods;
};

class Coverage;

/// Which dates a run takes the policy to be in force on. Tests state their own period and go on saying something when a
/// policy is moved to other dates.
enum class Force : std::uint8_t {
  declared,  // the policy's effective dates and trial
  settled,   // any, with the trial over
  starting,  // any, as if the policy had started with the period: it is a trial where there is one
};

struct RunRequest {
  std::vector<value::Period> periods;
  std::optional<value::Instant> as_of;
  std::string entity_key;                  // --entity: only this one is reported (ranks and budgets still see all)
  bool quarantine = false;
  bool only_needed = false;                // ScanRequest::only_needed
  bool all_metrics = false;
  bool complete = false;                   // days without data had nothing to record: nothing is pending because of them
  std::vector<std::pair<EntityId, model::MetricId>> also;   // listed besides those in use: what a test asks for
  bool is_test = false;                    // everything covered, as of after maturity
  Force force = Force::declared;
  unsigned threads = 1;
  std::size_t batch_rows = 4096;
  std::uint64_t memory = kUsualMemory;     // ScanRequest::memory
  bool simple = false;
  Coverage* coverage = nullptr;            // told what the evaluation meets, in tests
  /// Gets each period when it has been evaluated, with everything of the outcome but its periods; the outcome then has
  /// none, so that no more than one is held at a time.
  std::function<void(const Outcome& outcome, const AggregateStore& store, const PeriodOutcome& period)> take_period;
};

/// The store stays available for explain.
struct Run {
  Outcome outcome;
  std::unique_ptr<AggregateStore> store;
};

/// Evaluates a bound policy without errors. Findings about periods and data go to `diagnostics`; with errors the outcome
/// must not be shown.
Run run(const model::Policy& policy, DataSource& data, const RunRequest& request, source::Diagnostics& diagnostics);

}  // namespace kpi::eval
