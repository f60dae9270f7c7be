// Finds the columns of an export by name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kpi::storage {

/// The header in the form in which small differences vanish: Unicode case, spaces of any kind and `_`, and full-width
/// letters and brackets. `Website URL (Ad level）` and `website_url(ad level)` are the same.
std::string folded_header(std::string_view header);

class HeaderIndex {
 public:
  explicit HeaderIndex(std::vector<std::string> headers);
  struct Match {
    std::optional<std::size_t> index;
    std::vector<std::size_t> candidates;  // more than one: ambiguous, and no index
  };
  /// Each name in turn, first exactly and then folded.
  Match find(const std::vector<std::string>& names) const;
  const std::vector<std::string>& headers() const { return headers_; }

 private:
  std::vector<std::string> headers_;
  std::unordered_map<std::string, std::vector<std::size_t>> exact_, folded_;
};

}  // namespace kpi::storage
