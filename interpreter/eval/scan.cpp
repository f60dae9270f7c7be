// The order of a scan, on one screen: entities, then what passes look up elsewhere, then one pass over each events
// source, those that others refer to first; then coverage and the figures of results.
#include "interpreter/eval/scan.hpp"

#include <algorithm>
#include <limits>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/scan_store.hpp"

namespace kpi::eval {

std::unique_ptr<AggregateStore> scan(const model::Policy& policy, DataSource& data, const ScanRequest& request,
                                     source::Diagnostics& diagnostics) {
  auto store = std::make_unique<scanning::Store>(policy, data, request, diagnostics);
  store->scan();
  return store;
}

namespace scanning {

using source::DiagnosticId;
namespace ids = source::ids;
using value::Instant;

Store::Store(const Policy& policy, DataSource& data, const ScanRequest& request, source::Diagnostics& diagnostics)
    : request_(request), world_(policy, data, request_, diagnostics), plan_(world_), resources_(world_, plan_) {
  evaluator_ = std::make_unique<RowEvaluator>(world_);
}

void Store::scan() {
  if (world_.policy.exclusions.size() > 64) {
    world_.errors.add(ids::data_too_many_exclusions, world_.policy.exclusions[64].named.span)
        .with("events", world_.policy.events[world_.policy.exclusions[64].from.front().index].named.name);
    return;
  }
  if (request_.times_only) world_.errors.mute(true);
  std::optional<Date> as_of;
  if (request_.as_of) as_of = world_.zone().local_date(*request_.as_of);
  world_.rates.load(world_.data, as_of);
  EntityLoader(world_, plan_).load();
  plan_needs();
  run_passes();
  if (!world_.errors.any()) {
    scan_times_elsewhere();
    fill_coverage();
    prepare_exclusions();
  }
  for (const model::CalendarId calendar : request_.calendars) resources_.prepare_calendar(calendar);
  convert_windows();
  rows_.resize(world_.entities.size());
  if (!world_.errors.any() && !request_.times_only) index_entities();
  world_.errors.finish();
}

/// A period that is not over is converted as of the data's last day. Tests look at whole periods.
void Store::convert_windows() {
  std::optional<Instant> last;
  for (const EventsState& state : world_.events) last = std::max(last, state.info.last);
  if (!isolated_.empty()) last = last_event_;
  if (last && !request_.as_of && !request_.everything_covered) world_.rates.set_last_day(world_.zone().local_date(*last));
  for (const auto& [currency, window] : request_.rates) {
    if (!world_.rates.rate(currency, window)) world_.rates.report_missing(currency, world_.rates.day_of(window));
  }
}

// ---- planning
// -----------------------------------------------------------------------------------------------------------------

EventsScan& Store::scan_of(EventsId events) {
  auto& scan = scans_[events.index];
  if (!scan) {
    scan = std::make_unique<EventsScan>(world_, plan_, resources_, events);
    scan->only_times = request_.times_only;
    if (request_.times_only) return *scan;
    scan->report_exclusions(request_.report_windows);
    for (const model::Ensure& ensure : world_.policy.ensures) {
      if (EnsureCheck::events_of(world_.policy, ensure) == events) scan->add_ensure(ensure);
    }
  }
  return *scan;
}

void Store::add_need(AggregateId id, EntityId entity, Window window) {
  const model::Aggregate* aggregate = &world_.policy.aggregates[id.index];
  bool by_day = false;
  while (aggregate->each_inner.valid()) {
    id = aggregate->each_inner;
    aggregate = &world_.policy.aggregates[id.index];
    by_day = true;
  }
  if (!aggregate->source.is_events()) {
    // Rows of an entity are at hand already; only what its distinct rows come from has to be read.
    return;
  }
  scan_of(aggregate->source.events()).add_need({id, entity, by_day}, window);
}

void Store::plan_needs() {
  for (const Need& need : request_.needs) add_need(need.aggregate, need.entity, need.window);
  for (const EventsId events : request_.count_events) scan_of(events);
  std::set<EntityId> used;
  for (const auto& [entity, window] : request_.presence) {
    used.insert(entity);
    for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
      if (world_.policy.events[index].owner_paths.to(entity)) scan_of(EventsId{index}).add_presence(entity, window);
    }
  }
  for (const Need& need : request_.needs) used.insert(need.entity);
  for (const EntityId entity : used) {  // the rows of a distinct entity are found where its values stand
    const auto& from = world_.policy.entities[entity.index].distinct_source;
    if (from && from->is_events()) scan_of(from->events()).add_discovery(entity);
  }
  if (tracing && traced_entity.valid() && world_.entities[traced_entity.index].grows) {
    for (const EventsId events : request_.count_events) scan_of(events).add_discovery(traced_entity);
  }
  // An exclusion of rows that others refer to takes those out too, so the referred ones are scanned as well.
  for (bool grown = true; grown;) {
    grown = false;
    for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
      if (!scans_.contains(index)) continue;
      for (const FieldId reference : plan_.excluded_references(EventsId{index})) {
        const EventsId target{world_.policy.events[index].fields[reference.index].type.index};
        if (scans_.contains(target.index)) continue;
        scan_of(target);
        grown = true;
      }
    }
  }
  for (const EventsId events : request_.count_events) {
    const SourceRef source = SourceRef::of(events);
    Reads shown;  // explain shows all fields
    for (std::uint32_t field = 0; tracing && field < world_.policy.events[events.index].fields.size(); ++field) {
      plan_.add_field(FieldId{field}, source, shown);
    }
    for (std::uint32_t entity = 0; tracing && entity < world_.policy.entities.size(); ++entity)
      plan_.add_owner(EntityId{entity}, source, shown);
  }
  // Marks what references read, before any rows are kept.
  for (const auto& [index, scan] : scans_) {
    const Reads reads = scan->reads();
    if (request_.quarantine) resources_.always[EventsId{index}].insert(reads.fields.begin(), reads.fields.end());
  }
  plan_quarantine();
}

