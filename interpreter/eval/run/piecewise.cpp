#include "interpreter/eval/run/piecewise.hpp"

#include <algorithm>

#include "interpreter/eval/run/builtins.hpp"

namespace kpi::eval {

using value::BinaryOp;
using value::NoValueReason;
using Kind = Form::Kind;

Form Form::of(const Value& value) {
  if (!value.is<Number>()) return {Kind::other, {}, {}, value};
  Polynomial over;
  if (!value.number().is_zero()) over.push_back(value.number());
  return {Kind::quotient, std::move(over), {Number(1)}, {}};
}

std::optional<Value> Form::at(const Number& x) const {
  if (kind == Kind::unknown) return std::nullopt;
  if (kind == Kind::other) return other;
  const Number below = eval::at(under, x);
  if (below.is_zero()) return Value::none(NoValueReason::zero_denominator);
  return Value(eval::at(over, x) / below);
}

Piecewise Piecewise::identity() { return {{}, {}, {Form{Kind::quotient, {Number(0), Number(1)}, {Number(1)}, {}}}}; }

std::optional<Value> Piecewise::at(const Number& x) const {
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), x);
  const auto index = static_cast<std::size_t>(bound - bounds.begin());
  if (bound != bounds.end() && *bound == x) return points[index].at(x);
  return spans[index].at(x);
}

Number Piecewise::inside(std::size_t index) const {
  if (bounds.empty()) return 0;
  if (index == 0) return bounds.front() - 1;
  if (index == bounds.size()) return bounds.back() + 1;
  return (bounds[index - 1] + bounds[index]) / Number(2);
}

bool Piecewise::has_unknown() const {
  const auto is_unknown = [](const Form& form) { return form.kind == Kind::unknown; };
  return std::any_of(spans.begin(), spans.end(), is_unknown) || std::any_of(points.begin(), points.end(), is_unknown);
}

namespace {

constexpr std::size_t kMostTerms = 9;  // of a polynomial: a higher degree is not worked out

Form known(const std::optional<Value>& value) { return value ? Form::of(*value) : Form{}; }

/// The bounds of several functions together, and which of the spans are brackets around an irrational zero.
struct Grid {
  std::vector<Number> bounds;
  std::vector<std::pair<Number, Number>> brackets;

