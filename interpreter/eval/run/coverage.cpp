#include "interpreter/eval/run/coverage.hpp"

#include <algorithm>
#include <set>

#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::BuiltinCurve;
using model::Curve;
using model::CurveKind;
using model::ExprId;
using value::Number;

namespace {

// The parts of a payout, in the order in which they apply; penalties follow from kPenalties on, two for each.
enum PayoutPart : std::size_t {
  kAmount,
  kProrate,
  kAtFloor,
  kAboveFloor,
  kAtCap,
  kBelowCap,
  kPaid,
  kNotPaid,
  kScaled,
  kInBudget,
  kPenalties
};

source::Span clause_span(const model::Payout& payout, std::string_view key) {
  for (const auto& clause : payout.clause_spans) {
    if (clause.key == key) return clause.span;
  }
  return payout.named.span;
}

/// Below the first point there is a segment of its own, unless the curve starts at zero: scores, rates and sums of
/// sales do not go below. Brackets pay nothing there.
bool has_segment_below(const Curve& curve) {
  return curve.kind != CurveKind::brackets && !curve.points.front().at.is_zero();
}

}  // namespace

Coverage::Coverage(const model::Policy& policy) : policy_(policy) {
  list_phases();
  list_tables();
  list_curves();
  list_scorecards();
  list_conditions();
  list_exclusions();
  list_payouts();
  list_alerts();
  std::vector<std::size_t> order(items_.size());
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return items_[a].kind == items_[b].kind ? items_[a].span.begin < items_[b].span.begin
                                            : items_[a].kind < items_[b].kind;
  });
  std::vector<CoverageItem> sorted;
  std::vector<std::size_t> place(order.size());
  for (std::size_t at = 0; at < order.size(); ++at) {
    sorted.push_back(std::move(items_[order[at]]));
    place[order[at]] = at;
  }
  items_ = std::move(sorted);
  for (auto& [key, at] : index_) at = place[at];
}

CoverageItem& Coverage::item(Table table, std::size_t owner, std::size_t part, CoverageKind kind,
                             CoverageOutcome outcome, const model::Named& named, source::Span span) {
  const Key key{static_cast<std::uint32_t>(owner), static_cast<std::uint32_t>(part)};
  index_.emplace(std::pair{table, key}, items_.size());
  CoverageItem& created = items_.emplace_back();
  created.kind = kind;
  created.outcome = outcome;
  created.owner = named.name;
  created.span = span;
  return created;
}

void Coverage::hit(Table table, std::size_t owner, std::size_t part) {
  const Key key{static_cast<std::uint32_t>(owner), static_cast<std::uint32_t>(part)};
  if (const auto found = index_.find({table, key}); found != index_.end()) ++items_[found->second].hits;
}

void Coverage::list_phases() {
  for (const model::Phases& phases : policy_.phases) {
    for (std::size_t at = 0; at < phases.phases.size(); ++at) {
      const model::Named& named = phases.phases[at].named;
      if (named.from_library) continue;
      item(Table::phases, phases.entity.index, at, CoverageKind::phase, CoverageOutcome::entered,
           policy_.entity(phases.entity).named, named.span)
          .part = named.name;
    }
  }
}

void Coverage::list_tables() {
  for (std::size_t table = 0; table < policy_.tables.size(); ++table) {
    const model::DecisionTable& declared = policy_.tables[table];
    if (declared.named.from_library) continue;
    for (std::size_t row = 0; row < declared.rows.size(); ++row) {
      item(Table::rows, table, row, CoverageKind::table_row, CoverageOutcome::applies, declared.named,
           declared.rows[row].span);
    }
  }
}

