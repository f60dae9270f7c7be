// Alerts over the sub-periods that end in a run's period (section 9).
#pragma once

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/plan.hpp"

namespace kpi::eval {

class AlertRun {
 public:
  AlertRun(Evaluator& evaluator_, Plan& plan_, const PlannedPeriod& period_, PeriodOutcome& outcome_)
      : evaluator(evaluator_), plan(plan_), period(period_), outcome(outcome_) {}
  void run();

 private:
  void run(const PlannedAlert& planned);
  void fire(const PlannedAlert& planned, const model::Alert& alert, std::uint32_t row, value::Period in,
            MomentId moment);
  std::string message(const model::Alert& alert, std::uint32_t row, value::Period in, MomentId moment);
  std::string placeholder(std::string name, const model::Alert& alert, std::uint32_t row, value::Period in,
                          MomentId moment);

  std::string phase(EntityId entity, std::uint32_t row, MomentId moment);
  std::string shown(const Value& value, const value::Type& type) const;

  Evaluator& evaluator;
  Plan& plan;
  const PlannedPeriod& period;
  PeriodOutcome& outcome;
};

}  // namespace kpi::eval