  void add(const Piecewise& function) { bounds.insert(bounds.end(), function.bounds.begin(), function.bounds.end()); }
  void settle() {
    std::sort(bounds.begin(), bounds.end());
    bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  }
  bool in_bracket(const Number& x) const {
    return std::any_of(brackets.begin(), brackets.end(),
                       [&](const auto& one) { return one.first < x && x < one.second; });
  }
  std::optional<Number> low(std::size_t span) const {
    return span == 0 ? std::nullopt : std::optional(bounds[span - 1]);
  }
  std::optional<Number> high(std::size_t span) const {
    return span == bounds.size() ? std::nullopt : std::optional(bounds[span]);
  }
};

const Form& span_at(const Piecewise& function, const Number& x) {
  const auto bound = std::lower_bound(function.bounds.begin(), function.bounds.end(), x);
  return function.spans[static_cast<std::size_t>(bound - function.bounds.begin())];
}

/// A function made span by span and point by point from others, whose bounds are in the grid.
Piecewise built(const Grid& grid, const std::function<Form(const Number& inside)>& span,
                const std::function<Form(const Number& at)>& point) {
  Piecewise result;
  result.bounds = grid.bounds;
  for (const Number& bound : grid.bounds) result.points.push_back(point(bound));
  result.spans.resize(grid.bounds.size() + 1);
  for (std::size_t index = 0; index < result.spans.size(); ++index) {
    const Number inside = result.inside(index);
    if (!grid.in_bracket(inside)) result.spans[index] = span(inside);
  }
  return result;
}

/// Adds to the grid where `polynomial_of(inside)` is zero, span by span.
void add_zeros(Grid& grid, const std::function<Polynomial(const Number& inside)>& polynomial_of) {
  Piecewise shape;
  shape.bounds = grid.bounds;
  std::vector<Number> more;
  for (std::size_t index = 0; index <= grid.bounds.size(); ++index) {
    const Polynomial polynomial = polynomial_of(shape.inside(index));
    for (const auto& [first, last] : zeros(polynomial, grid.low(index), grid.high(index))) {
      more.push_back(first);
      if (first == last) continue;
      more.push_back(last);
      grid.brackets.emplace_back(first, last);
    }
  }
  grid.bounds.insert(grid.bounds.end(), more.begin(), more.end());
  grid.settle();
}

/// Where a quotient has no value because it is divided by zero.
void add_poles(Grid& grid, const Piecewise& function) {
  add_zeros(grid, [&](const Number& inside) {
    const Form& form = span_at(function, inside);
    return form.kind == Kind::quotient ? form.under : Polynomial{};
  });
}

bool is_quotient(const Form& form) { return form.kind == Kind::quotient; }
bool is_constant(const Form& form) {
  return form.kind == Kind::other || (is_quotient(form) && form.over.size() <= 1 && form.under.size() == 1);
}
bool is_missing(const Form& form) { return form.kind == Kind::other && !form.other.has_value(); }

Form combined(BinaryOp op, const Form& a, const Form& b) {
  if (is_missing(a)) return a;
  if (is_missing(b)) return b;
  if (a.kind == Kind::unknown || b.kind == Kind::unknown) return {};
  if (!is_quotient(a) || !is_quotient(b)) {
    if (!is_constant(a) || !is_constant(b)) return {};
    return Form::of(value::apply(op, *a.at(0), *b.at(0), value::TimeZone::utc()));
  }
  Form result{Kind::quotient, {}, {}, {}};
  if (op == BinaryOp::multiply) {
    result.over = times(a.over, b.over);
    result.under = times(a.under, b.under);
  } else if (op == BinaryOp::divide) {
    if (b.over.empty()) return Form::of(Value::none(NoValueReason::zero_denominator));
    result.over = times(a.over, b.under);
    result.under = times(a.under, b.over);
  } else {
    const Number sign(op == BinaryOp::add ? 1 : -1);
    const bool same = a.under == b.under;
    result.over = same ? plus(a.over, b.over, sign) : plus(times(a.over, b.under), times(b.over, a.under), sign);
    result.under = same ? a.under : times(a.under, b.under);
  }
  if (result.over.size() > kMostTerms || result.under.size() > kMostTerms) return {};
  return result;
}

Form scaled(const Form& form, const Number& factor, const Number& offset) {
  return combined(BinaryOp::add, combined(BinaryOp::multiply, form, Form::of(factor)), Form::of(offset));
}

}  // namespace

Piecewise arithmetic(BinaryOp op, const Piecewise& a, const Piecewise& b) {
  Grid grid;
  grid.add(a);
  grid.add(b);
  grid.settle();
  return built(
      grid, [&](const Number& inside) { return combined(op, span_at(a, inside), span_at(b, inside)); },
      [&](const Number& at) { return combined(op, known(a.at(at)), known(b.at(at))); });
}

Piecewise compared(BinaryOp op, const Piecewise& a, const Piecewise& b) {
  Grid grid;
  grid.add(a);
  grid.add(b);
  grid.settle();
  add_poles(grid, a);
  add_poles(grid, b);
  add_zeros(grid, [&](const Number& inside) {
    const Form &left = span_at(a, inside), &right = span_at(b, inside);
    if (!is_quotient(left) || !is_quotient(right)) return Polynomial{};
    return combined(BinaryOp::subtract, left, right).over;
  });
  const auto value_at = [&](const Number& x) -> Form {
    const auto left = a.at(x), right = b.at(x);
    if (left && !left->has_value()) return Form::of(*left);
    if (right && !right->has_value()) return Form::of(*right);
    if (!left || !right) return {};
    return Form::of(value::apply(op, *left, *right, value::TimeZone::utc()));
  };
  return built(grid, value_at, value_at);
}

