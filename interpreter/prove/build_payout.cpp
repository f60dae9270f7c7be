#include <algorithm>

#include "interpreter/prove/build.hpp"

namespace kpi::prove {

using model::Attain;
using model::BuiltinCurve;
using model::Missing;

template <class Entries, class Make>
Scalar Builder::by_phase(const Entries& entries, const Moment& moment, Make make) {
  if (entries.empty()) return nothing();
  if (entries.size() == 1) return make(entries.front());
  Scalar result = nothing();
  for (std::size_t i = entries.size(); i-- > 0;) {
    const NodeId is = phase_is(static_cast<std::uint32_t>(i), moment);
    const Scalar entry = make(entries[i]);
    result = {graph_.choose(is, entry.value, result.value),
              graph_.either(graph_.both(is, entry.defined), graph_.both(graph_.negate(is), result.defined))};
  }
  return result;
}

Scalar Builder::attainment(const model::ScorecardRow& row, const Scalar& actual, const Scalar& target,
                           const Scalar& base) {
  const NodeId zero = graph_.constant(Number(0));
  const NodeId both_defined = graph_.both(actual.defined, target.defined);
  switch (row.attain) {
    case Attain::none:
      return nothing();
    case Attain::from: {
      const NodeId span = graph_.subtract(target.value, base.value);
      return {graph_.divide(graph_.subtract(actual.value, base.value), span),
              graph_.both(graph_.both(both_defined, base.defined), not_zero(span))};
    }
    case Attain::inverse:
      return {graph_.divide(target.value, actual.value),
              graph_.both(graph_.both(both_defined, graph_.less(zero, target.value)), not_zero(actual.value))};
    case Attain::ratio:
    case Attain::mirror:
      break;
  }
  const NodeId ratio = graph_.divide(actual.value, target.value);
  const NodeId defined = graph_.both(both_defined, graph_.less(zero, target.value));
  if (row.attain == Attain::ratio) return {ratio, defined};
  return {graph_.subtract(graph_.constant(Number(2)), ratio), defined};
}

Scalar Builder::points(const model::ScorecardRow& row, const Scalar& actual, const Scalar& target,
                       const Scalar& attained) {
  const Number hundred(100);
  const auto* builtin = std::get_if<BuiltinCurve>(&row.curve);
  const NodeId zero = graph_.constant(Number(0));
  if (builtin != nullptr && *builtin == BuiltinCurve::pass) {
    const bool lower = policy_.metrics[row.metric.index].lower_is_better;
    const NodeId misses = lower ? graph_.less(target.value, actual.value) : graph_.less(actual.value, target.value);
    graph_.at(misses, row.span);
    return {graph_.choose(misses, zero, graph_.constant(hundred)), graph_.both(actual.defined, target.defined)};
  }
  const Scalar input = row.attain == Attain::none ? actual : attained;
  if (builtin == nullptr) return apply_curve(policy_.curves[std::get<model::CurveId>(row.curve).index], input);
  const NodeId linear = graph_.maximum(zero, graph_.multiply(graph_.constant(hundred), input.value));
  if (*builtin == BuiltinCurve::linear) return {linear, input.defined};
  const std::string& name = policy_.metrics[row.metric.index].named.name;
  graph_.kinks.push_back({Kink::Kind::points, input.value, graph_.constant(row.cap), name, row.cap, {}});
  return {graph_.minimum(linear, graph_.constant(hundred * row.cap)), input.defined};
}

/// The weighted sum. Rows without value make the card unscored, count zero, or are left out with the remaining weights
/// scaled up: then the sum is divided by the weights that are present.
NodeId Builder::choose_weights(const model::Scorecard& card, const std::vector<Row>& rows, NodeId& scored,
                               const Moment& moment) {
  const NodeId zero = graph_.constant(Number(0));
  NodeId sum = zero, present = zero;
  bool skips = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const model::ScorecardRow& row = card.rows[i];
    const bool ignored =
        std::all_of(row.weights.begin(), row.weights.end(), [](const Number& w) { return w.is_zero(); });
    if (ignored) continue;
    const NodeId weight = by_phase(row.weights, moment, [&](const Number& w) { return constant(w); }).value;
    const NodeId counts = graph_.negate(graph_.equal(weight, zero));
    NodeId points = rows[i].points.value;
    if (row.missing == Missing::unscored) {
      scored = graph_.both(scored, graph_.either(graph_.negate(counts), rows[i].points.defined));
      present = graph_.add(present, weight);
    } else if (row.missing == Missing::zero) {
      points = graph_.choose(rows[i].points.defined, points, zero);
      present = graph_.add(present, weight);
    } else {
      skips = true;
      points = graph_.choose(rows[i].points.defined, points, zero);
      present = graph_.add(present, graph_.choose(rows[i].points.defined, weight, zero));
    }
    sum = graph_.add(sum, graph_.multiply(weight, points));
  }
  if (!skips) return sum;
  scored = graph_.both(scored, graph_.negate(graph_.equal(present, zero)));
  // The weights present are one of a few constants; dividing by each keeps the cases linear.
  NodeId factor = zero;
  std::vector<NodeId> conditions;
  std::vector<NodeId> weights;
  NodeId fixed = zero;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const model::ScorecardRow& row = card.rows[i];
    const NodeId weight = by_phase(row.weights, moment, [&](const Number& w) { return constant(w); }).value;
    if (row.missing == Missing::skip && !graph_.is_true(rows[i].points.defined)) {
      conditions.push_back(rows[i].points.defined);
      weights.push_back(weight);
    } else {
      fixed = graph_.add(fixed, weight);
    }
  }
  if (conditions.size() > 5) return graph_.divide(sum, present);
  const std::uint32_t cases = 1U << conditions.size();
  for (std::uint32_t which = 0; which < cases; ++which) {
    NodeId holds = graph_.truth(true), total = fixed;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      const bool there = (which >> i) & 1U;
      holds = graph_.both(holds, there ? conditions[i] : graph_.negate(conditions[i]));
      if (there) total = graph_.add(total, weights[i]);
    }
    factor = graph_.choose(holds, graph_.divide(sum, total), factor);
  }
  return factor;
}

