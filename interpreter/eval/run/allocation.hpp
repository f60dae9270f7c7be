// Shares of a sum in whole minor units.
#pragma once

#include <vector>

#include "interpreter/value/number.hpp"

namespace kpi::eval {

/// Largest remainder: every ideal share is floored to a multiple of `unit`, and the units that are left of `whole` go
/// to the largest remainders, ties to the first. The parts sum to `whole` floored to a multiple of `unit`; the ideal
/// shares must sum to `whole` or be all zero.
std::vector<value::Number> allocate(const value::Number& whole, const std::vector<value::Number>& ideal,
                                    const value::Number& unit);

}  // namespace kpi::eval
