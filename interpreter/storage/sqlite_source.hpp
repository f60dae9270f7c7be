// The tables of a SQLite file as a DataSource.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/database.hpp"

namespace kpi::storage {

/// Reads everything in one read transaction, so all scans see the same state. One thread at a time; a scan must not
/// outlive its source.
class SqliteSource final : public eval::DataSource {
 public:
  /// Throws DataFailure when the file cannot be read or is no database.
  explicit SqliteSource(const std::string& path) : database_(Database::open_for_reading(path)) {}
  std::optional<eval::TableSchema> schema(std::string_view table) override;
  std::vector<std::string> tables() override;
  std::unique_ptr<eval::TableScan> scan(const std::string& table, const std::vector<std::string>& columns) override;
  std::string name() const override { return database_.path(); }

 private:
  Database database_;
};

/// Tables and views, without SQLite's own, by name.
std::vector<std::string> table_names(const Database& database);
/// The table or view called `name`, ignoring the case of ASCII letters as SQLite does.
std::optional<eval::TableSchema> read_schema(const Database& database, std::string_view name);

}  // namespace kpi::storage
