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
constexpr std::uint32_t kCacheLine = 64;
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

/// The same without branches, for each serial type of one byte: the number is shifted, masked, and joined with a
/// constant.
struct FieldType {
  std::int64_t mask;
  std::int64_t constant;
  std::uint8_t shift;
  std::uint8_t kind;  // a bit of RawColumn::kinds, or kReserved
  CellClass cell_class;
};
constexpr unsigned kReserved = 0x80;
constexpr std::array<FieldType, 128> kFields = [] {
  std::array<FieldType, 128> fields{};
  for (std::size_t type = 0; type < fields.size(); ++type) {
    FieldType& field = fields[type];
    if (type >= kTexts) {
      field.cell_class = type % 2 == 1 ? CellClass::text : CellClass::blob;
    } else if (type < kNumbers.size()) {
      field = {kNumbers[type].stored ? -1 : 0, kNumbers[type].constant, kNumbers[type].shift, 0,
               kNumbers[type].cell_class};
    }
    const bool reserved = type >= kNumbers.size() && type < kTexts;
    field.kind = static_cast<std::uint8_t>(reserved ? kReserved : 1U << static_cast<unsigned>(field.cell_class));
  }
  return fields;
}();

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
      outputs_(table.columns().size()),
      places_(static_cast<std::uint32_t>(table.wanted().size())) {
  for (std::uint32_t index = 0; index < table.columns().size(); ++index) {
    if (table.columns()[index].is_row_id) row_id_columns_.push_back(index);
  }
  types_.resize(std::size_t{kBlockRows} * places_);
  offsets_.resize(std::size_t{kBlockRows} * places_);
}

PageRecords::~PageRecords() {
  try {
    load(0, 0);
  } catch (const UnusualPage&) {  // no page is loaded, so none is looked at
  }
}

void PageRecords::load(std::size_t first, std::size_t last) {
  const auto& leaves = table_.leaves();
  const auto each_run = [&](std::size_t from, std::size_t to, auto visit) {  // neighbours in the file belong together
    for (std::size_t run = from; run < to;) {
      std::size_t end = run + 1;
      while (end < to && leaves[end] == leaves[end - 1] + 1) ++end;
      visit(run, static_cast<std::uint32_t>(end - run));
      run = end;
    }
  };
  each_run(first_leaf_, last_leaf_,
           [&](std::size_t run, std::uint32_t count) { table_.file().release(leaves[run], count); });
  first_leaf_ = last_leaf_ = first;
  page_ = 0;
  cells_ = cell_ = 0;
  pages_.clear();
  std::size_t used = 0;
  bool any_mapped = false;
  each_run(first, last, [&](std::size_t run, std::uint32_t count) {
    const std::uint8_t* at = table_.file().mapped(leaves[run], count);
    if (at == nullptr) {
      const std::size_t whole = (last - first) * page_size_ + kPadding;
      if (bytes_.size() < whole) bytes_.resize(whole);
      table_.file().read(leaves[run], count, bytes_.data() + used);
      at = bytes_.data() + used;
      used += std::size_t{count} * page_size_;
    } else {
      last_leaf_ = run + count;
      any_mapped = true;
    }
    for (std::uint32_t page = 0; page < count; ++page) pages_.push_back(at + std::size_t{page} * page_size_);
  });
  is_mixed_ = any_mapped && used > 0;
}

bool PageRecords::open_page() {
  if (page_ == pages_.size()) return false;
  data_ = pages_[page_++];
  cell_ = 0;
  cells_ = big_endian16(data_ + 3);
  ahead_ = page_ < pages_.size() ? pages_[page_] : data_;
  ahead_step_ = cells_ == 0 ? page_size_ : page_size_ / cells_ + 1;
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
  extra_.clear();
  base_ = pages_.empty() ? bytes_.data() : pages_.front();
  if (base_ == nullptr) base_ = reinterpret_cast<const std::uint8_t*>(this);
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
  if (!extra_.empty() || is_mixed_) {
    gather_texts(batch);
  } else {
    batch.base = reinterpret_cast<const char*>(base_);
  }
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

/// Texts that do not all lie in one piece of memory are put together in the batch's own.
void PageRecords::gather_texts(eval::Batch& batch) {
  batch.bytes.clear();
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    eval::RawColumn& column = batch.columns[index];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (column.classes[row] != CellClass::text && column.classes[row] != CellClass::blob) continue;
      const auto* text = reinterpret_cast<const char*>(address_of(column.bits[row]));
      column.bits[row] = static_cast<std::int64_t>(batch.bytes.size());
      batch.bytes.insert(batch.bytes.end(), text, text + column.lengths[row]);
    }
  }
  batch.bytes.resize(batch.bytes.size() + kPadding);
}

/// Records in the usual form are split first, block by block, and their fields then read column by column, where each
/// step is the same for all rows.
void PageRecords::fill(eval::Batch& batch, std::size_t limit) {
  while (batch.rows < limit && more()) {
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(cells_, cell_ + (limit - batch.rows)));
    std::size_t first_row = batch.rows;
    block_rows_ = 0;
    for (; cell_ < end; ++cell_) {
      const Record found = record(cell_);
      for (const std::uint32_t index : row_id_columns_) {
        outputs_[index].bits[batch.rows] = found.row_id;
        outputs_[index].classes[batch.rows] = CellClass::integer;
        outputs_[index].kinds = kind_bit(CellClass::integer);
      }
      if (split(found)) {
        ++batch.rows;
        if (block_rows_ < kBlockRows) continue;
        finish_block(first_row);
      } else {
        finish_block(first_row);
        decode_one(found, batch.rows++);
      }
      first_row = batch.rows;
    }
    finish_block(first_row);
  }
}

