// Polynomials of one variable with exact coefficients, and where they are zero.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "interpreter/value/number.hpp"

namespace kpi::eval {

/// a0 + a1 x + a2 x^2 + …; the last one is not zero (empty: 0).
using Polynomial = std::vector<value::Number>;

Polynomial plus(const Polynomial& a, const Polynomial& b, const value::Number& factor_of_b);
Polynomial times(const Polynomial& a, const Polynomial& b);
value::Number at(const Polynomial& polynomial, const value::Number& x);

/// Where it is zero inside the open span (without a bound: from minus or to plus infinity), ascending. A rational zero
/// is given exactly, both numbers equal; an irrational one as a narrow bracket. Nothing for the polynomial 0.
std::vector<std::pair<value::Number, value::Number>> zeros(const Polynomial& polynomial,
                                                           const std::optional<value::Number>& low,
                                                           const std::optional<value::Number>& high);

}  // namespace kpi::eval
