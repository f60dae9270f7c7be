#include "grammar/syntax/tree.hpp"

namespace kpi::syntax {

Tree::Tree(std::vector<Node> completed) : nodes_(std::move(completed)) {
  nodes_.insert(nodes_.begin(), Node{});
  for (std::uint32_t parent = 1; parent < nodes_.size(); ++parent) {
    // The last child stands directly before its parent, the one before it where the last child's subtree begins.
    const std::uint32_t first = parent - nodes_[parent].size + 1;
    std::uint32_t following = 0;
    for (std::uint32_t child = parent - 1; child >= first && child > 0; child -= nodes_[child].size) {
      nodes_[child].next = following;
      following = child;
    }
    nodes_[parent].first_child = following;
  }
}

}  // namespace kpi::syntax
