#include "interpreter/eval/run/payout.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/eval/run/allocation.hpp"

namespace kpi::eval {

using model::ExprId;
using source::DiagnosticId;
namespace ids = source::ids;
using value::NoValue;
using value::NoValueReason;
using value::Number;
using value::Rounding;

std::string_view name(PayoutStatus status) {
  switch (status) {
    case PayoutStatus::ok:
      return "ok";
    case PayoutStatus::trial:
      return "trial";
    case PayoutStatus::pending:
      return "pending";
    case PayoutStatus::not_paid:
      return "not_paid";
    case PayoutStatus::unscored:
      return "unscored";
    case PayoutStatus::no_value:
      return "no_value";
  }
  return "";
}

Number PayoutRun::minor_unit() const { return Number::power_of_ten(-payout.currency.minor_digits()); }

Context PayoutRun::context_of(const Working& row) const {
  return {{payout.entity, row.result.entity_row, nullptr}, context.moment, row.score};
}

void PayoutRun::close(Working& row, PayoutStatus status, std::string reason, NoValue why) {
  row.open = false;
  row.result.status = status;
  row.result.reason = std::move(reason);
  row.result.amount = Value(std::move(why));
}

void PayoutRun::step(Working& row, const char* name, Value input, ExprId expr, std::string penalty) const {
  row.result.steps.push_back({name, std::move(penalty), row.amount, std::move(input), expr});
}

Value PayoutRun::clause(Working& row, ExprId expr, const char* name) {
  Value value = evaluator.evaluate(expr, context_of(row));
  if (!value.has_value()) {
    close(row, PayoutStatus::no_value, std::string(name) + ": " + value::reason_text(value.reason()), value.reason());
  }
  return value;
}

void PayoutRun::start() {
  const auto add = [&](std::uint32_t entity_row, const ScorecardRowResult* score) {
    const EntityRow& entity = evaluator.store.rows(payout.entity)[entity_row];
    Working& row = rows.emplace_back();
    row.result.entity_row = entity_row;
    row.result.key = entity.key;
    row.result.label = entity.label;
    row.score = score;
    if (score != nullptr && score->status == RowStatus::unscored) {
      close(row, PayoutStatus::unscored, score->reason, {NoValueReason::unscored, {}});
    }
  };
  if (context.scorecard != nullptr) {
    for (const ScorecardRowResult& score : context.scorecard->rows) add(score.entity_row, &score);
  } else {
    for (std::uint32_t row : context.rows) add(row, nullptr);
  }
}

PayoutResult PayoutRun::run() {
  PayoutResult result;
  result.payout = id;
  result.needs_recorded_runs = payout.cap_carry || payout.draw.valid() || payout.clawback.has_value();
  start();
  if (payout.pool.valid()) {
    share_pools();
  } else {
    pay_amounts();
  }
  for (Working& row : rows) {
    if (row.open) prorate(row);
    if (row.open) penalties(row);
    if (row.open) limits(row);
    if (row.open) paid_when(row);
  }
  if (payout.budget.valid()) scale_to_budget(result);
  Number total;
  for (Working& row : rows) {
    finish(row);
    if (row.open) total += row.result.amount.number();
    result.rows.push_back(std::move(row.result));
  }
  result.total = total;
  return result;
}

void PayoutRun::pay_amounts() {
  for (Working& row : rows) {
    if (!row.open) continue;
    const Value amount = clause(row, payout.amount, "amount");
    if (!row.open) continue;
    row.amount = amount.number();
    step(row, "amount", amount, payout.amount);
  }
}

/// One value for all members; an error when they differ, nothing when it has no value.
std::optional<Number> PayoutRun::shared_sum(ExprId expr, const char* name, const std::vector<std::size_t>& members) {
  const Working& first = rows[members.front()];
  const Value value = evaluator.evaluate(expr, context_of(first));
  for (std::size_t member : members) {
    const Value other = evaluator.evaluate(expr, context_of(rows[member]));
    if (other == value) continue;
    diagnostics.add(ids::amount_differs_by_payee, evaluator.policy.expr(expr).span)
        .with("clause", name)
        .with("payout", payout.named.name)
        .with("first", value::to_string(value))
        .with("first_key", first.result.key)
        .with("second", value::to_string(other))
        .with("second_key", rows[member].result.key);
    return std::nullopt;
  }
  if (value.has_value()) return value.number();
  diagnostics.add(ids::shared_sum_unknown, evaluator.policy.expr(expr).span)
      .with("clause", name)
      .with("payout", payout.named.name)
      .with("period", context.period.period.to_string())
      .with("reason", value::reason_text(value.reason()));
  for (std::size_t member : members) {
    close(rows[member], PayoutStatus::no_value, std::string(name) + ": " + value::reason_text(value.reason()),
          value.reason());
  }
  return std::nullopt;
}

void PayoutRun::share_pools() {
  std::map<std::string, std::vector<std::size_t>> pools;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    Working& row = rows[index];
    if (!row.open) continue;
    std::string key;
    if (payout.pool_within && !payout.pool_within_company) {
      const Value group = evaluator.field(payout.entity, row.result.entity_row, *payout.pool_within);
      if (!group.has_value()) {
        close(row, PayoutStatus::no_value, "within: " + value::reason_text(group.reason()), group.reason());
        continue;
      }
      key = identity_text(group);
    }
    pools[key].push_back(index);
  }
  for (const auto& [key, members] : pools) share_pool(members);
}

