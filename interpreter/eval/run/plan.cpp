#include "interpreter/eval/run/plan.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::ExprId;
using model::MetricId;
using source::DiagnosticId;
namespace ids = source::ids;
using value::CalendarUnit;
using value::Period;

namespace {

constexpr Date kEnd{2'000'000};

/// Follows expressions into metrics, phases and decision tables.
class UsedMetrics {
 public:
  UsedMetrics(const model::Policy& policy_, EntityId entity_) : policy(policy_), entity(entity_) {}

  void metric(MetricId id) {
    if (!found.insert(id).second) return;
    expression(policy.metrics[id.index].value);
    expression(policy.metrics[id.index].needs);
  }
  void expression(ExprId id) {
    if (!id.valid()) return;
    const model::ExprNode& node = policy.expr(id).node;
    if (const auto* ref = std::get_if<model::MetricRef>(&node)) metric(ref->metric);
    if (std::holds_alternative<model::PhaseExpr>(node)) phases();
    if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
      for (const auto& row : policy.tables[lookup->table.index].rows) expression(row.value);
    }
    model::for_each_operand(node, [&](ExprId operand) { expression(operand); });
  }
  void phases() {
    if (std::exchange(phases_seen, true)) return;
    const model::Phases* phases = policy.phases_of(entity);
    if (phases == nullptr) return;
    for (const model::Phase& phase : phases->phases) expression(phase.when);
  }
  void scorecard(const model::Scorecard& scorecard) {
    phases();
    for (const model::ScorecardRow& row : scorecard.rows) {
      metric(row.metric);
      for (ExprId target : row.targets) expression(target);
      expression(row.base);
    }
    for (const model::Gate& gate : scorecard.gates) expression(gate.requires_value);
  }
  void payout(const model::Payout& payout) {
    for (ExprId clause : {payout.base, payout.amount, payout.pool, payout.pool_by, payout.prorate, payout.floor,
                          payout.cap, payout.paid_when, payout.budget}) {
      expression(clause);
    }
    for (const model::Penalty& penalty : payout.penalties) expression(penalty.amount);
  }

  std::set<MetricId> found;

 private:
  const model::Policy& policy;
  EntityId entity;
  bool phases_seen = false;
};

std::optional<Window> effective_window(const model::Header& header, Force force) {
  if (force != Force::declared) return std::nullopt;
  if (!header.effective_from && !header.effective_to) return std::nullopt;
  Window window{header.effective_from.value_or(kBeginning), kEnd};
  if (header.effective_to) window.end = Date{header.effective_to->days + 1};
  return window;
}

/// Units in which scorecards, and payouts without one, are evaluated.
std::set<CalendarUnit> units_of(const model::Policy& policy) {
  std::set<CalendarUnit> units;
  for (const model::Scorecard& scorecard : policy.scorecards) units.insert(scorecard.every);
  for (const model::Payout& payout : policy.payouts) units.insert(payout.every);
  return units;
}

template <class Declarations, class Ids>
void with_unit(const Declarations& declarations, CalendarUnit unit, Ids& ids) {
  for (std::uint32_t index = 0; index < declarations.size(); ++index) {
    if (declarations[index].every == unit) ids.push_back({index});
  }
}

bool evaluable(const model::Metric& metric, EntityId entity) {
  return entity.index < metric.evaluable_for.size() && metric.evaluable_for[entity.index];
}

}  // namespace

std::set<MetricId> metrics_used(const model::Policy& policy, EntityId entity) {
  UsedMetrics used(policy, entity);
  for (const auto& scorecard : policy.scorecards) {
    if (scorecard.entity == entity) used.scorecard(scorecard);
  }
  for (const auto& payout : policy.payouts) {
    if (payout.entity == entity) used.payout(payout);
  }
  for (const auto& alert : policy.alerts) {
    if (alert.entity == entity) used.expression(alert.when);
  }
  return std::move(used.found);
}

bool is_refused(const model::Header& header, Period period) {
  const auto effective = effective_window(header, Force::declared);
  if (!effective || (effective->start <= period.start() && period.end() <= effective->end)) return false;
  return !header.partial_prorate ||
         std::max(effective->start, period.start()) >= std::min(effective->end, period.end());
}

