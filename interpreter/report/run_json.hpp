// The result of `run` as JSON; the layout is in the language reference. Keys stand in a fixed order, numbers are
// strings and exact.
#pragma once

#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/outcome.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// `version` is the program's.
std::string run_json(const model::Policy& policy, const eval::Run& run, const source::Diagnostics& warnings,
                     const source::SourceMap& sources, std::string_view version, Language language);

}  // namespace kpi::report
