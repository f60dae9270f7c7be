#include "interpreter/lint/evaluate.hpp"

#include <algorithm>
#include <set>

#include "interpreter/model/builtins.hpp"

namespace kpi::lint {

using model::RuleExprId;
using Op = value::BinaryOp;

namespace {

/// What proofs answer; they are asked last.
bool is_proved(model::PropertyId property) {
  using P = model::PropertyId;
  switch (property) {
    case P::payout_highest:
    case P::payout_lowest:
    case P::payout_bounded:
    case P::payout_max_jump:
    case P::payout_jump_share:
    case P::payout_monotone_in:
    case P::payout_retroactive:
    case P::payout_accelerates:
    case P::payout_fake_order_gain:
    case P::payout_single_order_swing:
    case P::payout_influence:
    case P::payout_lowest_total_pay:
    case P::payout_highest_deduction:
      return true;
    default:
      return false;
  }
}

/// Visits every node of an expression; false when it holds a proof or a quantifier, which are too dear to hurry.
bool collect_slots(const model::Rule& rule, RuleExprId id, std::set<std::uint32_t>& slots) {
  if (!id.valid()) return true;
  const auto all = [&](auto... ids) { return (collect_slots(rule, ids, slots) && ...); };
  return std::visit(
      [&](const auto& node) {
        using N = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<N, model::RuleVariable>) {
          slots.insert(node.slot);
          return true;
        } else if constexpr (std::is_same_v<N, model::RuleProperty>) {
          bool cheap = !is_proved(node.property) && all(node.base);
          for (const auto& given : node.arguments) {
            for (const RuleExprId one : given) cheap = cheap && all(one);
          }
          return cheap;
        } else if constexpr (std::is_same_v<N, model::RuleUnary> || std::is_same_v<N, model::RuleIsNone>) {
          return all(node.operand);
        } else if constexpr (std::is_same_v<N, model::RuleBinary>) {
          return all(node.left, node.right);
        } else if constexpr (std::is_same_v<N, model::RuleIn>) {
          return all(node.item, node.collection);
        } else if constexpr (std::is_same_v<N, model::RuleDefault>) {
          return all(node.operand, node.fallback);
        } else if constexpr (std::is_same_v<N, model::RuleIf>) {
          return all(node.condition, node.then_value, node.else_value);
        } else if constexpr (std::is_same_v<N, model::RuleRange>) {
          return all(node.lower, node.upper);
        } else if constexpr (std::is_same_v<N, model::RuleList>) {
          return std::all_of(node.items.begin(), node.items.end(), [&](RuleExprId one) { return all(one); });
        } else if constexpr (std::is_same_v<N, model::RuleCall> || std::is_same_v<N, model::RuleTableLookup>) {
          return std::all_of(node.arguments.begin(), node.arguments.end(), [&](RuleExprId one) { return all(one); });
        } else {
          return std::is_same_v<N, model::RuleConstant>;
        }
      },
      rule.expr(id).node);
}

}  // namespace

RuleRun::Tests RuleRun::tests_of(const std::vector<model::RuleBinder>& binders, RuleExprId where) const {
  Tests tests(binders.size());
  if (binders.empty() || !where.valid()) return tests;
  std::vector<RuleExprId> open = {where};
  while (!open.empty()) {
    const RuleExprId id = open.back();
    open.pop_back();
    const auto* node = std::get_if<model::RuleBinary>(&rule_.expr(id).node);
    if (node && node->op == Op::logical_and) {
      open.push_back(node->right);
      open.push_back(node->left);
      continue;
    }
    std::set<std::uint32_t> slots;
    std::size_t level = binders.size() - 1;
    if (collect_slots(rule_, id, slots)) {
      while (level > 0 && !slots.contains(binders[level].slot)) --level;
    }
    tests[level].push_back(id);
  }
  return tests;
}

RuleRun::Truth RuleRun::all_hold(const std::vector<RuleExprId>& tests, bool only_yes_counts) const {
  Truth result = Truth::yes;
  for (const RuleExprId id : tests) {
    const Truth one = holds(id);
    if (one == Truth::no) return Truth::no;
    if (one == Truth::unknown && only_yes_counts) return one;
    if (one == Truth::unknown) result = one;
  }
  return result;
}

RuleRun::Truth RuleRun::holds(RuleExprId id) const {
  const model::RuleNode& node = rule_.expr(id).node;
  if (const auto* binary = std::get_if<model::RuleBinary>(&node)) {
    // Left before right, and no further than needed: proofs are dear.
    if (binary->op == Op::logical_and || binary->op == Op::logical_or) {
      const Truth stops = binary->op == Op::logical_or ? Truth::yes : Truth::no;
      const Truth left = holds(binary->left);
      if (left == stops) return left;
      const Truth right = holds(binary->right);
      return right == stops || left != Truth::unknown ? right : Truth::unknown;
    }
  } else if (const auto* unary = std::get_if<model::RuleUnary>(&node);
             unary && unary->op == value::UnaryOp::logical_not) {
    const Truth operand = holds(unary->operand);
    if (operand == Truth::unknown) return operand;
    return operand == Truth::yes ? Truth::no : Truth::yes;
  }
  const Datum result = evaluate(id);
  if (!result.value.is<bool>()) return Truth::unknown;
  return result.value.boolean() ? Truth::yes : Truth::no;
}

