#include "interpreter/eval/scan_cell.hpp"

#include "interpreter/eval/scan_column.hpp"

namespace kpi::eval::scanning {

using value::Date;
using value::Int128;
using value::Number;

std::string cell_text(const Batch& batch, std::size_t column, std::size_t row) {
  const RawColumn& raw = batch.columns[column];
  switch (raw.classes[row]) {
    case CellClass::null: return {};
    case CellClass::integer: return std::to_string(raw.bits[row]);
    case CellClass::real: {
      const auto number = Number::from_real_bits(static_cast<std::uint64_t>(raw.bits[row]));
      return number ? number->to_string() : "NaN";
    }
    case CellClass::text: return std::string(batch.text(column, row));
    case CellClass::blob: return "BLOB";
  }
  return {};
}

std::string shortened(std::string text) {
  constexpr std::size_t kBytes = 40;
  if (text.size() <= kBytes) return text;
  std::size_t end = kBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::optional<Number> number_of(const Batch& batch, std::size_t column, std::size_t row) {
  const RawColumn& raw = batch.columns[column];
  switch (raw.classes[row]) {
    case CellClass::integer: return Number(raw.bits[row]);
    case CellClass::real: return Number::from_real_bits(static_cast<std::uint64_t>(raw.bits[row]));
    case CellClass::text: {
      const std::string_view text = batch.text(column, row);
      if (text.find_first_of("eE") != std::string_view::npos) return std::nullopt;  // no exponents, as in policies
      return Number::parse_decimal(text);
    }
    default: return std::nullopt;
  }
}

std::optional<Date> date_of(const Batch& batch, std::size_t column, std::size_t row) {
  if (batch.columns[column].classes[row] != CellClass::text) return std::nullopt;
  const std::string_view text = batch.text(column, row);
  if (text.size() == 10) return Date::parse(text);
  const auto written = value::WrittenTime::parse(text);
  if (!written || written->has_offset || written->local_micros % value::kMicrosPerDay != 0) return std::nullopt;
  return Date{static_cast<std::int32_t>(written->local_micros / value::kMicrosPerDay)};
}

std::optional<bool> boolean_of(const Batch& batch, std::size_t column, std::size_t row) {
  const RawColumn& raw = batch.columns[column];
  if (raw.classes[row] == CellClass::integer) {
    if (raw.bits[row] == 0 || raw.bits[row] == 1) return raw.bits[row] == 1;
    return std::nullopt;
  }
  if (raw.classes[row] == CellClass::real) {
    const auto number = Number::from_real_bits(static_cast<std::uint64_t>(raw.bits[row]));
    if (!number || (!number->is_zero() && *number != Number(1))) return std::nullopt;
    return !number->is_zero();
  }
  if (raw.classes[row] != CellClass::text) return std::nullopt;
  std::string word(batch.text(column, row));
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (word == "1" || word == "true" || word == "yes") return true;
  if (word == "0" || word == "false" || word == "no") return false;
  return std::nullopt;
}

bool real_to_decimal(std::uint64_t bits, Decimal& result) {
  constexpr std::uint64_t kFraction = (std::uint64_t{1} << 52) - 1;
  const bool negative = bits >> 63 != 0;
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  if (exponent == 0) {
    result = {};
    return (bits & kFraction) == 0;  // subnormal numbers are left to Number
  }
  const int shift = 1075 - exponent;  // value = significand * 2^-shift
  const std::uint64_t significand = (bits & kFraction) | (kFraction + 1);
  if (shift < 0 || shift > 62) return false;
  for (int scale = 0; scale <= 6; ++scale) {
    const Int128 product = static_cast<Int128>(significand) * kPowers[scale];  // below 2^53 * 2^20
    const Int128 half = shift == 0 ? 0 : static_cast<Int128>(1) << (shift - 1);
    const Int128 mantissa = (product + half) >> shift;
    if (mantissa >= kPowers[15]) return false;
    Int128 error = (mantissa << shift) - product;
    if (error < 0) error = -error;
    // Nearer than a quarter of the distance between neighbours: reads back as these bits also at a power of two.
    if (error * 4 >= kPowers[scale]) continue;
    result.mantissa = static_cast<std::int64_t>(negative ? -mantissa : mantissa);
    result.scale = scale;
    return true;
  }
  return false;
}

}  // namespace kpi::eval::scanning
