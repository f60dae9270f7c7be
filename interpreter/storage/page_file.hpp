// The pages of an open database, read through SQLite's own file handle while its read transaction holds the lock. The
// file is never opened a second time: closing any descriptor of it would drop the locks that SQLite holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/database.hpp"

struct sqlite3;
struct sqlite3_file;

namespace kpi::storage {

using eval::ReadPath;

/// Something that the page reader does not expect, usually damage. SQLite's own cursor then decides what it means.
class UnusualPage : public std::runtime_error {
 public:
  UnusualPage() : std::runtime_error("unusual page") {}
};

[[noreturn]] void unusual_page();

inline std::uint32_t big_endian16(const std::uint8_t* at) { return std::uint32_t{at[0]} << 8 | at[1]; }
inline std::uint32_t big_endian32(const std::uint8_t* at) { return big_endian16(at) << 16 | big_endian16(at + 2); }

/// Reads a varint of at most `end - at` bytes and moves `at` behind it.
inline std::uint64_t read_varint(const std::uint8_t*& at, const std::uint8_t* end) {
  std::uint64_t result = 0;
  for (int length = 0; length < 9; ++length) {
    if (at >= end) unusual_page();
    const std::uint8_t byte = *at++;
    if (length == 8) return result << 8 | byte;
    result = result << 7 | (byte & 0x7F);
    if (byte < 0x80) return result;
  }
  return result;
}

class PageFile {
 public:
  /// Looks at the open file, unless pages are not wanted. The connection must hold its read transaction.
  PageFile(const Database& database, bool is_wanted);
  PageFile(const PageFile&) = delete;
  PageFile& operator=(const PageFile&) = delete;
  /// Why pages cannot be read, or nothing.
  std::optional<ReadPath::Reason> refusal() const { return refusal_; }
  std::uint32_t page_size() const { return page_size_; }
  /// Bytes of a page that hold content: the rest is reserved for extensions of SQLite.
  std::uint32_t usable() const { return usable_; }
  /// Pages are numbered from 1 to this.
  std::uint32_t pages() const { return pages_; }
  /// Reads `count` neighbouring pages. Several threads may read at once. Throws UnusualPage when that fails.
  void read(std::uint32_t first, std::uint32_t count, std::uint8_t* into) const;

 private:
  void check_range(std::uint32_t first, std::uint32_t count) const;
  std::optional<ReadPath::Reason> look_at(const Database& database);

  sqlite3_file* file_ = nullptr;
  std::uint32_t page_size_ = 0, usable_ = 0, pages_ = 0;
  std::optional<ReadPath::Reason> refusal_;
};

}  // namespace kpi::storage