void RuleRun::run(const std::function<void()>& found) {
  if (rule_.binders.empty()) {
    if (!rule_.where.valid() || holds(rule_.where) == Truth::yes) found();
    return;
  }
  tests_ = tests_of(rule_.binders, rule_.where);
  bind(0, found);
}

void RuleRun::bind(std::size_t binder, const std::function<void()>& found) {
  if (binder == rule_.binders.size()) return found();
  const model::RuleBinder& variable = rule_.binders[binder];
  for (const Element& element : on_.elements(variable.kind)) {
    slots_[variable.slot] = element;
    if (all_hold(tests_[binder], true) == Truth::yes) bind(binder + 1, found);
  }
}

void RuleRun::make_plain(Datum& datum) const {
  if (!datum.element || datum.element->kind != ElementKind::formula) return;
  const model::ExprId id{datum.element->a};
  const auto number = on_.flow().constant(id);
  datum = number ? Datum(*number, on_.policy().expr(id).type.unit) : Datum();
}
Datum RuleRun::plain(Datum datum) const {
  make_plain(datum);
  return datum;
}
Datum RuleRun::plain_value(RuleExprId id) const {
  Datum result = evaluate(id);
  make_plain(result);
  return result;
}

Datum RuleRun::truth(Truth which) { return which == Truth::unknown ? Datum() : Datum(which == Truth::yes); }

Datum RuleRun::evaluate(RuleExprId id, std::size_t language) const {
  if (!id.valid()) return {};
  return std::visit(
      [&](const auto& node) -> Datum {
        using N = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<N, model::RuleConstant>) {
          Datum result;
          result.value = node.value;
          result.unit = node.unit;
          return result;
        } else if constexpr (std::is_same_v<N, model::RuleVariable>) {
          return slots_[node.slot];
        } else if constexpr (std::is_same_v<N, model::RuleProperty>) {
          const auto* variable = std::get_if<model::RuleVariable>(&rule_.expr(node.base).node);
          const std::optional<Element> base = variable ? slots_[variable->slot] : evaluate(node.base, language).element;
          if (!base) return {};
          Arguments arguments;
          for (const auto& given : node.arguments) {
            for (const RuleExprId one : given) {
              Datum argument = evaluate(one, language);
              if (argument.absent()) return {};
              arguments.push(std::move(argument));
            }
            arguments.close();
          }
          return on_.property(node.property, *base, arguments, language);
        } else if constexpr (std::is_same_v<N, model::RuleUnary>) {
          Datum operand = plain(evaluate(node.operand, language));
          operand.value = value::apply(node.op, operand.value);
          return operand;
        } else if constexpr (std::is_same_v<N, model::RuleBinary>) {
          if (node.op == Op::logical_and || node.op == Op::logical_or) return truth(holds(id));
          return binary(node);
        } else if constexpr (std::is_same_v<N, model::RuleIn>) {
          return contained(node);
        } else if constexpr (std::is_same_v<N, model::RuleIsNone>) {
          return evaluate(node.operand, language).absent() != node.negated;
        } else if constexpr (std::is_same_v<N, model::RuleDefault>) {
          Datum operand = plain(evaluate(node.operand, language));
          return operand.absent() ? plain(evaluate(node.fallback, language)) : operand;
        } else if constexpr (std::is_same_v<N, model::RuleIf>) {
          const Datum condition = evaluate(node.condition, language);
          if (condition.absent()) return {};
          return evaluate(condition.is_true() ? node.then_value : node.else_value, language);
        } else if constexpr (std::is_same_v<N, model::RuleList>) {
          Datum result;
          result.items.emplace();
          for (const RuleExprId item : node.items) result.items->push_back(evaluate(item, language));
          return result;
        } else if constexpr (std::is_same_v<N, model::RuleRange>) {
          return {};  // only on the right of `in`
        } else if constexpr (std::is_same_v<N, model::RuleQuantifier>) {
          return quantified(node);
        } else if constexpr (std::is_same_v<N, model::RuleTableLookup>) {
          return looked_up(node);
        } else {
          return called(node);
        }
      },
      rule_.expr(id).node);
}

