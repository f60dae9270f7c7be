#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/field_names.hpp"
#include "interpreter/prove/build.hpp"
#include "interpreter/prove/filters.hpp"

namespace kpi::prove {

using model::AggregateFunction;
using value::BinaryOp;
using value::Kind;
using value::Value;

namespace {

/// What a field is called where it belongs to several places: `orders.amount`.
std::string filter_suffix(const Group& group) { return group.filter_text.empty() ? "" : " where " + group.filter_text; }

std::string period_suffix(std::int32_t offset, bool history) {
  if (history) return " before";
  return offset == 0 ? "" : offset == 1 ? " of the period before" : " of " + std::to_string(offset) + " periods before";
}

}  // namespace

std::optional<Number> Builder::grain(const model::Field& field) const {
  if (field.type.kind != Kind::number) return std::nullopt;
  if (field.integer) return Number(1);
  if (field.type.unit.money == 1 && field.type.unit.time == 0) {
    return Number::power_of_ten(-policy_.header.currency.minor_digits());
  }
  if (field.type.unit.time == 1 && field.type.unit.money == 0) return field.duration_unit;
  return Number::power_of_ten(-2);
}

/// Ends that a condition over rows puts on a field: its conjuncts of the form `field < constant`.
void Builder::narrow(ExprId condition, const model::FieldPath& path, Interval& range) const {
  if (!condition.valid()) return;
  const auto* node = std::get_if<model::BinaryExpr>(&policy_.expr(condition).node);
  if (node == nullptr) return;
  if (node->op == BinaryOp::logical_and) {
    narrow(node->left, path, range);
    return narrow(node->right, path, range);
  }
  const auto* field = std::get_if<model::RowField>(&policy_.expr(node->left).node);
  const auto limit = constant_value(node->right);
  if (field == nullptr || field->depth != 0 || !(field->path == path) || !limit || !limit->is<Number>()) return;
  const Number& at = limit->number();
  if (node->op == BinaryOp::lt || node->op == BinaryOp::le || node->op == BinaryOp::eq) {
    range =
        intersection({range.lower && *range.lower > at ? std::nullopt : range.lower, range.upper}, {std::nullopt, at});
    // A source of negative rows: nothing is said about how low they go.
    if (at.sign() <= 0 && node->op != BinaryOp::eq) range.lower.reset();
  }
  if (node->op == BinaryOp::gt || node->op == BinaryOp::ge || node->op == BinaryOp::eq) {
    range = intersection(range, Interval::at_least(at));
  }
}

Interval Builder::field_range(model::SourceRef source, const model::FieldPath& path) const {
  model::SourceRef reached = source;
  for (const model::FieldId ref : path.refs) {
    const model::Field& field = policy_.fields(reached)[ref.index];
    reached = field.type.kind == Kind::event ? model::SourceRef::of(model::EventsId{field.type.index})
                                             : model::SourceRef::of(model::EntityId{field.type.index});
  }
  if (!path.field.valid()) return {};
  const model::Field& field = policy_.fields(reached)[path.field.index];
  if (field.type.kind != Kind::number) return {};
  if (field.computed.valid()) return row_interval(field.computed);
  Interval result = Interval::at_least(Number(0));
  if (field.range.valid()) {
    result = {};
    const auto end = [&](const Value& value) -> std::optional<Number> {
      if (!value.has_value() || !value.is<Number>()) return std::nullopt;
      return value.number();
    };
    if (const auto* range = std::get_if<model::RangeExpr>(&policy_.expr(field.range).node)) {
      if (range->lower.valid()) {
        if (const auto value = constant_value(range->lower)) result.lower = end(*value);
      }
      if (range->upper.valid()) {
        if (const auto value = constant_value(range->upper)) result.upper = end(*value);
      }
    } else if (const auto value = constant_value(field.range);
               value && value->is<std::shared_ptr<const value::RangeValue>>()) {
      const auto& declared = *value->as<std::shared_ptr<const value::RangeValue>>();
      result = {end(declared.lower), end(declared.upper)};
    }
  }
  if (reached.is_events()) narrow(policy_.events[reached.index].where, {{}, path.field}, result);
  return result;
}

Interval Builder::row_interval(ExprId id) const {
  const model::Expr& expr = policy_.expr(id);
  if (const auto value = constant_value(id)) {
    return value->is<Number>() ? Interval::exactly(value->number()) : Interval{};
  }
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    if (expr.type.kind != Kind::number) return {};
    return field_range(node->source, node->path);
  }
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) {
    return Interval::exactly(Number(0)) - row_interval(node->operand);
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    return hull(row_interval(node->operand), row_interval(node->fallback));
  }
  if (const auto* node = std::get_if<model::IfExpr>(&expr.node)) {
    return hull(row_interval(node->then_value), row_interval(node->else_value));
  }
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node);
      node != nullptr && expr.type.kind == Kind::number) {
    const bool numbers =
        policy_.expr(node->left).type.kind == Kind::number && policy_.expr(node->right).type.kind == Kind::number;
    if (!numbers) return {};
    const Interval left = row_interval(node->left), right = row_interval(node->right);
    if (node->op == BinaryOp::add) return left + right;
    if (node->op == BinaryOp::subtract) return left - right;
    if (node->op == BinaryOp::multiply) return left * right;
    return left / right;
  }
  return {};
}

