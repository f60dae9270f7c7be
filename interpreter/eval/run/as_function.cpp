#include "interpreter/eval/run/as_function.hpp"

#include <algorithm>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/run/kinds_of_numbers.hpp"
#include "interpreter/model/builtins.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::Attain;
using model::BuiltinCurve;
using model::ExprId;
using model::MetricId;
using value::BinaryOp;
using value::NoValueReason;

namespace {

Piecewise constant(const Number& number) { return Piecewise::constant(Value(number)); }

Piecewise both(BinaryOp op, const Piecewise& a, const Piecewise& b) {
  const Piecewise* parts[] = {&a, &b};
  return mapped(parts, [&](std::span<const Value> values) {
    return value::apply(op, values[0], values[1], value::TimeZone::utc());
  });
}

Piecewise negated(const Piecewise& condition) {
  const Piecewise* parts[] = {&condition};
  return mapped(parts,
                [](std::span<const Value> values) { return value::apply(value::UnaryOp::logical_not, values[0]); });
}

/// The condition holds, decided: false as well where it has no value.
Piecewise shown_to_hold(const Piecewise& condition) {
  const Piecewise* parts[] = {&condition};
  return mapped(parts,
                [](std::span<const Value> values) { return Value(values[0].has_value() && values[0].boolean()); });
}

Piecewise smaller(const Piecewise& a, const Piecewise& b) { return chosen(compared(BinaryOp::le, a, b), a, b); }
Piecewise larger(const Piecewise& a, const Piecewise& b) { return chosen(compared(BinaryOp::ge, a, b), a, b); }

bool is_arithmetic(BinaryOp op) {
  return op == BinaryOp::add || op == BinaryOp::subtract || op == BinaryOp::multiply || op == BinaryOp::divide;
}

}  // namespace

Variable variable_of(const model::Policy& policy, MetricId metric) {
  const model::Metric& declared = policy.metrics[metric.index];
  return {metric, {}, declared.type, is_whole(policy, declared.value), is_never_negative(policy, declared.value)};
}

void collect_variables(const model::Policy& policy, ExprId id, std::set<Variable>& found) {
  if (!id.valid()) return;
  const model::Expr& expr = policy.expr(id);
  if (const auto* ref = std::get_if<model::MetricRef>(&expr.node)) {
    if (expr.type.kind == value::Kind::number) {
      found.insert(variable_of(policy, ref->metric));
    } else {
      collect_variables(policy, policy.metrics[ref->metric.index].value, found);
    }
  }
  if (const auto* aggregate = std::get_if<model::AggregateRef>(&expr.node);
      aggregate != nullptr && expr.type.kind == value::Kind::number) {
    found.insert({{}, aggregate->aggregate, expr.type, is_whole(policy, id), is_never_negative(policy, id)});
  }
  if (std::holds_alternative<model::MetricCall>(expr.node)) return;  // other windows or other rows
  model::for_each_operand(expr.node, [&](ExprId operand) { collect_variables(policy, operand, found); });
}

// ---- what depends on the quantity
// -----------------------------------------------------------------------------------

bool AsFunction::metric_depends(MetricId id) {
  if (id == variable.metric) return true;
  const model::Metric& metric = policy.metrics[id.index];
  return depends(metric.value) || depends(metric.needs);
}

bool AsFunction::phases_depend() {
  const model::Phases* phases = policy.phases_of(context.subject.entity);
  return phases != nullptr &&
         std::any_of(phases->phases.begin(), phases->phases.end(), [&](const auto& one) { return depends(one.when); });
}

bool AsFunction::scorecard_depends() {
  if (scorecard == nullptr) return false;
  const auto row_depends = [&](const model::ScorecardRow& row) {
    return metric_depends(row.metric) || depends(row.base) ||
           std::any_of(row.targets.begin(), row.targets.end(), [&](ExprId id) { return depends(id); });
  };
  return std::any_of(scorecard->rows.begin(), scorecard->rows.end(), row_depends) ||
         std::any_of(scorecard->gates.begin(), scorecard->gates.end(),
                     [&](const auto& gate) { return depends(gate.requires_value); });
}

