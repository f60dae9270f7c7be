#include "interpreter/storage/tree_writer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace kpi::storage {

namespace {

constexpr std::size_t kBufferedPages = 256;
constexpr std::uint64_t kStartEvery = std::uint64_t{8} << 20;    // bytes
constexpr PageNumber kLockPage = (1U << 30) / kNewPageSize + 1;  // SQLite's locks lie here; it stays empty

constexpr unsigned char kTableLeaf = 13, kTableInner = 5, kIndexLeaf = 10, kIndexInner = 2;
constexpr std::size_t kLeafHeader = 8, kInnerHeader = 12;
constexpr std::size_t kMinLocal = (kNewPageSize - 12) * 32 / 255 - 23;
constexpr std::size_t kMaxLocalTable = kNewPageSize - 35;
constexpr std::size_t kMaxLocalIndex = (kNewPageSize - 12) * 64 / 255 - 23;
constexpr std::size_t kOverflowBytes = kNewPageSize - 4;

void put_2(unsigned char* to, std::size_t value) {
  to[0] = static_cast<unsigned char>(value >> 8);
  to[1] = static_cast<unsigned char>(value);
}

void put_4(unsigned char* to, std::uint32_t value) {
  for (int i = 0; i != 4; ++i) to[i] = static_cast<unsigned char>(value >> (24 - 8 * i));
}

std::uint32_t get_4(const unsigned char* from) {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}

constexpr std::size_t kLongestVarint = 9;

/// Seven bits a byte, the highest first; gives the length. Values below 2^56, of which a file has none larger.
std::size_t put_varint(unsigned char* to, std::uint64_t value) {
  if (value < 0x80) {
    to[0] = static_cast<unsigned char>(value);
    return 1;
  }
  std::size_t length = 1;
  for (std::uint64_t rest = value >> 7; rest != 0; rest >>= 7) ++length;
  for (std::size_t i = length; i-- != 0; value >>= 7) {
    to[i] = static_cast<unsigned char>((value & 0x7F) | (i + 1 == length ? 0 : 0x80));
  }
  return length;
}

std::size_t get_varint(const unsigned char* from, std::uint64_t& value) {
  value = 0;
  std::size_t length = 0;
  while ((from[length] & 0x80) != 0) value = value << 7 | (from[length++] & 0x7F);
  value = value << 7 | from[length++];
  return length;
}

void append_varint(std::string& text, std::uint64_t value) {
  unsigned char bytes[kLongestVarint];
  text.append(reinterpret_cast<const char*>(bytes), put_varint(bytes, value));
}

/// How much of a record stands in the page itself.
std::size_t local_size(std::size_t size, std::size_t most) {
  if (size <= most) return size;
  const std::size_t local = kMinLocal + (size - kMinLocal) % kOverflowBytes;
  return local <= most ? local : kMinLocal;
}

void put_header(unsigned char* page, unsigned char kind, std::size_t cells, std::size_t content) {
  page[0] = kind;
  put_2(page + 3, cells);
  put_2(page + 5, content);
}

/// Writes what does not fit into the page to pages of its own.
CellPayload spread(PageOutput& output, std::string_view record, std::size_t most) {
  const std::size_t local = local_size(record.size(), most);
  CellPayload payload{record.substr(0, local), 0};
  // Each page names the next, so the last is written first.
  for (std::size_t end = record.size(); end > local;) {
    const std::size_t size = (end - local - 1) % kOverflowBytes + 1;
    std::vector<unsigned char> page(kNewPageSize);
    put_4(page.data(), payload.overflow);
    std::memcpy(page.data() + 4, record.data() + end - size, size);
    payload.overflow = output.append(page.data());
    end -= size;
  }
  return payload;
}

}  // namespace

PageOutput::PageOutput(NewFile& file, PageNumber reserved)
    : file_(file), buffered_from_(reserved + 1), next_(reserved + 1) {
  buffer_.reserve(kBufferedPages * kNewPageSize);
}

PageNumber PageOutput::append(const unsigned char* page) {
  if (next_ == kLockPage) {
    buffer_.insert(buffer_.end(), kNewPageSize, 0);
    ++next_;
  }
  buffer_.insert(buffer_.end(), page, page + kNewPageSize);
  const PageNumber number = next_++;
  if (buffer_.size() >= kBufferedPages * kNewPageSize) flush();
  return number;
}

void PageOutput::flush() {
  if (buffer_.empty()) return;
  file_.write(buffer_.data(), buffer_.size(), std::uint64_t{buffered_from_ - 1} * kNewPageSize);
  buffer_.clear();
  const std::uint64_t before = std::uint64_t{buffered_from_} * kNewPageSize,
                      end = std::uint64_t{next_ - 1} * kNewPageSize;
  if (before / kStartEvery != end / kStartEvery) file_.start_writing(end);
  buffered_from_ = next_;
}

void PageOutput::read(PageNumber number, unsigned char* page) const {
  if (number >= buffered_from_) {
    std::memcpy(page, buffer_.data() + std::size_t{number - buffered_from_} * kNewPageSize, kNewPageSize);
  } else {
    file_.read(page, kNewPageSize, std::uint64_t{number - 1} * kNewPageSize);
  }
}