Plan::Plan(const model::Policy& policy, const RunRequest& request, source::Diagnostics& diagnostics)
    : needs(policy, moments),
      policy_(policy),
      effective_(effective_window(policy.header, request.force)),
      force_(request.force) {
  for (Period period : request.periods) add_period(period, request, diagnostics);
  for (const PlannedPeriod& planned : periods) collect(planned);
}

void Plan::add_period(Period period, const RunRequest& request, source::Diagnostics& diagnostics) {
  auto planned = admitted(period);
  if (!planned) {
    const auto shown = [](const std::optional<Date>& date) { return date ? date->to_string() : std::string("…"); };
    diagnostics.add(ids::period_outside_effective, policy_.header.span)
        .with("period", period.to_string())
        .with("from", shown(policy_.header.effective_from))
        .with("to", shown(policy_.header.effective_to));
    return;
  }
  if (planned->prorated) {
    diagnostics.add(ids::period_partly_effective, policy_.header.span)
        .with("period", period.to_string())
        .with("from", planned->effective->start.to_string())
        .with("to", Date{planned->effective->end.days - 1}.to_string())
        .with("share", planned->prorated->to_string());
  }
  for (CalendarUnit unit : units_of(policy_)) {
    if (unit >= period.unit) continue;
    for (Period part : periods_with_last_day_in(unit, planned->window.start, planned->window.end)) {
      auto smaller = admitted(part);
      if (!smaller) continue;
      fill(*smaller);
      periods.push_back(std::move(*smaller));
    }
  }
  fill(*planned);
  plan_alerts(*planned);
  plan_metrics(*planned, request);
  if (periods.empty() || period == request.periods.front()) report_other_units(period, diagnostics);
  periods.push_back(std::move(*planned));
}

std::optional<PlannedPeriod> Plan::admitted(Period period) const {
  PlannedPeriod planned;
  planned.period = period;
  planned.window = {period.start(), period.end()};
  if (effective_) {
    const Window inside{std::max(planned.window.start, effective_->start),
                        std::min(planned.window.end, effective_->end)};
    if (inside != planned.window) {
      if (!policy_.header.partial_prorate || inside.start >= inside.end) return std::nullopt;
      // Measured whole, so that targets and scores keep their meaning, and paid by share: cutting the rows as well
      // would take the missing days off twice.
      planned.effective = inside;
      planned.prorated = value::Number(inside.end.days - inside.start.days) / value::Number(period.days());
    }
  }
  const model::Header& header = policy_.header;
  if (force_ == Force::starting) {
    planned.trial = header.trial.has_value();
  } else if (force_ == Force::declared && header.trial && header.effective_from) {
    planned.trial = planned.window.start < date_after(*header.effective_from, *header.trial);
  }
  return planned;
}

void Plan::fill(PlannedPeriod& planned) {
  with_unit(policy_.scorecards, planned.period.unit, planned.scorecards);
  with_unit(policy_.payouts, planned.period.unit, planned.payouts);
}

void Plan::plan_alerts(PlannedPeriod& planned) {
  const auto allowed = [&](Period period) {
    return !effective_ || (period.start() >= effective_->start && period.end() <= effective_->end);
  };
  for (std::uint32_t index = 0; index < policy_.alerts.size(); ++index) {
    const model::Alert& alert = policy_.alerts[index];
    const auto own = periods_with_last_day_in(alert.every, planned.window.start, planned.window.end);
    if (own.empty()) continue;
    PlannedAlert result{{index}, {}};
    const int look_back = alert.streak > 1 ? alert.streak : 0;
    for (int back = look_back; back > 0; --back) {
      if (const Period period = own.front().shift(-back); allowed(period)) result.periods.push_back({period, true});
    }
    for (Period period : own) {
      if (allowed(period)) result.periods.push_back({period, false});
    }
    planned.alerts.push_back(std::move(result));
  }
}

