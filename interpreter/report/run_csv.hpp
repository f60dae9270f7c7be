// The result of `run` as one flat table, RFC 4180 with a header line.
//
// Every line has the same columns; those that do not apply are empty. `record` says what the line is:
//   score      one scorecard row         name: scorecard  value: score  status: scored, unscored  reason
//   result     one metric of a score row name: metric  value unit target attainment form points weight weighted
//   gate       one gate of a score row   name: gate  status: passed, failed, undecided
//   metric     one metric of an entity   name: metric  value unit
//   payout     one payout                name: payout  value: amount  unit: currency  status  reason
//   alert      one alert that fired      name: alert  status: severity  sub_period
//   exclusion  rows taken out            name: exclusion  entity: events  value: rows  status: kind
// Values are exact: a decimal when it ends, otherwise a fraction; weights and attainments are shares of 1.
#pragma once

#include <string>

#include "interpreter/report/pieces.hpp"

namespace kpi::report {

std::string run_csv(const model::Policy& policy, const eval::Run& run);
/// The same while periods are evaluated.
std::unique_ptr<PeriodWriter> csv_writer(const model::Policy& policy, unsigned threads, TextSink sink);

}  // namespace kpi::report
