// Text of the language on one line.
#pragma once

#include <string>
#include <string_view>

namespace kpi::source {

/// Comments and line breaks out, runs of blanks to one; texts in quotes stay as they are.
std::string one_line(std::string_view text);

}  // namespace kpi::source