/// A policy of metrics alone has all of them listed.
void Plan::plan_metrics(PlannedPeriod& planned, const RunRequest& request) {
  const bool nothing_declared = policy_.scorecards.empty() && policy_.payouts.empty() && policy_.alerts.empty();
  const bool all = request.all_metrics || (nothing_declared && !request.is_test);
  for (std::uint32_t index = 0; index < policy_.entities.size(); ++index) {
    const EntityId entity{index};
    std::set<MetricId> used = metrics_used(policy_, entity);
    for (std::uint32_t metric = 0; all && metric < policy_.metrics.size(); ++metric) {
      if (evaluable(policy_.metrics[metric], entity)) used.insert({metric});
    }
    for (const auto& [for_entity, metric] : request.also) {
      if (for_entity == entity) used.insert(metric);
    }
    if (!used.empty()) planned.metrics.push_back({entity, {used.begin(), used.end()}});
  }
}

void Plan::collect(const PlannedPeriod& planned) {
  for (model::ScorecardId id : planned.scorecards) {
    const model::Scorecard& scorecard = policy_.scorecards[id.index];
    needs.scorecard(scorecard, moment_of(planned, scorecard));
  }
  for (model::PayoutId id : planned.payouts) {
    const model::Payout& payout = policy_.payouts[id.index];
    needs.payout(payout, moment_of(planned, payout));
  }
  for (const PlannedAlert& alert : planned.alerts) {
    const model::Alert& declared = policy_.alerts[alert.alert.index];
    for (const AlertPeriod& period : alert.periods) needs.alert(declared, alert_moment(declared, period.period));
  }
  for (const PlannedMetrics& listed : planned.metrics) {
    const MomentId at = moment_of(planned, listed.entity);
    needs.population(listed.entity, at);
    needs.phases(listed.entity, at);
    for (MetricId metric : listed.metrics) needs.metric(metric, listed.entity, at);
  }
}

ScanRequest Plan::scan_request(const RunRequest& request) const {
  ScanRequest scan;
  scan.needs = needs.needs();
  scan.presence = needs.presence();
  scan.rates = needs.rates();
  scan.calendars = needs.calendars();
  for (const PlannedPeriod& planned : periods) scan.report_windows.push_back(planned.window);
  scan.as_of = request.as_of;
  scan.quarantine = request.quarantine;
  scan.only_needed = request.only_needed;
  scan.everything_covered = request.is_test;
  scan.batch_rows = request.batch_rows;
  scan.memory = request.memory;
  scan.threads = request.threads;
  scan.simple = request.simple;
  return scan;
}

MomentId Plan::moment(const PlannedPeriod& period, model::Population population) {
  return moments.intern(base_moment(period.period, population));
}

MomentId Plan::moment_of(const PlannedPeriod& period, const model::Payout& payout) {
  if (payout.scorecard.valid()) return moment_of(period, policy_.scorecards[payout.scorecard.index]);
  return moment_of(period, payout.entity);
}

/// Metrics of an entity are listed for the population of its scorecard, if it has one.
MomentId Plan::moment_of(const PlannedPeriod& period, EntityId entity) {
  for (const model::Scorecard& scorecard : policy_.scorecards) {
    if (scorecard.entity == entity) return moment_of(period, scorecard);
  }
  return moment(period, default_population(policy_.entity(entity)));
}

/// Alerts watch the active rows of a table, and of a distinct entity everyone known by then: silence is worth an alert.
MomentId Plan::alert_moment(const model::Alert& alert, Period period) {
  const bool distinct = policy_.entity(alert.entity).is_distinct();
  return moments.intern(base_moment(period, distinct ? model::Population::ever : model::Population::active));
}

void Plan::report_other_units(Period period, source::Diagnostics& diagnostics) const {
  const auto report = [&](const model::Named& named, CalendarUnit unit) {
    if (unit <= period.unit) return;
    diagnostics.add(ids::evaluated_in_longer_periods, named.span)
        .with("name", named.name)
        .with("unit", std::string(value::name(unit)))
        .with("period", period.to_string())
        .with("example", Period::containing(period.start(), unit).to_string());
  };
  for (const auto& scorecard : policy_.scorecards) report(scorecard.named, scorecard.every);
  for (const auto& payout : policy_.payouts) {
    if (!payout.scorecard.valid()) report(payout.named, payout.every);
  }
}

}  // namespace kpi::eval
