// Aggregates over the rows of one source.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/model/builtins.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::bind {
namespace {

using model::AggregateFunction;

bool takes_rows(AggregateFunction function) {
  return function == AggregateFunction::count || function == AggregateFunction::exists;
}

}  // namespace

// The source an aggregate reads is the one its argument names: `sum(sales.amount * sku.cost)` reads sales. Events win
// over entities, which may stand for a reference of the row.
std::optional<SourceRef> ExprBinder::source_in(syntax::ExprId id) const {
  std::optional<SourceRef> entity;
  const auto look = [&](syntax::ExprId part) -> std::optional<SourceRef> {
    const auto found = source_in(part);
    if (found && found->is_events()) return found;
    if (found && !entity) entity = found;
    return std::nullopt;
  };
  if (const auto chain = flatten(id)) {
    std::size_t used = 1;
    const Symbol* symbol = symbol_of(*chain, used);
    if (symbol && symbol->kind == SymbolKind::events) return SourceRef::of(EventsId{symbol->index});
    if (symbol && symbol->kind == SymbolKind::entity) return SourceRef::of(EntityId{symbol->index});
    return std::nullopt;
  }
  const syntax::ExprNode& node = syntax_of(id).node;
  std::vector<syntax::ExprId> parts;
  if (const auto* unary = std::get_if<syntax::Unary>(&node))
    parts = {unary->operand};
  else if (const auto* binary = std::get_if<syntax::Binary>(&node))
    parts = {binary->left, binary->right};
  else if (const auto* in = std::get_if<syntax::In>(&node))
    parts = {in->item};
  else if (const auto* none = std::get_if<syntax::IsNone>(&node))
    parts = {none->operand};
  else if (const auto* within = std::get_if<syntax::Within>(&node))
    parts = {within->time, within->of};
  else if (const auto* fallback = std::get_if<syntax::Default>(&node))
    parts = {fallback->operand, fallback->fallback};
  else if (const auto* choice = std::get_if<syntax::If>(&node))
    parts = {choice->condition, choice->then_value, choice->else_value};
  else if (const auto* call = std::get_if<syntax::Call>(&node)) {
    for (const auto& argument : call->arguments) parts.push_back(argument.value);
  }
  for (const syntax::ExprId part : parts) {
    if (!part.valid()) continue;
    if (const auto found = look(part)) return found;
  }
  return entity;
}

bool ExprBinder::may_aggregate(AggregateFunction function, const syntax::Call& call, Span span) {
  const std::string name(model::name(function));
  if (c_.place == Place::exclusion && c_.rows.size() == 1) {
    if (takes_rows(function)) return true;
    s_.report(D::aggregate_in_exclusion, span).with("function", name);
    return false;
  }
  if (in_row()) {
    s_.report(D::aggregate_in_row, span).with("function", name);
    return false;
  }
  if (has_subject() || c_.place == Place::ensure) return true;
  if (call.arguments.size() == 1 && (function == AggregateFunction::min || function == AggregateFunction::max)) {
    s_.report(D::wrong_argument_count, span).with("function", name).with("wanted", "2…").with("actual", "1");
  } else {
    s_.report(D::not_in_constant, span).with("what", name + "(…)");
  }
  return false;
}

std::optional<SourceRef> ExprBinder::aggregate_source(std::string_view function, const syntax::Call& call, Span span) {
  const syntax::ExprId argument = call.arguments[0].value;
  const auto source = argument.valid() ? source_in(argument) : std::nullopt;
  if (source) return source;
  const Span place = argument.valid() ? syntax_of(argument).span : span;
  const auto chain = argument.valid() ? flatten(argument) : std::nullopt;
  std::size_t used = 1;
  if (chain && !symbol_of(*chain, used) && !is_reserved_name(chain->parts[0]->text)) {
    std::vector<std::string> candidates = visible_names(s_, *c_.module, SymbolKind::events);
    for (std::string& name : visible_names(s_, *c_.module, SymbolKind::entity)) candidates.push_back(std::move(name));
    const syntax::Ident& name = *chain->parts[0];
    suggest(s_.report_unknown(D::unknown_source, name.span, name.text).with("name", name.text), name.text, candidates);
  } else if (!s_.names_a_broken_one(place)) {
    s_.report(D::no_source_in_aggregate, place).with("function", std::string(function)).with("text", s_.text(place));
  }
  return std::nullopt;
}

