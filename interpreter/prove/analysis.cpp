#include "interpreter/prove/analysis.hpp"

#include <algorithm>
#include <set>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

std::string_view name(Layer layer) {
  switch (layer) {
    case Layer::native:
      return "native";
    case Layer::search:
      return "search";
    case Layer::linear:
      return "linear";
    case Layer::nonlinear:
      return "nonlinear";
  }
  return "";
}

std::string_view name(Property property) {
  switch (property) {
    case Property::reachable:
      return "reachable";
    case Property::bounded:
      return "bounded";
    case Property::not_negative:
      return "not-negative";
    case Property::no_jump:
      return "no-jump";
    case Property::single_order:
      return "single-order";
    case Property::genuine_order:
      return "genuine-order";
    case Property::refund:
      return "refund";
    case Property::monotone:
      return "monotone";
    case Property::independent:
      return "independent";
    case Property::budget:
      return "budget";
    case Property::attack:
      return "attack";
  }
  return "";
}

std::string_view chinese_name(Property property) {
  switch (property) {
    case Property::reachable:
      return "可达";
    case Property::bounded:
      return "有上限";
    case Property::not_negative:
      return "不为负";
    case Property::no_jump:
      return "不跳变";
    case Property::single_order:
      return "单笔影响";
    case Property::genuine_order:
      return "真实订单";
    case Property::refund:
      return "退款";
    case Property::monotone:
      return "单调";
    case Property::independent:
      return "无关";
    case Property::budget:
      return "占销售额比例";
    case Property::attack:
      return "攻击";
  }
  return "";
}

std::size_t Analysis::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                [&](const Finding& finding) { return finding.verdict == verdict; }));
}

namespace {

Said assumption(const std::string& key) {
  if (key == "covered") return {"the data covers the period", "数据覆盖整个期间"};
  if (key == "not_negative")
    return {"numbers and amounts in rows without a declared `range` are not negative",
            "没有声明 `range` 的数字与金额不为负"};
  if (key == "budget") return {"the budget is not used up by others", "预算没有被其他人用完"};
  if (key == "others")
    return {"ranks, shares and pools depend on others, who are free", "排名、占比与奖金池取决于其他人，其取值不受限制"};
  if (key == "opaque")
    return {"what is not a sum, count or quotient (percentiles, products of fields …) may have any value in its range",
            "求和、计数和比率以外的取值（分位数、字段乘积等）可为其范围内的任意值"};
  if (key == "months") return {"`months_since` beyond 36 months counts as 36", "`months_since` 超过 36 个月按 36 计"};
  if (key == "rates")
    return {"rates of exchange lie between 0.000001 and 1,000,000", "汇率在 0.000001 与 1,000,000 之间"};
  return {key, key};
}

}  // namespace

Analysis analyse(const model::Policy& policy, const std::vector<model::Attack>& attacks,
                 const AnalysisOptions& options) {
  Analysis result;
  result.solver = Solver::description();
  std::set<std::string> assumptions;
  std::vector<Target> targets;
  for (std::uint32_t i = 0; i < policy.payouts.size(); ++i) targets.push_back({PayoutId{i}, {}});
  for (std::uint32_t i = 0; i < policy.scorecards.size(); ++i) {
    const bool paid = std::any_of(policy.payouts.begin(), policy.payouts.end(),
                                  [&](const model::Payout& payout) { return payout.scorecard == ScorecardId{i}; });
    if (!paid) targets.push_back({{}, ScorecardId{i}});
  }
  for (const Target& target : targets) {
    Decider decider(policy, attacks, target, options);
    auto found = decider.all();
    std::move(found.begin(), found.end(), std::back_inserter(result.findings));
    assumptions.insert(decider.assumptions().begin(), decider.assumptions().end());
  }
  for (const std::string& key : assumptions) result.assumptions.push_back(assumption(key));
  return result;
}

}  // namespace kpi::prove
