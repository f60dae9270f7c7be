#include "interpreter/value/number_big.hpp"

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cassert>
#include <limits>

namespace kpi::value {

using boost::multiprecision::cpp_int;

/// A reduced fraction with a positive denominator. Two integers rather than a cpp_rational, so that a result known to
/// be reduced is not reduced again.
struct BigRational {
  cpp_int numerator;
  cpp_int denominator;
};

void BigDelete::operator()(BigRational* big) const noexcept { delete big; }

void Number::copy_big(const Number& other) { big_.reset(new BigRational(*other.big_)); }

namespace {

constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kFiveTo27 = 7'450'580'596'923'828'125U;  // the largest power of five in 64 bits
constexpr int kFiveChunk = 27;

bool fits_64(const cpp_int& value) { return value >= kMin64 && value <= kMax64; }

cpp_int widen(Int128 value) {
  cpp_int result = static_cast<std::int64_t>(value >> 64);
  result *= cpp_int(1) << 64;
  result += static_cast<std::uint64_t>(value);
  return result;
}

Int128 narrow(const cpp_int& value) {
  const cpp_int magnitude = abs(value);
  const cpp_int mask = std::numeric_limits<std::uint64_t>::max();
  const auto low = static_cast<std::uint64_t>(magnitude & mask);
  const auto high = static_cast<std::uint64_t>((magnitude >> 64) & mask);
  const UnsignedInt128 bits = (static_cast<UnsignedInt128>(high) << 64) | low;
  return static_cast<Int128>(value.sign() < 0 ? 0 - bits : bits);
}

/// The value when |value| < 2^127.
std::optional<Int128> to_128(const cpp_int& value) {
  const auto& limbs = value.backend();
  static_assert(sizeof(limbs.limbs()[0]) == sizeof(std::uint64_t));
  if (limbs.size() > 2 || (limbs.size() == 2 && limbs.limbs()[1] >> 63 != 0)) return std::nullopt;
  const UnsignedInt128 high = limbs.size() == 2 ? limbs.limbs()[1] : 0;
  const auto magnitude = static_cast<Int128>(high << 64 | limbs.limbs()[0]);
  return value.sign() < 0 ? -magnitude : magnitude;
}

cpp_int ten_to(std::int64_t exponent) {
  assert(exponent >= 0);
  return pow(cpp_int(10), static_cast<unsigned>(exponent));
}

/// Divides `value` by five as often as it goes, at most `limit` times, and says how often.
std::int64_t strip_fives(cpp_int& value, std::int64_t limit) {
  std::int64_t count = 0;
  cpp_int quotient, remainder;
  const auto strip = [&](std::uint64_t power, std::int64_t exponent) {
    while (count + exponent <= limit) {
      divide_qr(value, cpp_int(power), quotient, remainder);
      if (!remainder.is_zero()) return;
      value.swap(quotient);
      count += exponent;
    }
  };
  strip(kFiveTo27, kFiveChunk);
  strip(5, 1);
  return count;
}

/// Reduces numerator / denominator, both of any size, denominator > 0.
BigRational reduced(cpp_int numerator, cpp_int denominator) {
  if (denominator != 1) {
    const cpp_int divisor = gcd(numerator, denominator);
    if (divisor != 1) {
      numerator /= divisor;
      denominator /= divisor;
    }
  }
  return {std::move(numerator), std::move(denominator)};
}

/// Reduces with gcds of the denominators only (Knuth, The Art of Computer Programming 2, 4.5.1); none is needed when
/// they have nothing in common.
BigRational sum(const BigRational& a, const BigRational& b) {
  const cpp_int common = a.denominator == 1 || b.denominator == 1 ? cpp_int(1) : gcd(a.denominator, b.denominator);
  if (common == 1) {
    return {a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator};
  }
  const cpp_int left_rest = a.denominator / common;
  BigRational top = reduced(a.numerator * (b.denominator / common) + b.numerator * left_rest, common);
  top.denominator *= left_rest * (b.denominator / common);
  return top;
}

/// a / b for a positive b, rounded towards minus infinity.
cpp_int floor_divide(const cpp_int& a, const cpp_int& b) {
  cpp_int quotient, remainder;
  divide_qr(a, b, quotient, remainder);
  if (remainder.sign() < 0) --quotient;
  return quotient;
}

}  // namespace

BigRational BigAccess::load(const Number& a) {
  if (a.big_) return *a.big_;
  return {a.numerator_, a.denominator_};
}

Number BigAccess::store(BigRational value) {
  Number result;
  if (fits_64(value.numerator) && fits_64(value.denominator)) {
    result.numerator_ = static_cast<std::int64_t>(value.numerator);
    result.denominator_ = static_cast<std::int64_t>(value.denominator);
  } else {
    result.big_.reset(new BigRational(std::move(value)));
  }
  return result;
}

Number BigAccess::add(const Number& a, const Number& b) { return store(sum(load(a), load(b))); }

Number BigAccess::subtract(const Number& a, const Number& b) {
  BigRational right = load(b);
  right.numerator = -right.numerator;
  return store(sum(load(a), right));
}

Number BigAccess::multiply(const Number& a, const Number& b) {
  const BigRational left = load(a), right = load(b);
  // Cross-reducing keeps the operands of gcd small: a/b * c/d with both factors reduced.
  BigRational first = reduced(left.numerator, right.denominator);
  BigRational second = reduced(right.numerator, left.denominator);
  return store({first.numerator * second.numerator, first.denominator * second.denominator});
}

Number BigAccess::divide(const Number& a, const Number& b) {
  assert(!b.is_zero());
  BigRational right = load(b);
  right.numerator.swap(right.denominator);
  if (right.denominator.sign() < 0) {
    right.numerator = -right.numerator;
    right.denominator = -right.denominator;
  }
  return multiply(a, store(std::move(right)));
}

Number BigAccess::negate(const Number& a) {
  BigRational value = load(a);
  value.numerator = -value.numerator;
  return store(std::move(value));
}

int BigAccess::compare(const Number& a, const Number& b) {
  const int left_sign = a.sign(), right_sign = b.sign();
  if (left_sign != right_sign) return left_sign < right_sign ? -1 : 1;
  const BigRational left = load(a), right = load(b);
  const int order = left.denominator == right.denominator
                        ? left.numerator.compare(right.numerator)
                        : cpp_int(left.numerator * right.denominator).compare(right.numerator * left.denominator);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int BigAccess::sign(const Number& a) { return a.big_ ? a.big_->numerator.sign() : a.sign(); }
Number BigAccess::numerator(const Number& a) { return store({load(a).numerator, 1}); }
Number BigAccess::denominator(const Number& a) { return store({load(a).denominator, 1}); }

Number BigAccess::floor(const Number& a) {
  const BigRational value = load(a);
  return store({floor_divide(value.numerator, value.denominator), 1});
}

std::optional<Int128> BigAccess::to_int128(const Number& a) {
  const BigRational value = load(a);
  if (value.denominator != 1) return std::nullopt;
  static const cpp_int kLimit = cpp_int(1) << 127;
  if (value.numerator >= kLimit || value.numerator < -kLimit) return std::nullopt;
  return narrow(value.numerator);
}

std::optional<std::pair<Int128, Int128>> BigAccess::to_ratio128(const Number& a) {
  if (!a.big_) return std::pair(Int128{a.numerator_}, Int128{a.denominator_});
  const auto numerator = to_128(a.big_->numerator), denominator = to_128(a.big_->denominator);
  if (!numerator || !denominator) return std::nullopt;
  return std::pair(*numerator, *denominator);
}

std::size_t BigAccess::hash(const Number& a) {
  const BigRational value = load(a);
  std::size_t result = value.numerator.sign() < 0 ? 0x9E3779B97F4A7C15U : 0;
  for (const cpp_int* part : {&value.numerator, &value.denominator}) {
    const auto& backend = part->backend();
    for (unsigned i = 0; i < backend.size(); ++i) result = (result ^ backend.limbs()[i]) * 0x100000001B3U;
  }
  return result;
}

Number BigAccess::from_ratio(Int128 numerator, Int128 denominator) {
  return store({widen(numerator), widen(denominator)});
}

Number BigAccess::from_words(std::int64_t high, Int128 low) {
  return store({cpp_int(high) * (cpp_int(1) << 128) + widen(low), 1});
}

Number BigAccess::from_digits(std::string_view digits, std::int64_t scale) {
  assert(!digits.empty());
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return {};
  // A leading zero would make Boost read the digits as octal.
  cpp_int mantissa(std::string(digits.substr(first)));
  if (scale <= 0) return store({mantissa * ten_to(-scale), 1});
  // Only twos and fives can be common to both parts, and stripping them is much cheaper than a gcd of long numbers.
  const std::int64_t twos = std::min<std::int64_t>(lsb(mantissa), scale);
  mantissa >>= static_cast<unsigned>(twos);
  const std::int64_t fives = strip_fives(mantissa, scale);
  cpp_int denominator = pow(cpp_int(5), static_cast<unsigned>(scale - fives));
  denominator <<= static_cast<unsigned>(scale - twos);
  return store({std::move(mantissa), std::move(denominator)});
}

Number BigAccess::power_of_ten(int exponent) {
  if (exponent >= 0) return store({ten_to(exponent), 1});
  return store({1, ten_to(-static_cast<std::int64_t>(exponent))});
}

std::optional<std::int64_t> BigAccess::decimal_scale(const Number& a) {
  cpp_int denominator = load(a).denominator;
  const std::int64_t twos = lsb(denominator);
  denominator >>= static_cast<unsigned>(twos);
  const std::int64_t fives = strip_fives(denominator, std::numeric_limits<std::int64_t>::max() - kFiveChunk);
  if (denominator != 1) return std::nullopt;
  return std::max(twos, fives);
}

std::string BigAccess::digits(const Number& a) {
  assert(a.is_integer());
  return cpp_int(abs(load(a).numerator)).str();
}

std::int64_t BigAccess::binary_exponent(const Number& a) {
  assert(!a.is_zero());
  const BigRational value = load(a);
  return static_cast<std::int64_t>(msb(abs(value.numerator))) - static_cast<std::int64_t>(msb(value.denominator));
}

}  // namespace kpi::value