const Builder::Card& Builder::card(ScorecardId id, std::int32_t offset) {
  const auto key = std::pair(id.index, offset);
  if (const auto known = cards_.find(key); known != cards_.end()) return known->second;
  const model::Scorecard& card = policy_.scorecards[id.index];
  Moment moment;
  moment.offsets = {offset};
  std::vector<Row> rows;
  Card result;
  for (const model::ScorecardRow& row : card.rows) {
    Row made;
    made.actual = metric(row.metric, moment);
    made.target = by_phase(row.targets, moment,
                           [&](ExprId target) { return target.valid() ? number(target, moment) : nothing(); });
    const Scalar base = row.base.valid() ? number(row.base, moment) : nothing();
    // attainment and points per phase: with a constant target, actual / target is linear.
    if (row.targets.size() > 1) {
      made.attainment = by_phase(row.targets, moment, [&](ExprId target) {
        return attainment(row, made.actual, target.valid() ? number(target, moment) : nothing(), base);
      });
      made.points = by_phase(row.targets, moment, [&](ExprId target) {
        const Scalar at = target.valid() ? number(target, moment) : nothing();
        return points(row, made.actual, at, attainment(row, made.actual, at, base));
      });
    } else {
      made.attainment = attainment(row, made.actual, made.target, base);
      made.points = points(row, made.actual, made.target, made.attainment);
    }
    made.weight = by_phase(row.weights, moment, [&](const Number& weight) { return constant(weight); });
    result.rows.emplace(row.metric, made);
    rows.push_back(made);
  }
  NodeId scored = policy_.phases_of(card.entity) != nullptr ? phase_known(moment) : graph_.truth(true);
  scored = graph_.both(scored, present(card.population, moment));
  NodeId score = graph_.constant(Number(100));
  if (card.has_table) score = choose_weights(card, rows, scored, moment);
  const Card* outer = current_card_;
  const NodeId ungated = score;
  result.score = {score, scored};
  current_card_ = &result;
  for (const model::Gate& gate : card.gates) {
    const NodeId passes = condition(gate.requires_value, moment).yes;
    if (gate.effect == model::Gate::Effect::unscored) {
      scored = graph_.both(scored, passes);
    } else {
      const Number limit = gate.effect == model::Gate::Effect::score ? Number(0) : gate.limit;
      const NodeId limited = graph_.minimum(ungated, graph_.constant(limit));
      score = graph_.minimum(score, graph_.choose(passes, ungated, limited));
    }
  }
  current_card_ = outer;
  result.score = {score, scored};
  if (offset == 0) graph_.names.emplace(score, "score");
  result.ungated = ungated;
  return cards_.emplace(key, std::move(result)).first->second;
}

