// Keys of rows as bytes whose order is that of the keys: for KeySet.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/storage/row_target.hpp"

namespace kpi::storage {

/// Not those with a number: it may be an integer or a real, which compare by value.
bool have_key_bytes(const std::vector<TargetColumn>& columns);

/// Is it stored as an integer?
bool is_integer(model::ColumnType type);

/// Replaces `bytes` by the key of the row: the columns at these indices, none of them NULL.
void store_key(std::span<const Stored> values, const std::vector<TargetColumn>& columns,
               const std::vector<std::size_t>& key, std::string& bytes);

/// The first value of such a key, which is taken off it.
std::int64_t take_integer(std::string_view& key);
std::string_view take_text(std::string_view& key);

}  // namespace kpi::storage
