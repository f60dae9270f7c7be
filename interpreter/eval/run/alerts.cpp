#include "interpreter/eval/run/alerts.hpp"

#include <algorithm>

#include "interpreter/eval/run/display.hpp"

namespace kpi::eval {

using value::Period;

void AlertRun::run() {
  for (const PlannedAlert& planned : period.alerts) run(planned);
}

/// A streak is reached in the sub-period that makes it long enough, and fires there and not again until it was broken.
/// The look-back is one sub-period longer than the streak needs, to see whether it had been reached before. Without
/// `for` (a streak of one) every sub-period in which the condition holds fires.
void AlertRun::run(const PlannedAlert& planned) {
  const model::Alert& alert = evaluator.policy.alerts[planned.alert.index];
  std::vector<int> streaks(evaluator.store.rows(alert.entity).size(), 0);
  AlertSummary summary{planned.alert, 0};
  const std::size_t first = outcome.alerts.size();
  for (const AlertPeriod& part : planned.periods) {
    const MomentId moment = plan.alert_moment(alert, part.period);
    std::vector<int> next(streaks.size(), 0);
    for (std::uint32_t row : evaluator.population(alert.entity, moment)) {
      const Value holds = evaluator.evaluate(alert.when, {{alert.entity, row, nullptr}, moment, nullptr});
      if (!holds.has_value() && !part.look_back) ++summary.without_value;
      if (!holds.has_value() || !holds.boolean()) continue;
      next[row] = streaks[row] + 1;
      const bool reached = alert.streak <= 1 || next[row] == alert.streak;
      if (reached && !part.look_back) fire(planned, alert, row, part.period, moment);
    }
    streaks = std::move(next);
    // A month of days would otherwise remember thirty times the metrics of a month.
    if (alert.every != period.period.unit) evaluator.clear();
  }
  std::stable_sort(outcome.alerts.begin() + static_cast<std::ptrdiff_t>(first), outcome.alerts.end(),
                   [](const AlertResult& a, const AlertResult& b) { return a.key < b.key; });
  outcome.alert_summaries.push_back(summary);
}

void AlertRun::fire(const PlannedAlert& planned, const model::Alert& alert, std::uint32_t row, Period in, MomentId moment) {
  const EntityRow& entity = evaluator.store.rows(alert.entity)[row];
  outcome.alerts.push_back({planned.alert, row, entity.key, entity.label, in, message(alert, row, in, moment)});
}

std::string AlertRun::placeholder(const std::string& name, const model::Alert& alert, std::uint32_t row, Period in,
                                  MomentId moment) {
  const model::Policy& policy = evaluator.policy;
  const EntityRow& found = evaluator.store.rows(alert.entity)[row];
  if (name == "period") return in.to_string();
  if (name == policy.entity(alert.entity).named.name) return found.label.empty() ? found.key : found.label;
  for (std::uint32_t index = 0; index < policy.metrics.size(); ++index) {
    const model::Metric& metric = policy.metrics[index];
    if (metric.named.name != name) continue;
    return display(evaluator.metric({index}, {alert.entity, row, nullptr}, moment), metric.type, metric.show);
  }
  const auto& fields = policy.entity(alert.entity).fields;
  for (std::size_t index = 0; index < fields.size(); ++index) {
    if (fields[index].named.name == name) return display(found.fields[index], fields[index].type);
  }
  return "{" + name + "}";
}

std::string AlertRun::message(const model::Alert& alert, std::uint32_t row, Period in, MomentId moment) {
  const std::string& text = alert.message;
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool doubled = at + 1 < text.size() && text[at + 1] == text[at];
    if ((text[at] == '{' || text[at] == '}') && doubled) {
      result += text[at++];
      continue;
    }
    const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string::npos;
    if (end == std::string::npos) {
      result += text[at];
      continue;
    }
    result += placeholder(text.substr(at + 1, end - at - 1), alert, row, in, moment);
    at = end;
  }
  return result;
}

}  // namespace kpi::eval
