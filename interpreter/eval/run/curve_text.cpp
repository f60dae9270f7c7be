#include "interpreter/eval/run/curve_text.hpp"

#include "interpreter/eval/run/display.hpp"

namespace kpi::eval {

using value::Number;

namespace {

std::string input(const model::Curve& curve, const Number& number) { return exact_quantity(number, curve.input.unit); }
std::string worth(const model::Curve& curve, const Number& number) { return exact_quantity(number, curve.output.unit); }
std::string point_text(const model::Curve& curve, const model::Curve::Point& point) {
  return input(curve, point.at) + " -> " + worth(curve, point.value);
}

/// The straight line between two points, with numbers put in.
std::string on_line(const model::Curve& curve, const Number& at, std::size_t reached) {
  const model::Curve::Point &from = curve.points[reached - 1], &to = curve.points[reached];
  const std::string slope = "(" + input(curve, at) + " - " + input(curve, from.at) + ") / (" + input(curve, to.at) +
                            " - " + input(curve, from.at) + ") * (" + worth(curve, to.value) + " - " +
                            worth(curve, from.value) + ")";
  return from.value.is_zero() ? slope : worth(curve, from.value) + " + " + slope;
}

/// Each rate with the part inside its bracket.
std::string brackets(const model::Curve& curve, const Number& at, std::size_t reached) {
  std::string result;
  for (std::size_t index = 0; index < reached; ++index) {
    const Number upper = index + 1 < reached ? curve.points[index + 1].at : at;
    if (index > 0) result += " + ";
    result += "(" + input(curve, upper) + " - " + input(curve, curve.points[index].at) + ") * " +
              curve.points[index].value.to_string();
  }
  return result.empty() ? "0" : result;
}

}  // namespace

std::string curve_segment(const model::Curve& curve, const Number& at) {
  std::size_t reached = 0;
  while (reached < curve.points.size() && curve.points[reached].at <= at) ++reached;
  if (curve.kind == model::CurveKind::brackets) return brackets(curve, at, reached);
  const bool line = curve.kind == model::CurveKind::line;
  if (reached == 0) {
    const Number value = line ? curve.points.front().value : Number(0);
    return "< " + input(curve, curve.points.front().at) + " -> " + worth(curve, value);
  }
  if (reached == curve.points.size()) return ">= " + point_text(curve, curve.points.back());
  const model::Curve::Point &left = curve.points[reached - 1], &right = curve.points[reached];
  if (line) return point_text(curve, left) + " .. " + point_text(curve, right) + ": " + on_line(curve, at, reached);
  return ">= " + input(curve, left.at) + ", < " + input(curve, right.at) + " -> " + worth(curve, left.value);
}

}  // namespace kpi::eval
