#include "interpreter/bind/expr_binder.hpp"

#include <utility>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {

ExprId ExprBinder::bind(syntax::ExprId id) {
  if (const auto chain = flatten(id)) return bind_chain(*chain);
  const syntax::Expr& expr = syntax_of(id);
  return std::visit([&](const auto& node) { return bind_node(node, expr.span); }, expr.node);
}

ExprId ExprBinder::bind_present(syntax::ExprId id) {
  const ExprId bound = bind(id);
  return require_present(bound) ? bound : error(s_.span(bound));
}

ExprId ExprBinder::bind_boolean(syntax::ExprId id) {
  const ExprId bound = bind(id);
  return require_kind(bound, Kind::boolean) && require_present(bound) ? bound : error(s_.span(bound));
}

ExprId ExprBinder::bind_number(syntax::ExprId id, Unit unit) {
  const ExprId bound = bind(id);
  return require_unit(bound, unit) && require_present(bound) ? bound : error(s_.span(bound));
}

ExprId ExprBinder::bind_row_condition(SourceRef source, syntax::ExprId id) {
  c_.rows.push_back(source);
  const ExprId bound = bind_boolean(id);
  const auto proved = facts_if(bound, true);
  facts_.insert(facts_.end(), proved.begin(), proved.end());
  c_.rows.pop_back();
  return bound;
}

ExprId ExprBinder::bind_over_row(SourceRef source, syntax::ExprId id) {
  c_.rows.push_back(source);
  const ExprId bound = bind(id);
  c_.rows.pop_back();
  return bound;
}

bool ExprBinder::has_subject() const {
  switch (c_.place) {
    case Place::metric:
    case Place::phase:
    case Place::scorecard:
    case Place::payout:
    case Place::alert:
      return true;
    default:
      return false;
  }
}

bool ExprBinder::require_scalar(Span span, std::string_view what) {
  if (has_subject() && !in_row()) return true;
  const bool aggregate_place = c_.place == Place::ensure || has_subject();
  const source::DiagnosticId id =
      in_row() && (aggregate_place || c_.place == Place::exclusion || c_.place == Place::row) ? D::not_in_a_row
      : c_.place == Place::ensure                                                             ? D::not_in_ensure
                                                                                              : D::not_in_constant;
  s_.report(id, span).with("what", std::string(what));
  return false;
}

bool ExprBinder::require_present(ExprId id) {
  const Type type = s_.type(id);
  if (type.kind == Kind::error || !type.optional) return true;
  s_.report(D::optional_not_handled, s_.span(id)).with("text", s_.text(s_.span(id)));
  return false;
}

bool ExprBinder::require_kind(ExprId id, Kind kind) {
  const Type type = s_.type(id);
  if (type.kind == Kind::error || type.kind == kind) return true;
  s_.report(D::wrong_type, s_.span(id))
      .with("wanted", s_.describe(Type::of(kind)))
      .with("actual", s_.describe(type))
      .with("text", s_.text(s_.span(id)));
  return false;
}

// ---- literals -------------------------------------------------------------------------------------------------------

ExprId ExprBinder::bind_node(const syntax::NumberLit& node, Span span) {
  auto number = Number::parse_decimal(node.digits);
  if (!number) return error(span);  // the parser has reported it
  if (node.percent) *number /= Number(100);
  Type type = Type::number();
  if (node.unit.empty()) {
    type.any_unit = number->is_zero() && !node.percent;
    return s_.add_constant(std::move(*number), type, span);
  }
  if (const auto currency = value::Currency::parse(node.unit)) {
    return s_.add_constant(std::move(*number), Type::number(Unit::of(*currency)), span);
  }
  if (const auto seconds = value::duration_word_seconds(node.unit)) {
    return s_.add_constant(*number * Number(*seconds), Type::number(Unit::duration()), span);
  }
  const auto unit = value::calendar_word(node.unit);
  if (!unit) return error(span);
  const int months = *unit == value::CalendarUnit::year ? 12 : *unit == value::CalendarUnit::quarter ? 3 : 1;
  const auto steps = (*number * Number(months)).to_int64();
  if (!steps || *steps > 12'000 || *steps < -12'000) {
    s_.report(D::calendar_step_not_whole, span).with("unit", node.unit);
    return error(span);
  }
  return s_.add_constant(value::CalendarStep{static_cast<std::int32_t>(*steps)}, Type::of(Kind::calendar_step), span);
}

ExprId ExprBinder::bind_node(const syntax::TextLit& node, Span span) {
  return s_.add_constant(node.value, Type::of(Kind::text), span);
}