Scalar Builder::result_field(const model::ResultField& field) {
  if (current_card_ == nullptr) return nothing();
  const auto found = current_card_->rows.find(field.metric);
  if (found == current_card_->rows.end()) return nothing();
  using Which = model::ResultField::Which;
  switch (field.which) {
    case Which::target:
      return found->second.target;
    case Which::attainment:
      return found->second.attainment;
    case Which::points:
      return found->second.points;
    case Which::value:
      return found->second.actual;
    case Which::weight:
      return found->second.weight;
  }
  return nothing();
}

/// Whether somebody is on the list. Who is there by fields of their own (`active`) is taken to be there.
NodeId Builder::present(model::Population population, const Moment& moment) {
  const bool distinct = policy_.entity(entity_).is_distinct();
  const bool ever = population == model::Population::ever && distinct;
  if (population != model::Population::period && !ever) return graph_.truth(true);
  constexpr std::int32_t kFurthest = 3;
  NodeId result = graph_.truth(false);
  if (ever) {
    Input before;
    before.kind = Input::Kind::choice;
    before.key = before.name = "seen before";
    before.range = {Number(0), Number(1)};
    before.grain = Number(1);
    result = graph_.equal(graph_.input(before), graph_.constant(Number(1)));
    graph_.definitions.push_back(result);
  }
  for (std::uint32_t index = 0; index < policy_.events.size(); ++index) {
    if (policy_.events[index].owner_paths.to(entity_) == nullptr) continue;
    model::Aggregate rows_of;
    rows_of.source = model::SourceRef::of(model::EventsId{index});
    rows_of.at = policy_.events[index].time;
    for (std::int32_t offset = moment.first(); offset <= (ever ? kFurthest : moment.first()); ++offset) {
      const NodeId count = graph_.input(graph_.inputs[graph_.groups[group(rows_of, offset, false)].rows_input]);
      result = graph_.either(result, not_empty(count));
    }
  }
  return result;
}

PayGraph Builder::scorecard(ScorecardId id, std::int32_t offset) {
  const Card& made = card(id, offset);
  PayGraph result;
  result.score = made.score;
  result.paid = made.score.defined;
  const NodeId zero = graph_.constant(Number(0));
  result.pay = result.amount = graph_.choose(made.score.defined, made.score.value, zero);
  result.earned = result.earned_amount = result.pay;
  result.base = result.base_penalties = zero;
  return result;
}

PayGraph Builder::alert(model::AlertId id) {
  Moment moment;
  moment.offsets = {0};
  const Condition holds = condition(policy_.alerts[id.index].when, moment);
  const NodeId zero = graph_.constant(Number(0));
  PayGraph result;
  result.pay = result.amount = graph_.choose(holds.yes, graph_.constant(Number(1)), zero);
  result.paid = graph_.either(holds.yes, holds.no);
  result.base = result.base_penalties = zero;
  return result;
}

/// What is left of the pool beside the others: pool - pool * W / (w + W), for the measure w of the payee and W of all
/// others, which is free and stands still. Written so that more of w is evidently not less pay.
NodeId Builder::pool_share(NodeId pool, NodeId measure, const std::string& key) {
  assumptions_.insert("others");
  const NodeId zero = graph_.constant(Number(0));
  Input input;
  input.kind = Input::Kind::opaque;
  input.made = Input::Made::by_others;
  input.key = "measure of the others " + key;
  input.name = "measure of the others";
  input.range = Interval::at_least(Number(0));
  const NodeId others = graph_.input(input);
  const NodeId own = graph_.maximum(zero, measure), sum = graph_.add(own, others), all = graph_.maximum(zero, pool);
  graph_.fact(graph_.less_equal(others, sum));
  const NodeId some = graph_.less(zero, measure);
  if (graph_[some].op == Op::less) graph_.definitions.push_back(some);
  return graph_.choose(some, graph_.subtract(all, graph_.multiply(all, graph_.divide(others, sum))), zero);
}

/// What earlier periods left above the cap: any amount. The store of a witness begins without one.
NodeId Builder::carried_in(PayoutId id, std::int32_t offset) {
  Input input;
  input.kind = Input::Kind::opaque;
  input.made = Input::Made::by_others;
  input.key = "carried in " + std::to_string(id.index) + " " + std::to_string(offset);
  input.name = "carried in";
  input.unit = value::Unit::of(policy_.payouts[id.index].currency);
  input.range = Interval::at_least(Number(0));
  return graph_.input(input);
}

