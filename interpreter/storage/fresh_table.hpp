// A table that an import makes, written as pages of a database file instead of through SQL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/storage/database.hpp"
#include "interpreter/storage/key_set.hpp"
#include "interpreter/storage/new_file.hpp"
#include "interpreter/storage/row_target.hpp"
#include "interpreter/storage/tree_writer.hpp"

namespace kpi::storage {

/// The whole database is a new file, which holds this table and nothing else. For a database that is there already that
/// file is only where SQLite takes the rows from, in one transaction.
class FreshTable final : public RowTarget {
 public:
  /// Can rows of these columns be written like this?
  static bool can_hold(const std::vector<TargetColumn>& columns);
  /// `existing`: the database at the path, in no transaction; none: there is none.
  FreshTable(std::string path, std::string table, const std::vector<TargetColumn>& columns, NewFile file,
             std::optional<Database> existing);

  Result write(std::span<const Stored> values, std::uint64_t line) override;
  void finish() override;
  void commit() override;
  bool created_table() const override { return true; }
  const std::string& table() const override { return table_; }

 private:
  struct Template {
    explicit Template(const std::string& path, const std::string& table, const std::vector<TargetColumn>& columns);
    std::vector<unsigned char> pages;  // of an empty database with the table and its index
    PageNumber count = 0, table_root = 0, index_root = 0;
  };
  void write_index();
  void take_over();

  std::string path_, table_;
  std::vector<TargetColumn> columns_;
  std::vector<std::size_t> key_;  // indices of columns
  Template empty_;
  NewFile file_;
  std::optional<Database> existing_;
  PageOutput output_;
  TableTree rows_;
  KeySet keys_;
  RecordBuilder record_;
  std::string key_bytes_;
};

}  // namespace kpi::storage
