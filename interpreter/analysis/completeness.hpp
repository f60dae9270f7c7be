// Phases and decision tables: no gap, no overlap, nothing unreachable. Findings carry a concrete input.
#pragma once

#include "grammar/source/diagnostic.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::analysis {

/// Checks every `phases` and `table` of the policy. Conditions are split at comparisons with constants; a part that is
/// not such a comparison counts as an input of its own that may be true or false.
void check_completeness(const model::Policy& policy, const source::SourceMap& sources, source::Diagnostics& diagnostics);

}  // namespace kpi::analysis
