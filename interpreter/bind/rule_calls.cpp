// What rule expressions ask for: properties of elements, functions, quantifiers, decision tables.
#include <algorithm>

#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/rule_exprs.hpp"
#include "interpreter/bind/rule_types.hpp"

namespace kpi::bind {

using model::RuleExprId;

namespace {

std::string argument_names(const model::Property& property) {
  std::vector<std::string> names;
  for (const auto& parameter : property.parameters)
    names.push_back(std::string(parameter.name) + ": " + to_string(parameter.type));
  return names.empty() ? "-" : join(names, "; ");
}

std::optional<model::RuleQuantifier::Function> quantifier(std::string_view name) {
  using F = model::RuleQuantifier::Function;
  if (name == "exists") return F::exists;
  if (name == "count") return F::count;
  if (name == "sum") return F::sum;
  if (name == "min") return F::min;
  if (name == "max") return F::max;
  return std::nullopt;
}

const std::vector<std::string> kFunctions = {"contains", "starts_with", "ends_with", "lower",
                                             "upper",    "abs",         "min",       "max"};
const std::vector<std::string> kAllFunctions = {"exists",      "count",     "sum",   "min",   "max", "contains",
                                                "starts_with", "ends_with", "lower", "upper", "abs"};

}  // namespace

// ---- properties -----------------------------------------------------------------------------------------------------

RuleExprId RuleExprBinder::bind_member(const syntax::Member& node, const syntax::Call* call, Span place) {
  return property_of(bind(node.base), node.name, call, place);
}

RuleExprId RuleExprBinder::property_of(RuleExprId base, const syntax::Ident& name, const syntax::Call* call,
                                       Span place) {
  const Type on = type(base);
  if (on.kind == Kind::error) return error(place);
  if (on.kind != Kind::element) {
    report(D::unknown_property, name.span).with("name", name.text).with("element", to_string(on));
    return error(place);
  }
  const model::Property* property = model::find_property(on.element, name.text);
  if (!property) {
    suggest(report(D::unknown_property, name.span).with("name", name.text).with("element", to_string(on)), name.text,
            model::property_names(on.element));
    return error(place);
  }
  std::vector<std::vector<RuleExprId>> slots(property->parameters.size());
  if (call) {
    for (const auto& argument : call->arguments) {
      if (!place_argument(*property, slots, argument)) return error(place);
    }
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& parameter = property->parameters[i];
    if (!slots[i].empty() || parameter.optional) continue;
    report(D::property_argument_missing, place)
        .with("property", name.text)
        .with("name", std::string(parameter.name))
        .with("arguments", argument_names(*property));
    return error(place);
  }
  return add(property->result, place, model::RuleProperty{property->id, base, std::move(slots)});
}

bool RuleExprBinder::place_argument(const model::Property& property, std::vector<std::vector<RuleExprId>>& slots,
                                    const syntax::Call::Argument& argument) {
  const auto unfit = [&](Span place) {
    report(D::property_argument_unfit, place)
        .with("text", s_.text(place))
        .with("property", std::string(property.name))
        .with("arguments", argument_names(property));
    return false;
  };
  if (!argument.value.valid()) {
    return argument.binder ? unfit(argument.binder->span) : false;
  }
  const Span place = module_.expr(argument.value).span;
  if (argument.label) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (property.parameters[i].name != argument.label->text) continue;
      slots[i].push_back(bind_present(argument.value, property.parameters[i].type));
      return type(slots[i].back()).kind != Kind::error;
    }
    std::vector<std::string> names;
    for (const auto& parameter : property.parameters) names.emplace_back(parameter.name);
    suggest(report(D::unknown_property_argument, argument.label->span)
                .with("property", std::string(property.name))
                .with("name", argument.label->text)
                .with("arguments", argument_names(property)),
            argument.label->text, names);
    return false;
  }
  const bool bare = is_bare_word(argument.value);
  const RuleExprId bound = bare ? RuleExprId{} : bind(argument.value);
  if (!bare && type(bound).kind == Kind::error) return false;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& parameter = property.parameters[i];
    if (!slots[i].empty() && !parameter.repeated) continue;
    if (bare) {
      const auto* name = std::get_if<syntax::Name>(&module_.expr(argument.value).node);
      const auto& words = model::words_of(parameter.type.set);
      const bool open = parameter.type.kind == Kind::word && words.empty();
      // With one parameter the message lists its words.
      if (!open && slots.size() > 1 && std::find(words.begin(), words.end(), name->name.text) == words.end()) continue;
      if (!is_textual(parameter.type.kind)) continue;
      slots[i].push_back(bind_present(argument.value, parameter.type));
      return type(slots[i].back()).kind != Kind::error;
    }
    const bool several = parameter.repeated && type(bound).kind == Kind::list;
    if (!several && !fits(type(bound), parameter.type)) continue;
    slots[i].push_back(bound);
    return true;
  }
  return unfit(place);
}

// ---- calls ----------------------------------------------------------------------------------------------------------

