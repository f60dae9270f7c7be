#include "interpreter/bind/rule_exprs.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/placeholders.hpp"

namespace kpi::bind {

using model::ElementKind;
using model::RuleExprId;
using Op = value::BinaryOp;

namespace {

using RuleKind = model::RuleType::Kind;

model::RuleType of(RuleKind kind) {
  model::RuleType type;
  type.kind = kind;
  return type;
}
const model::RuleType kBoolean = of(RuleKind::boolean);

bool is_numeric(RuleKind kind) {
  return kind == RuleKind::number || kind == RuleKind::money || kind == RuleKind::duration;
}
bool is_formula(const model::RuleType& type) {
  return type.kind == RuleKind::element && type.element == ElementKind::formula;
}
bool is_textual(RuleKind kind) { return kind == RuleKind::text || kind == RuleKind::word; }

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

RuleExprBinder::RuleExprBinder(Session& session, Module& module, model::Rule& rule)
    : s_(session), module_(module), rule_(rule) {
  variables_.push_back({"policy", {}, ElementKind::policy, 0});
}

source::Diagnostic& RuleExprBinder::report(source::DiagnosticId id, Span span) {
  sound_ = false;
  return s_.report(id, span);
}

RuleExprId RuleExprBinder::add(Type type, Span span, model::RuleNode node) {
  rule_.exprs.push_back({type, span, std::move(node)});
  return RuleExprId{static_cast<std::uint32_t>(rule_.exprs.size() - 1)};
}

RuleExprId RuleExprBinder::error(Span span) {
  sound_ = false;
  return add(Type{}, span, model::RuleConstant{});
}

// ---- variables ------------------------------------------------------------------------------------------------------

std::optional<model::RuleBinder> RuleExprBinder::declare(const syntax::Ident& kind, const syntax::Ident& variable) {
  if (!require_word(s_, kind, model::bindable_elements())) {
    sound_ = false;
    // So that its uses are not unknown variables.
    variables_.push_back({variable.text, variable.span, ElementKind::policy, 0, false});
    return std::nullopt;
  }
  const ElementKind element = *model::parse_element(kind.text);
  if (const Variable* known = find(variable.text)) {
    report(D::declared_twice, variable.span)
        .with("name", variable.text)
        .label(known->slot == 0 ? variable.span : known->span, D::first_declared_here);
  }
  const model::RuleBinder binder{element, rule_.slots++};
  variables_.push_back({variable.text, variable.span, element, binder.slot});
  return binder;
}

const RuleExprBinder::Variable* RuleExprBinder::find(const std::string& name) const {
  for (auto at = variables_.rbegin(); at != variables_.rend(); ++at) {
    if (at->name == name) return &*at;
  }
  return nullptr;
}

std::vector<std::string> RuleExprBinder::variable_names() const {
  std::vector<std::string> result;
  for (const Variable& variable : variables_) {
    if (variable.slot != 0) result.push_back(variable.name);
  }
  return result;
}

std::optional<std::uint32_t> RuleExprBinder::require_variable(const syntax::Ident& name) {
  if (const Variable* known = find(name.text)) return known->slot;
  const auto names = variable_names();
  suggest(report(D::unknown_variable, name.span).with("name", name.text).with("variables", join(names)), name.text,
          names);
  return std::nullopt;
}

// ---- types ----------------------------------------------------------------------------------------------------------

bool RuleExprBinder::fits(const Type& type, const Type& wanted) const {
  if (type.kind == Kind::error || wanted.kind == Kind::error) return true;
  if (is_formula(type) && is_numeric(wanted.kind)) return true;
  if (type.zero && is_numeric(wanted.kind)) return true;
  if (is_textual(type.kind) && is_textual(wanted.kind)) return true;
  return type.kind == wanted.kind && (type.kind != Kind::element || type.element == wanted.element);
}

bool RuleExprBinder::require(RuleExprId id, const Type& wanted) {
  if (fits(type(id), wanted)) return true;
  report(D::rule_wrong_type, span(id))
      .with("text", s_.text(span(id)))
      .with("actual", to_string(type(id)))
      .with("wanted", to_string(wanted));
  return false;
}

RuleExprId RuleExprBinder::bind_present(syntax::ExprId id, const Type& wanted) {
  const RuleExprId bound = bind(id, &wanted);
  return require(bound, wanted) ? bound : error(span(bound));
}

RuleExprId RuleExprBinder::bind_condition(syntax::ExprId id) { return bind_present(id, kBoolean); }

// ---- expressions ----------------------------------------------------------------------------------------------------

RuleExprId RuleExprBinder::bind(syntax::ExprId id, const Type* wanted) {
  if (!id.valid()) return error({});
  const syntax::Expr& expr = module_.expr(id);
  const Span place = expr.span;
  const syntax::ExprNode& node = expr.node;
  if (const auto* name = std::get_if<syntax::Name>(&node)) return bind_name(name->name, wanted);
  if (const auto* member = std::get_if<syntax::Member>(&node)) return bind_member(*member, nullptr, place);
  if (const auto* call = std::get_if<syntax::Call>(&node)) return bind_call(*call, place);
  if (const auto* binary = std::get_if<syntax::Binary>(&node)) return bind_binary(*binary, place);
  if (const auto* in = std::get_if<syntax::In>(&node)) return bind_in(*in, place);
  if (const auto* choice = std::get_if<syntax::If>(&node)) return bind_if(*choice, place, wanted);
  if (const auto* none = std::get_if<syntax::IsNone>(&node)) {
    const RuleExprId operand = bind(none->operand);
    return add(kBoolean, place, model::RuleIsNone{operand, none->negated});
  }
  if (const auto* fallback = std::get_if<syntax::Default>(&node)) {
    const RuleExprId operand = bind(fallback->operand, wanted);
    Type result = type(operand);
    if (is_formula(result)) result = of(Kind::number);
    const RuleExprId other = bind_present(fallback->fallback, result);
    result.optional = false;
    return add(result, place, model::RuleDefault{operand, other});
  }
  if (const auto* unary = std::get_if<syntax::Unary>(&node)) {
    const bool negation = unary->op == syntax::Unary::Op::logical_not;
    if (negation) {
      const RuleExprId operand = bind_condition(unary->operand);
      return add(kBoolean, place, model::RuleUnary{value::UnaryOp::logical_not, operand});
    }
    const RuleExprId operand = bind(unary->operand);
    const Type& inner = type(operand);
    if (!is_numeric(inner.kind) && inner.kind != Kind::error) return require(operand, of(Kind::number)), error(place);
    return add(inner, place, model::RuleUnary{value::UnaryOp::negate, operand});
  }
  if (const auto* list = std::get_if<syntax::List>(&node)) {
    std::vector<RuleExprId> items;
    for (const syntax::ExprId item : list->items) items.push_back(bind(item, wanted));
    return add(of(Kind::list), place, model::RuleList{std::move(items)});
  }
  const bool literal = std::holds_alternative<syntax::NumberLit>(node) ||
                       std::holds_alternative<syntax::TextLit>(node) || std::holds_alternative<syntax::BoolLit>(node) ||
                       std::holds_alternative<syntax::DateLit>(node);
  if (literal) return bind_literal(id, wanted);
  report(D::not_in_a_rule, place).with("text", s_.text(place));
  return error(place);
}

RuleExprId RuleExprBinder::bind_literal(syntax::ExprId id, const Type* wanted) {
  const ExprId bound = ExprBinder(s_, Context{&module_}).bind(id);
  const value::Type literal = s_.type(bound);
  const Span place = s_.span(bound);
  const auto content = fold(s_, bound);
  if (!content) return error(place);
  Type result;
  switch (literal.kind) {
    case value::Kind::number:
      result.kind = literal.unit.is_plain() ? Kind::number : literal.unit.money != 0 ? Kind::money : Kind::duration;
      result.zero = literal.any_unit;
      break;
    case value::Kind::boolean:
      result.kind = Kind::boolean;
      break;
    case value::Kind::date:
      result.kind = Kind::date;
      break;
    case value::Kind::text:
      // `"employee"` may stand for the word; one that is not of the closed list would never be equal to anything.
      if (wanted && wanted->kind == Kind::word) {
        const auto& words = model::words_of(wanted->set);
        if (!words.empty() && !require_word(s_, syntax::Ident{content->text(), place}, words)) return error(place);
      }
      result.kind = Kind::text;
      break;
    default:
      if (literal.kind != value::Kind::error) report(D::not_in_a_rule, place).with("text", s_.text(place));
      return error(place);
  }
  return add(result, place, model::RuleConstant{*content, literal.unit});
}

bool RuleExprBinder::is_bare_word(syntax::ExprId id) const {
  if (!id.valid()) return false;
  const auto* name = std::get_if<syntax::Name>(&module_.expr(id).node);
  return name && !find(name->name.text);
}

RuleExprId RuleExprBinder::bind_name(const syntax::Ident& name, const Type* wanted) {
  if (const Variable* variable = find(name.text); variable && !name.quoted) {
    if (!variable->known) return error(name.span);
    Type element = of(Kind::element);
    element.element = variable->kind;
    return add(element, name.span, model::RuleVariable{variable->slot});
  }
  if (const Symbol* symbol = find_symbol(s_, module_, name.text); symbol && symbol->kind == SymbolKind::param) {
    s_.occurs(name.span, symbol->span);
    bind_param(s_, symbol->index);
    require_value(s_, symbol->index);
    const model::Param& param = s_.policy.params[symbol->index];
    Type result;
    const value::Type declared = param.type;
    result.kind = declared.kind == value::Kind::number    ? (declared.unit.is_plain()   ? Kind::number
                                                             : declared.unit.money != 0 ? Kind::money
                                                                                        : Kind::duration)
                  : declared.kind == value::Kind::boolean ? Kind::boolean
                  : declared.kind == value::Kind::date    ? Kind::date
                  : declared.kind == value::Kind::text    ? Kind::text
                                                          : Kind::error;
    if (result.kind == Kind::error) return error(name.span);
    return add(result, name.span, model::RuleConstant{param.value, declared.unit});
  }
  const bool word_wanted = wanted && (is_textual(wanted->kind) || wanted->kind == Kind::list);
  if (word_wanted) {
    const auto& words = model::words_of(wanted->set);
    if (!words.empty() && !require_word(s_, name, words)) return error(name.span);
    Type word = of(Kind::word);
    word.set = wanted->set;
    return add(word, name.span, model::RuleConstant{value::Value(name.text), {}});
  }
  // Beside something that was reported, nobody knows what the word means.
  const bool beside_mistake = wanted && wanted->kind == Kind::error;
  if (!beside_mistake || !model::is_rule_word(name.text)) (void)require_variable(name);
  return error(name.span);
}

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
  Type type_of = function == F::exists ? kBoolean : of(Kind::number);
  if (measured) {
    result.value = bind(*measured);
    const Type& inner = type(result.value);
    if (!is_formula(inner) && !is_numeric(inner.kind) && !require(result.value, of(Kind::number)))
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
    const Type textual = of(Kind::text);
    const RuleExprId bound = bind(argument.value, text ? &textual : nullptr);
    const bool list = text && arguments.size() == 1 && type(bound).kind == Kind::list;
    if (!list && !require(bound, text ? textual : arguments.empty() ? of(Kind::number) : type(arguments[0])))
      return error(place);
    arguments.push_back(bound);
  }
  if (arguments.size() != wanted) {
    report(D::not_in_a_rule, place).with("text", s_.text(place));
    return error(place);
  }
  Type result = of(Kind::boolean);
  if (function == F::lower || function == F::upper) result = of(Kind::text);
  if (!text) result = is_numeric(type(arguments[0]).kind) ? type(arguments[0]) : of(Kind::number);
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
    arguments.push_back(bind_present(node.arguments[i].value, of(rule_kind(s_.policy.tables[index].columns[i].type))));
  }
  Type result = of(rule_kind(s_.policy.tables[index].type));
  result.optional = true;
  return add(result, place, model::RuleTableLookup{model::TableId{index}, std::move(arguments)});
}

