#include "grammar/source/similar_name.hpp"

#include <algorithm>

#include "grammar/source/source.hpp"

namespace kpi::source {
namespace {

constexpr std::size_t kShortestPart = 3;   // of a name that may be a part of a candidate
constexpr std::size_t kShortestWhole = 4;  // of a candidate that may be a part of the name

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
  return kept ? c : '\0';
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    if (const char kept = folded(c)) {
      words.back() += kept;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Whether two words are the same, begin alike or are a slip apart.
bool alike(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const std::size_t shorter = std::min(a.size(), b.size());
  if (shorter < kShortestWhole) return false;
  return a.compare(0, shorter, b, 0, shorter) == 0 || nearest_name(a, {b});
}

std::optional<std::string> by_part(const std::string& name, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  for (const std::string& candidate : candidates) {
    if (name.size() < kShortestPart || folded_name(candidate).find(name) == std::string::npos) continue;
    if (!best || candidate.size() < best->size()) best = candidate;
  }
  if (best) return best;
  for (const std::string& candidate : candidates) {
    const std::string part = folded_name(candidate);
    if (part.size() < kShortestWhole || name.find(part) == std::string::npos) continue;
    if (!best || candidate.size() > best->size()) best = candidate;
  }
  return best;
}

std::optional<std::string> by_words(std::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string> wanted = words_of(name);
  if (wanted.size() < 2) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_hits = 0;
  for (const std::string& candidate : candidates) {
    const std::vector<std::string> words = words_of(candidate);
    const auto hits = static_cast<std::size_t>(std::count_if(wanted.begin(), wanted.end(), [&](const auto& one) {
      return std::any_of(words.begin(), words.end(), [&](const auto& other) { return alike(one, other); });
    }));
    if (hits * 2 < wanted.size() || hits < best_hits) continue;
    if (best && hits == best_hits && candidate.size() >= best->size()) continue;
    best = candidate;
    best_hits = hits;
  }
  return best;
}

}  // namespace

std::string folded_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (const char kept = folded(c)) result += kept;
  }
  return result;
}

std::optional<std::string> similar_name(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestName = 200;
  if (name.size() > kLongestName) return std::nullopt;
  if (auto near = nearest_name(name, candidates)) return near;
  if (auto part = by_part(folded_name(name), candidates)) return part;
  return by_words(name, candidates);
}

}  // namespace kpi::source
