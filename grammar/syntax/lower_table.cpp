#include <algorithm>
#include <set>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

HeaderCell Lowerer::header_cell(Ref node) {
  HeaderCell result;
  result.span = span(node);
  for (Ref word = node.child(); word; word = word.next()) result.words.push_back(ident(word));
  if (result.words.size() > 2) {
    report(ids::long_header, node);
    result.words.resize(1);
  }
  return result;
}

Cell Lowerer::cell(Ref node) {
  Cell result{span(node), EmptyCell{}};
  const Ref first = node.child();
  switch (node.kind()) {
    case NodeKind::cell_any:
      result.content = AnyCell{};
      break;
    case NodeKind::cell_otherwise:
      result.content = OtherwiseCell{};
      break;
    case NodeKind::cell_value:
      result.content = ExprCell{first.is(NodeKind::range) ? range(first, true) : lower_expression(first)};
      break;
    case NodeKind::cell_compare: {
      const Binary::Op op = compare_operator(first);
      result.content = CompareCell{op, lower_expression(first.next())};
      break;
    }
    case NodeKind::cell_from:
      result.content = FromCell{lower_expression(first)};
      break;
    case NodeKind::cell_tolerance: {
      const ExprId value = lower_expression(first);
      result.content = ToleranceCell{value, lower_expression(first.next())};
      break;
    }
    default:
      break;
  }
  return result;
}

void Lowerer::fit_row(TableRow& row, std::size_t columns, bool broken) {
  if (row.cells.size() == columns) return;
  if (!broken && !clean_.is_damaged(row.span.begin, row.span.end)) {
    diagnostics_.add(ids::row_length, row.span)
        .with("found", std::to_string(row.cells.size()))
        .with("expected", std::to_string(columns));
  }
  const Span end{source_, row.span.end, row.span.end};
  while (row.cells.size() < columns) row.cells.push_back(broken_cell(end));
  row.cells.resize(columns, Cell{end, AnyCell{}});
}

Cell Lowerer::broken_cell(Span place) {
  expect_broken_name("");
  return {place, ExprCell{add(place, Name{Ident{"", place, true}}, {})}};
}

void Lowerer::rows(Ref node, Table& result) {
  for (Ref row_node = node.child(); row_node; row_node = row_node.next()) {
    if (!row_node.is(NodeKind::row)) continue;
    TableRow row;
    row.span = span(row_node);
    bool broken = false;
    for (Ref cell_node = row_node.child(); cell_node; cell_node = cell_node.next()) {
      broken = broken || cell_node.is(NodeKind::cell_broken);
      row.cells.push_back(cell_node.is(NodeKind::cell_broken) ? broken_cell(span(cell_node)) : cell(cell_node));
    }
    fit_row(row, result.header.size(), broken);
    result.rows.push_back(std::move(row));
  }
}

Table Lowerer::table(Ref node) {
  Table result;
  result.span = span(node);
  std::set<std::string> seen;
  std::vector<std::size_t> repeated;
  const Ref header = node.find(NodeKind::header);
  for (Ref cell_node = header.child(); cell_node; cell_node = cell_node.next()) {
    result.header.push_back(header_cell(cell_node));
    std::string name;
    for (const Ident& word : result.header.back().words) name += (name.empty() ? "" : " ") + word.text;
    if (name.empty() || seen.insert(name).second) continue;
    report(ids::repeated_column, cell_node).with("column", name);
    repeated.push_back(result.header.size() - 1);
  }
  rows(node, result);
  // The repetition was reported; later phases see the first column only.
  for (auto column = repeated.rbegin(); column != repeated.rend(); ++column) {
    const auto offset = static_cast<std::ptrdiff_t>(*column);
    result.header.erase(result.header.begin() + offset);
    for (TableRow& row : result.rows) row.cells.erase(row.cells.begin() + offset);
  }
  return result;
}

// The table of a block, with the rows that something broken tore off.
Table Lowerer::block_table(Ref declaration, Head& head) {
  Table result;
  result.span = span(declaration.child());
  bool broken = false;
  for (Ref node = declaration.child(); node; node = node.next()) {
    broken = broken || node.is(NodeKind::broken);
    if (node.is(NodeKind::table)) result = table(node);
    if (!node.is(NodeKind::more_rows)) continue;
    if (!broken) report(ids::second_table, node);
    if (broken) rows(node, result);
  }
  const bool decision = !declaration.is(NodeKind::scorecard);
  if (decision && !broken && result.rows.empty()) {
    diagnostics_.add(ids::empty_table, result.span);
    head.incomplete = true;
  }
  return result;
}

}  // namespace kpi::syntax
