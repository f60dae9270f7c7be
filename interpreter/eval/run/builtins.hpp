// Built-in functions, curves and decision tables over plain values. Nothing here knows rows or windows.
#pragma once

#include <span>

#include "interpreter/model/policy.hpp"

namespace kpi::eval {

using value::Value;

/// What functions on times need to know: the first day of the period and the policy's zone.
struct TimeContext {
  value::Date anchor;
  const value::TimeZone& zone;
};

/// min max abs round round_significant floor ceil upper lower trim starts_with ends_with contains age months_since.
/// The first argument without value is the result.
Value call_builtin(const model::CallExpr& call, std::span<const Value> arguments, const TimeContext& context);

/// The value of a curve at `at`:
///   steps     the value of the last point reached; 0 below the first
///   line      straight between the points, flat beyond both ends
///   brackets  sum over brackets of rate * (the part of `at` inside the bracket); 0 below the first
value::Number curve_value(const model::Curve& curve, const value::Number& at);

/// The row of a decision table that applies, by index; none when an argument without value decides, with its reason.
struct TableMatch {
  std::optional<std::size_t> row;
  value::NoValue reason;
};
TableMatch match_table(const model::DecisionTable& table, std::span<const Value> arguments);

}  // namespace kpi::eval
