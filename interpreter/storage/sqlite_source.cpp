#include "interpreter/storage/sqlite_source.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "interpreter/storage/page_layout.hpp"
#include "interpreter/storage/page_tree.hpp"
#include "interpreter/storage/time_index.hpp"

namespace kpi::storage {

namespace {

struct KeyColumn {
  std::string name;
  bool may_be_null = false;
};

/// Column sets of unique indexes none of whose columns can be NULL. Partial indexes and indexes on expressions say
/// nothing about all rows.
std::vector<std::vector<std::string>> unique_keys(const Database& database, const std::string& table) {
  std::vector<KeyColumn> columns;
  std::vector<std::pair<std::int64_t, std::string>> primary;
  Statement facts(database, "SELECT name, \"notnull\", pk FROM pragma_table_xinfo(?)");
  facts.bind(1, table);
  while (facts.step()) {
    columns.push_back({facts.text(0), facts.integer(1) == 0});
    if (facts.integer(2) > 0) primary.emplace_back(facts.integer(2), facts.text(0));
  }

  std::vector<std::vector<std::string>> keys;
  bool primary_has_index = false;
  Statement indexes(database,
                    "SELECT name, origin FROM pragma_index_list(?) WHERE \"unique\" AND NOT partial ORDER BY seq DESC");
  indexes.bind(1, table);
  while (indexes.step()) {
    primary_has_index = primary_has_index || indexes.text(1) == "pk";
    std::vector<std::string> key;
    bool sure = true;
    Statement parts(database, "SELECT name FROM pragma_index_info(?) ORDER BY seqno");
    const std::string index = indexes.text(0);
    parts.bind(1, index);
    while (parts.step()) {
      key.push_back(parts.text(0));  // empty for an expression
      const auto column =
          std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == key.back(); });
      sure = sure && column != columns.end() && !column->may_be_null;
    }
    if (sure && !key.empty()) keys.push_back(std::move(key));
  }
  // A primary key without an index of its own is the row id itself: never NULL, always unique.
  if (primary.size() == 1 && !primary_has_index) keys.insert(keys.begin(), {primary.front().second});
  return keys;
}

class SqliteScan final : public eval::TableScan {
 public:
  SqliteScan(const Database& database, const std::string& sql, std::size_t columns)
      : database_(database), statement_(database, sql), columns_(columns) {}
  bool next(eval::Batch& batch, std::size_t limit) override;

 private:
  void prepare(eval::Batch& batch, std::size_t limit) const;
  void read_row(eval::Batch& batch, std::size_t row);
  void add_bytes(eval::Batch& batch, eval::RawColumn& column, std::size_t row, const void* data, int size);

  const Database& database_;
  Statement statement_;
  std::size_t columns_;
  std::size_t used_bytes_ = 0;  // of Batch::bytes, which keeps the size it once had
  std::uint64_t position_ = 0;
  bool finished_ = false;
};

void SqliteScan::prepare(eval::Batch& batch, std::size_t limit) const {
  batch.base = nullptr;
  batch.columns.resize(columns_);
  for (auto& column : batch.columns) {
    column.kinds = 0;
    if (column.classes.size() >= limit) continue;
    column.classes.resize(limit);
    column.bits.resize(limit);
    column.lengths.resize(limit);
  }
}

void SqliteScan::add_bytes(eval::Batch& batch, eval::RawColumn& column, std::size_t row, const void* data, int size) {
  constexpr std::size_t kPadding = 16;
  const auto length = static_cast<std::size_t>(size);
  if (used_bytes_ + length + kPadding > batch.bytes.size()) {
    batch.bytes.resize(std::max<std::size_t>({2 * batch.bytes.size(), used_bytes_ + length + kPadding, 1 << 16}));
  }
  if (length != 0) std::memcpy(batch.bytes.data() + used_bytes_, data, length);
  column.bits[row] = static_cast<std::int64_t>(used_bytes_);
  column.lengths[row] = static_cast<std::uint32_t>(length);
  used_bytes_ += length;
}

