#include "interpreter/eval/run/display.hpp"

#include <algorithm>

namespace kpi::eval {

std::string exact_number(const value::Number& number) {
  std::string text = number.to_string();
  if (text.find('/') != std::string::npos) return text;
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  std::size_t at = std::min(text.find('.'), text.size());
  while (at > first + 3) text.insert(at -= 3, 1, '_');
  return text;
}

namespace {

using value::Number;

/// The decimal itself when it is short, else rounded to two places.
std::string plain(const Number& number) {
  const auto scaled = number.to_scaled(4);
  return scaled ? number.to_fixed(scaled->second, true) : number.to_fixed(2, true);
}

std::string duration(const Number& seconds, const std::string& unit) {
  static const struct {
    const char* word;
    std::int64_t seconds;
  } kUnits[] = {{"days", 86'400}, {"hours", 3'600}, {"minutes", 60}, {"seconds", 1}};
  if (const auto wanted = value::duration_word_seconds(unit)) return plain(seconds / Number(*wanted)) + " " + unit;
  for (const auto& candidate : kUnits) {
    if (seconds.abs() >= Number(candidate.seconds))
      return plain(seconds / Number(candidate.seconds)) + " " + candidate.word;
  }
  return plain(seconds) + " seconds";
}

/// Amounts that are not whole have all digits of their minor unit.
std::string amount(const Number& number, value::Currency currency) {
  std::string text = exact_number(number);
  const std::size_t point = text.find('.');
  if (point != std::string::npos) {
    const std::size_t digits = text.size() - point - 1, wanted = static_cast<std::size_t>(currency.minor_digits());
    if (digits < wanted) text.append(wanted - digits, '0');
  }
  return text + " " + std::string(currency.code());
}

}  // namespace

std::string exact_duration(const Number& seconds) {
  static const struct {
    const char* word;
    std::int64_t seconds;
  } kUnits[] = {{"day", 86'400}, {"hour", 3'600}, {"minute", 60}, {"second", 1}};
  constexpr int kPlaces = 2;
  for (const auto& unit : kUnits) {
    const Number count = seconds / Number(unit.seconds);
    const bool is_short = count.abs() >= Number(1) && count.to_scaled(kPlaces);
    if (is_short) return exact_number(count) + " " + unit.word + (count.abs() == Number(1) ? "" : "s");
  }
  return exact_number(seconds) + (seconds.abs() == Number(1) ? " second" : " seconds");
}

std::string exact_quantity(const Number& number, value::Unit unit) {
  constexpr std::int64_t kHour = 3'600;
  const bool money = unit.money == 1 && !unit.currency.is_native() && !unit.currency.is_none();
  if (unit == value::Unit::duration()) return exact_duration(number);
  if (unit.is_plain()) return exact_number(number);
  if (unit.time == 0 && money) return amount(number, unit.currency);
  if (unit.time == -1 && money) return amount(number * Number(kHour), unit.currency) + " per hour";
  if (unit.time == -1 && unit.money == 0) return exact_number(number * Number(kHour)) + " per hour";
  return exact_number(number) + " " + value::to_string(unit);
}

std::string display(const value::Value& value, const value::Type& type, const model::Metric::Show& show) {
  if (!value.has_value()) return value::reason_text(value.reason());
  if (!value.is<Number>()) return value::to_string(value);
  const Number& number = value.number();
  using Kind = model::Metric::Show::Kind;
  if (show.kind == Kind::percent) return (number * Number(100)).to_fixed(show.places) + "%";
  const bool money = type.unit.money == 1 && type.unit.time == 0;
  std::string suffix;
  if (!type.unit.is_plain()) suffix = " " + value::to_string(type.unit);
  if (show.kind == Kind::decimals) return number.to_fixed(show.places, true) + suffix;
  if (money) return number.to_fixed(type.unit.currency.minor_digits(), true) + suffix;
  if (type.unit == value::Unit::duration()) return duration(number, show.unit);
  return plain(number) + suffix;
}

}  // namespace kpi::eval
