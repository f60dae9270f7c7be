// The tables of a SQLite file as a DataSource.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/database.hpp"
#include "interpreter/storage/page_file.hpp"
#include "interpreter/storage/page_scan.hpp"

namespace kpi::storage {

/// How rows are fetched: from the pages of the file where that is possible, or always by SQLite's cursor.
enum class Reader : std::uint8_t { pages, cursor };

/// Reads everything in one read transaction, so all scans see the same state. One thread at a time, but for the parts
/// of a PartedTable; a scan must not outlive its source.
class SqliteSource final : public eval::DataSource {
 public:
  /// Throws DataFailure when the file cannot be read or is no database.
  explicit SqliteSource(const std::string& path, Reader reader = Reader::pages);
  SqliteSource(const SqliteSource&) = delete;
  SqliteSource& operator=(const SqliteSource&) = delete;
  std::optional<eval::TableSchema> schema(std::string_view table) override;
  std::vector<std::string> tables() override;
  std::unique_ptr<eval::TableScan> scan(const std::string& table, const std::vector<std::string>& columns) override;
  std::unique_ptr<eval::PartedTable> parts(const std::string& table, const std::vector<std::string>& columns) override;
  std::optional<eval::TimeRange> times(const std::string& table, const std::string& column) override;
  std::unique_ptr<eval::PartedTable> parts_of_times(const std::string& table, const std::vector<std::string>& columns,
                                                    const std::string& time_column,
                                                    const std::vector<eval::TimeRange>& ranges) override;
  void note_all_read(const std::string& table, const std::string& column, eval::ReadPath::Index why) override;
  std::vector<eval::ReadPath> read_paths() const override;
  std::string name() const override { return database_.path(); }

 private:
  /// The table's pages, or null with the reason noted.
  std::shared_ptr<const PageTable> page_table(const std::string& table, const std::vector<std::string>& columns);
  std::unique_ptr<eval::TableScan> cursor(const std::string& table, const std::vector<std::string>& columns) const;
  void note(const std::string& table, eval::ReadPath::Reason reason);

  Database database_;
  PageFile file_;
  std::map<std::string, std::shared_ptr<const std::vector<std::uint32_t>>> leaves_;  // by table
  std::vector<eval::ReadPath> paths_;
  std::map<std::string, eval::ReadPath> index_notes_;  // by table: what is said of an index
};

/// Tables and views, without SQLite's own, by name.
std::vector<std::string> table_names(const Database& database);
/// The table or view called `name`, ignoring the case of ASCII letters as SQLite does.
std::optional<eval::TableSchema> read_schema(const Database& database, std::string_view name);

}  // namespace kpi::storage
