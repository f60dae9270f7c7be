// Rows of an ordinary table from the leaf pages of its b-tree: only the wanted columns are decoded, texts stay where
// they lie in the page, and no more than a few hundred kilobytes are held at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/page_file.hpp"
#include "interpreter/storage/page_layout.hpp"

namespace kpi::storage {

/// What scans of one table share; it does not change.
class PageTable {
 public:
  PageTable(const PageFile& file, std::shared_ptr<const std::vector<std::uint32_t>> leaves,
            std::vector<PageColumn> columns);

  const PageFile& file() const { return file_; }
  const std::vector<std::uint32_t>& leaves() const { return *leaves_; }
  const std::vector<PageColumn>& columns() const { return columns_; }
  /// Requested column by place in the record, -1 for those that nobody wants; ends behind the last wanted one.
  const std::vector<std::int32_t>& wanted() const { return wanted_; }
  /// Leaf pages that are read at once.
  std::uint32_t chunk_pages() const { return chunk_pages_; }
  /// Is it worth more than one thread?
  bool is_large() const { return leaves_->size() > 4 * std::size_t{chunk_pages_}; }

 private:
  const PageFile& file_;
  std::shared_ptr<const std::vector<std::uint32_t>> leaves_;
  std::vector<PageColumn> columns_;
  std::vector<std::int32_t> wanted_;
  std::uint32_t chunk_pages_ = 1;
};

/// The whole table in the order of its row ids. When a page is unusual, `cursor` is asked for a scan of the same rows,
/// which goes on where the pages ended.
std::unique_ptr<eval::TableScan> scan_pages(std::shared_ptr<const PageTable> table,
                                            std::function<std::unique_ptr<eval::TableScan>()> cursor);

/// The same for several threads.
std::unique_ptr<eval::PartedTable> part_pages(std::shared_ptr<const PageTable> table);

}  // namespace kpi::storage
