#include "grammar/format/unified_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kpi::format {
namespace {

using Lines = std::vector<std::string_view>;

constexpr int kMostEdits = 3000;
constexpr std::size_t kContext = 3;

/// A line of both texts, of the old one (`-`) or of the new one (`+`).
struct Edit {
  char sign;
  std::string_view line;
};

Lines lines_of(std::string_view text) {
  Lines result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    result.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return result;
}

/// The way through the edit graph, backwards through the furthest points of each number of edits.
std::vector<Edit> walk_back(const Lines& a, const Lines& b, const std::vector<std::vector<int>>& furthest) {
  std::vector<Edit> edits;
  int x = static_cast<int>(a.size());
  int y = static_cast<int>(b.size());
  for (int d = static_cast<int>(furthest.size()) - 1; d >= 0; --d) {
    const int k = x - y;
    const auto before = [&](int diagonal) {
      return furthest[static_cast<std::size_t>(d - 1)][static_cast<std::size_t>(diagonal + d - 1)];
    };
    const bool down = d > 0 && (k == -d || (k != d && before(k - 1) < before(k + 1)));
    const int start_x = d == 0 ? 0 : down ? before(k + 1) : before(k - 1) + 1;
    while (x > start_x) edits.push_back({' ', a[static_cast<std::size_t>(--x)]}), --y;
    if (d == 0) break;
    if (down) {
      edits.push_back({'+', b[static_cast<std::size_t>(--y)]});
    } else {
      edits.push_back({'-', a[static_cast<std::size_t>(--x)]});
    }
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

std::vector<Edit> difference(const Lines& a, const Lines& b) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  std::vector<std::vector<int>> furthest;  // by number of edits: the x reached on the diagonals -d, …, d
  for (int d = 0; d <= std::min(n + m, kMostEdits); ++d) {
    std::vector<int> reached(static_cast<std::size_t>(2 * d + 1), 0);
    for (int k = -d; k <= d; k += 2) {
      const auto before = [&](int diagonal) { return furthest.back()[static_cast<std::size_t>(diagonal + d - 1)]; };
      int x = d == 0 ? 0 : (k == -d || (k != d && before(k - 1) < before(k + 1))) ? before(k + 1) : before(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      reached[static_cast<std::size_t>(k + d)] = x;
      if (x >= n && x - k >= m) {
        furthest.push_back(std::move(reached));
        return walk_back(a, b, furthest);
      }
    }
    furthest.push_back(std::move(reached));
  }
  std::vector<Edit> edits;
  for (const std::string_view line : a) edits.push_back({'-', line});
  for (const std::string_view line : b) edits.push_back({'+', line});
  return edits;
}

std::string range(std::size_t first, std::size_t count) {
  if (count == 1) return std::to_string(first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

void write_hunk(const std::vector<Edit>& edits, std::size_t begin, std::size_t end, std::string& out) {
  const auto count = [&](std::size_t from, std::size_t to, char other) {
    return static_cast<std::size_t>(std::count_if(edits.begin() + static_cast<std::ptrdiff_t>(from),
                                                  edits.begin() + static_cast<std::ptrdiff_t>(to),
                                                  [&](const Edit& edit) { return edit.sign != other; }));
  };
  out += fmt::format("@@ -{} +{} @@\n", range(count(0, begin, '+'), count(begin, end, '+')),
                     range(count(0, begin, '-'), count(begin, end, '-')));
  for (std::size_t i = begin; i < end; ++i) {
    out += edits[i].sign;
    out += edits[i].line;
    if (!edits[i].line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
  }
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, std::string_view name) {
  if (before == after) return {};
  const std::vector<Edit> edits = difference(lines_of(before), lines_of(after));
  std::string out = fmt::format("--- {}\n+++ {}\n", name, name);
  for (std::size_t at = 0; at < edits.size();) {
    while (at < edits.size() && edits[at].sign == ' ') ++at;
    if (at == edits.size()) break;
    const std::size_t begin = at < kContext ? 0 : at - kContext;
    // Up to a run of unchanged lines that is longer than the context of both sides.
    std::size_t last = at;
    while (at < edits.size() && at - last <= 2 * kContext + 1) {
      if (edits[at].sign != ' ') last = at;
      ++at;
    }
    at = std::min(last + 1 + kContext, edits.size());
    write_hunk(edits, begin, at, out);
  }
  return out;
}

}  // namespace kpi::format
