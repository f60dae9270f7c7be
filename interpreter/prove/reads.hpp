// Which events a value can depend on, through metrics, aggregates, filters, exclusions, tables and phases: what an edit
// of rows may move although the graph does not look inside.
#pragma once

#include <set>

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

struct EventsRead {
  std::set<std::uint32_t> events;                                 // indices in Policy::events
  std::set<std::pair<std::uint32_t, std::uint32_t>> fields;       // of events: (events, field)
  std::set<std::pair<std::uint32_t, std::uint32_t>> of_entities;  // fields of entities: (entity, field)
  std::set<std::uint32_t> metrics;                                // indices in Policy::metrics
  bool other_periods = false;                                     // it looks at periods besides the one it is taken in
};

/// Events that an expression reads, at any depth; invalid ids read nothing.
/// `subject`: the entity that is scored, whose fields ranks and shares are taken within.
EventsRead events_read(const model::Policy& policy, model::ExprId expr, model::EntityId subject = {});
EventsRead events_read(const model::Policy& policy, model::AggregateId aggregate);
/// What decides which rows of a source are counted: the filter, the source's `where`, exclusions of it and of rows it
/// refers to, and on the way to `path` what is summed over them.
EventsRead rows_read(const model::Policy& policy, model::SourceRef source, model::ExprId filter,
                     const model::FieldPath& path = {});

/// A sum of sums and counts, each times a constant: over all members of a group it is the sum over the members.
bool is_additive(const model::Policy& policy, model::ExprId expr);

}  // namespace kpi::prove
