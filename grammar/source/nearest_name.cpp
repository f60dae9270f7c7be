// "Did you mean": the candidate a user most likely meant.
#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "grammar/source/source.hpp"

namespace kpi::source {
namespace {

std::u32string code_points(std::string_view utf8) {
  std::u32string result;
  while (!utf8.empty()) {
    utf8proc_int32_t value = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                         static_cast<utf8proc_ssize_t>(utf8.size()), &value);
    result.push_back(length > 0 ? static_cast<char32_t>(value) : U'\uFFFD');
    utf8.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
  return result;
}

std::u32string lower(std::u32string text) {
  for (char32_t& c : text) c = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  return text;
}

// Edit distance where two swapped neighbours are one edit (optimal string alignment), as in `GPB` for `GBP`.
std::size_t distance(const std::u32string& a, const std::u32string& b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestName = 200;  // keeps a pathological name from costing quadratic time
  const std::u32string wanted = code_points(name);
  if (wanted.empty() || wanted.size() > kLongestName) return std::nullopt;
  const std::u32string folded = lower(wanted);
  // A name of one letter resembles every other one: only a difference in case is a hint then.
  const std::size_t limit = wanted.size() == 1 ? 0 : std::max<std::size_t>(1, wanted.size() / 3);
  std::optional<std::string> best;
  std::pair<std::size_t, std::size_t> best_distance{limit, static_cast<std::size_t>(-1)};
  for (const std::string& candidate : candidates) {
    const std::u32string points = code_points(candidate);
    const std::size_t gap = std::max(points.size(), wanted.size()) - std::min(points.size(), wanted.size());
    if (gap > best_distance.first) continue;
    // Letters in another case are free against the limit, but decide between otherwise equal candidates.
    const std::pair<std::size_t, std::size_t> found{distance(folded, lower(points)), distance(wanted, points)};
    if (found >= best_distance) continue;
    best = candidate;
    best_distance = found;
  }
  return best;
}

}  // namespace kpi::source