/// Takes `factor * expression` of a row apart into fields; false when it is not linear in them.
bool Builder::linear(ExprId id, const Number& factor, LinearRow& row) const {
  const model::Expr& expr = policy_.expr(id);
  // A part that is not linear, beside others that are: a value of its own.
  const auto leaf = [&]() {
    if (expr.type.kind != Kind::number) return false;
    auto& term = row.terms[model::exact_text(policy_, id)];
    term.value = id;
    term.factor += factor;
    return true;
  };
  if (const auto value = constant_value(id)) {
    if (!value->is<Number>()) return false;
    row.constant += factor * value->number();
    return true;
  }
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    if (node->depth != 0 || expr.type.kind != Kind::number) return false;
    if (node->path.refs.empty()) {
      const model::Field& field = policy_.fields(node->source)[node->path.field.index];
      if (field.computed.valid()) return linear(field.computed, factor, row);
    }
    const std::string text = model::path_text(policy_, node->source, node->path);
    auto& term = row.terms[text];
    term.path = node->path;
    term.factor += factor;
    return true;
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) {
    const auto fallback = constant_value(node->fallback);
    if (!fallback || !fallback->is<Number>() || !fallback->number().is_zero()) return leaf();
    // What is not linear and may be absent is looked at with its fallback.
    LinearRow operand;
    if (!linear(node->operand, factor, operand)) return false;
    const auto whole = [](const auto& term) { return !term.second.value.valid(); };
    if (!std::all_of(operand.terms.begin(), operand.terms.end(), whole)) return leaf();
    // Where one part of a sum is absent, all of it counts nothing: only a single part can be taken out of `default 0`.
    if (operand.terms.size() > 1 || (!operand.terms.empty() && !operand.constant.is_zero())) return leaf();
    for (const auto& [text, term] : operand.terms) {
      auto& known = row.terms[text];
      known.path = term.path;
      known.factor += term.factor;
    }
    row.constant += operand.constant;
    return true;
  }
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) return linear(node->operand, -factor, row);
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
    if (node->op == BinaryOp::add) return linear(node->left, factor, row) && linear(node->right, factor, row);
    if (node->op == BinaryOp::subtract) return linear(node->left, factor, row) && linear(node->right, -factor, row);
    const auto left = constant_value(node->left), right = constant_value(node->right);
    if (node->op == BinaryOp::multiply && left && left->is<Number>())
      return linear(node->right, factor * left->number(), row);
    if (node->op == BinaryOp::multiply && right && right->is<Number>())
      return linear(node->left, factor * right->number(), row);
    if (node->op == BinaryOp::divide && right && right->is<Number>() && !right->number().is_zero())
      return linear(node->left, factor / right->number(), row);
  }
  return leaf();
}

/// The key is the day and whom the row belongs to: one row a day at most.
bool Builder::is_daily(model::SourceRef source) const {
  if (!source.is_events()) return false;
  const model::Events& events = policy_.events[source.index];
  if (events.key.empty() || events.duplicates != model::Duplicates::error) return false;
  const auto to_entity = std::count_if(events.fields.begin(), events.fields.end(), [&](const model::Field& field) {
    return field.type.kind == Kind::entity && field.type.index == entity_.index;
  });
  if (to_entity != 1) return false;
  return std::all_of(events.key.begin(), events.key.end(), [&](model::FieldId id) {
    const model::Field& field = events.fields[id.index];
    const bool day = id == events.time && field.type.kind == Kind::date;
    return day || (field.type.kind == Kind::entity && !field.type.optional && field.type.index == entity_.index);
  });
}

