// Typed indices into the vectors of a Policy. They are plain numbers with a name, so that a metric is never looked up
// among the curves.
#pragma once

#include <cstdint>
#include <functional>

namespace kpi::model {

template <class Tag>
struct Id {
  std::uint32_t index = 0xFFFFFFFF;
  constexpr bool valid() const { return index != 0xFFFFFFFF; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using ExprId = Id<struct ExprTag>;
using ParamId = Id<struct ParamTag>;
using EntityId = Id<struct EntityTag>;        // 0 is always the built-in entity `company`
using EventsId = Id<struct EventsTag>;
using FieldId = Id<struct FieldTag>;          // index in the fields of one source
using ExclusionId = Id<struct ExclusionTag>;
using CalendarId = Id<struct CalendarTag>;
using AggregateId = Id<struct AggregateTag>;
using MetricId = Id<struct MetricTag>;
using TableId = Id<struct TableTag>;
using CurveId = Id<struct CurveTag>;
using ScorecardId = Id<struct ScorecardTag>;
using PayoutId = Id<struct PayoutTag>;
using AlertId = Id<struct AlertTag>;

/// A source of rows: an entity's table or events.
struct SourceRef {
  enum class Kind : std::uint8_t { entity, events } kind = Kind::events;
  std::uint32_t index = 0;
  static SourceRef of(EntityId id) { return {Kind::entity, id.index}; }
  static SourceRef of(EventsId id) { return {Kind::events, id.index}; }
  bool is_events() const { return kind == Kind::events; }
  EntityId entity() const { return {index}; }
  EventsId events() const { return {index}; }
  friend constexpr auto operator<=>(const SourceRef&, const SourceRef&) = default;
};

}  // namespace kpi::model

template <class Tag>
struct std::hash<kpi::model::Id<Tag>> {
  std::size_t operator()(kpi::model::Id<Tag> id) const noexcept { return id.index; }
};
