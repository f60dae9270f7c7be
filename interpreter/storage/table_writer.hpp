// Puts the rows of an import into a table, so that importing the same file again changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/storage/cell_reader.hpp"
#include "interpreter/storage/database.hpp"
#include "interpreter/storage/row_hash.hpp"

namespace kpi::storage {

struct TargetColumn {
  std::string name;
  model::ColumnType type;
  bool key = false;
};

/// A transaction must be open; the caller commits. With key columns a row updates the one with the same key; without, a
/// row is taken as known as often as the table held equal rows before.
class TableWriter {
 public:
  /// Creates the table or the columns it lacks. Throws DataFailure when the existing table does not fit.
  TableWriter(Database& database, const std::string& table, std::vector<TargetColumn> columns);

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
  /// `values` are parallel to the columns and borrowed for the call.
  Result write(std::span<const Stored> values, std::uint64_t line);
  /// To be called before the transaction is committed.
  void finish();
  bool created_table() const { return fresh_; }
  const std::string& table() const { return table_; }

 private:
  void create_table();
  void adopt_table(const eval::TableSchema& schema);
  void create_key_index();
  void count_existing_rows();
  void prepare();
  std::string unused_row_id_name() const;
  std::string key_condition() const;
  std::string content_condition(bool equal) const;
  Result write_keyed(std::span<const Stored> values, std::uint64_t line);
  Result write_by_content(std::span<const Stored> values);
  Result insert(std::span<const Stored> values);
  Result compare_with_earlier(std::span<const Stored> values, const HashTable::Entry& earlier);

  Database& database_;
  std::string table_;
  std::vector<TargetColumn> columns_;
  std::vector<std::size_t> key_, content_;  // indices of columns
  bool fresh_ = false;                      // made by this import: the key's index comes last, which is faster
  std::uint32_t rows_inserted_ = 0;         // in a fresh table, the row id of the last one
  std::optional<Statement> insert_, update_, equal_;
  HashTable seen_;  // keyed: this file's keys; else the table's rows at the start
};

}  // namespace kpi::storage
