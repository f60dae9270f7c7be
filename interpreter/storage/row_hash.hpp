// Rows by the hash of their values, in few bytes each.
#pragma once

#include <cstdint>
#include <vector>

#include "interpreter/storage/cell_reader.hpp"

namespace kpi::storage {

/// 96 bits, so that two different rows of one table practically never meet.
struct RowHash {
  std::uint64_t high = 0x9E3779B97F4A7C15u;
  std::uint32_t low = 0x85EBCA6Bu;
  void add(const Stored& value);
  void add_bytes(const char* data, std::size_t size);
  void add_word(std::uint64_t word);
};

/// Open addressing with linear probing; entries are never removed.
class HashTable {
 public:
  struct Entry {
    std::uint64_t high = 0;
    std::uint32_t low = 0;
    std::uint32_t used = 0;
    std::uint32_t first = 0, second = 0;  // the owner's business
  };
  HashTable() : entries_(1024) {}
  /// A new entry has `used` 1 and zeros; an old one comes as it is, with `inserted` false.
  Entry& find_or_insert(const RowHash& hash, bool& inserted);
  Entry* find(const RowHash& hash);

 private:
  std::size_t slot(const RowHash& hash) const;
  void grow();
  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

}  // namespace kpi::storage
