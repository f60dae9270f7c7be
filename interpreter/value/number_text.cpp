// Numbers from and to text.
#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <limits>
#include <system_error>
#include <type_traits>

#include "interpreter/value/number_append.hpp"
#include "interpreter/value/number_big.hpp"

namespace kpi::value {

namespace {

constexpr int kMaxInt128Digits = 38;  // 10^38 < 2^127

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The pieces of `[+-]digits[.digits][(e|E)[+-]digits]`.
struct DecimalText {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

/// Reads a sign if there is one; true for minus.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

std::optional<int> parse_exponent(std::string_view text) {
  const bool negative = take_sign(text);
  if (text.empty()) return std::nullopt;
  int exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    exponent = exponent * 10 + (c - '0');
    if (exponent > Number::kMaxPlaces) return std::nullopt;
  }
  return negative ? -exponent : exponent;
}

std::optional<DecimalText> split_decimal(std::string_view text) {
  DecimalText parts;
  parts.negative = take_sign(text);
  parts.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    parts.fraction = take_digits(text);
  }
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (text.empty()) return parts;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  const auto exponent = parse_exponent(text.substr(1));
  if (!exponent) return std::nullopt;
  parts.exponent = *exponent;
  return parts;
}

/// Room for the digits of any Int128 and a sign.
using DigitBuffer = char[kMaxInt128Digits + 3];

/// The digits of |value| at the end of the buffer, nineteen at a time: dividing 128 bits is slow.
std::string_view digits_of(Int128 value, DigitBuffer& buffer) {
  constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;  // 10^19
  constexpr int kChunkDigits = 19;
  char* const end = buffer + sizeof buffer;
  char* begin = end;
  UnsignedInt128 rest =
      value < 0 ? UnsignedInt128{0} - static_cast<UnsignedInt128>(value) : static_cast<UnsignedInt128>(value);
  while (rest > std::numeric_limits<std::uint64_t>::max()) {
    std::uint64_t chunk = static_cast<std::uint64_t>(rest % kChunk);
    rest /= kChunk;
    for (int digit = 0; digit < kChunkDigits; ++digit, chunk /= 10) *--begin = static_cast<char>('0' + chunk % 10);
  }
  auto last = static_cast<std::uint64_t>(rest);
  do {
    *--begin = static_cast<char>('0' + last % 10);
    last /= 10;
  } while (last != 0);
  return {begin, static_cast<std::size_t>(end - begin)};
}

void append_integer(std::string& out, std::int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void append_integer(std::string& out, Int128 value) {
  DigitBuffer buffer;
  if (value < 0) out += '-';
  out += digits_of(value, buffer);
}

/// The decimal scale of a fraction with this denominator, if its expansion ends.
template <class Unsigned>
std::optional<int> decimal_scale_of(Unsigned denominator) {
  int twos = std::countr_zero(static_cast<std::uint64_t>(denominator));
  if constexpr (sizeof(Unsigned) > sizeof(std::uint64_t)) {
    if (twos == 64) twos += std::countr_zero(static_cast<std::uint64_t>(denominator >> 64));
  }
  Unsigned rest = denominator >> twos;
  int fives = 0;
  for (; rest % 5 == 0; rest /= 5) ++fives;
  if (rest != 1) return std::nullopt;
  return std::max(twos, fives);
}

/// value * 10^scale when it is an integer that fits in 128 bits, as do all numbers on the way.
template <class Integer>
std::optional<Int128> mantissa_of(Integer numerator, Integer denominator, int scale) {
  Int128 mantissa = numerator;
  Integer rest = denominator;
  for (int i = 0; i < scale; ++i) {
    // Cancelling as we go keeps the product below |numerator| * 10^scale / denominator.
    std::int64_t factor = 10;
    if (rest % 2 == 0) rest /= 2, factor /= 2;
    if (rest % 5 == 0) rest /= 5, factor /= 5;
    if (__builtin_mul_overflow(mantissa, static_cast<Int128>(factor), &mantissa)) return std::nullopt;
  }
  return mantissa;
}

/// Puts the decimal point before the last `scale` digits.
std::string with_point(std::string digits, std::size_t scale, bool negative) {
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, 1, '.');
  }
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

void append_decimal(std::string& out, Int128 mantissa, std::size_t scale) {
  DigitBuffer buffer;
  std::string_view digits = digits_of(mantissa, buffer);
  if (mantissa < 0) out += '-';
  const std::size_t whole = digits.size() > scale ? digits.size() - scale : 0;
  if (whole == 0) {
    out += '0';
  } else {
    out += digits.substr(0, whole);
  }
  if (scale == 0) return;
  out += '.';
  if (digits.size() < scale) out.append(scale - digits.size(), '0');
  out += digits.substr(whole);
}

/// False, and nothing appended, when the digits need more than 128 bits.
template <class Integer>
bool append_ratio(std::string& out, Integer numerator, Integer denominator) {
  if (denominator == 1) return append_integer(out, numerator), true;
  using Unsigned = std::conditional_t<sizeof(Integer) == sizeof(Int128), UnsignedInt128, std::uint64_t>;
  const auto scale = decimal_scale_of(static_cast<Unsigned>(denominator));
  if (!scale) {
    append_integer(out, numerator);
    out += '/';
    append_integer(out, denominator);
    return true;
  }
  const auto mantissa = mantissa_of(numerator, denominator, *scale);
  if (!mantissa) return false;
  append_decimal(out, *mantissa, static_cast<std::size_t>(*scale));
  return true;
}

std::string group_thousands(std::string_view whole) {
  std::string result;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && (whole.size() - i) % 3 == 0) result += ',';
    result += whole[i];
  }
  return result;
}

}  // namespace

