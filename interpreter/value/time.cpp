// Dates, written times and calendar steps. The civil calendar arithmetic follows Howard Hinnant, "chrono-compatible
// low-level date algorithms" (days_from_civil, civil_from_days).
#include "interpreter/value/time.hpp"

#include <algorithm>
#include <cstdio>

namespace kpi::value {

namespace {

constexpr int kMaxYear = 25'000;
constexpr int kDaysPerEra = 146'097;  // 400 years
constexpr int kDaysTo1970 = 719'468;  // from 0000-03-01

struct Civil {
  int year;
  unsigned month;
  unsigned day;
};

constexpr std::int32_t days_from_civil(int year, unsigned month, unsigned day) {
  const int shifted = year - (month <= 2 ? 1 : 0);
  const int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(shifted - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + static_cast<int>(day_of_era) - kDaysTo1970;
}

constexpr Civil civil_from_days(std::int32_t days) {
  const int shifted = days + kDaysTo1970;
  const int era = (shifted >= 0 ? shifted : shifted - kDaysPerEra + 1) / kDaysPerEra;
  const auto day_of_era = static_cast<unsigned>(shifted - era * kDaysPerEra);
  const unsigned year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<int>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

static_assert(days_from_civil(1970, 1, 1) == 0 && days_from_civil(2000, 3, 1) == 11'017);

constexpr bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

constexpr unsigned days_in_month(int year, unsigned month) {
  constexpr unsigned char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

constexpr unsigned kNotANumber = 1'000;

/// Two decimal digits, or kNotANumber.
unsigned two_digits(const char* text) {
  const auto tens = static_cast<unsigned>(text[0] - '0'), ones = static_cast<unsigned>(text[1] - '0');
  return tens > 9 || ones > 9 ? kNotANumber : tens * 10 + ones;
}

/// Days since 1970 of the ten characters `YYYY-MM-DD`.
bool parse_date(const char* text, std::int32_t& days) {
  const unsigned century = two_digits(text), rest = two_digits(text + 2);
  const unsigned month = two_digits(text + 5), day = two_digits(text + 8);
  if (text[4] != '-' || text[7] != '-' || century > 99 || rest > 99 || month - 1 > 11) return false;
  const int year = static_cast<int>(century * 100 + rest);
  if (day < 1 || day > days_in_month(year, month)) return false;
  days = days_from_civil(year, month, day);
  return true;
}

/// `.f{1,6}` as micros; advances `text`.
bool parse_fraction(std::string_view& text, std::int64_t& micros) {
  std::int64_t unit = kMicrosPerSecond;
  std::size_t i = 1;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (i > 6) return false;
    unit /= 10;
    micros += (text[i] - '0') * unit;
  }
  text.remove_prefix(i);
  return i > 1;
}

/// `HH:MM[:SS[.f{1,6}]]` as micros since midnight; advances `text`.
bool parse_time_of_day(std::string_view& text, std::int64_t& micros) {
  if (text.size() < 5 || text[2] != ':') return false;
  const unsigned hour = two_digits(text.data()), minute = two_digits(text.data() + 3);
  if (hour > 23 || minute > 59) return false;
  micros = static_cast<std::int64_t>(hour * 3'600 + minute * 60) * kMicrosPerSecond;
  text.remove_prefix(5);
  if (text.empty() || text[0] != ':') return true;
  if (text.size() < 3) return false;
  const unsigned second = two_digits(text.data() + 1);
  if (second > 59) return false;
  micros += second * kMicrosPerSecond;
  text.remove_prefix(3);
  return text.empty() || text[0] != '.' || parse_fraction(text, micros);
}

/// `Z`, `+HH:MM` or `+HHMM`, and nothing after it.
bool parse_offset(std::string_view text, std::int32_t& seconds) {
  if (text == "Z") return true;
  if ((text[0] != '+' && text[0] != '-') || (text.size() != 5 && text.size() != 6)) return false;
  if (text.size() == 6 && text[3] != ':') return false;
  const unsigned hours = two_digits(text.data() + 1), minutes = two_digits(text.data() + text.size() - 2);
  if (hours > 23 || minutes > 59) return false;
  const auto size = static_cast<std::int32_t>(hours * 3'600 + minutes * 60);
  seconds = text[0] == '-' ? -size : size;
  return true;
}

std::string civil_text(const Civil& civil) {
  char buffer[24];
  const char* format = civil.year < 0 ? "%05d-%02u-%02u" : "%04d-%02u-%02u";
  std::snprintf(buffer, sizeof buffer, format, civil.year, civil.month, civil.day);
  return buffer;
}

}  // namespace

std::optional<Date> Date::parse(std::string_view iso) {
  Date date;
  if (iso.size() != 10 || !parse_date(iso.data(), date.days)) return std::nullopt;
  return date;
}

std::optional<Date> Date::from_civil(int year, unsigned month, unsigned day) {
  if (year < -kMaxYear || year > kMaxYear || month < 1 || month > 12) return std::nullopt;
  if (day < 1 || day > days_in_month(year, month)) return std::nullopt;
  return Date{days_from_civil(year, month, day)};
}

int Date::year() const { return civil_from_days(days).year; }
unsigned Date::month() const { return civil_from_days(days).month; }
unsigned Date::day() const { return civil_from_days(days).day; }

unsigned Date::weekday() const {
  const int rest = (days + 3) % 7;  // 1970-01-01 was a Thursday
  return static_cast<unsigned>(rest < 0 ? rest + 7 : rest);
}

std::string Date::to_string() const { return civil_text(civil_from_days(days)); }

std::string Instant::to_string() const {
  std::int64_t day = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) --day, rest += kMicrosPerDay;
  const auto seconds = static_cast<unsigned>(rest / kMicrosPerSecond);
  const auto fraction = static_cast<unsigned>(rest % kMicrosPerSecond);
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, "T%02u:%02u:%02u", seconds / 3'600, seconds / 60 % 60, seconds % 60);
  std::string text = Date{static_cast<std::int32_t>(day)}.to_string() + buffer;
  if (fraction != 0) {
    std::snprintf(buffer, sizeof buffer, ".%06u", fraction);
    text += buffer;
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

std::optional<WrittenTime> WrittenTime::parse(std::string_view text) {
  std::int32_t days = 0;
  if (text.size() < 10 || !parse_date(text.data(), days)) return std::nullopt;
  WrittenTime time;
  time.local_micros = days * kMicrosPerDay;
  if (text.size() == 10) return time;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  text.remove_prefix(11);
  std::int64_t micros = 0;
  if (!parse_time_of_day(text, micros)) return std::nullopt;
  time.local_micros += micros;
  if (text.empty()) return time;
  if (!parse_offset(text, time.offset_seconds)) return std::nullopt;
  time.has_offset = true;
  return time;
}

std::string CalendarStep::to_string() const {
  const bool in_years = months != 0 && months % 12 == 0;
  const std::int32_t count = in_years ? months / 12 : months;
  return std::to_string(count) + (in_years ? " year" : " month") + (count == 1 || count == -1 ? "" : "s");
}

Date add_months(Date day, int months) {
  const Civil civil = civil_from_days(day.days);
  const int total = civil.year * 12 + static_cast<int>(civil.month) - 1 + months;
  const int year = (total >= 0 ? total : total - 11) / 12;
  const auto month = static_cast<unsigned>(total - year * 12) + 1;
  return {days_from_civil(year, month, std::min(civil.day, days_in_month(year, month)))};
}

}  // namespace kpi::value
