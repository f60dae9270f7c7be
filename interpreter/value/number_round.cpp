// Rounding: to integers, decimal places, significant digits and multiples of a unit.
#include <cassert>

#include "interpreter/value/number_big.hpp"

namespace kpi::value {

namespace {

constexpr std::string_view kRoundingNames[] = {"half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"};

/// Whether the larger of the two neighbouring integers in magnitude is taken. `tie` compares the part cut off with one
/// half: -1, 0, 1; nothing was cut off is not asked here.
bool rounds_away(Rounding mode, bool negative, bool odd, int tie) {
  switch (mode) {
    case Rounding::half_even:
      return tie > 0 || (tie == 0 && odd);
    case Rounding::half_up:
      return tie >= 0;
    case Rounding::half_down:
      return tie > 0;
    case Rounding::up:
      return true;
    case Rounding::down:
      return false;
    case Rounding::ceiling:
      return !negative;
    case Rounding::floor:
      return negative;
  }
  assert(false);
  return false;
}

/// numerator / denominator as an integer; the denominator is positive and below 2^126.
Int128 round_quotient(Int128 numerator, Int128 denominator, Rounding mode) {
  const Int128 quotient = numerator / denominator;
  const Int128 rest = numerator % denominator;
  if (rest == 0) return quotient;
  const bool negative = numerator < 0;
  const Int128 twice = 2 * (negative ? -rest : rest);
  const int tie = twice < denominator ? -1 : twice > denominator ? 1 : 0;
  if (!rounds_away(mode, negative, (quotient & 1) != 0, tie)) return quotient;
  return negative ? quotient - 1 : quotient + 1;
}

Number round_integer(const Number& value, Rounding mode) {
  if (value.is_integer()) return value;
  const bool negative = value.sign() < 0;
  const Number size = value.abs();
  const Number towards_zero = size.floor();
  const int tie = Number::compare(size - towards_zero, Number(1) / Number(2));
  const bool odd = !(towards_zero / Number(2)).is_integer();
  const Number rounded = rounds_away(mode, negative, odd, tie) ? towards_zero + Number(1) : towards_zero;
  return negative ? -rounded : rounded;
}

/// e with 10^e <= |value| < 10^(e + 1), for a value that is not zero.
int decimal_exponent(const Number& value) {
  const Number size = value.abs();
  // log10(2) = 0.30103 to within 5e-9 relative; the two loops repair what the estimate misses.
  std::int64_t estimate = BigAccess::binary_exponent(size) * 30'103 / 100'000;
  while (size < Number::power_of_ten(static_cast<int>(estimate))) --estimate;
  while (size >= Number::power_of_ten(static_cast<int>(estimate + 1))) ++estimate;
  return static_cast<int>(estimate);
}

}  // namespace

std::optional<Rounding> parse_rounding(std::string_view word) {
  for (std::size_t i = 0; i < std::size(kRoundingNames); ++i) {
    if (kRoundingNames[i] == word) return static_cast<Rounding>(i);
  }
  return std::nullopt;
}

std::string_view name(Rounding mode) { return kRoundingNames[static_cast<std::size_t>(mode)]; }

Number Number::abs() const { return sign() < 0 ? -*this : *this; }

Number Number::floor() const {
  if (big_) return BigAccess::floor(*this);
  const std::int64_t quotient = numerator_ / denominator_;
  return Number(numerator_ % denominator_ < 0 ? quotient - 1 : quotient);
}

Number Number::ceil() const { return -(-*this).floor(); }

std::pair<Number, Number> Number::divide_truncated(const Number& divisor) const {
  assert(!divisor.is_zero());
  const Number exact = *this / divisor;
  Number quotient = exact.sign() < 0 ? exact.ceil() : exact.floor();
  Number remainder = *this - quotient * divisor;
  return {std::move(quotient), std::move(remainder)};
}

Number Number::round(int places, Rounding mode) const {
  assert(places >= -kMaxPlaces && places <= kMaxPlaces);
  if (!big_ && places >= 0 && denominator_ == 1) return *this;
  if (!big_ && places >= 0 && places <= kMaxSmallPower) {
    return scaled(round_quotient(static_cast<Int128>(numerator_) * kPowersOfTen[places], denominator_, mode), places);
  }
  if (!big_ && places < 0 && places >= -kMaxSmallPower) {
    return scaled(round_quotient(numerator_, static_cast<Int128>(denominator_) * kPowersOfTen[-places], mode), places);
  }
  if (places >= 0) {
    const auto scale = BigAccess::decimal_scale(*this);
    if (scale && *scale <= places) return *this;
  }
  return round_integer(*this * power_of_ten(places), mode) * power_of_ten(-places);
}

Number Number::round_significant(int digits, Rounding mode) const {
  assert(digits >= 1 && digits <= kMaxPlaces);
  if (is_zero()) return *this;
  const int places = digits - 1 - decimal_exponent(*this);
  if (places >= -kMaxPlaces && places <= kMaxPlaces) return round(places, mode);
  return round_integer(*this * power_of_ten(places), mode) * power_of_ten(-places);
}

Number Number::round_to(const Number& unit, Rounding mode) const {
  assert(unit.sign() > 0);
  return round_integer(*this / unit, mode) * unit;
}

}  // namespace kpi::value