namespace {

bool units_differ(const Datum& a, const Datum& b) {
  const auto zero = [](const Datum& datum) {
    return datum.value.is<value::Number>() && datum.value.number().is_zero();
  };
  return a.value.is<value::Number>() && b.value.is<value::Number>() && !(a.unit == b.unit) && !zero(a) && !zero(b);
}

/// Absent unless both are there.
Datum equal(const Datum& a, const Datum& b) {
  if (a.absent() || b.absent()) return {};
  if (a.element || b.element) return a.element == b.element;
  if (a.items || b.items || units_differ(a, b)) return {};
  return a.value == b.value;
}

}  // namespace

Datum RuleRun::binary(const model::RuleBinary& node) const {
  const Datum left = plain_value(node.left), right = plain_value(node.right);
  if (left.absent() || right.absent()) return {};
  if (node.op == Op::eq || node.op == Op::ne) {
    Datum result = equal(left, right);
    if (node.op == Op::ne && !result.absent()) return !result.is_true();
    return result;
  }
  const bool additive = node.op != Op::multiply && node.op != Op::divide;
  if (additive && units_differ(left, right)) return {};
  Datum result;
  result.value = value::apply(node.op, left.value, right.value, value::TimeZone::utc());
  if (!result.value.is<value::Number>()) return result;
  if (left.value.is<value::Date>()) {
    result.unit = value::Unit::duration();
  } else if (node.op == Op::multiply || node.op == Op::divide) {
    const auto unit =
        node.op == Op::multiply ? value::multiply(left.unit, right.unit) : value::divide(left.unit, right.unit);
    if (!unit) return {};
    result.unit = *unit;
  } else {
    result.unit = left.value.number().is_zero() ? right.unit : left.unit;
  }
  return result;
}

Datum RuleRun::contained(const model::RuleIn& node) const {
  const Datum item = plain(evaluate(node.item));
  if (item.absent()) return {};
  const auto found = [&](bool inside) { return Datum(inside != node.negated); };
  if (const auto* range = std::get_if<model::RuleRange>(&rule_.expr(node.collection).node)) {
    const Datum lower = plain(evaluate(range->lower)), upper = plain(evaluate(range->upper));
    if (units_differ(item, lower) || units_differ(item, upper)) return {};
    if (range->lower.valid() && (lower.absent() || value::compare(item.value, lower.value) < 0))
      return lower.absent() ? Datum() : found(false);
    if (!range->upper.valid()) return found(true);
    if (upper.absent()) return {};
    const int order = value::compare(item.value, upper.value);
    return found(order < 0 || (order == 0 && range->includes_upper));
  }
  const Datum collection = evaluate(node.collection);
  if (!collection.items) return {};
  bool unknown = false;
  for (const Datum& one : *collection.items) {
    const Datum same = equal(item, plain(one));
    if (same.is_true()) return found(true);
    unknown = unknown || same.absent();
  }
  return unknown ? Datum() : found(false);
}

Datum RuleRun::quantified(const model::RuleQuantifier& node) const {
  using F = model::RuleQuantifier::Function;
  std::size_t count = 0;
  Datum result;
  bool unknown = false;
  const auto [at, created] = quantifier_tests_.try_emplace(&node);
  if (created) at->second = tests_of(node.binders, node.where);
  const Tests& tests = at->second;
  const std::function<bool(std::size_t, bool)> each = [&](std::size_t binder, bool known) -> bool {
    if (binder == node.binders.size()) {
      if (!known) {  // a member of which nobody knows whether it counts
        unknown = true;
        return true;
      }
      ++count;
      if (node.function == F::exists) return false;
      if (node.function == F::count) return true;
      const Datum value = plain(evaluate(node.value));
      if (!value.value.is<value::Number>() || units_differ(value, result)) {
        unknown = true;
      } else if (!result.value.has_value()) {
        result = value;
      } else if (node.function == F::sum) {
        result.value = result.value.number() + value.value.number();
      } else {
        const bool less = value.value.number() < result.value.number();
        if (less == (node.function == F::min)) result = value;
      }
      return true;
    }
    for (const Element& element : on_.elements(node.binders[binder].kind)) {
      slots_[node.binders[binder].slot] = element;
      const Truth holding = all_hold(tests[binder]);
      if (holding != Truth::no && !each(binder + 1, known && holding == Truth::yes)) return false;
    }
    return true;
  };
  (void)each(0, true);
  if (node.function == F::exists) return count > 0 ? Datum(true) : unknown ? Datum() : Datum(false);
  if (unknown) return {};
  if (node.function == F::count) return Datum::count(count);
  if (node.function == F::sum && count == 0) return value::Number();
  return result;
}