/// With --quarantine every pass over the same events reads the same fields, so that all set the same rows aside.
void Store::plan_quarantine() {
  if (!request_.quarantine) return;
  for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
    const model::Events& decl = world_.policy.events[index];
    auto& fields = resources_.always[EventsId{index}];
    const KeptEvents& kept = world_.kept[index];
    if (!kept.needed) continue;
    fields.insert(decl.key.begin(), decl.key.end());
    if (!decl.fields[decl.time.index].computed.valid()) fields.insert(decl.time);
    for (const FieldId field : kept.fields) {
      if (!decl.fields[field.index].computed.valid()) fields.insert(field);
    }
  }
  for (const model::Aggregate& aggregate : world_.policy.aggregates) {
    if (!aggregate.source.is_events() || !scans_.contains(aggregate.source.index)) continue;
    Reads reads;
    for (const ExprId part : {aggregate.value, aggregate.filter})
      plan_.add_expr(part, {aggregate.source, aggregate.source}, 0, reads);
    if (aggregate.correlated)
      resources_.always[aggregate.source.events()].insert(reads.fields.begin(), reads.fields.end());
  }
}

// ---- passes
// -------------------------------------------------------------------------------------------------------------------

/// Events that others refer to come first, so that their exclusions are known.
std::vector<std::uint32_t> Store::pass_order() const {
  std::vector<std::uint32_t> order;
  std::set<std::uint32_t> visited;
  const auto visit = [&](auto self, std::uint32_t index) -> void {
    if (!visited.insert(index).second) return;
    for (const model::Field& field : world_.policy.events[index].fields) {
      if (field.type.kind == value::Kind::event && !field.computed.valid()) self(self, field.type.index);
    }
    if (scans_.contains(index)) order.push_back(index);
  };
  for (const auto& [index, scan] : scans_) visit(visit, index);
  return order;
}

void Store::run_passes() {
  for (const std::uint32_t index : pass_order()) scans_.at(index)->run();
}

