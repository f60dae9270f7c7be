// What people call currencies, for "did you mean".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kpi::syntax {

/// `THB` for `baht` or `泰铢`, in any case; none for what is no name of a currency, or one of several (`krona`).
std::optional<std::string> currency_called(std::string_view word);

}  // namespace kpi::syntax