Datum RuleRun::called(const model::RuleCall& node) const {
  using F = model::RuleFunction;
  std::vector<Datum> arguments;
  for (const RuleExprId id : node.arguments) {
    arguments.push_back(plain(evaluate(id)));
    if (arguments.back().absent()) return {};
  }
  const Datum& first = arguments.front();
  if (node.function == F::abs) return {first.value.number().abs(), first.unit};
  if (node.function == F::min || node.function == F::max) {
    if (units_differ(first, arguments[1])) return {};
    const bool less = first.value.number() < arguments[1].value.number();
    return less == (node.function == F::min) ? first : arguments[1];
  }
  if (node.function == F::lower) return model::lower(first.value.text());
  if (node.function == F::upper) return model::upper(first.value.text());
  const std::vector<Datum> wanted = arguments[1].items ? *arguments[1].items : std::vector<Datum>{arguments[1]};
  const std::string text = model::lower(first.value.text());
  return std::any_of(wanted.begin(), wanted.end(), [&](const Datum& one) {
    if (!one.value.is<std::string>()) return false;
    const std::string word = model::lower(one.value.text());
    if (node.function == F::starts_with) return text.starts_with(word);
    if (node.function == F::ends_with) return text.ends_with(word);
    return text.find(word) != std::string::npos;
  });
}

Datum RuleRun::looked_up(const model::RuleTableLookup& node) const {
  std::vector<Datum> inputs;
  for (const RuleExprId id : node.arguments) {
    inputs.push_back(plain(evaluate(id)));
    if (inputs.back().absent()) return {};
  }
  return look_up(home_, home_.tables[node.table.index], inputs);
}

Datum look_up(const model::Policy& home, const model::DecisionTable& table, const std::vector<Datum>& inputs) {
  const auto matches = [](const model::Pattern& pattern, const value::Value& input) {
    if (std::holds_alternative<model::AnyPattern>(pattern)) return true;
    if (const auto* set = std::get_if<model::SetPattern>(&pattern))
      return std::find(set->values.begin(), set->values.end(), input) != set->values.end();
    const auto& range = std::get<model::RangePattern>(pattern);
    if (range.lower.has_value()) {
      const int order = value::compare(input, range.lower);
      if (order < 0 || (order == 0 && !range.includes_lower)) return false;
    }
    if (!range.upper.has_value()) return true;
    const int order = value::compare(input, range.upper);
    return order < 0 || (order == 0 && range.includes_upper);
  };
  for (const auto& row : table.rows) {
    bool applies = true;
    for (std::size_t i = 0; applies && !row.otherwise && i < row.patterns.size(); ++i)
      applies = matches(row.patterns[i], inputs[i].value);
    if (!applies) continue;
    const model::Expr& expr = home.expr(row.value);
    Datum result;
    result.unit = table.type.unit;
    if (const auto* constant = std::get_if<model::Constant>(&expr.node))
      result.value = constant->value;
    else if (const auto number = DataFlow(home).constant(row.value))
      result.value = *number;
    return result;
  }
  return {};
}

bool asks(const model::Rule& rule, model::PropertyId property) {
  return std::any_of(rule.exprs.begin(), rule.exprs.end(), [&](const model::RuleExpr& expr) {
    const auto* node = std::get_if<model::RuleProperty>(&expr.node);
    return node && node->property == property;
  });
}

bool asks_proofs(const model::Rule& rule) {
  return std::any_of(rule.exprs.begin(), rule.exprs.end(), [](const model::RuleExpr& expr) {
    const auto* node = std::get_if<model::RuleProperty>(&expr.node);
    return node && is_proved(node->property);
  });
}

// ---- texts ----------------------------------------------------------------------------------------------------------

std::string RuleRun::shown(const Datum& datum) const {
  if (datum.element) return on_.name(*datum.element);
  if (datum.items) {
    std::string result;
    for (const Datum& item : *datum.items) result += (result.empty() ? "" : ", ") + shown(item);
    return result;
  }
  if (datum.absent()) return "?";
  if (!datum.value.is<value::Number>()) return value::to_string(datum.value);
  const value::Number& number = datum.value.number();
  if (datum.unit == value::Unit::duration()) {
    const value::Number days = number / value::Number(86'400);
    if (days.is_integer()) return days.to_string() + " d";
    const value::Number hours = number / value::Number(3'600);
    return hours.is_integer() ? hours.to_string() + " h" : (number / value::Number(60)).to_string() + " min";
  }
  constexpr int kPlaces = 2;
  std::string text = number.is_decimal() ? number.to_string() : number.to_fixed(kPlaces);
  if (datum.unit.money == 1 && datum.unit.time == 0 && !datum.unit.currency.is_none()) {
    const int places = datum.unit.currency.minor_digits();
    return number.to_fixed(places, true) + " " + std::string(datum.unit.currency.code());
  }
  return text;
}

std::string RuleRun::text(const model::RuleTemplate& text, std::size_t language) const {
  std::string result;
  for (const auto& piece : text.in(language)) {
    result += piece.text;
    if (piece.value.valid()) result += shown(evaluate(piece.value, language));
  }
  return result;
}

}  // namespace kpi::lint
