#include "interpreter/storage/row_hash.hpp"

#include <cmath>
#include <cstring>

namespace kpi::storage {

namespace {
__extension__ typedef unsigned __int128 Wide;
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
}  // namespace

void RowHash::add_word(std::uint64_t word) {
  high = mix(high ^ word, 0xA0761D6478BD642Fu);
  low = static_cast<std::uint32_t>(mix((static_cast<std::uint64_t>(low) << 32 | low) ^ word, 0xE7037ED1A0B428DBu));
}

void RowHash::add_bytes(const char* data, std::size_t size) {
  std::uint64_t word = 0;
  for (; size >= 8; data += 8, size -= 8) {
    std::memcpy(&word, data, 8);
    add_word(word);
  }
  word = 0;
  if (size != 0) std::memcpy(&word, data, size);
  add_word(word);
}

void RowHash::add(const Stored& value) {
  // A whole number in a REAL column comes back as a real.
  const bool whole =
      value.kind == Stored::Kind::real && std::fabs(value.real) < 9e15 && value.real == std::floor(value.real);
  const auto kind = whole ? Stored::Kind::integer : value.kind;
  add_word(static_cast<std::uint64_t>(kind) << 32 | (kind == Stored::Kind::text ? value.text.size() : 0));
  if (kind == Stored::Kind::text) {
    add_bytes(value.text.data(), value.text.size());
  } else if (kind == Stored::Kind::integer) {
    add_word(static_cast<std::uint64_t>(whole ? static_cast<std::int64_t>(value.real) : value.integer));
  } else if (kind == Stored::Kind::real) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value.real, 8);
    add_word(bits);
  }
}

std::size_t HashTable::slot(const RowHash& hash) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t at = hash.high & mask;
  while (entries_[at].used && (entries_[at].high != hash.high || entries_[at].low != hash.low)) at = (at + 1) & mask;
  return at;
}

HashTable::Entry* HashTable::find(const RowHash& hash) {
  Entry& entry = entries_[slot(hash)];
  return entry.used ? &entry : nullptr;
}

HashTable::Entry& HashTable::find_or_insert(const RowHash& hash, bool& inserted) {
  if (10 * (count_ + 1) > 7 * entries_.size()) grow();
  Entry& entry = entries_[slot(hash)];
  inserted = !entry.used;
  if (inserted) {
    entry = Entry{hash.high, hash.low, 1, 0, 0};
    ++count_;
  }
  return entry;
}

void HashTable::grow() {
  std::vector<Entry> old(2 * entries_.size());
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.used) entries_[slot(RowHash{entry.high, entry.low})] = entry;
  }
}

}  // namespace kpi::storage