Piecewise mapped(std::span<const Piecewise* const> arguments,
                 const std::function<Value(std::span<const Value>)>& function) {
  Grid grid;
  for (const Piecewise* argument : arguments) grid.add(*argument);
  grid.settle();
  const auto value_at = [&](const Number& x) -> Form {
    std::vector<Value> values;
    for (const Piecewise* argument : arguments) {
      const auto value = argument->at(x);
      if (!value) return {};
      values.push_back(*value);
    }
    return Form::of(function(values));
  };
  return built(grid, value_at, value_at);
}

Piecewise chosen(const Piecewise& condition, const Piecewise& a, const Piecewise& b) {
  Grid grid;
  grid.add(condition);
  grid.add(a);
  grid.add(b);
  grid.settle();
  const auto choose = [&](const Number& x, const auto& form_of) -> Form {
    const auto holds = condition.at(x);
    if (!holds) return {};
    if (!holds->has_value()) return Form::of(*holds);
    return form_of(holds->boolean() ? a : b);
  };
  return built(
      grid,
      [&](const Number& inside) {
        return choose(inside, [&](const Piecewise& side) { return span_at(side, inside); });
      },
      [&](const Number& at) { return choose(at, [&](const Piecewise& side) { return known(side.at(at)); }); });
}

Piecewise defaulted(const Piecewise& a, const Piecewise& b) { return chosen(has_no_value(a), b, a); }

Piecewise has_no_value(const Piecewise& a) {
  Grid grid;
  grid.add(a);
  grid.settle();
  add_poles(grid, a);
  const auto value_at = [&](const Number& x) -> Form {
    const auto value = a.at(x);
    return value ? Form::of(Value(!value->has_value())) : Form{};
  };
  return built(grid, value_at, value_at);
}

Piecewise split_at(const Piecewise& a, std::span<const Number> levels) {
  Grid grid;
  grid.add(a);
  grid.settle();
  add_poles(grid, a);
  for (const Number& level : levels) {
    add_zeros(grid, [&](const Number& inside) {
      const Form& form = span_at(a, inside);
      return is_quotient(form) ? plus(form.over, form.under, -level) : Polynomial{};
    });
  }
  return built(
      grid, [&](const Number& inside) { return span_at(a, inside); },
      [&](const Number& at) { return known(a.at(at)); });
}

namespace {

/// The curve around an input: what it does to the form of its argument there.
Form curve_form(const model::Curve& curve, const Form& argument, const Number& input) {
  const auto& points = curve.points;
  std::size_t reached = 0;
  while (reached < points.size() && points[reached].at <= input) ++reached;
  if (curve.kind == model::CurveKind::steps || points.empty()) return Form::of(curve_value(curve, input));
  if (curve.kind == model::CurveKind::line) {
    if (reached == 0 || reached == points.size()) return Form::of(curve_value(curve, input));
    const auto &left = points[reached - 1], &right = points[reached];
    const Number slope = (right.value - left.value) / (right.at - left.at);
    return scaled(argument, slope, left.value - slope * left.at);
  }
  if (reached == 0) return Form::of(Value(Number(0)));
  const auto& last = points[reached - 1];
  return scaled(argument, last.value, curve_value(curve, last.at) - last.value * last.at);
}

}  // namespace

Piecewise on_curve(const model::Curve& curve, const Piecewise& a) {
  std::vector<Number> levels;
  for (const auto& point : curve.points) levels.push_back(point.at);
  Piecewise result = split_at(a, levels);
  for (std::size_t index = 0; index < result.spans.size(); ++index) {
    Form& form = result.spans[index];
    const auto input = form.at(result.inside(index));
    if (input && input->has_value()) form = curve_form(curve, form, input->number());
  }
  for (std::size_t index = 0; index < result.points.size(); ++index) {
    const auto input = result.points[index].at(result.bounds[index]);
    if (input && input->has_value()) result.points[index] = Form::of(Value(curve_value(curve, input->number())));
  }
  return result;
}

