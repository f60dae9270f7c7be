#include "interpreter/model/builtins.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::model {

std::string text_literal(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') result += "\\n";
    else result += c;
  }
  return result + "\"";
}

namespace {

using value::Kind;
using value::Value;

class Writer {
 public:
  explicit Writer(const Policy& policy) : policy_(policy) {}

  std::string text(ExprId id) const {
    const Expr& expr = policy_.expr(id);
    return std::visit([&](const auto& node) { return write(node, expr.type); }, expr.node);
  }

 private:
  std::string join(const std::vector<ExprId>& ids) const {
    std::string result;
    for (const ExprId id : ids) result += (result.empty() ? "" : ", ") + text(id);
    return result;
  }
  std::string source(SourceRef ref) const {
    return ref.is_events() ? policy_.events[ref.index].named.name : policy_.entities[ref.index].named.name;
  }
  std::string phase(EntityId entity, std::uint32_t index) const {
    const Phases* phases = policy_.phases_of(entity);
    return phases ? phases->phases[index].named.name : "?";
  }

  std::string write(const Constant& node, const Type& type) const { return constant_text(policy_, node.value, type); }
  std::string write(const ParamRef& node, const Type&) const { return policy_.params[node.param.index].named.name; }
  std::string write(const RowField& node, const Type&) const {
    // Expressions of an import read columns of the exported file, which belong to no source.
    const bool known = node.source.index < (node.source.is_events() ? policy_.events.size() : policy_.entities.size()) &&
                       node.path.field.index < policy_.fields(node.source).size();
    std::string path = known ? path_text(policy_, node.source, node.path) : "column " + std::to_string(node.path.field.index);
    return node.depth == 0 ? path : "this:" + path;
  }
  std::string write(const RowSelf& node, const Type&) const { return (node.depth == 0 ? "" : "this:") + source(node.source); }
  std::string write(const SubjectField& node, const Type&) const {
    return "scored:" + path_text(policy_, SourceRef::of(node.entity), node.path);
  }
  std::string write(const SubjectSelf& node, const Type&) const { return "scored:" + source(SourceRef::of(node.entity)); }
  std::string write(const MetricRef& node, const Type&) const { return policy_.metrics[node.metric.index].named.name; }
  std::string write(const AggregateRef& node, const Type&) const { return aggregate_text(policy_, node.aggregate); }
  std::string write(const ColumnSet& node, const Type&) const { return "all:" + path_text(policy_, node.source, node.path); }
  std::string write(const MetricCall& node, const Type&) const {
    std::string result = std::string(name(node.function)) + "(" + text(node.operand);
    switch (node.function) {
      case MetricFunction::previous:
      case MetricFunction::rolling: result += ", " + std::to_string(node.count); break;
      case MetricFunction::at_period: result += ", " + node.period.to_string(); break;
      case MetricFunction::to_date: result += ", " + std::string(value::name(node.unit)); break;
      default: break;
    }
    for (const GroupKey& key : node.groups) {
      if (key.kind == GroupKey::Kind::company) result += ", company";
      else if (key.kind == GroupKey::Kind::phase) result += ", phase";
      else {
        result += ", field";
        for (const FieldId ref : key.field.refs) result += " " + std::to_string(ref.index);
        result += " " + std::to_string(key.field.field.index);
      }
    }
    return result + ")";
  }
  std::string write(const UnaryExpr& node, const Type&) const {
    return (node.op == value::UnaryOp::negate ? "(-" : "(not ") + text(node.operand) + ")";
  }
  std::string write(const BinaryExpr& node, const Type&) const {
    return "(" + text(node.left) + " " + std::string(value::symbol(node.op)) + " " + text(node.right) + ")";
  }
  std::string write(const InExpr& node, const Type&) const {
    return "(" + text(node.item) + (node.negated ? " not in " : " in ") + text(node.collection) + ")";
  }
  std::string write(const IsNoneExpr& node, const Type&) const {
    return "(" + text(node.operand) + (node.negated ? " is not none)" : " is none)");
  }
  std::string write(const WithinExpr& node, const Type&) const {
    return "(" + text(node.time) + " within " + text(node.duration) + " of " + text(node.of) + ")";
  }
  std::string write(const DefaultExpr& node, const Type&) const {
    return "(" + text(node.operand) + " default " + text(node.fallback) + ")";
  }
  std::string write(const IfExpr& node, const Type&) const {
    return "(if " + text(node.condition) + " then " + text(node.then_value) + " else " + text(node.else_value) + ")";
  }
  std::string write(const ListExpr& node, const Type&) const { return "[" + join(node.items) + "]"; }
  std::string write(const RangeExpr& node, const Type&) const {
    return "(" + (node.lower.valid() ? text(node.lower) : std::string()) + (node.includes_upper ? " ..= " : " .. ") +
           (node.upper.valid() ? text(node.upper) : std::string()) + ")";
  }
  std::string write(const CallExpr& node, const Type&) const {
    std::string result = std::string(name(node.function)) + "(" + join(node.arguments);
    if (node.calendar.valid()) result += ", " + policy_.calendars[node.calendar.index].named.name;
    if (node.rounding != value::Rounding::half_even) result += ", " + std::string(value::name(node.rounding));
    return result + ")";
  }
  std::string write(const TableLookup& node, const Type&) const {
    return policy_.tables[node.table.index].named.name + "(" + join(node.arguments) + ")";
  }
  std::string write(const CurveApply& node, const Type&) const {
    return policy_.curves[node.curve.index].named.name + "(" + text(node.argument) + ")";
  }
  std::string write(const PhaseExpr&, const Type&) const { return "phase"; }
  std::string write(const PhaseName& node, const Type&) const { return phase(node.entity, node.phase); }
  std::string write(const ScoreExpr&, const Type&) const { return "score"; }
  std::string write(const PeriodProperty& node, const Type&) const {
    switch (node.which) {
      case PeriodProperty::Which::start: return "period.start";
      case PeriodProperty::Which::end: return "period.end";
      case PeriodProperty::Which::days: return "period.days";
    }
    return "";
  }
  std::string write(const ActiveDays&, const Type&) const { return "active_days"; }
  std::string write(const ResultField& node, const Type&) const {
    static constexpr const char* kNames[] = {"target", "attainment", "points", "value", "weight"};
    return "result(" + policy_.metrics[node.metric.index].named.name + ")." + kNames[static_cast<int>(node.which)];
  }

