// Payouts in the order of section 8: amount or pool share, prorate, penalties from the bonus, floor, cap, paid when,
// budget, rounding once at the end. Carry, draw and clawback need recorded runs and are left out.
#pragma once

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/plan.hpp"

namespace kpi::eval {

struct PayoutContext {
  const PlannedPeriod& period;
  MomentId moment = 0;
  /// More than the usual days without data at the end of the period, or a period that is not over.
  PendingWhy held_back = PendingWhy::none;
  bool is_noted = false;                       // `held_back` is only to be mentioned
  std::optional<Date> data_to;                 // the last day with data
  bool immature = false;                       // something beside the score that the payout uses can still change
  const ScorecardResult* scorecard = nullptr;  // rows by key
  std::vector<std::uint32_t> rows;             // by key, for payouts without a scorecard
};

class PayoutRun {
 public:
  PayoutRun(Evaluator& evaluator_, const model::Payout& payout_, model::PayoutId id_, PayoutContext context_,
            source::Diagnostics& diagnostics_)
      : evaluator(evaluator_), payout(payout_), id(id_), context(std::move(context_)), diagnostics(diagnostics_) {}
  PayoutResult run();

 private:
  struct Working {
    PayoutRowResult result;
    const ScorecardRowResult* score = nullptr;
    value::Number amount;
    bool open = true;  // has an amount so far
    bool paid = true;  // `paid when` holds
  };
  void start();
  void pay_amounts();
  void share_pools();
  void share_pool(const std::vector<std::size_t>& members);
  void prorate(Working& row);
  void penalties(Working& row);
  void limits(Working& row);
  void paid_when(Working& row);
  void scale_to_budget(PayoutResult& result);
  void finish(Working& row);
  bool is_immature(const Working& row) const;
  void set_pending(Working& row) const;
  Value clause(Working& row, model::ExprId expr, const char* name);  // closes the row when it has no value
  std::optional<value::Number> shared_sum(model::ExprId expr, const char* name,
                                          const std::vector<std::size_t>& members);
  void close(Working& row, PayoutStatus status, std::string reason, value::NoValue why);
  void step(Working& row, const char* step, Value input, model::ExprId expr, std::string name = {}) const;
  Context context_of(const Working& row) const;
  value::Number minor_unit() const;
  Date period_end() const { return context.period.window.end; }

  Evaluator& evaluator;
  const model::Payout& payout;
  model::PayoutId id;
  PayoutContext context;
  source::Diagnostics& diagnostics;
  std::vector<Working> rows;
};

}  // namespace kpi::eval