// ---- operators ------------------------------------------------------------------------------------------------------

RuleExprId RuleExprBinder::bind_binary(const syntax::Binary& node, Span place) {
  const auto op = static_cast<Op>(node.op);
  if (op == Op::logical_and || op == Op::logical_or) {
    const RuleExprId left = bind_condition(node.left);
    const RuleExprId right = bind_condition(node.right);
    return add(kBoolean, place, model::RuleBinary{op, left, right});
  }
  // `employee = p.payee`: the side that is no bare word says what the word means.
  RuleExprId left, right;
  const bool text_first = node.left.valid() && std::holds_alternative<syntax::TextLit>(module_.expr(node.left).node);
  if ((is_bare_word(node.left) || text_first) && !is_bare_word(node.right)) {
    right = bind(node.right);
    const Type expected = type(right);
    left = bind(node.left, &expected);
  } else {
    left = bind(node.left);
    const Type expected = type(left);
    right = bind(node.right, &expected);
  }
  const Type a = type(left), b = type(right);
  if (a.kind == Kind::error || b.kind == Kind::error) return error(place);
  const bool arithmetic = op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide;
  const auto refuse = [&] {
    report(D::rule_cannot_compare, place).with("left", to_string(a)).with("right", to_string(b));
    return error(place);
  };
  if (!arithmetic) {
    const bool ordered = op != Op::eq && op != Op::ne;
    if (is_formula(a) && is_formula(b)) return refuse();
    if (!fits(a, b) && !fits(b, a)) return refuse();
    const bool may_order = is_numeric(a.kind) || a.kind == Kind::date || is_formula(a);
    if (ordered && !may_order) return refuse();
    return add(kBoolean, place, model::RuleBinary{op, left, right});
  }
  Type result;
  const auto numeric = [](const Type& type) { return is_numeric(type.kind) || is_formula(type); };
  if (a.kind == Kind::date && b.kind == Kind::date && op == Op::subtract) {
    result = of(Kind::duration);
  } else if (a.kind == Kind::date && b.kind == Kind::duration && (op == Op::add || op == Op::subtract)) {
    result = of(Kind::date);
  } else if (!numeric(a) || !numeric(b)) {
    return refuse();
  } else if (op == Op::add || op == Op::subtract) {
    if (!fits(a, b) && !fits(b, a)) return refuse();
    result = is_numeric(a.kind) && !a.zero ? of(a.kind) : is_numeric(b.kind) ? of(b.kind) : of(Kind::number);
  } else if (b.kind == Kind::number || is_formula(b)) {
    result = is_numeric(a.kind) ? of(a.kind) : of(Kind::number);
    // A formula has the unit that the policy gives it: what the product compares with is for the evaluation to judge.
    result.zero = is_formula(a) || is_formula(b);
  } else if (op == Op::multiply && a.kind == Kind::number) {
    result = of(b.kind);
    result.zero = b.zero;
  } else if (op == Op::divide && a.kind == b.kind) {
    result = of(Kind::number);
  } else if (op == Op::divide && is_formula(a)) {
    result = of(Kind::number);
  } else {
    return refuse();
  }
  return add(result, place, model::RuleBinary{op, left, right});
}

