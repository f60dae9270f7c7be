// What the grammar records: a flat list of nodes in the order in which they were completed, children before parents.
// A rule that fails takes its nodes back. `link` turns the list into a tree for lowering.
#pragma once

#include <cstdint>
#include <vector>

namespace kpi::syntax {

enum class NodeKind : std::uint8_t {
  none,
  broken,       // a clause that was reported and skipped
  broken_head,  // the declaration it stands in was reported; its name may stand before it
  // leaves
  key, word, name, quoted_name, rule_id, text, op, flag, optional_mark,
  number, bad_number, bad_unit, date, date_time, period, bad_date, time_of_day, boolean, none_literal,
  // expressions
  name_expr, arguments, argument_label, argument_binder, modifier_where, modifier_including, modifier_at, modifier_each,
  member, chain, parentheses, list, if_branch, conditional, default_value, negative, unary, product, sum, range,
  compare_tail, in_tail, is_tail, within_tail, comparison, logical_not, logical_and, logical_or,
  // tables
  header_cell, header, cell_any, cell_empty, cell_otherwise, cell_value, cell_compare, cell_from, cell_tolerance,
  cell_broken, row, table, more_rows,
  // shared parts
  path, type, second, value_to, part_as, part_from, part_distinct, part_where, part_at, part_zone, part_for, part_every,
  part_when, part_kind, part_in, part_value, part_range, part_flags, part_into, part_each, part_on, part_severity,
  part_label,
  // clauses
  clause, field, shift, phase, gate, gate_effect, label_entry, given, expect, expect_in, column, column_from, column_or,
  column_option, import_option, binder, limit, cite, example, form, form_field, form_next, assignment, assigned_field,
  market_severity, translation, fix,
  // declarations
  edition, policy, library, use, param, entity, events, required, exchange, ensure, calendar, exclude, metric, phases, decision_table,
  curve, scorecard, payout, alert, rule, allow, attack, labels, test, import, nested_file, file,
};

struct Node {
  NodeKind kind = NodeKind::none;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t size = 1;  // nodes of the subtree, this one included
  std::uint32_t first_child = 0;  // 0: none
  std::uint32_t next = 0;  // next sibling
};

/// Nodes with `first_child` and `next` filled in. Index 0 is an unused node, so that 0 can stand for none.
class Tree {
 public:
  explicit Tree(std::vector<Node> completed);
  const Node& operator[](std::uint32_t index) const { return nodes_[index]; }
  std::uint32_t root() const { return static_cast<std::uint32_t>(nodes_.size() - 1); }

 private:
  std::vector<Node> nodes_;
};

}  // namespace kpi::syntax
