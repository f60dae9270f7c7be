// What the next step of a curve or gate would take.
#pragma once

#include <string>
#include <vector>

#include "interpreter/eval/run/why_not.hpp"
#include "interpreter/report/show.hpp"

namespace kpi::report {

std::string next_steps_text(const model::Policy& policy, const std::vector<eval::NextStep>& steps, Show& show,
                            const Look& look);

/// The name of the metric that changes, or for an aggregate `count(orders)`.
std::string changed_name(const model::Policy& policy, const eval::Change& change);
/// The scorecard row's metric, the gate or the curve that the step is about.
std::string subject_name(const model::Policy& policy, const eval::NextStep& step);
/// The scorecard or payout it belongs to.
std::string owner_name(const model::Policy& policy, const eval::NextStep& step);

}  // namespace kpi::report
