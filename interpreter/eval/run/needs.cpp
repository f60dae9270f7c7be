#include "interpreter/eval/run/needs.hpp"

#include <algorithm>

#include "interpreter/model/dump.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::eval {

using model::ExprId;
using model::MetricId;

namespace {

/// The calendar day of a delay, and what is left of it within that day. Whole days are calendar days, so that a change
/// to or from summer time does not move the date.
std::pair<Date, value::Number> split(Date end, const model::Delay& delay) {
  const value::Number day_seconds(86'400);
  const value::Number days = (delay.seconds / day_seconds).floor();
  const Date start = value::add_months(end, delay.months);
  return {Date{start.days + static_cast<std::int32_t>(days.to_int64().value_or(0))},
          delay.seconds - days * day_seconds};
}

}  // namespace

value::Instant after(const value::TimeZone& zone, Date end, const model::Delay& delay) {
  const auto [day, seconds] = split(end, delay);
  value::Instant instant = zone.start_of_day(day);
  instant.micros += (seconds * value::Number(value::kMicrosPerSecond)).ceil().to_int64().value_or(0);
  return instant;
}

Date date_after(Date end, const model::Delay& delay) {
  const auto [day, seconds] = split(end, delay);
  return seconds.is_zero() ? day : Date{day.days + 1};
}

model::Population default_population(const model::Entity& entity) {
  return entity.is_distinct() ? model::Population::period : model::Population::active;
}

std::string trimmed_name(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::optional<MetricId> metric_named(const model::Policy& policy, const std::string& name) {
  std::optional<MetricId> in_library;
  for (std::uint32_t index = 0; index < policy.metrics.size(); ++index) {
    const std::string& candidate = policy.metrics[index].named.name;
    if (candidate == name) return MetricId{index};
    if (!in_library && candidate.ends_with("." + name)) in_library = MetricId{index};
  }
  return in_library;
}

std::vector<std::string> placeholders(const std::string& message) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < message.size(); ++at) {
    if (message[at] != '{') continue;
    if (at + 1 < message.size() && message[at + 1] == '{') {
      ++at;
      continue;
    }
    const std::size_t end = message.find('}', at);
    if (end == std::string::npos) break;
    names.push_back(trimmed_name(message.substr(at + 1, end - at - 1)));
    at = end;
  }
  return names;
}

namespace {

bool reads_subject(const model::Policy& policy, ExprId id) {
  if (!id.valid()) return false;
  const model::ExprNode& node = policy.expr(id).node;
  if (std::holds_alternative<model::SubjectField>(node) || std::holds_alternative<model::SubjectSelf>(node) ||
      std::holds_alternative<model::PhaseExpr>(node) || std::holds_alternative<model::ActiveDays>(node)) {
    return true;
  }
  bool result = false;
  if (const auto* ref = std::get_if<model::MetricRef>(&node)) {
    const model::Metric& metric = policy.metrics[ref->metric.index];
    result = reads_subject(policy, metric.value) || reads_subject(policy, metric.needs);
  }
  if (const auto* call = std::get_if<model::MetricCall>(&node)) {
    const bool company = std::all_of(call->groups.begin(), call->groups.end(), [](const model::GroupKey& group) {
      return group.kind == model::GroupKey::Kind::company;
    });
    const bool ranks =
        call->function == model::MetricFunction::rank || call->function == model::MetricFunction::percentile_rank;
    result = ranks || !company;
  }
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    for (const auto& row : policy.tables[lookup->table.index].rows) result = result || reads_subject(policy, row.value);
  }
  model::for_each_operand(node, [&](ExprId operand) { result = result || reads_subject(policy, operand); });
  return result;
}

}  // namespace

bool totals_over_company(const model::Policy& policy, const model::MetricCall& call) {
  return call.groups.size() == 1 && call.groups.front().kind == model::GroupKey::Kind::company &&
         !reads_subject(policy, call.operand);
}

Maturity NeedCollector::result_of(const model::Metric& metric, MomentId moment) const {
  if (metric.matures_after.is_zero()) return kAlwaysMature;
  return after(*policy.header.timezone, moments[moment].window.end, metric.matures_after).micros;
}

const Reading& NeedCollector::metric(MetricId id, EntityId entity, MomentId moment) {
  const auto key = std::make_tuple(id.index, entity, moment);
  if (auto found = metrics_.find(key); found != metrics_.end()) return found->second;
  const model::Metric& metric = policy.metrics[id.index];
  Reading result{result_of(metric, moment), {}};
  result.add(expression(metric.value, entity, moment));
  result.add(expression(metric.needs, entity, moment));
  return metrics_.emplace(key, std::move(result)).first->second;
}

void NeedCollector::aggregate(AggregateId id, EntityId entity, MomentId moment, Reading& result) {
  const Window window = moments[moment].window;
  const model::SourceRef source = policy.aggregates[id.index].source;
  if (source.is_events()) result.events.insert({source.events(), window});
  if (!needs_.insert({id, entity, window}).second) return;
  aggregates_.insert(id);
  if (source.is_events()) events_read_[source.events()].insert(window);
}

