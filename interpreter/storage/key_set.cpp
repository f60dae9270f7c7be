#include "interpreter/storage/key_set.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "interpreter/storage/row_hash.hpp"

namespace kpi::storage {

namespace {

constexpr std::uint64_t kHigh = 0xFFFFFFFF00000000u;

std::uint64_t hash_of(std::string_view key) {
  RowHash hash;
  hash.add_bytes(key.data(), key.size());
  return hash.high;
}

/// The first eight bytes as a number: orders most keys by itself.
std::uint64_t prefix(std::string_view key) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, key.data(), std::min<std::size_t>(8, key.size()));
  return __builtin_bswap64(bytes);
}

}  // namespace

bool KeySet::goes_on(std::string_view key) {
  if (lines_.empty()) return true;
  const std::string_view last = this->key(static_cast<std::uint32_t>(lines_.size() - 1));
  if (key == last) return false;
  const Order here = last < key ? Order::ascending : Order::descending;
  if (order_ == Order::unknown) order_ = here;
  return order_ == here;
}

std::uint64_t* KeySet::slot(std::string_view key) {
  const std::uint64_t hash = hash_of(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const std::uint64_t entry = slots_[at];
    if (entry == 0) return &slots_[at];
    if ((entry & kHigh) == (hash & kHigh) && this->key(static_cast<std::uint32_t>(entry) - 1) == key)
      return &slots_[at];
  }
}

/// Makes room for twice the keys there are.
void KeySet::index_all() {
  std::size_t wanted = 1024;
  while (wanted < 3 * (lines_.size() + 1)) wanted *= 2;
  slots_.assign(wanted, 0);
  for (std::uint32_t number = 0; number != lines_.size(); ++number) {
    const std::string_view key = this->key(number);
    *slot(key) = (hash_of(key) & kHigh) | (number + 1);
  }
}

void KeySet::append(std::string_view key, std::uint64_t line) {
  bytes_.insert(bytes_.end(), key.begin(), key.end());
  begins_.push_back(bytes_.size());
  lines_.push_back(static_cast<std::uint32_t>(line));
}

KeySet::Added KeySet::add(std::string_view key, std::uint64_t line) {
  const auto number = static_cast<std::uint32_t>(lines_.size());
  if (order_ != Order::none) {
    if (goes_on(key)) {
      append(key, line);
      return {number, true};
    }
    order_ = Order::none;
    index_all();
  } else if (3 * (lines_.size() + 1) > 2 * slots_.size()) {
    index_all();
  }
  std::uint64_t* const entry = slot(key);
  if (*entry != 0) return {static_cast<std::uint32_t>(*entry) - 1, false};
  *entry = (hash_of(key) & kHigh) | (number + 1);
  append(key, line);
  return {number, true};
}

std::vector<std::uint32_t> KeySet::sorted() {
  slots_ = {};
  std::vector<std::uint32_t> numbers(lines_.size());
  if (order_ != Order::none) {
    for (std::size_t i = 0; i != numbers.size(); ++i) {
      numbers[i] = static_cast<std::uint32_t>(order_ == Order::descending ? numbers.size() - 1 - i : i);
    }
    return numbers;
  }
  std::vector<std::pair<std::uint64_t, std::uint32_t>> entries(numbers.size());
  for (std::uint32_t i = 0; i != entries.size(); ++i) entries[i] = {prefix(key(i)), i};
  std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : key(a.second) < key(b.second);
  });
  for (std::size_t i = 0; i != entries.size(); ++i) numbers[i] = entries[i].second;
  return numbers;
}

}  // namespace kpi::storage
