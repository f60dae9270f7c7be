// What each form of an attack does to the sums and counts that pay reads.
#include "interpreter/prove/attack.hpp"

#include <algorithm>

#include "interpreter/model/field_names.hpp"
#include "interpreter/prove/filters.hpp"

namespace kpi::prove {

using value::BinaryOp;

NodeId AttackEncoder::parameter(const std::string& name, Interval range, std::optional<Number> grain,
                                value::Unit unit) {
  Input input;
  input.kind = Input::Kind::parameter;
  input.key = prefix_ + name;
  input.name = name;
  input.range = std::move(range);
  input.grain = std::move(grain);
  input.unit = unit;
  const NodeId node = graph_.input(input);
  const std::uint32_t index = graph_[node].index;
  if (std::find(result_.parameters.begin(), result_.parameters.end(), index) == result_.parameters.end()) {
    result_.parameters.push_back(index);
  }
  return node;
}

template <class Visit>
void AttackEncoder::for_each_input(model::EventsId events, std::int32_t offset, Visit visit) {
  const std::size_t known = graph_.inputs.size();
  for (std::uint32_t index = 0; index < known; ++index) {
    const Input input = graph_.inputs[index];
    if (input.kind != Input::Kind::rows && input.kind != Input::Kind::total) continue;
    const Group group = graph_.groups[input.group];
    if (!(group.source == model::SourceRef::of(events)) || group.offset != offset || group.history) continue;
    visit(index, input, group);
  }
}

void AttackEncoder::shift(std::uint32_t input, NodeId by, bool next_only) {
  auto& deltas = next_only ? late_deltas_ : deltas_;
  const auto [place, added] = deltas.try_emplace(input, by);
  if (!added) place->second = graph_.add(place->second, by);
}

/// Rows may pass a filter or not, as suits whoever makes them.
NodeId AttackEncoder::taken_part(const Group& group, NodeId whole) {
  if (group.filter_text.empty() && !group.at.valid()) return whole;
  const std::string name = "where " + (group.filter_text.empty() ? "dated otherwise" : group.filter_text);
  const NodeId passes =
      graph_.equal(parameter(name, {Number(0), Number(1)}, Number(1), {}), graph_.constant(Number(1)));
  return graph_.choose(passes, whole, graph_.constant(Number(0)));
}

/// Of the rows of the step, those that pass: any number of them.
NodeId AttackEncoder::part_of_rows(const Group& group, const AttackGraph::Step& step) {
  const std::string name = "rows where " + (group.filter_text.empty() ? "dated otherwise" : group.filter_text);
  const Interval count = graph_.inputs[graph_[step.count].index].range;
  const NodeId rows = parameter(name, {Number(0), count.upper}, Number(1), {});
  result_.require.push_back(graph_.less_equal(rows, step.count));
  return rows;
}

/// What rows of the step bring to an input of the group: their number, or their sum of its field.
NodeId AttackEncoder::taken_part(const Group& group, const Input& input, AttackGraph::Step& step) {
  const bool rows = input.kind == Input::Kind::rows;
  const std::uint32_t field = input.path.field.index;
  const NodeId whole =
      rows ? step.count
           : (step.totals.contains(field) ? step.totals.at(field) : total(step, step.events, field, input.per_row));
  if (group.filter_text.empty() && !group.at.valid()) return whole;
  result_.alike = true;
  if (!any_mix_) return taken_part(group, whole);
  const NodeId part = part_of_rows(group, step);
  if (rows) return part;
  // Each row has between the least and the most of one row, those that pass and those that do not.
  const Interval row = hull(input.per_row, Interval::exactly(Number(0)));
  const Interval count = graph_.inputs[graph_[step.count].index].range;
  const NodeId sum = parameter("of " + input.name, row * count, input.grain, input.unit);
  const NodeId rest = graph_.subtract(whole, sum), others = graph_.subtract(step.count, part);
  const auto within = [&](NodeId some, NodeId of) {
    if (row.lower) result_.require.push_back(graph_.less_equal(graph_.multiply(graph_.constant(*row.lower), of), some));
    if (row.upper) result_.require.push_back(graph_.less_equal(some, graph_.multiply(graph_.constant(*row.upper), of)));
  };
  within(sum, part);
  within(rest, others);
  return sum;
}

/// The edit changes what a filter of the group, or an exclusion, looks at: rows leave it and enter it.
bool AttackEncoder::turns(const Group& group, const std::function<bool(std::uint32_t)>& field) {
  if (!is_kept_by(shape_.policy, group, field)) return false;
  result_.alike = true;
  // Rows that exclusions took out are in no store of a witness.
  return any_mix_ || is_filtered_by(shape_.policy, group, field);
}

/// How many rows and what sums enter or leave; `more`: rows that appear.
void AttackEncoder::turn_rows(std::uint32_t index, const Input& input, const Group& group, NodeId more) {
  const NodeId zero = graph_.constant(Number(0)), one = graph_.constant(Number(1));
  const std::string place = std::to_string(input.group) + " " + group.filter_text;
  if (any_mix_) {
    shift(index, parameter("turned " + input.name + " " + place, {}, input.grain, input.unit));
    return;
  }
  // The search looks at one row, as large as others: it enters the group with all its parts, leaves it, or stays where
  // it is. What enters was in the store before.
  std::optional<std::uint32_t> whole;
  for (std::uint32_t other = 0; other < graph_.groups.size(); ++other) {
    const Group& all = graph_.groups[other];
    if (all.source == group.source && all.offset == group.offset && !all.history && !all.filter.valid() &&
        !all.at.valid())
      whole = other;
  }
  const NodeId enters = whole ? taken_part_named("enters " + place) : graph_.truth(false);
  const NodeId leaves = taken_part_named("leaves " + place);
  if (input.kind == Input::Kind::rows) {
    const NodeId minus = graph_.constant(Number(-1)), stays = more == zero ? zero : taken_part(group, more);
    return shift(index, graph_.choose(enters, graph_.add(one, more), graph_.choose(leaves, minus, stays)));
  }
  if (!input.path.refs.empty() || !input.path.field.valid()) return;
  const auto average = [&](NodeId sum, std::uint32_t of) {
    const Input rows = graph_.inputs[graph_.groups[of].rows_input];
    return graph_.divide(sum, graph_.input(rows));
  };
  const NodeId own = average(graph_.input(input), input.group);
  NodeId entering = zero;
  const std::size_t known = graph_.inputs.size();
  for (std::uint32_t other = 0; whole && other < known; ++other) {
    const Input of = graph_.inputs[other];
    if (of.kind == Input::Kind::total && of.group == *whole && of.path == input.path)
      entering = average(graph_.input(of), *whole);
  }
  const NodeId minus = graph_.multiply(graph_.constant(Number(-1)), own);
  shift(index, graph_.choose(enters, entering, graph_.choose(leaves, minus, zero)));
}

/// The sum of a field over the rows of the step, between the ends of one row times the rows.
NodeId AttackEncoder::total(AttackGraph::Step& step, model::EventsId events, std::uint32_t field, Interval per_row) {
  if (const auto known = step.totals.find(field); known != step.totals.end()) return known->second;
  const model::Field& of = shape_.policy.events[events.index].fields[field];
  const Interval count = graph_.inputs[graph_[step.count].index].range;
  Interval range = per_row * count;
  if (per_row.lower && per_row.lower->sign() >= 0 && !range.lower) range.lower = Number(0);
  const NodeId sum = parameter("sum(" + of.named.name + ")", range, shape_.builder.grain(of), of.type.unit);
  if (per_row.lower && !per_row.lower->is_zero())
    result_.require.push_back(graph_.less_equal(graph_.multiply(graph_.constant(*per_row.lower), step.count), sum));
  if (per_row.upper)
    result_.require.push_back(graph_.less_equal(sum, graph_.multiply(graph_.constant(*per_row.upper), step.count)));
  step.totals.emplace(field, sum);
  return sum;
}

/// The same of a field that the rows refer to.
NodeId AttackEncoder::referred(AttackGraph::Step& step, const Input& input) {
  const Interval count = graph_.inputs[graph_[step.count].index].range;
  Interval range = input.per_row * count;
  if (input.per_row.lower && input.per_row.lower->sign() >= 0) range.lower = Number(0);
  const NodeId sum = parameter(input.name, range, input.grain, input.unit);
  if (input.per_row.lower)
    result_.require.push_back(
        graph_.less_equal(graph_.multiply(graph_.constant(*input.per_row.lower), step.count), sum));
  if (input.per_row.upper)
    result_.require.push_back(
        graph_.less_equal(sum, graph_.multiply(graph_.constant(*input.per_row.upper), step.count)));
  return sum;
}

/// A linear expression over the rows of the step, summed over them.
std::optional<NodeId> AttackEncoder::linear(ExprId id, AttackGraph::Step& step) {
  const model::Expr& expr = shape_.policy.expr(id);
  const auto constant = [&](ExprId of) -> std::optional<Number> {
    const model::ExprNode& node = shape_.policy.expr(of).node;
    if (const auto* literal = std::get_if<model::Constant>(&node))
      return literal->value.is<Number>() ? std::optional(literal->value.number()) : std::nullopt;
    if (const auto* param = std::get_if<model::ParamRef>(&node)) {
      const value::Value& value = shape_.policy.params[param->param.index].value;
      return value.is<Number>() ? std::optional(value.number()) : std::nullopt;
    }
    return std::nullopt;
  };
  if (const auto value = constant(id)) return graph_.multiply(graph_.constant(*value), step.count);
  if (const auto* node = std::get_if<model::RowField>(&expr.node)) {
    if (!node->path.refs.empty()) return std::nullopt;
    const model::Field& field = shape_.policy.events[step.events.index].fields[node->path.field.index];
    if (field.computed.valid()) return linear(field.computed, step);
    return total(step, step.events, node->path.field.index,
                 shape_.builder.field_range(model::SourceRef::of(step.events), node->path));
  }
  if (const auto* node = std::get_if<model::UnaryExpr>(&expr.node)) {
    const auto operand = linear(node->operand, step);
    if (!operand) return std::nullopt;
    return graph_.multiply(graph_.constant(Number(-1)), *operand);
  }
  if (const auto* node = std::get_if<model::DefaultExpr>(&expr.node)) return linear(node->operand, step);
  if (const auto* node = std::get_if<model::BinaryExpr>(&expr.node)) {
    const auto left_constant = constant(node->left), right_constant = constant(node->right);
    if (node->op == BinaryOp::multiply && (left_constant || right_constant)) {
      const auto factor = left_constant ? left_constant : right_constant;
      const auto operand = linear(left_constant ? node->right : node->left, step);
      if (!operand) return std::nullopt;
      return graph_.multiply(graph_.constant(*factor), *operand);
    }
    if (node->op == BinaryOp::divide && right_constant && !right_constant->is_zero()) {
      const auto operand = linear(node->left, step);
      if (!operand) return std::nullopt;
      return graph_.multiply(graph_.constant(Number(1) / *right_constant), *operand);
    }
    if (node->op != BinaryOp::add && node->op != BinaryOp::subtract) return std::nullopt;
    const auto left = linear(node->left, step), right = linear(node->right, step);
    if (!left || !right) return std::nullopt;
    return node->op == BinaryOp::add ? graph_.add(*left, *right) : graph_.subtract(*left, *right);
  }
  return std::nullopt;
}

void AttackEncoder::adds(const Form& form, AttackGraph::Step& step) {
  for (const auto& exclusion : shape_.policy.exclusions) {
    for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
      if (exclusion.from[i] == form.events && !events_read(shape_.policy, exclusion.conditions[i]).events.empty())
        shape_.builder.assume("not_excluded");
    }
  }
  for (const auto& value : form.values) {
    if (value.next_period) step.next_period.insert(value.field.index);
    if (value.value.valid()) continue;
    total(step, form.events, value.field.index, {value.least, value.most});
  }
  for (const auto& value : form.values) {
    if (!value.value.valid()) continue;
    const auto sum = linear(value.value, step);
    if (sum)
      step.totals.emplace(value.field.index, *sum);
    else
      step.fixed.emplace(value.field.index, value.value);
  }
  if (measured_) {
    const auto range = shape_.builder.field_range(model::SourceRef::of(form.events), {{}, model::FieldId{*measured_}});
    total(step, form.events, *measured_, range);
  }
  // Optional fields that are not given stay empty, so that some filters let no such row pass.
  const model::SourceRef source = model::SourceRef::of(form.events);
  const auto& fields = shape_.policy.events[form.events.index].fields;
  std::set<std::uint32_t> absent, late;
  for (std::uint32_t field = 0; field < fields.size(); ++field) {
    const bool given = step.fixed.contains(field) || step.totals.contains(field);
    if (step.next_period.contains(field)) late.insert(field);
    if (fields[field].type.optional && !fields[field].computed.valid() && (!given || late.contains(field)))
      absent.insert(field);
  }
  for (const std::int32_t offset : {now_}) {
    for_each_input(form.events, offset, [&](std::uint32_t index, const Input& input, const Group& group) {
      if (reads_any(shape_.policy, group.filter, source, late)) {
        const NodeId by = parameter("later change of " + input.name, {}, input.grain, input.unit);
        result_.still.push_back(graph_.equal(by, graph_.constant(Number(0))));
        shift(index, by, true);
      }
      if (fails_without(shape_.policy, group.filter, source, absent)) return;
      if (input.kind == Input::Kind::rows) return shift(index, taken_part(group, input, step));
      if (!input.path.field.valid()) return;
      if (!input.path.refs.empty()) return shift(index, taken_part(group, referred(step, input)));
      const std::uint32_t field = input.path.field.index;
      if (!step.totals.contains(field) && input.optional) return;  // left out by whoever adds the row
      shift(index, taken_part(group, input, step), step.next_period.contains(field));
    });
  }
}

