#include "interpreter/bind/rule_exprs.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/placeholders.hpp"
#include "interpreter/bind/rule_types.hpp"

namespace kpi::bind {

using model::ElementKind;
using model::RuleExprId;
using Op = value::BinaryOp;

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

RuleExprId RuleExprBinder::bind_condition(syntax::ExprId id) { return bind_present(id, rule_type(RuleKind::boolean)); }

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
    return add(rule_type(RuleKind::boolean), place, model::RuleIsNone{operand, none->negated});
  }
  if (const auto* fallback = std::get_if<syntax::Default>(&node)) {
    const RuleExprId operand = bind(fallback->operand, wanted);
    Type result = type(operand);
    if (is_formula(result)) result = rule_type(Kind::number);
    const RuleExprId other = bind_present(fallback->fallback, result);
    result.optional = false;
    return add(result, place, model::RuleDefault{operand, other});
  }
  if (const auto* unary = std::get_if<syntax::Unary>(&node)) {
    const bool negation = unary->op == syntax::Unary::Op::logical_not;
    if (negation) {
      const RuleExprId operand = bind_condition(unary->operand);
      return add(rule_type(RuleKind::boolean), place, model::RuleUnary{value::UnaryOp::logical_not, operand});
    }
    const RuleExprId operand = bind(unary->operand);
    const Type& inner = type(operand);
    if (!is_numeric(inner.kind) && inner.kind != Kind::error)
      return require(operand, rule_type(Kind::number)), error(place);
    return add(inner, place, model::RuleUnary{value::UnaryOp::negate, operand});
  }
  if (const auto* list = std::get_if<syntax::List>(&node)) {
    std::vector<RuleExprId> items;
    for (const syntax::ExprId item : list->items) items.push_back(bind(item, wanted));
    return add(rule_type(Kind::list), place, model::RuleList{std::move(items)});
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
    Type element = rule_type(Kind::element);
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
    Type word = rule_type(Kind::word);
    word.set = wanted->set;
    return add(word, name.span, model::RuleConstant{value::Value(name.text), {}});
  }
  // Beside something that was reported, nobody knows what the word means.
  const bool beside_mistake = wanted && wanted->kind == Kind::error;
  if (!beside_mistake || !model::is_rule_word(name.text)) (void)require_variable(name);
  return error(name.span);
}

// ---- operators ------------------------------------------------------------------------------------------------------

RuleExprId RuleExprBinder::bind_binary(const syntax::Binary& node, Span place) {
  const auto op = static_cast<Op>(node.op);
  if (op == Op::logical_and || op == Op::logical_or) {
    const RuleExprId left = bind_condition(node.left);
    const RuleExprId right = bind_condition(node.right);
    return add(rule_type(RuleKind::boolean), place, model::RuleBinary{op, left, right});
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
    return add(rule_type(RuleKind::boolean), place, model::RuleBinary{op, left, right});
  }
  Type result;
  const auto numeric = [](const Type& type) { return is_numeric(type.kind) || is_formula(type); };
  if (a.kind == Kind::date && b.kind == Kind::date && op == Op::subtract) {
    result = rule_type(Kind::duration);
  } else if (a.kind == Kind::date && b.kind == Kind::duration && (op == Op::add || op == Op::subtract)) {
    result = rule_type(Kind::date);
  } else if (!numeric(a) || !numeric(b)) {
    return refuse();
  } else if (op == Op::add || op == Op::subtract) {
    if (!fits(a, b) && !fits(b, a)) return refuse();
    result = is_numeric(a.kind) && !a.zero ? rule_type(a.kind)
             : is_numeric(b.kind)          ? rule_type(b.kind)
                                           : rule_type(Kind::number);
  } else if (b.kind == Kind::number || is_formula(b)) {
    result = is_numeric(a.kind) ? rule_type(a.kind) : rule_type(Kind::number);
    // A formula has the unit that the policy gives it: what the product compares with is for the evaluation to judge.
    result.zero = is_formula(a) || is_formula(b);
  } else if (op == Op::multiply && a.kind == Kind::number) {
    result = rule_type(b.kind);
    result.zero = b.zero;
  } else if (op == Op::divide && a.kind == b.kind) {
    result = rule_type(Kind::number);
  } else if (op == Op::divide && is_formula(a)) {
    result = rule_type(Kind::number);
  } else {
    return refuse();
  }
  return add(result, place, model::RuleBinary{op, left, right});
}

RuleExprId RuleExprBinder::bind_range(const syntax::Range& node, const Type& item, Span place) {
  const RuleExprId lower = node.lower ? bind_present(*node.lower, item) : RuleExprId{};
  const RuleExprId upper = node.upper ? bind_present(*node.upper, item) : RuleExprId{};
  return add(rule_type(Kind::list), place, model::RuleRange{lower, upper, node.includes_upper});
}

RuleExprId RuleExprBinder::bind_in(const syntax::In& node, Span place) {
  const syntax::ExprNode& collection = module_.expr(node.collection).node;
  RuleExprId item, within;
  if (is_bare_word(node.item)) {
    within = bind(node.collection);
    const Type open = rule_type(Kind::word);
    item = bind(node.item, &open);
  } else {
    item = bind(node.item);
    const Type expected = type(item);
    if (const auto* range = std::get_if<syntax::Range>(&collection))
      within = bind_range(*range, is_formula(expected) ? rule_type(Kind::number) : expected,
                          module_.expr(node.collection).span);
    else
      within = bind(node.collection, &expected);
    if (const auto* list = std::get_if<model::RuleList>(&rule_.exprs[within.index].node)) {
      const std::vector<RuleExprId> items = list->items;
      for (const RuleExprId one : items) (void)require(one, expected);
    }
  }
  if (!require(within, rule_type(Kind::list))) return error(place);
  return add(rule_type(RuleKind::boolean), place, model::RuleIn{item, within, node.negated});
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
