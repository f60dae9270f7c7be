#include "interpreter/storage/page_records.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "interpreter/storage/page_tree.hpp"

namespace kpi::storage {

using eval::CellClass;

namespace {

constexpr std::size_t kPadding = 80;  // a header of the most words and a number can be read from any byte on
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

inline std::uint64_t word_at(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080U;
constexpr unsigned kTextKinds =
    1U << static_cast<unsigned>(CellClass::text) | 1U << static_cast<unsigned>(CellClass::blob);

}  // namespace

static_assert(std::endian::native == std::endian::little,
              "bytes of headers are found in words with the first byte lowest");

PageRecords::PageRecords(const PageTable& table)
    : table_(table),
      page_size_(table.file().page_size()),
      usable_(table.file().usable()),
      outputs_(table.columns().size()),
      places_(static_cast<std::uint32_t>(table.wanted().size())) {
  for (std::uint32_t index = 0; index < table.columns().size(); ++index) {
    if (table.columns()[index].is_row_id) row_id_columns_.push_back(index);
  }
  if (places_ > kMostPlaces) return;
  words_ = places_ / 8 + 1;  // with the length of the header
  last_word_mask_ = ~std::uint64_t{0} >> (56 - 8 * (places_ % 8));
  slots_.resize(std::size_t{1} << kSlotBits);
  shape_fields_.reserve(kMostShapes * outputs_.size());
  shape_classes_.reserve(kMostShapes * outputs_.size());
  payloads_.resize(kBlockRows);
  row_fields_.resize(kBlockRows);
  row_classes_.resize(kBlockRows);
  own_fields_.resize(kBlockRows * outputs_.size());
  own_classes_.resize(kBlockRows * outputs_.size());
}

PageRecords::~PageRecords() = default;

void PageRecords::load(std::size_t first, std::size_t last) {
  const auto& leaves = table_.leaves();
  page_ = loaded_ = 0;
  cells_ = cell_ = 0;
  const std::size_t whole = (last - first) * page_size_ + kPadding;
  if (bytes_.size() < whole) bytes_.resize(whole);
  for (std::size_t run = first; run < last;) {  // neighbours in the file are read at once
    std::size_t end = run + 1;
    while (end < last && leaves[end] == leaves[end - 1] + 1) ++end;
    table_.file().read(leaves[run], static_cast<std::uint32_t>(end - run), bytes_.data() + (run - first) * page_size_);
    run = end;
  }
  loaded_ = last - first;
  if (other_rows_ > known_rows_ / 4) {  // other headers have become usual
    std::fill(slots_.begin(), slots_.end(), std::uint16_t{0});
    shapes_.clear();
    keys_.clear();
    shape_fields_.clear();
    shape_classes_.clear();
    known_rows_ = other_rows_ = 0;
  }
}

bool PageRecords::open_page() {
  if (page_ == loaded_) return false;
  data_ = bytes_.data() + page_++ * page_size_;
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
  ++batch_;
  masked_ = 0;
  batch.base = nullptr;
  batch.columns.resize(outputs_.size());
  extra_.clear();
  base_ = bytes_.data();
  if (base_ == nullptr) base_ = reinterpret_cast<const std::uint8_t*>(this);
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    eval::RawColumn& column = batch.columns[index];
    if (column.classes.size() < limit) {
      column.classes.resize(limit);
      column.bits.resize(limit);
      column.lengths.resize(limit);
    }
    outputs_[index] = {column.classes.data(), column.bits.data(), column.lengths.data(), 0, 0, false};
  }
}

void PageRecords::finish(eval::Batch& batch) {
  for (Output& output : outputs_) {
    if (batch.rows > 0) write_classes_from(output, batch.rows);
  }
  if (!extra_.empty()) {
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
  switch (words_) {  // headers of up to 15 fields are kept in registers
    case 1:
      return fill_batch<1>(batch, limit);
    case 2:
      return fill_batch<2>(batch, limit);
    default:
      return fill_batch<0>(batch, limit);
  }
}

/// `kWords` is words_, or 0 where that is another number.
template <std::uint32_t kWords>
void PageRecords::fill_batch(eval::Batch& batch, std::size_t limit) {
  std::size_t first_row = batch.rows;  // of the block
  while (batch.rows < limit && more()) {
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(cells_, cell_ + (limit - batch.rows)));
    for (; cell_ < end; ++cell_) {
      const Record found = record(cell_);
      for (const std::uint32_t index : row_id_columns_) outputs_[index].bits[batch.rows] = found.row_id;
      if (split<kWords>(found)) {
        ++batch.rows;
        if (block_rows_ < kBlockRows) continue;
        finish_block(first_row);
      } else {
        finish_block(first_row);
        decode_one(found, batch.rows++);
      }
      first_row = batch.rows;
    }
  }
  finish_block(first_row);
}

/// Finds where the record's fields lie; false when it is not in the usual form: a header of single bytes with all
/// wanted fields, and these in the page itself.
template <std::uint32_t kWords>
inline bool PageRecords::split(const Record& record) {
  const std::uint8_t* const header = record.payload;
  const std::uint32_t header_bytes = header[0];
  if (header_bytes >= 0x80 || header_bytes <= places_ || header_bytes > record.available || words_ == 0) return false;
  const std::uint32_t words = kWords != 0 ? kWords : words_;
  std::uint64_t key[kWords != 0 ? kWords : kMostWords], hash = 0, used = 0;
  for (std::uint32_t word = 0; word < words; ++word) {
    key[word] = word_at(header + 8 * word);
    if (word + 1 == words) key[word] &= last_word_mask_;
    used |= key[word];
    hash = (hash ^ key[word]) * 0x9E37'79B9'7F4A'7C15U;
  }
  if ((used & kHighBits) != 0) return false;
  Shape* shape = known_shape<kWords>(key, hash, header);
  Shape own;
  if (shape == nullptr) {
    const std::size_t start = block_rows_ * outputs_.size();
    own = build(header, own_fields_.data() + start, own_classes_.data() + start);
    shape = &own;
    ++other_rows_;
  }
  if (shape->body_end > record.available) return false;
  if (shape->is_whole && shape->body_end != record.size) unusual_page();
  if (shape->batch != batch_) {
    shape->batch = batch_;
    masked_ |= shape->masked;
    for (std::size_t index = 0; index < outputs_.size(); ++index)
      outputs_[index].kinds |= kind_bit(shape->classes[index]);
  }
  payloads_[block_rows_] = header;
  row_fields_[block_rows_] = shape->fields;
  row_classes_[block_rows_] = shape->classes;
  ++block_rows_;
  return true;
}

/// The shape of records with this header, made when it is new; null when there are too many.
template <std::uint32_t kWords>
inline PageRecords::Shape* PageRecords::known_shape(const std::uint64_t* key, std::uint64_t hash,
                                                    const std::uint8_t* header) {
  const std::uint32_t words = kWords != 0 ? kWords : words_;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash >> (64 - kSlotBits);
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::size_t number = slots_[slot] - 1U;
    // Word by word: what has just been written in words is not yet there for a wider comparison.
    const std::uint64_t* const known = keys_.data() + number * words;
    std::uint32_t word = 0;
    while (word < words && key[word] == known[word]) ++word;
    if (word == words) return &shapes_[number];
  }
  return new_shape(slot, key, header);
}