Reading NeedCollector::call(const model::MetricCall& call, ExprId id, EntityId entity, MomentId moment) {
  Reading result;
  const bool ranks =
      call.function == model::MetricFunction::rank || call.function == model::MetricFunction::percentile_rank;
  if (ranks) population(entity, moment);
  for (const model::GroupKey& group : call.groups) {
    if (group.kind == model::GroupKey::Kind::phase) result.add(phases(entity, moment));
  }
  const bool totals = call.function == model::MetricFunction::total || call.function == model::MetricFunction::share;
  const bool over_company = totals && totals_over_company(policy, call);
  if (over_company) result.add(expression(call.operand, EntityId{0}, moment));
  compares_rows_ = compares_rows_ || ranks || (totals && !over_company);
  const MomentId other = moments.transform(moment, id, call);
  const Moment& at = moments[other];
  if (other != moment && !other_windows_.contains(at.window)) {
    const bool by_periods = at.by_periods;
    std::string text = model::exact_text(policy, id);
    constexpr std::string_view kOne = ", 1)";  // `previous(m)` as it is usually written
    if (call.function == model::MetricFunction::previous && text.ends_with(kOne))
      text.replace(text.size() - kOne.size(), kOne.size(), ")");
    other_windows_.emplace(at.window, OtherWindow{std::move(text),
                                                  by_periods ? std::optional(first_period(at)) : std::nullopt,
                                                  {at.anchor, at.window.end}});
  }
  result.add(expression(call.operand, entity, other));
  return result;
}

void NeedCollector::call(const model::CallExpr& call, MomentId moment) {
  if (call.calendar.valid()) calendars_.insert(call.calendar);
  if (call.function != model::Builtin::convert) return;
  const value::Currency currency = policy.expr(call.arguments.front()).type.unit.currency;
  if (currency == policy.header.currency) return;
  rates_.insert({currency, moments[moments.period_only(moment)].window});
}

Reading NeedCollector::expression(ExprId id, EntityId entity, MomentId moment) {
  if (!id.valid()) return {};
  const model::ExprNode& node = policy.expr(id).node;
  if (const auto* ref = std::get_if<model::MetricRef>(&node)) return metric(ref->metric, entity, moment);
  if (const auto* metric_call = std::get_if<model::MetricCall>(&node)) return call(*metric_call, id, entity, moment);
  if (std::holds_alternative<model::PhaseExpr>(node)) return phases(entity, moment);
  if (const auto* result = std::get_if<model::ResultField>(&node)) return metric(result->metric, entity, moment);
  if (const auto* ref = std::get_if<model::AggregateRef>(&node)) {
    Reading result;
    aggregate(ref->aggregate, entity, moment, result);
    return result;
  }
  if (const auto* function = std::get_if<model::CallExpr>(&node); function != nullptr) call(*function, moment);
  Reading result;
  if (const auto* lookup = std::get_if<model::TableLookup>(&node)) {
    for (const auto& row : policy.tables[lookup->table.index].rows) {
      result.add(expression(row.value, entity, moment));
    }
  }
  model::for_each_operand(node, [&](ExprId operand) { result.add(expression(operand, entity, moment)); });
  return result;
}

const Reading& NeedCollector::phases(EntityId entity, MomentId moment) {
  moment = moments.period_only(moment);
  const auto key = std::make_pair(entity, moment);
  if (auto found = phases_.find(key); found != phases_.end()) return found->second;
  Reading result;
  if (const model::Phases* phases = policy.phases_of(entity)) {
    for (const model::Phase& phase : phases->phases) {
      result.add(expression(phase.when, entity, moment));
    }
  }
  return phases_.emplace(key, std::move(result)).first->second;
}

void NeedCollector::population(EntityId entity, MomentId moment) {
  const Moment& at = moments[moment];
  switch (at.population) {
    case model::Population::active:
      break;
    case model::Population::period:
      presence_.insert({entity, {at.anchor, at.window.end}});
      break;
    case model::Population::ever:
      if (policy.entity(entity).is_distinct()) presence_.insert({entity, {kBeginning, at.window.end}});
      break;
  }
}

Reading NeedCollector::scorecard(const model::Scorecard& scorecard, MomentId moment) {
  const EntityId entity = scorecard.entity;
  population(entity, moment);
  Reading result = phases(entity, moment);
  for (const model::ScorecardRow& row : scorecard.rows) {
    result.add(metric(row.metric, entity, moment));
    for (ExprId target : row.targets) result.add(expression(target, entity, moment));
    result.add(expression(row.base, entity, moment));
  }
  for (const model::Gate& gate : scorecard.gates) {
    result.add(expression(gate.requires_value, entity, moment));
  }
  return result;
}

Reading NeedCollector::payout(const model::Payout& payout, MomentId moment) {
  const EntityId entity = payout.entity;
  population(entity, moment);
  Reading result;
  for (ExprId clause : {payout.amount, payout.pool, payout.pool_by, payout.prorate, payout.floor, payout.cap,
                        payout.paid_when, payout.budget, payout.base}) {
    result.add(expression(clause, entity, moment));
  }
  for (const model::Penalty& penalty : payout.penalties) {
    result.add(expression(penalty.amount, entity, moment));
  }
  return result;
}

void NeedCollector::alert(const model::Alert& alert, MomentId moment) {
  const Window window = moments[moment].window;
  other_windows_.try_emplace(window, OtherWindow{alert.named.name, std::nullopt, window});
  population(alert.entity, moment);
  expression(alert.when, alert.entity, moment);
  for (const std::string& name : placeholders(alert.message)) {
    if (name == "phase") phases(alert.entity, moment);
    if (const auto found = metric_named(policy, name)) metric(*found, alert.entity, moment);
  }
}

}  // namespace kpi::eval
