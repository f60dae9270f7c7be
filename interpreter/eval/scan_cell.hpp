// Single raw cells as exact values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::eval::scanning {

/// The cell as text: integers and REALs in decimal, NULL empty. For keys and messages.
std::string cell_text(const Batch& batch, std::size_t column, std::size_t row);
/// At most 40 bytes of it, cut between characters.
std::string shortened(std::string text);

std::optional<value::Number> number_of(const Batch& batch, std::size_t column, std::size_t row);
/// `2026-07-03`; of a text with a time the time must be midnight.
std::optional<value::Date> date_of(const Batch& batch, std::size_t column, std::size_t row);
/// 0 and 1 as integer, REAL or text; true, false, yes, no in any case.
std::optional<bool> boolean_of(const Batch& batch, std::size_t column, std::size_t row);

/// mantissa * 10^-scale.
struct Decimal {
  std::int64_t mantissa = 0;
  int scale = 0;
};
/// `[+-]digits[.digits]` that fits; everything else is left to Number.
inline bool parse_decimal(std::string_view text, Decimal& result) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (end - at < 1 || end - at > 19) return false;  // at most 18 digits and a point
  std::int64_t mantissa = 0;
  int digits = 0, scale = -1;
  for (; at != end; ++at) {
    if (*at == '.' && scale < 0) {
      scale = 0;
      continue;
    }
    const unsigned digit = static_cast<unsigned>(*at) - '0';
    if (digit > 9) return false;
    mantissa = mantissa * 10 + digit;
    ++digits;
    if (scale >= 0) ++scale;
  }
  if (digits == 0 || digits > 18 || scale == 0) return false;
  result.mantissa = negative ? -mantissa : mantissa;
  result.scale = scale < 0 ? 0 : scale;
  return true;
}

/// The shortest decimal that reads back as these IEEE 754 bits, when it has at most 15 digits and 6 decimals; then no
/// other decimal of at most 15 digits reads back as the same bits, so it is the shortest. Integers only.
bool real_to_decimal(std::uint64_t bits, Decimal& result);

}  // namespace kpi::eval::scanning