bool AsFunction::depends(ExprId id) {
  if (!id.valid()) return false;
  if (const auto known = depends_.find(id.index); known != depends_.end()) return known->second;
  const model::ExprNode& node = policy.expr(id).node;
  bool found = false;
  if (const auto* ref = std::get_if<model::MetricRef>(&node)) found = metric_depends(ref->metric);
  if (const auto* ref = std::get_if<model::AggregateRef>(&node)) found = ref->aggregate == variable.aggregate;
  if (std::holds_alternative<model::PhaseExpr>(node)) found = phases_depend();
  if (std::holds_alternative<model::ScoreExpr>(node) || std::holds_alternative<model::ResultField>(node)) {
    found = scorecard_depends();
  }
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    for (const auto& row : policy.tables[lookup->table.index].rows) found = found || depends(row.value);
  }
  model::for_each_operand(node, [&](ExprId operand) { found = found || depends(operand); });
  return depends_[id.index] = found;
}

// ---- expressions
// ------------------------------------------------------------------------------------------------------

Number AsFunction::now() const {
  const Value value = variable.metric.valid()
                          ? evaluator.metric(variable.metric, context.subject, context.moment)
                          : evaluator.aggregate(variable.aggregate, context);
  return value.is<Number>() ? value.number() : Number(0);
}

Piecewise AsFunction::metric(MetricId id) {
  if (id == variable.metric) return Piecewise::identity();
  if (!metric_depends(id)) return Piecewise::constant(evaluator.metric(id, context.subject, context.moment));
  const model::Metric& metric = policy.metrics[id.index];
  Piecewise value = expression(metric.value);
  if (!metric.needs.valid()) return value;
  return chosen(expression(metric.needs), value,
                Piecewise::constant(Value::none(NoValueReason::sample_below, metric.needs_limit)));
}

Piecewise AsFunction::expression(ExprId id) {
  if (!id.valid()) return Piecewise::constant({});
  if (!depends(id)) return Piecewise::constant(evaluator.evaluate(id, context));
  const model::ExprNode& node = policy.expr(id).node;
  if (const auto* ref = std::get_if<model::MetricRef>(&node)) return metric(ref->metric);
  if (std::holds_alternative<model::AggregateRef>(node)) return Piecewise::identity();
  if (const auto* call = std::get_if<model::MetricCall>(&node)) return of(*call, id);
  if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) {
    const Piecewise operand = expression(unary->operand);
    if (unary->op == value::UnaryOp::logical_not) return negated(operand);
    return arithmetic(BinaryOp::subtract, constant(0), operand);
  }
  if (const auto* binary = std::get_if<model::BinaryExpr>(&node)) return of(*binary);
  if (const auto* in = std::get_if<model::InExpr>(&node)) return of(*in);
  if (const auto* is_none = std::get_if<model::IsNoneExpr>(&node)) {
    const Piecewise none = has_no_value(expression(is_none->operand));
    return is_none->negated ? negated(none) : none;
  }
  if (const auto* with = std::get_if<model::DefaultExpr>(&node)) {
    return defaulted(expression(with->operand), expression(with->fallback));
  }
  if (const auto* choice = std::get_if<model::IfExpr>(&node)) {
    return chosen(expression(choice->condition), expression(choice->then_value), expression(choice->else_value));
  }
  if (const auto* call = std::get_if<model::CallExpr>(&node)) return of(*call);
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) return of(*lookup);
  if (const auto* applied = std::get_if<model::CurveApply>(&node)) {
    return on_curve(policy.curves[applied->curve.index], expression(applied->argument));
  }
  if (std::holds_alternative<model::PhaseExpr>(node)) return phase();
  if (std::holds_alternative<model::ScoreExpr>(node)) return score();
  if (const auto* field = std::get_if<model::ResultField>(&node)) return of(*field);
  return Piecewise::unknown();
}