/// pool * by / sum of by, in minor units. Members whose measure is negative or zero get nothing; without any positive
/// measure nobody does.
void PayoutRun::share_pool(const std::vector<std::size_t>& members) {
  const auto pool = shared_sum(payout.pool, "pool", members);
  if (!pool) return;
  std::vector<std::size_t> sharing;
  std::vector<Number> ideal;
  Number sum;
  for (std::size_t member : members) {
    const Value measure = clause(rows[member], payout.pool_by, "pool by");
    if (!rows[member].open) continue;
    sharing.push_back(member);
    ideal.push_back(value::max(measure.number(), Number(0)));
    sum += ideal.back();
  }
  for (Number& share : ideal) share = sum.is_zero() ? Number(0) : *pool * share / sum;
  const std::vector<Number> parts = allocate(*pool, ideal, minor_unit());
  for (std::size_t at = 0; at < sharing.size(); ++at) {
    rows[sharing[at]].amount = parts[at];
    step(rows[sharing[at]], "pool_share", *pool, payout.pool);
  }
}

void PayoutRun::prorate(Working& row) {
  if (payout.prorate.valid()) {
    const Value factor = clause(row, payout.prorate, "prorate");
    if (!row.open) return;
    row.amount *= factor.number();
    step(row, "prorate", factor, payout.prorate);
  }
  if (context.period.prorated) {
    row.amount *= *context.period.prorated;
    step(row, "prorate", *context.period.prorated, {}, "effective");
  }
}

void PayoutRun::penalties(Working& row) {
  for (std::size_t index = 0; index < payout.penalties.size() && row.open; ++index) {
    const model::Penalty& penalty = payout.penalties[index];
    const Value value = clause(row, penalty.amount, penalty.named.name.c_str());
    if (!row.open) return;
    if (penalty.from_base) {
      const Number rounded = value.number().round(payout.currency.minor_digits(), payout.rounding);
      row.result.base_penalties.push_back({index, rounded});
      continue;
    }
    row.amount -= value.number();
    step(row, "penalty", value, penalty.amount, penalty.named.name);
  }
}

void PayoutRun::limits(Working& row) {
  if (payout.floor.valid()) {
    const Value floor = clause(row, payout.floor, "floor");
    if (!row.open) return;
    row.amount = value::max(row.amount, floor.number());
    step(row, "floor", floor, payout.floor);
  }
  if (payout.cap.valid()) {
    const Value cap = clause(row, payout.cap, "cap");
    if (!row.open) return;
    row.amount = value::min(row.amount, cap.number());
    step(row, "cap", cap, payout.cap);
  }
}

