// The page of a rule, and the list of all rules.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "interpreter/model/policy.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

struct RuleInPack {
  const model::Rule* rule = nullptr;
  std::string pack;
};

/// Why, when, an example of both kinds, the sources with what is known about them, and how to make an exception.
std::string rule_page(const RuleInPack& rule, const source::SourceMap& sources, const Look& look);
std::string rule_list(const std::vector<RuleInPack>& rules, const Look& look);
/// `{"rules": […]}` with every text in both languages.
std::string rules_json(const std::vector<RuleInPack>& rules, const source::SourceMap& sources);

}  // namespace kpi::report