  const Policy& policy_;
};

}  // namespace

std::string exact_text(const Policy& policy, ExprId id) { return Writer(policy).text(id); }

std::string path_text(const Policy& policy, SourceRef source, const FieldPath& path) {
  std::string result = source.is_events() ? policy.events[source.index].named.name : policy.entities[source.index].named.name;
  const auto step = [&](FieldId id) {
    const Field& field = policy.fields(source)[id.index];
    result += "." + field.named.name;
    if (field.type.kind == Kind::entity) source = SourceRef::of(EntityId{field.type.index});
    if (field.type.kind == Kind::event) source = SourceRef::of(EventsId{field.type.index});
  };
  for (const FieldId ref : path.refs) step(ref);
  if (path.field.valid()) step(path.field);
  return result;
}

std::string type_text(const Policy& policy, const Type& type) {
  const std::string optional = type.optional ? "optional " : "";
  if (type.kind == Kind::entity) return optional + policy.entities[type.index].named.name;
  if (type.kind == Kind::event) return optional + policy.events[type.index].named.name;
  if (type.kind == Kind::phase) return "phase of " + policy.entities[type.index].named.name;
  return value::to_string(type);
}

std::string constant_text(const Policy& policy, const Value& content, const Type& type) {
  if (!content.has_value()) return "none";
  if (content.is<std::string>()) return text_literal(content.text());
  if (const auto* list = std::get_if<std::shared_ptr<const value::ListValue>>(&content.storage())) {
    std::string result;
    for (const Value& item : (*list)->items) result += (result.empty() ? "" : ", ") + constant_text(policy, item, type);
    return "[" + result + "]";
  }
  if (content.is<value::PhaseRef>()) {
    const auto ref = content.as<value::PhaseRef>();
    const Phases* phases = policy.phases_of(EntityId{ref.entity});
    return phases ? phases->phases[ref.phase].named.name : "?";
  }
  const std::string plain = value::to_string(content);
  if (!content.is<Number>() || type.unit.is_plain()) return plain;
  if (type.unit == Unit::duration()) return plain + " seconds";
  return plain + " " + value::to_string(type.unit);
}

std::string aggregate_text(const Policy& policy, AggregateId id) {
  const Aggregate& aggregate = policy.aggregates[id.index];
  const std::string source = aggregate.source.is_events() ? policy.events[aggregate.source.index].named.name
                                                          : policy.entities[aggregate.source.index].named.name;
  std::string result = std::string(name(aggregate.function)) + "(";
  if (aggregate.each_inner.valid()) {
    result += aggregate_text(policy, aggregate.each_inner) + " each " + std::string(value::name(aggregate.each));
  } else {
    result += aggregate.value.valid() ? exact_text(policy, aggregate.value) : source;
  }
  if (aggregate.function == AggregateFunction::percentile) result += ", " + aggregate.percent.to_string();
  if (aggregate.at.valid()) result += " at " + policy.fields(aggregate.source)[aggregate.at.index].named.name;
  if (aggregate.filter.valid()) result += " where " + exact_text(policy, aggregate.filter);
  for (std::size_t i = 0; i < aggregate.including.size(); ++i) {
    result += (i == 0 ? " including " : ", ") + policy.exclusions[aggregate.including[i].index].named.name;
  }
  return result + ")";
}

}  // namespace kpi::model
