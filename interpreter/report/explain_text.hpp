// Why a score and a payment are what they are, for people and as JSON.
#pragma once

#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/run/explain.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// From each payout through its steps down to the rows of the data. Values are exact: decimals in full, fractions with
/// their rounded value beside them.
std::string explain_text(const model::Policy& policy, const eval::Explanation& explanation, value::Period period,
                         bool why_not, const Look& look);

/// The same tree: kind, name, formula, with_values, value, unit, facts, children.
std::string explain_json(const model::Policy& policy, const eval::Explanation& explanation, value::Period period,
                         bool why_not, const source::Diagnostics& warnings, const source::SourceMap& sources,
                         Language language);

}  // namespace kpi::report
