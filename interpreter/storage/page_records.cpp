#include "interpreter/storage/page_records.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "interpreter/storage/page_tree.hpp"

namespace kpi::storage {

using eval::CellClass;

namespace {

constexpr std::size_t kPadding = 16;
constexpr std::uint32_t kLeafHeader = 8;
constexpr std::uint32_t kLargestPayload = 0x7FFF'FFFF;
constexpr std::uint64_t kTexts = 12;  // serial types from here on are blobs (even) and texts (odd)

/// What a serial type below kTexts says: the number is the eight bytes at the cell, read as big-endian, shifted right
/// by `shift`, where it has any bytes, or else a constant.
struct NumberType {
  std::uint8_t bytes;
  std::uint8_t shift;
  bool stored;
  CellClass cell_class;
  std::int64_t constant;
};
constexpr std::array<NumberType, 10> kNumbers{{{0, 0, false, CellClass::null, 0},
                                               {1, 56, true, CellClass::integer, 0},
                                               {2, 48, true, CellClass::integer, 0},
                                               {3, 40, true, CellClass::integer, 0},
                                               {4, 32, true, CellClass::integer, 0},
                                               {6, 16, true, CellClass::integer, 0},
                                               {8, 0, true, CellClass::integer, 0},
                                               {8, 0, true, CellClass::real, 0},
                                               {0, 0, false, CellClass::integer, 0},
                                               {0, 0, false, CellClass::integer, 1}}};

/// Bytes of each serial type of one byte.
constexpr std::array<std::uint8_t, 128> kBytes = [] {
  std::array<std::uint8_t, 128> bytes{};
  for (std::size_t type = 0; type < kNumbers.size(); ++type) bytes[type] = kNumbers[type].bytes;
  for (std::size_t type = kTexts; type < bytes.size(); ++type)
    bytes[type] = static_cast<std::uint8_t>((type - kTexts) / 2);
  return bytes;
}();

inline std::int64_t stored_number(const std::uint8_t* at, unsigned shift) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return static_cast<std::int64_t>(__builtin_bswap64(word)) >> shift;
}

inline unsigned kind_bit(CellClass cell_class) { return 1U << static_cast<unsigned>(cell_class); }

}  // namespace

PageRecords::PageRecords(const PageTable& table)
    : table_(table),
      page_size_(table.file().page_size()),
      usable_(table.file().usable()),
      outputs_(table.columns().size()) {
  for (std::uint32_t index = 0; index < table.columns().size(); ++index) {
    if (table.columns()[index].is_row_id) row_id_columns_.push_back(index);
  }
}

void PageRecords::load(std::size_t first, std::size_t last) {
  const auto& leaves = table_.leaves();
  pages_ = last - first;
  page_ = 0;
  cells_ = cell_ = 0;
  page_bytes_ = pages_ * page_size_;
  if (bytes_.size() < page_bytes_ + kPadding) bytes_.resize(page_bytes_ + kPadding);
  for (std::size_t run = first; run < last;) {  // neighbours in the file are read together
    std::size_t end = run + 1;
    while (end < last && leaves[end] == leaves[end - 1] + 1) ++end;
    table_.file().read(leaves[run], static_cast<std::uint32_t>(end - run), bytes_.data() + (run - first) * page_size_);
    run = end;
  }
}

bool PageRecords::open_page() {
  if (page_ == pages_) return false;
  data_ = bytes_.data() + page_ * page_size_;
  ++page_;
  cell_ = 0;
  cells_ = big_endian16(data_ + 3);
  const bool may_be_empty = table_.leaves().size() == 1;
  if (data_[0] != kLeafPage || (cells_ == 0 && !may_be_empty) || kLeafHeader + 2 * cells_ > usable_) unusual_page();
  return true;
}

bool PageRecords::more() {
  while (cell_ == cells_) {
    if (!open_page()) return false;
  }
  return true;
}

