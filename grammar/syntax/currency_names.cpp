#include "grammar/syntax/currency_names.hpp"

#include <algorithm>

#include "grammar/source/similar_name.hpp"

namespace kpi::syntax {
namespace {

struct Called {
  std::string_view name, code;
};
// Where several countries have a currency of that name, the one that cross-border sellers mean most.
constexpr Called kNames[] = {
    {"baht", "THB"},     {"bahts", "THB"}, {"dong", "VND"},   {"rupiah", "IDR"},   {"ringgit", "MYR"},
    {"peso", "PHP"},     {"pesos", "PHP"}, {"dollar", "USD"}, {"dollars", "USD"},  {"buck", "USD"},
    {"bucks", "USD"},    {"euro", "EUR"},  {"euros", "EUR"},  {"pound", "GBP"},    {"pounds", "GBP"},
    {"sterling", "GBP"}, {"quid", "GBP"},  {"yuan", "CNY"},   {"renminbi", "CNY"}, {"rmb", "CNY"},
    {"yen", "JPY"},      {"rupee", "INR"}, {"rupees", "INR"}, {"zloty", "PLN"},    {"dirham", "AED"},
    {"dirhams", "AED"},  {"riyal", "SAR"}, {"riyals", "SAR"}, {"reais", "BRL"},    {"元", "CNY"},
    {"人民币", "CNY"},   {"块", "CNY"},    {"泰铢", "THB"},   {"越南盾", "VND"},   {"印尼盾", "IDR"},
    {"林吉特", "MYR"},   {"马币", "MYR"},  {"比索", "PHP"},   {"美元", "USD"},     {"美金", "USD"},
    {"欧元", "EUR"},     {"英镑", "GBP"},  {"日元", "JPY"},   {"韩元", "KRW"},     {"新币", "SGD"},
    {"港币", "HKD"},     {"港元", "HKD"},  {"台币", "TWD"},   {"新台币", "TWD"},   {"卢比", "INR"},
    {"雷亚尔", "BRL"},   {"加元", "CAD"},  {"澳元", "AUD"},   {"瑞士法郎", "CHF"}, {"迪拉姆", "AED"},
};

}  // namespace

std::optional<std::string> currency_called(std::string_view word) {
  constexpr std::size_t kLongest = 16;
  if (word.empty() || word.size() > kLongest) return std::nullopt;
  const std::string folded = source::folded_name(word);
  const auto found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const Called& entry) { return entry.name == folded; });
  return found == std::end(kNames) ? std::nullopt : std::optional(std::string(found->code));
}

}  // namespace kpi::syntax
