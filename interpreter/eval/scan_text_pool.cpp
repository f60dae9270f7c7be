#include "interpreter/eval/scan_text_pool.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace kpi::eval::scanning {

namespace {

constexpr std::int64_t kEnd = std::int64_t{1} << 62;
constexpr std::size_t kChunkBytes = 1 << 14;

}  // namespace

std::optional<std::int64_t> canonical_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const bool negative = text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > 19 || digits[0] < '0' || digits[0] > '9') return std::nullopt;
  if (digits[0] == '0' && (digits.size() > 1 || negative)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');  // 19 digits stay below 2^64
  }
  const auto limit = static_cast<std::uint64_t>(kEnd);
  if (negative ? value > limit : value >= limit) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

std::uint64_t hash_bytes(std::string_view bytes) {
  std::uint64_t hash = 0x243F6A8885A308D3ULL ^ (bytes.size() * 0x9E3779B97F4A7C15ULL);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = mix(hash ^ word);
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    hash = mix(hash ^ word);
  }
  return hash;
}

Code TextPool::code(std::string_view text) {
  if (const auto integer_value = canonical_integer(text)) return *integer_value * 2;
  return intern(text);
}

Code TextPool::other_integer(std::int64_t value) { return intern(std::to_string(value)); }

Code TextPool::intern(std::string_view text) {
  const std::size_t hash = hash_bytes(text);
  const std::size_t number = hash & (shards_.size() - 1);
  Shard& shard = shards_[number];
  const auto code_of = [&](std::uint32_t index) {
    return static_cast<Code>((std::uint64_t{index} << kShardBits | number) * 2 + 1);
  };
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.index.find(text, hash); found != shard.index.end()) return code_of(found->second);
  const auto index = static_cast<std::uint32_t>(shard.texts.size());
  shard.texts.push_back(shard.store(text));
  shard.index.emplace(shard.texts.back(), index);
  return code_of(index);
}

std::string_view TextPool::Shard::store(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > chunk_left) {
    const std::size_t size = std::max(kChunkBytes, text.size());
    chunks.push_back(std::make_unique<char[]>(size));
    next = chunks.back().get();
    chunk_left = size;
  }
  std::memcpy(next, text.data(), text.size());
  const std::string_view stored(next, text.size());
  next += text.size();
  chunk_left -= text.size();
  return stored;
}

std::string_view TextPool::view(Code code, char (&buffer)[24]) const {
  if (code & 1) {
    const auto number = static_cast<std::uint64_t>(code) >> 1;
    const Shard& shard = shards_[number & (shards_.size() - 1)];
    const std::lock_guard lock(shard.mutex);
    return shard.texts[number >> kShardBits];
  }
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, code / 2).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

std::string TextPool::text(Code code) const {
  char buffer[24];
  return std::string(view(code, buffer));
}

int TextPool::compare(Code a, Code b) const {
  if (a == b) return 0;
  char first[24], second[24];
  const int order = view(a, first).compare(view(b, second));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace kpi::eval::scanning