/// First and last time of events that nothing else reads: coverage is a matter of the whole database.
void Store::scan_times_elsewhere() {
  if (world_.errors.any()) return;
  if (request_.times_only) return;
  world_.errors.mute(true);  // what is wrong with them matters to whoever reads them
  for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
    if (scans_.contains(index) || !world_.data.schema(world_.policy.events[index].table)) continue;
    EventsScan scan(world_, plan_, resources_, EventsId{index});
    scan.only_times = true;
    scan.run();
    days_elsewhere_[index] = scan.rows_per_day();
  }
  world_.errors.mute(false);
}

// ---- coverage
// -----------------------------------------------------------------------------------------------------------------

void Store::fill_coverage() {
  for (const EventsState& state : world_.events) {
    const EventsInfo& info = state.info;
    if (info.first) first_event_ = first_event_ ? std::min(*first_event_, *info.first) : info.first;
    if (info.last) last_event_ = last_event_ ? std::max(*last_event_, *info.last) : info.last;
  }
  if (last_event_ && !request_.as_of && !request_.everything_covered) find_isolated();
  as_of_ = request_.as_of ? request_.as_of : last_event_;
  if (!last_event_) return;
  const Date first = world_.zone().local_date(*first_event_), last = world_.zone().local_date(*last_event_);
  for (std::uint32_t index = 0; index < world_.policy.events.size(); ++index) {
    EventsInfo& info = world_.events[index].info;
    info.covered_from = world_.policy.events[index].covers_from.value_or(first);
    info.covered_to = Date{last.days + 1};
    if (*info.covered_from >= *info.covered_to) info.covered_from = info.covered_to = std::nullopt;
    if (!scans_.contains(index)) continue;
    // Of days that nobody read, nothing can be said.
    if (scans_.at(index)->has_only_needed_days()) continue;
    find_silence(EventsId{index});
    info.unowned = scans_.at(index)->unowned();
  }
}

/// How far apart the days with rows of the whole database usually lie decides what is unusual: a gap at the end of a
/// period, and a few rows far behind everything else. Where few days are known, so is little of what is usual.
void Store::find_isolated() {
  constexpr std::size_t kLeastSample = 7;
  constexpr std::int32_t kLeastGap = 3, kUnknownGap = 7, kTimesUsual = 5;
  constexpr std::int32_t kLeastDistance = 60, kUnknownDistance = 366, kTimesDistance = 20;
  constexpr std::uint64_t kMostRows = 3;
  // Of days that nobody read, nothing can be said.
  const bool is_whole = std::none_of(scans_.begin(), scans_.end(),
                                     [](const auto& scan) { return scan.second->has_only_needed_days(); });
  usual_gap_ = kUnknownGap;
  if (!is_whole) return;
  std::map<std::int32_t, std::uint64_t> days;
  const auto add = [&](const std::map<std::int32_t, std::uint64_t>& other) {
    for (const auto& [day, rows] : other) days[day] += rows;
  };
  for (const auto& [index, scan] : scans_) add(scan->rows_per_day());
  for (const auto& [index, other] : days_elsewhere_) add(other);
  if (days.empty()) return;
  std::vector<std::int32_t> distances;
  for (auto day = std::next(days.begin()); day != days.end(); ++day)
    distances.push_back(day->first - std::prev(day)->first);
  const bool is_known = days.size() >= kLeastSample;
  std::int32_t usual = 0;
  if (is_known) {
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), middle, distances.end());
    usual = *middle;
  }
  if (is_known) usual_gap_ = std::max(kLeastGap, kTimesUsual * usual);
  const std::int32_t limit = is_known ? std::max(kLeastDistance, kTimesDistance * usual) : kUnknownDistance;
  std::int32_t wanted = std::numeric_limits<std::int32_t>::min();  // days of the run are no slip
  for (const Window window : request_.report_windows) wanted = std::max(wanted, window.end.days);
  std::uint64_t rows = 0, all = 0;
  for (const auto& [day, count] : days) all += count;
  auto after = days.end();
  for (auto day = std::prev(days.end()); day != days.begin() && day->first >= wanted; --day) {
    rows += day->second;
    if (rows > kMostRows || 2 * rows >= all) break;
    if (day->first - std::prev(day)->first > limit) after = day;
  }
  if (after == days.end()) return;
  const Date first{after->first}, last{std::prev(after)->first};
  last_event_ = Instant{world_.zone().start_of_day(Date{last.days + 1}).micros - 1};
  const auto note = [&](std::uint32_t index, const std::map<std::int32_t, std::uint64_t>& of) {
    IsolatedRows isolated{EventsId{index}, 0, first, 0, {}};
    for (auto day = of.lower_bound(first.days); day != of.end(); ++day) {
      if (isolated.rows == 0) isolated.first = Date{day->first};
      isolated.rows += day->second;
    }
    if (isolated.rows == 0) return;
    isolated.distance = isolated.first.days - last.days;
    name_isolated(isolated);
    isolated_.push_back(std::move(isolated));
  };
  for (const auto& [index, scan] : scans_) note(index, scan->rows_per_day());
  for (const auto& [index, other] : days_elsewhere_) note(index, other);
  std::sort(isolated_.begin(), isolated_.end(),
            [](const IsolatedRows& a, const IsolatedRows& b) { return a.events < b.events; });
}

