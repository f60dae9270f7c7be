// What must be said about the data beside the numbers: days that are missing, silence, rows dated as by a slip.
#pragma once

#include "interpreter/eval/run/plan.hpp"

namespace kpi::eval {

/// Findings about the sources that a run has read.
void report_data(const model::Policy& policy, const Plan& plan, const AggregateStore& store,
                 source::Diagnostics& diagnostics);

/// Rows that were not taken for the end of the data.
void report_isolated(const model::Policy& policy, const AggregateStore& store, source::Diagnostics& diagnostics);

}  // namespace kpi::eval