/// Are rows of `source` rows of these events, or do they refer to some, so that they are excluded with them?
static bool refers_to(const Session& session, SourceRef source, EventsId events) {
  std::vector<SourceRef> reached{source};
  for (std::size_t next = 0; next < reached.size(); ++next) {
    if (!reached[next].is_events()) continue;
    if (reached[next].index == events.index) return true;
    for (const model::Field& field : session.policy.events[reached[next].index].fields) {
      const SourceRef target = SourceRef::of(EventsId{field.type.index});
      if (field.type.kind != Kind::event || field.computed.valid()) continue;
      if (std::find(reached.begin(), reached.end(), target) == reached.end()) reached.push_back(target);
    }
  }
  return false;
}

void ExprBinder::bind_including(model::Aggregate& aggregate, const syntax::Call& call) {
  for (const syntax::Path& path : call.including) {
    const auto index = require_symbol(s_, *c_.module, path, SymbolKind::exclusion);
    if (!index) continue;
    const auto& decl = *s_.exclusions[*index].decl;
    const std::string source = s_.source_name(aggregate.source);
    const bool applies = std::any_of(decl.from.begin(), decl.from.end(), [&](const syntax::Ident& from) {
      const Symbol* symbol = find_symbol(s_, *s_.exclusions[*index].module, from.text);
      return symbol && symbol->kind == SymbolKind::events && refers_to(s_, aggregate.source, EventsId{symbol->index});
    });
    if (!applies) {
      s_.report(D::exclusion_of_other_events, path.span)
          .with("name", s_.policy.exclusions[*index].named.name)
          .with("source", source)
          .label(decl.head.name ? decl.head.name->span : decl.head.span, D::declared_here);
      continue;
    }
    aggregate.including.push_back(ExclusionId{*index});
  }
  std::sort(aggregate.including.begin(), aggregate.including.end());
  aggregate.including.erase(std::unique(aggregate.including.begin(), aggregate.including.end()),
                            aggregate.including.end());
}

void ExprBinder::bind_at(model::Aggregate& aggregate, const syntax::Call& call) {
  if (!call.at) return;
  const syntax::Ident& name = call.at->parts.back();
  const auto field = require_field(s_, *c_.module, aggregate.source, name);
  if (!field) return;
  const Type type = field->type;
  if (type.kind == Kind::date || type.kind == Kind::datetime) {
    aggregate.at = field->field;
  } else if (type.kind != Kind::error) {
    s_.report(D::time_expected, name.span).with("actual", s_.describe(type)).with("text", name.text);
  }
}

Type ExprBinder::aggregate_type(AggregateFunction function, ExprId value, Span span) {
  switch (function) {
    case AggregateFunction::count:
    case AggregateFunction::distinct:
      return Type::number();
    case AggregateFunction::exists:
      return Type::of(Kind::boolean);
    default:
      break;
  }
  Type type = s_.type(value);
  if (type.kind == Kind::error) return type;
  type.any_unit = false;
  type.optional = false;
  const bool any_order = function == AggregateFunction::min || function == AggregateFunction::max;
  const bool any_kind = function == AggregateFunction::first || function == AggregateFunction::last;
  const bool ordered =
      type.kind == Kind::number || type.kind == Kind::date || type.kind == Kind::datetime || type.kind == Kind::text;
  if (any_kind || type.kind == Kind::number || (any_order && ordered)) return type;
  s_.report(D::cannot_be_aggregated, s_.span(value))
      .with("function", std::string(model::name(function)))
      .with("actual", s_.describe(type))
      .with("text", s_.text(s_.span(value)));
  (void)span;
  return Type{};
}

