// Currencies and units of numbers.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::value {

/// A currency of ISO 4217 (active codes without funds and metals), by index into the table; 0 is none.
class Currency {
 public:
  constexpr Currency() = default;
  static std::optional<Currency> parse(std::string_view code);  // upper-case three-letter code
  static const std::vector<Currency>& all();
  /// The row's own currency, unknown until a row is read: the unit of `native(x)`.
  static constexpr Currency native() { return Currency(0xFFFF); }
  bool is_none() const { return index_ == 0; }
  bool is_native() const { return index_ == 0xFFFF; }
  std::string_view code() const;  // "GBP"; "native" for native()
  std::string_view english_name() const;
  std::string_view chinese_name() const;
  /// Decimal digits of the minor unit: GBP 2, JPY 0, KWD 3.
  int minor_digits() const;
  std::uint16_t index() const { return index_; }
  friend constexpr auto operator<=>(Currency, Currency) = default;
  static constexpr Currency from_index(std::uint16_t index) { return Currency(index); }

 private:
  constexpr explicit Currency(std::uint16_t index) : index_(index) {}
  std::uint16_t index_ = 0;
};

/// The unit of a number: currency^money * seconds^time. A plain number has both exponents 0 and no currency.
/// Durations are seconds; money per hour is GBP^1 s^-1.
struct Unit {
  Currency currency;
  std::int8_t money = 0;
  std::int8_t time = 0;
  friend bool operator==(const Unit&, const Unit&) = default;
  bool is_plain() const { return money == 0 && time == 0; }
  static Unit of(Currency currency) { return {currency, 1, 0}; }
  static Unit duration() { return {Currency(), 0, 1}; }
};
/// Product and quotient; none when two different currencies would mix or an exponent leaves -128..127.
std::optional<Unit> multiply(Unit a, Unit b);
std::optional<Unit> divide(Unit a, Unit b);
/// "number", "GBP", "duration", "GBP/duration", "GBP^2". For messages and for the `unit` of results.
std::string to_string(Unit unit);

/// Words for exact durations (`seconds`, `minute`, …) to seconds; none for other words.
std::optional<std::int64_t> duration_word_seconds(std::string_view word);
enum class CalendarUnit : std::uint8_t { day, week, month, quarter, year };
/// `month months quarter quarters year years`, and with `exact` also `day days week weeks`.
std::optional<CalendarUnit> calendar_word(std::string_view word, bool exact = false);

}  // namespace kpi::value
