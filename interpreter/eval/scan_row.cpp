#include "interpreter/eval/scan_row.hpp"

#include <cassert>

#include "interpreter/eval/run/builtins.hpp"
#include "interpreter/eval/scan_calendar.hpp"

namespace kpi::eval::scanning {

using model::Builtin;
using value::EntityRef;
using value::Instant;
using value::NoValueReason;

namespace {

const RowContext& at_depth(const RowContext& context, unsigned depth) {
  const RowContext* at = &context;
  for (; depth > 0; --depth) at = at->outer;
  return *at;
}

Value missing() { return Value::none(NoValueReason::absent); }

}  // namespace

bool needs_conversion(const model::Field& field, value::Currency policy_currency) {
  if (field.type.kind != value::Kind::number || field.type.unit.money == 0 || field.computed.valid()) return false;
  return field.currency_field.valid() || (!field.currency.is_none() && field.currency != policy_currency);
}

std::optional<std::pair<const Table*, std::size_t>> RowEvaluator::follow(const std::vector<FieldId>& refs, const Table& table,
                                                                         std::size_t row) const {
  const Table* at = &table;
  for (const FieldId ref : refs) {
    const Column& column = at->column(ref);
    if (column.is_absent(row)) return std::nullopt;
    row = static_cast<std::size_t>(column.values[row]);
    at = &world_.table(target_of(policy_.fields(at->source)[ref.index]));
  }
  return std::pair(at, row);
}

std::optional<std::uint32_t> RowEvaluator::owner(model::EntityId entity, const Table& table, std::size_t row) const {
  const auto& paths = table.source.is_events() ? policy_.events[table.source.index].owner_paths
                                               : policy_.entities[table.source.index].owner_paths;
  if (entity.index == 0) return 0;
  const FieldPath* path = paths.to(entity);
  if (!path) return std::nullopt;
  const auto reached = follow(path->refs, table, row);
  if (!reached) return std::nullopt;
  if (!path->field.valid()) return static_cast<std::uint32_t>(reached->second);
  const Column& column = reached->first->column(path->field);
  if (column.is_absent(reached->second)) return std::nullopt;
  return static_cast<std::uint32_t>(column.values[reached->second]);
}

Value RowEvaluator::path_value(const FieldPath& path, const RowContext& context) {
  const auto reached = follow(path.refs, *context.table, context.row);
  if (!reached) return missing();
  RowContext inner = context;
  if (!inner.day && context.table->source.is_events() && context.table->days.size() > context.row) {
    inner.day = Date{static_cast<std::int32_t>(context.table->days.values[context.row])};
  }
  return field_value(*reached->first, reached->second, path.field, inner);
}

Value RowEvaluator::field_value(const Table& table, std::size_t row, FieldId field, const RowContext& context) {
  const model::Field& decl = policy_.fields(table.source)[field.index];
  if (decl.computed.valid()) {
    RowContext inner{&table, row, nullptr, table.source.is_events() ? std::nullopt : context.day};
    return evaluate(decl.computed, inner);
  }
  if (!table.has(field)) return missing();  // a table that a test does not give
  Value value = cell_value(table.column(field), row, world_.pool);
  if (native_ || !value.has_value() || !needs_conversion(decl, world_.rates.currency())) return value;
  value::Currency currency = decl.currency;
  if (decl.currency_field.valid()) {
    const Column& codes = table.column(decl.currency_field);
    const auto found = codes.is_absent(row) ? std::nullopt : world_.currencies.find(codes.values[row]);
    if (!found) return missing();
    currency = *found;
  }
  if (!world_.rates.available() && currency != world_.rates.currency()) {
    if (report_missing_rates) {
      world_.rates.report_foreign(currency, world_.stored_table(table.source), decl.column.empty() ? decl.named.name : decl.column);
    }
    return missing();
  }
  return converted(std::move(value), currency, table, row, context);
}

Value RowEvaluator::converted(Value amount, value::Currency currency, const Table& table, std::size_t row,
                              const RowContext& context) {
  if (currency == world_.rates.currency()) return amount;
  std::optional<Date> day = context.day;
  if (table.source.is_events()) day = Date{static_cast<std::int32_t>(table.days.values[row])};
  const auto rate = day ? world_.rates.rate(currency, *day) : world_.rates.latest(currency);
  if (rate) return amount.number() * *rate;
  if (report_missing_rates) world_.rates.report_missing(currency, day.value_or(Date{}));
  return missing();
}

Value RowEvaluator::self(const model::RowSelf& self, const RowContext& context) const {
  const RowContext& at = at_depth(context, self.depth);
  if (!self.source.is_events()) return EntityRef{self.source.index, static_cast<std::uint32_t>(at.row)};
  const KeptEvents& kept = world_.kept[self.source.index];
  if (at.table == &kept.table) return EntityRef{self.source.index | kEventBit, static_cast<std::uint32_t>(at.row)};
  const Column& key = at.table->column(policy_.events[self.source.index].key.front());
  const std::uint32_t row = kept.index.find(cell_code(key, at.row, world_.pool));
  return row == kNoRow ? missing() : Value(EntityRef{self.source.index | kEventBit, row});
}

const value::TimeZone& RowEvaluator::zone_of(const RowContext& context) const {
  if (context.table != nullptr && context.table->source.is_events()) {
    if (const auto* zone = policy_.events[context.table->source.index].zone) return *zone;
  }
  return world_.zone();
}

Value RowEvaluator::in(const model::InExpr& in, const RowContext& context) {
  const Value item = evaluate(in.item, context);
  Value result;
  if (const auto* column = std::get_if<model::ColumnSet>(&policy_.expr(in.collection).node)) {
    if (!item.has_value()) return item;
    const CodeSet* set = world_.set(*column);
    result = set != nullptr && set->contains(value_code(item, world_.pool));
  } else {
    result = value::contains(evaluate(in.collection, context), item, zone_of(context));
  }
  return in.negated ? value::apply(value::UnaryOp::logical_not, result) : result;
}

Value RowEvaluator::logical(const model::BinaryExpr& binary, const RowContext& context) {
  const Value left = evaluate(binary.left, context);
  const bool decides = binary.op == value::BinaryOp::logical_or;
  if (left == Value(decides)) return left;
  return value::apply(binary.op, left, evaluate(binary.right, context), world_.zone());
}

Value RowEvaluator::elapsed(const model::CallExpr& call, const RowContext& context) {
  const Value from = evaluate(call.arguments[0], context), to = evaluate(call.arguments[1], context);
  if (!from.has_value()) return from;
  if (!to.has_value()) return to;
  const value::TimeZone& zone = zone_of(context);
  const auto instant = [&](const Value& time) {
    return time.is<Date>() ? zone.start_of_day(time.as<Date>()) : time.as<Instant>();
  };
  if (!call.calendar.valid()) return Number(instant(to).micros - instant(from).micros) / Number(value::kMicrosPerSecond);
  const std::int64_t micros = working_micros(policy_.calendars[call.calendar.index], world_.holidays[call.calendar.index],
                                             zone, instant(from), instant(to));
  return Number(micros) / Number(value::kMicrosPerSecond);
}

Value RowEvaluator::call(const model::CallExpr& call, const RowContext& context) {
  if (call.function == Builtin::elapsed) return elapsed(call, context);
  if (call.function == Builtin::native) {
    const bool before = std::exchange(native_, true);
    Value result = evaluate(call.arguments[0], context);
    native_ = before;
    return result;
  }
  std::vector<Value> arguments;
  for (const ExprId argument : call.arguments) arguments.push_back(evaluate(argument, context));
  return call_builtin(call, arguments, {Date{}, zone_of(context)});
}

Value RowEvaluator::evaluate(ExprId id, const RowContext& context) {
  const model::ExprNode& node = policy_.expr(id).node;
  const auto eval = [&](ExprId operand) { return evaluate(operand, context); };
  struct Visitor {
    RowEvaluator& self;
    const RowContext& context;
    decltype(eval)& operand;
    ExprId id;
    const Policy& policy = self.policy_;

    Value operator()(const model::Constant& n) { return n.value; }
    Value operator()(const model::ParamRef& n) { return policy.params[n.param.index].value; }
    Value operator()(const model::RowField& n) { return self.path_value(n.path, at_depth(context, n.depth)); }
    Value operator()(const model::RowSelf& n) { return self.self(n, context); }
    Value operator()(const model::SubjectField& n) {
      const auto row = self.owner(n.entity, *context.table, context.row);
      if (!row) return missing();
      RowContext inner{&self.world_.entities[n.entity.index].table, *row, nullptr, context.day};
      if (!inner.day && context.table->source.is_events()) {
        inner.day = Date{static_cast<std::int32_t>(context.table->days.values[context.row])};
      }
      return self.path_value(n.path, inner);
    }
    Value operator()(const model::SubjectSelf& n) {
      const auto row = self.owner(n.entity, *context.table, context.row);
      return row ? Value(EntityRef{n.entity.index, *row}) : missing();
    }
    Value operator()(const model::AggregateRef& n) { return self.aggregate ? self.aggregate(n.aggregate, context) : missing(); }
    Value operator()(const model::UnaryExpr& n) { return value::apply(n.op, operand(n.operand)); }
    Value operator()(const model::BinaryExpr& n) {
      if (n.op == value::BinaryOp::logical_and || n.op == value::BinaryOp::logical_or) return self.logical(n, context);
      return value::apply(n.op, operand(n.left), operand(n.right), self.zone_of(context));
    }
    Value operator()(const model::InExpr& n) { return self.in(n, context); }
    Value operator()(const model::IsNoneExpr& n) { return operand(n.operand).has_value() == n.negated; }
    Value operator()(const model::WithinExpr& n) {
      return value::within(operand(n.time), operand(n.duration), operand(n.of), self.zone_of(context));
    }
    Value operator()(const model::DefaultExpr& n) {
      Value value = operand(n.operand);
      return value.has_value() ? value : operand(n.fallback);
    }
    Value operator()(const model::IfExpr& n) {
      const Value condition = operand(n.condition);
      if (!condition.has_value()) return condition;
      return operand(condition.boolean() ? n.then_value : n.else_value);
    }
    Value operator()(const model::ListExpr& n) {
      value::ListValue list;
      for (const ExprId item : n.items) list.items.push_back(operand(item));
      return Value(std::make_shared<const value::ListValue>(std::move(list)));
    }
    Value operator()(const model::RangeExpr& n) {
      value::RangeValue range;
      if (n.lower.valid()) range.lower = operand(n.lower);
      if (n.upper.valid()) range.upper = operand(n.upper);
      range.includes_upper = n.includes_upper;
      // A bound that has no value is unknown, not open.
      if (n.lower.valid() && !range.lower.has_value()) return range.lower;
      if (n.upper.valid() && !range.upper.has_value()) return range.upper;
      return Value(std::make_shared<const value::RangeValue>(std::move(range)));
    }
    Value operator()(const model::CallExpr& n) {
      return self.call(n, context);
    }
    Value operator()(const model::TableLookup& n) {
      std::vector<Value> arguments;
      for (const ExprId argument : n.arguments) arguments.push_back(operand(argument));
      const auto& table = policy.tables[n.table.index];
      const TableMatch match = match_table(table, arguments);
      return match.row ? operand(table.rows[*match.row].value) : Value(match.reason);
    }
    Value operator()(const model::CurveApply& n) {
      const Value argument = operand(n.argument);
      if (!argument.has_value()) return argument;
      return curve_value(policy.curves[n.curve.index], argument.number());
    }
    // The binder lets none of these stand in a row-level expression.
    Value operator()(const model::PeriodProperty&) { return unreachable(); }
    Value operator()(const model::MetricRef&) { return unreachable(); }
    Value operator()(const model::ColumnSet&) { return unreachable(); }
    Value operator()(const model::MetricCall&) { return unreachable(); }
    Value operator()(const model::PhaseExpr&) { return unreachable(); }
    Value operator()(const model::PhaseName&) { return unreachable(); }
    Value operator()(const model::ScoreExpr&) { return unreachable(); }
    Value operator()(const model::ActiveDays&) { return unreachable(); }
    Value operator()(const model::ResultField&) { return unreachable(); }
    Value unreachable() {
      assert(false && "not a row-level expression");
      return missing();
    }
  };
  return std::visit(Visitor{*this, context, eval, id}, node);
}

}  // namespace kpi::eval::scanning
