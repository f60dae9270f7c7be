// What a run has to do: which periods, which scorecards, payouts and alerts in each, and everything the scan must find
// for them, so that several periods cost one pass over the data.
#pragma once

#include <set>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/eval/run/needs.hpp"

namespace kpi::eval {

struct AlertPeriod {
  value::Period period;
  bool look_back = false;  // before the run's period: only for streaks
};
struct PlannedAlert {
  model::AlertId alert;
  std::vector<AlertPeriod> periods;  // ascending
};
struct PlannedMetrics {
  EntityId entity;
  std::vector<model::MetricId> metrics;  // in order of declaration
};

struct PlannedPeriod {
  value::Period period;
  Window window;                          // all days of the period
  std::optional<Window> effective;        // its days inside the effective dates, when not all are
  std::optional<value::Number> prorated;  // their share, by which payouts are multiplied
  bool trial = false;
  std::vector<model::ScorecardId> scorecards;
  std::vector<model::PayoutId> payouts;
  std::vector<PlannedAlert> alerts;
  std::vector<PlannedMetrics> metrics;
};

class Plan {
 public:
  /// Periods that are refused and units that do not fit go to `diagnostics`.
  Plan(const model::Policy& policy, const RunRequest& request, source::Diagnostics& diagnostics);

  std::vector<PlannedPeriod> periods;
  MomentTable moments;
  NeedCollector needs;

  ScanRequest scan_request(const RunRequest& request) const;
  /// The moment of a scorecard, payout or alert in a period.
  MomentId moment(const PlannedPeriod& period, model::Population population);
  MomentId moment_of(const PlannedPeriod& period, const model::Scorecard& scorecard) {
    return moment(period, scorecard.population);
  }
  MomentId moment_of(const PlannedPeriod& period, const model::Payout& payout);
  MomentId moment_of(const PlannedPeriod& period, EntityId entity);
  MomentId alert_moment(const model::Alert& alert, value::Period period);

 private:
  void add_period(value::Period period, const RunRequest& request, source::Diagnostics& diagnostics);
  /// The period with its part inside the effective dates; none when it is refused.
  std::optional<PlannedPeriod> admitted(value::Period period) const;
  void fill(PlannedPeriod& planned);
  void plan_alerts(PlannedPeriod& planned);
  void plan_metrics(PlannedPeriod& planned, const RunRequest& request);
  void collect(const PlannedPeriod& planned);
  void report_other_units(value::Period period, source::Diagnostics& diagnostics) const;

  const model::Policy& policy_;
  std::optional<Window> effective_;
  Force force_ = Force::declared;
};

/// Whether a run refuses the period because it does not lie inside the effective dates.
bool is_refused(const model::Header& header, value::Period period);

/// Metrics that an entity's scorecards, payouts and alerts use, also through other metrics, targets, gates and phases.
std::set<model::MetricId> metrics_used(const model::Policy& policy, EntityId entity);

}  // namespace kpi::eval
