#include "interpreter/report/excerpt.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "interpreter/report/visible.hpp"

namespace kpi::report {
namespace {

using source::Source;

constexpr std::size_t kTabWidth = 4;
constexpr std::size_t kLongestLine = 160;  // display columns; beyond, the line is cut around its marks
constexpr std::size_t kContext = 50;       // columns kept beside the marks of a cut line

/// One line as a terminal shows it, and the display column of each of its bytes.
struct Line {
  std::vector<std::pair<std::string, std::size_t>> cells;  // text and width
  std::vector<std::size_t> column_of_byte;                 // one more than there are bytes
  std::size_t width() const { return column_of_byte.back(); }
};

Line lay_out(std::string_view text, bool first_of_file) {
  Line line;
  std::size_t column = 0, at = 0;
  while (at < text.size()) {
    const std::size_t length = character_length(text.substr(at));
    const std::string_view character = text.substr(at, length);
    std::string shown = character == "\t" ? std::string(kTabWidth, ' ') : visible(character);
    if (first_of_file && at == 0 && character == "\xEF\xBB\xBF") shown.clear();
    const std::size_t width = source::display_width(shown);
    line.column_of_byte.insert(line.column_of_byte.end(), length, column);
    line.cells.emplace_back(std::move(shown), width);
    column += width;
    at += length;
  }
  line.column_of_byte.push_back(column);
  return line;
}

struct Columns {
  std::size_t begin = 0, end = 0;
};

struct LineMark {
  Columns columns;
  bool primary = false;
  std::string text;
};

/// What is drawn for one line of the source.
struct Row {
  std::vector<LineMark> marks;
};

struct Bracket {
  std::uint32_t first_line = 0, last_line = 0;
  std::size_t end_column = 0;
  std::string text;
};

class Drawing {
 public:
  Drawing(const Source& text, std::size_t gutter_width, Ink primary_ink, const Look& chosen)
      : source_(text), gutter_(gutter_width), ink_(primary_ink), look_(chosen) {}

  void add(const Mark& mark) {
    const std::string_view text = source_.text;
    const auto begin = source_.lines.position(text, mark.begin);
    const auto end = source_.lines.position(text, std::max(mark.begin, mark.end));
    if (end.line > begin.line && mark.primary && !bracket_) {
      bracket_ = Bracket{begin.line, end.line, columns_of(end.line, line_start(end.line), mark.end).end, mark.text};
      rows_[begin.line];
      rows_[end.line];
      if (end.line > begin.line + 1) rows_[begin.line + 1];
      return;
    }
    const std::uint32_t stop = end.line > begin.line ? line_start(begin.line) + line_length(begin.line) : mark.end;
    rows_[begin.line].marks.push_back({columns_of(begin.line, mark.begin, stop), mark.primary, mark.text});
  }

  std::string draw() {
    std::string out = blank_gutter() + "\n";
    std::uint32_t previous = 0;
    for (auto& [number, row] : rows_) {
      if (previous && number == previous + 2) draw_line(out, previous + 1, {});
      if (previous && number > previous + 2) out += pad_left("...", gutter_) + "\n";
      draw_line(out, number, row);
      previous = number;
    }
    return out;
  }

 private:
  std::uint32_t line_start(std::uint32_t number) const {
    return static_cast<std::uint32_t>(source_.lines.line(source_.text, number).data() - source_.text.data());
  }
  std::uint32_t line_length(std::uint32_t number) const {
    return static_cast<std::uint32_t>(source_.lines.line(source_.text, number).size());
  }
  Line line(std::uint32_t number) const { return lay_out(source_.lines.line(source_.text, number), number == 1); }

  Columns columns_of(std::uint32_t number, std::uint32_t begin, std::uint32_t end) const {
    const Line laid = line(number);
    const std::uint32_t start = line_start(number);
    const auto column = [&](std::uint32_t offset) {
      const std::size_t inside = offset < start ? 0 : offset - start;
      return laid.column_of_byte[std::min(inside, laid.column_of_byte.size() - 1)];
    };
    const std::size_t first = column(begin);
    // An empty mark stands for the character there; a wide character is underlined in full.
    std::size_t last = column(end);
    if (last <= first) last = first + std::max<std::size_t>(1, width_at(laid, first));
    return {first, last};
  }

  static std::size_t width_at(const Line& laid, std::size_t wanted) {
    std::size_t column = 0;
    for (const auto& [text, width] : laid.cells) {
      if (column == wanted && width > 0) return width;
      column += width;
    }
    return 1;
  }

  std::string blank_gutter() const { return std::string(gutter_ + 1, ' ') + paint("|", Ink::blue, look_); }

  /// The two columns left of the text where the bracket runs.
  std::string bracket_before(std::uint32_t number, bool below) const {
    if (!bracket_) return "";
    if (number == bracket_->first_line && !below) return paint("/ ", ink_, look_);
    const bool inside =
        number >= bracket_->first_line && (number < bracket_->last_line || (number == bracket_->last_line && !below));
    return inside ? paint("| ", ink_, look_) : "  ";
  }

