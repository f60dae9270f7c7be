// A text that an editor has open, and positions in it as editors count them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::lsp {

/// What a position's `character` counts: bytes, UTF-16 units or code points.
enum class Encoding { utf8, utf16, utf32 };

/// Zero-based, as in the protocol.
struct Position {
  std::uint32_t line = 0, character = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};
struct Range {
  Position start, end;
  friend bool operator==(const Range&, const Range&) = default;
};

/// Where a position stands after `range` was replaced by `text`. One inside the range goes behind the new text; of two
/// at the place of an insertion, the end of something stays and the beginning of something moves.
Position moved(Position position, bool is_end, const Range& range, std::string_view text, Encoding encoding);

class Document {
 public:
  explicit Document(std::string text);

  const std::string& text() const { return text_; }
  /// Byte offset of a position; one beyond the end of its line or of the text is moved there, and one inside a
  /// character to its beginning.
  std::uint32_t offset(Position position, Encoding encoding) const;
  Position position(std::uint32_t offset, Encoding encoding) const;
  Range range(std::uint32_t begin, std::uint32_t end, Encoding encoding) const {
    return {position(begin, encoding), position(end, encoding)};
  }
  /// Puts `replacement` in place of the range; nothing happens to a range whose end lies before its start but an
  /// insertion there.
  void edit(const Range& range, std::string_view replacement, Encoding encoding);

 private:
  void index_lines();
  /// Where the line's text ends, without its line end.
  std::uint32_t line_end(std::uint32_t line) const;

  std::string text_;
  std::vector<std::uint32_t> starts_;  // of lines, ascending; the first is 0
};

}  // namespace kpi::lsp