void Coverage::list_curves() {
  for (std::uint32_t index = 0; index < policy_.curves.size(); ++index) {
    const Curve& curve = policy_.curves[index];
    if (curve.named.from_library || curve.points.empty()) continue;
    const auto add = [&](std::size_t part, CoverageOutcome outcome, const Curve::Point& point) -> CoverageItem& {
      CoverageItem& added =
          item(Table::segments, index, part, CoverageKind::curve_segment, outcome, curve.named, point.span);
      added.low = point.at;
      added.curve = model::CurveId{index};
      return added;
    };
    if (has_segment_below(curve)) add(0, CoverageOutcome::below, curve.points.front());
    for (std::size_t at = 0; at < curve.points.size(); ++at) {
      const bool last = at + 1 == curve.points.size();
      CoverageItem& added = add(at + 1, last ? CoverageOutcome::beyond : CoverageOutcome::between, curve.points[at]);
      if (!last) added.high = curve.points[at + 1].at;
    }
  }
}

void Coverage::list_condition(ExprId root, const std::string& owner) {
  model::walk(policy_, root, [&](ExprId, const model::Expr& expr) {
    const auto* choice = std::get_if<model::IfExpr>(&expr.node);
    if (choice == nullptr) return;
    if (index_.contains({Table::conditions, {choice->condition.index, 0}})) return;
    model::Named named;
    named.name = owner;
    const source::Span span = policy_.expr(choice->condition).span;
    item(Table::conditions, choice->condition.index, 0, CoverageKind::condition, CoverageOutcome::holds, named, span);
    item(Table::conditions, choice->condition.index, 1, CoverageKind::condition, CoverageOutcome::does_not_hold, named,
         span);
  });
}

void Coverage::list_conditions() {
  for (const model::Metric& metric : policy_.metrics) {
    if (metric.named.from_library) continue;
    list_condition(metric.value, metric.named.name);
    if (!metric.needs.valid()) continue;
    const source::Span span = policy_.expr(metric.needs).span;
    item(Table::conditions, metric.needs.index, 0, CoverageKind::condition, CoverageOutcome::enough, metric.named, span)
        .part = "needs";
    item(Table::conditions, metric.needs.index, 1, CoverageKind::condition, CoverageOutcome::too_few, metric.named,
         span)
        .part = "needs";
  }
  for (const model::DecisionTable& table : policy_.tables) {
    if (table.named.from_library) continue;
    for (const auto& row : table.rows) list_condition(row.value, table.named.name);
  }
  for (const model::Scorecard& card : policy_.scorecards) {
    if (card.named.from_library) continue;
    for (const auto& row : card.rows) {
      for (ExprId target : row.targets) list_condition(target, card.named.name);
      list_condition(row.base, card.named.name);
    }
    for (const auto& gate : card.gates) list_condition(gate.requires_value, card.named.name);
  }
  for (const model::Payout& payout : policy_.payouts) {
    if (payout.named.from_library) continue;
    for (ExprId root : {payout.amount, payout.pool, payout.pool_by, payout.prorate, payout.floor, payout.cap,
                        payout.paid_when, payout.budget}) {
      list_condition(root, payout.named.name);
    }
    for (const auto& penalty : payout.penalties) list_condition(penalty.amount, payout.named.name);
  }
}

void Coverage::list_scorecards() {
  for (std::size_t index = 0; index < policy_.scorecards.size(); ++index) {
    const model::Scorecard& card = policy_.scorecards[index];
    if (card.named.from_library) continue;
    for (std::size_t row = 0; row < card.rows.size(); ++row) {
      const auto* builtin = std::get_if<BuiltinCurve>(&card.rows[row].curve);
      if (builtin == nullptr || *builtin == BuiltinCurve::linear) continue;
      const bool pass = *builtin == BuiltinCurve::pass;
      const std::string& metric = policy_.metrics[card.rows[row].metric.index].named.name;
      item(Table::points, index, 2 * row, CoverageKind::points,
           pass ? CoverageOutcome::passes : CoverageOutcome::at_cap, card.named, card.rows[row].span)
          .part = metric;
      item(Table::points, index, 2 * row + 1, CoverageKind::points,
           pass ? CoverageOutcome::fails : CoverageOutcome::below_cap, card.named, card.rows[row].span)
          .part = metric;
    }
    for (std::size_t gate = 0; gate < card.gates.size(); ++gate) {
      const model::Named& named = card.gates[gate].named;
      item(Table::gates, index, 2 * gate, CoverageKind::gate, CoverageOutcome::passes, named, named.span);
      item(Table::gates, index, 2 * gate + 1, CoverageKind::gate, CoverageOutcome::fails, named, named.span);
    }
  }
}