  void draw_line(std::string& out, std::uint32_t number, Row row) {
    const Line laid = line(number);
    std::size_t from = 0, to = laid.width();
    if (to > kLongestLine) cut(number, row, from, to);
    std::string text = from > 0 ? "…" : "";
    const std::size_t lead = from > 0 ? 1 : 0;
    std::size_t column = 0;
    for (const auto& [cell, width] : laid.cells) {
      if (column >= from && column + width <= to) text += cell;
      column += width;
    }
    if (to < laid.width()) text += "…";
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += paint(pad_left(std::to_string(number), gutter_) + " |", Ink::blue, look_);
    std::string body = bracket_before(number, false) + text;
    if (!body.empty()) out += " " + body;
    out += "\n";
    for (LineMark& mark : row.marks) {
      mark.columns.begin = std::min(std::max(mark.columns.begin, from), to) - from + lead;
      mark.columns.end = std::max(mark.columns.begin + 1, std::min(mark.columns.end, to) - from + lead);
    }
    draw_marks(out, number, std::move(row.marks));
    if (bracket_ && number == bracket_->last_line) draw_bracket_end(out, from, lead);
  }

  void cut(std::uint32_t number, const Row& row, std::size_t& from, std::size_t& to) const {
    std::size_t first = to, last = 0;
    for (const LineMark& mark : row.marks) {
      first = std::min(first, mark.columns.begin);
      last = std::max(last, mark.columns.end);
    }
    if (row.marks.empty()) first = last = bracket_ && number == bracket_->last_line ? bracket_->end_column : 0;
    from = first > kContext ? first - kContext : 0;
    to = std::min({to, std::max(last, from) + kContext, from + kLongestLine});
  }

  void draw_bracket_end(std::string& out, std::size_t from, std::size_t lead) const {
    const std::size_t end = bracket_->end_column > from ? bracket_->end_column - from + lead : 1;
    std::string text = "|" + std::string(end, '_') + "^";
    if (!bracket_->text.empty()) text += " " + bracket_->text;
    out += blank_gutter() + " " + paint(text, ink_, look_) + "\n";
  }

  // The marks of one line: a row of underlines, the rightmost text beside it, the others below, hanging on a `|`.
  void draw_marks(std::string& out, std::uint32_t number, std::vector<LineMark> marks) const {
    if (marks.empty()) return;
    std::stable_sort(marks.begin(), marks.end(), [](const LineMark& a, const LineMark& b) {
      return std::pair(a.columns.begin, !a.primary) < std::pair(b.columns.begin, !b.primary);
    });
    const std::string before = blank_gutter() + " " + bracket_before(number, true);
    out += before + underlines(marks);
    std::vector<LineMark> hanging;
    const std::size_t last_end = std::max_element(marks.begin(), marks.end(), [](const auto& a, const auto& b) {
                                   return a.columns.end < b.columns.end;
                                 })->columns.end;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (marks[i].text.empty()) continue;
      if (i + 1 == marks.size() && marks[i].columns.end == last_end) {
        out += " " + paint(marks[i].text, ink(marks[i]), look_);
      } else {
        hanging.push_back(marks[i]);
      }
    }
    out += "\n";
    if (hanging.empty()) return;
    out += before + bars(hanging, hanging.size()) + "\n";
    for (std::size_t i = hanging.size(); i-- > 0;) {
      std::string line = bars(hanging, i);
      std::size_t used = 0;
      for (std::size_t k = 0; k < i; ++k) used = std::max(used, hanging[k].columns.begin + 1);
      const std::size_t begin = hanging[i].columns.begin;
      line += std::string(begin > used ? begin - used : 0, ' ') + paint(hanging[i].text, ink(hanging[i]), look_);
      out += before + line + "\n";
    }
  }

  Ink ink(const LineMark& mark) const { return mark.primary ? ink_ : Ink::blue; }

  std::string underlines(const std::vector<LineMark>& marks) const {
    std::size_t width = 0;
    for (const LineMark& mark : marks) width = std::max(width, mark.columns.end);
    std::string kinds(width, ' ');
    for (const bool primary : {false, true}) {
      for (const LineMark& mark : marks) {
        if (mark.primary != primary) continue;
        std::fill(kinds.begin() + static_cast<std::ptrdiff_t>(mark.columns.begin),
                  kinds.begin() + static_cast<std::ptrdiff_t>(mark.columns.end), primary ? '^' : '-');
      }
    }
    std::string text;
    for (std::size_t at = 0; at < kinds.size();) {
      const std::size_t end = std::min(kinds.find_first_not_of(kinds[at], at), kinds.size());
      const Ink chosen = kinds[at] == '^' ? ink_ : kinds[at] == '-' ? Ink::blue : Ink::plain;
      text += paint(kinds.substr(at, end - at), chosen, look_);
      at = end;
    }
    return text;
  }

  std::string bars(const std::vector<LineMark>& hanging, std::size_t count) const {
    std::string text;
    std::size_t column = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (hanging[i].columns.begin < column) continue;  // two marks that begin together share a bar
      text += std::string(hanging[i].columns.begin - column, ' ') + paint("|", ink(hanging[i]), look_);
      column = hanging[i].columns.begin + 1;
    }
    return text;
  }

  const Source& source_;
  std::size_t gutter_;
  Ink ink_;
  const Look& look_;
  std::map<std::uint32_t, Row> rows_;
  std::optional<Bracket> bracket_;
};

}  // namespace

std::string excerpt(const Source& source, std::vector<Mark> marks, std::size_t gutter, Ink ink, const Look& look) {
  Drawing drawing(source, gutter, ink, look);
  for (const Mark& mark : marks) drawing.add(mark);
  return drawing.draw();
}

}  // namespace kpi::report
