#include "grammar/source/source.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cassert>

namespace kpi::source {
namespace {

struct CodePoint {
  std::int32_t value;  // U+FFFD for a byte that is not part of valid UTF-8
  std::size_t length;
};

CodePoint decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, 1};
  utf8proc_int32_t value = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4)), &value);
  if (length <= 0 || value < 0) return {0xFFFD, 1};
  return {value, static_cast<std::size_t>(length)};
}

// Control characters count one because whoever prints them has to replace them by something visible.
std::size_t width_of(std::int32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) return 1;
  if (code_point < 0x7F) return 1;
  const int width = utf8proc_charwidth(code_point);
  return width < 0 ? 0 : static_cast<std::size_t>(width);
}

std::size_t line_end(std::string_view text, std::size_t begin) {
  const std::size_t end = text.find_first_of("\r\n", begin);
  return end == std::string_view::npos ? text.size() : end;
}

}  // namespace

Span cover(Span first, Span last) {
  assert(first.source == last.source);
  return {first.source, std::min(first.begin, last.begin), std::max(first.end, last.end)};
}

LineIndex::LineIndex(std::string_view text) : starts_{0} {
  for (std::size_t at = line_end(text, 0); at < text.size(); at = line_end(text, at)) {
    at += text.substr(at, 2) == "\r\n" ? 2 : 1;
    starts_.push_back(static_cast<std::uint32_t>(at));
  }
}

Position LineIndex::position(std::string_view text, std::uint32_t offset) const {
  offset = std::min(offset, static_cast<std::uint32_t>(text.size()));
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const std::uint32_t begin = *(next - 1);
  const auto stop = std::min<std::size_t>(offset, line_end(text, begin));
  Position result;
  result.line = static_cast<std::uint32_t>(next - starts_.begin());
  for (std::size_t at = begin; at < stop;) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      ++result.column;
      ++result.utf16;
      continue;
    }
    const CodePoint point = decode(text.substr(at));
    if (at + point.length > stop) break;  // an offset inside a character stands for that character
    at += point.length;
    // A byte order mark has no width and editors do not count it.
    if (point.value == 0xFEFF && at == 3) continue;
    result.column += static_cast<std::uint32_t>(width_of(point.value));
    result.utf16 += point.value > 0xFFFF ? 2 : 1;
  }
  return result;
}

std::string_view LineIndex::line(std::string_view text, std::uint32_t line) const {
  assert(line >= 1 && line <= line_count());
  const std::size_t begin = starts_[line - 1];
  return text.substr(begin, line_end(text, begin) - begin);
}

SourceId SourceMap::add(std::string name, std::string text) {
  const SourceId id{static_cast<std::uint32_t>(sources_.size())};
  LineIndex lines(text);
  sources_.push_back(std::make_unique<Source>(Source{std::move(name), std::move(text), std::move(lines)}));
  return id;
}

std::optional<SourceId> SourceMap::find(std::string_view name) const {
  for (std::uint32_t index = 0; index < sources_.size(); ++index) {
    if (sources_[index]->name == name) return SourceId{index};
  }
  return std::nullopt;
}

std::string_view SourceMap::text(Span span) const {
  const std::string_view whole = get(span.source).text;
  assert(span.begin <= span.end && span.end <= whole.size());
  return whole.substr(span.begin, span.end - span.begin);
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) {
    const CodePoint point = decode(utf8);
    width += width_of(point.value);
    utf8.remove_prefix(point.length);
  }
  return width;
}

}  // namespace kpi::source
