// What the page reader has to know of a table before it reads records: its root page and where columns lie in a record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/database.hpp"

namespace kpi::storage {

/// One requested column.
struct PageColumn {
  std::uint32_t place = 0;    // in the record
  bool is_row_id = false;     // the record's own key: the record holds NULL
  bool becomes_real = false;  // of a column with the affinity REAL, which stores whole numbers as integers
  // What rows written before the column was added have.
  eval::CellClass default_class = eval::CellClass::null;
  std::int64_t default_bits = 0;
  std::string default_text;
};

struct TableLayout {
  eval::ReadPath::Reason refusal = eval::ReadPath::Reason::none;
  std::uint32_t root = 0;
  std::vector<PageColumn> columns;  // parallel to the requested ones
};

TableLayout table_layout(const Database& database, const std::string& table, const std::vector<std::string>& columns);

}  // namespace kpi::storage
