// What the words of two filters over the same rows say about each other.
#pragma once

#include "interpreter/model/policy.hpp"

namespace kpi::prove {

/// Every row that passes `a` passes `b`: each condition of `b` stands in `a` too, or a narrower one about the same
/// value. False where that is not evident.
bool filter_implies(const model::Policy& policy, model::ExprId a, model::ExprId b);
/// No row passes both: `x is none` and `x is not none`, `x` and `not x`, other texts, other ranges. False where that is
/// not evident.
bool filters_exclude(const model::Policy& policy, model::ExprId a, model::ExprId b);

}  // namespace kpi::prove