RuleExprId RuleExprBinder::bind_range(const syntax::Range& node, const Type& item, Span place) {
  const RuleExprId lower = node.lower ? bind_present(*node.lower, item) : RuleExprId{};
  const RuleExprId upper = node.upper ? bind_present(*node.upper, item) : RuleExprId{};
  return add(of(Kind::list), place, model::RuleRange{lower, upper, node.includes_upper});
}

RuleExprId RuleExprBinder::bind_in(const syntax::In& node, Span place) {
  const syntax::ExprNode& collection = module_.expr(node.collection).node;
  RuleExprId item, within;
  if (is_bare_word(node.item)) {
    within = bind(node.collection);
    const Type open = of(Kind::word);
    item = bind(node.item, &open);
  } else {
    item = bind(node.item);
    const Type expected = type(item);
    if (const auto* range = std::get_if<syntax::Range>(&collection))
      within =
          bind_range(*range, is_formula(expected) ? of(Kind::number) : expected, module_.expr(node.collection).span);
    else
      within = bind(node.collection, &expected);
    if (const auto* list = std::get_if<model::RuleList>(&rule_.exprs[within.index].node)) {
      const std::vector<RuleExprId> items = list->items;
      for (const RuleExprId one : items) (void)require(one, expected);
    }
  }
  if (!require(within, of(Kind::list))) return error(place);
  return add(kBoolean, place, model::RuleIn{item, within, node.negated});
}

