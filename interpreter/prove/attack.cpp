#include "interpreter/prove/attack.hpp"

#include <algorithm>

namespace kpi::prove {

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

namespace {
/// Witnesses and searching stay quick.
constexpr std::int32_t kMostPeriods = 4;
}  // namespace

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
