// Text from files and data as it may go to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace kpi::report {

/// Bytes of the first character of a non-empty text; 1 for a byte that is not UTF-8.
std::size_t character_length(std::string_view text);

/// The text with everything replaced that would move the cursor, change colours or reverse the reading direction:
/// control characters by their pictures, direction marks and bytes that are not UTF-8 by U+FFFD.
std::string visible(std::string_view text);

}  // namespace kpi::report
