// How the language writes what a policy says by one of a few words.
#pragma once

#include <string_view>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

/// "ratio", "mirror", "inverse", "from"; empty for none.
std::string_view name(Attain attain);
/// "unscored", "zero", "skip".
std::string_view name(Missing missing);

}  // namespace kpi::model
