#include "interpreter/storage/page_tree.hpp"

#include <limits>

namespace kpi::storage {

namespace {

constexpr unsigned kMaxDepth = 20;  // SQLite's own limit
constexpr std::uint32_t kInteriorHeader = 12;

class Walk {
 public:
  explicit Walk(const PageFile& file) : file_(file), seen_(std::size_t{file.pages()} + 1, false) {}

  /// `last_rows`: where wanted, the largest row id that each page of the level may hold.
  std::vector<std::uint32_t> leaves(std::uint32_t root, std::vector<std::int64_t>* last_rows) {
    std::vector<std::uint32_t> level{root};
    if (last_rows != nullptr) *last_rows = {std::numeric_limits<std::int64_t>::max()};
    for (unsigned depth = 0; depth < kMaxDepth; ++depth) {
      for (const std::uint32_t page : level) mark(page);
      if (type_of(level.front()) == kLeafPage) return level;
      std::vector<std::uint32_t> next;
      std::vector<std::int64_t> next_last;
      for (std::size_t place = 0; place < level.size(); ++place) {
        add_children(level[place], next, last_rows != nullptr ? &next_last : nullptr);
        if (last_rows != nullptr) next_last.push_back((*last_rows)[place]);
      }
      level = std::move(next);
      if (last_rows != nullptr) *last_rows = std::move(next_last);
    }
    unusual_page();
  }

 private:
  /// Each page belongs to one place of one tree; a page met twice is damage, and might be a circle.
  void mark(std::uint32_t page) {
    if (page < 2 || page > file_.pages() || seen_[page]) unusual_page();
    seen_[page] = true;
  }

  std::uint8_t type_of(std::uint32_t page) {
    buffer_.resize(file_.page_size());
    file_.read(page, 1, buffer_.data());
    return buffer_[0];
  }

  /// Appends to `last_rows` for all children but the last.
  void add_children(std::uint32_t page, std::vector<std::uint32_t>& children, std::vector<std::int64_t>* last_rows) {
    if (type_of(page) != kInteriorPage) unusual_page();
    const std::uint8_t* const data = buffer_.data();
    const std::uint32_t cells = big_endian16(data + 3), usable = file_.usable();
    if (cells == 0 || kInteriorHeader + 2 * cells > usable) unusual_page();
    for (std::uint32_t cell = 0; cell < cells; ++cell) {
      const std::uint32_t at = big_endian16(data + kInteriorHeader + 2 * cell);
      if (at < kInteriorHeader + 2 * cells || at + 4 > usable) unusual_page();
      children.push_back(big_endian32(data + at));
      if (last_rows == nullptr) continue;
      const std::uint8_t* key = data + at + 4;
      last_rows->push_back(static_cast<std::int64_t>(read_varint(key, data + usable)));
    }
    children.push_back(big_endian32(data + 8));
    if (children.size() > file_.pages()) unusual_page();
  }

  const PageFile& file_;
  std::vector<bool> seen_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

std::vector<std::uint32_t> leaf_pages(const PageFile& file, std::uint32_t root, std::vector<std::int64_t>* last_rows) {
  return Walk(file).leaves(root, last_rows);
}

}  // namespace kpi::storage
