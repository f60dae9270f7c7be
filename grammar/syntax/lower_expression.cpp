#include <algorithm>

#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

ExprId Lowerer::add(Span place, ExprNode node, const std::vector<ExprId>& children) {
  int depth = 1;
  ExprId deepest;
  for (const ExprId child : children) {
    if (!child.valid() || depths_[child.index] < depth) continue;
    depth = depths_[child.index] + 1;
    deepest = child;
  }
  if (depth > kDeepestExpression) {
    if (!too_deep_reported_) {
      diagnostics_.add(ids::nested_too_deeply, place).with("limit", std::to_string(kDeepestExpression));
    }
    too_deep_reported_ = true;
    return deepest;  // keeps the tree shallow; the file does not compile anyway
  }
  const ExprId id{static_cast<std::uint32_t>(file_.exprs.size())};
  file_.exprs.push_back({place, std::move(node)});
  depths_.push_back(depth);
  return id;
}

ExprId Lowerer::add(Span place, ExprNode node, std::initializer_list<ExprId> children) {
  return add(place, std::move(node), std::vector<ExprId>(children));
}

ExprId Lowerer::operand(Ref node) {
  if (node.is(NodeKind::conditional)) report(ids::if_needs_parentheses, node);
  return lower_expression(node);
}

ExprId Lowerer::lower_expression(Ref node) {
  switch (node.kind()) {
    case NodeKind::number:
      return add(span(node), number(node), {});
    case NodeKind::bad_number:
      return add(span(node), bad_number(node), {});
    case NodeKind::date:
    case NodeKind::date_time:
    case NodeKind::period:
    case NodeKind::bad_date:
      return add(span(node), moment(node), {});
    case NodeKind::text:
      return add(span(node), TextLit{text_value(node).value}, {});
    case NodeKind::boolean:
      return add(span(node), BoolLit{text(node) == "true"}, {});
    case NodeKind::none_literal:
      return add(span(node), NoneLit{}, {});
    case NodeKind::name_expr:
      return add(span(node), Name{ident(node)}, {});
    case NodeKind::chain:
      return chain(node);
    case NodeKind::parentheses:
      return lower_expression(node.child());
    case NodeKind::list: {
      List list;
      for (Ref item = node.child(); item; item = item.next()) list.items.push_back(lower_expression(item));
      const std::vector<ExprId> items = list.items;
      return add(span(node), std::move(list), items);
    }
    case NodeKind::conditional:
      return conditional(node);
    case NodeKind::default_value:
      return default_value(node);
    case NodeKind::unary:
    case NodeKind::negative:
      return prefix(node, Unary::Op::negate);
    case NodeKind::logical_not:
      return prefix(node, Unary::Op::logical_not);
    case NodeKind::product:
    case NodeKind::sum:
    case NodeKind::logical_and:
    case NodeKind::logical_or:
      return binary_chain(node);
    case NodeKind::range:
      return range(node, false);
    case NodeKind::comparison:
      return comparison(node);
    default:
      return {};
  }
}

ExprId Lowerer::chain(Ref node) {
  Ref part = node.child();
  ExprId current = lower_expression(part);
  for (part = part.next(); part; part = part.next()) {
    const Span place{source_, node.begin(), part.end()};
    if (part.is(NodeKind::arguments)) {
      current = call(current, place, part);
    } else {
      current = add(place, Member{current, ident_of(part)}, {current});
    }
  }
  return current;
}

ExprId Lowerer::call(ExprId callee, Span place, Ref arguments) {
  Call result;
  result.callee = callee;
  std::vector<ExprId> children{callee};
  const auto value = [&](Ref node) {
    children.push_back(lower_expression(node));
    return children.back();
  };
  for (Ref node = arguments.child(); node; node = node.next()) {
    const Ref inner = node.child();
    switch (node.kind()) {
      case NodeKind::argument_binder:
        result.arguments.push_back({std::nullopt, ident(inner.next()), ident(inner), ExprId{}});
        break;
      case NodeKind::argument_label: {
        const Ident label = ident(inner);
        result.arguments.push_back({label, std::nullopt, std::nullopt, value(inner.next())});
        break;
      }
      case NodeKind::modifier_where:
        if (!result.where) {
          result.where = value(inner);
        } else {
          report(ids::repeated_modifier, node).with("word", "where");
        }
        break;
      case NodeKind::modifier_including:
        for (Ref path_node = inner; path_node; path_node = path_node.next())
          result.including.push_back(path(path_node));
        break;
      case NodeKind::modifier_at:
        if (result.at) report(ids::repeated_modifier, node).with("word", "at");
        result.at = path(inner);
        break;
      case NodeKind::modifier_each:
        if (result.each) report(ids::repeated_modifier, node).with("word", "each");
        result.each = ident(inner);
        break;
      default:
        result.arguments.push_back({std::nullopt, std::nullopt, std::nullopt, value(node)});
    }
  }
  return add(place, std::move(result), children);
}

