// Exact rational numbers. Small values live in two 64-bit integers; results that do not fit move to
// Boost.Multiprecision, so nothing ever wraps or rounds by itself.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kpi::value {

// An extension of both compilers; marked so that -Wpedantic accepts it.
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UnsignedInt128;

/// half_up and half_down decide ties away from and towards zero; up and down go away from and towards zero;
/// ceiling and floor go towards plus and minus infinity.
enum class Rounding { half_even, half_up, half_down, up, down, ceiling, floor };
std::optional<Rounding> parse_rounding(std::string_view word);
std::string_view name(Rounding mode);

struct BigRational;  // two Boost integers, hidden from includers
struct BigDelete {
  void operator()(BigRational* big) const noexcept;
};

/// A reduced fraction with a positive denominator.
class Number {
 public:
  Number() = default;
  Number(std::int64_t integer) : numerator_(integer) {}  // NOLINT: integers convert
  Number(int integer) : numerator_(integer) {}           // NOLINT
  Number(const Number& other) : numerator_(other.numerator_), denominator_(other.denominator_) {
    if (other.big_) copy_big(other);
  }
  Number(Number&& other) noexcept = default;
  Number& operator=(const Number& other) {
    if (this != &other) *this = Number(other);
    return *this;
  }
  Number& operator=(Number&& other) noexcept = default;
  ~Number() = default;

  /// Bound on the places of `round` and on decimal exponents, so that no text can ask for gigabytes of digits.
  static constexpr int kMaxPlaces = 100'000;

  static Number from_int128(Int128 integer);
  /// mantissa * 10^-scale; scale may be negative.
  static Number scaled(Int128 mantissa, int scale);
  /// `[+-]digits[.digits][(e|E)[+-]digits]`, at least one digit; nothing else. Exponents beyond +-100,000 give none.
  static std::optional<Number> parse_decimal(std::string_view text);
  /// `a` or `a/b` with decimal a and b, b not 0.
  static std::optional<Number> parse(std::string_view text);
  /// The shortest decimal that reads back as this IEEE 754 binary64 (given as its bits); none for NaN and infinities.
  static std::optional<Number> from_real_bits(std::uint64_t bits);
  static Number power_of_ten(int exponent);

  bool is_zero() const;
  bool is_integer() const;
  bool is_small() const { return big_ == nullptr; }
  int sign() const;  // -1, 0, 1
  Number numerator() const;
  Number denominator() const;
  /// The value when it is an integer that fits.
  std::optional<std::int64_t> to_int64() const;
  std::optional<Int128> to_int128() const;
  /// The numerator and denominator when both fit in 64 bits: a fast way in for columns and hashes.
  std::optional<std::pair<std::int64_t, std::int64_t>> to_small() const {
    if (big_) return std::nullopt;
    return std::pair(numerator_, denominator_);
  }
  /// m and s with value == m * 10^-s, 0 <= s <= max_scale, s as small as possible; none if there is no such pair.
  std::optional<std::pair<Int128, int>> to_scaled(int max_scale = 18) const;

  Number operator-() const;
  Number& operator+=(const Number& other);
  Number& operator-=(const Number& other);
  Number& operator*=(const Number& other);
  /// The divisor must not be zero (an assertion; callers turn zero denominators into "no value" first).
  Number& operator/=(const Number& other);
  friend Number operator+(Number a, const Number& b) { return a += b; }
  friend Number operator-(Number a, const Number& b) { return a -= b; }
  friend Number operator*(Number a, const Number& b) { return a *= b; }
  friend Number operator/(Number a, const Number& b) { return a /= b; }
  friend bool operator==(const Number& a, const Number& b) { return compare(a, b) == 0; }
  friend std::strong_ordering operator<=>(const Number& a, const Number& b) { return compare(a, b) <=> 0; }
  static int compare(const Number& a, const Number& b);

  Number abs() const;
  Number floor() const;
  Number ceil() const;
  /// Quotient truncated towards zero, and remainder with the sign of *this.
  std::pair<Number, Number> divide_truncated(const Number& divisor) const;
  /// To a multiple of 10^-places; places may be negative; |places| <= kMaxPlaces.
  Number round(int places, Rounding mode) const;
  /// To `digits` >= 1 significant decimal digits. Zero stays zero.
  Number round_significant(int digits, Rounding mode) const;
  /// To a multiple of `unit` > 0.
  Number round_to(const Number& unit, Rounding mode) const;

  /// A decimal without exponent when it ends (`0.4`), otherwise a fraction (`10/3`). Exact.
  std::string to_string() const;
  /// Exactly `places` decimals after half_even rounding; with `grouped`, thousands separated by commas. For reports.
  std::string to_fixed(int places, bool grouped = false, Rounding mode = Rounding::half_even) const;
  bool is_decimal() const;  // has a finite decimal expansion
  std::size_t hash() const;

 private:
  void copy_big(const Number& other);
  void set_ratio(Int128 numerator, Int128 denominator);  // reduced, denominator > 0

  std::int64_t numerator_ = 0;
  std::int64_t denominator_ = 1;
  // Set only when the reduced fraction does not fit; then it holds the value and the two integers are 0 and 1. So every
  // value has one representation.
  std::unique_ptr<BigRational, BigDelete> big_;
  friend struct BigAccess;
};

Number min(const Number& a, const Number& b);
Number max(const Number& a, const Number& b);

/// An exact sum of 64- and 128-bit integers that widens instead of overflowing. Adding costs one checked 128-bit add.
class ExactSum {
 public:
  void add(std::int64_t value) {
    if (__builtin_add_overflow(low_, static_cast<Int128>(value), &low_)) spill(value);
  }
  void add_wide(Int128 value);
  void merge(const ExactSum& other);
  void subtract(const ExactSum& other);
  /// The sum times 10^-scale.
  Number to_number(int scale = 0) const;
  bool is_zero() const;

 private:
  void spill(Int128 value);  // called with low_ already wrapped by `value`; moves the carry to high_
  // The sum is high_ * 2^128 + low_. 2^63 carries would take more than 2^126 additions of 64-bit values.
  Int128 low_ = 0;
  std::int64_t high_ = 0;
};

}  // namespace kpi::value
