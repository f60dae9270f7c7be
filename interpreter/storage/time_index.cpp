#include "interpreter/storage/time_index.hpp"

#include <algorithm>
#include <array>

#include "interpreter/storage/sqlite_source.hpp"
#include "interpreter/value/time.hpp"

namespace kpi::storage {

namespace {

/// `rowid` under a name that no column takes.
std::optional<std::string> row_id_name(const Database& database, const std::string& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    Statement taken(database, "SELECT 1 FROM pragma_table_xinfo(?) WHERE name = ? COLLATE NOCASE");
    taken.bind(1, table);
    taken.bind(2, std::string_view(name));
    if (!taken.step()) return name;
  }
  return std::nullopt;
}

/// `FROM "orders" AS t INDEXED BY "orders_by_time"`: an error where SQLite would not use this index.
std::string from(const std::string& table, const std::string& index) {
  return " FROM " + quoted(table) + " AS t INDEXED BY " + quoted(index);
}

/// What the column holds besides numbers and texts that begin with a day, if anything. One step for each day: what
/// begins with a day lies together, and the first text behind it has to begin with another one.
std::optional<std::string> other_than_time(const Database& database, const std::string& time, const std::string& from) {
  const std::string select = "SELECT " + time + from + " WHERE ";
  if (Statement row(database, select + time + " IS NULL LIMIT 1"); row.step()) return "NULL";
  if (Statement row(database, select + time + " >= x'' LIMIT 1"); row.step()) return "BLOB";
  Statement next(database, select + time + " >= ? AND " + time + " < x'' ORDER BY " + time + " LIMIT 1");
  std::string least;
  for (;;) {
    next.bind(1, least);
    if (!next.step()) return std::nullopt;
    const std::string text = next.text(0);
    next.reset();
    const std::string day = text.substr(0, 10);
    if (!value::Date::parse(day)) return text.empty() ? "''" : text;
    least = day;
    ++least.back();  // behind all that begins with this day
  }
}

}  // namespace

std::optional<std::string> time_index(const Database& database, const std::string& table, const std::string& column) {
  Statement indexes(database, "SELECT name FROM pragma_index_list(?) WHERE NOT partial ORDER BY seq");
  indexes.bind(1, table);
  while (indexes.step()) {
    const std::string name = indexes.text(0);
    Statement parts(database, "SELECT name, coll FROM pragma_index_xinfo(?) WHERE seqno = 0");
    parts.bind(1, name);
    if (parts.step() && parts.text(0) == column && parts.text(1) == "BINARY") return name;
  }
  return std::nullopt;
}

eval::TimeRange ends_of_index(const Database& database, const std::string& table, const std::string& column,
                              const std::string& index) {
  const std::string time = "t." + quoted(column), select = "SELECT " + time + from(table, index) + " WHERE ";
  // Numbers come before all texts, and these before all blobs.
  const std::string texts = time + " >= '' AND " + time + " < x'' ORDER BY " + time,
                    numbers = time + " < '' ORDER BY " + time;
  eval::TimeRange ends;
  ends.from_second = 1;  // none
  if (const auto other = other_than_time(database, time, from(table, index))) {
    ends.from = ends.before = *other;
    return ends;
  }
  if (Statement first(database, select + texts + " LIMIT 1"); first.step()) ends.from = first.text(0);
  if (Statement last(database, select + texts + " DESC LIMIT 1"); last.step()) ends.before = last.text(0);
  if (Statement first(database, select + numbers + " LIMIT 1"); first.step()) ends.from_second = first.integer(0);
  if (Statement last(database, select + numbers + " DESC LIMIT 1"); last.step()) ends.before_second = last.integer(0);
  return ends;
}

std::vector<bool> pages_of_times(const Database& database, const std::string& table, const std::string& column,
                                 const std::string& index, const std::vector<eval::TimeRange>& ranges,
                                 const std::vector<std::int64_t>& last_rows, std::size_t most) {
  std::vector<bool> wanted(last_rows.size(), false);
  const auto row_id = row_id_name(database, table);
  if (!row_id) return {};
  const std::string time = "t." + quoted(column), select = "SELECT t." + *row_id + from(table, index) + " WHERE ";
  std::size_t count = 0, place = 0;
  for (const eval::TimeRange& range : ranges) {
    for (const auto& [low, high] :
         {std::pair("'" + range.from + "'", "'" + range.before + "'"),
          std::pair(std::to_string(range.from_second), std::to_string(range.before_second))}) {
      Statement rows(database, select + time + " >= " + low + " AND " + time + " < " + high);
      while (rows.step()) {
        const std::int64_t row = rows.integer(0);
        // Usually the page of the row before: rows are often added in the order of their times.
        if (row > last_rows[place] || (place > 0 && row <= last_rows[place - 1])) {
          place =
              static_cast<std::size_t>(std::lower_bound(last_rows.begin(), last_rows.end(), row) - last_rows.begin());
        }
        if (wanted[place]) continue;
        wanted[place] = true;
        if (++count > most) return {};
      }
    }
  }
  return wanted;
}

}  // namespace kpi::storage
