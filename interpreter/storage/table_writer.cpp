#include "interpreter/storage/table_writer.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/storage/key_bytes.hpp"
#include "interpreter/storage/sqlite_source.hpp"

namespace kpi::storage {

using model::ColumnType;
using source::DiagnosticId;
namespace ids = source::ids;

namespace {

enum class Affinity : std::uint8_t { none, text, numeric, integer, real };

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

/// SQLite's rules for declared types (https://www.sqlite.org/datatype3.html, section 3.1).
Affinity affinity(const std::string& declared) {
  const std::string type = upper(declared);
  const auto has = [&](const char* word) { return type.find(word) != std::string::npos; };
  if (has("INT")) return Affinity::integer;
  if (has("CHAR") || has("CLOB") || has("TEXT")) return Affinity::text;
  if (type.empty() || has("BLOB")) return Affinity::none;
  if (has("REAL") || has("FLOA") || has("DOUB")) return Affinity::real;
  return Affinity::numeric;
}

std::string_view declared_type(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
    case ColumnType::boolean:
      return "INTEGER";
    case ColumnType::number:
      return "NUMERIC";
    default:
      return "TEXT";
  }
}

/// Would the column give back what is written into it?
bool keeps(Affinity column, ColumnType type) {
  if (column == Affinity::none) return true;
  switch (type) {
    case ColumnType::integer:
    case ColumnType::boolean:
      return column == Affinity::integer || column == Affinity::numeric;
    case ColumnType::number:
      return column != Affinity::text;
    case ColumnType::date:
    case ColumnType::datetime:
      return true;  // never looks like a number
    default:
      return column == Affinity::text;
  }
}

void bind(sqlite3_stmt* statement, int index, const Stored& value) {
  switch (value.kind) {
    case Stored::Kind::null:
      sqlite3_bind_null(statement, index);
      break;
    case Stored::Kind::integer:
      sqlite3_bind_int64(statement, index, value.integer);
      break;
    case Stored::Kind::real:
      sqlite3_bind_double(statement, index, value.real);
      break;
    case Stored::Kind::text:
      sqlite3_bind_text(statement, index, value.text.data(), static_cast<int>(value.text.size()), SQLITE_STATIC);
      break;
  }
}

void bind_all(const Statement& statement, std::span<const Stored> values) {
  for (std::size_t i = 0; i != values.size(); ++i) bind(statement.handle(), static_cast<int>(i) + 1, values[i]);
}

Stored stored_cell(sqlite3_stmt* statement, int column) {
  Stored value;
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      value.kind = Stored::Kind::integer;
      value.integer = sqlite3_column_int64(statement, column);
      break;
    case SQLITE_FLOAT:
      value.kind = Stored::Kind::real;
      value.real = sqlite3_column_double(statement, column);
      break;
    case SQLITE_NULL:
      break;
    default: {
      value.kind = Stored::Kind::text;
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      value.text = {text ? text : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
    }
  }
  return value;
}

}  // namespace

std::string table_sql(const std::string& table, const std::vector<TargetColumn>& columns) {
  std::string sql = "CREATE TABLE " + quoted(table) + " (";
  for (const TargetColumn& column : columns) {
    if (&column != &columns.front()) sql += ", ";
    sql += quoted(column.name) + " " + std::string(declared_type(column.type));
    if (column.key) sql += " NOT NULL";
  }
  return sql + ")";
}

std::string key_index_sql(const std::string& table, const std::vector<TargetColumn>& columns) {
  std::string key, name = table + "_by";
  for (const TargetColumn& column : columns) {
    if (!column.key) continue;
    name += "_" + column.name;
    key += (key.empty() ? "" : ", ") + quoted(column.name);
  }
  if (key.empty()) return {};
  return "CREATE UNIQUE INDEX IF NOT EXISTS " + quoted(name) + " ON " + quoted(table) + " (" + key + ")";
}

ImportTransaction::ImportTransaction(const std::string& path)
    : path_(path), is_new_(::access(path.c_str(), F_OK) != 0) {
  try {
    database_.emplace(Database::open_for_writing(path));
    database_->execute("PRAGMA cache_size = -65536; BEGIN IMMEDIATE");
  } catch (...) {
    undo();
    throw;
  }
}

ImportTransaction::~ImportTransaction() {
  if (!ended_) undo();
}

void ImportTransaction::commit() {
  database_->execute("COMMIT");
  ended_ = true;
}

Database ImportTransaction::give_up() {
  database_->execute("ROLLBACK");
  ended_ = true;
  return std::move(*database_);
}

void ImportTransaction::undo() {
  database_.reset();  // closing undoes what was not committed
  if (is_new_) ::unlink(path_.c_str());
}

