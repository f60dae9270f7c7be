// A piece of text that knows where its lines may be broken. A group stands on one line if it fits; otherwise all the
// breaks that are directly in it are taken (P. Wadler, "A prettier printer", 1998). A comment always ends its line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::format {

/// Columns of a line, counted as display width.
constexpr std::size_t kLineWidth = 120;
constexpr std::size_t kIndent = 2;

struct Doc {
  enum class Kind {
    text,
    gap,      // a blank where no line is broken
    line,     // `text` (blanks) or a line break
    comment,  // `text`; `trailing` on the line of what stands before it
    concat,
    group,
    nest,   // lines of the content start `columns` further in than those around
    align,  // lines of the content start `columns` away from the column where it begins
  };
  Kind kind = Kind::concat;
  std::string text;
  bool trailing = false;
  int columns = 0;
  std::vector<Doc> content;
};

Doc text(std::string value);
Doc gap();
/// A place where the line may be broken; `flat` stands there otherwise.
Doc line(std::string flat = " ");
Doc group(std::vector<Doc> content);
Doc nest(int columns, std::vector<Doc> content);
Doc align(int columns, std::vector<Doc> content);

/// A line of the output. `comment` is what stands behind the text.
struct Line {
  std::size_t indent = 0;
  std::string text;
  std::string comment;
  bool blank_before = false;
};

/// The text on one line, or none when a comment in it ends a line.
std::optional<std::string> flat(const std::vector<Doc>& content);

/// Lays the content out from column `indent` on. `tail` is the width of what the caller puts behind the last line.
std::vector<Line> lay_out(const std::vector<Doc>& content, std::size_t indent, std::size_t tail = 0);

/// The lines as text: comments of adjacent lines stand below each other.
std::string join(const std::vector<Line>& lines);

}  // namespace kpi::format
