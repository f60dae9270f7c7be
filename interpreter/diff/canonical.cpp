#include "interpreter/diff/canonical.hpp"

#include <algorithm>
#include <optional>

#include "interpreter/model/builtins.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::diff {

using model::ExprId;
using model::Policy;
using model::SourceRef;
using value::BinaryOp;
using value::Number;
using value::Type;
using value::Value;

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string result;
  for (const std::string& part : parts) result += (result.empty() ? "" : ", ") + part;
  return result;
}

std::string sorted_join(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  return joined(parts);
}

}  // namespace

const std::string& Tokens::of(ElementKind kind, std::uint32_t index) const {
  static const std::string kUnknown = "?";
  const auto& known = elements[static_cast<std::size_t>(kind)];
  return index < known.size() ? known[index] : kUnknown;
}

const std::string& Tokens::field(SourceRef source, model::FieldId id) const {
  static const std::string kUnknown = "?";
  const auto& all = source.is_events() ? event_fields : entity_fields;
  return source.index < all.size() && id.index < all[source.index].size() ? all[source.index][id.index] : kUnknown;
}

bool is_plain_formula(const model::Metric& metric) { return !metric.needs.valid() && metric.matures_after.is_zero(); }

std::optional<model::EntityId> subject_of(const model::Metric& metric) {
  for (std::uint32_t entity = 1; entity < metric.evaluable_for.size(); ++entity) {
    if (metric.evaluable_for[entity]) return model::EntityId{entity};
  }
  return std::nullopt;
}

struct Canonical::Form {
  std::string text;
  std::optional<Value> constant;
};

struct Canonical::Writer {
  const Canonical& all;
  const Policy& policy;
  const Tokens& tokens;

  const value::TimeZone& zone() const {
    return policy.header.timezone ? *policy.header.timezone : value::TimeZone::utc();
  }
  Form constant(Value content, const Type& type) const { return {all.constant(content, type), content}; }

  Form form(ExprId id) const {
    const model::Expr& expr = policy.expr(id);
    return std::visit([&](const auto& node) { return write(node, expr.type); }, expr.node);
  }
  std::string text(ExprId id) const { return form(id).text; }
  std::vector<std::string> texts(const std::vector<ExprId>& ids) const {
    std::vector<std::string> result;
    for (const ExprId id : ids) result.push_back(text(id));
    return result;
  }
  /// The operand of a function over metrics keeps its own identity: ranks go by the metric's direction.
  std::string operand(ExprId id) const {
    if (const auto* metric = std::get_if<model::MetricRef>(&policy.expr(id).node))
      return tokens.of(ElementKind::metric, metric->metric.index);
    return text(id);
  }

  Form write(const model::Constant& node, const Type& type) const { return constant(node.value, type); }
  Form write(const model::ParamRef& node, const Type& type) const {
    if (tokens.changed_params.contains(node.param.index)) return {tokens.of(ElementKind::param, node.param.index), {}};
    return constant(policy.params[node.param.index].value, type);
  }
  Form write(const model::RowField& node, const Type&) const {
    return {(node.depth == 0 ? "row:" : "this:") + all.path(node.source, node.path), {}};
  }
  Form write(const model::RowSelf& node, const Type&) const {
    return {(node.depth == 0 ? "row:" : "this:") + all.source(node.source), {}};
  }
  Form write(const model::SubjectField& node, const Type&) const {
    return {"scored:" + all.path(SourceRef::of(node.entity), node.path), {}};
  }
  Form write(const model::SubjectSelf& node, const Type&) const {
    return {"scored:" + all.source(SourceRef::of(node.entity)), {}};
  }
  Form write(const model::MetricRef& node, const Type&) const {
    if (tokens.inlined_metrics.contains(node.metric.index)) return form(policy.metrics[node.metric.index].value);
    return {tokens.of(ElementKind::metric, node.metric.index), {}};
  }
  Form write(const model::AggregateRef& node, const Type&) const { return {all.aggregate(node.aggregate), {}}; }
  Form write(const model::ColumnSet& node, const Type&) const {
    return {"all:" + all.path(node.source, node.path), {}};
  }

