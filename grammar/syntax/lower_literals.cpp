// Numbers with their units, dates and times.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/currency_names.hpp"
#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string digits_of(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != '_') result += c;
  }
  return result;
}

/// The value of a literal costs quadratic time in its length.
constexpr std::size_t kMostDigits = 10'000;

std::size_t digit_count(std::string_view number) {
  return static_cast<std::size_t>(std::count_if(number.begin(), number.end(), is_digit));
}

/// The leading part made of digits, `_` and a point followed by a digit.
std::size_t plain_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const bool point = text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1]);
    if (!is_digit(text[at]) && text[at] != '_' && !point) break;
    ++at;
  }
  return at;
}

int number_at(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (const char c : text.substr(at, length)) value = value * 10 + (c - '0');
  return value;
}

/// The nearest date that exists, for one that does not: later phases may rely on a real one, and say nothing more when
/// it is near.
std::string nearest_date(std::string_view text) {
  int parts[3] = {0, 0, 0};
  std::size_t part = 0;
  for (const char c : text) {
    if (is_digit(c)) parts[part] = std::min(parts[part] * 10 + (c - '0'), 9999);
    if (c == '-' && ++part == 3) break;
    if (!is_digit(c) && c != '-') break;
  }
  const int year = std::clamp(parts[0], 1, 9999);
  return fmt::format("{:04}-{:02}-{:02}", year, std::clamp(parts[1], 1, 12), std::clamp(parts[2], 1, 28));
}

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

bool date_exists(std::string_view date) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = number_at(date, 0, 4);
  const int month = number_at(date, 5, 2);
  const int day = number_at(date, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

/// What `01/07/2026`, `2026/7/1` or `2026年7月1日` can mean: the day comes before the month in most places, but not in
/// all. Empty for what is written with `-`.
std::vector<std::string> dates_meant(std::string_view text) {
  std::vector<int> parts(1, 0);
  std::size_t digits = 0, first_digits = 0;
  for (const char c : text) {
    if (c == '-') return {};
    if (c == ' ') break;
    if (is_digit(c)) {
      if (++digits > 4) return {};
      parts.back() = parts.back() * 10 + (c - '0');
    } else if (digits > 0) {
      if (parts.size() == 1) first_digits = digits;
      parts.push_back(0);
      digits = 0;
    }
  }
  if (parts.size() < 3) return {};
  const bool year_first = first_digits == 4;
  std::vector<std::string> result;
  const auto add = [&](int year, int month, int day) {
    const std::string date = fmt::format("{:04}-{:02}-{:02}", year, month, day);
    if (month > 99 || day > 99 || !date_exists(date)) return;
    if (std::find(result.begin(), result.end(), date) == result.end()) result.push_back(date);
  };
  if (year_first) {
    add(parts[0], parts[1], parts[2]);
  } else {
    add(parts[2], parts[1], parts[0]);
    add(parts[2], parts[0], parts[1]);
  }
  return result;
}

/// `T09:00` of `01/07/2026 9:00`.
std::string time_behind(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return "";
  std::string time(text.substr(blank + 1));
  if (time.find(':') == 1) time.insert(0, "0");
  return "T" + time;
}

/// `HH:MM[:SS[.f]][zone]`; the grammar has checked the shape.
bool time_exists(std::string_view time) {
  if (number_at(time, 0, 2) > 23 || number_at(time, 3, 2) > 59) return false;
  std::size_t at = 5;
  if (at < time.size() && time[at] == ':') {
    if (number_at(time, at + 1, 2) > 59) return false;
    at += 3;
  }
  const std::size_t zone = time.find_first_of("+-", at);
  if (zone == std::string_view::npos) return true;
  const std::string offset = [&] {
    std::string digits(time.substr(zone + 1));
    std::erase(digits, ':');
    return digits;
  }();
  return number_at(offset, 0, 2) <= 14 && number_at(offset, 2, 2) <= 59;
}

/// ISO 8601: a year has 53 weeks when it begins on a Thursday, or on a Wednesday in a leap year.
int weeks_in(int year) {
  const auto weekday_of_last = [](int y) { return (y + y / 4 - y / 100 + y / 400) % 7; };
  return weekday_of_last(year) == 4 || weekday_of_last(year - 1) == 3 ? 53 : 52;
}

bool period_exists(std::string_view period) {
  const int year = number_at(period, 0, 4);
  if (year < 1) return false;
  if (period[5] == 'Q') return period[6] >= '1' && period[6] <= '4';
  if (period[5] == 'W') return number_at(period, 6, 2) >= 1 && number_at(period, 6, 2) <= weeks_in(year);
  return number_at(period, 5, 2) >= 1 && number_at(period, 5, 2) <= 12;
}

}  // namespace

std::string Lowerer::unit(std::string_view word, Span place) {
  auto& diagnostic = diagnostics_.add(ids::unknown_unit, place).with("unit", std::string(word));
  auto near = currency_called(word);
  if (!near) near = source::nearest_name(word, unit_words());
  // Something is taken as meant, so that nothing else complains about a missing unit.
  if (!near) return word.size() > 3 ? "days" : "";
  diagnostic.suggest(*near);
  return *near;
}

