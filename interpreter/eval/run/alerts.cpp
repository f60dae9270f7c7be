#include "interpreter/eval/run/alerts.hpp"

#include <algorithm>

#include "interpreter/eval/run/coverage.hpp"
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
      if (evaluator.coverage != nullptr && holds.has_value()) evaluator.coverage->met_alert(planned.alert, holds.boolean());
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

void AlertRun::fire(const PlannedAlert& planned, const model::Alert& alert, std::uint32_t row, Period in,
                    MomentId moment) {
  const EntityRow& entity = evaluator.store.rows(alert.entity)[row];
  outcome.alerts.push_back({planned.alert, row, entity.key, entity.label, in, message(alert, row, in, moment)});
}

std::string AlertRun::placeholder(std::string name, const model::Alert& alert, std::uint32_t row, Period in,
                                  MomentId moment) {
  const model::Policy& policy = evaluator.policy;
  const model::Entity& entity = policy.entity(alert.entity);
  const EntityRow& found = evaluator.store.rows(alert.entity)[row];
  if (name == "period") return in.to_string();
  if (name == "period.start") return in.start().to_string();
  if (name == "period.end") return in.end().to_string();
  if (name == "period.days") return std::to_string(in.days());
  if (name == "phase") return phase(alert.entity, row, moment);
  if (name == entity.named.name) return found.label.empty() ? found.key : found.label;
  if (name.starts_with(entity.named.name + ".")) name = name.substr(entity.named.name.size() + 1);
  for (std::size_t index = 0; index < entity.fields.size(); ++index) {
    if (entity.fields[index].named.name == name) return shown(found.fields[index], entity.fields[index].type);
  }
  if (const auto metric = metric_named(policy, name)) {
    const model::Metric& declared = policy.metrics[metric->index];
    return display(evaluator.metric(*metric, {alert.entity, row, nullptr}, moment), declared.type, declared.show);
  }
  for (const model::Param& param : policy.params) {
    if (param.named.name == name) return display(param.value, param.type);
  }
  return "{" + name + "}";
}

std::string AlertRun::phase(EntityId entity, std::uint32_t row, MomentId moment) {
  const Value found = evaluator.phase(entity, row, moment);
  if (!found.has_value()) return value::reason_text(found.reason());
  const model::Named& named = evaluator.policy.phases_of(entity)->phases[found.as<value::PhaseRef>().phase].named;
  return named.label.empty() ? named.name : named.label;
}

/// A reference reads as the label of what it leads to.
std::string AlertRun::shown(const Value& value, const value::Type& type) const {
  const auto* ref = std::get_if<value::EntityRef>(&value.storage());
  if (ref == nullptr || ref->entity >= evaluator.policy.entities.size()) return display(value, type);
  const EntityRow& row = evaluator.store.rows(EntityId{ref->entity})[ref->row];
  return row.label.empty() ? row.key : row.label;
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
    result += placeholder(trimmed_name(text.substr(at + 1, end - at - 1)), alert, row, in, moment);
    at = end;
  }
  return result;
}

}  // namespace kpi::eval