ExprId ExprBinder::bind_node(const syntax::BoolLit& node, Span span) {
  return s_.add_constant(node.value, Type::of(Kind::boolean), span);
}

ExprId ExprBinder::bind_node(const syntax::DateLit& node, Span span) {
  const auto date = value::Date::parse(node.text);
  if (!date) return error(span);  // the parser has reported it
  return s_.add_constant(*date, Type::of(Kind::date), span);
}

ExprId ExprBinder::bind_node(const syntax::DateTimeLit& node, Span span) {
  const auto written = value::WrittenTime::parse(node.text);
  if (!written) return error(span);
  const value::TimeZone* zone = s_.policy.header.timezone;
  const auto instant = (zone ? *zone : value::TimeZone::utc()).to_instant(*written);
  if (!instant) {
    s_.report(D::skipped_hour, span).with("time", node.text).with("zone", zone ? zone->name() : "UTC");
    return error(span);
  }
  return s_.add_constant(*instant, Type::of(Kind::datetime), span);
}

ExprId ExprBinder::bind_node(const syntax::PeriodLit& node, Span span) {
  s_.report(D::period_not_expected, span).with("period", node.text);
  return error(span);
}

ExprId ExprBinder::bind_node(const syntax::NoneLit&, Span span) {
  s_.report(D::none_not_expected, span);
  return error(span);
}

// Chains of names are bound as a whole; what is left is a member of something that is not a name.
ExprId ExprBinder::bind_node(const syntax::Name& node, Span) { return bind_chain({{&node.name}, node.name.span}); }
ExprId ExprBinder::bind_node(const syntax::Member& node, Span span) {
  const auto* call = std::get_if<syntax::Call>(&syntax_of(node.base).node);
  const auto* callee = call ? std::get_if<syntax::Name>(&syntax_of(call->callee).node) : nullptr;
  if (callee && callee->name.text == "result") return bind_result(*call, node.name, span);
  s_.report(D::no_members, node.name.span)
      .with("text", s_.text(syntax_of(node.base).span))
      .with("name", node.name.text);
  return error(span);
}

// ---- conditions and choices
// ---------------------------------------------------------------------------------------------

ExprId ExprBinder::bind_node(const syntax::In& node, Span span) {
  ExprId item = bind(node.item);
  ExprId collection;
  std::size_t used = 0;
  const auto chain = flatten(node.collection);
  const Symbol* symbol = chain && chain->parts.size() > 1 ? symbol_of(*chain, used) : nullptr;
  if (symbol && (symbol->kind == SymbolKind::entity || symbol->kind == SymbolKind::events)) {
    collection = bind_column_set(*chain, *symbol, used);
  } else {
    const bool outer = std::exchange(text_wanted_, s_.type(item).kind == Kind::text);
    collection = bind(node.collection);
    text_wanted_ = outer;
  }
  const Type item_type = s_.type(item), type = s_.type(collection);
  if (item_type.kind == Kind::error || type.kind == Kind::error) return error(span);
  if (type.kind != Kind::list && type.kind != Kind::range) {
    s_.report(D::collection_expected, s_.span(collection)).with("actual", s_.describe(type));
    return error(span);
  }
  if (!require_present(item)) return error(span);
  // The elements are checked one by one where they are written out, else by the collection's type.
  std::vector<ExprId> elements;
  if (const auto* list = std::get_if<model::ListExpr>(&s_.policy.expr(collection).node)) elements = list->items;
  if (const auto* range = std::get_if<model::RangeExpr>(&s_.policy.expr(collection).node)) {
    if (range->lower.valid()) elements.push_back(range->lower);
    if (range->upper.valid()) elements.push_back(range->upper);
  }
  if (!elements.empty() && s_.type(elements[0]).kind == Kind::text) item = as_key(item);
  if (elements.empty()) {
    Type element = type;
    element.kind = type.element;
    element.element = Kind::error;
    element.optional = false;
    if (element.kind == Kind::text) item = as_key(item);
    elements.push_back(s_.add(element, s_.span(collection), model::Constant{}));
  }
  for (const ExprId element : elements) {
    if (compared(item, element, node.negated ? "not in" : "in").kind == Kind::error) return error(span);
  }
  return s_.add(Type::of(Kind::boolean), span, model::InExpr{item, collection, node.negated});
}

ExprId ExprBinder::bind_node(const syntax::IsNone& node, Span span) {
  const ExprId operand = bind(node.operand);
  const auto& bound = s_.policy.expr(operand);
  const bool is_field =
      std::holds_alternative<model::RowField>(bound.node) || std::holds_alternative<model::SubjectField>(bound.node);
  if (is_field && !bound.type.optional && bound.type.kind != Kind::error) {
    s_.report(D::never_absent, bound.span).with("text", s_.text(bound.span));
  }
  return s_.add(Type::of(Kind::boolean), span, model::IsNoneExpr{operand, node.negated});
}

