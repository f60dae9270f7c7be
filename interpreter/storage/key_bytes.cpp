#include "interpreter/storage/key_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace kpi::storage {

using model::ColumnType;

namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

/// Eight bytes, the highest first and the sign turned round.
void append_integer(std::string& key, std::int64_t value) {
  const std::uint64_t bytes = __builtin_bswap64(static_cast<std::uint64_t>(value) ^ kSign);
  key.append(reinterpret_cast<const char*>(&bytes), 8);
}

}  // namespace

bool have_key_bytes(const std::vector<TargetColumn>& columns) {
  return std::none_of(columns.begin(), columns.end(),
                      [](const TargetColumn& column) { return column.key && column.type == ColumnType::number; });
}

bool is_integer(ColumnType type) { return type == ColumnType::integer || type == ColumnType::boolean; }

void store_key(std::span<const Stored> values, const std::vector<TargetColumn>& columns,
               const std::vector<std::size_t>& key, std::string& bytes) {
  bytes.clear();
  for (const std::size_t i : key) {
    if (is_integer(columns[i].type)) {
      append_integer(bytes, values[i].integer);
    } else {
      bytes.append(values[i].text).push_back('\0');  // no text of an import holds a zero byte
    }
  }
}

std::int64_t take_integer(std::string_view& key) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, key.data(), 8);
  key.remove_prefix(8);
  return static_cast<std::int64_t>(__builtin_bswap64(bytes) ^ kSign);
}

std::string_view take_text(std::string_view& key) {
  const std::string_view text = key.substr(0, key.find('\0'));
  key.remove_prefix(text.size() + 1);
  return text;
}

}  // namespace kpi::storage
