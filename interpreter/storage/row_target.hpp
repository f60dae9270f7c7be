// Where the rows of an import go.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/storage/cell_reader.hpp"

namespace kpi::storage {

struct TargetColumn {
  std::string name;
  model::ColumnType type;
  bool key = false;
};

/// One import into one table. With key columns a row updates the one with the same key; without, a row is taken as
/// known as often as the table held equal rows before. Nothing of it stays when it is destroyed before commit().
class RowTarget {
 public:
  enum class Outcome : std::uint8_t {
    inserted,
    updated,
    unchanged,
    repeated,  // an earlier row of this file has the same key and content
    conflict,  // an earlier row of this file has the same key and other content: not written
    refused,   // the table's own constraints: not written
  };
  struct Result {
    Outcome outcome;
    std::uint64_t line = 0;  // of the earlier row
    std::string detail;      // of refused
  };
  virtual ~RowTarget() = default;
  /// `values` are parallel to the columns and borrowed for the call.
  virtual Result write(std::span<const Stored> values, std::uint64_t line) = 0;
  /// Whether a table that was there before holds a row with this key; only the key's values are read.
  virtual bool holds_key(std::span<const Stored> values) { return (void)values, false; }
  /// Everything that can fail but the last step, so that what goes with the rows can be made ready before it.
  virtual void finish() = 0;
  virtual void commit() = 0;
  virtual bool created_table() const = 0;
  virtual const std::string& table() const = 0;  // as stored
};

/// Creates the table or the columns it lacks. A table that is not there yet is written page by page where that is
/// possible and `pages` allows it; the rows are the same either way. Throws DataFailure when the database cannot be
/// used or the existing table does not fit.
std::unique_ptr<RowTarget> open_target(const std::string& database_path, const std::string& table,
                                       const std::vector<TargetColumn>& columns, bool pages = true);

}  // namespace kpi::storage
