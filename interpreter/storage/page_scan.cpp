#include "interpreter/storage/page_scan.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>

#include "interpreter/storage/page_records.hpp"

namespace kpi::storage {

namespace {

constexpr std::uint32_t kChunkBytes = 256 * 1024;

class PageScan final : public eval::TableScan {
 public:
  PageScan(std::shared_ptr<const PageTable> table, std::function<std::unique_ptr<eval::TableScan>()> cursor)
      : table_(std::move(table)), open_cursor_(std::move(cursor)), records_(*table_) {}

  bool next(eval::Batch& batch, std::size_t limit) override {
    assert(limit != 0);
    if (!cursor_) {
      try {
        return next_from_pages(batch, limit);
      } catch (const UnusualPage&) {
        go_on_with_cursor();
      }
    }
    const bool found = cursor_->next(batch, limit);
    return found;
  }

 private:
  bool next_from_pages(eval::Batch& batch, std::size_t limit) {
    batch.first_row = position_;
    while (!records_.more() && loaded_ < table_->leaves().size()) {
      const std::size_t last = std::min(loaded_ + table_->chunk_pages(), table_->leaves().size());
      records_.load(loaded_, last);
      loaded_ = last;
    }
    records_.begin(batch, limit);
    records_.fill(batch, limit);
    records_.finish(batch);
    position_ += batch.rows;
    return batch.rows != 0;
  }

  /// Rows that were handed out already are passed over.
  void go_on_with_cursor() {
    cursor_ = open_cursor_();
    eval::Batch skipped;
    std::uint64_t left = position_;
    while (left > 0 && cursor_->next(skipped, static_cast<std::size_t>(std::min<std::uint64_t>(left, 4096)))) {
      left -= skipped.rows;
    }
  }

  std::shared_ptr<const PageTable> table_;
  std::function<std::unique_ptr<eval::TableScan>()> open_cursor_;
  PageRecords records_;
  std::size_t loaded_ = 0;      // leaves
  std::uint64_t position_ = 0;  // rows
  std::unique_ptr<eval::TableScan> cursor_;
};

/// Threads take runs of leaves from a common counter.
class PageParts final : public eval::PartedTable {
 public:
  explicit PageParts(std::shared_ptr<const PageTable> table) : table_(std::move(table)) {}
  std::unique_ptr<eval::TableScan> scan() override { return std::make_unique<Part>(*this); }

 private:
  class Part final : public eval::TableScan {
   public:
    explicit Part(PageParts& parts) : parts_(parts), records_(*parts.table_) {}

    bool next(eval::Batch& batch, std::size_t limit) override {
      try {
        const auto& leaves = parts_.table_->leaves();
        while (!records_.more()) {
          const std::size_t chunk = parts_.table_->chunk_pages();
          const std::size_t first = parts_.next_leaf_.fetch_add(chunk, std::memory_order_relaxed);
          if (first >= leaves.size()) {
            batch.rows = 0;
            return false;
          }
          records_.load(first, std::min(first + chunk, leaves.size()));
        }
        records_.begin(batch, limit);
        records_.fill(batch, limit);
        records_.finish(batch);
        return true;
      } catch (const UnusualPage&) {
        throw eval::PartsFailed();
      }
    }

   private:
    PageParts& parts_;
    PageRecords records_;
  };

  std::shared_ptr<const PageTable> table_;
  std::atomic<std::size_t> next_leaf_{0};
};

}  // namespace

PageTable::PageTable(const PageFile& file, std::shared_ptr<const std::vector<std::uint32_t>> leaves,
                     std::vector<PageColumn> columns)
    : file_(file), leaves_(std::move(leaves)), columns_(std::move(columns)) {
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    const PageColumn& column = columns_[index];
    if (column.is_row_id) continue;
    if (wanted_.size() <= column.place) wanted_.resize(column.place + 1, -1);
    wanted_[column.place] = static_cast<std::int32_t>(index);
  }
  chunk_pages_ = std::max<std::uint32_t>(1, kChunkBytes / file_.page_size());
}

std::unique_ptr<eval::TableScan> scan_pages(std::shared_ptr<const PageTable> table,
                                            std::function<std::unique_ptr<eval::TableScan>()> cursor) {
  return std::make_unique<PageScan>(std::move(table), std::move(cursor));
}

std::unique_ptr<eval::PartedTable> part_pages(std::shared_ptr<const PageTable> table) {
  return std::make_unique<PageParts>(std::move(table));
}

}  // namespace kpi::storage
