// What passes look up in other sources: rows behind references, sets of values, joins, holidays, repeated rows. Each is
// made once, when it is first needed; making one may need others.
#pragma once

#include <set>

#include "interpreter/eval/scan_pass.hpp"

namespace kpi::eval::scanning {

class Resources {
 public:
  Resources(World& world, Plan& plan) : joins(world), world_(world), plan_(plan) {}

  JoinSet joins;
  /// Makes everything that a pass over `events` with these reads needs; false after reporting.
  bool prepare(EventsId events, const Reads& reads);
  /// Keeps the rows of events that others refer to; false after reporting.
  bool keep(EventsId events) { return ensure_kept(events); }
  /// Reads the holidays of a calendar that is used outside rows.
  bool prepare_calendar(model::CalendarId calendar) { return ensure_holidays(calendar); }
  /// Finds repeated rows; keep_first drops them.
  bool deduplicate(EventsId events);
  /// Extra fields that every pass over these events decodes, so that --quarantine sets the same rows aside in all of them.
  std::map<EventsId, FieldSet> always;

 private:
  bool prepare_reads(const Reads& reads, const std::string& reader);
  bool ensure_kept(EventsId events);
  bool ensure_set(const model::ColumnSet& column);
  bool ensure_join(model::AggregateId aggregate);
  bool ensure_holidays(model::CalendarId calendar);
  bool open(EventsPass& pass, EventsId events);
  bool enter(std::string what, const std::string& reader);
  Reads join_reads(model::AggregateId aggregate);
  void build_join_over_entity(Join& join);
  void add_to_set(Program& program, const model::ColumnSet& column, int node, const std::uint8_t* active, CodeSet& set);

  World& world_;
  Plan& plan_;
  std::set<std::string> made_, making_;
};

}  // namespace kpi::eval::scanning
