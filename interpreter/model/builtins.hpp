// Built-in functions on values. One implementation for constants, tests and the evaluator.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "interpreter/model/expr.hpp"

namespace kpi::model {

/// The functions that need nothing but their arguments: min max abs round round_significant floor ceil upper lower trim
/// starts_with ends_with contains. A missing argument gives a missing result with the first reason. The second argument
/// of the rounding functions is an integer.
value::Value apply_builtin(Builtin function, std::span<const value::Value> arguments,
                           value::Rounding rounding = value::Rounding::half_even);
bool needs_only_arguments(Builtin function);

// Text functions work on code points: simple case mapping, Unicode white space.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string_view trim(std::string_view text);

std::string_view name(Builtin function);
std::string_view name(MetricFunction function);
std::string_view name(AggregateFunction function);

}  // namespace kpi::model
