// Which declaration of the new policy is which of the old one. First by content, whatever the names; then by name; then
// by content once more with what has been matched, so that a renamed metric over a changed curve is found as well.
#pragma once

#include "interpreter/diff/describe.hpp"

namespace kpi::diff {

struct Matching {
  Tokens before, after;  // matched elements have the same token, all others one of their own
  std::vector<Pair> pairs;
  struct FieldPair {
    model::SourceRef before_source, after_source;
    std::uint32_t before, after;
  };
  std::vector<FieldPair> fields;
  struct PhasePair {
    std::uint32_t before_phases, after_phases, before, after;
  };
  std::vector<PhasePair> phases;
};

Matching match(const Side& before, const Side& after);

}  // namespace kpi::diff
