// The part of a run behind the scan, for callers that have a store already.
#pragma once

#include "interpreter/eval/run/plan.hpp"

namespace kpi::eval {

/// Everything the plan asks for, from a store that has been filled for it.
Outcome evaluate(const model::Policy& policy, const RunRequest& request, Plan& plan, const AggregateStore& store,
                 source::Diagnostics& diagnostics);

}  // namespace kpi::eval
