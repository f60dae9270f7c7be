#include "interpreter/eval/scan_store.hpp"

#include <algorithm>
#include <cassert>

#include "interpreter/eval/scan_calendar.hpp"
#include "interpreter/eval/scan_native.hpp"

namespace kpi::eval::scanning {

using value::EntityRef;
using value::NoValueReason;

std::optional<std::uint32_t> Store::find(EntityId entity, std::string_view key) const {
  return rows_[entity.index].find(key);
}

/// References inside a value, in the order of rows that results show. References to events become their key.
Value Store::shown(Value value) const {
  if (!value.is<EntityRef>()) return value;
  EntityRef ref = value.as<EntityRef>();
  if ((ref.entity & kEventBit) == 0) {
    ref.row = rows_[ref.entity].position[ref.row];
    return ref;
  }
  const std::uint32_t events = ref.entity & ~kEventBit;
  const FieldId key = world_.policy.events[events].key.front();
  return shown(cell_value(world_.kept[events].table.column(key), ref.row, world_.pool));
}

Value Store::value(AggregateId aggregate, EntityId entity, std::uint32_t row, Window window) const {
  return merged(aggregate, entity, std::span(&row, 1), window);
}

Value Store::merged(AggregateId id, EntityId entity, std::span<const std::uint32_t> rows, Window window) const {
  const model::Aggregate& aggregate = world_.policy.aggregates[id.index];
  if (coverage(aggregate.source, window) == Cover::none) return Value::none(NoValueReason::no_data);
  if (rows.size() == 1) {
    const std::uint32_t internal = rows_[entity.index].order[rows.front()];
    return shown(collected(id, entity, std::span(&internal, 1), window, false));
  }
  std::vector<std::uint32_t> internal;
  internal.reserve(rows.size());
  for (const std::uint32_t row : rows) internal.push_back(rows_[entity.index].order[row]);
  return shown(collected(id, entity, internal, window, false));
}

Value Store::collected(AggregateId id, EntityId entity, std::span<const std::uint32_t> rows, Window window, bool by_day) const {
  const model::Aggregate& aggregate = world_.policy.aggregates[id.index];
  if (aggregate.each_inner.valid()) return over_days(aggregate, entity, rows, window);
  if (!aggregate.source.is_events()) return over_entity(aggregate, entity, rows, window);
  const auto scan = scans_.find(aggregate.source.index);
  assert(scan != scans_.end() && "an aggregate that was not asked for");
  const Instance* instance = scan->second->find({id, entity, by_day});
  assert(instance != nullptr && "an aggregate that was not asked for");
  // Asked for every person and aggregate: the memory is used again.
  thread_local std::vector<std::pair<std::int32_t, std::uint32_t>> found;
  thread_local std::vector<std::uint32_t> cells;
  found.clear();
  cells.clear();
  for (const std::uint32_t row : rows) instance->lane->grouping->collect(row, window, found);
  for (const auto& [slot, cell] : found) {
    if (cell < instance->lane->counts.size() && instance->lane->counts[cell] > 0) cells.push_back(cell);
  }
  using Function = model::AggregateFunction;
  const bool is_slow = aggregate.function == Function::distinct || aggregate.function == Function::median ||
                       aggregate.function == Function::percentile;
  std::unique_lock lock(row_mutex_, std::defer_lock);
  if (is_slow) lock.lock();
  return instance->accumulator->result(cells, instance->lane->counts);
}

std::vector<std::int32_t> Store::days_with_rows(AggregateId id, EntityId entity, std::span<const std::uint32_t> rows, Window window) const {
  const model::Aggregate& aggregate = world_.policy.aggregates[id.index];
  if (aggregate.each_inner.valid()) return days_with_rows(aggregate.each_inner, entity, rows, window);
  const auto scan = scans_.find(aggregate.source.index);
  const Instance* instance = scan == scans_.end() ? nullptr : scan->second->find({id, entity, true});
  assert(instance != nullptr && "an aggregate that was not asked for");
  std::vector<std::pair<std::int32_t, std::uint32_t>> found;
  for (const std::uint32_t row : rows) instance->lane->grouping->collect(row, window, found);
  std::vector<std::int32_t> days;
  for (const auto& [slot, cell] : found) {
    if (cell < instance->lane->counts.size() && instance->lane->counts[cell] > 0) days.push_back(slot + kBeginning.days);
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

/// avg(sum(x) each day): the inner aggregate per calendar unit that has rows (cut to the window), the outer over those.
Value Store::over_days(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> rows, Window window) const {
  std::vector<ReducedRow> values;
  std::optional<value::Period> last;
  for (const std::int32_t day : days_with_rows(aggregate.each_inner, entity, rows, window)) {
    const auto unit = value::Period::containing(Date{day}, aggregate.each);
    if (last == unit) continue;
    last = unit;
    const Window part{std::max(unit.start(), window.start), std::min(unit.end(), window.end)};
    values.push_back({collected(aggregate.each_inner, entity, rows, part, true), unit.start().days, {}});
  }
  return reduce(aggregate, std::move(values));
}

/// The entity's own rows that are active on a day of the window and pass the filter.
template <class Visit>
void Store::for_entity_rows(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> rows,
                            Window window, Visit visit) const {
  const EntityTable& source = world_.entities[aggregate.source.index];
  const std::lock_guard lock(row_mutex_);
  for (std::uint32_t row = 0; row < source.keys.size(); ++row) {
    if (source.active_from[row] && *source.active_from[row] >= window.end) continue;
    if (source.active_to[row] && *source.active_to[row] < window.start) continue;
    if (entity.index != 0) {
      const auto owner = EntityId{aggregate.source.index} == entity ? std::optional(row) : evaluator_->owner(entity, source.table, row);
      if (!owner || std::find(rows.begin(), rows.end(), *owner) == rows.end()) continue;
    }
    const RowContext context{&source.table, row, nullptr, {}};
    if (aggregate.filter.valid() && !evaluator_->is_true(aggregate.filter, context)) continue;
    visit(row, context);
  }
}

Value Store::over_entity(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> rows, Window window) const {
  const EntityTable& source = world_.entities[aggregate.source.index];
  std::vector<ReducedRow> values;
  for_entity_rows(aggregate, entity, rows, window, [&](std::uint32_t row, const RowContext& context) {
    ReducedRow reduced = reduced_row(*evaluator_, aggregate, context);
    reduced.time = source.active_from[row] ? source.active_from[row]->days : kBeginning.days;
    reduced.key.push_back(source.keys[row]);
    values.push_back(std::move(reduced));
  });
  return reduce(aggregate, std::move(values));
}

std::vector<value::Currency> Store::currencies(AggregateId id, EntityId entity, std::span<const std::uint32_t> rows,
                                               Window window) const {
  std::vector<std::uint32_t> internal;
  for (const std::uint32_t row : rows) internal.push_back(rows_[entity.index].order[row]);
  const model::Aggregate* aggregate = &world_.policy.aggregates[id.index];
  if (!is_native(*aggregate)) return {};
  bool by_day = false;
  for (; aggregate->each_inner.valid(); by_day = true) {
    id = aggregate->each_inner;
    aggregate = &world_.policy.aggregates[id.index];
  }
  std::set<Code> codes;
  if (!aggregate->source.is_events()) {
    for_entity_rows(*aggregate, entity, internal, window, [&](std::uint32_t, const RowContext& context) {
      if (!evaluator_->evaluate(aggregate->value, context).has_value()) return;
      for (const model::NativeCurrency& source : model::native_currencies(world_.policy, aggregate->value)) {
        const Value code = source.fixed.is_none() ? evaluator_->path_value(source.column, context)
                                                  : Value(std::string(source.fixed.code()));
        if (code.has_value()) codes.insert(value_code(code, world_.pool));
      }
    });
  } else if (const auto scan = scans_.find(aggregate->source.index); scan != scans_.end()) {
    if (const Instance* instance = scan->second->find({id, entity, by_day})) {
      std::vector<std::pair<std::int32_t, std::uint32_t>> found;
      for (const std::uint32_t row : internal) instance->lane->grouping->collect(row, window, found);
      std::vector<std::uint32_t> cells;
      for (const auto& [slot, cell] : found) cells.push_back(cell);
      instance->accumulator->currencies(cells, codes);
    }
  }
  std::vector<value::Currency> result;
  for (const Code code : codes) {
    if (const auto currency = value::Currency::parse(world_.pool.text(code))) result.push_back(*currency);
  }
  std::sort(result.begin(), result.end());
  return result;
}

bool Store::present(EntityId entity, std::uint32_t row, Window window) const {
  std::vector<std::pair<std::int32_t, std::uint32_t>> found;
  for (const auto& [events, scan] : scans_) {
    const Lane* lane = scan->presence(entity);
    if (lane == nullptr) continue;
    found.clear();
    lane->grouping->collect(rows_[entity.index].order[row], window, found);
    for (const auto& [slot, cell] : found) {
      if (cell < lane->counts.size() && lane->counts[cell] > 0) return true;
    }
  }
  return false;
}

const std::vector<ExclusionCount>& Store::exclusions(Window window) const {
  static const std::vector<ExclusionCount> none;
  const auto found = exclusions_.find(window);
  return found == exclusions_.end() ? none : found->second;
}

Value Store::working_time(model::CalendarId calendar, value::Instant from, value::Instant to) const {
  return Number::scaled(working_micros(world_.policy.calendars[calendar.index], world_.holidays[calendar.index],
                                       *world_.policy.header.timezone, from, to),
                        6);
}

Store::Cover Store::coverage(model::SourceRef source, Window window) const {
  if (!source.is_events() || request_.everything_covered) return Cover::full;
  const EventsInfo& info = world_.events[source.index].info;
  if (!info.covered_from || !info.covered_to || *info.covered_from >= *info.covered_to) return Cover::none;
  if (window.end <= *info.covered_from || window.start >= *info.covered_to) return Cover::none;
  const bool from_beginning = window.start == kBeginning;  // all data there is
  if (window.end <= *info.covered_to && (from_beginning || window.start >= *info.covered_from)) return Cover::full;
  return Cover::partial;
}

}  // namespace kpi::eval::scanning
