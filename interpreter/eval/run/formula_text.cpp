#include "interpreter/eval/run/formula_text.hpp"

#include <algorithm>

#include "grammar/source/one_line.hpp"
#include "interpreter/eval/run/display.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {
namespace {

bool stands_for_a_value(const model::ExprNode& node) {
  return std::holds_alternative<model::ParamRef>(node) || std::holds_alternative<model::SubjectField>(node) ||
         std::holds_alternative<model::MetricRef>(node) || std::holds_alternative<model::AggregateRef>(node) ||
         std::holds_alternative<model::MetricCall>(node) || std::holds_alternative<model::TableLookup>(node) ||
         std::holds_alternative<model::CurveApply>(node) || std::holds_alternative<model::PhaseExpr>(node) ||
         std::holds_alternative<model::ScoreExpr>(node) || std::holds_alternative<model::PeriodProperty>(node) ||
         std::holds_alternative<model::ActiveDays>(node) || std::holds_alternative<model::ResultField>(node);
}

}  // namespace

std::string exact_text(const Value& value, const value::Type& type, const Evaluator& evaluator) {
  if (!value.has_value()) return "none (" + value::reason_text(value.reason()) + ")";
  if (const auto* phase = std::get_if<value::PhaseRef>(&value.storage())) {
    const model::Phases* phases = evaluator.policy.phases_of(EntityId{phase->entity});
    return phases == nullptr ? std::string() : phases->phases[phase->phase].named.name;
  }
  if (const auto* ref = std::get_if<value::EntityRef>(&value.storage())) {
    return evaluator.store.rows(EntityId{ref->entity})[ref->row].key;
  }
  return value.is<value::Number>() ? exact_quantity(value.number(), type.unit) : value::to_string(value);
}

std::string FormulaText::written(model::ExprId id) const {
  if (!id.valid()) return {};
  return source::one_line(sources.text(evaluator.policy.expr(id).span));
}

void FormulaText::collect(model::ExprId id, const Context& context, const source::Span& whole,
                          std::vector<Replacement>& found) {
  if (!id.valid()) return;
  const model::Expr& expr = evaluator.policy.expr(id);
  const bool inside = expr.span.source == whole.source && expr.span.begin >= whole.begin &&
                      expr.span.end <= whole.end && expr.span.begin < expr.span.end;
  if (!inside) return;  // came from elsewhere, such as a parameter's default
  if (stands_for_a_value(expr.node)) {
    found.push_back(
        {expr.span.begin, expr.span.end, exact_text(evaluator.evaluate(id, context), expr.type, evaluator)});
    return;
  }
  model::for_each_operand(expr.node, [&](model::ExprId operand) { collect(operand, context, whole, found); });
}

std::string FormulaText::with_values(model::ExprId id, const Context& context) {
  if (!id.valid()) return {};
  const source::Span whole = evaluator.policy.expr(id).span;
  std::vector<Replacement> found;
  collect(id, context, whole, found);
  if (found.empty()) return {};
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  const std::string_view text = sources.text(whole);
  std::string result;
  std::uint32_t at = whole.begin;
  for (const Replacement& replacement : found) {
    if (replacement.begin < at) continue;
    result += text.substr(at - whole.begin, replacement.begin - at);
    result += replacement.text;
    at = replacement.end;
  }
  result += text.substr(at - whole.begin);
  return source::one_line(result);
}

}  // namespace kpi::eval