ExprNode Lowerer::number(Ref node) {
  const std::string_view whole = text(node);
  NumberLit result;
  std::size_t at = plain_length(whole);
  result.digits = digits_of(whole.substr(0, at));
  if (const std::size_t count = digit_count(result.digits); count > kMostDigits) {
    report(ids::number_too_long, node).with("count", std::to_string(count)).with("limit", std::to_string(kMostDigits));
    result.digits = "1";
  }
  const auto skip_blanks = [&] { at = std::min(whole.find_first_not_of(" \t", at), whole.size()); };
  skip_blanks();
  if (at < whole.size() && whole[at] == '%') {
    result.percent = true;
    ++at;
    skip_blanks();
  }
  if (const Ref bad = node.find(NodeKind::bad_unit)) {
    result.unit = unit(text(bad), span(bad));
  } else {
    result.unit = std::string(whole.substr(at));
  }
  if (result.percent && !result.unit.empty()) {
    report(ids::percent_with_unit, node).with("number", std::string(whole));
    result.unit.clear();
  }
  return result;
}

ExprNode Lowerer::bad_number(Ref node) {
  const std::string_view whole = text(node);
  const std::size_t plain = plain_length(whole);
  const std::string_view rest = whole.substr(plain);
  NumberLit result{digits_of(whole.substr(0, plain)), false, {}};
  if (digit_count(result.digits) > kMostDigits) result.digits = "1";
  if (result.digits.empty() || result.digits.front() == '.') result.digits.insert(0, "0");
  const std::string found(whole);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool exponent = rest.size() > 1 && (rest[0] == 'e' || rest[0] == 'E') && is_digit(rest.back());
  if (whole.front() == '.') {
    report(ids::digit_before_point, node).with("number", found);
  } else if (rest == ".") {
    report(ids::digit_after_point, node).with("number", found).with("fixed", std::string(whole.substr(0, plain)));
  } else if (exponent) {
    report(ids::number_with_exponent, node).with("number", found);
  } else if (!rest.empty() && whole[plain - 1] != '_' && std::all_of(rest.begin(), rest.end(), is_letter)) {
    result.unit = unit(rest, {source_, static_cast<std::uint32_t>(node.begin() + plain), node.end()});
  } else {
    report(ids::malformed_number, node).with("number", found);
  }
  return result;
}

ExprNode Lowerer::moment(Ref node) {
  const std::string whole(text(node));
  bool exists = false;
  switch (node.kind()) {
    case NodeKind::date:
      exists = date_exists(whole);
      break;
    case NodeKind::date_time:
      exists = date_exists(whole) && time_exists(std::string_view(whole).substr(11));
      break;
    case NodeKind::period:
      exists = period_exists(whole);
      break;
    default:
      if (const auto meant = dates_meant(whole); !meant.empty()) {
        std::string fixed;
        for (const std::string& date : meant) fixed += (fixed.empty() ? "`" : " / `") + date + time_behind(whole) + "`";
        report(ids::date_order, node).with("date", whole).with("fixed", fixed);
        return DateLit{meant.front()};
      }
      report(ids::malformed_date, node).with("date", whole);
      return DateLit{nearest_date(whole)};
  }
  if (!exists) report(ids::impossible_date, node).with("date", whole);
  if (node.is(NodeKind::date)) return DateLit{exists ? whole : nearest_date(whole)};
  if (node.is(NodeKind::date_time)) return DateTimeLit{exists ? whole : nearest_date(whole) + "T00:00"};
  return PeriodLit{exists ? whole : nearest_date(whole.substr(0, 4)).substr(0, 7)};
}

std::string Lowerer::time_of_day(Ref node) {
  std::string time(text(node));
  if (time.size() == 4) time.insert(0, "0");
  const int hour = number_at(time, 0, 2);
  const int minute = number_at(time, 3, 2);
  if (minute <= 59 && (hour <= 23 || (hour == 24 && minute == 0))) return time;
  report(ids::impossible_time, node).with("time", time);
  return "00:00";
}

/// A period, a day or a bare year in one of the places where a period is expected.
std::optional<PeriodLit> Lowerer::period(Ref parent) {
  for (Ref node = parent.child(); node; node = node.next()) {
    if (node.is(NodeKind::period) || node.is(NodeKind::date)) {
      const ExprNode value = moment(node);
      if (const auto* date = std::get_if<DateLit>(&value)) return PeriodLit{date->text};
      return std::get<PeriodLit>(value);
    }
    const bool year = node.is(NodeKind::number) && text(node).size() == 4 && plain_length(text(node)) == 4;
    if (year) return PeriodLit{std::string(text(node))};
    if (node.is(NodeKind::key) || node.is(NodeKind::word)) continue;
    report(ids::malformed_date, node).with("date", std::string(text(node)));
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace kpi::syntax
