// What is certain about the numbers that an expression gives, whatever the data.
#pragma once

#include "interpreter/model/policy.hpp"

namespace kpi::eval {

/// Whole numbers only: counts, sums of `integer` fields, and what is added and multiplied from such.
bool is_whole(const model::Policy& policy, model::ExprId id);
/// Never below zero: counts, sums of fields with a `range` from zero on, and sums, products and quotients of such.
bool is_never_negative(const model::Policy& policy, model::ExprId id);

}  // namespace kpi::eval