/// Notes types and offsets of the record's fields; false when it is not in the usual form: a header of single bytes
/// with all wanted fields, and these in the page itself.
bool PageRecords::split(const Record& record) {
  const std::uint8_t* const header = record.payload;
  const std::uint32_t header_bytes = header[0];
  if (header_bytes >= 0x80 || header_bytes <= places_ || header_bytes > record.available || places_ > kMostPlaces)
    return false;
  const std::size_t start = std::size_t{block_rows_} * places_;
  std::uint8_t* const types = types_.data() + start;
  std::int64_t* const offsets = offsets_.data() + start;
  std::uint32_t body = header_bytes;
  const std::int64_t first = offset_of(header);
  unsigned wide = 0;
  for (std::uint32_t place = 0; place < places_; ++place) {
    const std::uint8_t type = header[1 + place];
    wide |= type;
    types[place] = type;
    offsets[place] = first + body;
    body += kBytes[type & 0x7F];
  }
  if (wide >= 0x80 || body > record.available) return false;
  if (header_bytes == places_ + 1 && body != record.size) unusual_page();
  ++block_rows_;
  return true;
}

void PageRecords::finish_block(std::size_t first_row) {
  const auto& wanted = table_.wanted();
  for (std::uint32_t place = 0; place < places_ && block_rows_ > 0; ++place) {
    if (wanted[place] < 0) continue;
    Output& output = outputs_[static_cast<std::size_t>(wanted[place])];
    const std::uint8_t* const types = types_.data() + place;
    const std::int64_t* const offsets = offsets_.data() + place;
    CellClass* const classes = output.classes + first_row;
    std::int64_t* const bits = output.bits + first_row;
    std::uint32_t* const lengths = output.lengths + first_row;
    unsigned kinds = 0;
    for (std::size_t row = 0; row < block_rows_; ++row) {
      const std::uint8_t type = types[row * places_];
      const std::int64_t offset = offsets[row * places_];
      const FieldType& field = kFields[type];
      kinds |= field.kind;
      classes[row] = field.cell_class;
      if (type >= kTexts) {
        bits[row] = offset;
        lengths[row] = kBytes[type];
      } else {
        bits[row] = (stored_number(address_of(offset), field.shift) & field.mask) | field.constant;
      }
    }
    if ((kinds & kReserved) != 0) unusual_page();
    output.kinds |= kinds;
  }
  block_rows_ = 0;
}

void PageRecords::decode_one(const Record& record, std::size_t row) {
  if (decode(record, row) != 0) decode_spilled(record, row);
}

/// How much of a payload lies in the cell itself: the file format's rule.
std::uint32_t PageRecords::local_size(std::uint32_t payload) const {
  const std::uint32_t most = usable_ - 35, least = (usable_ - 12) * 32 / 255 - 23;
  if (payload <= most) return payload;
  const std::uint32_t fitting = least + (payload - least) % (usable_ - 4);
  return fitting <= most ? fitting : least;
}

PageRecords::Record PageRecords::record(std::uint32_t cell) const {
  // While this page's rows are read the next page comes into the cache, a part with each row.
  const std::uint8_t* const part = ahead_ + std::size_t{cell} * ahead_step_;
  for (std::uint32_t line = 0; line < ahead_step_; line += kCacheLine) __builtin_prefetch(part + line);
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
        output.bits[row] = offset_of(payload + body);
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

/// Memory that lasts as long as the batch, with room to read further behind it.
std::uint8_t* PageRecords::extra_room(std::size_t bytes) { return extra_.emplace_back(bytes + kPadding).data(); }

/// Puts together as much of a payload on overflow pages as the wanted columns need, and decodes that.
void PageRecords::decode_spilled(Record record, std::size_t row) {
  const std::uint32_t content = usable_ - 4;
  std::uint32_t next = big_endian32(record.payload + record.available);
  std::vector<std::uint8_t> page(page_size_);
  for (std::uint32_t needed = decode(record, row); needed != 0; needed = decode(record, row)) {
    if (needed > std::uint64_t{table_.file().pages()} * page_size_) unusual_page();
    const std::uint32_t missing = needed - record.available;
    const std::uint32_t pages = missing / content + (missing % content != 0 ? 1 : 0);
    std::uint8_t* const whole = extra_room(record.available + std::size_t{pages} * content);
    std::memcpy(whole, record.payload, record.available);
    record.payload = whole;
    while (record.available < needed) {
      table_.file().read(next, 1, page.data());
      const std::uint32_t part = std::min(content, record.size - record.available);
      std::memcpy(whole + record.available, page.data() + 4, part);
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
    std::uint8_t* const text = extra_room(column.default_text.size());
    std::memcpy(text, column.default_text.data(), column.default_text.size());
    output.bits[row] = offset_of(text);
    output.lengths[row] = static_cast<std::uint32_t>(column.default_text.size());
  }
}

}  // namespace kpi::storage
