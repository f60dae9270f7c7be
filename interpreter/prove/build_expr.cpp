#include <algorithm>
#include <cassert>

#include "interpreter/model/builtins.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/prove/build.hpp"

namespace kpi::prove {

using model::Builtin;
using model::MetricFunction;
using value::BinaryOp;
using value::Kind;
using value::Value;

std::string Moment::key() const {
  std::string result = history ? "h" : "";
  for (const std::int32_t offset : offsets) result += "," + std::to_string(offset);
  return result;
}

value::Period analysed_period(const model::Policy& policy, value::CalendarUnit every) {
  value::Date first = policy.header.effective_from.value_or(*value::Date::from_civil(2026, 7, 1));
  const auto inside = [&](const value::Period& candidate) {
    return !policy.header.effective_to || candidate.end().days <= policy.header.effective_to->days + 1;
  };
  value::Period period = value::Period::containing(first, every);
  if (period.start() < first) period = period.shift(1);
  if (policy.header.trial) {
    const Number days = policy.header.trial->seconds / Number(86'400) + Number(31 * policy.header.trial->months);
    value::Period later = period;
    while (inside(later) && Number(later.start().days - first.days) < days) later = later.shift(1);
    if (inside(later)) period = later;
  }
  // Attacks over two periods need one before.
  return inside(period.shift(1)) ? period.shift(1) : period;
}

Builder::Builder(const model::Policy& policy, Graph& graph, EntityId entity, value::Period period, bool cut_metrics)
    : policy_(policy), graph_(graph), entity_(entity), period_(period), cut_metrics_(cut_metrics) {}

Scalar Builder::choose(const Condition& condition, const Scalar& then_value, const Scalar& else_value) {
  return {graph_.choose(condition.yes, then_value.value, else_value.value),
          graph_.either(graph_.both(condition.yes, then_value.defined), graph_.both(condition.no, else_value.defined))};
}

Scalar Builder::opaque(ExprId id, const Moment& moment) {
  Input input;
  const model::Expr& expr = policy_.expr(id);
  input.kind = Input::Kind::opaque;
  input.name = model::exact_text(policy_, id);
  input.key = "opaque " + input.name + " " + moment.key();
  input.unit = expr.type.unit;
  input.span = expr.span;
  made_of(input, events_read(policy_, id, entity_), moment);
  assumptions_.insert("opaque");
  return {graph_.input(input), graph_.truth(true)};
}

/// What it reads, and in which periods.
void Builder::made_of(Input& input, EventsRead reads, const Moment& moment) const {
  if (!reads.other_periods) {
    input.offset = moment.first();
    input.last_offset = moment.offsets.back();
    input.whole_history = moment.history;
  }
  input.reads = std::move(reads);
}

/// What one unit of a currency is worth, by the rule of the policy's exchange.
NodeId Builder::rate(value::Currency currency, const Moment& moment) {
  if (currency == policy_.header.currency) return graph_.constant(Number(1));
  // The earliest rate of the table counts for every period.
  const bool fixed = policy_.exchange && policy_.exchange->rule == model::Exchange::Rule::fixed;
  Input input;
  input.kind = Input::Kind::rate;
  input.name = std::string(currency.code()) + "/" + std::string(policy_.header.currency.code());
  input.key = "rate " + input.name + (fixed ? "" : " " + moment.key());
  input.range = {Number::power_of_ten(-6), Number::power_of_ten(6)};
  input.grain = Number::power_of_ten(-6);
  input.currency = currency;
  input.offset = fixed ? 0 : moment.first();
  if (policy_.exchange) input.span = policy_.exchange->span;
  assumptions_.insert("rates");
  return graph_.input(input);
}

/// Whether a quotient has a value.
NodeId Builder::not_zero(NodeId divisor) {
  const NodeId zero = graph_.equal(divisor, graph_.constant(Number(0)));
  if (graph_[zero].op == Op::equal) graph_.definitions.push_back(zero);
  return graph_.negate(zero);
}

NodeId Builder::not_empty(NodeId count) {
  const NodeId some = graph_.less(graph_.constant(Number(0)), count);
  if (graph_[some].op == Op::less) graph_.definitions.push_back(some);
  return some;
}

/// Where metrics are looked at one by one, each is an input of its own inside the interval it can have.
Scalar Builder::cut(MetricId id, const Scalar& whole, const Moment& moment) {
  const model::Metric& metric = policy_.metrics[id.index];
  Input input;
  input.kind = Input::Kind::metric;
  input.key = "metric " + metric.named.name + (moment.is_now() ? "" : " " + moment.key());
  input.name = metric.named.name + (moment.is_now() ? "" : " of other periods");
  input.unit = metric.type.unit;
  input.range = intervals(graph_)[whole.value];
  if (graph_[whole.value].op == Op::input) input.grain = graph_.inputs[graph_[whole.value].index].grain;
  input.span = metric.named.span;
  Scalar result{graph_.input(input), graph_.truth(true)};
  if (!graph_.is_true(whole.defined)) {
    Input given = input;
    given.kind = Input::Kind::choice;
    given.key += " has a value";
    given.name += " is not none";
    given.unit = {};
    given.range = {Number(0), Number(1)};
    given.grain = Number(1);
    result.defined = graph_.equal(graph_.input(given), graph_.constant(Number(1)));
    graph_.definitions.push_back(result.defined);
  }
  return result;
}

Scalar Builder::metric(MetricId id, const Moment& moment) {
  const auto key = std::pair(id.index, moment.key());
  if (const auto known = metrics_.find(key); known != metrics_.end()) return known->second;
  const model::Metric& metric = policy_.metrics[id.index];
  ++depth_;
  Scalar result = number(metric.value, moment);
  if (metric.needs.valid()) {
    const Condition enough = condition(metric.needs, moment);
    graph_.samples.push_back(enough.yes);
    result.defined = graph_.both(result.defined, enough.yes);
  }
  --depth_;
  if (cut_metrics_ && depth_ == 0 && metric.type.kind == Kind::number) result = cut(id, result, moment);
  metrics_.emplace(key, result);
  if (moment.is_now()) {
    metrics_now_.emplace(id, result);
    graph_.names.emplace(result.value, metric.named.name);
    graph_.units.emplace(result.value, metric.type.unit);
  }
  return result;
}

Scalar Builder::number(ExprId id, const Moment& moment) {
  const model::Expr& expr = policy_.expr(id);
  const Scalar result = number_of(expr, id, moment);
  graph_.at(result.value, expr.span);
  return result;
}

Scalar Builder::number_of(const model::Expr& expr, ExprId id, const Moment& moment) {
  if (expr.type.kind == Kind::boolean) {
    const Condition truth = condition(id, moment);
    return {graph_.choose(truth.yes, graph_.constant(Number(1)), graph_.constant(Number(0))),
            graph_.either(truth.yes, truth.no)};
  }
  if (const auto value = constant_value(id)) {
    if (!value->has_value()) return nothing();
    if (value->is<Number>()) return constant(value->number());
    if (value->is<value::Date>()) return constant(Number(value->as<value::Date>().days));
    return opaque(id, moment);
  }
  if (const auto* node = std::get_if<model::SubjectField>(&expr.node)) return subject_field(*node, expr);
  if (const auto* node = std::get_if<model::MetricRef>(&expr.node)) return metric(node->metric, moment);
  if (const auto* node = std::get_if<model::AggregateRef>(&expr.node)) return aggregate(node->aggregate, moment);
  if (const auto* node = std::get_if<model::MetricCall>(&expr.node)) return metric_call(*node, id, moment);
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) {
    const Scalar operand = number(node->operand, moment);
    return {graph_.multiply(graph_.constant(Number(-1)), operand.value), operand.defined};
  }
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
    const bool numbers = expr.type.kind == Kind::number && policy_.expr(node->left).type.kind == Kind::number &&
                         policy_.expr(node->right).type.kind == Kind::number;
    return numbers ? binary(*node, moment) : opaque(id, moment);
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    const Scalar operand = number(node->operand, moment), fallback = number(node->fallback, moment);
    return {graph_.choose(operand.defined, operand.value, fallback.value),
            graph_.either(operand.defined, fallback.defined)};
  }
  if (const auto* node = std::get_if<model::IfExpr>(&expr.node)) {
    const Condition when = condition(node->condition, moment);
    return choose(when, number(node->then_value, moment), number(node->else_value, moment));
  }
  if (const auto* node = std::get_if<model::CallExpr>(&expr.node)) return call(*node, expr, id, moment);
  if (const auto* node = std::get_if<model::TableLookup>(&expr.node)) return lookup(*node, moment);
  if (const auto* node = std::get_if<model::CurveApply>(&expr.node)) {
    return apply_curve(policy_.curves[node->curve.index], number(node->argument, moment));
  }
  if (std::holds_alternative<model::ScoreExpr>(expr.node)) return current_card_ ? current_card_->score : nothing();
  if (const auto* node = std::get_if<model::ResultField>(&expr.node)) return result_field(*node);
  if (const auto* node = std::get_if<model::PeriodProperty>(&expr.node)) {
    const value::Period at = period_.shift(-moment.first());
    using Which = model::PeriodProperty::Which;
    if (node->which == Which::start) return constant(Number(at.start().days));
    if (node->which == Which::end) return constant(Number(at.end().days));
    return constant(Number(at.end().days - at.start().days));
  }
  if (std::holds_alternative<model::ActiveDays>(expr.node)) {
    const value::Period at = period_.shift(-moment.first());
    Input input;
    input.kind = Input::Kind::days;
    input.key = "active_days" + moment.key();
    input.name = "active_days";
    input.range = {Number(1), Number(at.end().days - at.start().days)};
    input.grain = Number(1);
    input.offset = moment.first();
    input.span = expr.span;
    return {graph_.input(input), graph_.truth(true)};
  }
  return opaque(id, moment);
}

