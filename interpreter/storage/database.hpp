// RAII over the SQLite C interface. Every error becomes a DataFailure with a diagnostic of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/data_source.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace kpi::storage {

using eval::DataFailure;

DataFailure failure(source::DiagnosticId id, std::vector<std::pair<std::string, std::string>> parameters);

/// Throws when the file is missing, a folder, or not readable.
void require_readable_file(const std::string& path);

/// `name` as an SQL identifier.
std::string quoted(std::string_view name);

class Database {
 public:
  /// For reading only, inside one read transaction: what other programs write meanwhile is not seen. A database that an
  /// interrupted writer left behind is recovered first, where permissions allow.
  static Database open_for_reading(const std::string& path);
  /// For writing, created if missing. No transaction is open yet.
  static Database open_for_writing(const std::string& path);

  /// Empty and without a file; messages call it `path`.
  static Database in_memory(const std::string& path);

  /// Runs statements that give no rows.
  void execute(const std::string& sql);
  [[noreturn]] void fail() const;
  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(std::string path) : path_(std::move(path)) {}
  void open(int flags) { open(path_, flags); }
  void open(const std::string& name, int flags);
  void begin_reading();

  std::string path_;  // as the user typed it
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Texts and blobs handed out are valid until the next step or reset.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);
  /// True when there is a row. Throws on errors.
  bool step();
  void reset();
  /// Steps to the end and resets.
  void run();
  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind_null(int index);
  /// The text must stay alive until the statement is reset.
  void bind(int index, std::string_view text);
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace kpi::storage