ExprId ExprBinder::bind_node(const syntax::Within& node, Span span) {
  const ExprId time = bind_present(node.time);
  const ExprId duration = bind_number(node.duration, Unit::duration());
  const ExprId of = bind_present(node.of);
  bool good = s_.type(duration).kind != Kind::error;
  for (const ExprId side : {time, of}) {
    const Type type = s_.type(side);
    if (type.kind == Kind::error)
      good = false;
    else if (type.kind != Kind::date && type.kind != Kind::datetime) {
      s_.report(D::time_expected, s_.span(side)).with("actual", s_.describe(type)).with("text", s_.text(s_.span(side)));
      good = false;
    }
  }
  if (!good) return error(span);
  return s_.add(Type::of(Kind::boolean), span, model::WithinExpr{time, duration, of});
}

ExprId ExprBinder::bind_node(const syntax::Default& node, Span span) {
  const ExprId operand = bind(node.operand);
  const ExprId fallback = bind(node.fallback);
  Type type = unify(operand, fallback, "default");
  if (type.kind == Kind::error) return error(span);
  type.optional = s_.type(fallback).optional;
  return s_.add(type, span, model::DefaultExpr{operand, fallback});
}

ExprId ExprBinder::bind_node(const syntax::If& node, Span span) {
  const ExprId condition = bind_boolean(node.condition);
  const std::size_t known = facts_.size();
  const auto with_facts = [&](bool holds, syntax::ExprId branch) {
    const auto proved = facts_if(condition, holds);
    facts_.insert(facts_.end(), proved.begin(), proved.end());
    const ExprId bound = bind(branch);
    facts_.resize(known);
    return bound;
  };
  const ExprId then_value = with_facts(true, node.then_value);
  const ExprId else_value = with_facts(false, node.else_value);
  const Type type = unify(then_value, else_value, "else");
  if (type.kind == Kind::error || s_.type(condition).kind == Kind::error) return error(span);
  return s_.add(type, span, model::IfExpr{condition, then_value, else_value});
}

ExprId ExprBinder::bind_node(const syntax::Range& node, Span span) {
  model::RangeExpr range;
  range.includes_upper = node.includes_upper;
  if (node.lower) range.lower = bind_present(*node.lower);
  if (node.upper) range.upper = bind_present(*node.upper);
  if (!range.lower.valid() && !range.upper.valid()) return error(span);
  Type type = range.lower.valid() ? s_.type(range.lower) : s_.type(range.upper);
  if (range.lower.valid() && range.upper.valid())
    type = unify(range.lower, range.upper, node.includes_upper ? "..=" : "..");
  if (type.kind == Kind::error) return error(span);
  if (type.kind != Kind::number && type.kind != Kind::date && type.kind != Kind::datetime) {
    s_.report(D::range_of_wrong_type, span).with("actual", s_.describe(type));
    return error(span);
  }
  if (range.lower.valid() && range.upper.valid()) {
    const auto lower = fold(s_, range.lower), upper = fold(s_, range.upper);
    if (lower && upper && lower->has_value() && upper->has_value() &&
        s_.type(range.lower).kind == s_.type(range.upper).kind) {
      const int order = value::compare(*lower, *upper);
      if (order > 0 || (order == 0 && !range.includes_upper)) {
        s_.report(D::empty_range, span).with("text", s_.text(span));
        return error(span);
      }
    }
  }
  type.element = type.kind;
  type.kind = Kind::range;
  return s_.add(type, span, range);
}

ExprId ExprBinder::bind_node(const syntax::List& node, Span span) {
  model::ListExpr list;
  bool good = true;
  for (const syntax::ExprId item : node.items) {
    list.items.push_back(bind_present(item));
    good = good && s_.type(list.items.back()).kind != Kind::error;
  }
  if (!good) return error(span);
  if (list.items.empty()) {
    s_.report(D::empty_list, span);
    return error(span);
  }
  Type type = s_.type(list.items[0]);
  for (std::size_t i = 1; i < list.items.size(); ++i) {
    const Type joined = unify(list.items[0], list.items[i], ",");
    if (joined.kind == Kind::error) return error(span);
    if (type.any_unit) type = joined;
  }
  if (type.kind == Kind::list || type.kind == Kind::range) {
    s_.report(D::nested_list, span);
    return error(span);
  }
  type.element = type.kind;
  type.kind = Kind::list;
  return s_.add(type, span, std::move(list));
}

}  // namespace kpi::bind
