// Working time between two instants.
#pragma once

#include <tsl/robin_set.h>

#include "interpreter/model/policy.hpp"

namespace kpi::eval::scanning {

/// The part of [from, to) inside the calendar's shifts, in microseconds of real time; negative when `to` is earlier. A
/// shift that ends before it begins lasts into the next day; a holiday takes out the shifts that begin on it. Shifts
/// that overlap count once.
std::int64_t working_micros(const model::Calendar& calendar, const tsl::robin_set<std::int32_t>& holidays,
                            const value::TimeZone& zone, value::Instant from, value::Instant to);

}  // namespace kpi::eval::scanning
