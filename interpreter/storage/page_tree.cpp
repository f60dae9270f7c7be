#include "interpreter/storage/page_tree.hpp"

namespace kpi::storage {

namespace {

constexpr unsigned kMaxDepth = 20;  // SQLite's own limit
constexpr std::uint32_t kInteriorHeader = 12;

class Walk {
 public:
  explicit Walk(const PageFile& file) : file_(file), seen_(std::size_t{file.pages()} + 1, false) {}

  std::vector<std::uint32_t> leaves(std::uint32_t root) {
    std::vector<std::uint32_t> level{root};
    for (unsigned depth = 0; depth < kMaxDepth; ++depth) {
      for (const std::uint32_t page : level) mark(page);
      if (type_of(level.front()) == kLeafPage) return level;
      std::vector<std::uint32_t> next;
      for (const std::uint32_t page : level) add_children(page, next);
      level = std::move(next);
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

  void add_children(std::uint32_t page, std::vector<std::uint32_t>& children) {
    if (type_of(page) != kInteriorPage) unusual_page();
    const std::uint8_t* const data = buffer_.data();
    const std::uint32_t cells = big_endian16(data + 3), usable = file_.usable();
    if (cells == 0 || kInteriorHeader + 2 * cells > usable) unusual_page();
    for (std::uint32_t cell = 0; cell < cells; ++cell) {
      const std::uint32_t at = big_endian16(data + kInteriorHeader + 2 * cell);
      if (at < kInteriorHeader + 2 * cells || at + 4 > usable) unusual_page();
      children.push_back(big_endian32(data + at));
    }
    children.push_back(big_endian32(data + 8));
    if (children.size() > file_.pages()) unusual_page();
  }

  const PageFile& file_;
  std::vector<bool> seen_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

std::vector<std::uint32_t> leaf_pages(const PageFile& file, std::uint32_t root) { return Walk(file).leaves(root); }

}  // namespace kpi::storage
