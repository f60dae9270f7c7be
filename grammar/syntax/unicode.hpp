// Characters of names, by Unicode's general categories.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kpi::syntax {

struct CodePoint {
  std::int32_t value = 0;
  std::uint32_t length = 1;  // in bytes
};

/// The character at `at`; none where the bytes are not UTF-8 or the text ends.
std::optional<CodePoint> code_point_at(std::string_view text, std::size_t at);
std::string to_utf8(std::int32_t code_point);

/// XID_Start or `_`; XID_Continue.
bool is_name_start(std::int32_t code_point);
bool is_name_continue(std::int32_t code_point);

/// Where the name that begins at `at` ends; `at` itself when none begins there.
std::size_t name_end(std::string_view text, std::size_t at);

/// Normalisation form C. `text` must be valid UTF-8.
std::string to_nfc(std::string_view text);

}  // namespace kpi::syntax