void Coverage::list_exclusions() {
  for (std::size_t index = 0; index < policy_.exclusions.size(); ++index) {
    const model::Named& named = policy_.exclusions[index].named;
    if (named.from_library) continue;
    item(Table::exclusions, index, 0, CoverageKind::exclusion, CoverageOutcome::takes_out, named, named.span);
    item(Table::exclusions, index, 1, CoverageKind::exclusion, CoverageOutcome::leaves_in, named, named.span);
  }
}

void Coverage::list_payouts() {
  for (std::size_t index = 0; index < policy_.payouts.size(); ++index) {
    const model::Payout& payout = policy_.payouts[index];
    if (payout.named.from_library) continue;
    const auto add = [&](std::size_t part, CoverageOutcome outcome, const char* clause) {
      item(Table::payouts, index, part, CoverageKind::payout_step, outcome, payout.named, clause_span(payout, clause))
          .part = clause;
    };
    add(kAmount, CoverageOutcome::applies, payout.pool.valid() ? "pool" : "amount");
    if (payout.prorate.valid()) add(kProrate, CoverageOutcome::applies, "prorate");
    if (payout.floor.valid()) {
      add(kAtFloor, CoverageOutcome::at_floor, "floor");
      add(kAboveFloor, CoverageOutcome::above_floor, "floor");
    }
    if (payout.cap.valid()) {
      add(kAtCap, CoverageOutcome::at_cap, "cap");
      add(kBelowCap, CoverageOutcome::below_cap, "cap");
    }
    if (payout.paid_when.valid()) {
      add(kPaid, CoverageOutcome::holds, "paid");
      add(kNotPaid, CoverageOutcome::does_not_hold, "paid");
    }
    if (payout.budget.valid()) {
      add(kScaled, CoverageOutcome::scales_down, "budget");
      add(kInBudget, CoverageOutcome::is_enough, "budget");
    }
    for (std::size_t penalty = 0; penalty < payout.penalties.size(); ++penalty) {
      const model::Named& named = payout.penalties[penalty].named;
      item(Table::payouts, index, kPenalties + 2 * penalty, CoverageKind::payout_step, CoverageOutcome::takes_off,
           payout.named, named.span)
          .part = named.name;
      item(Table::payouts, index, kPenalties + 2 * penalty + 1, CoverageKind::payout_step,
           CoverageOutcome::takes_nothing, payout.named, named.span)
          .part = named.name;
    }
  }
}

void Coverage::list_alerts() {
  for (std::size_t index = 0; index < policy_.alerts.size(); ++index) {
    const model::Named& named = policy_.alerts[index].named;
    if (named.from_library) continue;
    item(Table::alerts, index, 0, CoverageKind::alert, CoverageOutcome::fires, named, named.span);
    item(Table::alerts, index, 1, CoverageKind::alert, CoverageOutcome::stays_quiet, named, named.span);
  }
}

void Coverage::met_phase(EntityId entity, std::size_t phase) { hit(Table::phases, entity.index, phase); }

void Coverage::met_table_row(model::TableId table, std::size_t row) { hit(Table::rows, table.index, row); }

/// Each rate of a bracket that was used counts; of a step or a line only the one in force.
void Coverage::met_curve(model::CurveId curve, const Number& input) {
  const Curve& declared = policy_.curves[curve.index];
  std::size_t segment = 0;
  for (const Curve::Point& point : declared.points) {
    if (declared.kind == CurveKind::brackets ? input <= point.at : input < point.at) break;
    ++segment;
    if (declared.kind == CurveKind::brackets) hit(Table::segments, curve.index, segment);
  }
  if (declared.kind != CurveKind::brackets) hit(Table::segments, curve.index, segment);
}