std::optional<Number> Number::parse_decimal(std::string_view text) {
  const auto parts = split_decimal(text);
  if (!parts) return std::nullopt;
  const std::int64_t scale = static_cast<std::int64_t>(parts->fraction.size()) - parts->exponent;
  const std::size_t length = parts->whole.size() + parts->fraction.size();
  if (length <= kMaxInt128Digits && scale >= -kMaxPlaces && scale <= 2 * kMaxPlaces) {
    Int128 mantissa = 0;
    if (length <= kMaxSmallPower) {
      std::int64_t small = 0;
      for (const char c : parts->whole) small = small * 10 + (c - '0');
      for (const char c : parts->fraction) small = small * 10 + (c - '0');
      mantissa = small;
    } else {
      for (const char c : parts->whole) mantissa = mantissa * 10 + (c - '0');
      for (const char c : parts->fraction) mantissa = mantissa * 10 + (c - '0');
    }
    if (scale >= -kMaxSmallPower && scale <= kMaxSmallPower) {
      return scaled(parts->negative ? -mantissa : mantissa, static_cast<int>(scale));
    }
  }
  std::string digits(parts->whole);
  digits += parts->fraction;
  const Number size = BigAccess::from_digits(digits, scale);
  return parts->negative ? -size : size;
}

std::optional<Number> Number::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_decimal(text);
  const auto numerator = parse_decimal(text.substr(0, slash));
  const auto denominator = parse_decimal(text.substr(slash + 1));
  if (!numerator || !denominator || denominator->is_zero()) return std::nullopt;
  return *numerator / *denominator;
}

std::optional<Number> Number::from_real_bits(std::uint64_t bits) {
  constexpr std::uint64_t kExponentMask = 0x7FF0'0000'0000'0000U;
  if ((bits & kExponentMask) == kExponentMask) return std::nullopt;
  // The one place that looks at a binary float: std::to_chars writes the shortest digits that read back as the same
  // bits. Scientific form, because plain form writes all digits of large integers.
  char buffer[32];
  [[maybe_unused]] const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, std::bit_cast<double>(bits), std::chars_format::scientific);
  assert(error == std::errc());
  return parse_decimal(std::string_view(buffer, static_cast<std::size_t>(end - buffer)));
}

std::optional<std::pair<Int128, int>> Number::to_scaled(int max_scale) const {
  if (!big_) {
    const auto scale = decimal_scale_of(static_cast<std::uint64_t>(denominator_));
    if (!scale || *scale > max_scale) return std::nullopt;
    const auto mantissa = mantissa_of(numerator_, denominator_, *scale);
    if (!mantissa) return std::nullopt;
    return std::pair(*mantissa, *scale);
  }
  const auto scale = BigAccess::decimal_scale(*this);
  if (!scale || *scale > max_scale) return std::nullopt;
  const auto mantissa = (*this * power_of_ten(static_cast<int>(*scale))).to_int128();
  if (!mantissa) return std::nullopt;
  return std::pair(*mantissa, static_cast<int>(*scale));
}

bool Number::is_decimal() const {
  return big_ ? BigAccess::decimal_scale(*this).has_value()
              : decimal_scale_of(static_cast<std::uint64_t>(denominator_)).has_value();
}

void append_text(std::string& out, const Number& number) {
  if (const auto small = number.to_small(); small && append_ratio(out, small->first, small->second)) return;
  if (const auto wide = BigAccess::to_ratio128(number); wide && append_ratio(out, wide->first, wide->second)) return;
  const auto scale = BigAccess::decimal_scale(number);
  if (!scale) {
    if (number.sign() < 0) out += '-';
    out += BigAccess::digits(number.numerator()) + '/' + BigAccess::digits(number.denominator());
    return;
  }
  const Number mantissa = number * BigAccess::power_of_ten(static_cast<int>(*scale));
  out += with_point(BigAccess::digits(mantissa), static_cast<std::size_t>(*scale), number.sign() < 0);
}

std::string Number::to_string() const {
  std::string text;
  append_text(text, *this);
  return text;
}

std::string Number::to_fixed(int places, bool grouped, Rounding mode) const {
  const std::size_t wanted = static_cast<std::size_t>(std::max(places, 0));
  const Number rounded = round(places, mode);
  const std::string text = rounded.abs().to_string();
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string fraction = point < text.size() ? text.substr(point + 1) : std::string();
  fraction.resize(wanted, '0');
  const std::string_view whole = std::string_view(text).substr(0, point);
  std::string result = rounded.sign() < 0 ? "-" : "";
  result += grouped ? group_thousands(whole) : whole;
  if (wanted > 0) result += "." + fraction;
  return result;
}

}  // namespace kpi::value
