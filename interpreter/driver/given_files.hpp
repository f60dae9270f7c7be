// Files that tests name: `given orders from "orders.csv"`.
#pragma once

#include <string>

#include "interpreter/eval/run/test_runner.hpp"

namespace kpi::driver {

/// Reads them beside the policy; every cell is text, empty cells are absent.
eval::GivenFileReader reader_beside(const std::string& policy_path);

}  // namespace kpi::driver
