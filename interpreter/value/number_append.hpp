// Numbers to text without a string for each: for writers of large results.
#pragma once

#include <string>

#include "interpreter/value/number.hpp"

namespace kpi::value {

/// Appends what number.to_string() gives.
void append_text(std::string& out, const Number& number);

}  // namespace kpi::value