void PageOutput::write_reserved(PageNumber number, const unsigned char* page) {
  file_.write(page, kNewPageSize, std::uint64_t{number - 1} * kNewPageSize);
}

PageNumber PageOutput::finish() {
  flush();
  return next_ - 1;
}

// ---- records -------------------------------------------------------------------------------------------------------

void RecordBuilder::add(const Stored& value) {
  switch (value.kind) {
    case Stored::Kind::null:
      add_null();
      break;
    case Stored::Kind::integer:
      add_integer(value.integer);
      break;
    case Stored::Kind::text:
      add_text(value.text);
      break;
    case Stored::Kind::real: {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value.real, 8);
      bits = __builtin_bswap64(bits);
      *type_++ = 7;
      std::memcpy(room(8), &bits, 8);
      body_size_ += 8;
    }
  }
}

void RecordBuilder::add_integer(std::int64_t value) {
  if (value == 0 || value == 1) {
    *type_++ = static_cast<unsigned char>(8 + value);
    return;
  }
  // Types 1 to 6 have 1, 2, 3, 4, 6 and 8 bytes.
  constexpr unsigned char kSizes[9] = {1, 1, 2, 3, 4, 6, 6, 8, 8}, kTypes[9] = {1, 1, 2, 3, 4, 5, 5, 6, 6};
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  const int bytes = (72 - __builtin_clzll(magnitude | 1)) / 8;  // with a bit for the sign
  const std::size_t size = kSizes[bytes];
  *type_++ = kTypes[bytes];
  const std::uint64_t highest_first = __builtin_bswap64(static_cast<std::uint64_t>(value) << (64 - 8 * size));
  std::memcpy(room(8), &highest_first, 8);
  body_size_ += size;
}

void RecordBuilder::add_text(std::string_view text) {
  type_ += put_varint(type_, 13 + 2 * std::uint64_t{text.size()});
  if (!text.empty()) std::memcpy(room(text.size()), text.data(), text.size());
  body_size_ += text.size();
}

std::string_view RecordBuilder::finish() {
  const auto types = static_cast<std::size_t>(type_ - types_.data());
  // The header's size counts itself.
  std::size_t size = types + 1;
  for (std::size_t limit = 0x80, length = 1; size >= limit; limit <<= 7) size = types + ++length;
  if (record_.size() < size + body_size_) record_.resize(2 * (size + body_size_));
  unsigned char* to = record_.data();
  to += put_varint(to, size);
  if (types != 0) std::memcpy(to, types_.data(), types);
  if (body_size_ != 0) std::memcpy(to + types, body_.data(), body_size_);
  return {reinterpret_cast<const char*>(record_.data()), size + body_size_};
}

// ---- tables --------------------------------------------------------------------------------------------------------

TableTree::TableTree(PageOutput& output) : output_(output), leaf_(kNewPageSize) {}

void TableTree::append(std::string_view record) {
  unsigned char head[2 * kLongestVarint];
  std::size_t head_size = put_varint(head, record.size());
  head_size += put_varint(head + head_size, rows_ + 1);
  const std::size_t local = local_size(record.size(), kMaxLocalTable);
  const std::size_t size = head_size + local + (local == record.size() ? 0 : 4);
  if (kLeafHeader + 2 * (cells_ + 1) + size > content_) end_leaf();
  content_ -= size;
  unsigned char* cell = leaf_.data() + content_;
  std::memcpy(cell, head, head_size);
  std::memcpy(cell + head_size, record.data(), local);
  if (local != record.size()) put_4(cell + head_size + local, spread(output_, record, kMaxLocalTable).overflow);
  put_2(leaf_.data() + kLeafHeader + 2 * cells_, content_);
  ++cells_;
  ++rows_;
}

void TableTree::end_leaf() {
  put_header(leaf_.data(), kTableLeaf, cells_, content_);
  leaves_.push_back({output_.append(leaf_.data()), rows_});
  std::fill(leaf_.begin(), leaf_.end(), 0);
  cells_ = 0;
  content_ = kNewPageSize;
}

bool TableTree::holds(std::uint64_t row_id, std::string_view record) const {
  const auto leaf = std::lower_bound(leaves_.begin(), leaves_.end(), row_id,
                                     [](const Child& child, std::uint64_t row) { return child.last_row < row; });
  std::vector<unsigned char> page(kNewPageSize);
  if (leaf == leaves_.end()) {
    page = leaf_;
  } else {
    output_.read(leaf->page, page.data());
  }
  const std::uint64_t rows_before = leaf == leaves_.begin() ? 0 : std::prev(leaf)->last_row;
  const unsigned char* at = page.data() + kLeafHeader + 2 * (row_id - rows_before - 1);
  at = page.data() + (std::size_t{at[0]} << 8 | at[1]);
  std::uint64_t size = 0, row = 0;
  at += get_varint(at, size);
  at += get_varint(at, row);
  assert(row == row_id);
  if (size != record.size()) return false;
  const std::size_t local = local_size(size, kMaxLocalTable);
  if (std::memcmp(at, record.data(), local) != 0) return false;
  PageNumber next = local == size ? 0 : get_4(at + local);
  record.remove_prefix(local);
  while (!record.empty()) {
    output_.read(next, page.data());
    const std::size_t here = std::min(record.size(), kOverflowBytes);
    if (std::memcmp(page.data() + 4, record.data(), here) != 0) return false;
    record.remove_prefix(here);
    next = get_4(page.data());
  }
  return true;
}

