#include "interpreter/eval/run/display.hpp"

namespace kpi::eval {
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

}  // namespace

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