  Form write(const model::MetricCall& node, const Type&) const {
    std::string result = std::string(model::name(node.function)) + "(" + operand(node.operand);
    using Function = model::MetricFunction;
    if (node.function == Function::previous || node.function == Function::rolling) {
      result += ", " + std::to_string(node.count);
    } else if (node.function == Function::at_period) {
      result += ", " + node.period.to_string();
    } else if (node.function == Function::to_date) {
      result += ", " + std::string(value::name(node.unit));
    }
    std::vector<std::string> groups;
    for (const model::GroupKey& key : node.groups) {
      std::string group = key.kind == model::GroupKey::Kind::company ? "company" : "phase";
      if (key.kind == model::GroupKey::Kind::field) {
        group = all.subject_ ? all.path(SourceRef::of(*all.subject_), key.field) : path_numbers(key.field);
      }
      groups.push_back(std::move(group));
    }
    return {result + " by " + sorted_join(std::move(groups)) + ")", {}};
  }
  static std::string path_numbers(const model::FieldPath& path) {
    std::string result = "field";
    for (const model::FieldId ref : path.refs) result += " " + std::to_string(ref.index);
    return result + " " + std::to_string(path.field.index);
  }

  Form write(const model::UnaryExpr& node, const Type& type) const {
    const Form operand_form = form(node.operand);
    if (operand_form.constant) return constant(value::apply(node.op, *operand_form.constant), type);
    if (node.op == value::UnaryOp::negate) return sum(node, type);
    return {"not(" + operand_form.text + ")", {}};
  }

  Form write(const model::BinaryExpr& node, const Type& type) const {
    const bool numbers = type.kind == value::Kind::number && policy.expr(node.left).type.kind == value::Kind::number &&
                         policy.expr(node.right).type.kind == value::Kind::number;
    const Form left = form(node.left), right = form(node.right);
    if (left.constant && right.constant) {
      const Value folded = value::apply(node.op, *left.constant, *right.constant, zone());
      if (folded.has_value()) return constant(folded, type);
    }
    switch (node.op) {
      case BinaryOp::add:
      case BinaryOp::subtract:
        if (numbers) return sum(node, type);
        break;
      case BinaryOp::multiply:
      case BinaryOp::divide:
        if (numbers) return product(node, type);
        break;
      case BinaryOp::eq:
      case BinaryOp::ne:
        return {std::string(value::symbol(node.op)) + "(" + sorted_join({left.text, right.text}) + ")", {}};
      case BinaryOp::gt:
        return {"<(" + right.text + ", " + left.text + ")", {}};
      case BinaryOp::ge:
        return {"<=(" + right.text + ", " + left.text + ")", {}};
      case BinaryOp::logical_and:
      case BinaryOp::logical_or: {
        std::vector<std::string> parts;
        flatten(node, node.op, parts);
        std::sort(parts.begin(), parts.end());
        parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
        return {std::string(value::symbol(node.op)) + "(" + joined(parts) + ")", {}};
      }
      default:
        break;
    }
    return {std::string(value::symbol(node.op)) + "(" + left.text + ", " + right.text + ")", {}};
  }

  void flatten(const model::BinaryExpr& node, BinaryOp op, std::vector<std::string>& parts) const {
    for (const ExprId side : {node.left, node.right}) {
      const auto* inner = std::get_if<model::BinaryExpr>(&policy.expr(side).node);
      if (inner != nullptr && inner->op == op) {
        flatten(*inner, op, parts);
      } else {
        parts.push_back(text(side));
      }
    }
  }

