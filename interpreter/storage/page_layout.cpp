#include "interpreter/storage/page_layout.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace kpi::storage {

namespace {

using Reason = eval::ReadPath::Reason;

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// A type with the affinity that SQLite derives from the declared one.
const char* plain_type(const std::string& declared) {
  const std::string type = upper(declared);
  const auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
  if (has("INT")) return "INT";
  if (has("CHAR") || has("CLOB") || has("TEXT")) return "TEXT";
  if (has("BLOB") || type.empty()) return "BLOB";
  if (has("REAL") || has("FLOA") || has("DOUB")) return "REAL";
  return "NUMERIC";
}

/// SQLite itself says what a column added with this default holds in older rows: it is added to a table with one row.
void find_default(const std::string& type, const std::string& expression, PageColumn& column) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> memory(opened, sqlite3_close);
  if (status != SQLITE_OK) return;
  const std::string sql =
      "CREATE TABLE t(a); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b " + type + " DEFAULT " + expression;
  // A default that cannot be added later, such as CURRENT_TIMESTAMP, leaves NULL in short rows.
  if (sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return;
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(opened, "SELECT b FROM t", -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  if (sqlite3_step(prepared) != SQLITE_ROW) return;
  switch (sqlite3_column_type(prepared, 0)) {
    case SQLITE_INTEGER:
      column.default_class = eval::CellClass::integer;
      column.default_bits = sqlite3_column_int64(prepared, 0);
      break;
    case SQLITE_FLOAT: {
      const double real = sqlite3_column_double(prepared, 0);
      column.default_class = eval::CellClass::real;
      std::memcpy(&column.default_bits, &real, sizeof real);
      break;
    }
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const bool is_text = sqlite3_column_type(prepared, 0) == SQLITE_TEXT;
      column.default_class = is_text ? eval::CellClass::text : eval::CellClass::blob;
      const void* data = sqlite3_column_blob(prepared, 0);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
      if (size != 0) column.default_text.assign(static_cast<const char*>(data), size);
      break;
    }
    default:
      break;
  }
}

bool is_without_row_id(const Database& database, const std::string& table) {
  Statement facts(database, "SELECT wr FROM pragma_table_list(?) WHERE schema = 'main'");
  facts.bind(1, table);
  return !facts.step() || facts.integer(0) != 0;
}

/// A primary key of one column that needs no index of its own is the row id.
bool key_has_index(const Database& database, const std::string& table) {
  Statement indexes(database, "SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'");
  indexes.bind(1, table);
  return indexes.step();
}

}  // namespace

TableLayout table_layout(const Database& database, const std::string& table, const std::vector<std::string>& columns) {
  TableLayout layout;
  Statement found(database, "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE");
  found.bind(1, table);
  if (!found.step() || found.integer(0) < 2 || found.integer(0) > 0xFFFF'FFFE) {
    layout.refusal = Reason::view;
    return layout;
  }
  layout.root = static_cast<std::uint32_t>(found.integer(0));
  if (is_without_row_id(database, table)) {
    layout.refusal = Reason::without_rowid;
    return layout;
  }
  layout.columns.resize(columns.size());
  std::vector<bool> known(columns.size(), false);
  std::uint32_t place = 0;
  std::int64_t key_columns = 0;
  Statement facts(
      database,
      "SELECT name, type, dflt_value, pk, hidden, dflt_value IS NULL FROM pragma_table_xinfo(?) ORDER BY cid");
  facts.bind(1, table);
  for (; facts.step(); ++place) {
    if (facts.integer(4) != 0) {
      layout.refusal = Reason::generated_column;
      return layout;
    }
    if (facts.integer(3) > 0) ++key_columns;
    const auto wanted = std::find(columns.begin(), columns.end(), facts.text(0));
    if (wanted == columns.end()) continue;
    const auto index = static_cast<std::size_t>(wanted - columns.begin());
    PageColumn& column = layout.columns[index];
    known[index] = true;
    column.place = place;
    const std::string type = plain_type(facts.text(1));
    column.becomes_real = type == "REAL";
    column.is_row_id = facts.integer(3) > 0;
    if (facts.integer(5) == 0) find_default(type, facts.text(2), column);
  }
  const bool key_is_row_id = key_columns == 1 && !key_has_index(database, table);
  for (PageColumn& column : layout.columns) column.is_row_id = column.is_row_id && key_is_row_id;
  // A name that is no column, such as `rowid`, is SQLite's to understand.
  if (std::find(known.begin(), known.end(), false) != known.end()) layout.refusal = Reason::view;
  return layout;
}

}  // namespace kpi::storage