/// In another window or for other rows the quantity is another one; in the same window it is the same.
Piecewise AsFunction::of(const model::MetricCall& call, ExprId id) {
  const bool over_rows =
      call.function == model::MetricFunction::total || call.function == model::MetricFunction::share ||
      call.function == model::MetricFunction::rank || call.function == model::MetricFunction::percentile_rank;
  if (over_rows) return Piecewise::unknown();
  if (evaluator.moments.transform(context.moment, id, call) == context.moment) return expression(call.operand);
  return Piecewise::constant(evaluator.evaluate(id, context));
}

Piecewise AsFunction::of(const model::BinaryExpr& binary) {
  const Piecewise left = expression(binary.left), right = expression(binary.right);
  if (is_arithmetic(binary.op)) return arithmetic(binary.op, left, right);
  if (binary.op == BinaryOp::logical_and || binary.op == BinaryOp::logical_or) return both(binary.op, left, right);
  return compared(binary.op, left, right);
}

Piecewise AsFunction::of(const model::InExpr& in) {
  const Piecewise item = expression(in.item);
  const model::ExprNode& collection = policy.expr(in.collection).node;
  Piecewise found = Piecewise::unknown();
  if (const auto* range = std::get_if<model::RangeExpr>(&collection)) {
    found = Piecewise::constant(Value(true));
    if (range->lower.valid()) found = compared(BinaryOp::ge, item, expression(range->lower));
    if (range->upper.valid()) {
      const BinaryOp below = range->includes_upper ? BinaryOp::le : BinaryOp::lt;
      found = both(BinaryOp::logical_and, found, compared(below, item, expression(range->upper)));
    }
  } else if (const auto* list = std::get_if<model::ListExpr>(&collection)) {
    found = Piecewise::constant(Value(false));
    for (const ExprId one : list->items) {
      found = both(BinaryOp::logical_or, found, compared(BinaryOp::eq, item, expression(one)));
    }
  } else if (const Value values = depends(in.collection) ? Value() : evaluator.evaluate(in.collection, context);
             values.has_value()) {
    found = of_values(item, values);
  }
  return in.negated ? negated(found) : found;
}

/// A list or range that was folded into one value.
Piecewise AsFunction::of_values(const Piecewise& item, const Value& values) {
  if (values.is<std::shared_ptr<const value::ListValue>>()) {
    Piecewise found = Piecewise::constant(Value(false));
    for (const Value& one : values.as<std::shared_ptr<const value::ListValue>>()->items) {
      found = both(BinaryOp::logical_or, found, compared(BinaryOp::eq, item, Piecewise::constant(one)));
    }
    return found;
  }
  if (!values.is<std::shared_ptr<const value::RangeValue>>()) return Piecewise::unknown();
  const value::RangeValue& range = *values.as<std::shared_ptr<const value::RangeValue>>();
  Piecewise found = Piecewise::constant(Value(true));
  if (range.lower.has_value()) found = compared(BinaryOp::ge, item, Piecewise::constant(range.lower));
  if (!range.upper.has_value()) return found;
  const BinaryOp below = range.includes_upper ? BinaryOp::le : BinaryOp::lt;
  return both(BinaryOp::logical_and, found, compared(below, item, Piecewise::constant(range.upper)));
}