void AttackEncoder::removes(const Form& form, AttackGraph::Step& step) {
  const auto reads = [&](std::uint32_t field) { return field == form.field.index; };
  for_each_input(form.events, now_, [&](std::uint32_t index, const Input& input, const Group& group) {
    if (turns(group, reads)) return turn_rows(index, input, group, graph_.constant(Number(0)));
    if (input.kind != Input::Kind::total || input.path.field != form.field || !input.path.refs.empty()) return;
    const NodeId minus = graph_.constant(Number(-1));
    if (group.filter_text.empty() && !group.at.valid()) return shift(index, graph_.multiply(minus, step.count));
    result_.alike = true;
    if (!any_mix_) return shift(index, graph_.multiply(minus, taken_part(group, step.count)));
    // Out of the rows that pass comes any part of it.
    const NodeId part = parameter("of " + input.name, graph_.inputs[graph_[step.count].index].range, input.grain, {});
    result_.require.push_back(graph_.less_equal(part, step.count));
    shift(index, graph_.multiply(minus, part));
  });
}

/// Rows get another value in one field. What reads it turns as far as its conditions can: rows leave and enter filters,
/// and exclusions.
void AttackEncoder::changes(const Form& form, AttackGraph::Step& step) {
  const model::Policy& policy = shape_.policy;
  const model::SourceRef source = model::SourceRef::of(form.events);
  const std::uint32_t field = form.field.index;
  const model::Field& of = policy.events[form.events.index].fields[field];
  FieldChange change{form.field, std::nullopt};
  std::optional<NodeId> new_value, more;
  bool known = true;  // what the value is
  if (changed_ != nullptr) {
    change.to = changed_->to;
    if (change.to) step.set.emplace(field, *change.to);
  } else {
    step.fixed.emplace(field, form.value);
    new_value = linear(form.value, step);
    const auto* constant = std::get_if<model::Constant>(&policy.expr(form.value).node);
    const auto* param = std::get_if<model::ParamRef>(&policy.expr(form.value).node);
    known = constant != nullptr || param != nullptr;
    if (known) change.to = constant != nullptr ? constant->value : policy.params[param->param.index].value;
  }
  const auto total_of = [&](std::uint32_t which) {
    return total(step, form.events, which, shape_.builder.field_range(source, {{}, model::FieldId{which}}));
  };
  if (change.to && change.to->is<Number>())
    new_value = graph_.multiply(graph_.constant(change.to->number()), step.count);
  if (changed_ != nullptr && !change.to) {
    const Number least = shape_.builder.grain(of).value_or(Number(1));
    more = parameter("more of " + of.named.name, Interval::at_least(least), shape_.builder.grain(of), of.type.unit);
    new_value = graph_.add(total_of(field), *more);
    step.raised.emplace(field, *new_value);
    // A row gives back no more than it took, and keeps to its declared range.
    const auto taken = model::taken_amount(policy.events[form.events.index]);
    const Interval range = shape_.builder.field_range(source, {{}, form.field});
    if (range.upper)
      result_.require.push_back(
          graph_.less_equal(*new_value, graph_.multiply(graph_.constant(*range.upper), step.count)));
    if (taken && taken->index != field && !of.range.valid() &&
        policy.events[form.events.index].fields[taken->index].type.unit == of.type.unit)
      result_.require.push_back(graph_.less_equal(*new_value, total_of(taken->index)));
  }
  if (!known) change.to = value::Value();
  now_changing_ = change;
  const auto turn = [&](const Group& group) {
    return membership(policy, form.events, group.filter, group.at, group.including, change);
  };
  for_each_input(form.events, now_, [&](std::uint32_t index, const Input& input, const Group& group) {
    const Turn turned = turn(group);
    const NodeId zero = graph_.constant(Number(0));
    const auto minus = [&](NodeId part) { return graph_.multiply(graph_.constant(Number(-1)), part); };
    const std::string place = std::to_string(input.group) + " " + group.filter_text;
    const bool part_only = turned.up || turned.down || !group.filter_text.empty() || group.at.valid();
    const bool reads = input.kind == Input::Kind::rows ? turned.up || turned.down
                                                       : turned.up || turned.down || input.path.field == form.field;
    if (part_only && reads) result_.alike = true;
    if (part_only && reads && any_mix_) return mix(index, input, turned, form, step);
    const NodeId out = turned.down ? taken_part_named("leaves " + place) : graph_.truth(false);
    const NodeId in = turned.up ? taken_part_named("enters " + place) : graph_.truth(false);
    if (input.kind == Input::Kind::rows) {
      // There is such a row.
      if (!turned.up && !turned.down && group.filter_text.empty() && !group.at.valid())
        result_.require.push_back(graph_.less_equal(step.count, graph_.input(input)));
      if (turned.up || turned.down)
        shift(index, graph_.choose(out, minus(step.count), graph_.choose(in, step.count, zero)));
      return;
    }
    const bool own = input.path.refs.empty() && input.path.field == form.field;
    const bool through = !input.path.refs.empty() && input.path.refs.front() == form.field;
    if (!own && !through && !turned.up && !turned.down) return;
    if (through || !input.path.refs.empty() || !input.path.field.valid() || (own && !new_value)) {
      shift(index, parameter("moves " + input.name, {}, input.grain, input.unit));
      return;
    }
    const NodeId part = total(step, form.events, input.path.field.index, input.per_row);
    const NodeId after = own ? *new_value : part;
    if (own && !turned.up && !turned.down && group.filter_text.empty() && !group.at.valid())
      result_.require.push_back(graph_.less_equal(part, graph_.input(input)));
    const NodeId stays = own ? taken_part(group, more ? *more : graph_.subtract(after, part)) : zero;
    shift(index, graph_.choose(out, minus(part), graph_.choose(in, after, stays)));
  });
}