void SqliteScan::read_row(eval::Batch& batch, std::size_t row) {
  sqlite3_stmt* statement = statement_.handle();
  for (std::size_t c = 0; c != columns_; ++c) {
    eval::RawColumn& column = batch.columns[c];
    // One look-up of the cell; the connection has no mutex, so the value may be used directly.
    sqlite3_value* cell = sqlite3_column_value(statement, static_cast<int>(c));
    switch (sqlite3_value_type(cell)) {
      case SQLITE_INTEGER:
        column.classes[row] = eval::CellClass::integer;
        column.bits[row] = sqlite3_value_int64(cell);
        break;
      case SQLITE_FLOAT: {
        const double real = sqlite3_value_double(cell);
        column.classes[row] = eval::CellClass::real;
        std::memcpy(&column.bits[row], &real, sizeof real);
        break;
      }
      case SQLITE_TEXT: {
        column.classes[row] = eval::CellClass::text;
        const void* data = sqlite3_value_text(cell);  // before the length: it may convert from UTF-16
        add_bytes(batch, column, row, data, sqlite3_value_bytes(cell));
        break;
      }
      case SQLITE_BLOB: {
        column.classes[row] = eval::CellClass::blob;
        const void* data = sqlite3_value_blob(cell);
        add_bytes(batch, column, row, data, sqlite3_value_bytes(cell));
        break;
      }
      default:
        column.classes[row] = eval::CellClass::null;
    }
  }
}

bool SqliteScan::next(eval::Batch& batch, std::size_t limit) {
  assert(limit != 0);
  batch.rows = 0;
  batch.first_row = position_;
  if (finished_) return false;  // stepping again would start over
  prepare(batch, limit);
  used_bytes_ = 0;
  while (batch.rows != limit) {
    const int code = sqlite3_step(statement_.handle());
    if (code != SQLITE_ROW) {
      if (code != SQLITE_DONE) database_.fail();
      finished_ = true;
      break;
    }
    read_row(batch, batch.rows++);
  }
  for (eval::RawColumn& column : batch.columns) column.note_kinds(batch.rows);
  position_ += batch.rows;
  return batch.rows != 0;
}

}  // namespace

std::vector<std::string> table_names(const Database& database) {
  std::vector<std::string> names;
  Statement statement(
      database,
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
      "ORDER BY name");
  while (statement.step()) names.push_back(statement.text(0));
  return names;
}

std::optional<eval::TableSchema> read_schema(const Database& database, std::string_view name) {
  Statement found(database,
                  "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE");
  found.bind(1, name);
  if (!found.step()) return std::nullopt;
  eval::TableSchema schema;
  schema.name = found.text(0);
  Statement columns(database, "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid");
  columns.bind(1, schema.name);
  while (columns.step()) schema.columns.push_back({columns.text(0), columns.text(1)});
  schema.unique_keys = unique_keys(database, schema.name);
  return schema;
}

std::optional<eval::TableSchema> SqliteSource::schema(std::string_view table) { return read_schema(database_, table); }

std::vector<std::string> SqliteSource::tables() { return table_names(database_); }

SqliteSource::SqliteSource(const std::string& path, Reader reader)
    : database_(Database::open_for_reading(path)), file_(database_, reader == Reader::pages) {}

std::unique_ptr<eval::TableScan> SqliteSource::scan(const std::string& table, const std::vector<std::string>& columns) {
  const auto pages = page_table(table, columns);
  if (!pages) return cursor(table, columns);
  return scan_pages(pages, [this, table, columns] {
    note(table, eval::ReadPath::Reason::unusual_page);
    return cursor(table, columns);
  });
}

std::unique_ptr<eval::PartedTable> SqliteSource::parts(const std::string& table,
                                                       const std::vector<std::string>& columns) {
  auto pages = page_table(table, columns);
  return pages && pages->is_large() ? part_pages(std::move(pages)) : nullptr;
}