Piecewise AsFunction::of(const model::CallExpr& call) {
  using model::Builtin;
  std::vector<Piecewise> arguments;
  for (const ExprId argument : call.arguments) arguments.push_back(expression(argument));
  if (call.function == Builtin::min || call.function == Builtin::max) {
    Piecewise found = arguments.front();
    for (std::size_t index = 1; index < arguments.size(); ++index) {
      found = call.function == Builtin::min ? smaller(found, arguments[index]) : larger(found, arguments[index]);
    }
    return found;
  }
  if (call.function == Builtin::abs) {
    const Piecewise opposite = arithmetic(BinaryOp::subtract, constant(0), arguments.front());
    return larger(arguments.front(), opposite);
  }
  if (call.function == Builtin::floor) return rounded(arguments.front(), 1, value::Rounding::floor, now());
  if (call.function == Builtin::ceil) return rounded(arguments.front(), 1, value::Rounding::ceiling, now());
  if (call.function == Builtin::round) {
    const auto places = arguments.size() > 1 ? arguments[1].at(0) : std::optional(Value(Number(0)));
    const bool fixed = arguments.size() < 2 || !depends(call.arguments[1]);
    if (!fixed || !places || !places->is<Number>()) return Piecewise::unknown();
    const auto count = places->number().to_int64();
    if (!count || *count > 9 || *count < -9) return Piecewise::unknown();
    return rounded(arguments.front(), Number::power_of_ten(-static_cast<int>(*count)), call.rounding, now());
  }
  return Piecewise::unknown();
}

Piecewise AsFunction::of(const model::TableLookup& lookup) {
  const model::DecisionTable& table = policy.tables[lookup.table.index];
  std::vector<Piecewise> arguments;
  for (std::size_t column = 0; column < lookup.arguments.size(); ++column) {
    std::vector<Number> levels;
    for (const auto& row : table.rows) {
      if (row.otherwise || column >= row.patterns.size()) continue;
      const auto add = [&](const Value& value) {
        if (value.is<Number>()) levels.push_back(value.number());
      };
      if (const auto* set = std::get_if<model::SetPattern>(&row.patterns[column])) {
        for (const Value& value : set->values) add(value);
      } else if (const auto* range = std::get_if<model::RangePattern>(&row.patterns[column])) {
        add(range->lower);
        add(range->upper);
      }
    }
    arguments.push_back(split_at(expression(lookup.arguments[column]), levels));
  }
  std::vector<const Piecewise*> parts;
  for (const Piecewise& argument : arguments) parts.push_back(&argument);
  const Piecewise row = mapped(parts, [&](std::span<const Value> values) {
    const TableMatch match = match_table(table, values);
    return match.row ? Value(Number(static_cast<std::int64_t>(*match.row))) : Value(match.reason);
  });
  Piecewise found = Piecewise::constant(Value::none(NoValueReason::condition_unknown));
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const Piecewise here = compared(BinaryOp::eq, row, constant(static_cast<std::int64_t>(index)));
    found = chosen(here, expression(table.rows[index].value), found);
  }
  return found;
}

/// Phases look at the period alone; where that is another window than this one's, the quantity is another one there.
Piecewise AsFunction::phase() {
  const model::Phases& phases = *policy.phases_of(context.subject.entity);
  if (evaluator.moments.period_only(context.moment) != context.moment) {
    return Piecewise::constant(evaluator.phase(context.subject.entity, context.subject.row, context.moment));
  }
  Piecewise found = Piecewise::constant(Value::none(NoValueReason::phase_unknown));
  for (std::size_t index = phases.phases.size(); index-- > 0;) {
    const Value here = value::PhaseRef{context.subject.entity.index, static_cast<std::uint32_t>(index)};
    const ExprId when = phases.phases[index].when;
    found = when.valid() ? chosen(expression(when), Piecewise::constant(here), found) : Piecewise::constant(here);
  }
  return found;
}

// ---- the scorecard
// --------------------------------------------------------------------------------------------------

std::optional<std::size_t> AsFunction::row_of(MetricId id) const {
  if (scorecard == nullptr) return std::nullopt;
  for (std::size_t row = 0; row < scorecard->rows.size(); ++row) {
    if (scorecard->rows[row].metric == id) return row;
  }
  return std::nullopt;
}

Piecewise AsFunction::of(const model::ResultField& field) {
  const auto row = row_of(field.metric);
  if (!row || result == nullptr || phases_depend()) return Piecewise::unknown();
  using Which = model::ResultField::Which;
  switch (field.which) {
    case Which::target:
      return target(*row);
    case Which::attainment:
      return attainment(*row);
    case Which::points:
      return points(*row);
    case Which::value:
      return actual(*row);
    case Which::weight:
      break;
  }
  return constant(result->metrics[*row].weight);
}

