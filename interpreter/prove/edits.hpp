// What an edit of rows does to values that the graph does not look into (largest, distinct, percentiles, conditions): a
// number that is free within what is certain about it, so that proofs stay true.
#pragma once

#include <functional>

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

struct Edit {
  std::uint32_t events = 0;            // index in Policy::events
  std::optional<std::uint32_t> field;  // only this field of the rows changes
  std::int32_t offset = 0;             // the period whose rows are edited; rows that move touch a second one
  NodeId added = kNoNode;  // number of rows that are added and nothing else happens; kNoNode: anything may happen
};

/// Whether the edit can move the input.
bool is_touched(const Input& input, const Edit& edit);

/// One added row that an aggregate over a single field looks at: its value there, and whether the row passes the
/// filter.
struct AddedValue {
  NodeId value = kNoNode, passes = kNoNode;
};

struct Edited {
  NodeId after = kNoNode;
  Interval moved;               // by how much
  std::vector<NodeId> require;  // truths that hold of every such edit
};
/// The input after the edit; `one`: where the edit adds exactly one row and its value is known. `parameter(name, range,
/// grain, unit)` makes a free number.
using MakeParameter = std::function<NodeId(const std::string&, Interval, std::optional<Number>, value::Unit)>;
Edited edited(Graph& graph, std::uint32_t input, const Edit& edit, const MakeParameter& parameter,
              const std::optional<AddedValue>& one = std::nullopt);

}  // namespace kpi::prove
