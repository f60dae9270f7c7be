// The program behind `kpi`: from the words of the command line to an exit status.
#pragma once

#include <string>
#include <vector>

namespace kpi::driver {

int run_program(const std::vector<std::string>& arguments);

}  // namespace kpi::driver
