// What the name of a field says about it, where nothing else does.
#pragma once

#include <string_view>

namespace kpi::model {

/// Refunds, returns, cancellations, chargebacks, in English or Chinese; case does not count.
bool is_refund_name(std::string_view name);
/// Whether the text holds the word, whatever the case of its letters.
bool contains_word(std::string_view text, std::string_view word);

}  // namespace kpi::model
