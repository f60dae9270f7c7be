// The result of `run` as tables for people.
#pragma once

#include <string>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

struct RunTextOptions {
  bool verbose = false;      // steps of each payout, exclusions without rows, how tables were read
  bool all_metrics = false;  // the metrics of scorecards once more among the others
  std::vector<eval::ReadPath> read_paths = {};
};

std::string run_text(const model::Policy& policy, const eval::Run& run, const RunTextOptions& options,
                     const Look& look);

}  // namespace kpi::report
