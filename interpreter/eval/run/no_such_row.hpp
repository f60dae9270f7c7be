// A key that nobody has.
#pragma once

#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/scan.hpp"

namespace kpi::eval {

/// Says whose name it is where somebody is called so, else which key is meant.
void report_no_such_row(const model::Policy& policy, const AggregateStore& store, const std::string& key,
                        source::Diagnostics& diagnostics);

}  // namespace kpi::eval
