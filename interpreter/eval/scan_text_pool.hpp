// Texts as 64-bit codes: one pool per run, so that equality, joins and `in` compare integers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsl/robin_map.h>

namespace kpi::eval::scanning {

/// An even code 2·v is the canonical decimal text of the integer v (no `+`, no leading zeros, -2^62 <= v < 2^62); an odd
/// code 2·i + 1 is the i-th other text. So an integer cell in a text column equals its decimal text without being stored.
using Code = std::int64_t;

/// The integer whose canonical decimal text this is, when it has a code of its own.
std::optional<std::int64_t> canonical_integer(std::string_view text);

std::uint64_t hash_bytes(std::string_view bytes);
inline std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0x9E3779B97F4A7C15ULL;
  x ^= x >> 29;
  x *= 0xBF58476D1CE4E5B9ULL;
  return x ^ (x >> 32);
}

/// Several threads may use one pool. Codes then depend on who came first, so nothing that is shown may depend on their
/// order.
class TextPool {
 public:
  Code code(std::string_view text);
  Code integer(std::int64_t value) {
    return value >= kLowest && value < kEnd ? value * 2 : other_integer(value);
  }
  std::string text(Code code) const;
  /// -1, 0, 1 by code point (which is the order of UTF-8 bytes).
  int compare(Code a, Code b) const;

 private:
  static constexpr std::int64_t kLowest = -(std::int64_t{1} << 62);
  static constexpr std::int64_t kEnd = std::int64_t{1} << 62;
  static constexpr unsigned kShardBits = 5;

  struct Hash {
    std::size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };
  /// Texts with the same lowest bits in their hash; the number of the shard is part of the code.
  struct Shard {
    mutable std::mutex mutex;
    std::deque<std::unique_ptr<char[]>> chunks;   // texts never move
    std::size_t chunk_left = 0;
    char* next = nullptr;
    std::vector<std::string_view> texts;
    tsl::robin_map<std::string_view, std::uint32_t, Hash, std::equal_to<>,
                   std::allocator<std::pair<std::string_view, std::uint32_t>>, true>
        index;
    std::string_view store(std::string_view text);
  };

  Code intern(std::string_view text);
  Code other_integer(std::int64_t value);
  std::string_view view(Code code, char (&buffer)[24]) const;
  std::array<Shard, 1U << kShardBits> shards_;
};

}  // namespace kpi::eval::scanning
