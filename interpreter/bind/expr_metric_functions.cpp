// Functions over metrics: other windows of time, and the members of groups.
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/model/builtins.hpp"

namespace kpi::bind {
namespace {

using model::MetricFunction;

std::optional<value::Period> period_in(const syntax::Expr& expr) {
  if (const auto* period = std::get_if<syntax::PeriodLit>(&expr.node)) return value::Period::parse(period->text);
  if (const auto* date = std::get_if<syntax::DateLit>(&expr.node)) return value::Period::parse(date->text);
  const auto* year = std::get_if<syntax::NumberLit>(&expr.node);
  if (year && year->unit.empty() && !year->percent && year->digits.size() == 4)
    return value::Period::parse(year->digits);
  return std::nullopt;
}

}  // namespace

ExprId ExprBinder::bind_metric_function(MetricFunction function, const syntax::Call& call, Span span) {
  const std::string name(model::name(function));
  if (!reject_modifiers(call, name) || !require_scalar(span, name + "(…)")) return error(span);
  const bool groups = function == MetricFunction::total || function == MetricFunction::share ||
                      function == MetricFunction::rank || function == MetricFunction::percentile_rank;
  const bool alone = function == MetricFunction::year_ago || function == MetricFunction::lifetime;
  const bool either = function == MetricFunction::previous;
  if (!require_arguments(call, name, alone || either ? 1 : 2, alone ? 1 : 2, span)) return error(span);
  model::MetricCall result{function, {}, 1, {}, value::CalendarUnit::year, {}};
  result.operand = bind_present(call.arguments[0].value);
  Type type = s_.type(result.operand);
  bool good = type.kind != Kind::error;
  if (call.arguments.size() == 2) {
    const syntax::Expr& second = syntax_of(call.arguments[1].value);
    if (groups) {
      bind_groups(result, call.arguments[1].value);
      good = good && !result.groups.empty();
    } else if (function == MetricFunction::at_period) {
      const auto period = period_in(second);
      if (period)
        result.period = *period;
      else
        s_.report(D::period_expected, second.span).with("text", s_.text(second.span));
      good = good && period.has_value();
    } else if (function == MetricFunction::to_date) {
      const auto* word = std::get_if<syntax::Name>(&second.node);
      const auto unit = word ? require_calendar_unit(s_, word->name) : std::nullopt;
      if (!word)
        s_.report(D::unknown_word, second.span)
            .with("word", s_.text(second.span))
            .with("allowed", "week, month, quarter, year");
      if (unit) result.unit = *unit;
      good = good && unit.has_value();
    } else {
      const auto count = constant_integer(call.arguments[1].value, 1, 1200);
      if (count) result.count = static_cast<std::int32_t>(*count);
      good = good && count.has_value();
    }
  }
  if (groups && good && !require_kind(result.operand, Kind::number)) good = false;
  if (!good) return error(span);
  if (function == MetricFunction::share || function == MetricFunction::rank ||
      function == MetricFunction::percentile_rank) {
    type = Type::number();
  }
  return s_.add(type, span, std::move(result));
}

void ExprBinder::bind_groups(model::MetricCall& result, syntax::ExprId id) {
  const syntax::Expr& expr = syntax_of(id);
  std::vector<syntax::ExprId> keys;
  if (const auto* list = std::get_if<syntax::List>(&expr.node))
    keys = list->items;
  else
    keys.push_back(id);
  for (const syntax::ExprId key : keys) {
    const auto group = bind_group(key);
    if (!group) {
      result.groups.clear();
      return;
    }
    result.groups.push_back(*group);
  }
}

std::optional<model::GroupKey> ExprBinder::bind_group(syntax::ExprId id) {
  using Key = model::GroupKey;
  const syntax::Expr& expr = syntax_of(id);
  const auto* name = std::get_if<syntax::Name>(&expr.node);
  if (name && !name->name.quoted && name->name.text == "company") return Key{Key::Kind::company, {}};
  if (name && !name->name.quoted && name->name.text == "phase") {
    const ExprId phase = bind_phase(expr.span);
    if (s_.type(phase).kind == Kind::error) return std::nullopt;
    return Key{Key::Kind::phase, {}};
  }
  const auto chain = flatten(id);
  if (!chain) {
    s_.report(D::not_a_group, expr.span).with("text", s_.text(expr.span));
    return std::nullopt;
  }
  // In a metric the scored entity is not known yet: an entity's name means the reference to it that some entity has.
  std::size_t used = 1;
  const Symbol* symbol = symbol_of(*chain, used);
  ExprId bound;
  bool handled = false;
  const bool names_entity = symbol && symbol->kind == SymbolKind::entity && used == chain->parts.size();
  if (c_.place == Place::metric && names_entity && s_.entities_with_field.contains(chain->parts[0]->text)) {
    bound = bind_in_subject(*chain, nullptr, handled);
  }
  if (!handled) bound = bind_chain(*chain);
  if (s_.type(bound).kind == Kind::error) return std::nullopt;
  if (const auto* field = std::get_if<model::SubjectField>(&s_.policy.expr(bound).node)) {
    return Key{Key::Kind::field, field->path};
  }
  s_.report(D::not_a_group, expr.span).with("text", s_.text(expr.span));
  return std::nullopt;
}

}  // namespace kpi::bind
