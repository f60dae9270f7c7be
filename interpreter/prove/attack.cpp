#include "interpreter/prove/attack.hpp"

#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/field_names.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/filters.hpp"

namespace kpi::prove {

using value::BinaryOp;
using value::Value;

bool is_admissible(const model::Policy& policy, const model::Attack& attack) {
  using Kind = model::Attack::Form::Kind;
  return std::all_of(attack.forms.begin(), attack.forms.end(), [&](const model::Attack::Form& form) {
    if (form.kind != Kind::removes && form.kind != Kind::changes) return true;
    const auto by = policy.events[form.events.index].collected;
    return by == model::Collected::payee || by == model::Collected::unknown;
  });
}

bool takes_back(const model::Payout& payout) {
  if (!payout.clawback) return false;
  int days = 0, months = 0;  // of the longest period
  switch (payout.every) {
    case value::CalendarUnit::day:
      days = 1;
      break;
    case value::CalendarUnit::week:
      days = 7;
      break;
    case value::CalendarUnit::month:
      days = 31, months = 1;
      break;
    case value::CalendarUnit::quarter:
      days = 92, months = 3;
      break;
    case value::CalendarUnit::year:
      days = 366, months = 12;
      break;
  }
  if (months > 0 && payout.clawback->months >= months) return true;
  constexpr int kShortestMonth = 28;
  return Number(days) <= payout.clawback->seconds / Number(86'400) + Number(kShortestMonth * payout.clawback->months);
}

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
  if (!known) change.to = Value();
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

/// What a single added row brings to an aggregate over one of its fields.
std::optional<AddedValue> AttackEncoder::added_value(const Form& form, AttackGraph::Step& step, std::uint32_t index) {
  const Input input = graph_.inputs[index];
  if (input.made != Input::Made::level || form.least != 1 || form.most != 1) return std::nullopt;
  const Group group = graph_.groups[input.group];
  const std::uint32_t field = input.path.field.index;
  if (!(group.source == model::SourceRef::of(form.events)) || step.next_period.contains(field)) return std::nullopt;
  if (shape_.policy.events[form.events.index].fields[field].type.optional) return std::nullopt;
  const NodeId value = total(step, form.events, field, shape_.builder.field_range(group.source, input.path));
  const NodeId zero = graph_.constant(Number(0));
  return AddedValue{value, graph_.less(zero, taken_part(group, graph_.constant(Number(1))))};
}

/// What the rows refer to, or what refers to them, decides the input: `sum(lines.order.amount)` where lines come in or
/// move; lines whose orders are split or made smaller, where a filter or an exclusion looks at what is changed.
bool AttackEncoder::is_behind(const Form& form, const Input& input) const {
  if (input.kind != Input::Kind::rows && input.kind != Input::Kind::total) return false;
  const Group& group = graph_.groups[input.group];
  const bool moves = form.kind == Form::Kind::moves;
  if (group.source == model::SourceRef::of(form.events)) {
    if (form.kind != Form::Kind::adds && !moves) return false;
    const bool here = group.offset == now_ || (moves && group.offset == now_ - 1);
    return input.kind == Input::Kind::total && !input.path.refs.empty() && here && !group.history;
  }
  const auto read = rows_read(shape_.policy, group.source, group.filter, input.path).fields;
  const model::Events& events = shape_.policy.events[form.events.index];
  if (form.kind == Form::Kind::removes) return read.contains({form.events.index, form.field.index});
  if (moves) return read.contains({form.events.index, events.time.index});
  if (form.kind != Form::Kind::splits) return false;
  for (std::uint32_t i = 0; i < events.fields.size(); ++i) {
    if (events.fields[i].type.kind == value::Kind::number && read.contains({form.events.index, i})) return true;
  }
  return false;
}

/// Values that are not sums or counts of the rows: they become something else, within what is certain about them.
void AttackEncoder::touch(const Form& form, AttackGraph::Step& step) {
  const bool adds_only = form.kind == Form::Kind::adds && attack_.forms.size() == 1;
  const bool two_periods = form.kind == Form::Kind::moves;
  const std::size_t known = graph_.inputs.size();
  for (std::uint32_t index = 0; index < known; ++index) {
    if (!touched_.contains(index) && !deltas_.contains(index) && is_behind(form, graph_.inputs[index])) {
      const Input input = graph_.inputs[index];
      const NodeId after = parameter(input.name + " after", input.range, input.grain, input.unit);
      result_.still.push_back(graph_.equal(after, graph_.input(input)));
      touched_.emplace(index, Edited{after, input.range - input.range, {}});
      continue;
    }
    Edit edit{form.events.index, std::nullopt, now_, adds_only ? step.count : kNoNode};
    if (form.kind == Form::Kind::removes || form.kind == Form::Kind::changes) edit.field = form.field.index;
    bool touched = is_touched(graph_.inputs[index], edit);
    if (two_periods) {
      edit.offset = now_ - 1;
      touched = touched || is_touched(graph_.inputs[index], edit);
    }
    if (!touched || touched_.contains(index)) continue;
    const auto make = [&](const std::string& name, Interval range, std::optional<Number> grain, value::Unit unit) {
      return parameter(name, std::move(range), std::move(grain), unit);
    };
    const Interval far = form.kind == Form::Kind::changes ? moved_by_field(form, graph_.inputs[index]) : Interval{};
    const NodeId before = graph_.input(Input(graph_.inputs[index]));
    Edited made;
    if (far.lower || far.upper) {
      const Input input = graph_.inputs[index];
      made.moved = far;
      made.after = graph_.add(before, parameter(input.name + " moves", far, input.grain, input.unit));
    } else {
      made = edited(graph_, index, edit, make, adds_only ? added_value(form, step, index) : std::nullopt);
    }
    result_.still.push_back(graph_.equal(made.after, before));
    result_.require.insert(result_.require.end(), made.require.begin(), made.require.end());
    touched_.emplace(index, std::move(made));
  }
}

NodeId AttackEncoder::cost_of(AttackGraph::Step& step) {
  if (!attack_.cost.valid()) return graph_.constant(Number(0));
  return linear(attack_.cost, step).value_or(graph_.constant(Number(0)));
}

/// How far the change of a field moves what is no sum: rows that only leave it or only enter it, one value that grows.
Interval AttackEncoder::moved_by_field(const Form& form, const Input& input) const {
  const model::Policy& policy = shape_.policy;
  const model::SourceRef source = model::SourceRef::of(form.events);
  if (!now_changing_) return {};
  Turn turn;
  std::optional<int> inside = 0;
  if (input.of_group) {
    const Group& group = graph_.groups[input.group];
    if (!(group.source == source)) return {};
    turn = membership(policy, form.events, group.filter, group.at, group.including, *now_changing_);
    if (reads_any(policy, input.expr, source, {form.field.index}))
      inside = now_changing_->to ? std::nullopt : row_direction(shape_.builder, input.expr, source, *now_changing_);
  } else if (input.aggregate.valid()) {
    const model::Aggregate& of = policy.aggregates[input.aggregate.index];
    if (of.each_inner.valid() || !(of.source == source) || reads_any(policy, of.value, source, {form.field.index}))
      return {};
    turn = membership(policy, form.events, of.filter, of.at, of.including, *now_changing_);
  } else {
    return {};
  }
  if (!inside || (turn.up && turn.down)) return {};
  if (!turn.up && !turn.down)
    return *inside == 0 ? Interval{} : *inside > 0 ? Interval::at_least(Number(0)) : Interval{std::nullopt, Number(0)};
  if (*inside != 0) return {};
  return movement(policy, input, turn.up ? RowEdit::enters : RowEdit::leaves, Number(form.most));
}

/// Rows of other events that go with the changed ones (a share of an order that is taken out is taken out too), and
/// rows that an exclusion judges by them. An added row itself evades exclusions.
void AttackEncoder::move_what_goes_along(const Form& form) {
  const model::Policy& policy = shape_.policy;
  const bool adds = form.kind == Form::Kind::adds, splits = form.kind == Form::Kind::splits;
  const bool of_field = form.kind == Form::Kind::changes || form.kind == Form::Kind::removes;
  const bool faked = adds && policy.events[form.events.index].role != "refunds";
  const auto judged = [&](const Group& group) {
    for (std::uint32_t index = 0; index < policy.exclusions.size(); ++index) {
      const auto& exclusion = policy.exclusions[index];
      const model::ExclusionId id{index};
      if (std::find(group.including.begin(), group.including.end(), id) != group.including.end()) continue;
      for (std::size_t i = 0; i < exclusion.from.size(); ++i) {
        if (!(group.source == model::SourceRef::of(exclusion.from[i]))) continue;
        if ((faked || splits) && exclusion.from[i] == form.events) continue;
        const auto field = of_field ? std::optional(form.field) : std::nullopt;
        if (looks_at_rows(policy, exclusion.conditions[i], form.events, field)) return true;
      }
    }
    return false;
  };
  const std::size_t known = graph_.inputs.size();
  for (std::uint32_t index = 0; index < known; ++index) {
    const Input input = graph_.inputs[index];
    const bool rows = input.kind == Input::Kind::rows || input.kind == Input::Kind::total;
    if ((!rows && !input.of_group) || input.history || input.offset > now_) continue;
    const Group group = graph_.groups[input.group];
    if (!goes_along(policy, group.source, form.events, adds || splits) && !judged(group)) continue;
    const NodeId by = parameter("change of " + input.name + " " + std::to_string(index), {}, input.grain, input.unit);
    result_.still.push_back(graph_.equal(by, graph_.constant(Number(0))));
    shift(index, by);
  }
}

bool touches(const Shape& shape, model::EventsId events) {
  const auto inputs = shape.graph.inputs_of(shape.pay.pay);
  return std::any_of(inputs.begin(), inputs.end(), [&](std::uint32_t index) {
    const Input& input = shape.graph.inputs[index];
    if (input.reads.events.contains(events.index)) return true;
    if (input.kind != Input::Kind::rows && input.kind != Input::Kind::total) return false;
    const model::SourceRef source = shape.graph.groups[input.group].source;
    return source == model::SourceRef::of(events) || goes_along(shape.policy, source, events, false);
  });
}

namespace {

/// Witnesses and searching stay quick.
constexpr std::int32_t kMostPeriods = 4;

constexpr int kMostReferences = 8;  // events may refer to themselves

bool leads_to(const model::Policy& policy, model::SourceRef from, model::EventsId to, int depth = 0) {
  if (!from.is_events() || depth > kMostReferences) return false;
  return std::any_of(policy.events[from.index].fields.begin(), policy.events[from.index].fields.end(),
                     [&](const model::Field& field) {
                       if (field.type.kind != value::Kind::event) return false;
                       const model::EventsId next{field.type.index};
                       return next == to || leads_to(policy, model::SourceRef::of(next), to, depth + 1);
                     });
}

}  // namespace

bool reads_rows_of(const model::Policy& policy, const Graph& graph, const Input& input, model::EventsId events) {
  if (input.kind == Input::Kind::rows || input.kind == Input::Kind::total) {
    const model::SourceRef source = graph.groups[input.group].source;
    return source == model::SourceRef::of(events) || leads_to(policy, source, events);
  }
  return input.reads.events.contains(events.index);
}

void follow_measure(Graph& graph, const Input& input, NodeId after, const std::map<NodeId, NodeId>& moved,
                    std::vector<NodeId>& require) {
  if (input.measure == kNoNode) return;
  const NodeId before = graph.input(input);
  const NodeId measure = graph.substitute(input.measure, moved), measured = graph.substitute(input.measured, moved);
  const NodeId both = graph.both(input.measured, measured);
  const NodeId low = input.rises > 0 ? before : after, high = input.rises > 0 ? after : before;
  const auto when = [&](NodeId condition, NodeId then) {
    require.push_back(graph.either(graph.negate(graph.both(both, condition)), then));
  };
  when(graph.less_equal(input.measure, measure), graph.less_equal(low, high));
  when(graph.less_equal(measure, input.measure), graph.less_equal(high, low));
}

NodeId moved_freely(Graph& graph, const Input& input, const std::string& suffix, const std::map<NodeId, NodeId>& moved,
                    std::vector<NodeId>& require) {
  Input after = input;
  after.key += " after " + suffix;
  after.made = Input::Made::no;
  if (after.kind == Input::Kind::rows || after.kind == Input::Kind::total) after.kind = Input::Kind::opaque;
  const NodeId result = graph.input(after);
  follow_measure(graph, input, result, moved, require);
  return result;
}

Interval moves_freely(const Graph& graph, const Input& input, const Deltas& delta) {
  const Interval result = input.range - input.range;
  // Only where the number that gives the place has a value before and after.
  if (input.measure == kNoNode || !graph.is_true(input.measured)) return result;
  const auto sign = direction(delta.delta[input.measure]);
  if (!sign) return result;
  if (*sign == 0) return Interval::exactly(Number(0));
  return *sign * input.rises > 0 ? Interval{Number(0), result.upper} : Interval{result.lower, Number(0)};
}

/// With the periods in which pay looks back at what is done now.
std::int32_t AttackEncoder::periods_needed() const {
  std::int32_t result = 1;
  for (const Form& form : attack_.forms) {
    if (form.kind == Form::Kind::moves) result = 2;
    for (const auto& value : form.values) {
      if (value.next_period) result = 2;
    }
  }
  for (const std::uint32_t index : graph_.inputs_of(shape_.value())) {
    const Input& input = graph_.inputs[index];
    const auto reads = [&](const Form& form) { return reads_rows_of(shape_.policy, graph_, input, form.events); };
    if (std::none_of(attack_.forms.begin(), attack_.forms.end(), reads)) continue;
    if (input.kind == Input::Kind::rows || input.kind == Input::Kind::total) {
      result = std::max(result, input.history ? kMostPeriods + 1 : input.offset + 1);
    } else if (!input.last_offset || input.whole_history) {
      result = kMostPeriods + 1;
    } else {
      result = std::max(result, *input.last_offset + 1);
    }
  }
  return result;
}

/// How far the attack can move the pay of any single period, however much later it is.
Interval AttackEncoder::of_one_period() const {
  const Interval still = Interval::exactly(Number(0));
  Change change;
  const auto same = [&](const Input& a, const Input& b) {
    if (a.kind != b.kind || !(a.path == b.path)) return false;
    if (a.kind != Input::Kind::rows && a.kind != Input::Kind::total) return a.name == b.name;
    const Group &x = graph_.groups[a.group], &y = graph_.groups[b.group];
    return x.source == y.source && x.filter_text == y.filter_text && x.including == y.including && x.at == y.at;
  };
  for (const std::uint32_t index : graph_.inputs_of(shape_.value())) {
    const Input& input = graph_.inputs[index];
    const auto reads = [&](const Form& form) { return reads_rows_of(shape_.policy, graph_, input, form.events); };
    if (std::none_of(attack_.forms.begin(), attack_.forms.end(), reads)) continue;
    Interval moved = still;
    bool known = false;
    for (const auto& [other, by] : result_.change.inputs) {
      if (!same(input, graph_.inputs[other])) continue;
      moved = hull(moved, by);
      known = true;
    }
    // Looked at in the attack's period, and left as it is.
    known = known || std::any_of(graph_.inputs.begin(), graph_.inputs.end(), [&](const Input& other) {
              return other.kind == input.kind && other.offset == now_ && !other.history && same(input, other);
            });
    const bool followed = input.kind == Input::Kind::rows || input.kind == Input::Kind::total;
    change.inputs[index] = known && (followed || input.last_offset) ? moved : input.range - input.range;
  }
  return deltas(graph_, change).delta[shape_.value()];
}

void AttackEncoder::encode_form(const Form& form, std::size_t index) {
  AttackGraph::Step step;
  step.kind = form.kind;
  step.events = form.events;
  step.field = form.field;
  prefix_ = attack_.named.name + "#" + std::to_string(index) + (direction_.empty() ? "" : direction_) + " ";
  Number grain(1);
  if (form.kind == Form::Kind::removes) {
    grain = shape_.builder.grain(shape_.policy.events[form.events.index].fields[form.field.index]).value_or(Number(1));
  }
  step.earlier = earlier_;
  step.count = parameter("count", {Number(std::max<std::int64_t>(form.least, 1)), Number(form.most)}, grain, {});
  switch (form.kind) {
    case Form::Kind::adds:
      adds(form, step);
      break;
    case Form::Kind::removes:
      removes(form, step);
      break;
    case Form::Kind::changes:
      changes(form, step);
      break;
    case Form::Kind::moves:
      moves(form, step);
      break;
    case Form::Kind::splits:
      splits(form, step);
      break;
  }
  touch(form, step);
  move_what_goes_along(form);
  if (index == 0) result_.cost = cost_of(step);
  result_.steps.push_back(std::move(step));
}

AttackGraph AttackEncoder::encode(bool earlier, std::optional<std::uint32_t> measured, bool any_mix) {
  measured_ = measured;
  direction_ = earlier ? " earlier" : "";
  any_mix_ = any_mix;
  earlier_ = earlier;
  if (any_mix) direction_ += " mixed";
  result_.cost = graph_.constant(Number(0));
  const std::int32_t needed = periods_needed();
  result_.beyond = needed > kMostPeriods;
  // As many as show most of it; a proof needs all.
  result_.periods = result_.beyond ? 2 : needed;
  now_ = result_.periods - 1;
  // The pay of the earlier period is built first, so that its inputs exist.
  std::vector<PayGraph> pays;
  for (std::int32_t offset = now_; offset >= 0; --offset) {
    pays.push_back(shape_.target.payout.valid() ? shape_.builder.payout(shape_.target.payout, offset)
                                                : shape_.builder.scorecard(shape_.target.scorecard, offset));
  }
  for (std::size_t i = 0; i < attack_.forms.size(); ++i) encode_form(attack_.forms[i], i);
  // After the attack, every input still lies in its range and every fact still holds.
  std::map<NodeId, NodeId> now, later;
  const auto node_of = [&](std::uint32_t input) { return graph_.input(Input(graph_.inputs[input])); };
  for (const auto& [input, delta] : deltas_) now[node_of(input)] = graph_.add(node_of(input), delta);
  for (const auto& [input, made] : touched_) now[node_of(input)] = made.after;
  for (const auto& [input, made] : touched_)
    follow_measure(graph_, Input(graph_.inputs[input]), made.after, now, result_.require);
  later = now;
  for (const auto& [input, delta] : late_deltas_) {
    const NodeId node = node_of(input);
    later[node] = graph_.add(later.contains(node) ? later.at(node) : node, delta);
  }
  bool is_late = false;
  std::set<std::uint32_t> late_touched;
  for (const Form& form : attack_.forms) {
    for (const auto& value : form.values) {
      if (!value.next_period) continue;
      is_late = true;
      for (const auto& [input, made] : touched_) {
        if (graph_.inputs[input].reads.fields.contains({form.events.index, value.field.index}))
          late_touched.insert(input);
      }
    }
  }
  for (const std::uint32_t input : late_touched)
    later[node_of(input)] = moved_freely(graph_, Input(graph_.inputs[input]), attack_.named.name + direction_ + " late",
                                         later, result_.require);
  const auto demand = [&](const std::map<NodeId, NodeId>& moved) {
    for (const auto& [before, after] : moved) {
      const Interval range = graph_.inputs[graph_[before].index].range;
      if (range.lower) result_.require.push_back(graph_.less_equal(graph_.constant(*range.lower), after));
      if (range.upper) result_.require.push_back(graph_.less_equal(after, graph_.constant(*range.upper)));
    }
    const std::vector<NodeId> facts = graph_.facts;
    for (const NodeId fact : facts) {
      const NodeId still = graph_.substitute(fact, moved);
      if (still != fact) result_.require.push_back(still);
    }
  };
  demand(now);
  if (is_late) demand(later);
  const bool taken_back = is_late && result_.periods > 1 && shape_.target.payout.valid() &&
                          takes_back(shape_.policy.payouts[shape_.target.payout.index]);
  NodeId before = graph_.constant(Number(0)), after = before, amount_before = before, amount_after = before;
  for (std::size_t at = 0; at < pays.size(); ++at) {
    const auto& moved = at > 0 ? later : now;
    before = graph_.add(before, pays[at].earned);
    NodeId pay_after = graph_.substitute(pays[at].earned, moved);
    result_.paid_before.push_back(pays[at].amount);
    result_.paid_after.push_back(graph_.substitute(pays[at].amount, moved));
    NodeId earned_after = graph_.substitute(pays[at].earned_amount, moved);
    if (at == 0 && taken_back) {
      pay_after = graph_.minimum(pay_after, graph_.substitute(pays[at].earned, later));
      earned_after = graph_.minimum(earned_after, graph_.substitute(pays[at].earned_amount, later));
      result_.recomputed = graph_.substitute(pays[at].amount, later);
    }
    after = graph_.add(after, pay_after);
    amount_before = graph_.add(amount_before, pays[at].earned_amount);
    amount_after = graph_.add(amount_after, earned_after);
    result_.moved.push_back(moved);
  }
  result_.before = before;
  result_.after = after;
  result_.amount_before = amount_before;
  result_.amount_after = amount_after;
  result_.gain = graph_.subtract(graph_.subtract(amount_after, amount_before), result_.cost);
  result_.gain_unrounded = graph_.subtract(graph_.subtract(after, before), result_.cost);
  const auto known = intervals(graph_);
  for (const auto& [input, delta] : deltas_) result_.change.inputs[input] = known[delta];
  for (const auto& [input, delta] : late_deltas_) {
    Interval& moved = result_.change.inputs[input];
    const Interval late = hull(known[delta], Interval::exactly(Number(0)));
    moved = deltas_.contains(input) ? moved + late : late;
  }
  for (const auto& [input, made] : touched_) result_.change.inputs[input] = made.moved;
  // What places among others follow moves first.
  const Deltas first = deltas(graph_, result_.change);
  for (const auto& [input, made] : touched_) {
    if (graph_.inputs[input].measure != kNoNode || late_touched.contains(input))
      result_.change.inputs[input] = moves_freely(graph_, graph_.inputs[input], first);
  }
  if (result_.beyond) result_.of_one_period = of_one_period();
  return result_;
}

}  // namespace kpi::prove
