#include "interpreter/storage/page_file.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace kpi::storage {

namespace {

constexpr std::size_t kHeaderBytes = 100;
constexpr std::int64_t kLockByte = 0x4000'0000;  // the page with this byte is never used

/// Only the file systems that SQLite has built in for this kind of machine read with pread, which threads may share.
bool is_plain_file_system(sqlite3* handle) {
  char* name = nullptr;
  const bool known = sqlite3_file_control(handle, "main", SQLITE_FCNTL_VFSNAME, &name) == SQLITE_OK && name != nullptr;
  const bool plain = known && (std::strcmp(name, "unix") == 0 || std::strcmp(name, "unix-excl") == 0);
  sqlite3_free(name);
  return plain;
}

/// A write-ahead log without content cannot hold newer pages than the file. It is looked at while the read transaction
/// is open: what others append now is not part of it, and they cannot move it into the file before the transaction
/// ends.
bool log_is_empty(sqlite3* handle) {
  const char* file = sqlite3_db_filename(handle, "main");
  const char* log = file != nullptr ? sqlite3_filename_wal(file) : nullptr;
  struct stat facts {};
  return log == nullptr || *log == '\0' || ::stat(log, &facts) != 0 || facts.st_size == 0;
}

}  // namespace

void unusual_page() { throw UnusualPage(); }

PageFile::PageFile(const Database& database, bool is_wanted)
    : refusal_(is_wanted ? look_at(database) : ReadPath::Reason::chosen) {}

std::optional<ReadPath::Reason> PageFile::look_at(const Database& database) {
  using Reason = ReadPath::Reason;
  sqlite3* const handle = database.handle();
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file_) != SQLITE_OK || file_ == nullptr ||
      file_->pMethods == nullptr || !is_plain_file_system(handle)) {
    return Reason::file_system;
  }
  if (!log_is_empty(handle)) return Reason::write_ahead_log;
  std::uint8_t header[kHeaderBytes];
  sqlite3_int64 bytes = 0;
  if (file_->pMethods->xRead(file_, header, kHeaderBytes, 0) != SQLITE_OK) return Reason::unknown_format;
  if (file_->pMethods->xFileSize(file_, &bytes) != SQLITE_OK) return Reason::file_system;
  if (std::memcmp(header, "SQLite format 3", 16) != 0) return Reason::unknown_format;  // encrypted, too
  page_size_ = big_endian16(header + 16);
  if (page_size_ == 1) page_size_ = 65'536;
  const std::uint32_t reserved = header[20];
  const bool known_versions = header[18] >= 1 && header[18] <= 2 && header[19] >= 1 && header[19] <= 2;
  const bool known_fractions = header[21] == 64 && header[22] == 32 && header[23] == 32;
  const bool known_schema = big_endian32(header + 44) >= 1 && big_endian32(header + 44) <= 4;
  if (page_size_ < 512 || (page_size_ & (page_size_ - 1)) != 0 || page_size_ - reserved < 480 || !known_versions ||
      !known_fractions || !known_schema) {
    return Reason::unknown_format;
  }
  if (big_endian32(header + 56) != 1) return Reason::not_utf8;
  usable_ = page_size_ - reserved;
  pages_ = static_cast<std::uint32_t>(bytes / page_size_);
  // The header's own count holds when the last writer knew of it.
  const std::uint32_t counted = big_endian32(header + 28);
  if (big_endian32(header + 24) == big_endian32(header + 92) && counted != 0 && counted < pages_) pages_ = counted;
  return std::nullopt;
}

void PageFile::check_range(std::uint32_t first, std::uint32_t count) const {
  const std::uint64_t end = std::uint64_t{first} + count;
  const std::uint64_t lock_page = kLockByte / page_size_ + 1;
  if (first == 0 || end - 1 > pages_ || (first <= lock_page && lock_page < end)) unusual_page();
}

void PageFile::read(std::uint32_t first, std::uint32_t count, std::uint8_t* into) const {
  check_range(first, count);
  const auto bytes = static_cast<int>(count * page_size_);
  const auto offset = static_cast<sqlite3_int64>(first - 1) * page_size_;
  if (file_->pMethods->xRead(file_, into, bytes, offset) != SQLITE_OK) unusual_page();
}

}  // namespace kpi::storage
