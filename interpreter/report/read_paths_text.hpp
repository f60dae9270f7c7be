// How tables were read and what that took, for `run --verbose`.
#pragma once

#include <string>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/eval/scan.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// A heading and one row for each table; empty without tables.
std::string read_paths_text(const std::vector<eval::ReadPath>& paths, const Look& look);

/// What distinct values, medians, percentiles and checked keys needed; empty when there were none.
std::string memory_text(const eval::MemoryUse& use, const Look& look);

}  // namespace kpi::report
