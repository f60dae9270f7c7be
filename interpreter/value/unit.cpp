#include "interpreter/value/unit.hpp"

#include <array>
#include <cstdlib>
#include <limits>

namespace kpi::value {

namespace {

struct CurrencyRow {
  std::string_view code;
  int minor_digits;
  std::string_view english;
  std::string_view chinese;
};

constexpr CurrencyRow kCurrencies[] = {
#define CURRENCY(code, minor_digits, english, chinese) {#code, minor_digits, english, chinese},
#include "interpreter/value/currencies.def"
#undef CURRENCY
};

/// Letters to table index plus one, so that reading a currency column is one lookup a row; 0 for other codes.
constexpr int kLetters = 26;
using CodeIndex = std::array<std::uint8_t, kLetters * kLetters * kLetters>;

constexpr std::size_t code_slot(std::string_view code) {
  std::size_t slot = 0;
  for (const char letter : code) slot = slot * kLetters + static_cast<std::size_t>(letter - 'A');
  return slot;
}

constexpr CodeIndex make_code_index() {
  static_assert(std::size(kCurrencies) <= std::numeric_limits<std::uint8_t>::max());
  CodeIndex index{};
  for (std::size_t i = 0; i < std::size(kCurrencies); ++i) {
    index[code_slot(kCurrencies[i].code)] = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}

constexpr CodeIndex kCodeIndex = make_code_index();

const CurrencyRow* row_of(Currency currency) {
  const std::size_t index = currency.index();
  return index >= 1 && index <= std::size(kCurrencies) ? &kCurrencies[index - 1] : nullptr;
}

std::optional<std::int8_t> add_exponents(int a, int b) {
  const int sum = a + b;
  if (sum < std::numeric_limits<std::int8_t>::min() || sum > std::numeric_limits<std::int8_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int8_t>(sum);
}

std::optional<Unit> combine(Unit a, Unit b, int direction) {
  if (a.money != 0 && b.money != 0 && a.currency != b.currency) return std::nullopt;
  const auto money = add_exponents(a.money, direction * b.money);
  const auto time = add_exponents(a.time, direction * b.time);
  if (!money || !time) return std::nullopt;
  const Currency currency = *money == 0 ? Currency() : a.money != 0 ? a.currency : b.currency;
  return Unit{currency, *money, *time};
}

std::string power(std::string_view base, int exponent) {
  std::string text(base);
  if (exponent != 1) text += "^" + std::to_string(exponent);
  return text;
}

}  // namespace

std::optional<Currency> Currency::parse(std::string_view code) {
  if (code.size() != 3) return std::nullopt;
  for (const char letter : code) {
    if (letter < 'A' || letter > 'Z') return std::nullopt;
  }
  const std::uint8_t index = kCodeIndex[code_slot(code)];
  if (index == 0) return std::nullopt;
  return from_index(index);
}

const std::vector<Currency>& Currency::all() {
  static const std::vector<Currency> kAll = [] {
    std::vector<Currency> currencies;
    for (std::uint16_t i = 1; i <= std::size(kCurrencies); ++i) currencies.push_back(from_index(i));
    return currencies;
  }();
  return kAll;
}

std::string_view Currency::code() const {
  if (is_native()) return "native";
  const CurrencyRow* row = row_of(*this);
  return row ? row->code : std::string_view();
}

std::string_view Currency::english_name() const {
  const CurrencyRow* row = row_of(*this);
  return row ? row->english : std::string_view();
}

std::string_view Currency::chinese_name() const {
  const CurrencyRow* row = row_of(*this);
  return row ? row->chinese : std::string_view();
}

int Currency::minor_digits() const {
  const CurrencyRow* row = row_of(*this);
  return row ? row->minor_digits : 0;
}

std::optional<Unit> multiply(Unit a, Unit b) { return combine(a, b, 1); }
std::optional<Unit> divide(Unit a, Unit b) { return combine(a, b, -1); }

std::string to_string(Unit unit) {
  if (unit.is_plain()) return "number";
  std::string above, below;
  const auto place = [&](std::string_view base, int exponent) {
    if (exponent == 0) return;
    std::string& side = exponent > 0 ? above : below;
    if (!side.empty()) side += exponent > 0 ? "*" : "/";
    side += power(base, std::abs(exponent));
  };
  place(unit.currency.code(), unit.money);
  place("duration", unit.time);
  if (below.empty()) return above;
  return (above.empty() ? "1" : above) + "/" + below;
}

std::optional<std::int64_t> duration_word_seconds(std::string_view word) {
  if (word == "second" || word == "seconds") return 1;
  if (word == "minute" || word == "minutes") return 60;
  if (word == "hour" || word == "hours") return 3'600;
  if (word == "day" || word == "days") return 86'400;
  if (word == "week" || word == "weeks") return 7 * 86'400;
  return std::nullopt;
}

std::optional<CalendarUnit> calendar_word(std::string_view word, bool exact) {
  if (word == "month" || word == "months") return CalendarUnit::month;
  if (word == "quarter" || word == "quarters") return CalendarUnit::quarter;
  if (word == "year" || word == "years") return CalendarUnit::year;
  if (exact && (word == "day" || word == "days")) return CalendarUnit::day;
  if (exact && (word == "week" || word == "weeks")) return CalendarUnit::week;
  return std::nullopt;
}

}  // namespace kpi::value