void PayoutRun::paid_when(Working& row) {
  if (!payout.paid_when.valid()) return;
  const Value holds = clause(row, payout.paid_when, "paid when");
  if (!row.open) return;
  row.paid = holds.boolean();
  if (!row.paid) row.amount = Number(0);
  step(row, "paid_when", holds, payout.paid_when);
}

/// One factor for all positive amounts, floored to minor units, the rest by largest remainder (rows are in key order).
/// Amounts that exceed the budget only by being rounded are shared in the same way.
void PayoutRun::scale_to_budget(PayoutResult& result) {
  std::vector<std::size_t> open;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (rows[index].open) open.push_back(index);
  }
  if (open.empty()) return;
  const auto budget = shared_sum(payout.budget, "budget", open);
  if (!budget) return;
  result.budget = *budget;
  Number sum, rounded;
  std::vector<std::size_t> positive;
  for (std::size_t index : open) {
    const Number& amount = rows[index].amount;
    if (amount.sign() <= 0) continue;
    positive.push_back(index);
    sum += amount;
    rounded += amount.round(payout.currency.minor_digits(), payout.rounding);
  }
  if (value::max(sum, rounded) <= *budget || positive.empty()) return;
  const Number whole = value::max(Number(0), value::min(*budget, sum));
  result.budget_factor = whole / sum;
  std::vector<Number> ideal;
  for (std::size_t index : positive) ideal.push_back(rows[index].amount * *result.budget_factor);
  const std::vector<Number> parts = allocate(whole, ideal, minor_unit());
  for (std::size_t at = 0; at < positive.size(); ++at) {
    rows[positive[at]].amount = parts[at];
    step(rows[positive[at]], "budget", *result.budget_factor, payout.budget);
  }
}

/// A score that is provisional makes its payout pending; where a pool or a budget is shared, everyone's.
bool PayoutRun::is_immature(const Working& row) const {
  if (context.immature) return true;
  const auto provisional = [](const Working& other) { return other.score != nullptr && other.score->provisional; };
  if (payout.pool.valid() || payout.budget.valid()) return std::any_of(rows.begin(), rows.end(), provisional);
  return provisional(row);
}

void PayoutRun::set_pending(Working& row) const {
  PayoutRowResult& result = row.result;
  const bool held_back = context.held_back != PendingWhy::none;
  if (held_back && (!context.is_noted || result.status == PayoutStatus::ok)) {
    result.why = context.held_back;
    result.data_to = context.data_to;
  }
  if (held_back && !context.is_noted) {
    result.status = PayoutStatus::pending;
  } else if (is_immature(row)) {
    result.status = PayoutStatus::pending;
    result.why = PendingWhy::not_matured;
  }
  switch (result.why) {
    case PendingWhy::none:
      break;
    case PendingWhy::not_matured:
      result.reason = "not matured";
      break;
    case PendingWhy::period_not_over:
      result.reason = "period not over";
      break;
    case PendingWhy::data_ends:
      result.reason = "data ends " + result.data_to->to_string();
      break;
  }
}

void PayoutRun::finish(Working& row) {
  if (!row.open) return;
  const Number rounded = row.amount.round(payout.currency.minor_digits(), payout.rounding);
  if (rounded != row.amount) {
    row.amount = rounded;
    step(row, "rounding", {}, {});
  }
  row.result.amount = row.amount;
  row.result.status = PayoutStatus::ok;
  if (!row.paid) row.result.status = PayoutStatus::not_paid;
  if (context.period.trial) {
    row.result.status = PayoutStatus::trial;
  } else {
    set_pending(row);
  }
  if (payout.earned) row.result.earned = date_after(period_end(), *payout.earned);
  if (payout.payable) row.result.payable = date_after(period_end(), *payout.payable);
}

}  // namespace kpi::eval
