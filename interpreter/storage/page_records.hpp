// From the bytes of leaf pages to the cells of a batch.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/storage/page_scan.hpp"

namespace kpi::storage {

/// Neighbouring leaf pages in memory and the way through their rows.
class PageRecords {
 public:
  explicit PageRecords(const PageTable& table);
  ~PageRecords();
  PageRecords(const PageRecords&) = delete;
  PageRecords& operator=(const PageRecords&) = delete;
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
  static constexpr std::uint32_t kBlockRows = 128;
  static constexpr std::uint32_t kMostPlaces = 64;  // of records that are taken apart in blocks

  bool open_page();
  Record record(std::uint32_t cell) const;
  bool split(const Record& record);
  void finish_block(std::size_t first_row);
  void decode_one(const Record& record, std::size_t row);
  /// Decodes the record, or returns how many bytes of its payload are needed first.
  std::uint32_t decode(const Record& record, std::size_t row);
  void decode_spilled(Record record, std::size_t row);
  void fill_missing(std::uint32_t from_place, std::size_t row);
  std::uint8_t* extra_room(std::size_t bytes);
  std::uint32_t local_size(std::uint32_t payload) const;
  void gather_texts(eval::Batch& batch);
  /// Where bytes lie, counted from base_. They may lie in another piece of memory, so addresses are taken as numbers.
  std::int64_t offset_of(const std::uint8_t* at) const {
    return reinterpret_cast<std::intptr_t>(at) - reinterpret_cast<std::intptr_t>(base_);
  }
  const std::uint8_t* address_of(std::int64_t offset) const {
    return reinterpret_cast<const std::uint8_t*>(reinterpret_cast<std::intptr_t>(base_) + offset);
  }

  const PageTable& table_;
  std::uint32_t page_size_, usable_;
  std::vector<std::uint8_t> bytes_;              // pages that were read, with room to read further behind the last
  const std::uint8_t* base_ = nullptr;           // an address that all offsets of a batch are counted from
  std::vector<const std::uint8_t*> pages_;       // loaded
  std::size_t page_ = 0;                         // the next to open
  std::size_t first_leaf_ = 0, last_leaf_ = 0;   // mapped ones that are to be released
  bool is_mixed_ = false;                        // some loaded pages are mapped, some were read
  std::deque<std::vector<std::uint8_t>> extra_;  // payloads put together for the current batch
  const std::uint8_t* data_ = nullptr;           // of the open page
  const std::uint8_t* ahead_ = nullptr;          // the page after it
  std::uint32_t ahead_step_ = 0;
  std::uint32_t cells_ = 0, cell_ = 0;
  std::vector<Output> outputs_;
  std::vector<std::uint32_t> row_id_columns_;
  std::uint32_t places_ = 0;  // fields of a record up to the last wanted one
  // Rows of the current block: serial types and offsets of their fields.
  std::uint32_t block_rows_ = 0;
  std::vector<std::uint8_t> types_;
  std::vector<std::int64_t> offsets_;
};

}  // namespace kpi::storage