Piecewise AsFunction::target(std::size_t row) {
  const auto& targets = scorecard->rows[row].targets;
  const std::size_t at = targets.size() > 1 && result->phase ? *result->phase : 0;
  return at < targets.size() ? expression(targets[at]) : Piecewise::constant({});
}

Piecewise AsFunction::attainment(std::size_t row) {
  const model::ScorecardRow& declared = scorecard->rows[row];
  const Piecewise value = actual(row), wanted = target(row);
  if (declared.attain == Attain::none) return Piecewise::constant({});
  if (declared.attain == Attain::from) {
    const Piecewise base = expression(declared.base);
    return arithmetic(BinaryOp::divide, arithmetic(BinaryOp::subtract, value, base),
                      arithmetic(BinaryOp::subtract, wanted, base));
  }
  Piecewise found = declared.attain == Attain::inverse ? arithmetic(BinaryOp::divide, wanted, value)
                                                       : arithmetic(BinaryOp::divide, value, wanted);
  if (declared.attain == Attain::mirror) found = arithmetic(BinaryOp::subtract, constant(2), found);
  return chosen(compared(BinaryOp::gt, wanted, constant(0)), found,
                Piecewise::constant(Value::none(NoValueReason::target_not_positive)));
}

Piecewise AsFunction::points(std::size_t row) {
  const model::ScorecardRow& declared = scorecard->rows[row];
  const auto* builtin = std::get_if<BuiltinCurve>(&declared.curve);
  if (builtin != nullptr && *builtin == BuiltinCurve::pass) {
    const bool lower = policy.metrics[declared.metric.index].lower_is_better;
    return chosen(compared(lower ? BinaryOp::le : BinaryOp::ge, actual(row), target(row)), constant(100), constant(0));
  }
  const Piecewise input = declared.attain == Attain::none ? actual(row) : attainment(row);
  if (builtin == nullptr) return on_curve(policy.curves[std::get<model::CurveId>(declared.curve).index], input);
  const Piecewise linear = larger(constant(0), arithmetic(BinaryOp::multiply, constant(100), input));
  return *builtin == BuiltinCurve::linear ? linear : smaller(linear, constant(Number(100) * declared.cap));
}

/// As Scorer::weigh has it: without points a row takes the score with it, counts 0, or hands its weight to the others.
Piecewise AsFunction::score() {
  if (scorecard == nullptr || result == nullptr || phases_depend()) return Piecewise::unknown();
  if (!scorecard->has_table) return gated(constant(100));
  Piecewise sum = constant(0), present = constant(0);
  for (const ScoreRowResult& measured : result->metrics) {
    if (measured.weight.is_zero()) continue;
    const Piecewise weight = constant(measured.weight);
    Piecewise of_row = points(measured.row);
    const model::Missing missing = scorecard->rows[measured.row].missing;
    if (missing == model::Missing::skip) {
      present = arithmetic(BinaryOp::add, present, chosen(has_no_value(of_row), constant(0), weight));
    } else {
      present = arithmetic(BinaryOp::add, present, weight);
    }
    if (missing != model::Missing::unscored) of_row = defaulted(of_row, constant(0));
    sum = arithmetic(BinaryOp::add, sum, arithmetic(BinaryOp::multiply, of_row, weight));
  }
  return gated(arithmetic(BinaryOp::divide, sum, present));
}

Piecewise AsFunction::gated(Piecewise score) {
  using Effect = model::Gate::Effect;
  for (const model::Gate& gate : scorecard->gates) {
    const Piecewise holds = shown_to_hold(expression(gate.requires_value));
    const Piecewise limited = gate.effect == Effect::unscored
                                  ? Piecewise::constant(Value::none(NoValueReason::unscored))
                                  : smaller(score, constant(gate.effect == Effect::at_most ? gate.limit : Number(0)));
    score = chosen(holds, score, limited);
  }
  return score;
}

}  // namespace kpi::eval
