#include "interpreter/lint/fact_proofs.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <thread>

#include "interpreter/eval/parallel.hpp"
#include "interpreter/lint/flow.hpp"
#include "interpreter/model/walk.hpp"
#include "interpreter/prove/facts.hpp"

namespace kpi::lint {

using model::PropertyId;
using prove::Verdict;
using value::Number;
using value::Value;

struct FactProofs::Impl {
  const model::Policy& policy;
  /// By payout, so that several threads can work at once.
  std::vector<std::unique_ptr<prove::Facts>> facts{policy.payouts.size()};
  DataFlow flow{policy};
  std::optional<std::set<std::string>> limits;
  std::vector<std::optional<bool>> of_any_amount = std::vector<std::optional<bool>>(policy.payouts.size());

  prove::Facts& of(model::PayoutId payout) {
    auto& known = facts[payout.index];
    if (!known) known = std::make_unique<prove::Facts>(policy);
    return *known;
  }

  /// Gates on violations and on the platform's own limits are there to stop pay, and a phase ends with time: what they
  /// do is no cliff.
  bool is_no_performance(const std::string& quantity) {
    if (quantity.starts_with("months_since(") || quantity.starts_with("age(")) return true;
    return limit_metrics().contains(quantity);
  }
  const std::set<std::string>& limit_metrics() {
    if (limits) return *limits;
    limits.emplace();
    for (std::uint32_t i = 0; i < policy.metrics.size(); ++i) {
      const auto& tags = policy.metrics[i].tags;
      const bool limit = std::any_of(tags.begin(), tags.end(), [](const std::string& tag) {
        constexpr std::string_view kLimits[] = {"compliance", "sfcr", "ldr", "vtr", "odr", "cr", "nfr"};
        return std::find(std::begin(kLimits), std::end(kLimits), tag) != std::end(kLimits);
      });
      if (limit || flow.reads_role(flow.metric({i}), "violations")) limits->insert(policy.metrics[i].named.name);
    }
    return *limits;
  }

  /// Whether pay depends on amounts of orders that may be of any size: then a gain that was found may rest on a single
  /// order of a million, and says nothing.
  bool any_amount(model::PayoutId payout) {
    std::optional<bool>& known = of_any_amount[payout.index];
    if (!known) known = reads_any_amount(payout);
    return *known;
  }
  bool reads_any_amount(model::PayoutId payout) {
    for (const auto& [source, id] : flow.payout(payout).fields) {
      if (!source.is_events() || policy.event(source.events()).role != "orders") continue;
      const model::Field& field = policy.fields(source)[id.index];
      if (field.type.unit.money != 0 && !field.range.valid() && !field.computed.valid()) return true;
    }
    return false;
  }
};

FactProofs::FactProofs(const model::Policy& policy) : impl_(std::make_unique<Impl>(Impl{policy})) {}
FactProofs::~FactProofs() = default;

namespace {

Value number(const std::optional<Number>& value) { return value ? Value(*value) : Value(); }
bool decided(Verdict verdict) { return verdict == Verdict::proved || verdict == Verdict::refuted; }

/// The largest jump (or the largest in proportion) at a threshold of performance. A jump that was found is real also
/// when there may be others; that there is none is known only when every place was decided.
Value jump(const prove::Jumps& jumps, const std::string& quantity, bool relative, const auto& left_out) {
  std::optional<Number> largest;
  bool from_nothing = false;
  for (const prove::Jump& one : jumps.items) {
    if (one.kind != prove::Jump::Kind::performance || (!quantity.empty() && one.quantity != quantity)) continue;
    if (quantity.empty() && left_out(one.quantity)) continue;
    if (relative && !one.relative) {
      from_nothing = true;
      continue;
    }
    const Number& size = relative ? *one.relative : one.size;
    if (!largest || *largest < size) largest = size;
  }
  if (largest) return *largest;
  return jumps.complete && !from_nothing ? Value(Number()) : Value();
}

/// Brackets with a higher rate further up, anywhere in the formula.
bool rises_with_amount(const model::Policy& policy, model::ExprId formula) {
  bool found = false;
  model::walk(policy, formula, [&](model::ExprId, const model::Expr& expr) {
    const auto* apply = std::get_if<model::CurveApply>(&expr.node);
    if (!apply || policy.curves[apply->curve.index].kind != model::CurveKind::brackets) return;
    const auto& points = policy.curves[apply->curve.index].points;
    for (std::size_t i = 1; i < points.size(); ++i) found = found || points[i - 1].value < points[i].value;
  });
  return found;
}

}  // namespace

/// Each payout is one thread's, and its questions are asked in the order in which they come.
void FactProofs::foresee(const std::vector<Asked>& questions) const {
  constexpr unsigned kMostThreads = 8;
  std::vector<std::vector<Asked>> by_payout(impl_->policy.payouts.size());
  for (const Asked& one : questions) by_payout[one.payout.index].push_back(one);
  std::erase_if(by_payout, [](const auto& of) { return of.empty(); });
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads);
  if (threads == 1 || by_payout.size() < 2) return;
  // What all payouts share is worked out before.
  (void)impl_->limit_metrics();
  for (const auto& of : by_payout) {
    (void)impl_->of(of.front().payout);
    (void)impl_->any_amount(of.front().payout);
  }
  eval::in_parallel(threads, by_payout.size(), 1, [&](unsigned, std::size_t first, std::size_t last) {
    for (; first < last; ++first) {
      for (const Asked& one : by_payout[first]) (void)ask(one.property, one.payout, one.metric);
    }
  });
}

