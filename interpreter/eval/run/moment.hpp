// When something is evaluated: a period, and the days that aggregates read for it. Functions over metrics (previous,
// rolling …) turn one moment into another; moments are interned, so that results can be remembered by a small number.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

#include "interpreter/eval/scan.hpp"

namespace kpi::eval {

struct Moment {
  value::Period period;  // previous() counts in its unit
  Date anchor;           // its first day: age() and phases look from here
  Window window;         // the days that aggregates read; longer than the period inside rolling, to_date, lifetime
  model::Population population = model::Population::active;  // who is ranked
  /// Of `rolling`: the window is counted in whole periods, and each of them must have data.
  bool by_periods = false;
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

using MomentId = std::uint32_t;

/// The first period of the moment's window.
Window first_period(const Moment& moment);

/// The period itself.
Moment base_moment(value::Period period, model::Population population);

/// What a function over metrics makes of the moment of its operand:
///   previous(m, n)     both ends of the window move back by n periods
///   year_ago(m)        both ends move back by a year (52 weeks)
///   at_period(m, P)    the period P itself
///   rolling(m, n)      the window begins n - 1 periods earlier; it has a value only where its first and last period have
///   to_date(m, unit)   the window begins with the unit that contains its last day
///   lifetime(m)        the window begins with the data
/// total, share, rank and percentile_rank leave the moment as it is.
Moment transformed(const Moment& moment, const model::MetricCall& call);

/// The moment of the period alone, without what rolling, to_date or lifetime added.
Moment period_only(const Moment& moment);

class MomentTable {
 public:
  MomentId intern(const Moment& moment);
  const Moment& operator[](MomentId id) const { return moments_[id]; }
  MomentId transform(MomentId id, model::ExprId call_expr, const model::MetricCall& call);
  MomentId period_only(MomentId id);

 private:
  std::deque<Moment> moments_;
  std::map<Moment, MomentId> ids_;
  std::unordered_map<std::uint64_t, MomentId> transforms_;  // (moment, expression) -> moment
};

/// Periods of `unit` whose last day lies in [start, end).
std::vector<value::Period> periods_with_last_day_in(value::CalendarUnit unit, Date start, Date end);

}  // namespace kpi::eval
