#include "interpreter/storage/database.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kpi::storage {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

constexpr int kBusyMilliseconds = 1000;

/// Results that mean: an interrupted writer left a journal which only a writing connection may play back.
bool needs_recovery(int code) {
  return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_READONLY_CANTINIT ||
         code == SQLITE_CANTOPEN;
}

/// errno behind the last error. Undoing a failed write may have changed the connection's own record of it, the file's
/// stays.
int system_error_of(sqlite3* handle, int code) {
  if (!handle) return 0;
  int of_file = 0;
  const bool is_write = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_TRUNCATE;
  if (is_write && sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file) == SQLITE_OK && of_file != 0)
    return of_file;
  return sqlite3_system_errno(handle);
}

DiagnosticId diagnostic_of(int code, int system_error) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ids::database_locked;
    case SQLITE_READONLY:
      return ids::database_read_only;
    case SQLITE_CORRUPT:
      return ids::database_damaged;
    case SQLITE_NOTADB:
      return ids::database_not_sqlite;
    case SQLITE_FULL:
      return ids::disk_full;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ids::data_file_no_permission;
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_SHORT_READ) return ids::database_damaged;
      [[fallthrough]];
    case SQLITE_CANTOPEN:
      if (system_error == ENOSPC || system_error == EFBIG || system_error == EDQUOT) return ids::disk_full;
      if (system_error == EACCES || system_error == EPERM) return ids::data_file_no_permission;
      if (system_error == EROFS) return ids::database_read_only;
      return ids::database_error;
    default:
      return ids::database_error;
  }
}

}  // namespace

DataFailure failure(DiagnosticId id, std::vector<std::pair<std::string, std::string>> parameters) {
  return DataFailure(static_cast<int>(id), std::move(parameters));
}

void require_readable_file(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    const bool hidden = errno == EACCES;
    throw failure(hidden ? ids::data_file_no_permission : ids::data_file_missing, {{"file", path}});
  }
  if (S_ISDIR(facts.st_mode)) throw failure(ids::data_file_is_folder, {{"file", path}});
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    throw failure(ids::data_file_no_permission, {{"file", path}});
}

std::string quoted(std::string_view name) {
  std::string sql = "\"";
  for (const char c : name) {
    if (c == '"') sql += '"';
    sql += c;
  }
  return sql + '"';
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

void Database::open(const std::string& name, int flags) {
  // Nobody asks SQLite how much memory it uses, and counting that takes a lock for every allocation.
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* handle = nullptr;
  // Without its own mutexes: one connection is used by one thread at a time.
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
}

void Database::begin_reading() {
  // The file is not mapped into memory, so that what a run needs does not grow with the file.
  execute("PRAGMA mmap_size = 0; PRAGMA query_only = 1; BEGIN");
  Statement(*this, "SELECT count(*) FROM sqlite_schema").run();  // takes the read lock and looks at the file's header
}

Database Database::open_for_reading(const std::string& path) {
  require_readable_file(path);
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && facts.st_size == 0) {
    throw failure(ids::database_empty_file, {{"file", path}});
  }
  Database database(path);
  database.open(SQLITE_OPEN_READONLY);
  try {
    database.begin_reading();
  } catch (const DataFailure&) {
    if (!needs_recovery(sqlite3_extended_errcode(database.handle()))) throw;
    database.open(SQLITE_OPEN_READWRITE);
    database.begin_reading();
  }
  return database;
}

Database Database::open_for_writing(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) require_readable_file(path);
  Database database(path);
  database.open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (sqlite3_db_readonly(database.handle(), "main") == 1) {
    throw failure(ids::database_read_only, {{"file", path}});
  }
  return database;
}

Database Database::in_memory(const std::string& path) {
  Database database(path);
  database.open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY);
  return database;
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::fail() const {
  const int code = handle() ? sqlite3_extended_errcode(handle()) : SQLITE_NOMEM;
  const int system_error = system_error_of(handle(), code);
  std::string detail = handle() ? sqlite3_errmsg(handle()) : "out of memory";
  if (system_error != 0 && (code & 0xFF) == SQLITE_CANTOPEN) detail = std::strerror(system_error);
  throw failure(diagnostic_of(code, system_error), {{"file", path_}, {"detail", detail}});
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) database.fail();
}

bool Statement::step() {
  const int code = sqlite3_step(handle());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail();
  return false;
}

void Statement::reset() { sqlite3_reset(handle()); }

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(handle(), index, value); }
void Statement::bind(int index, double value) { sqlite3_bind_double(handle(), index, value); }
void Statement::bind_null(int index) { sqlite3_bind_null(handle(), index); }
void Statement::bind(int index, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = text.data() ? text.data() : "";
  sqlite3_bind_text(handle(), index, data, static_cast<int>(text.size()), SQLITE_STATIC);
}
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle(), column); }
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle(), column));
  return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(handle(), column))) : std::string();
}

}  // namespace kpi::storage