  // a - b is a + (-b); the constant part is added up.
  struct Sum {
    std::vector<std::string> terms;
    Number constant;
  };
  template <class Node>
  Form sum(const Node& node, const Type& type) const {
    Sum result;
    add_terms(model::ExprNode(node), false, result);
    std::vector<std::string> parts = std::move(result.terms);
    if (!result.constant.is_zero()) parts.push_back(all.number(result.constant, type.unit));
    if (parts.size() == 1) return {parts.front(), {}};
    return {"+(" + sorted_join(std::move(parts)) + ")", {}};
  }
  void add_term(ExprId id, bool negative, Sum& result) const {
    const Form part = form(id);
    if (part.constant && part.constant->template is<Number>()) {
      result.constant += negative ? -part.constant->number() : part.constant->number();
      return;
    }
    const bool number = policy.expr(id).type.kind == value::Kind::number;
    if (number && is_sum(policy.expr(id).node)) {
      add_terms(policy.expr(id).node, negative, result);
    } else {
      result.terms.push_back((negative ? "-" : "") + part.text);
    }
  }
  static bool is_sum(const model::ExprNode& node) {
    if (const auto* binary = std::get_if<model::BinaryExpr>(&node))
      return binary->op == BinaryOp::add || binary->op == BinaryOp::subtract;
    const auto* unary = std::get_if<model::UnaryExpr>(&node);
    return unary != nullptr && unary->op == value::UnaryOp::negate;
  }
  void add_terms(const model::ExprNode& node, bool negative, Sum& result) const {
    if (const auto* unary = std::get_if<model::UnaryExpr>(&node)) {
      add_term(unary->operand, !negative, result);
      return;
    }
    const auto& binary = std::get<model::BinaryExpr>(node);
    add_term(binary.left, negative, result);
    add_term(binary.right, binary.op == BinaryOp::subtract ? !negative : negative, result);
  }

  // a / b is a * inverse(b); the constant part is multiplied up. Money never meets money in a product of other units,
  // so the unit of the result says the unit of the constant.
  struct Product {
    std::vector<std::string> factors;
    Number constant{1};
  };
  Form product(const model::BinaryExpr& node, const Type& type) const {
    Product result;
    add_factors(node, false, result);
    std::vector<std::string> parts = std::move(result.factors);
    parts.push_back(result.constant.to_string() + " " + value::to_string(type.unit));
    return {"*(" + sorted_join(std::move(parts)) + ")", {}};
  }
  void add_factor(ExprId id, bool inverse, Product& result) const {
    const Form part = form(id);
    if (part.constant && part.constant->is<Number>() && !part.constant->number().is_zero()) {
      if (inverse) {
        result.constant /= part.constant->number();
      } else {
        result.constant *= part.constant->number();
      }
      return;
    }
    // What is divided by stays together: a / (b / c) has no value where c is 0, a * c / b has one.
    const auto* inner = inverse ? nullptr : std::get_if<model::BinaryExpr>(&policy.expr(id).node);
    if (inner != nullptr && (inner->op == BinaryOp::multiply || inner->op == BinaryOp::divide)) {
      add_factors(*inner, false, result);
    } else {
      result.factors.push_back((inverse ? "1/" : "") + part.text);
    }
  }
  void add_factors(const model::BinaryExpr& node, bool inverse, Product& result) const {
    add_factor(node.left, inverse, result);
    add_factor(node.right, node.op == BinaryOp::divide ? !inverse : inverse, result);
  }