PageRecords::Shape* PageRecords::new_shape(std::size_t slot, const std::uint64_t* key, const std::uint8_t* header) {
  if (shapes_.size() == kMostShapes) return nullptr;
  const std::size_t start = shape_fields_.size();
  shape_fields_.resize(start + outputs_.size());
  shape_classes_.resize(start + outputs_.size());
  shapes_.push_back(build(header, shape_fields_.data() + start, shape_classes_.data() + start));
  keys_.insert(keys_.end(), key, key + words_);
  slots_[slot] = static_cast<std::uint16_t>(shapes_.size());
  return &shapes_.back();
}

PageRecords::Shape PageRecords::build(const std::uint8_t* header, Field* fields, CellClass* classes) const {
  const auto& wanted = table_.wanted();
  for (const std::uint32_t index : row_id_columns_) {
    fields[index] = {0, 0};
    classes[index] = CellClass::integer;
  }
  std::uint32_t body = header[0];
  std::uint64_t masked = 0;
  for (std::uint32_t place = 0; place < places_; ++place) {
    const std::uint8_t type = header[1 + place];
    const auto start = static_cast<std::uint16_t>(body);
    body += kBytes[type];
    if (wanted[place] < 0) continue;
    Field& field = fields[wanted[place]];
    CellClass& cell_class = classes[wanted[place]];
    if (type >= kTexts) {
      field = {start, kBytes[type]};
      cell_class = type % 2 == 1 ? CellClass::text : CellClass::blob;
      continue;
    }
    if (type >= kNumbers.size()) unusual_page();
    const NumberType& number = kNumbers[type];
    cell_class = number.cell_class;
    if (!number.stored) masked |= std::uint64_t{1} << wanted[place];  // there are at most kMostPlaces
    if (number.stored) {
      field = {start, static_cast<std::uint16_t>(0xFF00 | number.shift)};
    } else if (number.cell_class == CellClass::integer) {  // types 8 and 9 mean 0 and 1: their lowest bit
      field = {static_cast<std::uint16_t>(1 + place), 0x0100 | 56};
    } else {
      field = {start, 0};
    }
  }
  return {fields, classes, body, 0, header[0] == places_ + 1, masked};
}

