// Which part of a curve decides its value, and how, in words of the language.
#pragma once

#include "interpreter/model/policy.hpp"

namespace kpi::eval {

/// `60% -> 0 .. 100% -> 100: (0.8 - 0.6) / …` and how far along it, `>= 60, < 80 -> 0.8`, or the sum over brackets.
std::string curve_segment(const model::Curve& curve, const value::Number& at);

}  // namespace kpi::eval
