// What code lenses start.
#pragma once

#include <string>

#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {

/// `text` is for people; of a test it is empty when it passed.
struct CommandResult {
  bool ok = false;
  std::string text;
};

/// Runs the test of this name. Errors in the file come back as text.
CommandResult run_test(const View& view, const std::string& name);
/// The results of the file over a SQLite file, for a period such as `2026-07`; an empty period is the scorecard's first
/// one in which the policy is in force.
CommandResult preview(const View& view, const std::string& scorecard, const std::string& database,
                      const std::string& period);

}  // namespace kpi::lsp
