// Measures without a name: what a payout or a gate counts in its own formula, such as `2% * sum(orders.amount)`.
#pragma once

#include <optional>

#include "grammar/source/source.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::lint {

/// The policy with a metric for each of them, so that rules about metrics, and proofs about pay, see one policy however
/// it is written; the metric is called as the formula writes it and stands at the end of `metrics`. None when there is
/// nothing to name. Pay is the same in both.
std::optional<model::Policy> with_named_measures(const model::Policy& policy, const source::SourceMap& sources);

/// Whether this metric was made by the above: no name has a bracket.
bool is_unnamed(const model::Metric& metric);

}  // namespace kpi::lint