/// Every row has its own value.
bool Builder::is_only_key(const model::Aggregate& aggregate) const {
  if (!aggregate.source.is_events() || !aggregate.value.valid()) return false;
  const model::Events& events = policy_.events[aggregate.source.index];
  const auto* field = std::get_if<model::RowField>(&policy_.expr(aggregate.value).node);
  return field != nullptr && field->depth == 0 && field->path.refs.empty() && events.key.size() == 1 &&
         events.key[0] == field->path.field && events.duplicates != model::Duplicates::allow;
}

std::uint32_t Builder::group(const model::Aggregate& aggregate, std::int32_t offset, bool history) {
  Group wanted;
  wanted.source = aggregate.source;
  wanted.filter = aggregate.filter;
  wanted.including = aggregate.including;
  // The time that decides anyway is no other time.
  const bool other_time = !aggregate.source.is_events() || policy_.events[aggregate.source.index].time != aggregate.at;
  if (other_time) wanted.at = aggregate.at;
  wanted.offset = offset;
  wanted.history = history;
  if (aggregate.filter.valid()) wanted.filter_text = model::exact_text(policy_, aggregate.filter);
  for (std::uint32_t index = 0; index < graph_.groups.size(); ++index) {
    const Group& known = graph_.groups[index];
    if (known.source == wanted.source && known.filter_text == wanted.filter_text &&
        known.including == wanted.including && known.at == wanted.at && known.offset == offset &&
        known.history == history)
      return index;
  }
  const auto index = static_cast<std::uint32_t>(graph_.groups.size());
  const std::string source = wanted.source.is_events() ? policy_.events[wanted.source.index].named.name
                                                       : policy_.entities[wanted.source.index].named.name;
  Input input;
  input.kind = Input::Kind::rows;
  input.name = "count(" + source + filter_suffix(wanted) + ")" + period_suffix(offset, history);
  input.key = "rows " + std::to_string(index) + " " + input.name;
  input.range = Interval::at_least(Number(0));
  input.grain = Number(1);
  input.group = index;
  input.offset = offset;
  input.history = history;
  if (!history && !wanted.at.valid() && is_daily(wanted.source)) {
    const value::Period of = period_.shift(-offset);
    input.range.upper = Number(of.end().days - of.start().days);
  }
  input.span = aggregate.span;
  graph_.groups.push_back(wanted);
  const NodeId node = graph_.input(input);
  graph_.groups[index].rows_input = graph_[node].index;
  relate(index);
  return index;
}

/// A filtered group lies inside the unfiltered one of the same source and period.
void Builder::relate(std::uint32_t index) {
  const auto rows = [&](std::uint32_t group) { return graph_.input(graph_.inputs[graph_.groups[group].rows_input]); };
  for (std::uint32_t other = 0; other < index; ++other) {
    const Group& a = graph_.groups[index];
    const Group& b = graph_.groups[other];
    if (a.source != b.source || a.offset != b.offset || a.history != b.history || a.at != b.at) continue;
    const bool fewer_a = b.filter_text.empty() && (a.including == b.including || a.including.empty());
    const bool fewer_b = a.filter_text.empty() && (a.including == b.including || b.including.empty());
    if (fewer_a) graph_.fact(graph_.less_equal(rows(index), rows(other)));
    if (fewer_b && !fewer_a) graph_.fact(graph_.less_equal(rows(other), rows(index)));
    if (!a.filter.valid() || !b.filter.valid() || a.including != b.including) continue;
    if (filter_implies(policy_, a.filter, b.filter)) graph_.fact(graph_.less_equal(rows(index), rows(other)));
    if (filter_implies(policy_, b.filter, a.filter)) graph_.fact(graph_.less_equal(rows(other), rows(index)));
  }
  // Filters that no row passes together: their rows lie beside each other in the whole.
  for (std::uint32_t first = 0; first <= index; ++first) {
    for (std::uint32_t second = 0; second < first; ++second) {
      for (std::uint32_t whole = 0; whole <= index; ++whole) {
        if (first != index && whole != index) continue;
        const Group &a = graph_.groups[first], &b = graph_.groups[second], &all = graph_.groups[whole];
        const auto together = [&](const Group& x) {
          return x.source == all.source && x.offset == all.offset && x.history == all.history && x.at == all.at &&
                 x.including == all.including && x.filter.valid();
        };
        if (all.filter.valid() || !together(a) || !together(b) || !filters_exclude(policy_, a.filter, b.filter))
          continue;
        graph_.fact(graph_.less_equal(graph_.add(rows(first), rows(second)), rows(whole)));
      }
    }
  }
}

