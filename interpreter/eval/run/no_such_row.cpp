#include "interpreter/eval/run/no_such_row.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"
#include "grammar/source/similar_name.hpp"

namespace kpi::eval {

void report_no_such_row(const model::Policy& policy, const AggregateStore& store, const std::string& key,
                        source::Diagnostics& diagnostics) {
  constexpr std::size_t kMostShown = 5, kMostCompared = 10'000;
  const std::string wanted = source::folded_name(key);
  std::vector<std::string> called, keys, labels;
  for (std::uint32_t index = 0; index < policy.entities.size(); ++index) {
    for (const EntityRow& row : store.rows({index})) {
      if (!wanted.empty() && source::folded_name(row.label) == wanted && row.label != row.key)
        called.push_back(row.key);
      if (keys.size() == kMostCompared) continue;
      keys.push_back(row.key);
      labels.push_back(row.label);
    }
  }
  if (!called.empty()) {
    std::string found;
    for (std::size_t i = 0; i < std::min(called.size(), kMostShown); ++i)
      found += (found.empty() ? "`" : ", `") + called[i] + "`";
    if (called.size() > kMostShown) found += ", …";
    diagnostics.add_without_span(source::ids::entity_by_label)
        .with("key", key)
        .with("found", found)
        .with("first", called.front());
    return;
  }
  source::Diagnostic& diagnostic = diagnostics.add_without_span(source::ids::no_such_entity_row).with("key", key);
  const auto suggest = [&](const std::vector<std::string>& names, const std::string& near) {
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), near) - names.begin());
    diagnostic.suggest(labels[at] == keys[at] ? keys[at] : keys[at] + " (" + labels[at] + ")");
  };
  // Short keys such as `h2` are all near each other.
  const auto same = [&](const std::string& one) { return source::folded_name(one) == wanted; };
  if (const auto equal = std::find_if(keys.begin(), keys.end(), same); equal != keys.end())
    return suggest(keys, *equal);
  constexpr std::size_t kShortestCompared = 4;
  if (key.size() < kShortestCompared) return;
  if (const auto near = source::nearest_name(key, keys)) return suggest(keys, *near);
  if (const auto near = source::nearest_name(key, labels)) suggest(labels, *near);
}

}  // namespace kpi::eval