void Coverage::met_condition(ExprId condition, bool holds) { hit(Table::conditions, condition.index, holds ? 0 : 1); }

void Coverage::met_alert(model::AlertId alert, bool holds) {
  if (!holds) hit(Table::alerts, alert.index, 1);
}

void Coverage::add_scorecard(const ScorecardResult& result) {
  const model::Scorecard& card = policy_.scorecards[result.scorecard.index];
  for (const ScorecardRowResult& row : result.rows) {
    for (const ScoreRowResult& metric : row.metrics) {
      const model::ScorecardRow& declared = card.rows[metric.row];
      const auto* builtin = std::get_if<BuiltinCurve>(&declared.curve);
      if (builtin == nullptr || !metric.points.has_value()) continue;
      const Number best = *builtin == BuiltinCurve::pass ? Number(100) : Number(100) * declared.cap;
      hit(Table::points, result.scorecard.index, 2 * metric.row + (metric.points.number() >= best ? 0 : 1));
    }
    for (const GateResult& gate : row.gates) {
      hit(Table::gates, result.scorecard.index, 2 * gate.gate + (gate.passed.value_or(false) ? 0 : 1));
    }
  }
}

void Coverage::add_payout(const PayoutResult& result) {
  const std::size_t owner = result.payout.index;
  const model::Payout& payout = policy_.payouts[owner];
  for (const PayoutRowResult& row : result.rows) {
    Number before;
    for (const PayoutStep& step : row.steps) {
      const Number after = step.value.has_value() ? step.value.number() : Number(0);
      const auto either = [&](bool first, std::size_t yes, std::size_t no) {
        hit(Table::payouts, owner, first ? yes : no);
      };
      if (step.step == "amount" || step.step == "pool_share") hit(Table::payouts, owner, kAmount);
      if (step.step == "prorate" && step.expr.valid()) hit(Table::payouts, owner, kProrate);
      if (step.step == "floor") either(after > before, kAtFloor, kAboveFloor);
      if (step.step == "cap") either(after < before, kAtCap, kBelowCap);
      if (step.step == "paid_when") either(step.input.boolean(), kPaid, kNotPaid);
      for (std::size_t penalty = 0; step.step == "penalty" && penalty < payout.penalties.size(); ++penalty) {
        if (payout.penalties[penalty].named.name != step.name) continue;
        either(after != before, kPenalties + 2 * penalty, kPenalties + 2 * penalty + 1);
      }
      before = after;
    }
    for (const auto& penalty : row.base_penalties) {
      const bool nothing = penalty.amount.number().is_zero();
      hit(Table::payouts, owner, kPenalties + 2 * penalty.penalty + (nothing ? 1 : 0));
    }
  }
  if (result.budget) hit(Table::payouts, owner, result.budget_factor ? kScaled : kInBudget);
}

void Coverage::add(const Outcome& outcome, const PeriodOutcome& period) {
  for (const ScorecardResult& scorecard : period.scorecards) add_scorecard(scorecard);
  for (const PayoutResult& payout : period.payouts) add_payout(payout);
  for (const ExclusionCount& count : period.exclusions) {
    if (count.rows + count.noted > 0) hit(Table::exclusions, count.exclusion.index, 0);
    const EventsInfo& info = outcome.events[count.events.index];
    if (info.rows > count.rows + count.noted) hit(Table::exclusions, count.exclusion.index, 1);
  }
  std::set<std::uint32_t> fired;
  for (const AlertResult& alert : period.alerts) fired.insert(alert.alert.index);
  for (const std::uint32_t alert : fired) hit(Table::alerts, alert, 0);
}

std::size_t Coverage::covered() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const CoverageItem& item) { return item.hits > 0; }));
}

std::size_t Coverage::total(CoverageKind kind) const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [&](const CoverageItem& item) { return item.kind == kind; }));
}

std::size_t Coverage::covered(CoverageKind kind) const {
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [&](const CoverageItem& item) { return item.kind == kind && item.hits > 0; }));
}

}  // namespace kpi::eval
