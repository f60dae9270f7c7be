// Findings that were there before: `kpi lint --baseline`, and `baseline` in kpi.toml.
#pragma once

#include <string>

#include "interpreter/lint/lint.hpp"

namespace kpi::driver {

/// What `kpi lint --write-baseline` wrote. Throws Failure for a file that cannot be read or is something else.
lint::Baseline read_baseline(const std::string& file);

}  // namespace kpi::driver