/// A draw D is an advance: max(a, D) less what is recovered of earlier ones. Pay less the change of what is owed is a
/// again, so that what is gained is what `a` gains; and pay moves where a does and never further, as long as D is a
/// constant and the part that is recovered lies between 0 and 1.
void Builder::balances(const model::Payout& payout, const Moment& moment, PayGraph& result) {
  // A condition would release what was carried in, and a budget cut it.
  result.open_gain = payout.cap_carry && (payout.paid_when.valid() || payout.budget.valid());
  if (!payout.draw.valid()) return;
  const auto fixed = [&](ExprId expr) -> std::optional<Number> {
    const NodeId node = number(expr, moment).value;
    return graph_.is_constant(node) ? std::optional(graph_[node].value) : std::nullopt;
  };
  result.draw = fixed(payout.draw);
  const auto part = payout.recover.valid() ? fixed(payout.recover) : std::optional(Number(1));
  result.open_pay = !result.draw || !part || part->sign() < 0 || Number(1) < *part;
  result.open_gain = result.open_gain || result.open_pay;
}

PayGraph Builder::payout(PayoutId id, std::int32_t offset) {
  const model::Payout& payout = policy_.payouts[id.index];
  const NodeId zero = graph_.constant(Number(0));
  Moment moment;
  moment.offsets = {offset};
  PayGraph result;
  NodeId paid = graph_.truth(true);
  current_card_ = nullptr;
  if (payout.scorecard.valid()) {
    const Card& made = card(payout.scorecard, offset);
    current_card_ = &made;
    result.score = made.score;
    paid = made.score.defined;
  } else {
    const bool distinct = policy_.entity(payout.entity).is_distinct();
    paid = present(distinct ? model::Population::period : model::Population::active, moment);
  }
  const auto clause = [&](ExprId expr) {
    const Scalar value = number(expr, moment);
    paid = graph_.both(paid, value.defined);
    return value.value;
  };
  NodeId amount = zero;
  if (payout.pool.valid()) {
    result.pool = true;
    amount = pool_share(clause(payout.pool), clause(payout.pool_by),
                        "payout " + std::to_string(id.index) + " " + std::to_string(offset));
  } else if (payout.amount.valid()) {
    amount = clause(payout.amount);
  }
  if (payout.prorate.valid()) amount = graph_.multiply(amount, clause(payout.prorate));
  NodeId base_penalties = zero;
  for (const model::Penalty& penalty : payout.penalties) {
    const NodeId value = clause(penalty.amount);
    if (penalty.from_base) {
      base_penalties = graph_.add(base_penalties, value);
    } else {
      amount = graph_.subtract(amount, value);
    }
  }
  const auto limit = [&](NodeId end, const char* which) {
    graph_.kinks.push_back({Kink::Kind::limit, amount, end, payout.named.name + ", " + which, std::nullopt, {}});
    return end;
  };
  if (payout.floor.valid()) amount = graph_.maximum(amount, limit(clause(payout.floor), "floor"));
  const NodeId uncapped = amount;
  if (payout.cap.valid()) {
    if (payout.cap_carry) amount = graph_.add(amount, carried_in(id, offset));
    amount = graph_.minimum(amount, limit(clause(payout.cap), "cap"));
    for (const auto& span : payout.clause_spans) {
      if (span.key == "cap") graph_.at(amount, span.span);
    }
  }
  if (payout.paid_when.valid()) {
    const Condition holds = condition(payout.paid_when, moment);
    paid = graph_.both(paid, graph_.either(holds.yes, holds.no));
    amount = graph_.choose(holds.yes, amount, zero);
  }
  if (payout.budget.valid()) {
    // One payee alone: others can only make the share of a budget smaller.
    assumptions_.insert("budget");
    amount = graph_.minimum(amount, limit(graph_.maximum(zero, clause(payout.budget)), "budget"));
  }
  result.pay = graph_.choose(paid, amount, zero);
  result.paid = paid;
  result.earned = payout.cap_carry ? graph_.choose(paid, uncapped, zero) : result.pay;
  const Number cent = Number::power_of_ten(-payout.currency.minor_digits());
  result.amount = graph_.choose(paid, graph_.round(amount, cent, payout.rounding), zero);
  result.earned_amount =
      payout.cap_carry ? graph_.choose(paid, graph_.round(uncapped, cent, payout.rounding), zero) : result.amount;
  balances(payout, moment, result);
  result.base = payout.base.valid() ? number(payout.base, moment).value : zero;
  result.base_penalties = base_penalties;
  current_card_ = nullptr;
  return result;
}

}  // namespace kpi::prove
