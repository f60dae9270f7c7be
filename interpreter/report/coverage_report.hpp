// What the tests of a policy exercised, for people, for programs and for tools that read LCOV.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "grammar/source/source.hpp"
#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// A line per kind, then every item that no test met, with its place and what would have to happen.
std::string coverage_text(const eval::Coverage& coverage, const model::Policy& policy, const std::string& path,
                          const source::SourceMap& sources, const Look& look);
/// A line for each item that no test met: `policy.kpi:12:3: gate \`monthly, fair\`: fails`.
std::vector<std::string> coverage_missed(const eval::Coverage& coverage, const model::Policy& policy,
                                         const std::string& path, const source::SourceMap& sources, Language language);
/// `{"file", "covered", "total", "items": [{"kind", "outcome", "name", "part", "line", "column", "hits"}]}`
nlohmann::ordered_json coverage_json(const eval::Coverage& coverage, const model::Policy& policy,
                                     const std::string& path, const source::SourceMap& sources);
/// One LCOV record: a line counts as executed as often as the most frequent item on it, and each item is a branch.
std::string coverage_lcov(const eval::Coverage& coverage, const std::string& path, const source::SourceMap& sources);

/// `88.8%`, rounded down to one decimal, so that only full coverage reads 100.0%.
std::string coverage_percent(std::size_t covered, std::size_t total);

}  // namespace kpi::report
