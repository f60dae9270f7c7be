// "Did you mean": the candidate a user most likely meant.
#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "grammar/source/source.hpp"

namespace kpi::source {
namespace {

void decode(std::string_view utf8, std::u32string& result) {
  result.clear();
  while (!utf8.empty()) {
    const auto first = static_cast<unsigned char>(utf8.front());
    utf8proc_int32_t value = first;
    utf8proc_ssize_t length = 1;
    if (first >= 0x80) {
      length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                static_cast<utf8proc_ssize_t>(utf8.size()), &value);
    }
    result.push_back(length > 0 ? static_cast<char32_t>(value) : U'\uFFFD');
    utf8.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
}

void lower(const std::u32string& text, std::u32string& result) {
  result = text;
  for (char32_t& c : result) {
    if (c >= U'A' && c <= U'Z') c += U'a' - U'A';
    if (c >= 0x80) c = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  }
}

std::size_t length_of(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Edit distance where two swapped neighbours are one edit (optimal string alignment), as in `GPB` for `GBP`. What is
/// beyond a limit is not computed to its end. Keeps its rows, so that thousands of comparisons allocate nothing.
class Distance {
 public:
  /// The distance, or any number above `limit` if it is above.
  std::size_t operator()(const std::u32string& a, const std::u32string& b, std::size_t limit) {
    before_.assign(b.size() + 1, 0);
    above_.assign(b.size() + 1, 0);
    row_.resize(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row_[j] = j;
    std::size_t least_above = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      before_.swap(above_);
      above_.swap(row_);
      row_[0] = i;
      std::size_t least = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        row_[j] = std::min({above_[j] + 1, row_[j - 1] + 1, above_[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
        const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        if (swapped) row_[j] = std::min(row_[j], before_[j - 2] + 1);
        least = std::min(least, row_[j]);
      }
      // A swap reaches back two rows.
      if (least > limit && least_above > limit) return least;
      least_above = least;
    }
    return row_[b.size()];
  }

 private:
  std::vector<std::size_t> before_, above_, row_;
};

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestName = 200;  // keeps a pathological name from costing quadratic time
  if (name.size() > 4 * kLongestName) return std::nullopt;
  std::u32string wanted, folded, points, folded_points;
  decode(name, wanted);
  if (wanted.empty() || wanted.size() > kLongestName) return std::nullopt;
  lower(wanted, folded);
  // A name of one letter resembles every other one: only a difference in case is a hint then.
  const std::size_t limit = wanted.size() == 1 ? 0 : std::max<std::size_t>(1, wanted.size() / 3);
  std::optional<std::string> best;
  std::pair<std::size_t, std::size_t> best_distance{limit, static_cast<std::size_t>(-1)};
  Distance distance;
  for (const std::string& candidate : candidates) {
    const std::size_t length = length_of(candidate);
    const std::size_t gap = std::max(length, wanted.size()) - std::min(length, wanted.size());
    if (gap > best_distance.first) continue;
    decode(candidate, points);
    lower(points, folded_points);
    // Letters in another case are free against the limit, but decide between otherwise equal candidates.
    const std::size_t folded_distance = distance(folded, folded_points, best_distance.first);
    if (folded_distance > best_distance.first) continue;
    const std::pair<std::size_t, std::size_t> found{folded_distance, distance(wanted, points, kLongestName * 2)};
    if (found >= best_distance) continue;
    best = candidate;
    best_distance = found;
  }
  return best;
}

}  // namespace kpi::source
