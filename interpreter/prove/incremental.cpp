#include "interpreter/prove/incremental.hpp"

#include <algorithm>

namespace kpi::prove {

namespace {
/// With more inputs moved than this, walking the whole cone is simpler and as quick.
constexpr std::size_t kFewInputs = 12;
}  // namespace

Incremental::Incremental(const Graph& graph, std::vector<NodeId> cone)
    : graph_(graph), cone_(std::move(cone)), values_(graph.nodes.size()), changed_(graph.nodes.size()) {
  for (const NodeId id : cone_) {
    if (graph_[id].op == Op::input) leaves_.emplace_back(graph_[id].index, id);
  }
  above_.resize(leaves_.size());
}

const std::vector<Number>& Incremental::at(const std::vector<Number>& inputs) {
  ++round_;
  if (last_.empty()) {
    for (const auto& [input, node] : leaves_) last_.push_back(inputs[input]);
    graph_.evaluate(cone_, inputs, values_);
    return values_;
  }
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    const Number& now = inputs[leaves_[i].first];
    if (now == last_[i]) continue;
    last_[i] = now;
    values_[leaves_[i].second] = now;
    changed_[leaves_[i].second] = round_;
    moved.push_back(i);
  }
  if (moved.empty()) return values_;
  if (moved.size() > kFewInputs) {
    recompute(cone_, inputs);
    return values_;
  }
  for (const std::size_t i : moved) {
    if (!above_[i].empty()) continue;
    std::vector<bool> depends(graph_.nodes.size());
    depends[leaves_[i].second] = true;
    const auto on = [&](NodeId id) { return id != kNoNode && depends[id]; };
    for (const NodeId id : cone_) {
      const Node& node = graph_[id];
      if (!on(node.a) && !on(node.b) && !on(node.c)) continue;
      depends[id] = true;
      above_[i].push_back(id);
    }
    if (above_[i].empty()) above_[i].push_back(leaves_[i].second);
  }
  if (moved.size() == 1) {
    recompute(above_[moved.front()], inputs);
    return values_;
  }
  std::vector<NodeId> nodes;
  for (const std::size_t i : moved) nodes.insert(nodes.end(), above_[i].begin(), above_[i].end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  recompute(nodes, inputs);
  return values_;
}

void Incremental::recompute(const std::vector<NodeId>& nodes, const std::vector<Number>& inputs) {
  const auto moved = [&](NodeId id) { return id != kNoNode && changed_[id] == round_; };
  for (const NodeId id : nodes) {
    const Node& node = graph_[id];
    if (!moved(node.a) && !moved(node.b) && !moved(node.c)) continue;
    Number value = graph_.value_of(node, inputs, values_);
    if (value == values_[id]) continue;
    values_[id] = std::move(value);
    changed_[id] = round_;
  }
}

}  // namespace kpi::prove
