// `kpi.toml`: what holds for all policies of a folder and those below it.
#pragma once

#include <string>
#include <vector>

namespace kpi::driver {

/// A file of `key = value` lines below `[section]` lines, as in TOML: texts in double quotes, lists of texts in
/// brackets, `true` and `false`, comments behind `#`.
struct ProjectConfig {
  std::string file;                // empty: there is none
  bool deny_warnings = false;      // [lint] deny = "warnings"
  std::vector<std::string> rules;  // [lint] rules = ["house.kpi"], relative to the file
  std::string baseline;            // [lint] baseline = "lint-baseline.json", relative to the file
};

/// The nearest `kpi.toml` in the folder of `policy_path` or above it. Throws Failure for a line that cannot be
/// understood and for unknown keys.
ProjectConfig project_config(const std::string& policy_path);

}  // namespace kpi::driver