  Form write(const model::InExpr& node, const Type&) const {
    return {std::string(node.negated ? "not in(" : "in(") + text(node.item) + ", " + text(node.collection) + ")", {}};
  }
  Form write(const model::IsNoneExpr& node, const Type&) const {
    return {std::string(node.negated ? "present(" : "absent(") + text(node.operand) + ")", {}};
  }
  Form write(const model::WithinExpr& node, const Type&) const {
    return {"within(" + text(node.duration) + ", " + sorted_join({text(node.time), text(node.of)}) + ")", {}};
  }
  Form write(const model::DefaultExpr& node, const Type&) const {
    return {"default(" + text(node.operand) + ", " + text(node.fallback) + ")", {}};
  }
  Form write(const model::IfExpr& node, const Type&) const {
    return {"if(" + text(node.condition) + ", " + text(node.then_value) + ", " + text(node.else_value) + ")", {}};
  }
  Form write(const model::ListExpr& node, const Type&) const {
    return {"[" + sorted_join(texts(node.items)) + "]", {}};
  }
  Form write(const model::RangeExpr& node, const Type&) const {
    return {"range(" + (node.lower.valid() ? text(node.lower) : std::string()) +
                (node.includes_upper ? " ..= " : " .. ") + (node.upper.valid() ? text(node.upper) : std::string()) +
                ")",
            {}};
  }
  Form write(const model::CallExpr& node, const Type& type) const {
    std::vector<std::string> arguments = texts(node.arguments);
    if (model::needs_only_arguments(node.function)) {
      std::vector<Value> values;
      for (const ExprId id : node.arguments) {
        if (const Form argument = form(id); argument.constant) values.push_back(*argument.constant);
      }
      if (values.size() == node.arguments.size()) {
        const Value folded = model::apply_builtin(node.function, values, node.rounding);
        if (folded.has_value()) return constant(folded, type);
      }
    }
    const bool commutes = node.function == model::Builtin::min || node.function == model::Builtin::max;
    std::string result = std::string(model::name(node.function)) + "(" +
                         (commutes ? sorted_join(std::move(arguments)) : joined(arguments));
    if (node.calendar.valid()) result += ", " + tokens.of(ElementKind::calendar, node.calendar.index);
    if (node.rounding != value::Rounding::half_even) result += ", " + std::string(value::name(node.rounding));
    return {result + ")", {}};
  }
  Form write(const model::TableLookup& node, const Type&) const {
    return {tokens.of(ElementKind::table, node.table.index) + "(" + joined(texts(node.arguments)) + ")", {}};
  }
  Form write(const model::CurveApply& node, const Type&) const {
    return {tokens.of(ElementKind::curve, node.curve.index) + "(" + text(node.argument) + ")", {}};
  }
  Form write(const model::PhaseExpr&, const Type&) const { return {"phase", {}}; }
  Form write(const model::PhaseName& node, const Type&) const { return {all.phase(node.entity.index, node.phase), {}}; }
  Form write(const model::ScoreExpr&, const Type&) const { return {"score", {}}; }
  Form write(const model::PeriodProperty& node, const Type&) const {
    return {"period." + std::to_string(static_cast<int>(node.which)), {}};
  }
  Form write(const model::ActiveDays&, const Type&) const { return {"active_days", {}}; }
  Form write(const model::ResultField& node, const Type&) const {
    return {"result(" + tokens.of(ElementKind::metric, node.metric.index) + ")." +
                std::to_string(static_cast<int>(node.which)),
            {}};
  }
};

std::string Canonical::expr(ExprId id) const {
  return id.valid() ? Writer{*this, policy_, tokens_}.text(id) : std::string("-");
}

std::string Canonical::number(const Number& number, value::Unit unit) const {
  if (number.is_zero()) return "0";  // a zero has any unit
  return unit.is_plain() ? number.to_string() : number.to_string() + " " + value::to_string(unit);
}

std::string Canonical::constant(const Value& content, const Type& type) const {
  if (!content.has_value()) return "none";
  if (content.is<Number>()) return number(content.number(), type.unit);
  if (content.is<std::string>()) return model::text_literal(content.text());
  if (content.is<value::PhaseRef>()) {
    return phase(content.as<value::PhaseRef>().entity, content.as<value::PhaseRef>().phase);
  }
  if (const auto* list = std::get_if<std::shared_ptr<const value::ListValue>>(&content.storage())) {
    std::vector<std::string> items;
    for (const Value& item : (*list)->items) items.push_back(constant(item, type));
    return "[" + sorted_join(std::move(items)) + "]";
  }
  if (const auto* range = std::get_if<std::shared_ptr<const value::RangeValue>>(&content.storage())) {
    const auto end = [&](const Value& value) { return value.has_value() ? constant(value, type) : std::string(); };
    return "range(" + end((*range)->lower) + ((*range)->includes_upper ? " ..= " : " .. ") + end((*range)->upper) + ")";
  }
  return value::to_string(content);
}