NodeId Builder::total_input(std::uint32_t index, const model::FieldPath& path, ExprId value, const std::string& text) {
  const Group group = graph_.groups[index];
  const NodeId rows = graph_.input(graph_.inputs[group.rows_input]);
  const Interval per_row = value.valid() ? row_interval(value) : field_range(group.source, path);
  Input input;
  input.kind = Input::Kind::total;
  input.name = "sum(" + text + filter_suffix(group) + ")" + period_suffix(group.offset, group.history);
  input.key = "total " + std::to_string(index) + " " + input.name;
  input.group = index;
  input.path = path;
  input.per_row = per_row;
  input.offset = group.offset;
  input.history = group.history;
  input.span = graph_.inputs[group.rows_input].span;
  if (per_row.lower && per_row.lower->sign() >= 0) input.range.lower = Number(0);
  if (per_row.upper && per_row.upper->sign() <= 0) input.range.upper = Number(0);
  const model::Field* field = nullptr;
  if (!value.valid() && path.refs.empty()) field = &policy_.fields(group.source)[path.field.index];
  if (field != nullptr) {
    input.grain = grain(*field);
    input.unit = field->type.unit;
    input.optional = field->type.optional;
    if (!field->range.valid()) assumptions_.insert("not_negative");
  } else if (value.valid()) {
    input.unit = policy_.expr(value).type.unit;
    input.kind = Input::Kind::opaque;  // a sum of products: not taken apart
    input.reads = events_read(policy_, value);
    if (group.source.is_events()) input.reads.events.insert(group.source.index);
    input.contract = Input::Contract::sum;
    input.made = Input::Made::computed;
    input.value = value;
    const bool money = input.unit.money == 1 && input.unit.time == 0;
    input.grain = Number::power_of_ten(money ? -policy_.header.currency.minor_digits() : -2);
    input.last_offset = group.offset;
    input.whole_history = group.history;
    input.of_group = true;
    input.expr = value;
    const EventsRead filter = events_read(policy_, group.filter);
    input.reads.events.insert(filter.events.begin(), filter.events.end());
    input.reads.fields.insert(filter.fields.begin(), filter.fields.end());
    assumptions_.insert("opaque");
  }
  const std::size_t before = graph_.inputs.size();
  const NodeId node = graph_.input(input);
  if (graph_.inputs.size() == before) return node;
  const NodeId zero = graph_.constant(Number(0));
  // No rows, no sum; and a sum lies between the ends of a row times the rows.
  graph_.fact(graph_.either(graph_.less(zero, rows), graph_.equal(node, zero)));
  const bool optional = field != nullptr && field->type.optional;  // absent counts as nothing
  if (per_row.lower && !(optional && per_row.lower->sign() > 0) && !per_row.lower->is_zero()) {
    graph_.fact(graph_.less_equal(graph_.multiply(graph_.constant(*per_row.lower), rows), node));
  }
  if (per_row.upper && !(optional && per_row.upper->sign() < 0) && !per_row.upper->is_zero()) {
    graph_.fact(graph_.less_equal(node, graph_.multiply(graph_.constant(*per_row.upper), rows)));
  }
  if (per_row.lower && per_row.lower->sign() >= 0) {
    for (std::uint32_t other = 0; other < graph_.inputs.size(); ++other) {
      const Input& b = graph_.inputs[other];
      if (b.kind != Input::Kind::total || b.group == index || !(b.path == path) || !path.field.valid()) continue;
      const Group& of = graph_.groups[b.group];
      if (of.source != group.source || of.offset != group.offset || of.history != group.history || of.at != group.at ||
          of.including != group.including)
        continue;
      const NodeId theirs = graph_.input(b);
      const NodeId their_rows = graph_.input(graph_.inputs[of.rows_input]);
      // The same rows, the same sum.
      if (of.filter_text.empty()) {
        graph_.fact(graph_.less_equal(node, theirs));
        graph_.fact(graph_.either(graph_.less(rows, their_rows), graph_.equal(node, theirs)));
      }
      if (group.filter_text.empty()) {
        graph_.fact(graph_.less_equal(theirs, node));
        graph_.fact(graph_.either(graph_.less(their_rows, rows), graph_.equal(node, theirs)));
      }
      if (!group.filter.valid() || !of.filter.valid()) continue;
      if (filter_implies(policy_, group.filter, of.filter)) graph_.fact(graph_.less_equal(node, theirs));
      if (filter_implies(policy_, of.filter, group.filter)) graph_.fact(graph_.less_equal(theirs, node));
    }
  }
  refunds_stay_below(input, node);
  return node;
}

