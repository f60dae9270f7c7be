#include "interpreter/storage/header_index.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace kpi::storage {

std::string folded_header(std::string_view header) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                                      UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(header.data()),
                                               static_cast<utf8proc_ssize_t>(header.size()), &mapped, options);
  if (length < 0) return std::string(header);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  // Compatibility mapping has made plain spaces of NBSP and U+3000, and ASCII of the full-width forms.
  std::string folded;
  for (utf8proc_ssize_t i = 0; i != length; ++i) {
    const char c = static_cast<char>(mapped[i]);
    if (c != ' ' && c != '_' && !(c >= '\t' && c <= '\r')) folded += c;
  }
  return folded;
}

HeaderIndex::HeaderIndex(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (std::size_t i = 0; i != headers_.size(); ++i) {
    exact_[headers_[i]].push_back(i);
    folded_[folded_header(headers_[i])].push_back(i);
  }
}

HeaderIndex::Match HeaderIndex::find(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const std::vector<std::size_t>* found = nullptr;
    if (const auto exact = exact_.find(name); exact != exact_.end()) {
      found = &exact->second;
    } else if (const auto folded = folded_.find(folded_header(name)); folded != folded_.end()) {
      found = &folded->second;
    }
    if (!found) continue;
    return {found->size() == 1 ? std::optional(found->front()) : std::nullopt, *found};
  }
  return {};
}

}  // namespace kpi::storage