Piecewise rounded(const Piecewise& a, const Number& unit, value::Rounding mode, const Number& around) {
  constexpr int kSteps = 64;
  const auto now = a.at(around);
  const Number middle = now && now->has_value() ? now->number().round_to(unit, value::Rounding::half_even) : Number(0);
  std::vector<Number> levels;
  for (int step = -2 * kSteps; step <= 2 * kSteps; ++step) levels.push_back(middle + unit * Number(step) / Number(2));
  Piecewise result = split_at(a, levels);
  const auto settle = [&](Form& form, const Number& at) {
    const auto input = form.at(at);
    if (!input || !input->has_value() || is_constant(form)) {
      if (input && input->has_value()) form = Form::of(Value(input->number().round_to(unit, mode)));
      return;
    }
    const bool near = input->number() > levels.front() && input->number() < levels.back();
    form = near ? Form::of(Value(input->number().round_to(unit, mode))) : Form{};
  };
  for (std::size_t index = 0; index < result.spans.size(); ++index) settle(result.spans[index], result.inside(index));
  for (std::size_t index = 0; index < result.points.size(); ++index) settle(result.points[index], result.bounds[index]);
  return result;
}

namespace {

bool holds(const Form& form) { return form.kind == Kind::other && form.other.is<bool>() && form.other.boolean(); }

/// Keeps the nearest of the places it is shown.
class Best {
 public:
  explicit Best(const Search& search) : search_(search) {}
  void offer(Nearest place) {
    if (search_.never_negative && (place.at.sign() < 0 || place.sample.sign() < 0)) return;
    if (!found_ || is_better(place)) found_ = std::move(place);
  }
  std::optional<Nearest> found() const { return found_; }

 private:
  bool is_better(const Nearest& place) const {
    const Number mine = (place.at - search_.from).abs(), other = (found_->at - search_.from).abs();
    if (mine != other) return mine < other;
    if (place.at == found_->at) return !place.beyond && found_->beyond;
    return (place.at > search_.from) == search_.prefer_up;
  }
  const Search& search_;
  std::optional<Nearest> found_;
};

/// The places of an open span that are nearest to where the search starts.
void offer_span(const Search& search, const std::optional<Number>& low, const std::optional<Number>& high, Best& best) {
  const auto is_inside = [&](const Number& x) { return (!low || x > *low) && (!high || x < *high); };
  if (search.whole) {
    for (const Number& candidate :
         {search.from.floor(), search.from.ceil(), low ? low->floor() + 1 : search.from.floor(),
          high ? high->ceil() - 1 : search.from.ceil()}) {
      if (is_inside(candidate)) best.offer({candidate, false, candidate});
    }
    return;
  }
  if (is_inside(search.from)) return best.offer({search.from, false, search.from});
  const bool up = low && search.from <= *low;
  const Number& edge = up ? *low : *high;
  if (search.never_negative && !up && edge.sign() <= 0) return;
  // A thousandth of the way on, or of one, but inside.
  const Number distance = (edge - search.from).abs();
  Number step = (distance.is_zero() ? Number(1) : distance) / Number(1000);
  if (low && high) step = value::min(step, (*high - *low) / Number(2));
  if (search.never_negative && !up) step = value::min(step, edge);
  best.offer({edge, true, up ? edge + step : edge - step});
}

}  // namespace

std::optional<Nearest> nearest(const Piecewise& condition, const Search& search) {
  Best best(search);
  for (std::size_t index = 0; index < condition.points.size(); ++index) {
    const Number& at = condition.bounds[index];
    if (holds(condition.points[index]) && (!search.whole || at.is_integer())) best.offer({at, false, at});
  }
  for (std::size_t index = 0; index < condition.spans.size(); ++index) {
    if (!holds(condition.spans[index])) continue;
    const auto low = index == 0 ? std::nullopt : std::optional(condition.bounds[index - 1]);
    const auto high = index == condition.bounds.size() ? std::nullopt : std::optional(condition.bounds[index]);
    offer_span(search, low, high, best);
  }
  return best.found();
}

}  // namespace kpi::eval