Scalar Builder::binary(const model::BinaryExpr& node, const Moment& moment) {
  const Scalar left = number(node.left, moment), right = number(node.right, moment);
  Scalar result{kNoNode, graph_.both(left.defined, right.defined)};
  switch (node.op) {
    case BinaryOp::add:
      result.value = graph_.add(left.value, right.value);
      break;
    case BinaryOp::subtract:
      result.value = graph_.subtract(left.value, right.value);
      break;
    case BinaryOp::multiply:
      result.value = graph_.multiply(left.value, right.value);
      break;
    default:
      assert(node.op == BinaryOp::divide);
      result.value = graph_.divide(left.value, right.value);
      result.defined = graph_.both(result.defined, not_zero(right.value));
  }
  return result;
}

Scalar Builder::call(const model::CallExpr& node, const model::Expr& expr, ExprId id, const Moment& moment) {
  std::vector<Scalar> arguments;
  NodeId defined = graph_.truth(true);
  const bool numeric = expr.type.kind == Kind::number || expr.type.kind == Kind::date;
  const bool of_date = node.function == Builtin::age || node.function == Builtin::months_since;
  if (!numeric) return opaque(id, moment);
  if (of_date && policy_.expr(node.arguments[0]).type.kind != Kind::date) return opaque(id, moment);
  for (const ExprId argument : node.arguments) {
    arguments.push_back(number(argument, moment));
    defined = graph_.both(defined, arguments.back().defined);
  }
  const auto places = [&]() -> int {
    if (node.arguments.size() < 2) return 0;
    const auto value = constant_value(node.arguments[1]);
    return value && value->is<Number>() ? static_cast<int>(value->number().to_int64().value_or(0)) : 0;
  };
  switch (node.function) {
    case Builtin::min:
    case Builtin::max: {
      NodeId result = arguments[0].value;
      for (std::size_t i = 1; i < arguments.size(); ++i) {
        graph_.kinks.push_back(
            {Kink::Kind::choice, result, arguments[i].value, model::exact_text(policy_, id), std::nullopt, {}});
        result = node.function == Builtin::min ? graph_.minimum(result, arguments[i].value)
                                               : graph_.maximum(result, arguments[i].value);
      }
      return {result, defined};
    }
    case Builtin::abs: {
      const NodeId operand = arguments[0].value;
      return {graph_.maximum(operand, graph_.multiply(graph_.constant(Number(-1)), operand)), defined};
    }
    case Builtin::round:
      return {graph_.round(arguments[0].value, Number::power_of_ten(-places()), node.rounding), defined};
    case Builtin::floor:
      return {graph_.round(arguments[0].value, Number(1), value::Rounding::floor), defined};
    case Builtin::ceil:
      return {graph_.round(arguments[0].value, Number(1), value::Rounding::ceiling), defined};
    case Builtin::convert:
      return {graph_.multiply(arguments[0].value, rate(policy_.expr(node.arguments[0]).type.unit.currency, moment)),
              defined};
    case Builtin::age: {
      const Number anchor(period_.shift(-moment.first()).start().days);
      return {graph_.multiply(graph_.constant(Number(86'400)),
                              graph_.subtract(graph_.constant(anchor), arguments[0].value)),
              defined};
    }
    case Builtin::months_since: {
      // Whole calendar months between the first days of two months: a function of the date that only steps.
      const value::Date anchor = period_.shift(-moment.first()).start();
      const auto months = [&](std::int32_t ago) {
        int year = anchor.year(), month = static_cast<int>(anchor.month()) - ago;
        while (month <= 0) {
          month += 12;
          --year;
        }
        while (month > 12) {
          month -= 12;
          ++year;
        }
        return *value::Date::from_civil(year, static_cast<unsigned>(month), 1);
      };
      constexpr int kMonths = 36;
      assumptions_.insert("months");
      NodeId result = graph_.constant(Number(kMonths));
      for (int ago = kMonths - 1; ago >= 0; --ago) {
        result = graph_.choose(graph_.less_equal(graph_.constant(Number(months(ago).days)), arguments[0].value),
                               graph_.constant(Number(ago)), result);
      }
      return {result, defined};
    }
    default:
      return opaque(id, moment);
  }
}

Scalar Builder::metric_call(const model::MetricCall& call, ExprId id, const Moment& moment) {
  const auto shifted = [&](std::int32_t by) {
    Moment result = moment;
    for (std::int32_t& offset : result.offsets) offset += by;
    return result;
  };
  switch (call.function) {
    case MetricFunction::previous:
      return number(call.operand, shifted(call.count));
    case MetricFunction::rolling: {
      Moment longer = moment;
      for (std::int32_t i = 1; i < call.count && i < 36; ++i) longer.offsets.push_back(moment.offsets.back() + i);
      return number(call.operand, longer);
    }
    case MetricFunction::to_date:
    case MetricFunction::lifetime: {
      // The period before by itself, so that an attack there is seen; what lies further back is one number.
      Moment longer = moment;
      longer.history = true;
      const std::int32_t before = moment.offsets.back() + 1;
      const bool inside = call.function == MetricFunction::lifetime ||
                          value::Period::containing(period_.shift(-before).start(), call.unit) ==
                              value::Period::containing(period_.start(), call.unit);
      if (before == 1 && inside) longer.offsets.push_back(before);
      return number(call.operand, longer);
    }
    case MetricFunction::year_ago: {
      const auto back = periods_to_year_ago(moment);
      return back ? number(call.operand, shifted(*back)) : opaque(id, moment);
    }
    case MetricFunction::at_period: {
      const Scalar result = opaque(id, moment);
      graph_.inputs[graph_[result.value].index].fixed_period = true;
      return result;
    }
    case MetricFunction::total:
    case MetricFunction::share:
      return over_everybody(call, id, moment);
    case MetricFunction::percentile_rank:
    case MetricFunction::rank:
      return place_among_others(call, id, moment);
  }
  return opaque(id, moment);
}

/// None where a year is not a fixed number of periods.
std::optional<std::int32_t> Builder::periods_to_year_ago(const Moment& moment) const {
  const value::Period at = period_.shift(-moment.first());
  if (at.unit == value::CalendarUnit::day) return std::nullopt;
  std::int32_t back = 1;
  while (at.shift(-back) != at.year_ago()) ++back;
  return back;
}

/// rank and percentile_rank: any place, but a better number never gives a worse one while the others stand still.
Scalar Builder::place_among_others(const model::MetricCall& call, ExprId id, const Moment& moment) {
  const Scalar result = opaque(id, moment);
  const Scalar own = number(call.operand, moment);
  ExprId operand = call.operand;
  while (const auto* nested = std::get_if<model::MetricCall>(&policy_.expr(operand).node)) operand = nested->operand;
  const auto* ref = std::get_if<model::MetricRef>(&policy_.expr(operand).node);
  const bool lower = ref != nullptr && policy_.metrics[ref->metric.index].lower_is_better;
  Input& input = graph_.inputs[graph_[result.value].index];
  const bool rank = call.function == MetricFunction::rank;
  input.range = rank ? Interval::at_least(Number(1)) : Interval{Number(0), Number(1)};
  if (rank) input.grain = Number(1);
  input.name = std::string(model::name(call.function)) + "(" + model::exact_text(policy_, call.operand);
  for (const model::GroupKey& key : call.groups) {
    if (key.kind == model::GroupKey::Kind::company) input.name += ", company";
    if (key.kind == model::GroupKey::Kind::phase) input.name += ", phase";
    if (key.kind == model::GroupKey::Kind::field)
      input.name += ", " + model::path_text(policy_, model::SourceRef::of(entity_), key.field);
  }
  input.name += ")";
  input.measure = own.value;
  input.measured = own.defined;
  input.rises =
      rank && !lower ? -1 : 1;  // the best has rank 1, and the highest percentile rank is that of the largest number
  assumptions_.insert("others");
  return {result.value, own.defined};
}

/// total and share of what adds up: the payee's own part and a free number for that of all others, which stands still.
Scalar Builder::over_everybody(const model::MetricCall& call, ExprId id, const Moment& moment) {
  assumptions_.insert("others");
  const bool by_phase = std::any_of(call.groups.begin(), call.groups.end(), [](const model::GroupKey& key) {
    return key.kind == model::GroupKey::Kind::phase;
  });
  const bool share = call.function == MetricFunction::share;
  if (by_phase || !is_additive(policy_, call.operand)) {
    const Scalar result = opaque(id, moment);
    if (share) graph_.inputs[graph_[result.value].index].range = {Number(0), Number(1)};
    return result;
  }
  const Scalar own = number(call.operand, moment);
  Input others;
  others.kind = Input::Kind::opaque;
  others.made = Input::Made::by_others;
  // The same others for the total and the share.
  others.key = "of the others " + model::exact_text(policy_, id).substr(5) + " " + moment.key();
  others.name = model::exact_text(policy_, call.operand) + " of the others";
  others.unit = policy_.expr(call.operand).type.unit;
  others.span = policy_.expr(id).span;
  others.reads.of_entities = events_read(policy_, id, entity_).of_entities;  // who they are
  const Interval range = intervals(graph_)[own.value];
  const bool never_negative = range.lower && range.lower->sign() >= 0;
  if (never_negative) others.range = Interval::at_least(Number(0));
  const NodeId theirs = graph_.input(others), all = graph_.add(own.value, theirs);
  if (never_negative) graph_.fact(graph_.less_equal(theirs, all));
  if (!share) return {all, own.defined};
  const NodeId defined = graph_.both(own.defined, not_zero(all));
  // What is left beside the others: more of one's own is evidently not a smaller share.
  if (!never_negative) return {graph_.divide(own.value, all), defined};
  return {graph_.subtract(graph_.constant(Number(1)), graph_.divide(theirs, all)), defined};
}

Scalar Builder::subject_field(const model::SubjectField& node, const model::Expr& expr) {
  Input input;
  EntityId entity = node.entity;
  const model::Field* field = nullptr;
  for (const model::FieldId ref : node.path.refs) {
    field = &policy_.entity(entity).fields[ref.index];
    entity = EntityId{field->type.index};
  }
  if (node.path.field.valid()) field = &policy_.entity(entity).fields[node.path.field.index];
  if (field == nullptr) return {graph_.constant(Number(0)), graph_.truth(true)};
  input.name = model::path_text(policy_, model::SourceRef::of(node.entity), node.path);
  input.key = "field " + input.name;
  input.kind = expr.type.kind == Kind::date ? Input::Kind::date : Input::Kind::field;
  input.path = node.path;
  input.unit = expr.type.unit;
  input.span = field->named.span;
  if (expr.type.kind == Kind::date) {
    input.grain = Number(1);
  } else {
    input.range = field_range(model::SourceRef::of(entity), {{}, node.path.field});
    input.grain = grain(*field);
  }
  Scalar result{graph_.input(input), graph_.truth(true)};
  if (field->type.optional) {
    Input given;
    given.kind = Input::Kind::choice;
    given.key = input.key + " is given";
    given.name = input.name + " is not none";
    given.path = node.path;
    given.range = {Number(0), Number(1)};
    given.grain = Number(1);
    given.span = field->named.span;
    result.defined = graph_.equal(graph_.input(given), graph_.constant(Number(1)));
  }
  return result;
}

Scalar Builder::lookup(const model::TableLookup& node, const Moment& moment) {
  const model::DecisionTable& table = policy_.tables[node.table.index];
  Scalar result = nothing();
  for (const auto& row : table.rows) {
    if (row.otherwise) result = number(row.value, moment);
  }
  for (auto row = table.rows.rbegin(); row != table.rows.rend(); ++row) {
    if (row->otherwise) continue;
    Condition fits = decided(graph_.truth(true));
    for (std::size_t column = 0; column < row->patterns.size(); ++column) {
      fits = both(fits, matches(row->patterns[column], node.arguments[column], moment));
    }
    result = choose(fits, number(row->value, moment), result);
  }
  return result;
}

/// Steps become choices, each with the span of its point; the other curves are continuous.
Scalar Builder::apply_curve(const model::Curve& curve, const Scalar& argument) {
  if (curve.points.empty()) return {graph_.constant(Number(0)), argument.defined};
  if (curve.kind == model::CurveKind::steps) {
    NodeId result = graph_.constant(Number(0));
    for (const auto& point : curve.points) {
      const NodeId below = graph_.less(argument.value, graph_.constant(point.at));
      graph_.at(below, point.span);
      result = graph_.choose(below, result, graph_.constant(point.value));
    }
    return {result, argument.defined};
  }
  PiecewiseLine line;
  if (curve.kind == model::CurveKind::line) {
    for (const auto& point : curve.points) line.points.push_back({point.at, point.value});
  } else {
    Number sum;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      if (i > 0) sum += curve.points[i - 1].value * (curve.points[i].at - curve.points[i - 1].at);
      line.points.push_back({curve.points[i].at, sum});
    }
    line.slope_after = curve.points.back().value;
  }
  for (const auto& point : curve.points) {
    graph_.kinks.push_back(
        {Kink::Kind::curve, argument.value, graph_.constant(point.at), curve.named.name, point.at, curve.input.unit});
  }
  return {graph_.at(graph_.curve(line, argument.value), curve.named.span), argument.defined};
}

Scalar Builder::row_number(ExprId id, model::SourceRef source, const RowFields& fields, const std::string& prefix) {
  const model::Expr& expr = policy_.expr(id);
  if (const auto value = constant_value(id)) {
    return value->is<Number>() ? constant(value->number()) : nothing();
  }
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    const std::string text = model::path_text(policy_, source, node->path);
    if (const auto known = fields.find(text); known != fields.end()) return known->second;
    if (node->path.refs.empty()) {
      const model::Field& field = policy_.fields(source)[node->path.field.index];
      if (field.computed.valid()) return row_number(field.computed, source, fields, prefix);
      if (field.type.optional) return nothing();  // the payee leaves out what does not help
    }
    Input input;
    input.kind = Input::Kind::parameter;
    input.name = text;
    input.key = prefix + text;
    input.unit = expr.type.unit;
    input.path = node->path;
    input.range = field_range(source, node->path);
    if (node->path.refs.empty()) input.grain = grain(policy_.fields(source)[node->path.field.index]);
    input.span = expr.span;
    return {graph_.input(input), graph_.truth(true)};
  }
  const auto operand = [&](ExprId of) { return row_number(of, source, fields, prefix); };
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) {
    const Scalar value = operand(node->operand);
    return {graph_.multiply(graph_.constant(Number(-1)), value.value), value.defined};
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    const Scalar value = operand(node->operand), fallback = operand(node->fallback);
    return {graph_.choose(value.defined, value.value, fallback.value), graph_.either(value.defined, fallback.defined)};
  }
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node);
      node != nullptr && expr.type.kind == Kind::number) {
    const Scalar left = operand(node->left), right = operand(node->right);
    const NodeId defined = graph_.both(left.defined, right.defined);
    if (node->op == BinaryOp::add) return {graph_.add(left.value, right.value), defined};
    if (node->op == BinaryOp::subtract) return {graph_.subtract(left.value, right.value), defined};
    if (node->op == BinaryOp::multiply) return {graph_.multiply(left.value, right.value), defined};
    return {graph_.divide(left.value, right.value), defined};
  }
  Input input;
  input.kind = Input::Kind::opaque;
  input.name = model::exact_text(policy_, id);
  input.key = prefix + input.name;
  input.unit = expr.type.unit;
  input.range = row_interval(id);
  input.span = expr.span;
  assumptions_.insert("opaque");
  return {graph_.input(input), graph_.truth(true)};
}

}  // namespace kpi::prove
