// Functions of one number, exact and in pieces: what an expression is worth for every value of one quantity in it.
// Between two bounds a function is a quotient of polynomials, one value, or not known; at each bound it has a value of
// its own. So the place where a condition begins to hold is found, not searched for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "interpreter/eval/run/polynomial.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::eval {

using value::Number;
using value::Value;

/// The same everywhere on one span: over / under, another value (`other`), or not known.
struct Form {
  enum class Kind : std::uint8_t { quotient, other, unknown } kind = Kind::unknown;
  Polynomial over, under;
  Value other;
  static Form of(const Value& value);
  /// None when not known; a zero denominator is a Value without value.
  std::optional<Value> at(const Number& x) const;
};

struct Piecewise {
  std::vector<Number> bounds;  // ascending
  std::vector<Form> points;    // at each bound; never a quotient that depends on x
  std::vector<Form> spans;     // between them, one more than bounds; the outer two have no end

  static Piecewise constant(const Value& value) { return {{}, {}, {Form::of(value)}}; }
  static Piecewise identity();
  static Piecewise unknown() { return {{}, {}, {Form{}}}; }

  std::optional<Value> at(const Number& x) const;
  /// A number inside span `index`.
  Number inside(std::size_t index) const;
  bool has_unknown() const;
};

/// Sums, differences, products and quotients.
Piecewise arithmetic(value::BinaryOp op, const Piecewise& a, const Piecewise& b);
/// = != < <= > >=. The bounds of the result are where it changes; irrational ones lie within a narrow span that is not
/// known.
Piecewise compared(value::BinaryOp op, const Piecewise& a, const Piecewise& b);
/// A function of values: of conditions, words, phases. Numbers among the arguments must be constant between bounds.
Piecewise mapped(std::span<const Piecewise* const> arguments,
                 const std::function<Value(std::span<const Value>)>& function);
/// if condition then a else b; no value where the condition has none.
Piecewise chosen(const Piecewise& condition, const Piecewise& a, const Piecewise& b);
/// `a default b`
Piecewise defaulted(const Piecewise& a, const Piecewise& b);
Piecewise has_no_value(const Piecewise& a);
/// The function with bounds where it passes one of the levels, so that each span lies on one side of each.
Piecewise split_at(const Piecewise& a, std::span<const Number> levels);
Piecewise on_curve(const model::Curve& curve, const Piecewise& a);
/// Rounded to multiples of `unit`; worked out around `around`, not known far from it.
Piecewise rounded(const Piecewise& a, const Number& unit, value::Rounding mode, const Number& around);

/// The place nearest to `from` where a condition holds.
struct Nearest {
  Number at;
  bool beyond = false;  // not there itself, but as soon as it is passed
  Number sample;        // a place close by where it holds
};
struct Search {
  Number from;
  bool whole = false;           // only whole numbers count
  bool never_negative = false;  // nor numbers below zero
  bool prefer_up = true;        // of two equally near ones
};
std::optional<Nearest> nearest(const Piecewise& condition, const Search& search);

}  // namespace kpi::eval
