// Diagnostics for people and for tools that read lines.
#pragma once

#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// With the place, the source line, marks under the right columns, help and notes; one blank line between two.
std::string diagnostics_pretty(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                               const Look& look);

/// One line each: `file:line:column: error[K0102]: message`.
std::string diagnostics_compact(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                                const Look& look);

/// `2 errors, 1 warning`; empty when there are neither.
std::string summary(const source::Diagnostics& diagnostics, Language language);

}  // namespace kpi::report
