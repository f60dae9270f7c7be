// From the bytes of leaf pages to the cells of a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/page_scan.hpp"

namespace kpi::storage {

/// Neighbouring leaf pages in memory and the way through their rows.
class PageRecords {
 public:
  explicit PageRecords(const PageTable& table);
  /// Reads the leaves [first, last); texts of earlier batches are gone.
  void load(std::size_t first, std::size_t last);
  /// Are there rows that no batch has got yet?
  bool more();
  /// Appends rows to the batch until it has `limit` or the loaded pages have no more. Throws UnusualPage.
  void fill(eval::Batch& batch, std::size_t limit);
  /// Starts a batch: its columns get room for `limit` rows.
  void begin(eval::Batch& batch, std::size_t limit);
  /// Ends it: conversions of whole columns.
  void finish(eval::Batch& batch);

 private:
  struct Output {
    eval::CellClass* classes = nullptr;
    std::int64_t* bits = nullptr;
    std::uint32_t* lengths = nullptr;
    unsigned kinds = 0;
  };
  struct Record {
    const std::uint8_t* payload = nullptr;
    std::uint32_t size = 0;       // of the whole payload
    std::uint32_t available = 0;  // bytes of it from `payload` on
    std::int64_t row_id = 0;
    bool complete() const { return available == size; }
  };
  bool open_page();
  Record record(std::uint32_t cell);
  /// Decodes the record, or returns how many bytes of its payload are needed first.
  std::uint32_t decode(const Record& record, std::size_t row);
  void decode_spilled(Record record, std::size_t row);
  void fill_missing(std::uint32_t from_place, std::size_t row);
  std::uint32_t local_size(std::uint32_t payload) const;
  std::uint64_t offset_of(const std::uint8_t* at) const { return static_cast<std::uint64_t>(at - bytes_.data()); }

  const PageTable& table_;
  std::uint32_t page_size_, usable_;
  std::vector<std::uint8_t> bytes_;     // the pages, then payloads put together, then room to read eight bytes anywhere
  std::size_t page_bytes_ = 0;          // of the loaded pages
  std::size_t used_ = 0;                // with what follows them
  std::size_t pages_ = 0, page_ = 0;    // loaded; the next to open
  const std::uint8_t* data_ = nullptr;  // of the open page
  std::uint32_t cells_ = 0, cell_ = 0;
  std::vector<Output> outputs_;
  std::vector<std::uint32_t> row_id_columns_;
};

}  // namespace kpi::storage