// `if a then b else if c then d else e`: branches in a row, and the last value behind them.
ExprId Lowerer::conditional(Ref node) {
  std::vector<Ref> branches;
  Ref part = node.child();
  for (; part.is(NodeKind::if_branch); part = part.next()) branches.push_back(part);
  ExprId result = lower_expression(part);
  for (auto branch = branches.rbegin(); branch != branches.rend(); ++branch) {
    const Ref condition = branch->child();
    const ExprId condition_id = lower_expression(condition);
    const ExprId then_id = lower_expression(condition.next());
    result =
        add({source_, branch->begin(), node.end()}, If{condition_id, then_id, result}, {condition_id, then_id, result});
  }
  return result;
}

ExprId Lowerer::prefix(Ref node, Unary::Op op) {
  std::vector<std::uint32_t> begins;
  Ref part = node.child();
  for (; part.is(NodeKind::op); part = part.next()) begins.push_back(part.begin());
  ExprId result = begins.empty() ? lower_expression(part) : operand(part);
  for (auto begin = begins.rbegin(); begin != begins.rend(); ++begin) {
    result = add({source_, *begin, node.end()}, Unary{op, result}, {result});
  }
  return result;
}

ExprId Lowerer::binary_chain(Ref node) {
  Ref part = node.child();
  ExprId left = operand(part);
  auto op = node.is(NodeKind::logical_or) ? Binary::Op::logical_or : Binary::Op::logical_and;
  for (part = part.next(); part; part = part.next()) {
    if (part.is(NodeKind::op)) {
      const std::string_view sign = text(part);
      if (sign == "&&") {
        report(ids::wrong_operator, part).with("operator", "&&").with("replacement", "and");
      } else {
        op = sign == "+"   ? Binary::Op::add
             : sign == "-" ? Binary::Op::subtract
             : sign == "*" ? Binary::Op::multiply
                           : Binary::Op::divide;
      }
      continue;
    }
    const ExprId right = operand(part);
    left = add({source_, node.begin(), part.end()}, Binary{op, left, right}, {left, right});
  }
  return left;
}

ExprId Lowerer::default_value(Ref node) {
  Ref part = node.child();
  ExprId value = operand(part);
  for (part = part.next(); part; part = part.next()) {
    const ExprId fallback = prefix(part, Unary::Op::negate);
    if (part.child().is(NodeKind::conditional)) report(ids::if_needs_parentheses, part.child());
    value = add({source_, node.begin(), part.end()}, Default{value, fallback}, {value, fallback});
  }
  return value;
}

ExprId Lowerer::range(Ref node, bool may_be_open) {
  Range result;
  std::vector<ExprId> children;
  const auto bound = [&](Ref part) {
    children.push_back(operand(part));
    return children.back();
  };
  Ref part = node.child();
  if (!part.is(NodeKind::op)) {
    result.lower = bound(part);
    part = part.next();
  }
  result.includes_upper = text(part) == "..=";
  if (part.next()) {
    result.upper = bound(part.next());
  } else if (result.includes_upper) {
    report(ids::range_includes_nothing, part);
  } else if (!may_be_open) {
    report(ids::open_range, node);
  }
  return add(span(node), std::move(result), children);
}

Binary::Op Lowerer::compare_operator(Ref op) {
  struct Sign {
    std::string_view text, right;
    Binary::Op op;
  };
  for (const Sign& sign :
       {Sign{"=", "", Binary::Op::eq}, Sign{"!=", "", Binary::Op::ne}, Sign{"<", "", Binary::Op::lt},
        Sign{"<=", "", Binary::Op::le}, Sign{">", "", Binary::Op::gt}, Sign{">=", "", Binary::Op::ge},
        Sign{"==", "=", Binary::Op::eq}, Sign{"<>", "!=", Binary::Op::ne}, Sign{"=<", "<=", Binary::Op::le},
        Sign{"=>", ">=", Binary::Op::ge}}) {
    if (sign.text != text(op)) continue;
    if (!sign.right.empty()) {
      report(ids::wrong_operator, op)
          .with("operator", std::string(sign.text))
          .with("replacement", std::string(sign.right));
    }
    return sign.op;
  }
  return Binary::Op::eq;
}

ExprId Lowerer::comparison(Ref node) {
  const Ref first = node.child();
  const ExprId left = operand(first);
  const Ref tail = first.next();
  if (tail.next()) {
    report(ids::chained_comparison, tail.next());
  }
  return compare_tail(left, {source_, node.begin(), tail.end()}, tail);
}

ExprId Lowerer::compare_tail(ExprId left, Span place, Ref tail) {
  Ref part = tail.child();
  if (tail.is(NodeKind::compare_tail)) {
    const Binary::Op op = compare_operator(part);
    const ExprId right = operand(part.next());
    return add(place, Binary{op, left, right}, {left, right});
  }
  if (tail.is(NodeKind::within_tail)) {
    const ExprId duration = operand(part);
    const ExprId of = operand(part.next());
    return add(place, Within{left, duration, of}, {left, duration, of});
  }
  const bool negated = part.is(NodeKind::op);
  if (tail.is(NodeKind::is_tail)) return add(place, IsNone{left, negated}, {left});
  const ExprId collection = operand(negated ? part.next() : part);
  return add(place, In{left, collection, negated}, {left, collection});
}

}  // namespace kpi::syntax
