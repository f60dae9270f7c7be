// Expressions as canonical source text.
#include <algorithm>

#include "grammar/syntax/keywords.hpp"
#include "grammar/syntax/parser.hpp"
#include "grammar/syntax/print.hpp"

namespace kpi::syntax {

std::string print_text(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string print_name(const Ident& name) {
  const bool needs_quotes = name.quoted || is_word(WordGroup::operator_word, name.text);
  return needs_quotes ? "`" + name.text + "`" : name.text;
}

std::string print_path(const Path& path) {
  std::string result;
  for (const Ident& part : path.parts) result += (result.empty() ? "" : ".") + print_name(part);
  return result;
}

std::string_view print_operator(Binary::Op op) {
  switch (op) {
    case Binary::Op::add: return "+";
    case Binary::Op::subtract: return "-";
    case Binary::Op::multiply: return "*";
    case Binary::Op::divide: return "/";
    case Binary::Op::eq: return "=";
    case Binary::Op::ne: return "!=";
    case Binary::Op::lt: return "<";
    case Binary::Op::le: return "<=";
    case Binary::Op::gt: return ">";
    case Binary::Op::ge: return ">=";
    case Binary::Op::logical_and: return "and";
    case Binary::Op::logical_or: return "or";
  }
  return "";
}

namespace {

enum Level { kIf, kOr, kAnd, kNot, kCompare, kRange, kSum, kProduct, kUnary, kDefault, kPrimary };

Level level_of(Binary::Op op) {
  switch (op) {
    case Binary::Op::add:
    case Binary::Op::subtract: return kSum;
    case Binary::Op::multiply:
    case Binary::Op::divide: return kProduct;
    case Binary::Op::logical_and: return kAnd;
    case Binary::Op::logical_or: return kOr;
    default: return kCompare;
  }
}

// `1_000_000`; four digits stay together, because they may be a year.
std::string grouped(const std::string& digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  std::string result = digits;
  if (point < 5) return result;
  for (std::size_t at = point - 3; at > 0 && at < point; at = at > 3 ? at - 3 : 0) result.insert(at, "_");
  return result;
}

struct Printed {
  std::string text;
  Level level;
};

class Printer {
 public:
  explicit Printer(const File& file) : file_(file) {}

  std::string at_least(ExprId id, Level level) const {
    if (!id.valid()) return "";
    Printed printed = std::visit([this](const auto& node) { return print(node); }, file_.expr(id).node);
    return printed.level < level ? "(" + printed.text + ")" : std::move(printed.text);
  }

 private:
  Printed print(const NumberLit& node) const {
    return {grouped(node.digits) + (node.percent ? "%" : "") + (node.unit.empty() ? "" : " " + node.unit), kPrimary};
  }
  Printed print(const TextLit& node) const { return {print_text(node.value), kPrimary}; }
  Printed print(const BoolLit& node) const { return {node.value ? "true" : "false", kPrimary}; }
  Printed print(const DateLit& node) const { return {node.text, kPrimary}; }
  Printed print(const DateTimeLit& node) const { return {node.text, kPrimary}; }
  Printed print(const PeriodLit& node) const { return {node.text, kPrimary}; }
  Printed print(const NoneLit&) const { return {"none", kPrimary}; }
  Printed print(const Name& node) const { return {print_name(node.name), kPrimary}; }
  Printed print(const Member& node) const { return {at_least(node.base, kPrimary) + "." + print_name(node.name), kPrimary}; }
  Printed print(const Unary& node) const {
    if (node.op == Unary::Op::negate) return {"-" + at_least(node.operand, kUnary), kUnary};
    return {"not " + at_least(node.operand, kNot), kNot};
  }
  Printed print(const Binary& node) const {
    const Level level = level_of(node.op);
    // Comparisons do not chain, the others go on to the right only.
    const Level left = level == kCompare ? kRange : level;
    const auto right = static_cast<Level>(level + 1);
    return {at_least(node.left, left) + " " + std::string(print_operator(node.op)) + " " + at_least(node.right, right), level};
  }
  Printed print(const In& node) const {
    return {at_least(node.item, kRange) + (node.negated ? " not in " : " in ") + at_least(node.collection, kRange), kCompare};
  }
  Printed print(const IsNone& node) const {
    return {at_least(node.operand, kRange) + (node.negated ? " is not none" : " is none"), kCompare};
  }
  Printed print(const Within& node) const {
    return {at_least(node.time, kRange) + " within " + at_least(node.duration, kSum) + " of " + at_least(node.of, kSum), kCompare};
  }
  Printed print(const Default& node) const {
    return {at_least(node.operand, kDefault) + " default " + fallback(node.fallback), kDefault};
  }
  // The right side of `default` may start with `-`, but a nested `default` there needs parentheses.
  std::string fallback(ExprId id) const {
    if (const auto* unary = std::get_if<Unary>(&file_.expr(id).node); unary && unary->op == Unary::Op::negate) {
      return "-" + fallback(unary->operand);
    }
    return at_least(id, kPrimary);
  }
  Printed print(const If& node) const {
    return {"if " + at_least(node.condition, kIf) + " then " + at_least(node.then_value, kIf) + " else " +
                at_least(node.else_value, kIf),
            kIf};
  }
  Printed print(const Range& node) const {
    const std::string sign = node.includes_upper ? "..=" : "..";
    const std::string gap = node.lower && node.upper ? " " : "";
    return {(node.lower ? at_least(*node.lower, kSum) : "") + gap + sign + gap + (node.upper ? at_least(*node.upper, kSum) : ""),
            kRange};
  }
  Printed print(const List& node) const {
    std::string items;
    for (const ExprId item : node.items) items += (items.empty() ? "" : ", ") + at_least(item, kIf);
    return {"[" + items + "]", kPrimary};
  }
  Printed print(const Call& node) const {
    std::string inner;
    for (const Call::Argument& argument : node.arguments) {
      if (!inner.empty()) inner += ", ";
      if (argument.binder) {
        inner += print_name(*argument.binder_kind) + " " + print_name(*argument.binder);
      } else {
        inner += (argument.label ? print_name(*argument.label) + ": " : "") + at_least(argument.value, kIf);
      }
    }
    if (node.at) inner += " at " + print_path(*node.at);
    if (node.where) inner += " where " + at_least(*node.where, kIf);
    for (std::size_t i = 0; i < node.including.size(); ++i) {
      inner += (i == 0 ? " including " : ", ") + print_path(node.including[i]);
    }
    if (node.each) inner += " each " + print_name(*node.each);
    return {at_least(node.callee, kPrimary) + "(" + inner + ")", kPrimary};
  }

  const File& file_;
};

}  // namespace

std::string print_expr(const File& file, ExprId expr) { return Printer(file).at_least(expr, kIf); }

}  // namespace kpi::syntax
