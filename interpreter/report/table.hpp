// Text tables aligned by display width.
#pragma once

#include <string>
#include <vector>

#include "interpreter/report/look.hpp"

namespace kpi::report {

struct Cell {
  std::string text;
  bool right = false;  // numbers
  Ink ink = Ink::plain;
};
inline Cell right(std::string text, Ink ink = Ink::plain) { return {std::move(text), true, ink}; }

/// Rows of cells under a header, and lines over the whole width between them. Columns are two blanks apart; no row has
/// blanks at its end.
class Table {
 public:
  explicit Table(std::vector<Cell> header) : header_(std::move(header)) {}
  void add(std::vector<Cell> row) { lines_.push_back({std::move(row), {}, {}, false}); }
  /// `left` at the left margin and `right` under the end of the last column.
  void add_line(Cell left, Cell right = {}) { lines_.push_back({{}, std::move(left), std::move(right), true}); }
  bool empty() const { return lines_.empty(); }
  std::size_t row_count() const;

  /// Columns without the indent.
  std::size_t width() const;
  /// Cells stand `indent` columns in, lines over the whole width `line_indent`.
  std::string text(const Look& look, std::size_t indent = 0, std::size_t line_indent = 0) const;
  /// For screens that are too narrow: each row as `header: cell` lines.
  std::string stacked_text(const Look& look, std::size_t indent = 0) const;

 private:
  struct Line {
    std::vector<Cell> cells;
    Cell left, right;
    bool whole = false;
  };
  std::vector<std::size_t> widths() const;
  std::string row_text(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths, const Look& look) const;

  std::vector<Cell> header_;
  std::vector<Line> lines_;
};

/// The table if it fits the width, otherwise stacked.
std::string fitted(const Table& table, const Look& look, std::size_t indent);

}  // namespace kpi::report
