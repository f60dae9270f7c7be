#include "interpreter/prove/analysis.hpp"

#include <algorithm>
#include <set>

#include "interpreter/prove/decide.hpp"

namespace kpi::prove {

std::string_view name(Layer layer) {
  switch (layer) {
    case Layer::native:
      return "native";
    case Layer::rates:
      return "rates";
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
    case Property::phase:
      return "phase";
    case Property::sample:
      return "sample";
    case Property::ratchet:
      return "ratchet";
    case Property::attack:
      return "attack";
  }
  return "";
}

std::string_view chinese_name(Property property) {
  switch (property) {
    case Property::reachable:
      return "规则可触发";
    case Property::bounded:
      return "有上限";
    case Property::not_negative:
      return "不为负";
    case Property::no_jump:
      return "无断崖";
    case Property::single_order:
      return "单笔订单影响";
    case Property::genuine_order:
      return "真实订单不减薪";
    case Property::refund:
      return "退款不加薪";
    case Property::monotone:
      return "越好不减薪";
    case Property::independent:
      return "与个人信息无关";
    case Property::budget:
      return "预算占比";
    case Property::phase:
      return "阶段切换";
    case Property::sample:
      return "最小样本";
    case Property::ratchet:
      return "目标棘轮";
    case Property::attack:
      return "刷薪手法";
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
    return {"others may do anything, but do not answer what this payee does (ranks, shares, pools)",
            "其他人的数据不受限制，但不随该收款人的行为变化（排名、占比、奖金池）"};
  if (key == "opaque")
    return {"what is not a sum, count or quotient (percentiles, products of fields …) may have any value in its range",
            "求和、计数和比率以外的取值（分位数、字段乘积等）可为其范围内的任意值"};
  if (key == "steps_in_rows")
    return {
        "jumps are those of sums, counts and scores: what one row does by passing a filter or being rounded is "
        "looked at as one order more or less",
        "跳变只就合计、计数与得分而言；单条记录因是否符合筛选条件或取整而产生的变化，按多一单或少一单看待"};
  if (key == "not_excluded")
    return {"rows that are added are not excluded, and make no other row excluded",
            "新增的记录不会被排除，也不会使其他记录被排除"};
  if (key.rfind("refund ", 0) == 0) {
    const std::size_t gap = key.find(' ', 7);
    const std::string back = key.substr(7, gap - 7), taken = key.substr(gap + 1);
    return {"`" + back + "` of a row is never more than its `" + taken + "`",
            "同一行中 `" + back + "` 不超过 `" + taken + "`"};
  }
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
  for (const model::Payout& payout : policy.payouts) {
    const std::string& name = payout.named.name;
    if (payout.cap_carry)
      result.assumptions.push_back(
          {"`cap … carry` of `" + name +
               "`: what lies above the cap is paid in later periods, so that gains count it in full; what earlier "
               "periods carried in may be any amount, and witnesses begin without one",
           "`" + name +
               "` 的 `cap … carry`：超出上限的部分以后仍会发放，因此全部计入收益；前期结转的金额可为任意值，"
               "实例从零开始"});
    if (payout.draw.valid())
      result.assumptions.push_back(
          {"the `draw` of `" + name +
               "` is an advance and is owed: what it adds is not counted as gained, and amounts and budgets are those "
               "before it",
           "`" + name + "` 的 `draw`（预支）须归还：预支部分不计入收益，金额与预算均为预支之前的数"});
    if (payout.clawback && takes_back(payout))
      result.assumptions.push_back(
          {"the `clawback` of `" + name +
               "` takes back in the next period what its data lower, counted from the end of the period",
           "`" + name + "` 的 `clawback`（追回）自期末起算：下一期的数据使金额变少时，差额在下一期追回"});
    else if (payout.clawback)
      result.assumptions.push_back(
          {"the `clawback` of `" + name +
               "` ends before the next period does: who refunds at its end keeps what was paid, and gains count "
               "nothing as taken back",
           "`" + name + "` 的 `clawback`（追回）在下一期结束之前就到期：在期末退款即可保住已发金额，收益不扣除追回"});
  }
  if (policy.header.partial_prorate)
    result.assumptions.push_back(
        {"the periods lie wholly inside the effective dates: nothing is multiplied by the share "
         "of `partial prorate`",
         "所分析的期间全部在生效日期之内，不按 `partial prorate` 折算"});
  return result;
}

}  // namespace kpi::prove
