// Values of a part of the graph, kept from state to state: only what depends on inputs that moved is computed anew. A
// search moves one input at a time, and a scorecard of forty rows has one row for it.
#pragma once

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

class Incremental {
 public:
  /// `cone`: ascending, closed under operands (Graph::cone). The graph may grow afterwards.
  Incremental(const Graph& graph, std::vector<NodeId> cone);
  /// Values by node at these inputs; entries outside the cone mean nothing.
  const std::vector<Number>& at(const std::vector<Number>& inputs);

 private:
  void recompute(const std::vector<NodeId>& nodes, const std::vector<Number>& inputs);

  const Graph& graph_;
  std::vector<NodeId> cone_;
  std::vector<std::pair<std::uint32_t, NodeId>> leaves_;  // inputs of the cone
  std::vector<std::vector<NodeId>> above_;                // by position in leaves_: what depends on it, ascending
  std::vector<Number> last_;                              // by position in leaves_
  std::vector<Number> values_;
  std::vector<std::uint32_t> changed_;  // by node: the round in which it changed last
  std::uint32_t round_ = 0;
};

}  // namespace kpi::prove
