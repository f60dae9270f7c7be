// Puts the rows of an import into a table, so that importing the same file again changes nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "interpreter/storage/database.hpp"
#include "interpreter/storage/key_set.hpp"
#include "interpreter/storage/row_hash.hpp"
#include "interpreter/storage/row_target.hpp"

namespace kpi::storage {

/// What an import creates: the table, and the index that keeps its key unique (empty without a key).
std::string table_sql(const std::string& table, const std::vector<TargetColumn>& columns);
std::string key_index_sql(const std::string& table, const std::vector<TargetColumn>& columns);

/// The database file during an import: one transaction, undone unless it is committed. A file that did not exist before
/// does not exist afterwards either.
class ImportTransaction {
 public:
  explicit ImportTransaction(const std::string& path);
  ~ImportTransaction();
  ImportTransaction(const ImportTransaction&) = delete;
  ImportTransaction& operator=(const ImportTransaction&) = delete;
  Database& database() { return *database_; }
  bool is_new() const { return is_new_; }
  void commit();
  /// Ends it without a change. The database stays open.
  Database give_up();

 private:
  void undo();
  std::string path_;
  bool is_new_;
  bool ended_ = false;
  std::optional<Database> database_;
};

/// Writes rows through SQL.
class TableWriter final : public RowTarget {
 public:
  TableWriter(std::unique_ptr<ImportTransaction> transaction, std::string table, std::vector<TargetColumn> columns);
  Result write(std::span<const Stored> values, std::uint64_t line) override;
  bool holds_key(std::span<const Stored> values) override;
  void finish() override;
  void commit() override { transaction_->commit(); }
  bool created_table() const override { return fresh_; }
  const std::string& table() const override { return table_; }

 private:
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
  Result insert_or_update(std::span<const Stored> values);
  Result compare_with_earlier(std::span<const Stored> values, std::uint64_t line, std::uint32_t row);

  std::unique_ptr<ImportTransaction> transaction_;
  Database& database_;
  std::string table_;
  std::vector<TargetColumn> columns_;
  std::vector<std::size_t> key_, content_;  // indices of columns
  bool fresh_ = false;                      // made by this import: the key's index comes last, which is faster
  std::uint32_t rows_inserted_ = 0;         // in a fresh table, the row id of the last one
  std::optional<Statement> insert_, update_, equal_, present_;
  // The keys of this file, where the table was there before and they can be bytes; then the numbers are not row ids.
  bool has_key_bytes_;
  KeySet keys_;
  std::string key_bytes_;
  HashTable seen_;  // otherwise these keys; without a key the table's rows at the start
};

}  // namespace kpi::storage