void ExprBinder::bind_percent(model::Aggregate& aggregate, const syntax::Call& call, Span span) {
  if (aggregate.function != AggregateFunction::percentile) return;
  const ExprId bound = bind_number(call.arguments[1].value, Unit{});
  const auto percent = require_constant(s_, bound);
  (void)span;
  if (!percent) return;
  if (percent->number() < Number(0) || percent->number() > Number(100)) {
    s_.report(D::percentile_out_of_range, s_.span(bound)).with("text", s_.text(s_.span(bound)));
    return;
  }
  aggregate.percent = percent->number();
}

ExprId ExprBinder::bind_each(AggregateFunction function, const syntax::Call& call, Span span) {
  const std::string name(model::name(function));
  const auto* inner = std::get_if<syntax::Call>(&syntax_of(call.arguments[0].value).node);
  const auto unit = require_word(s_, *call.each, {"day", "week", "month"});
  if (!inner || takes_rows(function) || function == AggregateFunction::distinct) {
    s_.report(D::each_needs_inner_aggregate, call.each->span).with("function", name);
    return error(span);
  }
  if (call.where || call.at || !call.including.empty()) {
    const Span place = call.where ? syntax_of(*call.where).span : call.at ? call.at->span : call.including[0].span;
    s_.report(D::modifier_of_inner_aggregate, place).with("function", name);
    return error(span);
  }
  const ExprId value = bind(call.arguments[0].value);
  if (s_.type(value).kind == Kind::error || !unit) return error(span);
  const auto* reference = std::get_if<model::AggregateRef>(&s_.policy.expr(value).node);
  if (!reference || s_.policy.aggregates[reference->aggregate.index].each_inner.valid()) {
    s_.report(D::each_needs_inner_aggregate, call.each->span).with("function", name);
    return error(span);
  }
  model::Aggregate aggregate;
  aggregate.function = function;
  aggregate.source = s_.policy.aggregates[reference->aggregate.index].source;
  aggregate.each_inner = reference->aggregate;
  aggregate.each = static_cast<value::CalendarUnit>(*unit);
  aggregate.type = aggregate_type(function, value, span);
  bind_percent(aggregate, call, span);
  return aggregate.type.kind == Kind::error ? error(span) : finish_aggregate(std::move(aggregate), span);
}

ExprId ExprBinder::bind_aggregate(AggregateFunction function, const syntax::Call& call, Span span) {
  const std::string name(model::name(function));
  const std::size_t arguments = function == AggregateFunction::percentile ? 2 : 1;
  if (!require_arguments(call, name, arguments, arguments, span)) return error(span);
  for (const auto& argument : call.arguments) {
    if (!argument.label && !argument.binder) continue;
    const syntax::Ident& word = argument.label ? *argument.label : *argument.binder;
    s_.report(D::modifier_not_possible, word.span).with("word", word.text).with("function", name);
    return error(span);
  }
  if (!may_aggregate(function, call, span)) return error(span);
  if (call.each) return bind_each(function, call, span);
  const auto source = aggregate_source(name, call, span);
  if (!source) return error(span);

  model::Aggregate aggregate;
  aggregate.function = function;
  aggregate.source = *source;
  const std::size_t known = facts_.size();
  bool good = true;
  if (call.where) {
    aggregate.filter = bind_row_condition(*source, *call.where);  // its facts hold for the value
    good = s_.type(aggregate.filter).kind != Kind::error;
  }
  ExprId value = bind_over_row(*source, call.arguments[0].value);
  facts_.resize(known);
  good = good && s_.type(value).kind != Kind::error;
  if (good) {
    const bool whole_row = std::holds_alternative<model::RowSelf>(s_.policy.expr(value).node);
    if (takes_rows(function) != whole_row) {
      s_.report(whole_row ? D::aggregate_of_whole_rows : D::counts_rows, s_.span(value))
          .with("function", name)
          .with("source", s_.source_name(*source));
      good = false;
    } else {
      good = require_present(value);
    }
  }
  bind_including(aggregate, call);
  bind_at(aggregate, call);
  bind_percent(aggregate, call, span);
  if (!good) return error(span);
  if (!takes_rows(function)) aggregate.value = value;
  aggregate.type = aggregate_type(function, value, span);
  if (aggregate.type.kind == Kind::error) return error(span);
  if (c_.place == Place::exclusion && aggregate.filter.valid() && is_correlated(aggregate.filter)) {
    aggregate.correlated = true;
    if (!has_equality_with_outer(aggregate.filter)) {
      s_.report(D::correlation_without_equality, s_.span(aggregate.filter)).with("function", name);
      return error(span);
    }
  }
  return finish_aggregate(std::move(aggregate), span);
}