void PageRecords::begin(eval::Batch& batch, std::size_t limit) {
  batch.rows = 0;
  batch.base = nullptr;
  batch.columns.resize(outputs_.size());
  used_ = page_bytes_;
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    eval::RawColumn& column = batch.columns[index];
    if (column.classes.size() < limit) {
      column.classes.resize(limit);
      column.bits.resize(limit);
      column.lengths.resize(limit);
    }
    outputs_[index] = {column.classes.data(), column.bits.data(), column.lengths.data(), 0};
  }
}

void PageRecords::finish(eval::Batch& batch) {
  batch.base = reinterpret_cast<const char*>(bytes_.data());
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    eval::RawColumn& column = batch.columns[index];
    column.kinds = static_cast<std::uint8_t>(outputs_[index].kinds);
    if (!table_.columns()[index].becomes_real || (column.kinds & kind_bit(CellClass::integer)) == 0) continue;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (column.classes[row] != CellClass::integer) continue;
      const auto real = static_cast<double>(column.bits[row]);
      std::memcpy(&column.bits[row], &real, sizeof real);
      column.classes[row] = CellClass::real;
    }
    column.kinds =
        static_cast<std::uint8_t>((column.kinds & ~kind_bit(CellClass::integer)) | kind_bit(CellClass::real));
  }
}

void PageRecords::fill(eval::Batch& batch, std::size_t limit) {
  while (batch.rows < limit && more()) {
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(cells_, cell_ + (limit - batch.rows)));
    for (; cell_ < end; ++cell_) {
      const Record found = record(cell_);
      for (const std::uint32_t index : row_id_columns_) {
        outputs_[index].bits[batch.rows] = found.row_id;
        outputs_[index].classes[batch.rows] = CellClass::integer;
        outputs_[index].kinds = kind_bit(CellClass::integer);
      }
      if (decode(found, batch.rows) != 0) decode_spilled(found, batch.rows);
      ++batch.rows;
    }
  }
}

/// How much of a payload lies in the cell itself: the file format's rule.
std::uint32_t PageRecords::local_size(std::uint32_t payload) const {
  const std::uint32_t most = usable_ - 35, least = (usable_ - 12) * 32 / 255 - 23;
  if (payload <= most) return payload;
  const std::uint32_t fitting = least + (payload - least) % (usable_ - 4);
  return fitting <= most ? fitting : least;
}

PageRecords::Record PageRecords::record(std::uint32_t cell) {
  const std::uint32_t start = big_endian16(data_ + kLeafHeader + 2 * cell);
  if (start < kLeafHeader + 2 * cells_ || start >= usable_) unusual_page();
  const std::uint8_t *at = data_ + start, *const end = data_ + usable_;
  Record found;
  std::uint64_t size = *at++;
  if (size >= 0x80) size = read_varint(--at, end);
  found.row_id = static_cast<std::int64_t>(read_varint(at, end));
  if (size == 0 || size > kLargestPayload) unusual_page();
  found.size = static_cast<std::uint32_t>(size);
  found.available = local_size(found.size);
  found.payload = at;
  const std::uint32_t tail = found.complete() ? 0 : 4;  // the number of the next page
  if (found.available + tail > static_cast<std::uint32_t>(end - at)) unusual_page();
  return found;
}

