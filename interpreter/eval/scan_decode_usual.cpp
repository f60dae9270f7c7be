// Decoding whole columns in their usual form: all cells integers, or all texts; times as `2026-07-03 10:00:00`. The
// same values as cell by cell, a few instructions for each; at the first cell that is different the column is left to
// that.
#include <algorithm>
#include <bit>
#include <cstring>

#include "interpreter/eval/scan_decode.hpp"

namespace kpi::eval::scanning {

namespace {

std::uint64_t word_at(const char* text) {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

/// Keeps the first 0 to 8 bytes of a word.
constexpr std::array<std::uint64_t, 9> kFirstBytes{0,
                                                   0xFF,
                                                   0xFFFF,
                                                   0xFF'FFFF,
                                                   0xFFFF'FFFF,
                                                   0xFF'FFFF'FFFF,
                                                   0xFFFF'FFFF'FFFF,
                                                   0xFF'FFFF'FFFF'FFFF,
                                                   0xFFFF'FFFF'FFFF'FFFF};

/// Where a text of at most sixteen bytes is remembered among 256.
std::uint64_t text_slot(std::uint64_t word, std::uint64_t more, std::uint64_t length) {
  return (word ^ (more + length) * 0x9E3779B97F4A7C15ULL) * 0xBF58476D1CE4E5B9ULL >> 56;
}

/// Seconds of `HH:MM:SS`, or -1. Eight characters at once, the first one in the lowest byte.
std::int64_t seconds_of_day(std::uint64_t word) {
  const std::uint64_t digits = word ^ 0x3030'3A30'303A'3030;  // "00:00:00"
  constexpr std::uint64_t kColons = 0x0000'FF00'00FF'0000, kHigh = 0xF0F0'FFF0'F0FF'F0F0, kSix = 0x0606'0006'0600'0606;
  if (((digits | ((digits & ~kColons) + kSix)) & kHigh) != 0) return -1;
  const std::uint64_t pairs = digits * 10 + (digits >> 8);  // no byte carries
  const auto hour = static_cast<std::int64_t>(pairs & 0xFF), minute = static_cast<std::int64_t>(pairs >> 24 & 0xFF);
  const auto second = static_cast<std::int64_t>(pairs >> 48 & 0xFF);
  return hour < 24 && minute < 60 && second < 60 ? hour * 3'600 + minute * 60 + second : -1;
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "words of text are compared with the first byte lowest");

bool Decoder::decode_usual(const Batch& batch, Input& input, Table& table, Column& out) {
  out.scale = 0;
  out.any_absent = false;
  out.wide.clear();
  out.values.resize(batch.rows);
  switch (input.rep) {
    case Rep::text:
      return usual_texts(batch, input, out);
    case Rep::entity:
    case Rep::event:
      return usual_references(batch, input, out);
    case Rep::number:
      return usual_numbers(batch, input, table, out);
    case Rep::instant:
      return usual_times(batch, input, table, out);
    case Rep::boolean:
      return usual_booleans(batch, input, out);
    default:
      return false;
  }
}

/// With a memory of short texts, which often come again. Sixteen bytes can be read at any text of a batch.
Code Decoder::text_code(std::string_view text, Input& input) {
  if (text.size() > 16) return world_.pool.code(text);
  const std::uint64_t word = word_at(text.data()) & kFirstBytes[std::min<std::size_t>(text.size(), 8)];
  const std::uint64_t more = text.size() > 8 ? word_at(text.data() + 8) & kFirstBytes[text.size() - 8] : 0;
  TextCache& cached = input.texts[text_slot(word, more, text.size())];
  if (cached.word != word || cached.more != more || cached.length != text.size()) {
    cached = {word, more, static_cast<std::uint32_t>(text.size()), world_.pool.code(text)};
  }
  return cached.code;
}

bool Decoder::usual_texts(const Batch& batch, Input& input, Column& out) {
  const RawColumn& raw = batch.columns[input.column];
  if (!raw.only(CellClass::text)) return false;
  const char* const base = batch.base != nullptr ? batch.base : batch.bytes.data();
  const auto lengths = std::span(raw.lengths).first(batch.rows);
  if (input.decl->key && std::find(lengths.begin(), lengths.end(), 0U) != lengths.end()) return false;  // an error
  for (std::size_t row = 0; row < batch.rows; ++row) {
    const char* const text = base + raw.bits[row];
    const std::uint32_t length = raw.lengths[row];
    if (length <= 8) {
      const std::uint64_t word = word_at(text) & kFirstBytes[length];
      const TextCache& cached = input.texts[text_slot(word, 0, length)];
      if (cached.word == word && cached.length == length) {
        out.values[row] = cached.code;
        continue;
      }
    }
    out.values[row] = text_code({text, length}, input);
  }
  return true;
}

bool Decoder::usual_references(const Batch& batch, const Input& input, Column& out) {
  const RawColumn& raw = batch.columns[input.column];
  if (!raw.only(CellClass::integer)) return false;
  const KeyIndex& index =
      input.rep == Rep::event ? world_.kept[input.target].index : world_.entities[input.target].index;
  const std::span<const std::uint32_t> rows = index.small_codes();
  bool all = true;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    const std::uint64_t code = static_cast<std::uint64_t>(raw.bits[row]) * 2;  // see TextPool
    const bool is_small = static_cast<std::uint64_t>(raw.bits[row]) < rows.size() && code < rows.size();
    const std::uint32_t target = is_small ? rows[code] : kNoRow;
    all &= target != kNoRow;
    out.values[row] = target;
  }
  return all;
}

bool Decoder::usual_booleans(const Batch& batch, const Input& input, Column& out) {
  const RawColumn& raw = batch.columns[input.column];
  if (!raw.only(CellClass::integer)) return false;
  std::int64_t used = 0;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    used |= raw.bits[row];
    out.values[row] = raw.bits[row];
  }
  return (used & ~std::int64_t{1}) == 0;
}

const Decoder::MinorDigits& Decoder::minor_digits_of(FieldId currency, const Table& table) {
  MinorDigits& found = minor_digits_[currency];
  if (found.known) return found;
  found.known = true;
  const Column& codes = table.column(currency);
  found.powers.resize(table.rows);
  const std::int64_t* const values = codes.values.data();
  std::int64_t* const powers = found.powers.data();
  MinorDigits::Cached* const cache = found.cache.data();
  bool complete = !codes.any_absent;
  int least = 0xFF, most = 0;
  for (std::size_t row = 0, end = table.rows; row < end; ++row) {
    const Code code = values[row];
    MinorDigits::Cached& cached = cache[static_cast<std::uint64_t>(code) / 2 & 63];
    if (cached.code != code) {
      const int digits = world_.currencies.minor_digits(code);
      cached = {code, digits, world_.currencies.find(code).has_value()};
    }
    complete &= cached.is_currency;
    powers[row] = cached.digits;
    least = std::min(least, cached.digits);
    most = std::max(most, cached.digits);
  }
  found.complete = complete;
  found.least = least;
  found.most = most;
  for (std::int64_t& power : found.powers) power = kPowers[most - static_cast<int>(power)];
  return found;
}

bool Decoder::usual_numbers(const Batch& batch, const Input& input, const Table& table, Column& out) {
  const RawColumn& raw = batch.columns[input.column];
  if (!raw.only(CellClass::integer) || batch.rows == 0) return false;
  const MinorDigits* digits = nullptr;
  if (input.decl->currency_field.valid()) {
    digits = &minor_digits_of(input.decl->currency_field, table);
    if (!digits->complete) return false;
    if (!input.decl->minor_units) digits = nullptr;
  }
  out.scale = digits != nullptr ? digits->most : input.decl->minor_units ? input.fixed_digits : 0;
  std::int64_t most = input.factor;
  const bool mixed = digits != nullptr && digits->least != digits->most;
  if (mixed && __builtin_mul_overflow(most, kPowers[digits->most - digits->least], &most)) return false;
  if (most == 1) {
    std::memcpy(out.values.data(), raw.bits.data(), batch.rows * sizeof(std::int64_t));
    return true;
  }
  // One test for all rows: the bits that any number uses, negative ones turned over.
  std::uint64_t used = 0;
  for (std::size_t row = 0; row < batch.rows; ++row)
    used |= static_cast<std::uint64_t>(raw.bits[row] ^ (raw.bits[row] >> 63));
  if (used >= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / most)) return false;
  if (!mixed) {
    for (std::size_t row = 0; row < batch.rows; ++row) out.values[row] = raw.bits[row] * most;
    return true;
  }
  const std::int64_t* const powers = digits->powers.data();
  const std::int64_t* const bits = raw.bits.data();
  std::int64_t* const values = out.values.data();
  if (input.factor == 1) {
    for (std::size_t row = 0, end = batch.rows; row < end; ++row) values[row] = bits[row] * powers[row];
  } else {
    for (std::size_t row = 0, end = batch.rows; row < end; ++row) values[row] = bits[row] * (input.factor * powers[row]);
  }
  return true;
}

bool Decoder::usual_times(const Batch& batch, Input& input, Table& table, Column& out) {
  const RawColumn& raw = batch.columns[input.column];
  if (!raw.only(CellClass::text) || (events_ != nullptr && events_->zone_field.has_value())) return false;
  ZoneClock& zone = clock(events_ != nullptr && events_->zone != nullptr ? *events_->zone : world_.zone());
  const bool is_event_time = events_ != nullptr && input.field == events_->time;
  if (is_event_time) table.days.clear(batch.rows);
  std::int64_t* const days = is_event_time ? table.days.values.data() : nullptr;
  const char* const base = batch.base != nullptr ? batch.base : batch.bytes.data();
  UsualDay& last = input.usual_day;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.lengths[row] != 19) return false;
    const char* const text = base + raw.bits[row];
    const std::uint64_t start = word_at(text), rest = word_at(text + 8) & kFirstBytes[3];
    if (start != last.start || rest != last.rest || last.clock != &zone) {
      if (text[10] != ' ' && text[10] != 'T') return false;
      const auto date = Date::parse({text, 10});
      std::int64_t midnight = 0;
      if (!date || !zone.is_uniform(date->days, midnight)) return false;
      last = {start, rest, &zone, midnight, date->days};
    }
    const std::int64_t seconds = seconds_of_day(word_at(text + 11));
    if (seconds < 0) return false;
    out.values[row] = last.midnight + seconds * value::kMicrosPerSecond;
    if (days != nullptr) days[row] = last.day;
  }
  days_are_known_ = is_event_time;
  return true;
}

}  // namespace kpi::eval::scanning
