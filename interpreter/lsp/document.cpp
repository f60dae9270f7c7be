#include "interpreter/lsp/document.hpp"

#include <algorithm>

namespace kpi::lsp {
namespace {

struct Step {
  std::uint32_t bytes, units;
};

/// The character at `at`: its length, and what it counts. A byte that is no UTF-8 counts one.
Step step(std::string_view text, std::uint32_t at, Encoding encoding) {
  const auto first = static_cast<unsigned char>(text[at]);
  std::uint32_t bytes = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  bytes = std::min(bytes, static_cast<std::uint32_t>(text.size() - at));
  for (std::uint32_t i = 1; i < bytes; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) bytes = 1;
  }
  if (encoding == Encoding::utf8) return {bytes, bytes};
  return {bytes, encoding == Encoding::utf16 && bytes == 4 ? 2U : 1U};
}

}  // namespace

Document::Document(std::string text) : text_(std::move(text)) { index_lines(); }

void Document::index_lines() {
  starts_.assign(1, 0);
  for (std::uint32_t at = 0; at < text_.size(); ++at) {
    const char c = text_[at];
    if (c == '\n' || (c == '\r' && (at + 1 == text_.size() || text_[at + 1] != '\n'))) starts_.push_back(at + 1);
  }
}

std::uint32_t Document::line_end(std::uint32_t line) const {
  std::uint32_t end = line + 1 < starts_.size() ? starts_[line + 1] : static_cast<std::uint32_t>(text_.size());
  while (end > starts_[line] && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return end;
}

std::uint32_t Document::offset(Position position, Encoding encoding) const {
  if (position.line >= starts_.size()) return static_cast<std::uint32_t>(text_.size());
  const std::uint32_t end = line_end(position.line);
  std::uint32_t at = starts_[position.line];
  for (std::uint32_t units = 0; at < end;) {
    const Step next = step(text_, at, encoding);
    if (units + next.units > position.character) break;
    units += next.units;
    at += next.bytes;
  }
  return std::min(at, end);
}

Position Document::position(std::uint32_t offset, Encoding encoding) const {
  offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  Position result;
  result.line = static_cast<std::uint32_t>(next - starts_.begin()) - 1;
  const std::uint32_t stop = std::min(offset, line_end(result.line));
  for (std::uint32_t at = starts_[result.line]; at < stop;) {
    const Step one = step(text_, at, encoding);
    if (at + one.bytes > stop) break;
    at += one.bytes;
    result.character += one.units;
  }
  return result;
}

void Document::edit(const Range& range, std::string_view replacement, Encoding encoding) {
  const std::uint32_t begin = offset(range.start, encoding);
  const std::uint32_t end = std::max(begin, offset(range.end, encoding));
  text_.replace(begin, end - begin, replacement);
  index_lines();
}

Position moved(Position position, bool is_end, const Range& range, std::string_view text, Encoding encoding) {
  const Position last = std::max(range.start, range.end);
  if (position < range.start || (is_end && position == range.start)) return position;
  const Document added{std::string(text)};
  Position end = added.position(static_cast<std::uint32_t>(text.size()), encoding);
  if (end.line == 0) end.character += range.start.character;
  end.line += range.start.line;
  if (position <= last) return end;
  if (position.line == last.line) return {end.line, end.character + (position.character - last.character)};
  return {position.line - last.line + end.line, position.character};
}

}  // namespace kpi::lsp
