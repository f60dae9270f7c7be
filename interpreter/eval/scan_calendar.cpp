#include "interpreter/eval/scan_calendar.hpp"

#include <algorithm>
#include <vector>

namespace kpi::eval::scanning {

using value::Date;
using value::Instant;

namespace {

constexpr std::int64_t kMicrosPerMinute = 60 * value::kMicrosPerSecond;

bool falls_on(const model::Calendar::Shift& shift, unsigned weekday) {
  if (shift.first_day <= shift.last_day) return weekday >= shift.first_day && weekday <= shift.last_day;
  return weekday >= shift.first_day || weekday <= shift.last_day;  // sat..mon
}

/// The instant at which the clock shows this local time; in a gap, the end of the gap.
Instant reached(const value::TimeZone& zone, std::int64_t local) {
  for (;; local += kMicrosPerMinute) {
    if (const auto instant = zone.to_instant(local)) return *instant;
  }
}

}  // namespace

std::int64_t working_micros(const model::Calendar& calendar, const tsl::robin_set<std::int32_t>& holidays,
                            const value::TimeZone& zone, Instant from, Instant to) {
  if (to < from) return -working_micros(calendar, holidays, zone, to, from);
  const Date first = zone.local_date(from), last = zone.local_date(to);
  std::vector<std::pair<std::int64_t, std::int64_t>> spans;
  std::int64_t total = 0, counted_until = from.micros;
  for (Date day{first.days - 1}; day <= last; ++day.days) {
    if (holidays.contains(day.days)) continue;
    spans.clear();
    for (const auto& shift : calendar.shifts) {
      if (!falls_on(shift, day.weekday())) continue;
      const std::int64_t midnight = std::int64_t{day.days} * value::kMicrosPerDay;
      const std::int32_t end = shift.to_minute > shift.from_minute ? shift.to_minute : shift.to_minute + 24 * 60;
      spans.emplace_back(reached(zone, midnight + shift.from_minute * kMicrosPerMinute).micros,
                         reached(zone, midnight + end * kMicrosPerMinute).micros);
    }
    std::sort(spans.begin(), spans.end());
    for (const auto& [start, end] : spans) {
      const std::int64_t begin = std::max(start, counted_until), stop = std::min(end, to.micros);
      if (stop <= begin) continue;
      total += stop - begin;
      counted_until = stop;
    }
  }
  return total;
}

}  // namespace kpi::eval::scanning