TableWriter::TableWriter(std::unique_ptr<ImportTransaction> transaction, std::string table,
                         std::vector<TargetColumn> columns)
    : transaction_(std::move(transaction)),
      database_(transaction_->database()),
      table_(std::move(table)),
      columns_(std::move(columns)),
      has_key_bytes_(have_key_bytes(columns_)) {
  for (std::size_t i = 0; i != columns_.size(); ++i) (columns_[i].key ? key_ : content_).push_back(i);
  if (const auto schema = read_schema(database_, table_)) {
    adopt_table(*schema);
  } else {
    fresh_ = true;
    database_.execute(table_sql(table_, columns_));
  }
  prepare();
  if (!fresh_ && key_.empty()) count_existing_rows();
}

void TableWriter::adopt_table(const eval::TableSchema& schema) {
  table_ = schema.name;
  Statement kind(database_, "SELECT type FROM sqlite_schema WHERE name = ?");
  kind.bind(1, table_);
  if (kind.step() && kind.text(0) == "view") throw failure(ids::import_into_view, {{"table", table_}});

  for (TargetColumn& column : columns_) {
    const auto existing = std::find_if(schema.columns.begin(), schema.columns.end(),
                                       [&](const auto& c) { return upper(c.name) == upper(column.name); });
    if (existing == schema.columns.end()) {
      database_.execute("ALTER TABLE " + quoted(table_) + " ADD COLUMN " + quoted(column.name) + " " +
                        std::string(declared_type(column.type)));
      continue;
    }
    column.name = existing->name;
    if (!keeps(affinity(existing->declared_type), column.type)) {
      throw failure(ids::import_column_type_differs, {{"table", table_},
                                                      {"column", column.name},
                                                      {"actual", existing->declared_type},
                                                      {"wanted", std::string(declared_type(column.type))}});
    }
  }
  if (key_.empty()) return;
  std::vector<std::string> wanted;
  for (const std::size_t i : key_) wanted.push_back(upper(columns_[i].name));
  std::sort(wanted.begin(), wanted.end());
  const bool has_index =
      std::any_of(schema.unique_keys.begin(), schema.unique_keys.end(), [&](std::vector<std::string> key) {
        std::transform(key.begin(), key.end(), key.begin(), upper);
        std::sort(key.begin(), key.end());
        return key == wanted;
      });
  if (!has_index) create_key_index();
}

