#include "interpreter/report/analysis_allow.hpp"

#include <algorithm>
#include <string_view>

namespace kpi::report {
namespace {

/// The lint rules that ask for the property.
std::vector<std::string_view> rules_about(const prove::Finding& finding) {
  switch (finding.property) {
    case prove::Property::no_jump:
      return {"payout-cliff", "retroactive-accelerator"};
    case prove::Property::single_order:
      return {"payout-cliff"};
    case prove::Property::bounded:
      return {"uncapped-variable"};
    case prove::Property::monotone:
    case prove::Property::genuine_order:
      return {"non-monotone-payout"};
    case prove::Property::attack:
      return {"brushing-arbitrage"};
    default:
      return {};
  }
}

}  // namespace

std::vector<const model::Allow*> exceptions_for(const model::Policy& policy, const prove::Finding& finding) {
  std::vector<const model::Allow*> result;
  if (finding.verdict != prove::Verdict::refuted) return result;
  const auto rules = rules_about(finding);
  for (const model::Allow& allow : policy.allows) {
    if (std::find(rules.begin(), rules.end(), allow.rule) == rules.end()) continue;
    if (allow.on.empty() || allow.on == finding.subject || allow.on.starts_with(finding.subject + "."))
      result.push_back(&allow);
  }
  return result;
}

}  // namespace kpi::report
