// How values move: for every node the interval before a change, after it, and of the difference. One pass proves most
// directions ("more of this never lowers pay"), bounds what a change can gain, and bounds jumps at thresholds.
#pragma once

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

struct Change {
  std::map<std::uint32_t, Interval> inputs;        // by index: how much it moves; others stand still
  std::map<NodeId, Interval> nodes;                // the same for nodes that are moved by themselves (metrics)
  std::map<NodeId, Interval> known;                // narrows nodes before the change
  std::map<NodeId, std::pair<bool, bool>> forced;  // truth values before and after, whatever their operands
};

struct Deltas {
  std::vector<Interval> before, after, delta;  // by node; truth values move within -1 … 1
};
Deltas deltas(const Graph& graph, const Change& change);

/// The sign of a difference: 0, 1 (never falls), -1 (never rises), or none when it can do both.
std::optional<int> direction(const Interval& delta);

}  // namespace kpi::prove
