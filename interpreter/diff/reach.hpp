// Which results rest on a declaration: the scorecards, payouts and alerts whose numbers can change with it.
#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "interpreter/diff/diff.hpp"

namespace kpi::diff {

class Reach {
 public:
  explicit Reach(const model::Policy& policy);

  struct Results {
    std::vector<std::string> scorecards, payouts, alerts;
  };
  /// `field` is the field's index when one field of an entity or of events is meant.
  Results of(ElementRef element, std::optional<std::uint32_t> field = std::nullopt) const;
  /// Whether any metric, phase, exclusion or result reads it at all.
  bool is_read(ElementRef element) const;

  using Node = std::tuple<ElementKind, std::uint32_t, std::uint32_t>;  // with the field's index + 1, or 0
  using Set = std::set<Node>;

 private:
  const model::Policy& policy_;
  std::vector<Set> scorecards_, payouts_, alerts_;
  Set read_;
};

}  // namespace kpi::diff
