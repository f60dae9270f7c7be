#include "interpreter/storage/row_target.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "interpreter/storage/fresh_table.hpp"
#include "interpreter/storage/sqlite_source.hpp"
#include "interpreter/storage/table_writer.hpp"

namespace kpi::storage {

namespace {

bool is_absent(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) != 0 && errno == ENOENT;
}

/// Names that SQLite does not take for a file of that name.
bool is_special(const std::string& path) {
  return path.empty() || path == ":memory:" || path.compare(0, 5, "file:") == 0;
}

/// A journal without its database would be played back into the new one.
bool is_new_file(const std::string& path) {
  return is_absent(path) && is_absent(path + "-journal") && is_absent(path + "-wal");
}

bool is_utf8(const Database& database) {
  Statement encoding(database, "PRAGMA encoding");
  return encoding.step() && encoding.text(0) == "UTF-8";
}

}  // namespace

std::unique_ptr<RowTarget> open_target(const std::string& path, const std::string& table,
                                       const std::vector<TargetColumn>& columns, bool pages) {
  pages = pages && !is_special(path) && FreshTable::can_hold(columns);
  if (pages && is_new_file(path)) {
    if (auto file = NewFile::beside(path)) {
      return std::make_unique<FreshTable>(path, table, columns, std::move(*file), std::nullopt);
    }
  }
  auto transaction = std::make_unique<ImportTransaction>(path);
  if (pages && !transaction->is_new() && is_utf8(transaction->database()) &&
      !read_schema(transaction->database(), table)) {
    if (auto file = NewFile::beside(path)) {
      return std::make_unique<FreshTable>(path, table, columns, std::move(*file), transaction->give_up());
    }
  }
  return std::make_unique<TableWriter>(std::move(transaction), table, columns);
}

}  // namespace kpi::storage
