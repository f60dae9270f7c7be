#include "interpreter/report/table.hpp"

#include <algorithm>

namespace kpi::report {
namespace {

constexpr std::size_t kGap = 2;

std::string without_end_blanks(std::string text) {
  const std::size_t end = text.find_last_not_of(' ');
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

}  // namespace

std::size_t Table::row_count() const {
  return static_cast<std::size_t>(
      std::count_if(lines_.begin(), lines_.end(), [](const Line& line) { return !line.whole; }));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> result;
  for (const Cell& cell : header_) result.push_back(source::display_width(cell.text));
  for (const Line& line : lines_) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      result[i] = std::max(result[i], source::display_width(line.cells[i].text));
    }
  }
  return result;
}

std::size_t Table::width() const {
  std::size_t total = 0;
  for (const std::size_t width : widths()) total += width + kGap;
  return total ? total - kGap : 0;
}

std::string Table::row_text(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                            const Look& look) const {
  std::string out;
  std::size_t owed = 0;  // blanks that are written only when something follows
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t taken = source::display_width(cells[i].text);
    const std::size_t before = header_[i].right || cells[i].right ? widths[i] - taken : 0;
    if (!cells[i].text.empty()) {
      out += std::string(owed + before, ' ') + paint(cells[i].text, cells[i].ink, look);
      owed = widths[i] - taken - before + kGap;
    } else {
      owed += widths[i] + kGap;
    }
  }
  return out;
}

std::string Table::text(const Look& look, std::size_t indent, std::size_t line_indent) const {
  const std::vector<std::size_t> columns = widths();
  const std::size_t total = width();
  const std::string margin(indent, ' ');
  std::vector<Cell> header = header_;
  for (Cell& cell : header) cell.ink = Ink::bold;
  std::string out = margin + row_text(header, columns, look) + "\n";
  out += margin + paint(std::string(total, '-'), Ink::dim, look) + "\n";
  for (const Line& line : lines_) {
    if (!line.whole) {
      out += without_end_blanks(margin + row_text(line.cells, columns, look)) + "\n";
      continue;
    }
    out += std::string(line_indent, ' ') + paint(line.left.text, line.left.ink, look);
    if (!line.right.text.empty()) {
      const std::size_t used =
          line_indent + source::display_width(line.left.text) + source::display_width(line.right.text);
      const std::size_t end = indent + total;
      out += std::string(used + kGap <= end ? end - used : kGap, ' ') + paint(line.right.text, line.right.ink, look);
    }
    out += "\n";
  }
  return out;
}

std::string Table::stacked_text(const Look& look, std::size_t indent) const {
  std::size_t name_width = 0;
  for (const Cell& cell : header_) name_width = std::max(name_width, source::display_width(cell.text));
  const std::string margin(indent, ' ');
  std::string out;
  for (const Line& line : lines_) {
    if (line.whole) {
      out += paint(line.left.text, line.left.ink, look);
      if (!line.right.text.empty()) out += "  " + paint(line.right.text, line.right.ink, look);
      out += "\n";
      continue;
    }
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      if (line.cells[i].text.empty()) continue;
      const std::string lead = i == 0 ? "" : "  ";
      out += margin + lead + paint(pad_right(header_[i].text, name_width), Ink::dim, look) + "  " +
             paint(line.cells[i].text, line.cells[i].ink, look) + "\n";
    }
  }
  return out;
}

std::string fitted(const Table& table, const Look& look, std::size_t indent) {
  return indent + table.width() <= look.width ? table.text(look, indent) : table.stacked_text(look, indent);
}

}  // namespace kpi::report
