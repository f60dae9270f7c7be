// What the name of a field says about it, where nothing else does.
#pragma once

#include <optional>
#include <string_view>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

/// Refunds, returns, cancellations, chargebacks, in English or Chinese; case does not count.
bool is_refund_name(std::string_view name);
/// What the rows are about in money: the stored money field `amount`, else the only one that every row has.
std::optional<FieldId> taken_amount(const Events& events);
/// Whether the text holds the word, whatever the case of its letters.
bool contains_word(std::string_view text, std::string_view word);

}  // namespace kpi::model
