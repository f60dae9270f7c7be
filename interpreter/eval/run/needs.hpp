// Which aggregates a policy needs, for which entities and windows. Metric definitions are walked symbolically: once per
// metric, entity and moment, whatever the number of rows. The same walk finds when a result has matured.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "interpreter/eval/run/moment.hpp"

namespace kpi::eval {

/// Microseconds since 1970-01-01T00:00Z from which nothing that was reached can change any more; kAlwaysMature when no
/// metric on the way says `matures after`.
using Maturity = std::int64_t;
constexpr Maturity kAlwaysMature = std::numeric_limits<std::int64_t>::min();

/// What a result comes from.
struct Reading {
  Maturity maturity = kAlwaysMature;
  std::set<std::pair<EventsId, Window>> events;
  void add(const Reading& other) {
    maturity = std::max(maturity, other.maturity);
    events.insert(other.events.begin(), other.events.end());
  }
};

/// Days beside those of a run's period that something reads.
struct OtherWindow {
  std::string reader;           // `rolling(net, 3)`, or an alert's name
  std::optional<Window> first;  // of rolling: its first period, which must have data
  Window last;                  // and its last
};

class NeedCollector {
 public:
  NeedCollector(const model::Policy& policy_, MomentTable& moments_) : policy(policy_), moments(moments_) {}

  const Reading& metric(model::MetricId id, EntityId entity, MomentId moment);
  Reading expression(model::ExprId id, EntityId entity, MomentId moment);  // an invalid id needs nothing
  const Reading& phases(EntityId entity, MomentId moment);
  /// The entity's rows and, where the population asks for it, which of them have events.
  void population(EntityId entity, MomentId moment);
  Reading scorecard(const model::Scorecard& scorecard, MomentId moment);
  Reading payout(const model::Payout& payout, MomentId moment);
  void alert(const model::Alert& alert, MomentId moment);

  std::vector<Need> needs() const { return {needs_.begin(), needs_.end()}; }
  std::vector<std::pair<EntityId, Window>> presence() const { return {presence_.begin(), presence_.end()}; }
  std::vector<std::pair<value::Currency, Window>> rates() const { return {rates_.begin(), rates_.end()}; }
  std::vector<model::CalendarId> calendars() const { return {calendars_.begin(), calendars_.end()}; }
  /// The events that were read, each with the windows it was read for.
  const std::map<EventsId, std::set<Window>>& events_read() const { return events_read_; }
  /// Windows that functions such as rolling and alerts read, each with who was the first to ask for it.
  const std::map<Window, OtherWindow>& other_windows() const { return other_windows_; }
  const std::set<AggregateId>& aggregates() const { return aggregates_; }
  /// Does anything look at several rows of an entity together (total, share, rank, percentile_rank)?
  bool compares_rows() const { return compares_rows_; }

 private:
  Reading call(const model::MetricCall& call, model::ExprId id, EntityId entity, MomentId moment);
  void call(const model::CallExpr& call, MomentId moment);
  void aggregate(AggregateId id, EntityId entity, MomentId moment, Reading& result);
  Maturity result_of(const model::Metric& metric, MomentId moment) const;

  const model::Policy& policy;
  MomentTable& moments;
  std::set<Need> needs_;
  std::set<std::pair<EntityId, Window>> presence_;
  std::set<std::pair<value::Currency, Window>> rates_;
  std::set<model::CalendarId> calendars_;
  std::map<EventsId, std::set<Window>> events_read_;
  std::set<AggregateId> aggregates_;
  std::map<Window, OtherWindow> other_windows_;
  std::map<std::tuple<std::uint32_t, EntityId, MomentId>, Reading> metrics_;
  std::map<std::pair<EntityId, MomentId>, Reading> phases_;
  bool compares_rows_ = false;
};

/// The instant `delay` after the end of a period (the first day behind it), in the policy's zone.
value::Instant after(const value::TimeZone& zone, Date end, const model::Delay& delay);
/// The first day that lies wholly behind that instant.
Date date_after(Date end, const model::Delay& delay);
/// Whether a total is that of `company`, to which rows without an owner belong as well. A metric that reads fields or
/// the phase of the entity has no such total; it is put together from the entity's rows.
bool totals_over_company(const model::Policy& policy, const model::MetricCall& call);
/// The population a scorecard of this entity has unless it says otherwise.
model::Population default_population(const model::Entity& entity);
std::string trimmed_name(const std::string& text);
/// The metric of that name; a library writes its own metrics without the prefix that they have in the policy.
std::optional<model::MetricId> metric_named(const model::Policy& policy, const std::string& name);
/// Names in `{…}` of a message; `{{` is a brace.
std::vector<std::string> placeholders(const std::string& message);

}  // namespace kpi::eval