/// What is given back is not more than what was taken: the totals of one group, whichever comes second.
void Builder::refunds_stay_below(const Input& added, NodeId node) {
  const Group group = graph_.groups[added.group];
  if (added.kind != Input::Kind::total || !group.source.is_events() || !added.path.refs.empty()) return;
  const model::Events& events = policy_.events[group.source.index];
  const auto taken = model::taken_amount(events);
  if (!taken || !added.path.field.valid()) return;
  const auto is_refund = [&](const Input& input) {
    const model::Field& field = events.fields[input.path.field.index];
    return field.type.optional && !field.range.valid() && field.type.unit == events.fields[taken->index].type.unit &&
           model::is_refund_name(field.named.name);
  };
  const std::size_t known = graph_.inputs.size();
  for (std::uint32_t index = 0; index < known; ++index) {
    const Input other = graph_.inputs[index];
    if (other.kind != Input::Kind::total || other.group != added.group || !other.path.refs.empty() ||
        !other.path.field.valid() || other.path == added.path)
      continue;
    const bool back = is_refund(added) && other.path.field == *taken;
    const bool forth = added.path.field == *taken && is_refund(other);
    if (!back && !forth) continue;
    const NodeId second = graph_.input(other);
    graph_.fact(back ? graph_.less_equal(node, second) : graph_.less_equal(second, node));
    const std::uint32_t field = (back ? added : other).path.field.index;
    assumptions_.insert("refund " + events.named.name + "." + events.fields[field].named.name + " " +
                        events.named.name + "." + events.fields[taken->index].named.name);
  }
}

NodeId Builder::rows(const model::Aggregate& aggregate, const Moment& moment) {
  NodeId sum = graph_.constant(Number(0));
  const auto add = [&](std::int32_t offset, bool history) {
    const std::uint32_t index = group(aggregate, offset, history);
    sum = graph_.add(sum, graph_.input(graph_.inputs[graph_.groups[index].rows_input]));
  };
  for (const std::int32_t offset : moment.offsets) add(offset, false);
  if (moment.history) add(moment.offsets.back() + 1, true);
  return sum;
}

NodeId Builder::total(const model::Aggregate& aggregate, const Moment& moment) {
  LinearRow row;
  const bool taken_apart = linear(aggregate.value, Number(1), row);
  NodeId sum = graph_.constant(Number(0));
  const auto add = [&](std::int32_t offset, bool history) {
    const std::uint32_t index = group(aggregate, offset, history);
    if (!taken_apart) {
      sum = graph_.add(sum, total_input(index, {}, aggregate.value, model::exact_text(policy_, aggregate.value)));
      return;
    }
    NodeId part = graph_.constant(Number(0));
    for (const auto& [text, term] : row.terms) {
      part = graph_.add(part,
                        graph_.multiply(graph_.constant(term.factor), total_input(index, term.path, term.value, text)));
    }
    const NodeId rows = graph_.input(graph_.inputs[graph_.groups[index].rows_input]);
    sum = graph_.add(sum, graph_.add(part, graph_.multiply(graph_.constant(row.constant), rows)));
  };
  for (const std::int32_t offset : moment.offsets) add(offset, false);
  if (moment.history) add(moment.offsets.back() + 1, true);
  return sum;
}

NodeId Builder::total_of(model::EventsId events, model::FieldId field) {
  model::Aggregate all;
  all.function = AggregateFunction::sum;
  all.source = model::SourceRef::of(events);
  all.at = policy_.events[events.index].time;
  all.span = policy_.events[events.index].named.span;
  const model::FieldPath path{{}, field};
  return total_input(group(all, 0, false), path, {}, model::path_text(policy_, all.source, path));
}

