#include "interpreter/eval/run/builtins.hpp"

#include <algorithm>
#include <cassert>

#include "interpreter/model/builtins.hpp"

namespace kpi::eval {
namespace {

using model::Builtin;
using value::Date;
using value::Instant;
using value::NoValueReason;
using value::Number;

Date day_of(const Value& time, const TimeContext& context) {
  return time.is<Instant>() ? context.zone.local_date(time.as<Instant>()) : time.as<Date>();
}

/// Days from the date to the period's start, as a duration.
Value age(const Value& time, const TimeContext& context) {
  const std::int64_t days = context.anchor.days - day_of(time, context).days;
  return Number(days * 86'400);
}

Value months_since(const Value& time, const TimeContext& context) {
  const Date day = day_of(time, context);
  const Date anchor = context.anchor;
  const int months =
      (anchor.year() - day.year()) * 12 + static_cast<int>(anchor.month()) - static_cast<int>(day.month());
  return Number(months);
}

bool matches(const model::Pattern& pattern, const Value& argument) {
  if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
    return std::any_of(set->values.begin(), set->values.end(), [&](const Value& value) { return value == argument; });
  }
  if (const auto* range = std::get_if<model::RangePattern>(&pattern)) {
    if (range->lower.has_value()) {
      const int order = value::compare(argument, range->lower);
      if (order < 0 || (order == 0 && !range->includes_lower)) return false;
    }
    if (range->upper.has_value()) {
      const int order = value::compare(argument, range->upper);
      if (order > 0 || (order == 0 && !range->includes_upper)) return false;
    }
  }
  return true;
}

Number line_value(const std::vector<model::Curve::Point>& points, const Number& at) {
  if (at <= points.front().at) return points.front().value;
  if (at >= points.back().at) return points.back().value;
  const auto right = std::upper_bound(points.begin(), points.end(), at,
                                      [](const Number& x, const model::Curve::Point& point) { return x < point.at; });
  const auto left = std::prev(right);
  return left->value + (right->value - left->value) * (at - left->at) / (right->at - left->at);
}

}  // namespace

Value call_builtin(const model::CallExpr& call, std::span<const Value> arguments, const TimeContext& context) {
  if (model::needs_only_arguments(call.function)) return model::apply_builtin(call.function, arguments, call.rounding);
  for (const Value& argument : arguments) {
    if (!argument.has_value()) return argument;
  }
  if (call.function == Builtin::age) return age(arguments[0], context);
  if (call.function == Builtin::months_since) return months_since(arguments[0], context);
  assert(!"this function needs a row or exchange rates");
  return Value::none(NoValueReason::absent);
}

Number curve_value(const model::Curve& curve, const Number& at) {
  const auto& points = curve.points;
  if (points.empty()) return Number(0);
  if (curve.kind == model::CurveKind::line) return line_value(points, at);
  if (curve.kind == model::CurveKind::steps) {
    Number result;
    for (const auto& point : points) {
      if (at >= point.at) result = point.value;
    }
    return result;
  }
  Number sum;
  for (std::size_t index = 0; index < points.size() && at > points[index].at; ++index) {
    const bool last = index + 1 == points.size();
    const Number upper = last ? at : value::min(at, points[index + 1].at);
    sum += points[index].value * (upper - points[index].at);
  }
  return sum;
}

TableMatch match_table(const model::DecisionTable& table, std::span<const Value> arguments) {
  std::optional<std::size_t> otherwise;
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto& row = table.rows[index];
    if (row.otherwise) {
      otherwise = index;
      continue;
    }
    const Value* undecided = nullptr;
    bool fits = true;
    for (std::size_t column = 0; fits && column < row.patterns.size(); ++column) {
      if (std::holds_alternative<model::AnyPattern>(row.patterns[column])) continue;
      if (!arguments[column].has_value()) {
        undecided = undecided != nullptr ? undecided : &arguments[column];
      } else {
        fits = matches(row.patterns[column], arguments[column]);
      }
    }
    if (fits && undecided != nullptr) return {std::nullopt, undecided->reason()};
    if (fits) return {index, {}};
  }
  // Completeness is proved before anything runs, so without a value nothing but a missing argument leads here.
  if (otherwise) return {otherwise, {}};
  return {std::nullopt, {NoValueReason::condition_unknown, {}}};
}

}  // namespace kpi::eval
