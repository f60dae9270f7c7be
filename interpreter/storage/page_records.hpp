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
    unsigned kinds = 0;          // of all rows of the batch so far
    unsigned earlier_kinds = 0;  // of those before the current block
    bool has_classes = false;    // are classes written row by row? Otherwise all rows so far are of one class
  };
  struct Record {
    const std::uint8_t* payload = nullptr;
    std::uint32_t size = 0;       // of the whole payload
    std::uint32_t available = 0;  // bytes of it from `payload` on
    std::int64_t row_id = 0;
    bool complete() const { return available == size; }
  };
  /// Where a wanted field lies in the payload of a record. A number is the eight bytes there, read as big-endian,
  /// shifted by the lower byte of `how` and masked by its upper one (0, 1 or all bits); of texts and blobs `how` is the
  /// length.
  struct Field {
    std::uint16_t offset;
    std::uint16_t how;
  };
  /// What all records with the same header have in common: most tables have few headers.
  struct Shape {
    const Field* fields = nullptr;             // by output
    const eval::CellClass* classes = nullptr;  // by output
    std::uint32_t body_end = 0;                // of the fields up to the last wanted one
    std::uint32_t batch = 0;                   // the last one that had such a record
    bool is_whole = false;                     // the header has no further fields
    std::uint64_t masked = 0;                  // outputs (as bits) whose number is not just stored: NULL, 0 and 1
  };
  static constexpr std::uint32_t kBlockRows = 128;
  static constexpr std::uint32_t kMostPlaces = 63;  // of records that are taken apart in blocks
  static constexpr std::uint32_t kMostWords = 8;    // their headers up to the last wanted place
  static constexpr std::uint32_t kMostShapes = 1024;
  static constexpr unsigned kSlotBits = 11;

  bool open_page();
  Record record(std::uint32_t cell) const;
  Record unusual_record(std::uint32_t cell) const;

  template <std::uint32_t kWords>
  void fill_batch(eval::Batch& batch, std::size_t limit);
  template <std::uint32_t kWords>
  bool split(const Record& record);
  template <std::uint32_t kWords>
  Shape* known_shape(const std::uint64_t* key, std::uint64_t hash, const std::uint8_t* header);
  Shape* new_shape(std::size_t slot, const std::uint64_t* key, const std::uint8_t* header);
  Shape build(const std::uint8_t* header, Field* fields, eval::CellClass* classes) const;
  void finish_block(std::size_t first_row);
  static void write_classes_from(Output& output, std::size_t row);
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
  std::vector<std::uint8_t> bytes_;              // the loaded pages, with room to read further behind the last
  const std::uint8_t* base_ = nullptr;           // an address that all offsets of a batch are counted from
  std::size_t loaded_ = 0;                       // pages
  std::size_t page_ = 0;                         // the next to open
  std::deque<std::vector<std::uint8_t>> extra_;  // payloads put together for the current batch
  const std::uint8_t* data_ = nullptr;           // of the open page
  std::uint32_t cells_ = 0, cell_ = 0;
  std::vector<Output> outputs_;
  std::vector<std::uint32_t> row_id_columns_;
  std::uint32_t places_ = 0;  // fields of a record up to the last wanted one

  std::uint32_t words_ = 0;  // of headers up to the last wanted place; 0: no blocks
  std::uint64_t last_word_mask_ = 0;
  std::vector<std::uint16_t> slots_;  // shapes by hash of their header, from 1 on; 0: free
  std::vector<Shape> shapes_;
  std::vector<std::uint64_t> keys_;  // headers of shapes_
  std::vector<Field> shape_fields_;  // this and the next never move
  std::vector<eval::CellClass> shape_classes_;
  std::uint64_t known_rows_ = 0, other_rows_ = 0;  // since shapes were last forgotten
  std::uint64_t masked_ = 0;                        // of the shapes in the current batch
  // Rows of the current block.
  std::uint32_t batch_ = 0, block_rows_ = 0;
  std::vector<const std::uint8_t*> payloads_;
  std::vector<const Field*> row_fields_;
  std::vector<const eval::CellClass*> row_classes_;
  std::vector<Field> own_fields_;  // of rows whose shape is not remembered
  std::vector<eval::CellClass> own_classes_;
};

}  // namespace kpi::storage