Scalar Builder::aggregate(AggregateId id, const Moment& moment) {
  const model::Aggregate& aggregate = policy_.aggregates[id.index];
  const NodeId always = graph_.truth(true);
  assumptions_.insert("covered");
  if (!aggregate.each_inner.valid()) {
    switch (aggregate.function) {
      case AggregateFunction::count:
      case AggregateFunction::exists:
        return {rows(aggregate, moment), always};
      case AggregateFunction::sum:
        return {total(aggregate, moment), always};
      case AggregateFunction::avg: {
        const NodeId count = rows(aggregate, moment);
        return {graph_.divide(total(aggregate, moment), count), not_empty(count)};
      }
      default:
        break;
    }
  }
  // Not sums: a value of its own, with what is certain about it.
  Input input;
  input.kind = Input::Kind::opaque;
  input.name = model::aggregate_text(policy_, id);
  input.key = "aggregate " + input.name + " " + moment.key();
  input.unit = aggregate.type.unit;
  input.span = aggregate.span;
  input.aggregate = id;
  input.offset = moment.first();
  input.reads = events_read(policy_, id);
  input.last_offset = moment.offsets.back();
  input.whole_history = moment.history;
  assumptions_.insert("opaque");
  NodeId defined = always;
  const auto* field = aggregate.value.valid() && !aggregate.each_inner.valid()
                          ? std::get_if<model::RowField>(&policy_.expr(aggregate.value).node)
                          : nullptr;
  const bool one_period = moment.offsets.size() == 1 && !moment.history;
  const bool plain = field != nullptr && field->depth == 0 && field->path.refs.empty() && one_period;
  if (aggregate.each_inner.valid()) {
    const model::Aggregate& inner = policy_.aggregates[aggregate.each_inner.index];
    const NodeId count = rows(inner, moment);
    const auto* summed = inner.value.valid() ? std::get_if<model::RowField>(&policy_.expr(inner.value).node) : nullptr;
    if (inner.function == AggregateFunction::sum && summed != nullptr && summed->path.refs.empty()) {
      if (const Interval row = field_range(inner.source, summed->path); row.lower && row.lower->sign() >= 0)
        input.range = Interval::at_least(Number(0));
      if (aggregate.function == AggregateFunction::last && one_period) {
        input.made = Input::Made::latest;
        input.path = summed->path;
        input.group = group(inner, moment.first(), false);
        input.grain = grain(policy_.fields(inner.source)[summed->path.field.index]);
      }
    }
    if (aggregate.function != AggregateFunction::sum && aggregate.function != AggregateFunction::count)
      defined = not_empty(count);
  } else if (aggregate.function == AggregateFunction::distinct) {
    input.range = Interval::at_least(Number(0));
    input.grain = Number(1);
    const NodeId count = rows(aggregate, moment);
    if (is_only_key(aggregate)) return {count, always};
    input.contract = Input::Contract::distinct;
    if (plain) {
      input.made = Input::Made::distinct;
      input.path = field->path;
      input.group = group(aggregate, moment.first(), false);
    }
    const NodeId node = graph_.input(input);
    graph_.fact(graph_.less_equal(node, count));
    return {node, always};
  } else {
    if (aggregate.value.valid()) input.range = row_interval(aggregate.value);
    const auto kind = aggregate.value.valid() ? policy_.expr(aggregate.value).type.kind : Kind::boolean;
    if (kind == Kind::date) input.grain = Number(1);
    defined = not_empty(rows(aggregate, moment));
    input.given = defined;
    if (aggregate.function == AggregateFunction::max) input.contract = Input::Contract::greatest;
    if (aggregate.function == AggregateFunction::min) input.contract = Input::Contract::least;
    if (plain && kind == Kind::number && aggregate.source.is_events()) {
      const model::Field& of = policy_.fields(aggregate.source)[field->path.field.index];
      input.grain = grain(of);
      if (!of.computed.valid()) {
        input.made = Input::Made::level;
        input.path = field->path;
        input.group = group(aggregate, moment.first(), false);
      }
    }
  }
  return {graph_.input(input), defined};
}

}  // namespace kpi::prove
