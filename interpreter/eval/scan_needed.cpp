// ScanRequest::only_needed: which days of events matter to any result, and reading them through an index.
//
// Nothing is believed about the order of rows. An index holds its entries in the order of their texts, and every text
// of a time begins with its local day; an offset or another zone moves that by less than two days. So all rows of a
// span of days lie between two texts, whatever else the column holds. The first and the last time of all rows are found
// in the same way, at both ends of the index.
#include "interpreter/eval/scan_needed.hpp"

#include <algorithm>

#include "interpreter/eval/scan_events.hpp"

namespace kpi::eval::scanning {

using Index = ReadPath::Index;
using value::Instant;

namespace {

constexpr std::int32_t kMargin = 2;     // days: more than any offset and zone together
constexpr std::int32_t kMostShare = 3;  // of the days, for which an index is worth while
constexpr std::int64_t kSecondsPerDay = 86'400;

/// All times whose local day, in whatever zone, may be one of [first, end).
TimeRange range_of(std::int32_t first, std::int32_t end) {
  const Date from{first - kMargin}, before{end + kMargin};
  return {from.to_string(), before.to_string(), from.days * kSecondsPerDay, before.days * kSecondsPerDay};
}

std::optional<std::int32_t> day_of_text(const std::string& text) {
  const auto day = text.size() < 10 ? std::nullopt : Date::parse(std::string_view(text).substr(0, 10));
  return day ? std::optional(day->days) : std::nullopt;
}

/// The earliest and the latest day that the ends of an index name; none where one of them is no time.
std::optional<std::pair<std::int32_t, std::int32_t>> days_of_ends(const TimeRange& ends) {
  constexpr std::int64_t kMostSeconds = value::kMaxDays * kSecondsPerDay;
  std::vector<std::int32_t> days;
  if (!ends.before.empty()) {
    for (const std::string* text : {&ends.from, &ends.before}) {
      const auto day = day_of_text(*text);
      if (!day) return std::nullopt;
      days.push_back(*day);
    }
  }
  if (ends.from_second <= ends.before_second) {
    for (const std::int64_t second : {ends.from_second, ends.before_second}) {
      if (second > kMostSeconds || second < -kMostSeconds) return std::nullopt;
      days.push_back(static_cast<std::int32_t>(floor_day(second * value::kMicrosPerSecond)));
    }
  }
  if (days.empty()) return std::nullopt;
  return std::pair(*std::min_element(days.begin(), days.end()), *std::max_element(days.begin(), days.end()));
}

}  // namespace

std::optional<Window> EventsScan::needed_days(const EventsPass& pass) const {
  if (!world_.request.only_needed || only_times) return std::nullopt;
  std::optional<Window> days;
  const auto add = [&](const std::vector<Window>& windows) {
    for (const Window& window : windows) {
      days = days ? Window{std::min(days->start, window.start), std::max(days->end, window.end)} : window;
    }
  };
  bool all = !discovered_.empty() || !ensures_.empty() || world_.request.quarantine ||
             (world_.kept[events_.index].needed && plan_.exclusions_of(events_) != 0);
  for (const auto& [key, windows] : windows_) {
    all = all || world_.policy.aggregates[key.aggregate.index].at.valid();
    add(windows);
  }
  for (const auto& [entity, windows] : presence_windows_) add(windows);
  add(report_windows_);
  all = all || !days || days->start <= kBeginning;
  if (!all) return days;
  world_.data.note_all_read(pass.schema().name, {}, Index::all_needed);
  return std::nullopt;
}

bool NeededParts::holds_ends(const EventsInfo& found) const {
  const auto utc_day = [](Instant time) { return static_cast<std::int32_t>(floor_day(time.micros)); };
  return found.first && utc_day(*found.first) < first_before && utc_day(*found.last) >= last_from;
}

std::optional<NeededParts> needed_parts(const World& world, EventsId events, const EventsPass& pass, Window days) {
  const model::Events& decl = world.policy.events[events.index];
  const auto column = pass.stored_column(decl.time);
  const std::string& table = pass.schema().name;
  const auto whole = [&](Index why) {
    world.data.note_all_read(table, column.value_or(""), why);
    return std::nullopt;
  };
  if (!column || !pass.can_be_parted() || decl.fields[decl.time.index].computed.valid())
    return whole(Index::all_needed);
  const auto ends = world.data.times(table, *column);
  if (!ends) return whole(Index::none);
  // The days at which the first and the last time may lie; rows later than as-of are not there.
  const auto end_days = days_of_ends(*ends);
  if (!end_days) return whole(Index::other_times);
  auto [first, last] = *end_days;
  if (world.request.as_of) last = std::min(last, world.zone().local_date(*world.request.as_of).days + kMargin);
  if (kMostShare * std::int64_t{days.end.days - days.start.days} > last - first) return whole(Index::too_many_rows);
  NeededParts parts;
  // A row that is not read is at least that far from both ends.
  parts.first_before = first + 2 * kMargin;
  parts.last_from = last - 2 * kMargin;
  const std::vector<TimeRange> ranges{range_of(first, parts.first_before), range_of(days.start.days, days.end.days),
                                      range_of(parts.last_from, last + 1)};
  parts.rows = world.data.parts_of_times(table, pass.columns(), *column, ranges);
  if (!parts.rows) return std::nullopt;
  return parts;
}

bool EventsScan::run_over_needed(const EventsPass& pass) {
  if (!only_days_) return false;
  const auto parts = needed_parts(world_, events_, pass, *only_days_);
  if (!parts) return false;
  const auto accept = [&](const EventsInfo& found) {
    const bool is_sure = parts->holds_ends(found);
    if (!is_sure) world_.data.note_all_read(pass.schema().name, *pass.stored_column(decl_.time), Index::other_times);
    return is_sure;
  };
  return run_over_parts(pass, *parts->rows, std::max(world_.request.threads, 1U), accept);
}

}  // namespace kpi::eval::scanning
