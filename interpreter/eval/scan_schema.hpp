// Finding tables and columns of a store by the names a policy uses.
#pragma once

#include <optional>
#include <string>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/eval/scan_errors.hpp"

namespace kpi::eval::scanning {

/// None after reporting. A table that a test does not give has no columns and no rows.
std::optional<TableSchema> find_table(DataSource& data, const std::string& table, const std::string& reader,
                                      source::Span span, DataErrors& errors);

/// Index of the column: exactly as written, else ignoring case, spaces and `_` where that names one column only. None
/// after reporting, or silently when it is not `required` and no column fits.
std::optional<std::size_t> find_column(const TableSchema& schema, const std::string& name, bool required,
                                       const std::string& reader, source::Span span, DataErrors& errors);

}  // namespace kpi::eval::scanning