Value FactProofs::ask(PropertyId property, model::PayoutId payout, std::optional<model::MetricId> metric) const {
  prove::Facts& facts = impl_->of(payout);
  const std::string quantity = metric ? impl_->policy.metrics[metric->index].named.name : "";
  const auto left_out = [&](const std::string& name) { return impl_->is_no_performance(name); };
  const auto jumps = [&]() -> const prove::Jumps& { return facts.performance_jumps(payout, quantity, left_out); };
  switch (property) {
    case PropertyId::payout_highest: {
      const prove::Bounds& bounds = facts.bounds(payout);
      return bounds.verdict == Verdict::proved ? number(bounds.highest) : Value();
    }
    case PropertyId::payout_lowest:
      return number(facts.bounds(payout).lowest);
    case PropertyId::payout_bounded: {
      const Verdict verdict = facts.bounds(payout).verdict;
      return decided(verdict) ? Value(verdict == Verdict::proved) : Value();
    }
    case PropertyId::payout_max_jump:
      return jump(jumps(), quantity, false, left_out);
    case PropertyId::payout_jump_share:
      return jump(jumps(), quantity, true, left_out);
    case PropertyId::payout_monotone_in: {
      const bool lower = impl_->policy.metrics[metric->index].lower_is_better;
      const Verdict verdict =
          facts.monotone_in(payout, *metric, lower ? prove::Direction::down : prove::Direction::up).verdict;
      return decided(verdict) ? Value(verdict == Verdict::proved) : Value();
    }
    case PropertyId::payout_retroactive:
      return !facts.accelerators(payout).empty();
    case PropertyId::payout_accelerates:
      return rises_with_amount(impl_->policy, impl_->policy.payouts[payout.index].amount);
    case PropertyId::payout_fake_order_gain: {
      if (impl_->any_amount(payout)) return {};
      const prove::Gain& gain = facts.fake_order_gain(payout);
      if (gain.verdict == Verdict::refuted) return gain.net;
      return gain.verdict == Verdict::unknown ? Value() : Value(Number());
    }
    case PropertyId::payout_single_order_swing: {
      if (impl_->any_amount(payout)) return {};
      const prove::Gain& gain = facts.single_order_swing(payout);
      return gain.verdict == Verdict::unknown ? Value() : Value((gain.pay_after - gain.pay_before).abs());
    }
    case PropertyId::payout_influence:
      for (const prove::Influence& one : facts.influence(payout)) {
        if (one.metric == *metric && !one.unbounded) return one.highest - one.lowest;
      }
      return {};
    case PropertyId::payout_lowest_total_pay: {
      const prove::LowestPay& lowest = facts.lowest_total_pay(payout);
      return decided(lowest.verdict) ? Value(lowest.total) : Value();
    }
    case PropertyId::payout_highest_deduction: {
      return facts.highest_deduction(payout).most;
    }
    default:
      return {};
  }
}

}  // namespace kpi::lint