std::string Canonical::type(const Type& type) const {
  const std::string optional = type.optional ? "?" : "";
  if (type.kind == value::Kind::entity) return tokens_.of(ElementKind::entity, type.index) + optional;
  if (type.kind == value::Kind::event) return tokens_.of(ElementKind::events, type.index) + optional;
  return value::to_string(type);
}

std::string Canonical::source(SourceRef source) const {
  return tokens_.of(source.is_events() ? ElementKind::events : ElementKind::entity, source.index);
}

std::string Canonical::path(SourceRef at, const model::FieldPath& path) const {
  std::string result = source(at);
  const auto step = [&](model::FieldId id) {
    result += "." + tokens_.field(at, id);
    const auto& fields = policy_.fields(at);
    if (id.index >= fields.size()) return;
    const Type& type = fields[id.index].type;
    if (type.kind == value::Kind::entity) at = SourceRef::of(model::EntityId{type.index});
    if (type.kind == value::Kind::event) at = SourceRef::of(model::EventsId{type.index});
  };
  for (const model::FieldId ref : path.refs) step(ref);
  if (path.field.valid()) step(path.field);
  return result;
}

std::string Canonical::phase(std::uint32_t entity, std::uint32_t phase) const {
  for (std::size_t i = 0; i < policy_.phases.size() && i < tokens_.phase_names.size(); ++i) {
    if (policy_.phases[i].entity.index == entity && phase < tokens_.phase_names[i].size())
      return tokens_.phase_names[i][phase];
  }
  return "?";
}

std::string Canonical::aggregate(model::AggregateId id) const {
  const model::Aggregate& aggregate = policy_.aggregates[id.index];
  std::string result = std::string(model::name(aggregate.function)) + "(" + source(aggregate.source) + ": ";
  if (aggregate.each_inner.valid()) {
    result += this->aggregate(aggregate.each_inner) + " each " + std::string(value::name(aggregate.each));
  } else if (aggregate.value.valid()) {
    result += expr(aggregate.value);
  }
  if (aggregate.function == model::AggregateFunction::percentile) result += ", " + aggregate.percent.to_string();
  if (aggregate.at.valid()) result += " at " + tokens_.field(aggregate.source, aggregate.at);
  if (aggregate.filter.valid()) result += " where " + expr(aggregate.filter);
  std::vector<std::string> including;
  for (const model::ExclusionId exclusion : aggregate.including)
    including.push_back(tokens_.of(ElementKind::exclusion, exclusion.index));
  if (!including.empty()) result += " including " + sorted_join(std::move(including));
  return result + ")";
}

std::string Canonical::pattern(const model::Pattern& pattern, const Type& type) const {
  if (std::holds_alternative<model::AnyPattern>(pattern)) return "any";
  if (const auto* set = std::get_if<model::SetPattern>(&pattern)) {
    std::vector<std::string> items;
    for (const Value& item : set->values) items.push_back(constant(item, type));
    return "{" + sorted_join(std::move(items)) + "}";
  }
  const auto& range = std::get<model::RangePattern>(pattern);
  std::string result = range.includes_lower ? "[" : "(";
  if (range.lower.has_value()) result += constant(range.lower, type);
  result += " .. ";
  if (range.upper.has_value()) result += constant(range.upper, type);
  return result + (range.includes_upper ? "]" : ")");
}

}  // namespace kpi::diff
