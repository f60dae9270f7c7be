#include "interpreter/eval/run/moment.hpp"

#include <algorithm>

namespace kpi::eval {
namespace {

using model::MetricFunction;
using value::Period;

/// A day moved back with the period it lies in: to the same place where it begins a period, else to the period's start.
template <class Shift>
Date moved_start(Date start, value::CalendarUnit unit, Shift shift) {
  if (start <= kBeginning) return start;
  return shift(Period::containing(start, unit)).start();
}

template <class Shift>
Moment shifted(const Moment& moment, Shift shift) {
  Moment result = moment;
  result.period = shift(moment.period);
  result.anchor = result.period.start();
  result.window.start = moved_start(moment.window.start, moment.period.unit, shift);
  result.window.end = result.period.end();
  return result;
}

}  // namespace

Window first_period(const Moment& moment) {
  return {moment.window.start, Period::containing(moment.window.start, moment.period.unit).end()};
}

Moment base_moment(Period period, model::Population population) {
  const Window window{period.start(), period.end()};
  return {period, window.start, window, population, false};
}

Moment transformed(const Moment& moment, const model::MetricCall& call) {
  switch (call.function) {
    case MetricFunction::previous:
      return shifted(moment, [&](Period period) { return period.shift(-call.count); });
    case MetricFunction::year_ago:
      return shifted(moment, [](Period period) { return period.year_ago(); });
    case MetricFunction::at_period:
      return base_moment(call.period, moment.population);
    case MetricFunction::rolling: {
      Moment result = moment;
      result.window.start = moved_start(moment.window.start, moment.period.unit,
                                        [&](Period period) { return period.shift(-(call.count - 1)); });
      result.by_periods = true;
      return result;
    }
    case MetricFunction::to_date: {
      Moment result = moment;
      result.window.start = Period::containing(Date{moment.window.end.days - 1}, call.unit).start();
      result.by_periods = false;
      return result;
    }
    case MetricFunction::lifetime: {
      Moment result = moment;
      result.window.start = kBeginning;
      result.by_periods = false;
      return result;
    }
    case MetricFunction::total:
    case MetricFunction::share:
    case MetricFunction::rank:
    case MetricFunction::percentile_rank:
      break;
  }
  return moment;
}

Moment period_only(const Moment& moment) {
  Moment result = moment;
  result.window.start = moment.anchor;
  result.by_periods = false;
  return result;
}

MomentId MomentTable::intern(const Moment& moment) {
  auto [place, added] = ids_.emplace(moment, static_cast<MomentId>(moments_.size()));
  if (added) moments_.push_back(moment);
  return place->second;
}

MomentId MomentTable::transform(MomentId id, model::ExprId call_expr, const model::MetricCall& call) {
  const std::uint64_t key = (static_cast<std::uint64_t>(id) << 32) | call_expr.index;
  if (auto found = transforms_.find(key); found != transforms_.end()) return found->second;
  const MomentId result = intern(transformed(moments_[id], call));
  transforms_.emplace(key, result);
  return result;
}

MomentId MomentTable::period_only(MomentId id) {
  const Moment& moment = moments_[id];
  if (moment.window.start == moment.anchor && !moment.by_periods) return id;
  return intern(eval::period_only(moment));
}

std::vector<Period> periods_with_last_day_in(value::CalendarUnit unit, Date start, Date end) {
  std::vector<Period> result;
  for (Period period = Period::containing(start, unit); period.end() <= end; period = period.shift(1)) {
    if (period.end() > start) result.push_back(period);
  }
  return result;
}

}  // namespace kpi::eval
