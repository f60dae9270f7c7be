// Where rows come from. A DataSource hands out raw cells in batches; what they mean is decided by decode.hpp, so that
// every source (SQLite cursor, page scanner, the tables of a test) gives the same numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::eval {

enum class CellClass : std::uint8_t { null, integer, real, text, blob };

/// One column of a batch. `bits[i]` is the integer, the IEEE 754 bits of a REAL, or the offset of a text from the
/// batch's base with its length in `lengths[i]`.
struct RawColumn {
  std::vector<CellClass> classes;
  std::vector<std::int64_t> bits;
  std::vector<std::uint32_t> lengths;
  std::uint8_t kinds = 0;  // the classes that occur, as bits; 0: not known
  void note_kinds(std::size_t rows) {
    kinds = 0;
    for (std::size_t row = 0; row < rows; ++row) kinds |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(classes[row]));
  }
  /// Is every cell known to be of this class?
  bool only(CellClass wanted) const { return kinds == 1U << static_cast<unsigned>(wanted); }
};

struct Batch {
  std::size_t rows = 0;
  std::uint64_t first_row = 0;     // 0-based position of the batch's first row in the scan
  std::vector<RawColumn> columns;  // parallel to the requested columns
  std::vector<char> bytes;
  /// Where texts lie: in memory of the scan until its next batch, or null: in `bytes`. From the start of every text at
  /// least sixteen bytes can be read.
  const char* base = nullptr;
  std::string_view text(std::size_t column, std::size_t row) const {
    return {(base != nullptr ? base : bytes.data()) + columns[column].bits[row], columns[column].lengths[row]};
  }
};

class TableScan {
 public:
  virtual ~TableScan() = default;
  /// Fills the batch (reusing its storage) with at most `limit` rows; false when there are none left.
  virtual bool next(Batch& batch, std::size_t limit) = 0;
};

struct TableSchema {
  struct Column {
    std::string name;
    std::string declared_type;
  };
  std::string name;  // as stored
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> unique_keys;  // column sets that the store itself keeps unique and not null
};

/// How a table was read, for people who want to know why something is slow.
struct ReadPath {
  enum class Reason : std::uint8_t {
    none,    // page by page
    chosen,  // the user asked for SQLite's cursor
    view,    // a view or virtual table: only SQLite knows its rows
    without_rowid,
    generated_column,
    not_utf8,
    write_ahead_log,  // another program's changes are not in the file yet
    file_system,      // an extension of SQLite reads the file
    unknown_format,   // encrypted, or of a newer kind
    unusual_page,     // damage, or something rare: SQLite's cursor decides what it means
  };
  std::string table;
  Reason reason = Reason::none;
  /// Where only the rows of some times were wanted: whether an index led to their pages, and why not.
  enum class Index : std::uint8_t {
    not_asked,
    used,
    all_needed,     // results need all rows, whenever they happened
    none,           // no index begins with the column of times
    too_many_rows,  // reading the whole table costs no more
    other_times,    // the first or the last time was not among the rows that the index led to
  };
  Index index = Index::not_asked;
  std::string index_name, column;           // of times
  std::uint64_t pages = 0, all_pages = 0;   // leaves that were read, of how many
};

/// Times in the two forms in which stores hold them: texts that begin with a day, `2026-07-03`, and whole seconds since
/// 1970. From the first on, up to but not with the last.
struct TimeRange {
  std::string from, before;
  std::int64_t from_second = 0, before_second = 0;
};

/// Thrown by scans of parts when their table has to be read as a whole instead.
class PartsFailed : public std::runtime_error {
 public:
  PartsFailed() : std::runtime_error("parts failed") {}
};

/// A table whose rows several threads may read, each a part of them that nobody else gets.
class PartedTable {
 public:
  virtual ~PartedTable() = default;
  /// One for each thread; made and used by it alone. Which rows it gets depends on the others. `first_row` of its
  /// batches means nothing. Throws PartsFailed for whatever is unusual; then the table is to be read by
  /// DataSource::scan.
  virtual std::unique_ptr<TableScan> scan() = 0;
};

class DataSource {
 public:
  virtual ~DataSource() = default;
  /// Tables and views, found ignoring case.
  virtual std::optional<TableSchema> schema(std::string_view table) = 0;
  virtual std::vector<std::string> tables() = 0;
  /// Rows in the store's own order. Columns are given by their stored names.
  virtual std::unique_ptr<TableScan> scan(const std::string& table, const std::vector<std::string>& columns) = 0;
  /// The same rows for several threads; null where only one can read, or where there are too few rows to share.
  virtual std::unique_ptr<PartedTable> parts(const std::string& /*table*/,
                                             const std::vector<std::string>& /*columns*/) {
    return nullptr;
  }
  /// The first and the last time in the column that an index leads to, each in both forms (`before` and `before_second`
  /// mean nothing but "the last" here; empty texts, and seconds in the wrong order: there are none); nothing where no
  /// index begins with it.
  virtual std::optional<TimeRange> times(const std::string& /*table*/, const std::string& /*column*/) {
    return std::nullopt;
  }
  /// Some of the rows, with all those among them whose time lies in one of the ranges, found through an index on the
  /// column of times; null where there is none, or where they are so many that reading all rows costs no more.
  virtual std::unique_ptr<PartedTable> parts_of_times(const std::string& /*table*/,
                                                      const std::vector<std::string>& /*columns*/,
                                                      const std::string& /*time_column*/,
                                                      const std::vector<TimeRange>& /*ranges*/) {
    return nullptr;
  }
  /// For people who want to know: why all rows of a table were read although not all times were wanted.
  virtual void note_all_read(const std::string& /*table*/, const std::string& /*column*/, ReadPath::Index /*why*/) {}
  /// How tables were read so far.
  virtual std::vector<ReadPath> read_paths() const { return {}; }
  /// What messages call it: the file's name as the user typed it, or "test data".
  virtual std::string name() const = 0;
  /// In a test, a table that is not given exists, is empty and covered.
  virtual bool missing_tables_are_empty() const { return false; }
};

/// A store that cannot be read: missing, locked, damaged, not a database, disk full. Carries a diagnostic id and its
/// parameters; caught in main, exit status 2.
class DataFailure : public std::runtime_error {
 public:
  DataFailure(int diagnostic_id, std::vector<std::pair<std::string, std::string>> params)
      : std::runtime_error("data failure"), diagnostic(diagnostic_id), parameters(std::move(params)) {}
  int diagnostic;
  std::vector<std::pair<std::string, std::string>> parameters;
};

}  // namespace kpi::eval