/// Of the changed rows, any number comes in or goes.
void AttackEncoder::mix(std::uint32_t index, const Input& input, const Turn& turned, const Form& form,
                        const AttackGraph::Step& step) {
  const Interval none = Interval::exactly(Number(0));
  const bool own = input.kind == Input::Kind::total &&
                   (input.path.field == form.field || !input.path.refs.empty() || !input.path.field.valid());
  Interval range;
  if (!own) {
    const Interval rows = graph_.inputs[graph_[step.count].index].range;
    const Interval row = input.kind == Input::Kind::rows ? Interval::exactly(Number(1)) : input.per_row;
    const Interval all = hull(row, none) * hull(rows, none);
    range = hull(turned.up ? all : none, turned.down ? none - all : none);
  }
  const NodeId by = parameter("mix of " + input.name + " " + std::to_string(index), range, input.grain, input.unit);
  if (input.kind == Input::Kind::rows) {
    result_.require.push_back(graph_.less_equal(by, step.count));
    result_.require.push_back(graph_.less_equal(graph_.multiply(graph_.constant(Number(-1)), by), step.count));
  }
  shift(index, by);
}

NodeId AttackEncoder::taken_part_named(const std::string& name) {
  return graph_.equal(parameter(name, {Number(0), Number(1)}, Number(1), {}), graph_.constant(Number(1)));
}

