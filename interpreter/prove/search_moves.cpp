// How the search makes and moves states: random ones, onto kinks, across thresholds.
#include <algorithm>

#include "interpreter/prove/search.hpp"

namespace kpi::prove {

namespace {
/// Kinks below this size are evaluated alone; others through the values that are kept.
constexpr std::size_t kSmallCone = 40;
}  // namespace

Interval Search::limits(const Input& input) const {
  Interval result = input.range;
  // What the store of a witness does not have: others, and anything before the periods that are looked at.
  const bool is_sum = input.kind == Input::Kind::rows || input.kind == Input::Kind::total;
  if (input.made == Input::Made::by_others || (input.history && is_sum && input.range.contains(Number(0))))
    return Interval::exactly(Number(0));
  switch (input.kind) {
    case Input::Kind::rows:
      if (!result.upper) result.upper = problem_.largest_rows;
      break;
    case Input::Kind::date:
      if (!result.lower) result.lower = Number(anchor_.days - 3650);
      if (!result.upper) result.upper = Number(anchor_.days + 27);
      break;
    default: {
      const Number largest =
          input.unit.time != 0 && input.unit.money == 0 ? Number(10 * 86'400) : problem_.largest_total;
      if (!result.upper) result.upper = result.lower ? value::max(largest, *result.lower + largest) : largest;
      if (!result.lower) result.lower = value::min(-largest, *result.upper - largest);
      break;
    }
  }
  return result;
}

/// The value inside the limits, on the grain.
Number Search::fit(const Input& input, const Number& wanted, bool up) const {
  const Interval limit = limits(input);
  Number result = value::min(value::max(wanted, *limit.lower), *limit.upper);
  if (!input.grain) return result;
  result = result.round_to(*input.grain, up ? value::Rounding::ceiling : value::Rounding::floor);
  if (result > *limit.upper) result = limit.upper->round_to(*input.grain, value::Rounding::floor);
  if (result < *limit.lower) result = limit.lower->round_to(*input.grain, value::Rounding::ceiling);
  return result;
}

Number Search::random_rows() {
  switch (below(8)) {
    case 0:
      return Number(0);
    case 1:
      return Number(1);
    case 2:
    case 3:
      return Number(static_cast<std::int64_t>(1 + below(9)));
    case 4:
    case 5:
    case 6:
      return Number(static_cast<std::int64_t>(1 + below(150)));
    default:
      return Number(static_cast<std::int64_t>(1 + below(2'000)));
  }
}

Number Search::random_value(const Input& input) {
  const Interval limit = limits(input);
  if (input.kind == Input::Kind::date) {
    return fit(input, Number(anchor_.days - static_cast<std::int64_t>(chance(50) ? below(200) : below(1500))), true);
  }
  // Usual ones, that a reader of the store can multiply by.
  if (input.kind == Input::Kind::rate && chance(40)) return Number(1);
  if (input.kind == Input::Kind::rate && chance(75))
    return fit(input, Number(static_cast<std::int64_t>(1 + below(20))) / Number(10), true);
  // Of attacks, the smallest is often the one that shows it.
  if (chance(input.kind == Input::Kind::parameter ? 35 : 8)) return *limit.lower;
  if (chance(8)) return *limit.upper;
  if (input.kind == Input::Kind::choice || input.kind == Input::Kind::category || input.kind == Input::Kind::days ||
      *limit.upper - *limit.lower <= Number(100)) {
    return fit(
        input,
        *limit.lower + (*limit.upper - *limit.lower) * Number(static_cast<std::int64_t>(below(1001))) / Number(1000),
        chance(50));
  }
  // A magnitude, then two digits.
  const int digits = static_cast<int>(below(7)) - 1;
  const Number magnitude = Number(static_cast<std::int64_t>(10 + below(90))) * Number::power_of_ten(digits - 1);
  const Number value = limit.lower->sign() >= 0 ? *limit.lower + magnitude : chance(50) ? magnitude : -magnitude;
  return fit(input, value, chance(50));
}

void Search::random_group(std::vector<Number>& in, std::uint32_t index) {
  const Group& group = graph_.groups[index];
  if (!used_[group.rows_input]) return;
  Number rows = fit(graph_.inputs[group.rows_input], random_rows(), true);
  std::optional<std::uint32_t> whole;
  for (std::uint32_t other = 0; other < graph_.groups.size(); ++other) {
    const Group& parent = graph_.groups[other];
    if (other == index || !used_[parent.rows_input] || !parent.filter_text.empty() || group.filter_text.empty() ||
        parent.source != group.source || parent.offset != group.offset || parent.history != group.history)
      continue;
    whole = other;
    const Number& all = in[parent.rows_input];
    rows = (all * Number(static_cast<std::int64_t>(below(101))) / Number(100)).floor();
    if (chance(15)) rows = all;
    if (chance(15)) rows = Number(0);
  }
  in[group.rows_input] = rows;
  std::optional<Number> sibling;
  for (const std::uint32_t total : totals_of_group_[index]) {
    const Input& input = graph_.inputs[total];
    if (rows.is_zero()) {
      in[total] = Number(0);
      continue;
    }
    Input row = input;
    row.range = input.per_row;
    Number value;
    if (input.optional && sibling && sibling->sign() > 0) {
      // What is given back is a part of what was taken.
      value = *sibling * Number(static_cast<std::int64_t>(chance(40) ? 0 : below(60))) / Number(100);
    } else {
      Number each = random_value(row);
      const Interval limit = limits(row);
      each = value::min(value::max(each, *limit.lower), *limit.upper);
      value = each * rows;
      if (whole) {
        for (const std::uint32_t outer : totals_of_group_[*whole]) {
          if (!(graph_.inputs[outer].path == input.path) || input.value.valid()) continue;
          const Number& all = in[graph_.groups[*whole].rows_input];
          if (!all.is_zero()) value = in[outer] * rows / all;
        }
      }
    }
    in[total] = fit(input, value, false);
    if (!input.optional && input.unit.money == 1) sibling = in[total];
  }
}

std::vector<Number> Search::random_inputs() {
  std::vector<Number> in(graph_.inputs.size());
  for (const Component& component : components_) redraw(in, component);
  return in;
}

void Search::redraw(std::vector<Number>& in, const Component& component) {
  for (const std::uint32_t group : component.groups) random_group(in, group);
  for (const std::uint32_t input : component.others) in[input] = random_value(graph_.inputs[input]);
}

Number Search::difference(const Kink& kink, std::vector<Number>& in) {
  ++evaluations_;
  const bool small = kink.cone.size() < kSmallCone;
  if (small) graph_.evaluate(kink.cone, in, kink_values_);
  const std::vector<Number>& values = small ? kink_values_ : kept_->at(in);
  return values[kink.a] - (kink.b == kNoNode ? kink.constant : values[kink.b]);
}

/// Moves one input so that both sides of the kink meet. What changes sign between two points is followed by halving and
/// secants; the last secant is exact where the difference is linear in the input.
bool Search::move_to(const Kink& kink, std::uint32_t index, std::vector<Number>& in, bool exactly) {
  const Input& input = graph_.inputs[index];
  const Interval limit = limits(input);
  const Number start = in[index];
  const auto at = [&](const Number& x) {
    in[index] = x;
    return difference(kink, in);
  };
  const auto settled = [&]() {
    if (exactly) return true;
    in[index] = fit(input, in[index], chance(50));
    if (input.grain && chance(50))
      in[index] = fit(input, in[index] + (chance(50) ? *input.grain : -*input.grain), true);
    return true;
  };
  const auto given_up = [&]() {
    in[index] = start;
    return false;
  };
  Number x0 = start, h0 = at(x0);
  if (h0.is_zero()) return settled();
  // The other end: near by, then far away.
  Number x1, h1;
  bool bracketed = false;
  const Number step = (start.abs() / Number(4) + Number(16)).ceil();
  for (const Number& far : {start + step, start - step, start + step * Number(16), *limit.lower, *limit.upper}) {
    x1 = value::min(value::max(far, *limit.lower), *limit.upper);
    if (x1 == x0) continue;
    h1 = at(x1);
    if (h1.is_zero()) return settled();
    bracketed = h1.sign() != h0.sign();
    if (bracketed) break;
  }
  if (!bracketed) return given_up();
  for (int round = 0; round < 28; ++round) {
    const bool halve = round % 3 != 2;
    Number next = halve ? (x0 + x1) / Number(2) : x1 - h1 * (x1 - x0) / (h1 - h0);
    if (halve) next = next.round(input.grain ? 3 : 6, value::Rounding::half_even);
    if (next == x0 || next == x1) {
      next = x1 - h1 * (x1 - x0) / (h1 - h0);
      round = 28;
    }
    const Number h = at(next);
    if (h.is_zero()) return settled();
    if (h.sign() == h0.sign()) {
      x0 = next;
      h0 = h;
    } else {
      x1 = next;
      h1 = h;
    }
    if (!exactly && input.grain && (x1 - x0).abs() <= *input.grain) break;
  }
  if (exactly) return given_up();
  in[index] = chance(50) ? x0 : x1;
  in[index] = fit(input, in[index], chance(50));
  return true;
}

/// A state beyond the kink (side 1) or before it, by drawing one independent part after another anew.
std::optional<std::vector<Number>> Search::beyond(const Kink& kink, int side) {
  constexpr int kPasses = 3, kDraws = 16;
  std::vector<Number> in = random_inputs();
  const auto height = [&](std::vector<Number>& at) {
    const Number d = difference(kink, at);
    return side > 0 ? d : -d;
  };
  Number best = height(in);
  for (int pass = 0; pass < kPasses && best.sign() <= 0; ++pass) {
    for (const std::size_t at : kink.components) {
      for (int draw = 0; draw < kDraws && best.sign() <= 0; ++draw) {
        std::vector<Number> next = in;
        redraw(next, components_[at]);
        const Number reached = height(next);
        if (reached <= best || !facts_hold(next)) continue;
        best = reached;
        in = std::move(next);
      }
    }
  }
  if (best.sign() <= 0) return std::nullopt;
  return in;
}

/// Takes over one independent part after another from a state on the other side of the kink; where the side changes,
/// one input alone is moved onto the kink.
bool Search::bridge(Kink& kink, std::vector<Number>& in, bool exactly) {
  const Number start = difference(kink, in);
  if (start.is_zero()) return true;
  if (!kink.prepared) {
    kink.prepared = true;
    for (std::size_t i = 0; i < components_.size(); ++i) {
      const auto& of = components_[i].inputs;
      if (std::any_of(of.begin(), of.end(), [&](std::uint32_t input) { return kink.touched[input]; }))
        kink.components.push_back(i);
    }
  }
  auto& goals = start.sign() < 0 ? kink.above : kink.below;
  auto& tries = start.sign() < 0 ? kink.above_tries : kink.below_tries;
  constexpr std::size_t kGoals = 3;
  constexpr int kTries = 6;
  if (goals.size() < kGoals && tries < kTries) {
    ++tries;
    if (auto goal = beyond(kink, -start.sign())) goals.push_back(std::move(*goal));
  }
  if (goals.empty()) return false;
  const std::vector<Number>& goal = goals[below(goals.size())];
  const std::size_t count = kink.components.size();
  const std::size_t first = below(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Component& component = components_[kink.components[(first + i) % count]];
    std::vector<Number> taken = in;
    for (const std::uint32_t input : component.inputs) taken[input] = goal[input];
    const Number there = difference(kink, taken);
    if (there.is_zero()) {
      in = std::move(taken);
      return true;
    }
    if (there.sign() == start.sign()) {
      in = std::move(taken);
      continue;
    }
    const std::size_t turn = below(component.inputs.size());
    for (std::size_t j = 0; j < component.inputs.size(); ++j) {
      const std::uint32_t input = component.inputs[(turn + j) % component.inputs.size()];
      if (in[input] == goal[input]) continue;
      const Number before = in[input];
      in[input] = goal[input];
      const Number here = difference(kink, in);
      if (here.is_zero()) return true;
      if (here.sign() == start.sign()) continue;
      in[input] = before;
      if (kink.allows(input) && move_to(kink, input, in, exactly)) return true;
      in[input] = goal[input];
    }
    return false;
  }
  return false;
}

/// Onto a kink, by one of its inputs or, where none alone reaches it, by several.
bool Search::push(Kink& kink, std::vector<Number>& in, const std::vector<std::uint32_t>* free) {
  std::vector<std::uint32_t> usable;
  for (const std::uint32_t input : kink.inputs) {
    if (free == nullptr || std::find(free->begin(), free->end(), input) != free->end()) usable.push_back(input);
  }
  if (usable.empty()) return false;
  if (move_to(kink, usable[below(usable.size())], in, false)) return true;
  return free == nullptr && kink.inputs.size() > 4 && chance(50) && bridge(kink, in, false);
}

/// The outermost kinks (tiers, gates, caps) half of the time.
Search::Kink& Search::any_kink() {
  constexpr std::size_t kOutermost = 24;
  const std::size_t among = chance(50) ? std::min(kinks_.size(), kOutermost) : kinks_.size();
  return kinks_[below(among)];
}

bool Search::settle(std::vector<Number>& in) {
  if (!problem_.boundary) return true;
  if (!boundary_) {
    ++evaluations_;
    const auto& values = kept_->at(in);
    return values[problem_.boundary->first] == values[problem_.boundary->second];
  }
  // What an earlier settling left between two multiples of its grain goes back onto it: only one input may be there.
  for (const std::uint32_t input : boundary_->inputs) {
    if (graph_.inputs[input].grain) in[input] = fit(graph_.inputs[input], in[input], true);
  }
  const std::size_t count = boundary_->inputs.size();
  const std::size_t first = below(count);
  for (std::size_t attempt = 0; attempt < std::min<std::size_t>(count, 4); ++attempt) {
    const std::uint32_t input = boundary_->inputs[(first + attempt) % count];
    if (move_to(*boundary_, input, in, true)) return true;
  }
  return bridge(*boundary_, in, true);
}

}  // namespace kpi::prove
