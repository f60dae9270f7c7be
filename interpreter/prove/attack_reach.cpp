// How far an attack reaches beyond the sums of its rows: values that are not sums, rows that refer to others, ranks.
#include "interpreter/prove/attack.hpp"

#include <algorithm>

namespace kpi::prove {

using value::Value;

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

}  // namespace kpi::prove
