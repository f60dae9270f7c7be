// Tables and indexes of a new SQLite file, written page by page in order (https://www.sqlite.org/fileformat2.html).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/storage/cell_reader.hpp"
#include "interpreter/storage/new_file.hpp"

namespace kpi::storage {

using PageNumber = std::uint32_t;
constexpr std::size_t kNewPageSize = 4096;

/// The pages of a new file behind those that are reserved for what is written last.
class PageOutput {
 public:
  PageOutput(NewFile& file, PageNumber reserved);
  /// Writes the next page and gives its number.
  PageNumber append(const unsigned char* page);
  /// A page that was appended, into `page`.
  void read(PageNumber number, unsigned char* page) const;
  /// Writes a reserved page.
  void write_reserved(PageNumber number, const unsigned char* page);
  /// All pages are in the file. Gives their number.
  PageNumber finish();

 private:
  void flush();
  NewFile& file_;
  PageNumber buffered_from_, next_;
  std::vector<unsigned char> buffer_;
};

/// Values in the form of a record, which table and index share.
class RecordBuilder {
 public:
  /// For a record of at most `values` values.
  void begin(std::size_t values) {
    if (types_.size() < kTypeBytes * values) types_.resize(kTypeBytes * values);
    type_ = types_.data();
    body_size_ = 0;
  }
  void add(const Stored& value);
  void add_null() { *type_++ = 0; }
  void add_integer(std::int64_t value);
  void add_text(std::string_view text);
  /// The whole record, valid until the next begin().
  std::string_view finish();

 private:
  static constexpr std::size_t kTypeBytes = 9;  // of the longest type
  /// Room for so many bytes more.
  unsigned char* room(std::size_t size) {
    if (body_.size() < body_size_ + size) body_.resize(2 * (body_size_ + size));
    return body_.data() + body_size_;
  }
  std::vector<unsigned char> types_, body_, record_;
  unsigned char* type_ = nullptr;  // the next one
  std::size_t body_size_ = 0;
};

/// Where a record stands that does not fit into its page as a whole.
struct CellPayload {
  std::string_view local;
  PageNumber overflow = 0;  // first page of the rest; 0: there is none
};

/// A table b-tree with ascending row ids 1, 2, 3 …
class TableTree {
 public:
  explicit TableTree(PageOutput& output);
  void append(std::string_view record);
  std::uint64_t rows() const { return rows_; }
  /// Is the record of this row the same, byte by byte?
  bool holds(std::uint64_t row_id, std::string_view record) const;
  /// The root page, to be written to its reserved place.
  std::vector<unsigned char> finish();

 private:
  struct Child {
    PageNumber page;
    std::uint64_t last_row;
  };
  void end_leaf();
  std::vector<Child> parents_of(const std::vector<Child>& children, std::vector<unsigned char>& root);
  PageOutput& output_;
  std::vector<unsigned char> leaf_;
  std::size_t cells_ = 0, content_ = kNewPageSize;  // of the leaf
  std::uint64_t rows_ = 0;
  std::vector<Child> leaves_;
};

/// An index b-tree; records come in ascending order.
class IndexTree {
 public:
  explicit IndexTree(PageOutput& output) : output_(output) {}
  void append(std::string_view record);
  std::vector<unsigned char> finish();

 private:
  struct Cell {
    std::size_t begin = 0, size = 0;  // in Level::bytes
  };
  /// A page that is being filled: leaf cells at level 0, above it cells that begin with their left child's number.
  struct Level {
    std::string bytes;
    std::vector<Cell> cells;
  };
  static bool fits(const Level& level, std::size_t height, std::size_t size);
  void add(std::size_t height, std::string_view cell);
  std::vector<unsigned char> page(const Level& level, std::size_t height, PageNumber right) const;
  PageOutput& output_;
  std::vector<Level> levels_;
  std::string cell_;
};

}  // namespace kpi::storage
