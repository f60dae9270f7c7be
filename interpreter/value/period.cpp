// Calendar periods, counted from the one that contains 1970-01-01.
#include <charconv>

#include "interpreter/value/time.hpp"

namespace kpi::value {

namespace {

constexpr int floor_divide(int a, int b) { return (a >= 0 ? a : a - b + 1) / b; }

/// Monday of week 1 of an ISO year: the week with 4 January in it.
Date first_iso_monday(int year) {
  const Date fourth = *Date::from_civil(year, 1, 4);
  return {fourth.days - static_cast<std::int32_t>(fourth.weekday())};
}

/// All of `text` as digits; none when anything else stands there.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Period> parse_week(int year, std::string_view week_text) {
  const auto week = digits(week_text);
  if (!week || *week < 1) return std::nullopt;
  const Date monday{first_iso_monday(year).days + 7 * (*week - 1)};
  if (year < 9'999 && monday >= first_iso_monday(year + 1)) return std::nullopt;
  return *week <= 53 ? std::optional(Period::containing(monday, CalendarUnit::week)) : std::nullopt;
}

std::optional<Period> parse_quarter(int year, std::string_view quarter_text) {
  const auto quarter = digits(quarter_text);
  if (!quarter || *quarter < 1 || *quarter > 4) return std::nullopt;
  return Period{CalendarUnit::quarter, (year - 1970) * 4 + *quarter - 1};
}

std::optional<Period> parse_month(int year, std::string_view month_text) {
  const auto month = digits(month_text);
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  return Period{CalendarUnit::month, (year - 1970) * 12 + *month - 1};
}

Date first_of_month(int months_since_1970) { return add_months(Date{0}, months_since_1970); }

std::string two_digits(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::string year_text(Date day) { return day.to_string().substr(0, day.to_string().size() - 6); }

}  // namespace

std::optional<Period> Period::parse(std::string_view text) {
  if (text.size() == 10) {
    const auto day = Date::parse(text);
    return day ? std::optional(Period{CalendarUnit::day, day->days}) : std::nullopt;
  }
  if (text.size() < 4) return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  if (!year) return std::nullopt;
  text.remove_prefix(4);
  if (text.empty()) return Period{CalendarUnit::year, *year - 1970};
  if (text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  if (text.size() == 2 && text.front() == 'Q') return parse_quarter(*year, text.substr(1));
  if (text.size() == 3 && text.front() == 'W') return parse_week(*year, text.substr(1));
  if (text.size() == 2) return parse_month(*year, text);
  return std::nullopt;
}

Period Period::containing(Date day, CalendarUnit unit) {
  const auto month_index = [&] { return (day.year() - 1970) * 12 + static_cast<int>(day.month()) - 1; };
  switch (unit) {
    case CalendarUnit::day:
      return {unit, day.days};
    case CalendarUnit::week:
      return {unit, floor_divide(day.days + 3, 7)};  // week 0 began on 1969-12-29
    case CalendarUnit::month:
      return {unit, month_index()};
    case CalendarUnit::quarter:
      return {unit, floor_divide(month_index(), 3)};
    case CalendarUnit::year:
      return {unit, day.year() - 1970};
  }
  return {};
}

Date Period::start() const {
  switch (unit) {
    case CalendarUnit::day:
      return {index};
    case CalendarUnit::week:
      return {index * 7 - 3};
    case CalendarUnit::month:
      return first_of_month(index);
    case CalendarUnit::quarter:
      return first_of_month(index * 3);
    case CalendarUnit::year:
      return first_of_month(index * 12);
  }
  return {};
}

Date Period::end() const { return shift(1).start(); }

Period Period::year_ago() const {
  switch (unit) {
    case CalendarUnit::day:
      return containing(add_months(start(), -12), unit);
    case CalendarUnit::week:
      return shift(-52);
    case CalendarUnit::month:
      return shift(-12);
    case CalendarUnit::quarter:
      return shift(-4);
    case CalendarUnit::year:
      return shift(-1);
  }
  return {};
}

std::string Period::to_string() const {
  const Date first = start();
  switch (unit) {
    case CalendarUnit::day:
      return first.to_string();
    case CalendarUnit::week: {
      const Date thursday{first.days + 3};  // the day that decides the ISO year
      const int week = (first.days - first_iso_monday(thursday.year()).days) / 7 + 1;
      return year_text(thursday) + "-W" + two_digits(week);
    }
    case CalendarUnit::month:
      return year_text(first) + "-" + two_digits(static_cast<int>(first.month()));
    case CalendarUnit::quarter:
      return year_text(first) + "-Q" + std::to_string((first.month() - 1) / 3 + 1);
    case CalendarUnit::year:
      return year_text(first);
  }
  return {};
}

std::optional<std::vector<Period>> parse_periods(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto first = Period::parse(text.substr(0, dots));
  const auto last = dots == std::string_view::npos ? first : Period::parse(text.substr(dots + 2));
  if (!first || !last || first->unit != last->unit || last->index < first->index) return std::nullopt;
  std::vector<Period> periods;
  for (Period period = *first; period <= *last; period = period.shift(1)) periods.push_back(period);
  return periods;
}

std::string_view name(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::day:
      return "day";
    case CalendarUnit::week:
      return "week";
    case CalendarUnit::month:
      return "month";
    case CalendarUnit::quarter:
      return "quarter";
    case CalendarUnit::year:
      return "year";
  }
  return {};
}

std::vector<Period> periods_ending_in(CalendarUnit unit, Date start, Date end) {
  std::vector<Period> periods;
  for (Period period = Period::containing(start, unit); period.end() <= end; period = period.shift(1)) {
    periods.push_back(period);
  }
  return periods;
}

}  // namespace kpi::value