void AttackEncoder::moves(const Form& form, AttackGraph::Step& step) {
  const NodeId minus = graph_.constant(Number(-1));
  const auto part_of = [&](const Input& input, const Group& group) -> std::optional<NodeId> {
    if (input.kind == Input::Kind::total && !input.path.field.valid()) return std::nullopt;
    if (input.kind == Input::Kind::total && !input.path.refs.empty()) return taken_part(group, referred(step, input));
    return taken_part(group, input, step);
  };
  const std::int32_t from = step.earlier ? now_ - 1 : now_, to = step.earlier ? now_ : now_ - 1;
  for_each_input(form.events, from, [&](std::uint32_t index, const Input& input, const Group& group) {
    if (const auto part = part_of(input, group)) shift(index, graph_.multiply(minus, *part));
  });
  for_each_input(form.events, to, [&](std::uint32_t index, const Input& input, const Group& group) {
    if (const auto part = part_of(input, group)) shift(index, *part);
  });
}

/// An order in several: more rows, the same sums.
void AttackEncoder::splits(const Form& form, AttackGraph::Step& step) {
  const auto& fields = shape_.policy.events[form.events.index].fields;
  const auto divided = [&](std::uint32_t field) {
    return fields[field].type.kind == value::Kind::number && !fields[field].key;
  };
  for_each_input(form.events, now_, [&](std::uint32_t index, const Input& input, const Group& group) {
    const NodeId one = graph_.constant(Number(1)), rows = graph_.input(input);
    if (turns(group, divided)) {
      // What is split may have been outside; the whole is not empty.
      if (input.kind == Input::Kind::rows && !any_mix_ && !group.filter.valid())
        result_.require.push_back(graph_.less_equal(one, rows));
      return turn_rows(index, input, group, step.count);
    }
    if (input.kind != Input::Kind::rows) return;
    const NodeId more = taken_part(group, input, step);
    shift(index, more);
    // There is something to split where the parts are.
    result_.require.push_back(
        graph_.either(graph_.less_equal(more, graph_.constant(Number(0))), graph_.less_equal(one, rows)));
  });
}

}  // namespace kpi::prove