std::shared_ptr<const PageTable> SqliteSource::page_table(const std::string& table,
                                                          const std::vector<std::string>& columns) {
  using Reason = eval::ReadPath::Reason;
  if (const auto refusal = file_.refusal()) {
    note(table, *refusal);
    return nullptr;
  }
  const TableLayout layout = table_layout(database_, table, columns);
  if (layout.refusal != Reason::none) {
    note(table, layout.refusal);
    return nullptr;
  }
  auto& leaves = leaves_[table];
  try {
    if (!leaves) leaves = std::make_shared<const std::vector<std::uint32_t>>(leaf_pages(file_, layout.root));
  } catch (const UnusualPage&) {
    note(table, Reason::unusual_page);
    return nullptr;
  }
  note(table, Reason::none);
  return std::make_shared<const PageTable>(file_, leaves, layout.columns);
}

std::optional<eval::TimeRange> SqliteSource::times(const std::string& table, const std::string& column) {
  if (file_.refusal()) return std::nullopt;
  const auto index = time_index(database_, table, column);
  if (!index) return std::nullopt;
  return ends_of_index(database_, table, column, *index);
}

std::unique_ptr<eval::PartedTable> SqliteSource::parts_of_times(const std::string& table,
                                                                const std::vector<std::string>& columns,
                                                                const std::string& time_column,
                                                                const std::vector<eval::TimeRange>& ranges) {
  constexpr std::size_t kMostShare = 4;  // finding a row in the index costs as much as reading two
  const auto whole = page_table(table, columns);
  const auto index = time_index(database_, table, time_column);
  if (!whole || !index) return nullptr;
  std::vector<std::int64_t> last_rows;
  std::vector<std::uint32_t> leaves;
  try {
    leaves = leaf_pages(file_, table_layout(database_, table, {}).root, &last_rows);
  } catch (const UnusualPage&) {
    return nullptr;
  }
  const auto wanted =
      pages_of_times(database_, table, time_column, *index, ranges, last_rows, leaves.size() / kMostShare);
  if (wanted.empty()) {
    note_all_read(table, time_column, eval::ReadPath::Index::too_many_rows);
    return nullptr;
  }
  auto some = std::make_shared<std::vector<std::uint32_t>>();
  for (std::size_t place = 0; place < leaves.size(); ++place) {
    if (wanted[place]) some->push_back(leaves[place]);
  }
  eval::ReadPath& noted = index_notes_[table];
  noted.index = eval::ReadPath::Index::used;
  noted.index_name = *index;
  noted.column = time_column;
  noted.pages = some->size();
  noted.all_pages = leaves.size();
  return part_pages(std::make_shared<const PageTable>(file_, std::move(some), whole->columns()));
}

void SqliteSource::note_all_read(const std::string& table, const std::string& column, eval::ReadPath::Index why) {
  eval::ReadPath& noted = index_notes_[table];
  noted.index = why;
  noted.column = column;
}

std::vector<eval::ReadPath> SqliteSource::read_paths() const {
  std::vector<eval::ReadPath> paths = paths_;
  for (eval::ReadPath& path : paths) {
    const auto noted = index_notes_.find(path.table);
    if (noted == index_notes_.end()) continue;
    const eval::ReadPath::Reason reason = path.reason;
    path = noted->second;
    path.table = noted->first;
    path.reason = reason;
  }
  return paths;
}

/// The least favourable way stays noted: a table may be read more than once.
void SqliteSource::note(const std::string& table, eval::ReadPath::Reason reason) {
  for (eval::ReadPath& path : paths_) {
    if (path.table != table) continue;
    if (path.reason == eval::ReadPath::Reason::none) path.reason = reason;
    return;
  }
  eval::ReadPath& path = paths_.emplace_back();
  path.table = table;
  path.reason = reason;
}

std::unique_ptr<eval::TableScan> SqliteSource::cursor(const std::string& table,
                                                      const std::vector<std::string>& columns) const {
  // Qualified names: SQLite would read an unknown plain "name" as a text.
  std::string sql = "SELECT ";
  for (const std::string& column : columns) {
    if (&column != &columns.front()) sql += ", ";
    sql += "t." + quoted(column);
  }
  if (columns.empty()) sql += "NULL";
  // Not from an index that happens to hold these columns: the order of rows must be that of every other scan.
  sql += " FROM " + quoted(table) + " AS t NOT INDEXED";
  return std::make_unique<SqliteScan>(database_, sql, columns.size());
}

}  // namespace kpi::storage
