// What a scan has to read: the fields of each source, what is looked up in other sources, and which events need a pass.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "interpreter/eval/scan_world.hpp"

namespace kpi::eval::scanning {

using FieldSet = std::set<FieldId>;

/// What expressions read. Collected per pass, so that a pass decodes no more than it needs.
struct Reads {
  FieldSet fields;                                   // of the rows of the pass
  FieldSet times;                                    // computed fields that aggregates use as their time
  std::set<model::AggregateId> joins;                // counts over other rows, in exclusions
  std::map<std::pair<SourceRef, std::string>, model::ColumnSet> sets;
  std::set<model::CalendarId> calendars;
};

class Plan {
 public:
  Plan(World& world) : world_(world), policy_(world.policy) {}

  /// Adds what the row-level expression reads. `rows` are the sources in scope, the innermost first; `depth` is the one
  /// whose rows the pass visits. Fields read through references to events are marked to be kept there.
  void add_expr(ExprId expr, const std::vector<SourceRef>& rows, unsigned depth, Reads& reads);
  void add_path(const FieldPath& path, SourceRef source, Reads& reads);
  void add_owner(model::EntityId entity, SourceRef source, Reads& reads);
  void add_field(FieldId field, SourceRef source, Reads& reads);
  /// The time of events, and what it is computed from.
  void add_time(EventsId events, Reads& reads);
  /// The exclusions that can hit rows of these events: their own, and those of events they refer to.
  std::uint64_t exclusions_of(EventsId events);
  /// References of these events to events that exclusions can hit.
  std::vector<FieldId> excluded_references(EventsId events);

 private:
  void keep(EventsId events, FieldId field);
  void add_remote(FieldId field, SourceRef source);
  void walk(ExprId expr, const std::vector<SourceRef>& rows, unsigned depth, Reads& reads);

  World& world_;
  const Policy& policy_;
  std::map<EventsId, std::uint64_t> exclusion_masks_;
  std::set<EventsId> visiting_;
};

}  // namespace kpi::eval::scanning