std::uint32_t PageRecords::decode(const Record& record, std::size_t row) {
  const auto& wanted = table_.wanted();
  const std::uint8_t* const payload = record.payload;
  const std::uint8_t* at = payload;
  const std::uint64_t header = read_varint(at, payload + record.available);
  if (header > record.size || header < static_cast<std::uint64_t>(at - payload)) unusual_page();
  if (header > record.available) return static_cast<std::uint32_t>(header);
  const std::uint8_t* const header_end = payload + header;
  std::uint64_t body = header;
  const auto places = static_cast<std::uint32_t>(wanted.size());
  std::uint32_t place = 0;
  for (; place < places && at < header_end; ++place) {
    std::uint64_t type = *at++, bytes;
    if (type < 0x80) {
      bytes = kBytes[type];
    } else {
      type = read_varint(--at, header_end);
      if (type < kTexts) {  // a longer form than needed
        bytes = kBytes[type];
      } else {
        bytes = (type - kTexts) / 2;
      }
    }
    const std::uint64_t end = body + bytes;
    if (end > record.available) {
      if (end > record.size) unusual_page();
      if (wanted[place] >= 0) return static_cast<std::uint32_t>(end);
    }
    if (wanted[place] >= 0) {
      Output& output = outputs_[static_cast<std::size_t>(wanted[place])];
      if (type >= kTexts) {
        const CellClass cell_class = (type & 1) != 0 ? CellClass::text : CellClass::blob;
        output.classes[row] = cell_class;
        output.kinds |= kind_bit(cell_class);
        output.bits[row] = static_cast<std::int64_t>(offset_of(payload + body));
        output.lengths[row] = static_cast<std::uint32_t>(bytes);
      } else {
        if (type >= kNumbers.size()) unusual_page();
        const NumberType& number = kNumbers[type];
        output.classes[row] = number.cell_class;
        output.kinds |= kind_bit(number.cell_class);
        output.bits[row] = number.stored ? stored_number(payload + body, number.shift) : number.constant;
      }
    }
    body = end;
  }
  // At the end of the header all bytes of the payload must be accounted for.
  if (at >= header_end && (at > header_end || body != record.size)) unusual_page();
  if (place < places) fill_missing(place, row);
  return 0;
}

/// Puts together as much of a payload on overflow pages as the wanted columns need, and decodes that.
void PageRecords::decode_spilled(Record record, std::size_t row) {
  const std::uint32_t content = usable_ - 4;
  const std::size_t start = used_;
  std::uint32_t next = big_endian32(record.payload + record.available);
  const std::size_t offset = offset_of(record.payload);
  const auto room = [&](std::size_t end) {
    if (bytes_.size() >= end + kPadding) return;
    const std::size_t page = static_cast<std::size_t>(data_ - bytes_.data());
    bytes_.resize(std::max(end + kPadding, bytes_.size() * 3 / 2));
    data_ = bytes_.data() + page;
  };
  room(start + record.available);
  std::memcpy(bytes_.data() + start, bytes_.data() + offset, record.available);
  used_ = start + record.available;
  std::vector<std::uint8_t> page(page_size_);
  for (;;) {
    record.payload = bytes_.data() + start;
    const std::uint32_t needed = decode(record, row);
    if (needed == 0) return;
    if (needed > std::uint64_t{table_.file().pages()} * page_size_) unusual_page();
    while (record.available < needed) {
      table_.file().read(next, 1, page.data());
      const std::uint32_t part = std::min(content, record.size - record.available);
      room(used_ + part);
      std::memcpy(bytes_.data() + used_, page.data() + 4, part);
      used_ += part;
      record.available += part;
      next = big_endian32(page.data());
    }
  }
}

/// A row written before columns were added has their defaults.
void PageRecords::fill_missing(std::uint32_t from_place, std::size_t row) {
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    const PageColumn& column = table_.columns()[index];
    if (column.is_row_id || column.place < from_place) continue;
    Output& output = outputs_[index];
    output.classes[row] = column.default_class;
    output.kinds |= kind_bit(column.default_class);
    output.bits[row] = column.default_bits;
    if (column.default_class != CellClass::text && column.default_class != CellClass::blob) continue;
    const std::size_t length = column.default_text.size(), page = static_cast<std::size_t>(data_ - bytes_.data());
    if (bytes_.size() < used_ + length + kPadding)
      bytes_.resize(std::max(used_ + length + kPadding, bytes_.size() * 3 / 2));
    data_ = bytes_.data() + page;
    std::memcpy(bytes_.data() + used_, column.default_text.data(), length);
    output.bits[row] = static_cast<std::int64_t>(used_);
    output.lengths[row] = static_cast<std::uint32_t>(length);
    used_ += length;
  }
}

}  // namespace kpi::storage