std::vector<unsigned char> TableTree::finish() {
  if (leaves_.empty()) {
    put_header(leaf_.data(), kTableLeaf, cells_, content_);
    return std::move(leaf_);
  }
  end_leaf();
  std::vector<unsigned char> root;
  while (root.empty()) leaves_ = parents_of(leaves_, root);
  return root;
}

/// Pages over these children, or the root when one page has room for all. Every page gets at least two children.
std::vector<TableTree::Child> TableTree::parents_of(const std::vector<Child>& children,
                                                    std::vector<unsigned char>& root) {
  constexpr std::size_t kMost = (kNewPageSize - kInnerHeader) / (2 + 4 + kLongestVarint);
  const std::size_t pages = (children.size() + kMost - 1) / kMost;
  std::vector<Child> parents;
  for (std::size_t number = 0; number != pages; ++number) {
    const std::size_t first = number * children.size() / pages, last = (number + 1) * children.size() / pages - 1;
    std::vector<unsigned char> page(kNewPageSize);
    std::size_t content = kNewPageSize;
    for (std::size_t i = first; i != last; ++i) {
      unsigned char cell[4 + kLongestVarint];
      put_4(cell, children[i].page);
      const std::size_t size = 4 + put_varint(cell + 4, children[i].last_row);
      content -= size;
      std::memcpy(page.data() + content, cell, size);
      put_2(page.data() + kInnerHeader + 2 * (i - first), content);
    }
    put_header(page.data(), kTableInner, last - first, content);
    put_4(page.data() + 8, children[last].page);
    if (pages == 1) {
      root = std::move(page);
    } else {
      parents.push_back({output_.append(page.data()), children[last].last_row});
    }
  }
  return parents;
}

// ---- indexes -------------------------------------------------------------------------------------------------------

bool IndexTree::fits(const Level& level, std::size_t height, std::size_t size) {
  const std::size_t header = height == 0 ? kLeafHeader : kInnerHeader;
  return header + 2 * (level.cells.size() + 1) + level.bytes.size() + size <= kNewPageSize;
}

void IndexTree::append(std::string_view record) {
  std::string& cell = cell_;
  cell.clear();
  append_varint(cell, record.size());
  const CellPayload payload = spread(output_, record, kMaxLocalIndex);
  cell.append(payload.local);
  if (payload.overflow != 0) {
    unsigned char number[4];
    put_4(number, payload.overflow);
    cell.append(reinterpret_cast<const char*>(number), 4);
  }
  add(0, cell);
}

/// Into the open page of this height. When that is full, its last entry goes up as the one between it and the next
/// page.
void IndexTree::add(std::size_t height, std::string_view cell) {
  if (height == levels_.size()) levels_.emplace_back();
  if (!fits(levels_[height], height, cell.size())) {
    Level full = std::move(levels_[height]);
    levels_[height] = {};
    const Cell last = full.cells.back();
    std::string between = full.bytes.substr(last.begin, last.size);
    full.cells.pop_back();
    PageNumber right = 0;
    if (height != 0) {
      right = get_4(reinterpret_cast<const unsigned char*>(between.data()));
      between.erase(0, 4);
    }
    unsigned char left[4];
    put_4(left, output_.append(page(full, height, right).data()));
    between.insert(0, reinterpret_cast<const char*>(left), 4);
    add(height + 1, between);
  }
  Level& level = levels_[height];
  level.cells.push_back({level.bytes.size(), cell.size()});
  level.bytes.append(cell);
}

std::vector<unsigned char> IndexTree::page(const Level& level, std::size_t height, PageNumber right) const {
  std::vector<unsigned char> page(kNewPageSize);
  const std::size_t header = height == 0 ? kLeafHeader : kInnerHeader;
  std::size_t content = kNewPageSize;
  for (std::size_t i = 0; i != level.cells.size(); ++i) {
    content -= level.cells[i].size;
    std::memcpy(page.data() + content, level.bytes.data() + level.cells[i].begin, level.cells[i].size);
    put_2(page.data() + header + 2 * i, content);
  }
  put_header(page.data(), height == 0 ? kIndexLeaf : kIndexInner, level.cells.size(), content);
  if (height != 0) put_4(page.data() + 8, right);
  return page;
}

std::vector<unsigned char> IndexTree::finish() {
  if (levels_.empty()) levels_.emplace_back();
  PageNumber right = 0;
  for (std::size_t height = 0;; ++height) {
    std::vector<unsigned char> last = page(levels_[height], height, right);
    if (height + 1 == levels_.size()) return last;
    right = output_.append(last.data());
  }
}

}  // namespace kpi::storage