/// A source is silent for a span of days without rows, inside its coverage, that is longer than three days and than
/// five times the usual distance between days with rows (their median). A few such days say nothing about
/// usual.
void Store::find_silence(EventsId events) {
  constexpr std::int32_t kLeastDays = 3, kTimesUsual = 5;
  constexpr std::size_t kLeastSample = 20;
  EventsInfo& info = world_.events[events.index].info;
  const auto& days = scans_.at(events.index)->rows_per_day();
  if (!info.covered_from || days.size() < kLeastSample) return;
  std::vector<std::int32_t> distances;
  for (auto day = std::next(days.begin()); day != days.end(); ++day)
    distances.push_back(day->first - std::prev(day)->first);
  std::nth_element(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2),
                   distances.end());
  const std::int32_t limit = std::max(kLeastDays, kTimesUsual * distances[distances.size() / 2]);
  std::int32_t next = info.covered_from->days;  // the first day not yet accounted for
  const auto check = [&](std::int32_t day) {
    if (day - next > limit) info.silent.emplace_back(Date{next}, Date{day});
    next = std::max(next, day + 1);
  };
  for (const auto& [day, rows] : days) check(day);
  check(info.covered_to->days);
}

// ---- results
// ------------------------------------------------------------------------------------------------------------------

void Store::prepare_exclusions() {
  for (const Window window : request_.report_windows) {
    auto& counts = exclusions_[window];
    counts.clear();
    std::map<std::uint32_t, std::map<std::size_t, ExcludedTotals>> excluded;
    for (const auto& [index, scan] : scans_) excluded[index] = scan->excluded(window);
    for (std::size_t exclusion = 0; exclusion < world_.policy.exclusions.size(); ++exclusion) {
      for (const auto& [index, by_exclusion] : excluded) {
        const bool own = (scans_.at(index)->own_exclusions() >> exclusion & 1) != 0;
        const auto found = by_exclusion.find(exclusion);
        if (!own && found == by_exclusion.end()) continue;
        ExclusionCount count;
        count.exclusion = ExclusionId{static_cast<std::uint32_t>(exclusion)};
        count.events = EventsId{index};
        if (found != by_exclusion.end()) {
          count.rows = found->second.rows;
          count.noted = found->second.noted;
          count.undecided = found->second.undecided;
          count.money = found->second.money;
        }
        counts.push_back(std::move(count));
      }
    }
  }
}

void Store::index_entities() {
  for (std::uint32_t index = 0; index < world_.entities.size(); ++index)
    rows_[index] = entity_rows(world_, EntityId{index});
  for (EntityRows& entity : rows_) {
    for (EntityRow& row : entity.rows) {
      for (Value& field : row.fields) field = shown(std::move(field));
    }
  }
}

}  // namespace scanning
}  // namespace kpi::eval