void TableWriter::create_key_index() {
  const std::string sql = key_index_sql(table_, columns_);
  if (sqlite3_exec(database_.handle(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  if ((sqlite3_errcode(database_.handle()) & 0xFF) != SQLITE_CONSTRAINT) database_.fail();
  std::string shown;
  for (const std::size_t i : key_) shown += (shown.empty() ? "`" : ", `") + columns_[i].name + "`";
  throw failure(ids::import_key_not_unique, {{"table", table_}, {"key", shown}});
}

/// `rowid` under a name that no column takes.
std::string TableWriter::unused_row_id_name() const {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (std::none_of(columns_.begin(), columns_.end(), [&](const auto& c) { return upper(c.name) == upper(name); }))
      return name;
  }
  return "rowid";
}

std::string TableWriter::key_condition() const {
  std::string sql;
  for (const std::size_t i : key_)
    sql += (sql.empty() ? "" : " AND ") + quoted(columns_[i].name) + " = ?" + std::to_string(i + 1);
  return sql;
}

std::string TableWriter::content_condition(bool equal) const {
  std::string sql;
  for (const std::size_t i : content_) {
    if (!sql.empty()) sql += equal ? " AND " : " OR ";
    sql += quoted(columns_[i].name) + (equal ? " IS ?" : " IS NOT ?") + std::to_string(i + 1);
  }
  return sql.empty() ? (equal ? "1" : "0") : "(" + sql + ")";
}

void TableWriter::prepare() {
  std::string names, places, keys, assignments;
  for (std::size_t i = 0; i != columns_.size(); ++i) {
    names += (i ? ", " : "") + quoted(columns_[i].name);
    places += (i ? ", ?" : "?") + std::to_string(i + 1);
  }
  for (const std::size_t i : key_) keys += (keys.empty() ? "" : ", ") + quoted(columns_[i].name);
  for (const std::size_t i : content_) {
    assignments += (assignments.empty() ? "" : ", ") + quoted(columns_[i].name) + " = ?" + std::to_string(i + 1);
  }
  std::string insert = "INSERT INTO " + quoted(table_) + " (" + names + ") VALUES (" + places + ")";
  if (!fresh_ && !key_.empty()) insert += " ON CONFLICT (" + keys + ") DO NOTHING";
  insert_.emplace(database_, insert);
  if (key_.empty()) return;
  if (!fresh_ && !content_.empty()) {
    update_.emplace(database_, "UPDATE " + quoted(table_) + " SET " + assignments + " WHERE " + key_condition() +
                                   " AND " + content_condition(false));
  }
  const std::string earlier =
      fresh_ ? unused_row_id_name() + " = ?" + std::to_string(columns_.size() + 1) : key_condition();
  equal_.emplace(database_,
                 "SELECT 1 FROM " + quoted(table_) + " WHERE " + earlier + " AND " + content_condition(true));
}

void TableWriter::count_existing_rows() {
  std::string names;
  for (const TargetColumn& column : columns_) names += (names.empty() ? "t." : ", t.") + quoted(column.name);
  Statement rows(database_, "SELECT " + names + " FROM " + quoted(table_) + " AS t");
  while (rows.step()) {
    RowHash hash;
    for (std::size_t i = 0; i != columns_.size(); ++i) hash.add(stored_cell(rows.handle(), static_cast<int>(i)));
    bool inserted = false;
    ++seen_.find_or_insert(hash, inserted).first;
  }
}

RowTarget::Result TableWriter::write(std::span<const Stored> values, std::uint64_t line) {
  if (!key_.empty()) return write_keyed(values, line);
  return fresh_ ? insert(values) : write_by_content(values);
}

RowTarget::Result TableWriter::insert(std::span<const Stored> values) {
  bind_all(*insert_, values);
  const int code = sqlite3_step(insert_->handle());
  if (code == SQLITE_DONE) {
    sqlite3_reset(insert_->handle());
    const bool written = sqlite3_changes(database_.handle()) == 1;
    if (written) ++rows_inserted_;
    return {written ? Outcome::inserted : Outcome::unchanged, 0, {}};
  }
  if ((code & 0xFF) != SQLITE_CONSTRAINT) database_.fail();
  std::string detail = sqlite3_errmsg(database_.handle());
  sqlite3_reset(insert_->handle());
  return {Outcome::refused, 0, std::move(detail)};
}

RowTarget::Result TableWriter::write_by_content(std::span<const Stored> values) {
  RowHash hash;
  for (const Stored& value : values) hash.add(value);
  HashTable::Entry* known = seen_.find(hash);
  if (!known || known->first == 0) return insert(values);
  --known->first;
  return {Outcome::unchanged, 0, {}};
}

RowTarget::Result TableWriter::write_keyed(std::span<const Stored> values, std::uint64_t line) {
  if (!fresh_ && has_key_bytes_) {
    store_key(values, columns_, key_, key_bytes_);
    const KeySet::Added added = keys_.add(key_bytes_, line);
    return added.is_new ? insert_or_update(values) : compare_with_earlier(values, keys_.line(added.number), 0);
  }
  RowHash hash;
  for (const std::size_t i : key_) hash.add(values[i]);
  bool is_new = false;
  HashTable::Entry& entry = seen_.find_or_insert(hash, is_new);
  if (!is_new) return compare_with_earlier(values, entry.first, entry.second);
  Result result = insert_or_update(values);
  entry.first = static_cast<std::uint32_t>(line);
  entry.second = result.outcome == Outcome::refused ? 0 : rows_inserted_;
  return result;
}

RowTarget::Result TableWriter::insert_or_update(std::span<const Stored> values) {
  Result result = insert(values);
  if (result.outcome == Outcome::unchanged && update_) {
    bind_all(*update_, values);
    const int code = sqlite3_step(update_->handle());
    if (code != SQLITE_DONE && (code & 0xFF) != SQLITE_CONSTRAINT) database_.fail();
    if (code != SQLITE_DONE) {
      result = {Outcome::refused, 0, sqlite3_errmsg(database_.handle())};
    } else if (sqlite3_changes(database_.handle()) != 0) {
      result.outcome = Outcome::updated;
    }
    sqlite3_reset(update_->handle());
  }
  return result;
}

/// `row`: of a fresh table.
RowTarget::Result TableWriter::compare_with_earlier(std::span<const Stored> values, std::uint64_t line,
                                                    std::uint32_t row) {
  bind_all(*equal_, values);
  if (fresh_) equal_->bind(static_cast<int>(columns_.size()) + 1, static_cast<std::int64_t>(row));
  const bool equal = equal_->step();
  equal_->reset();
  return {equal ? Outcome::repeated : Outcome::conflict, line, {}};
}

bool TableWriter::holds_key(std::span<const Stored> values) {
  if (fresh_ || key_.empty()) return false;
  if (!present_) present_.emplace(database_, "SELECT 1 FROM " + quoted(table_) + " WHERE " + key_condition());
  for (const std::size_t i : key_) bind(present_->handle(), static_cast<int>(i) + 1, values[i]);
  const bool found = present_->step();
  present_->reset();
  return found;
}

void TableWriter::finish() {
  if (fresh_ && !key_.empty()) create_key_index();
}

}  // namespace kpi::storage
