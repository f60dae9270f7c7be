// Which aggregates a policy needs, for which entities and windows. Metric definitions are walked symbolically: once per
// metric, entity and moment, whatever the number of rows. The same walk finds when a result has matured.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "interpreter/eval/run/moment.hpp"

namespace kpi::eval {

/// Microseconds since 1970-01-01T00:00Z from which nothing that was reached can change any more; kAlwaysMature when no
/// metric on the way says `matures after`.
using Maturity = std::int64_t;
constexpr Maturity kAlwaysMature = std::numeric_limits<std::int64_t>::min();

class NeedCollector {
 public:
  NeedCollector(const model::Policy& policy_, MomentTable& moments_) : policy(policy_), moments(moments_) {}

  Maturity metric(model::MetricId id, EntityId entity, MomentId moment);
  Maturity expression(model::ExprId id, EntityId entity, MomentId moment);  // an invalid id needs nothing
  Maturity phases(EntityId entity, MomentId moment);
  /// The entity's rows and, where the population asks for it, which of them have events.
  void population(EntityId entity, MomentId moment);
  Maturity scorecard(const model::Scorecard& scorecard, MomentId moment);
  Maturity payout(const model::Payout& payout, MomentId moment);
  void alert(const model::Alert& alert, MomentId moment);

  std::vector<Need> needs() const { return {needs_.begin(), needs_.end()}; }
  std::vector<std::pair<EntityId, Window>> presence() const { return {presence_.begin(), presence_.end()}; }
  std::vector<std::pair<value::Currency, Window>> rates() const { return {rates_.begin(), rates_.end()}; }
  std::vector<model::CalendarId> calendars() const { return {calendars_.begin(), calendars_.end()}; }
  /// The events that were read, each with the windows it was read for.
  const std::map<EventsId, std::set<Window>>& events_read() const { return events_read_; }
  const std::set<AggregateId>& aggregates() const { return aggregates_; }
  /// Does anything look at several rows of an entity together (total, share, rank, percentile_rank)?
  bool compares_rows() const { return compares_rows_; }

 private:
  Maturity call(const model::MetricCall& call, model::ExprId id, EntityId entity, MomentId moment);
  void call(const model::CallExpr& call, MomentId moment);
  void aggregate(AggregateId id, EntityId entity, MomentId moment);
  Maturity result_of(const model::Metric& metric, MomentId moment) const;

  const model::Policy& policy;
  MomentTable& moments;
  std::set<Need> needs_;
  std::set<std::pair<EntityId, Window>> presence_;
  std::set<std::pair<value::Currency, Window>> rates_;
  std::set<model::CalendarId> calendars_;
  std::map<EventsId, std::set<Window>> events_read_;
  std::set<AggregateId> aggregates_;
  std::map<std::tuple<std::uint32_t, EntityId, MomentId>, Maturity> metrics_;
  std::map<std::pair<EntityId, MomentId>, Maturity> phases_;
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
