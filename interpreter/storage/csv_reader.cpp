#include "interpreter/storage/csv_reader.hpp"
#include "grammar/source/diagnostics/data.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kpi::storage {

using source::DiagnosticId;
namespace ids = source::ids;

namespace {

/// A record longer than this is a lost quote, not data.
constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
constexpr std::size_t kLinesLookedAt = 20;  // to find the separator: titles may stand above the header

}  // namespace

CsvReader::CsvReader(std::unique_ptr<ByteInput> input, std::string name, const CsvOptions& options)
    : input_(std::move(input), std::move(name), options.encoding),
      separator_(options.separator),
      plain_quotes_(options.plain_quotes) {
  at_end_ = !input_.append_to(buffer_, 1);
  if (separator_ == '\0') find_separator();
  set_separator(separator_);
}

void CsvReader::set_separator(char separator) {
  separator_ = separator;
  for (const char c : {separator, '\n', '\r'}) ends_cell_[static_cast<unsigned char>(c)] = true;
}

/// The candidate that occurs most often in one of the first lines, outside quotes.
void CsvReader::find_separator() {
  constexpr char kCandidates[] = {',', '\t', ';'};
  std::size_t best[3] = {}, here[3] = {}, lines = 0;
  bool quoted = false;
  for (const char c : buffer_) {
    if (c == '"' && !plain_quotes_) quoted = !quoted;
    if (quoted) continue;
    for (std::size_t i = 0; i != 3; ++i) {
      if (c == kCandidates[i]) best[i] = std::max(best[i], ++here[i]);
    }
    if (c != '\n' && c != '\r') continue;
    std::fill(here, here + 3, 0);
    if (++lines == kLinesLookedAt) break;
  }
  separator_ = kCandidates[std::max_element(best, best + 3) - best];
}

bool CsvReader::refill() {
  if (at_end_) return false;
  if (buffer_.size() - position_ > kMaxRecordBytes) {
    throw failure(ids::csv_record_too_long, {{"file", input_.name()},
                                             {"line", std::to_string(next_line_)},
                                             {"limit", std::to_string(kMaxRecordBytes >> 20)}});
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(position_));
  position_ = 0;
  // A long record is scanned again from its start after each refill, so each one doubles the text.
  const std::size_t wanted = 2 * buffer_.size();
  do {
    at_end_ = !input_.append_to(buffer_, next_line_);
  } while (!at_end_ && buffer_.size() < wanted);
  return true;
}

bool CsvReader::next() {
  for (;;) {
    if (scan_record() == Scan::incomplete) {
      if (!refill()) return false;
      continue;
    }
    record_line_ = next_line_;
    next_line_ += lines_in_record_;
    const bool blank = cells_.size() == 1 && cells_[0].length == 0 && !cells_[0].quoted;
    if (blank) continue;
    for (Cell& cell : cells_) {
      if (cell.escaped) unescape(cell);
    }
    return true;
  }
}

std::size_t CsvReader::end_of_cell(std::size_t position, Ends& ends) const {
  const char* text = buffer_.data();
  const std::size_t end = buffer_.size();
#ifdef __SSE2__
  const __m128i separator = _mm_set1_epi8(separator_), feed = _mm_set1_epi8('\n'), carriage = _mm_set1_epi8('\r');
  for (;;) {
    if (position >= ends.begin && position < ends.end) {
      const std::uint64_t rest = ends.mask >> (position - ends.begin);
      if (rest != 0) return position + static_cast<std::size_t>(std::countr_zero(rest));
      position = ends.end;
    }
    if (position + 64 > end) break;
    ends = {position, position + 64, 0};
    for (unsigned i = 0; i != 4; ++i) {
      const __m128i piece = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + position + 16 * i));
      const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(piece, separator),
                                         _mm_or_si128(_mm_cmpeq_epi8(piece, feed), _mm_cmpeq_epi8(piece, carriage)));
      ends.mask |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(found))} << (16 * i);
    }
  }
#else
  static_cast<void>(ends);
#endif
  while (position != end && !ends_cell_[static_cast<unsigned char>(text[position])]) ++position;
  return position;
}

CsvReader::Scan CsvReader::scan_record() {
  cells_.clear();
  lines_in_record_ = 1;
  const char* text = buffer_.data();
  const std::size_t end = buffer_.size();
  std::size_t position = position_;
  Ends ends;
  if (position == end) return Scan::incomplete;
  for (;;) {
    Cell& cell = cells_.emplace_back();
    cell.begin = position;
    if (!plain_quotes_ && position != end && text[position] == '"') {
      if (!scan_quoted(position, cell, ends)) {
        if (at_end_) fail_unfinished();
        return Scan::incomplete;
      }
    } else {
      position = end_of_cell(position, ends);
      cell.length = position - cell.begin;
    }
    if (position == end) {
      if (!at_end_) return Scan::incomplete;
      position_ = end;  // the last line has no line end
      return Scan::complete;
    }
    if (text[position] == separator_) {
      ++position;
      continue;
    }
    if (text[position] == '\r') {
      if (position + 1 == end && !at_end_) return Scan::incomplete;  // a `\n` may follow
      if (position + 1 != end && text[position + 1] == '\n') ++position;
    }
    position_ = position + 1;
    return Scan::complete;
  }
}

bool CsvReader::scan_quoted(std::size_t& position, Cell& cell, Ends& ends) {
  const char* text = buffer_.data();
  const std::size_t end = buffer_.size();
  open_quote_ = position;
  cell.quoted = true;
  cell.begin = ++position;
  for (;;) {
    const void* quote = position == end ? nullptr : std::memchr(text + position, '"', end - position);
    if (!quote) return false;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(quote) - text);
    lines_in_record_ += count_lines({text + position, at - position});
    position = at + 1;
    if (position == end && !at_end_) return false;  // a second quote may follow
    if (position == end || text[position] != '"') {
      cell.length = at - cell.begin;
      break;
    }
    cell.escaped = true;
    ++position;
  }
  if (position == end || ends_cell_[static_cast<unsigned char>(text[position])]) return true;
  // Text behind the closing quote belongs to the cell, as spreadsheets read it.
  cell.escaped = true;
  position = end_of_cell(position, ends);
  cell.length = position - cell.begin;
  return true;
}

/// In place: doubled quotes become one, and the closing quote goes.
void CsvReader::unescape(Cell& cell) {
  char* text = buffer_.data() + cell.begin;
  std::size_t written = 0;
  bool closed = false;
  for (std::size_t i = 0; i != cell.length; ++i) {
    if (text[i] == '"' && !closed) {
      if (i + 1 < cell.length && text[i + 1] == '"') {
        ++i;
      } else if (i + 1 < cell.length) {
        closed = true;
        continue;
      }
    }
    text[written++] = text[i];
  }
  cell.length = written;
}

void CsvReader::fail_unfinished() const {
  const std::string_view before(buffer_.data() + position_, open_quote_ - position_);
  const std::uint64_t line = next_line_ + count_lines(before);
  throw failure(ids::csv_unclosed_quote, {{"file", input_.name()}, {"line", std::to_string(line)}});
}

}  // namespace kpi::storage
