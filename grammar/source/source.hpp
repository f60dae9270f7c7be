// Source texts and positions in them. Offsets are bytes into the UTF-8 text as read; display columns and UTF-16
// positions are derived by LineIndex and never stored.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::source {

/// Index of a text in a SourceMap. Stable for the life of the map.
struct SourceId {
  std::uint32_t index = 0;
  friend bool operator==(SourceId, SourceId) = default;
};

/// Half-open byte range [begin, end) of one source. An empty span marks a position.
struct Span {
  SourceId source;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// The smallest span that covers both; both must lie in the same source.
Span cover(Span first, Span last);

/// Where a byte offset stands for a person: 1-based line, 1-based display column (a Chinese character counts two, a
/// combining mark none, a tab one), and the 0-based UTF-16 column that editors use.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t utf16 = 0;
};

/// Offsets of line starts of one text; `\n`, `\r\n` and a lone `\r` end a line.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  Position position(std::string_view text, std::uint32_t offset) const;
  /// Text of the 1-based line without its line end.
  std::string_view line(std::string_view text, std::uint32_t line) const;
  std::uint32_t line_count() const { return static_cast<std::uint32_t>(starts_.size()); }

 private:
  std::vector<std::uint32_t> starts_;
};

/// One text: `name` is what messages show (a path as the user typed it, or `std/live.kpi`).
struct Source {
  std::string name;
  std::string text;
  LineIndex lines;
};

/// Owns every text of a session. Texts are never removed; references stay valid.
class SourceMap {
 public:
  SourceId add(std::string name, std::string text);
  const Source& get(SourceId id) const { return *sources_[id.index]; }
  std::optional<SourceId> find(std::string_view name) const;
  std::size_t size() const { return sources_.size(); }
  std::string_view text(Span span) const;

 private:
  std::vector<std::unique_ptr<Source>> sources_;
};

/// Columns a text takes on a terminal: East Asian wide characters two, combining marks none.
std::size_t display_width(std::string_view utf8);

/// The candidate nearest to `name` by edit distance over code points (at most a third of its length, at least 1), or
/// none. Ties go to the first candidate.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace kpi::source
