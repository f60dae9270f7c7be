// Dates, instants, time zones and periods. Civil dates are proleptic Gregorian days since 1970-01-01; instants are
// microseconds since 1970-01-01T00:00Z. Nothing here reads the clock.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/value/unit.hpp"

namespace kpi::value {

struct Date {
  std::int32_t days = 0;
  friend constexpr auto operator<=>(Date, Date) = default;
  static std::optional<Date> parse(std::string_view iso);                         // `YYYY-MM-DD`, a real date
  static std::optional<Date> from_civil(int year, unsigned month, unsigned day);  // years -25000 to 25000
  int year() const;
  unsigned month() const;
  unsigned day() const;
  unsigned weekday() const;  // 0 Monday … 6 Sunday
  std::string to_string() const;
};

struct Instant {
  std::int64_t micros = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
  std::string to_string() const;  // `2026-07-03T10:00:00Z`, fraction only if not zero
};

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
/// Days before and after 1970-01-01 that dates and instants computed from data may reach (27,000 years): far more than
/// any policy needs, and small enough that no later addition of an offset or a period overflows.
constexpr std::int32_t kMaxDays = 10'000'000;

/// A time as written: local fields, and an offset if one was given. `YYYY-MM-DD` with `T` or a space,
/// `HH:MM[:SS[.f{1,6}]]`, then nothing, `Z`, `+HH:MM` or `+HHMM`. A date alone is midnight.
struct WrittenTime {
  std::int64_t local_micros = 0;
  bool has_offset = false;
  std::int32_t offset_seconds = 0;
  static std::optional<WrittenTime> parse(std::string_view text);
};

/// An IANA time zone, read from the system's compiled database ($TZDIR, else /usr/share/zoneinfo) when it is first
/// asked for. Conversions remember where they last looked, so a million of them in time order are cheap. Safe to use
/// from several threads.
class TimeZone {
 public:
  /// Null when the name is unknown. Instances are shared and live for the process. "UTC" is always known.
  static const TimeZone* find(std::string_view name);
  static const TimeZone& utc();
  static std::vector<std::string> names();  // for suggestions; reads the whole database directory
  const std::string& name() const;
  /// A repeated local time is its first occurrence; a skipped one gives none.
  std::optional<Instant> to_instant(std::int64_t local_micros) const;
  /// With offset the zone does not matter.
  std::optional<Instant> to_instant(const WrittenTime& time) const;
  /// Like to_instant, but a skipped local time gives the instant of the jump, so that every local time has an instant.
  Instant to_instant_or_jump(std::int64_t local_micros) const;
  std::int64_t to_local_micros(Instant instant) const;
  Date local_date(Instant instant) const;
  /// The instant at which the local day begins (the first one, where midnight is skipped or repeated).
  Instant start_of_day(Date day) const;
  ~TimeZone();

 private:
  struct Impl;
  explicit TimeZone(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A calendar step: months, quarters (3 months) or years (12 months). Days and weeks are exact durations.
struct CalendarStep {
  std::int32_t months = 0;
  friend constexpr auto operator<=>(CalendarStep, CalendarStep) = default;
  std::string to_string() const;  // "3 months"; whole years as "2 years"
};
/// Same day of the month, or its last day.
Date add_months(Date day, int months);

/// A calendar period: one day, week (Monday first, ISO numbering), month, quarter or year.
struct Period {
  CalendarUnit unit = CalendarUnit::month;
  std::int32_t index = 0;  // counts periods of this unit; 1970-01-01 lies in index 0
  friend constexpr auto operator<=>(const Period&, const Period&) = default;
  static std::optional<Period> parse(std::string_view text);  // 2026, 2026-Q3, 2026-07, 2026-W27, 2026-07-14
  static Period containing(Date day, CalendarUnit unit);
  Date start() const;
  Date end() const;  // exclusive
  int days() const { return end().days - start().days; }
  Period shift(int count) const { return {unit, index + count}; }
  /// The same period one year earlier (weeks: 52 weeks earlier).
  Period year_ago() const;
  std::string to_string() const;
};
/// `2026-07` or `2026-01..2026-12` (both included, same unit); none when malformed or descending.
std::optional<std::vector<Period>> parse_periods(std::string_view text);
std::string_view name(CalendarUnit unit);  // "day" …
/// Periods of `unit` whose last day lies in [start, end), in order.
std::vector<Period> periods_ending_in(CalendarUnit unit, Date start, Date end);

}  // namespace kpi::value
