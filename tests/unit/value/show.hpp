// How Catch shows our values, and short ways to write them.
#pragma once

#include <catch2/catch.hpp>

#include "interpreter/value/value.hpp"

namespace Catch {
template <>
struct StringMaker<kpi::value::Number> {
  static std::string convert(const kpi::value::Number& number) { return number.to_string(); }
};
template <>
struct StringMaker<kpi::value::Date> {
  static std::string convert(kpi::value::Date date) { return date.to_string(); }
};
template <>
struct StringMaker<kpi::value::Instant> {
  static std::string convert(kpi::value::Instant instant) { return instant.to_string(); }
};
template <>
struct StringMaker<kpi::value::Value> {
  static std::string convert(const kpi::value::Value& value) {
    return value.has_value() ? kpi::value::to_string(value) : "none: " + kpi::value::reason_text(value.reason());
  }
};
}  // namespace Catch

namespace kpi::value {

/// `a` or `a/b`.
inline Number num(std::string_view text) {
  const auto number = Number::parse(text);
  if (!number) throw std::invalid_argument("not a number: " + std::string(text));
  return *number;
}

inline Date day(std::string_view text) {
  const auto date = Date::parse(text);
  if (!date) throw std::invalid_argument("not a date: " + std::string(text));
  return *date;
}

constexpr Rounding kAllRoundings[] = {Rounding::half_even, Rounding::half_up, Rounding::half_down, Rounding::up,
                                      Rounding::down,      Rounding::ceiling, Rounding::floor};

}  // namespace kpi::value