RuleExprId RuleExprBinder::bind_call(const syntax::Call& node, Span place) {
  if (const auto* member = std::get_if<syntax::Member>(&module_.expr(node.callee).node))
    return bind_member(*member, &node, place);
  const auto* callee = std::get_if<syntax::Name>(&module_.expr(node.callee).node);
  if (!callee) {
    report(D::not_in_a_rule, place).with("text", s_.text(place));
    return error(place);
  }
  const std::string& name = callee->name.text;
  const bool quantified = std::any_of(node.arguments.begin(), node.arguments.end(),
                                      [](const auto& argument) { return argument.binder.has_value(); });
  if (const auto function = quantifier(name); function && (quantified || name == "exists" || name == "count"))
    return bind_quantifier(node, *function, place);
  if (const auto known = std::find(kFunctions.begin(), kFunctions.end(), name); known != kFunctions.end())
    return bind_function(node, static_cast<model::RuleFunction>(known - kFunctions.begin()), place);
  if (const Symbol* symbol = find_symbol(s_, module_, name); symbol && symbol->kind == SymbolKind::table) {
    s_.occurs(callee->name.span, symbol->span);
    return bind_lookup(node, symbol->index, place);
  }
  suggest(report(D::unknown_rule_function, callee->name.span).with("name", name).with("functions", join(kAllFunctions)),
          name, kAllFunctions);
  return error(place);
}

RuleExprId RuleExprBinder::bind_quantifier(const syntax::Call& node, model::RuleQuantifier::Function function,
                                           Span place) {
  using F = model::RuleQuantifier::Function;
  const std::size_t known = variables_.size();
  model::RuleQuantifier result;
  result.function = function;
  const bool with_value = function != F::exists && function != F::count;
  std::optional<syntax::ExprId> measured;
  bool unfit = false, reported = false;
  for (const auto& argument : node.arguments) {
    if (argument.binder && argument.binder_kind) {
      const auto binder = declare(*argument.binder_kind, *argument.binder);
      if (binder) result.binders.push_back(*binder);
      reported = reported || !binder;
    } else if (with_value && !measured && argument.value.valid()) {
      measured = argument.value;
    } else {
      unfit = true;
    }
  }
  if (result.binders.empty() || unfit || (with_value && !measured)) {
    if (!reported) report(D::not_in_a_rule, place).with("text", s_.text(place));
    variables_.resize(known);
    return error(place);
  }
  Type type_of = function == F::exists ? rule_type(RuleKind::boolean) : rule_type(Kind::number);
  if (measured) {
    result.value = bind(*measured);
    const Type& inner = type(result.value);
    if (!is_formula(inner) && !is_numeric(inner.kind) && !require(result.value, rule_type(Kind::number)))
      result.value = error(place);
    else if (is_numeric(inner.kind))
      type_of = inner;
  }
  if (node.where) result.where = bind_condition(*node.where);
  variables_.resize(known);
  type_of.optional = function == F::min || function == F::max;
  return add(type_of, place, std::move(result));
}

RuleExprId RuleExprBinder::bind_function(const syntax::Call& node, model::RuleFunction function, Span place) {
  using F = model::RuleFunction;
  const bool text = function != F::abs && function != F::min && function != F::max;
  const std::size_t wanted = function == F::lower || function == F::upper || function == F::abs ? 1 : 2;
  std::vector<RuleExprId> arguments;
  for (const auto& argument : node.arguments) {
    if (!argument.value.valid()) continue;
    const Type textual = rule_type(Kind::text);
    const RuleExprId bound = bind(argument.value, text ? &textual : nullptr);
    const bool list = text && arguments.size() == 1 && type(bound).kind == Kind::list;
    if (!list && !require(bound, text ? textual : arguments.empty() ? rule_type(Kind::number) : type(arguments[0])))
      return error(place);
    arguments.push_back(bound);
  }
  if (arguments.size() != wanted) {
    report(D::not_in_a_rule, place).with("text", s_.text(place));
    return error(place);
  }
  Type result = rule_type(Kind::boolean);
  if (function == F::lower || function == F::upper) result = rule_type(Kind::text);
  if (!text) result = is_numeric(type(arguments[0]).kind) ? type(arguments[0]) : rule_type(Kind::number);
  return add(result, place, model::RuleCall{function, std::move(arguments)});
}

RuleExprId RuleExprBinder::bind_lookup(const syntax::Call& node, std::uint32_t index, Span place) {
  bind_table(s_, index);
  const auto& table = s_.policy.tables[index];
  if (node.arguments.size() != table.columns.size()) {
    report(D::rule_table_inputs, place)
        .with("table", table.named.name)
        .with("wanted", std::to_string(table.columns.size()))
        .with("actual", std::to_string(node.arguments.size()));
    return error(place);
  }
  const auto rule_kind = [](const value::Type& declared) {
    switch (declared.kind) {
      case value::Kind::number:
        return declared.unit.is_plain() ? Kind::number : declared.unit.money != 0 ? Kind::money : Kind::duration;
      case value::Kind::text:
        return Kind::text;
      case value::Kind::boolean:
        return Kind::boolean;
      case value::Kind::date:
        return Kind::date;
      default:
        return Kind::error;
    }
  };
  std::vector<RuleExprId> arguments;
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    if (!node.arguments[i].value.valid()) return error(place);
    arguments.push_back(
        bind_present(node.arguments[i].value, rule_type(rule_kind(s_.policy.tables[index].columns[i].type))));
  }
  Type result = rule_type(rule_kind(s_.policy.tables[index].type));
  result.optional = true;
  return add(result, place, model::RuleTableLookup{model::TableId{index}, std::move(arguments)});
}

}  // namespace kpi::bind