/// From this row on classes are written row by row; the rows before are of one class.
void PageRecords::write_classes_from(Output& output, std::size_t row) {
  if (output.has_classes) return;
  output.has_classes = true;
  if (row == 0) return;
  const auto the_class = static_cast<CellClass>(std::countr_zero(output.earlier_kinds));
  std::fill(output.classes, output.classes + row, the_class);
}

void PageRecords::finish_block(std::size_t first_row) {
  if (block_rows_ == 0) return;
  const std::uint8_t* const* const payloads = payloads_.data();
  const Field* const* const row_fields = row_fields_.data();
  const std::size_t rows = block_rows_;
  known_rows_ += rows;
  const auto number = [&](std::size_t row, Field field) {
    const auto mask = static_cast<std::int8_t>(field.how >> 8);
    return stored_number(payloads[row] + field.offset, field.how & 0xFF) & mask;
  };
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    Output& output = outputs_[index];
    const unsigned kinds = output.kinds;
    if ((kinds & (kinds - 1)) != 0) write_classes_from(output, first_row);
    output.earlier_kinds = kinds;
    if (output.has_classes) {
      CellClass* const classes = output.classes + first_row;
      for (std::size_t row = 0; row < rows; ++row) classes[row] = row_classes_[row][index];
    }
    if (table_.columns()[index].is_row_id) continue;
    std::int64_t* const bits = output.bits + first_row;
    std::uint32_t* const lengths = output.lengths + first_row;
    if ((kinds & kTextKinds) == 0 && (masked_ >> index & 1) == 0) {
      for (std::size_t row = 0; row < rows; ++row) {
        const Field field = row_fields[row][index];
        bits[row] = stored_number(payloads[row] + field.offset, field.how & 0xFF);
      }
    } else if ((kinds & kTextKinds) == 0) {
      for (std::size_t row = 0; row < rows; ++row) bits[row] = number(row, row_fields[row][index]);
    } else if ((kinds & ~kTextKinds) == 0) {
      for (std::size_t row = 0; row < rows; ++row) {
        const Field field = row_fields[row][index];
        bits[row] = offset_of(payloads[row] + field.offset);
        lengths[row] = field.how;
      }
    } else {
      for (std::size_t row = 0; row < rows; ++row) {
        const Field field = row_fields[row][index];
        const CellClass cell_class = output.classes[first_row + row];
        const bool is_text = cell_class == CellClass::text || cell_class == CellClass::blob;
        bits[row] = is_text ? offset_of(payloads[row] + field.offset) : number(row, field);
        lengths[row] = field.how;
      }
    }
  }
  block_rows_ = 0;
}

void PageRecords::decode_one(const Record& record, std::size_t row) {
  for (std::size_t index = 0; index < outputs_.size(); ++index) {
    Output& output = outputs_[index];
    output.earlier_kinds = output.kinds;
    write_classes_from(output, row);
    if (!table_.columns()[index].is_row_id) continue;
    output.classes[row] = CellClass::integer;
    output.kinds |= kind_bit(CellClass::integer);
  }
  if (decode(record, row) != 0) decode_spilled(record, row);
}

/// How much of a payload lies in the cell itself: the file format's rule.
std::uint32_t PageRecords::local_size(std::uint32_t payload) const {
  const std::uint32_t most = usable_ - 35, least = (usable_ - 12) * 32 / 255 - 23;
  if (payload <= most) return payload;
  const std::uint32_t fitting = least + (payload - least) % (usable_ - 4);
  return fitting <= most ? fitting : least;
}

/// Short records, whose size takes one byte, are found without loops.
inline PageRecords::Record PageRecords::record(std::uint32_t cell) const {
  constexpr std::uint32_t kLongestRowId = 9;
  const std::uint32_t start = big_endian16(data_ + kLeafHeader + 2 * cell);
  const std::uint8_t* const at = data_ + start;
  if (start < kLeafHeader + 2 * cells_ || start + 1 + kLongestRowId > usable_) return unusual_record(cell);
  const std::uint32_t size = at[0];
  const std::uint64_t row_id = word_at(at + 1), ends = ~row_id & kHighBits;
  if (size == 0 || size >= 0x80 || ends == 0 || !row_id_columns_.empty()) return unusual_record(cell);
  const std::uint8_t* const payload = at + 2 + static_cast<unsigned>(std::countr_zero(ends)) / 8;
  if (payload + size > data_ + usable_) unusual_page();
  return {payload, size, size, 0};  // it fits in any page
}

PageRecords::Record PageRecords::unusual_record(std::uint32_t cell) const {
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
