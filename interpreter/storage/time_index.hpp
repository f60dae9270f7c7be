// Indexes on a column of times: which rows lie in a span of time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/database.hpp"

namespace kpi::storage {

/// The name of an index over all rows of the table that begins with the column and compares texts byte by byte.
std::optional<std::string> time_index(const Database& database, const std::string& table, const std::string& column);

/// See DataSource::times. Where the column holds something that is neither a number nor begins with a day, that is what
/// both ends name.
eval::TimeRange ends_of_index(const Database& database, const std::string& table, const std::string& column,
                              const std::string& index);

/// For each of the pages, which hold rows up to `last_rows`, whether it holds a row whose index entry lies in one of
/// the ranges. Empty as soon as more than `most` pages do.
std::vector<bool> pages_of_times(const Database& database, const std::string& table, const std::string& column,
                                 const std::string& index, const std::vector<eval::TimeRange>& ranges,
                                 const std::vector<std::int64_t>& last_rows, std::size_t most);

}  // namespace kpi::storage
