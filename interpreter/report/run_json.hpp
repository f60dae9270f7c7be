// The result of `run` as JSON; the layout is in the language reference. Keys stand in a fixed order, numbers are
// strings and exact.
#pragma once

#include <string>

#include "interpreter/report/look.hpp"
#include "interpreter/report/pieces.hpp"

namespace kpi::report {

/// `version` is the program's.
std::string run_json(const model::Policy& policy, const eval::Run& run, const source::Diagnostics& warnings,
                     const source::SourceMap& sources, std::string_view version, Language language);
/// The same while periods are evaluated.
std::unique_ptr<PeriodWriter> json_writer(const model::Policy& policy, const source::SourceMap& sources,
                                          std::string_view version, Language language, unsigned threads, TextSink sink);

}  // namespace kpi::report
