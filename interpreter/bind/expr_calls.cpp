// Calls of built-in scalar functions, curves and decision tables.
#include <unordered_map>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/model/builtins.hpp"
#include "interpreter/model/native.hpp"

namespace kpi::bind {
namespace {

using model::AggregateFunction;
using model::Builtin;
using model::MetricFunction;

const std::unordered_map<std::string_view, AggregateFunction> kAggregates = {
    {"sum", AggregateFunction::sum},       {"count", AggregateFunction::count},
    {"exists", AggregateFunction::exists}, {"distinct", AggregateFunction::distinct},
    {"avg", AggregateFunction::avg},       {"min", AggregateFunction::min},
    {"max", AggregateFunction::max},       {"median", AggregateFunction::median},
    {"first", AggregateFunction::first},   {"percentile", AggregateFunction::percentile},
    {"last", AggregateFunction::last}};

const std::unordered_map<std::string_view, MetricFunction> kMetricFunctions = {
    {"previous", MetricFunction::previous}, {"year_ago", MetricFunction::year_ago},
    {"rolling", MetricFunction::rolling},   {"at_period", MetricFunction::at_period},
    {"to_date", MetricFunction::to_date},   {"lifetime", MetricFunction::lifetime},
    {"total", MetricFunction::total},       {"share", MetricFunction::share},
    {"rank", MetricFunction::rank},         {"percentile_rank", MetricFunction::percentile_rank}};

const std::unordered_map<std::string_view, Builtin> kBuiltins = {
    {"abs", Builtin::abs},        {"round", Builtin::round},       {"round_significant", Builtin::round_significant},
    {"floor", Builtin::floor},    {"ceil", Builtin::ceil},         {"starts_with", Builtin::starts_with},
    {"upper", Builtin::upper},    {"lower", Builtin::lower},       {"months_since", Builtin::months_since},
    {"trim", Builtin::trim},      {"contains", Builtin::contains}, {"ends_with", Builtin::ends_with},
    {"age", Builtin::age},        {"native", Builtin::native},     {"convert", Builtin::convert},
    {"elapsed", Builtin::elapsed}};

}  // namespace

ExprId ExprBinder::bind_node(const syntax::Call& node, Span span) {
  const auto chain = flatten(node.callee);
  if (!chain) {
    s_.report(D::not_a_function, syntax_of(node.callee).span).with("name", s_.text(syntax_of(node.callee).span));
    return error(span);
  }
  const std::string& name = chain->parts[0]->text;
  if (chain->parts.size() == 1) {
    const bool is_extreme = name == "min" || name == "max";
    if (const auto found = kAggregates.find(name);
        found != kAggregates.end() && (!is_extreme || node.arguments.size() < 2)) {
      return bind_aggregate(found->second, node, span);
    }
    if (is_extreme) return bind_extreme(name == "min" ? Builtin::min : Builtin::max, node, span);
    if (const auto found = kMetricFunctions.find(name); found != kMetricFunctions.end()) {
      return bind_metric_function(found->second, node, span);
    }
    if (const auto found = kBuiltins.find(name); found != kBuiltins.end())
      return bind_function(found->second, node, span);
    if (name == "result") {
      s_.report(D::result_needs_property, span);
      return error(span);
    }
  }
  std::size_t used = 1;
  const Symbol* symbol = symbol_of(*chain, used);
  if (symbol && used == chain->parts.size()) {
    note(*chain, used, *symbol);
    if (symbol->kind == SymbolKind::curve) return bind_curve_call(symbol->index, node, span);
    if (symbol->kind == SymbolKind::table) return bind_table_call(symbol->index, node, span);
    s_.report(D::not_a_function, chain->span).with("name", s_.text(chain->span)).label(symbol->span, D::declared_here);
    return error(span);
  }
  std::vector<std::string> candidates = function_names();
  for (const SymbolKind kind : {SymbolKind::curve, SymbolKind::table}) {
    for (std::string& candidate : visible_names(s_, *c_.module, kind)) candidates.push_back(std::move(candidate));
  }
  const std::string text = s_.text(chain->span);
  suggest(s_.report_unknown(D::unknown_function, chain->span, text).with("name", text), text, candidates);
  return error(span);
}

bool ExprBinder::reject_modifiers(const syntax::Call& call, std::string_view function) {
  std::optional<Span> place;
  std::string word;
  if (call.where) {
    place = syntax_of(*call.where).span;
    word = "where";
  } else if (!call.including.empty()) {
    place = call.including[0].span;
    word = "including";
  } else if (call.at) {
    place = call.at->span;
    word = "at";
  } else if (call.each) {
    place = call.each->span;
    word = "each";
  }
  for (const auto& argument : call.arguments) {
    if (argument.label) {
      place = argument.label->span;
      word = argument.label->text + ":";
    } else if (argument.binder) {
      place = argument.binder->span;
      word = argument.binder->text;
    }
  }
  if (!place) return true;
  s_.report(D::modifier_not_possible, *place).with("word", word).with("function", std::string(function));
  return false;
}

bool ExprBinder::require_arguments(const syntax::Call& call, std::string_view function, std::size_t least,
                                   std::size_t most, Span span) {
  const std::size_t count = call.arguments.size();
  if (count >= least && count <= most) return true;
  std::string wanted = std::to_string(least);
  if (most > 100)
    wanted += "…";
  else if (most != least)
    wanted += "–" + std::to_string(most);
  s_.report(D::wrong_argument_count, span)
      .with("function", std::string(function))
      .with("wanted", wanted)
      .with("actual", std::to_string(count));
  return false;
}

std::optional<std::int64_t> ExprBinder::constant_integer(syntax::ExprId id, std::int64_t least, std::int64_t most) {
  const ExprId bound = bind_number(id, Unit{});
  const auto number = require_constant(s_, bound);
  if (!number) return std::nullopt;
  const auto integer = number->number().to_int64();
  if (integer && *integer >= least && *integer <= most) return integer;
  s_.report(D::integer_expected, s_.span(bound))
      .with("least", std::to_string(least))
      .with("most", std::to_string(most));
  return std::nullopt;
}

ExprId ExprBinder::bind_function(Builtin function, const syntax::Call& call, Span span) {
  const std::string_view name = model::name(function);
  if (!reject_modifiers(call, name)) return error(span);
  if (function == Builtin::round || function == Builtin::round_significant) return bind_rounding(function, call, span);
  if (function == Builtin::elapsed) return bind_elapsed(call, span);
  const bool two = function == Builtin::starts_with || function == Builtin::ends_with || function == Builtin::contains;
  if (!require_arguments(call, name, two ? 2 : 1, two ? 2 : 1, span)) return error(span);
  model::CallExpr result{function, {}, {}, value::Rounding::half_even};
  bool good = true;
  bool optional = false;
  for (const auto& argument : call.arguments) {
    result.arguments.push_back(bind(argument.value));
    good = good && s_.type(result.arguments.back()).kind != Kind::error;
    optional = optional || s_.type(result.arguments.back()).optional;
  }
  if (!good) return error(span);
  const ExprId first = result.arguments[0];
  Type type = s_.type(first);
  const auto texts = [&] {
    for (ExprId& argument : result.arguments) {
      argument = as_key(argument);
      if (!require_kind(argument, Kind::text)) return false;
    }
    return true;
  };
  switch (function) {
    case Builtin::upper:
    case Builtin::lower:
    case Builtin::trim:
      good = texts();
      type = Type::of(Kind::text);
      break;
    case Builtin::starts_with:
    case Builtin::ends_with:
    case Builtin::contains:
      good = texts();
      type = Type::of(Kind::boolean);
      break;
    case Builtin::age:
    case Builtin::months_since: {
      const bool has_time = type.kind == Kind::date || type.kind == Kind::datetime;
      if (!has_time) {
        s_.report(D::time_expected, s_.span(first))
            .with("actual", s_.describe(type))
            .with("text", s_.text(s_.span(first)));
      }
      good = has_time && require_scalar(span, std::string(name) + "(…)");
      type = Type::number(function == Builtin::age ? Unit::duration() : Unit{});
      break;
    }
    case Builtin::native: {
      const auto* field = std::get_if<model::RowField>(&s_.policy.expr(first).node);
      if (!field || type.kind != Kind::number || type.unit.money != 1) {
        s_.report(D::native_needs_money_field, s_.span(first)).with("text", s_.text(s_.span(first)));
        good = false;
      }
      type = Type::number(Unit::of(value::Currency::native()));
      if (!field || !good) break;
      if (const auto currencies = model::native_currencies(s_.policy, *field); currencies.size() > 1) {
        s_.report(D::native_of_several_currencies, s_.span(first)).with("text", s_.text(s_.span(first)));
        good = false;
      } else if (currencies.size() == 1 && !currencies[0].fixed.is_none()) {
        type = Type::number(Unit::of(currencies[0].fixed));  // the declaration says it
      }
      break;
    }
    case Builtin::convert: {
      if (type.kind != Kind::number || type.unit.money != 1 || type.unit.time != 0 || !fold(s_, first)) {
        s_.report(D::convert_needs_literal, s_.span(first)).with("text", s_.text(s_.span(first)));
        good = false;
      } else if (type.unit.currency != s_.currency() && s_.exchanges.empty()) {
        s_.report(D::no_exchange, span).with("currency", std::string(type.unit.currency.code()));
        good = false;
      }
      good = good && require_scalar(span, "convert(…)");
      type = s_.money();
      break;
    }
    default:
      good = require_kind(first, Kind::number);
      break;
  }
  if (!good) return error(span);
  type.optional = optional;
  return s_.add(type, span, std::move(result));
}

ExprId ExprBinder::bind_extreme(Builtin function, const syntax::Call& call, Span span) {
  if (!reject_modifiers(call, model::name(function))) return error(span);
  model::CallExpr result{function, {}, {}, value::Rounding::half_even};
  for (const auto& argument : call.arguments) result.arguments.push_back(bind(argument.value));
  Type type = s_.type(result.arguments[0]);
  for (std::size_t i = 1; i < result.arguments.size(); ++i) {
    const Type joined = unify(result.arguments[0], result.arguments[i], ",");
    if (joined.kind == Kind::error) return error(span);
    if (type.any_unit) type = joined;
    type.optional = type.optional || joined.optional;
  }
  if (type.kind != Kind::number && type.kind != Kind::date && type.kind != Kind::datetime && type.kind != Kind::text) {
    s_.report(D::cannot_be_ordered, span)
        .with("type", s_.describe(type))
        .with("operation", std::string(model::name(function)));
    return error(span);
  }
  return s_.add(type, span, std::move(result));
}

ExprId ExprBinder::bind_rounding(Builtin function, const syntax::Call& call, Span span) {
  const bool significant = function == Builtin::round_significant;
  if (!require_arguments(call, model::name(function), significant ? 2 : 1, 3, span)) return error(span);
  model::CallExpr result{function, {}, {}, value::Rounding::half_even};
  const ExprId operand = bind(call.arguments[0].value);
  result.arguments.push_back(operand);
  const Type type = s_.type(operand);
  bool good = type.kind != Kind::error && require_kind(operand, Kind::number);
  if (call.arguments.size() > 1) {
    const auto places =
        constant_integer(call.arguments[1].value, significant ? 1 : -Number::kMaxPlaces, Number::kMaxPlaces);
    good = good && places.has_value();
    if (places)
      result.arguments.push_back(
          s_.add_constant(Number(*places), Type::number(), syntax_of(call.arguments[1].value).span));
  }
  if (call.arguments.size() > 2) {
    const syntax::Expr& word = syntax_of(call.arguments[2].value);
    const auto* mode = std::get_if<syntax::Name>(&word.node);
    const auto rounding = mode ? value::parse_rounding(mode->name.text) : std::nullopt;
    if (rounding) {
      result.rounding = *rounding;
    } else {
      good = false;
      static const std::vector<std::string> kModes = {"half_even", "half_up", "half_down", "up",
                                                      "down",      "ceiling", "floor"};
      suggest(s_.report(D::unknown_word, word.span).with("word", s_.text(word.span)).with("allowed", join(kModes)),
              mode ? mode->name.text : "", kModes);
    }
  }
  return good ? s_.add(type, span, std::move(result)) : error(span);
}

ExprId ExprBinder::bind_elapsed(const syntax::Call& call, Span span) {
  if (!require_arguments(call, "elapsed", 3, 3, span)) return error(span);
  model::CallExpr result{Builtin::elapsed, {}, {}, value::Rounding::half_even};
  bool good = true;
  bool optional = false;
  for (std::size_t i = 0; i < 2; ++i) {
    const ExprId time = bind(call.arguments[i].value);
    result.arguments.push_back(time);
    good = require_kind(time, Kind::datetime) && s_.type(time).kind != Kind::error && good;
    optional = optional || s_.type(time).optional;
  }
  const syntax::Expr& calendar = syntax_of(call.arguments[2].value);
  const auto chain = flatten(call.arguments[2].value);
  std::size_t used = 1;
  const Symbol* symbol = chain ? symbol_of(*chain, used) : nullptr;
  if (symbol && symbol->kind == SymbolKind::calendar) {
    note(*chain, used, *symbol);
    good = good && (used != 1 || require_served_calendar(s_, *c_.module, chain->parts[0]->text));
    result.calendar = model::CalendarId{symbol->index};
  } else {
    good = false;
    const std::string name = s_.text(calendar.span);
    suggest(s_.report_unknown(D::no_such_declaration, calendar.span, name).with("name", name).with("kind", "calendar"),
            name, visible_names(s_, *c_.module, SymbolKind::calendar));
  }
  if (!good) return error(span);
  Type type = Type::number(Unit::duration());
  type.optional = optional;
  return s_.add(type, span, std::move(result));
}

ExprId ExprBinder::bind_curve_call(std::uint32_t index, const syntax::Call& call, Span span) {
  const std::string name = s_.policy.curves[index].named.name;
  if (!reject_modifiers(call, name) || !require_arguments(call, name, 1, 1, span)) return error(span);
  bind_curve(s_, index);
  const Type input = s_.policy.curves[index].input;
  const ExprId argument = bind_present(call.arguments[0].value);
  if (s_.type(argument).kind == Kind::error || input.kind == Kind::error) return error(span);
  if (!require_unit(argument, input.unit)) return error(span);
  return s_.add(s_.policy.curves[index].output, span, model::CurveApply{model::CurveId{index}, argument});
}

ExprId ExprBinder::bind_table_call(std::uint32_t index, const syntax::Call& call, Span span) {
  const std::string name = s_.policy.tables[index].named.name;
  if (!reject_modifiers(call, name)) return error(span);
  if (!require_scalar(span, name + "(…)")) return error(span);
  bind_table(s_, index);
  if (s_.tables[index].state == decltype(s_.tables)::value_type::State::binding) {
    report_cycle(s_, name, span);
    return error(span);
  }
  const std::size_t columns = s_.policy.tables[index].columns.size();
  if (!require_arguments(call, name, columns, columns, span)) return error(span);
  model::TableLookup lookup{model::TableId{index}, {}};
  bool good = true;
  for (std::size_t i = 0; i < columns; ++i) {
    ExprId argument = bind_present(call.arguments[i].value);
    const Type wanted = s_.policy.tables[index].columns[i].type;
    if (wanted.kind == Kind::text || wanted.kind == Kind::number) argument = as_key(argument);
    const Type type = s_.type(argument);
    if (type.kind == Kind::error) {
      good = false;
    } else if (wanted.kind == Kind::number) {
      good = require_unit(argument, wanted.unit) && good;
    } else if (wanted.kind != Kind::error &&
               (wanted.kind != type.kind || (wanted.kind == Kind::phase && wanted.index != type.index))) {
      s_.report(D::wrong_type, s_.span(argument))
          .with("wanted", s_.describe(wanted))
          .with("actual", s_.describe(type))
          .with("text", s_.text(s_.span(argument)))
          .label(s_.policy.tables[index].columns[i].span, D::declared_here);
      good = false;
    }
    lookup.arguments.push_back(argument);
  }
  const Type type = s_.policy.tables[index].type;
  return good && type.kind != Kind::error ? s_.add(type, span, std::move(lookup)) : error(span);
}

ExprId ExprBinder::bind_result(const syntax::Call& call, const syntax::Ident& property, Span span) {
  if (!reject_modifiers(call, "result") || !require_arguments(call, "result", 1, 1, span)) return error(span);
  if (c_.place != Place::payout || !c_.scorecard.valid()) {
    s_.report(D::score_without_scorecard, span).with("name", "result");
    return error(span);
  }
  const ExprId operand = bind(call.arguments[0].value);
  if (s_.type(operand).kind == Kind::error) return error(span);
  const auto* metric = std::get_if<model::MetricRef>(&s_.policy.expr(operand).node);
  const model::Scorecard& card = s_.policy.scorecards[c_.scorecard.index];
  bool in_card = false;
  std::vector<std::string> names;
  for (const auto& row : card.rows) {
    in_card = in_card || (metric && row.metric == metric->metric);
    if (row.metric.valid()) names.push_back(s_.policy.metrics[row.metric.index].named.name);
  }
  if (!in_card) {
    const std::string text = s_.text(s_.span(operand));
    suggest(s_.report(D::not_in_scorecard, s_.span(operand)).with("name", text).with("scorecard", card.named.name),
            text, names);
    return error(span);
  }
  const auto which = require_word(s_, property, {"target", "attainment", "points", "value", "weight"});
  if (!which) return error(span);
  using Which = model::ResultField::Which;
  const Which kind = static_cast<Which>(*which);
  const bool as_metric = kind == Which::target || kind == Which::value;
  const Type type = as_metric ? s_.type(operand) : Type::number();
  return s_.add(type, span, model::ResultField{metric->metric, kind});
}

}  // namespace kpi::bind
