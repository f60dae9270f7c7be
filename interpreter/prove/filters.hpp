// What the words of two filters over the same rows say about each other.
#pragma once

#include <functional>

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

/// Every row that passes `a` passes `b`: each condition of `b` stands in `a` too, or a narrower one about the same
/// value. False where that is not evident.
bool filter_implies(const model::Policy& policy, model::ExprId a, model::ExprId b);
/// No row passes both: `x is none` and `x is not none`, `x` and `not x`, other texts, other ranges. False where that is
/// not evident.
bool filters_exclude(const model::Policy& policy, model::ExprId a, model::ExprId b);

/// Whether a row passes the filter, or belongs to the group, by what stands in one of these fields (indices of the
/// group's events). To a group it belongs by its filter, the exclusions and the events' own condition; any of them may
/// read a field through a computed one.
bool is_filtered_by(const model::Policy& policy, const Group& group, const std::function<bool(std::uint32_t)>& field);
bool is_kept_by(const model::Policy& policy, const Group& group, const std::function<bool(std::uint32_t)>& field);

}  // namespace kpi::prove