RuleExprId RuleExprBinder::bind_if(const syntax::If& node, Span place, const Type* wanted) {
  const RuleExprId condition = bind_condition(node.condition);
  const RuleExprId then_value = bind(node.then_value, wanted);
  const Type expected = type(then_value);
  const RuleExprId else_value = bind_present(node.else_value, expected);
  return add(expected, place, model::RuleIf{condition, then_value, else_value});
}

// ---- texts ----------------------------------------------------------------------------------------------------------

std::vector<model::RuleTemplate::Piece> RuleExprBinder::bind_template(const syntax::Text& text) {
  std::vector<model::RuleTemplate::Piece> pieces;
  const auto found = placeholders(s_, text);
  std::size_t next = 0;
  std::string plain;
  const std::string& content = text.value;
  for (std::size_t at = 0; at < content.size();) {
    if (content.compare(at, 2, "{{") == 0 || content.compare(at, 2, "}}") == 0) {
      plain += content[at];
      at += 2;
      continue;
    }
    if (content[at] != '{' || next >= found.size()) {
      plain += content[at++];
      continue;
    }
    const auto& hole = found[next++];
    at = content.find('}', at) + 1;
    // `m.metric.unit`: a variable and properties without arguments.
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= hole.name.size();) {
      const std::size_t end = std::min(hole.name.find('.', begin), hole.name.size());
      parts.push_back(hole.name.substr(begin, end - begin));
      begin = end + 1;
    }
    const auto slot = require_variable({parts[0], hole.span, false});
    if (!slot) continue;
    RuleExprId value = bind_name({parts[0], hole.span, false}, nullptr);
    for (std::size_t i = 1; i < parts.size(); ++i)
      value = property_of(value, {parts[i], hole.span, false}, nullptr, hole.span);
    pieces.push_back({std::move(plain), value});
    plain.clear();
  }
  if (!plain.empty() || pieces.empty()) pieces.push_back({std::move(plain), {}});
  return pieces;
}

}  // namespace kpi::bind
