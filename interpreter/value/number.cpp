#include "interpreter/value/number.hpp"

#include <cassert>
#include <limits>
#include <numeric>

#include "interpreter/value/number_big.hpp"

namespace kpi::value {

namespace {

constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();

bool fits_64(Int128 value) { return value >= kMin64 && value <= kMax64; }

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

/// gcd of a value and a 64-bit divisor > 0.
std::uint64_t gcd_with(Int128 value, std::uint64_t divisor) {
  if (fits_64(value)) return std::gcd(magnitude(static_cast<std::int64_t>(value)), divisor);
  const Int128 rest = value % static_cast<Int128>(divisor);
  return std::gcd(static_cast<std::uint64_t>(rest < 0 ? -rest : rest), divisor);
}

Int128 divided(Int128 value, std::uint64_t divisor) {
  return divisor == 1 ? value : value / static_cast<Int128>(divisor);
}

}  // namespace

void Number::set_ratio(Int128 numerator, Int128 denominator) {
  assert(denominator > 0);
  if (fits_64(numerator) && fits_64(denominator)) {
    numerator_ = static_cast<std::int64_t>(numerator);
    denominator_ = static_cast<std::int64_t>(denominator);
    big_.reset();
  } else {
    *this = BigAccess::from_ratio(numerator, denominator);
  }
}

Number Number::from_int128(Int128 integer) {
  Number result;
  result.set_ratio(integer, 1);
  return result;
}

Number Number::scaled(Int128 mantissa, int scale) {
  if (scale == 0) return from_int128(mantissa);
  if (scale > 0 && scale <= kMaxSmallPower) {
    const std::int64_t power = kPowersOfTen[scale];
    const std::uint64_t common = gcd_with(mantissa, static_cast<std::uint64_t>(power));
    Number result;
    result.set_ratio(divided(mantissa, common), divided(power, common));
    return result;
  }
  return from_int128(mantissa) * power_of_ten(-scale);
}

Number Number::power_of_ten(int exponent) {
  if (exponent >= 0 && exponent <= kMaxSmallPower) return Number(kPowersOfTen[exponent]);
  if (exponent < 0 && exponent >= -kMaxSmallPower) {
    Number result;
    result.set_ratio(1, kPowersOfTen[-exponent]);
    return result;
  }
  return BigAccess::power_of_ten(exponent);
}

bool Number::is_zero() const { return numerator_ == 0 && !big_; }
bool Number::is_integer() const { return big_ ? BigAccess::denominator(*this) == Number(1) : denominator_ == 1; }

int Number::sign() const {
  if (big_) return BigAccess::sign(*this);
  return numerator_ > 0 ? 1 : numerator_ < 0 ? -1 : 0;
}

Number Number::numerator() const { return big_ ? BigAccess::numerator(*this) : Number(numerator_); }
Number Number::denominator() const { return big_ ? BigAccess::denominator(*this) : Number(denominator_); }

std::optional<std::int64_t> Number::to_int64() const {
  if (big_ || denominator_ != 1) return std::nullopt;
  return numerator_;
}

std::optional<Int128> Number::to_int128() const {
  if (big_) return BigAccess::to_int128(*this);
  if (denominator_ != 1) return std::nullopt;
  return numerator_;
}

Number Number::operator-() const {
  if (big_) return BigAccess::negate(*this);
  Number result;
  result.set_ratio(-static_cast<Int128>(numerator_), denominator_);
  return result;
}

namespace {

struct Ratio {
  Int128 numerator;
  Int128 denominator;
};

/// a/b + c/d, reduced with gcds of 64-bit numbers only (Knuth, The Art of Computer Programming 2, 4.5.1). Products of
/// two 64-bit integers are below 2^126, so neither they nor their sum can overflow 128 bits.
Ratio add_ratios(Int128 a, std::int64_t b, Int128 c, std::int64_t d) {
  if (b == 1 && d == 1) return {a + c, 1};
  const std::uint64_t common =
      b == d ? static_cast<std::uint64_t>(b) : std::gcd(static_cast<std::uint64_t>(b), static_cast<std::uint64_t>(d));
  if (common == 1) return {a * d + c * b, static_cast<Int128>(b) * d};
  const auto divisor = static_cast<std::int64_t>(common);
  const Int128 total = a * (d / divisor) + c * (b / divisor);
  const std::uint64_t left = gcd_with(total, common);
  return {divided(total, left), static_cast<Int128>(b / divisor) * divided(d, left)};
}

/// a/b * c/d, reduced, for d that may be negative (division passes a numerator there).
Ratio multiply_ratios(Int128 a, Int128 b, Int128 c, Int128 d) {
  if (b == 1 && d == 1) return {a * c, 1};
  const auto unsigned_64 = [](Int128 value) { return static_cast<std::uint64_t>(value < 0 ? -value : value); };
  const std::uint64_t first = std::gcd(unsigned_64(a), unsigned_64(d));
  const std::uint64_t second = std::gcd(unsigned_64(c), unsigned_64(b));
  const Int128 numerator = divided(a, first) * divided(c, second);
  const Int128 denominator = divided(b, second) * divided(d, first);
  if (denominator < 0) return {-numerator, -denominator};
  return {numerator, denominator};
}

}  // namespace

Number& Number::operator+=(const Number& other) {
  if (big_ || other.big_) return *this = BigAccess::add(*this, other);
  const Ratio ratio = add_ratios(numerator_, denominator_, other.numerator_, other.denominator_);
  set_ratio(ratio.numerator, ratio.denominator);
  return *this;
}

Number& Number::operator-=(const Number& other) {
  if (big_ || other.big_) return *this = BigAccess::subtract(*this, other);
  const Ratio ratio = add_ratios(numerator_, denominator_, -static_cast<Int128>(other.numerator_), other.denominator_);
  set_ratio(ratio.numerator, ratio.denominator);
  return *this;
}

Number& Number::operator*=(const Number& other) {
  if (big_ || other.big_) return *this = BigAccess::multiply(*this, other);
  const Ratio ratio = multiply_ratios(numerator_, denominator_, other.numerator_, other.denominator_);
  set_ratio(ratio.numerator, ratio.denominator);
  return *this;
}

Number& Number::operator/=(const Number& other) {
  assert(!other.is_zero());
  if (big_ || other.big_) return *this = BigAccess::divide(*this, other);
  const Ratio ratio = multiply_ratios(numerator_, denominator_, other.denominator_, other.numerator_);
  set_ratio(ratio.numerator, ratio.denominator);
  return *this;
}

int Number::compare(const Number& a, const Number& b) {
  if (a.big_ || b.big_) return BigAccess::compare(a, b);
  if (a.denominator_ == b.denominator_) {
    return a.numerator_ < b.numerator_ ? -1 : a.numerator_ > b.numerator_ ? 1 : 0;
  }
  const Int128 left = static_cast<Int128>(a.numerator_) * b.denominator_;
  const Int128 right = static_cast<Int128>(b.numerator_) * a.denominator_;
  return left < right ? -1 : left > right ? 1 : 0;
}

std::size_t Number::hash() const {
  if (big_) return BigAccess::hash(*this);
  std::uint64_t mixed = static_cast<std::uint64_t>(numerator_) ^ (static_cast<std::uint64_t>(denominator_ - 1) << 32);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31);
}

Number min(const Number& a, const Number& b) { return b < a ? b : a; }
Number max(const Number& a, const Number& b) { return a < b ? b : a; }

void ExactSum::spill(Int128 value) { high_ += value < 0 ? -1 : 1; }

void ExactSum::add_wide(Int128 value) {
  if (__builtin_add_overflow(low_, value, &low_)) spill(value);
}

void ExactSum::merge(const ExactSum& other) {
  add_wide(other.low_);
  high_ += other.high_;
}

void ExactSum::subtract(const ExactSum& other) {
  if (__builtin_sub_overflow(low_, other.low_, &low_)) high_ += other.low_ < 0 ? 1 : -1;
  high_ -= other.high_;
}

Number ExactSum::to_number(int scale) const {
  if (high_ == 0) return Number::scaled(low_, scale);
  const Number sum = BigAccess::from_words(high_, low_);
  return scale == 0 ? sum : sum * Number::power_of_ten(-scale);
}

bool ExactSum::is_zero() const { return low_ == 0 && high_ == 0; }

}  // namespace kpi::value
