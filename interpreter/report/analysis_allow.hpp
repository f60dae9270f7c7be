// Exceptions of a policy that speak of what the analyser found: `allow payout-cliff on bonus` and a jump of `bonus`.
#pragma once

#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/prove/analysis.hpp"

namespace kpi::report {

/// Of a refuted finding; in the order of the policy.
std::vector<const model::Allow*> exceptions_for(const model::Policy& policy, const prove::Finding& finding);

}  // namespace kpi::report
