#include "interpreter/model/field_names.hpp"

#include <algorithm>

namespace kpi::model {

bool contains_word(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  return !word.empty() && std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool is_refund_name(std::string_view name) {
  if (contains_word(name, "returning")) return false;  // customers who come back
  for (const std::string_view word : {"refund", "return", "cancel", "chargeback", "退款", "退货", "取消"}) {
    if (contains_word(name, word)) return true;
  }
  return false;
}

}  // namespace kpi::model
