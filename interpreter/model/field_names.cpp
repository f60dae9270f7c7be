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

std::optional<FieldId> taken_amount(const Events& events) {
  std::optional<FieldId> found;
  bool several = false;
  for (std::uint32_t i = 0; i < events.fields.size(); ++i) {
    const Field& field = events.fields[i];
    const bool money =
        field.type.kind == value::Kind::number && field.type.unit.money == 1 && field.type.unit.time == 0;
    if (!money || field.type.optional || field.computed.valid()) continue;
    if (field.named.name == "amount") return FieldId{i};
    several = found.has_value();
    if (!found) found = FieldId{i};
  }
  return several ? std::nullopt : found;
}

}  // namespace kpi::model