bool ExprBinder::is_correlated(ExprId filter) const {
  bool found = false;
  model::walk(s_.policy, filter, [&](ExprId, const model::Expr& expr) {
    if (const auto* field = std::get_if<model::RowField>(&expr.node)) found = found || field->depth == 1;
    if (const auto* row = std::get_if<model::RowSelf>(&expr.node)) found = found || row->depth == 1;
  });
  return found;
}

// `a = this.b` among the conditions joined by `and`: what the hash join is built on.
bool ExprBinder::has_equality_with_outer(ExprId filter) const {
  const auto* binary = std::get_if<model::BinaryExpr>(&s_.policy.expr(filter).node);
  if (!binary) return false;
  if (binary->op == value::BinaryOp::logical_and) {
    return has_equality_with_outer(binary->left) || has_equality_with_outer(binary->right);
  }
  if (binary->op != value::BinaryOp::eq) return false;
  const auto depths = [&](ExprId side) {
    std::array<bool, 2> read{};
    model::walk(s_.policy, side, [&](ExprId, const model::Expr& expr) {
      if (const auto* field = std::get_if<model::RowField>(&expr.node)) read[field->depth] = true;
      if (const auto* row = std::get_if<model::RowSelf>(&expr.node)) read[row->depth] = true;
    });
    return read;
  };
  const auto left = depths(binary->left), right = depths(binary->right);
  return (left[0] && !left[1] && right[1] && !right[0]) || (left[1] && !left[0] && right[0] && !right[1]);
}

std::string ExprBinder::aggregate_key(const model::Aggregate& aggregate) const {
  std::string key = std::string(model::name(aggregate.function)) + (aggregate.source.is_events() ? " v" : " n") +
                    std::to_string(aggregate.source.index);
  if (aggregate.value.valid()) key += " value " + model::exact_text(s_.policy, aggregate.value);
  if (aggregate.filter.valid()) key += " where " + model::exact_text(s_.policy, aggregate.filter);
  for (const ExclusionId id : aggregate.including) key += " +" + std::to_string(id.index);
  if (aggregate.at.valid()) key += " at " + std::to_string(aggregate.at.index);
  if (aggregate.function == AggregateFunction::percentile) key += " p" + aggregate.percent.to_string();
  if (aggregate.each_inner.valid()) {
    key +=
        " each " + std::to_string(aggregate.each_inner.index) + "/" + std::to_string(static_cast<int>(aggregate.each));
  }
  return key;
}

ExprId ExprBinder::finish_aggregate(model::Aggregate aggregate, Span span) {
  aggregate.span = span;
  const Type type = aggregate.type;
  const AggregateId next{static_cast<std::uint32_t>(s_.policy.aggregates.size())};
  const auto [at, inserted] = s_.aggregate_ids.emplace(aggregate_key(aggregate), next);
  if (inserted) s_.policy.aggregates.push_back(std::move(aggregate));
  return s_.add(type, span, model::AggregateRef{at->second});
}

}  // namespace kpi::bind
