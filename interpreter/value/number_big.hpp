// The slow half of Number: everything that needs integers of any length. Internal to interpreter/value; Boost stays in
// number_big.cpp.
#pragma once

#include <string>
#include <string_view>

#include "interpreter/value/number.hpp"

namespace kpi::value {

constexpr std::int64_t kPowersOfTen[] = {1,
                                         10,
                                         100,
                                         1'000,
                                         10'000,
                                         100'000,
                                         1'000'000,
                                         10'000'000,
                                         100'000'000,
                                         1'000'000'000,
                                         10'000'000'000,
                                         100'000'000'000,
                                         1'000'000'000'000,
                                         10'000'000'000'000,
                                         100'000'000'000'000,
                                         1'000'000'000'000'000,
                                         10'000'000'000'000'000,
                                         100'000'000'000'000'000,
                                         1'000'000'000'000'000'000};
constexpr int kMaxSmallPower = 18;

/// Operations that work for every Number, small or big. Results are small again whenever they fit.
struct BigAccess {
  static Number add(const Number& a, const Number& b);
  static Number subtract(const Number& a, const Number& b);
  static Number multiply(const Number& a, const Number& b);
  static Number divide(const Number& a, const Number& b);
  static Number negate(const Number& a);
  static int compare(const Number& a, const Number& b);
  static int sign(const Number& a);
  static Number numerator(const Number& a);
  static Number denominator(const Number& a);
  static Number floor(const Number& a);
  static std::optional<Int128> to_int128(const Number& a);
  /// Numerator and denominator where both fit in 128 bits.
  static std::optional<std::pair<Int128, Int128>> to_ratio128(const Number& a);
  static std::size_t hash(const Number& a);

  /// A reduced fraction, denominator > 0.
  static Number from_ratio(Int128 numerator, Int128 denominator);
  /// high * 2^128 + low.
  static Number from_words(std::int64_t high, Int128 low);
  /// digits * 10^-scale, for a string of one or more decimal digits.
  static Number from_digits(std::string_view digits, std::int64_t scale);
  static Number power_of_ten(int exponent);

  /// The smallest s for which value * 10^s is an integer; none when there is none.
  static std::optional<std::int64_t> decimal_scale(const Number& a);
  /// The decimal digits of |a| for an integer a.
  static std::string digits(const Number& a);
  /// floor(log2) of |numerator| minus that of the denominator; a is not zero.
  static std::int64_t binary_exponent(const Number& a);

 private:
  static BigRational load(const Number& a);
  static Number store(BigRational value);
};

}  // namespace kpi::value
