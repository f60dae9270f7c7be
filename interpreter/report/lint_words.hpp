// Words of lint reports and rule pages.
#pragma once

#include "interpreter/report/words.hpp"

namespace kpi::report::lint_words {

inline constexpr Word info{{"info", "提示"}};
inline constexpr Word not_allowed{{"not allowed", "不被允许"}};
inline constexpr Word no_source{{"a risk; no source for this market is cited", "风险提示；没有引用适用于该市场的来源"}};
inline constexpr Word law{{"law", "法律"}};
inline constexpr Word platform{{"platform rules", "平台规则"}};
inline constexpr Word guidance{{"guidance", "监管指引（类推）"}};
inline constexpr Word house{{"house rule", "内部规范"}};
inline constexpr Word verified{{"text seen", "已核对原文"}};
inline constexpr Word secondary{{"secondary source", "二手来源"}};
inline constexpr Word unverified{{"not verified", "未核实"}};
inline constexpr Word superseded{{"no longer in force", "已失效"}};
inline constexpr Word checked{{"checked {}", "{} 核对"}};
inline constexpr Word still{{"as of {}", "截至 {}"}};  // not verified as of that day
inline constexpr Word fix{{"fix", "修复"}};
inline constexpr Word fix_safe{{"{} (`kpi lint --fix`)", "{}（`kpi lint --fix`）"}};
inline constexpr Word fix_unsafe{
    {"{} (changes pay: `kpi lint --fix --unsafe`)", "{}（会影响报酬：`kpi lint --fix --unsafe`）"}};
inline constexpr Word findings_none{{"no findings", "没有发现问题"}};
inline constexpr Word errors_one{{"{} error", "{} 个错误"}};
inline constexpr Word errors_many{{"{} errors", "{} 个错误"}};
inline constexpr Word warnings_one{{"{} warning", "{} 个警告"}};
inline constexpr Word warnings_many{{"{} warnings", "{} 个警告"}};
inline constexpr Word infos{{"{} info", "{} 个提示"}};
inline constexpr Word allowed{{"{} allowed", "{} 个已批准例外"}};
inline constexpr Word in_baseline{{"{} in the baseline", "{} 个在基线中"}};
inline constexpr Word gone{{"{} of the baseline gone", "基线中 {} 个已消失"}};
inline constexpr Word last_day{{"; `{}` is over: as of its last day, {}", "；`{}` 已结束，按其最后一天 {} 检查"}};
inline constexpr Word last_days{
    {"; {} policies are over: as of their last days", "；{} 个方案已结束，按各自最后一天检查"}};
inline constexpr Word unproved{{"; {} rules that ask for proofs left out", "；未运行 {} 条需要证明的规则"}};
inline constexpr Word sarif_help{
    {"`kpi rule {}` shows why, examples and sources.", "`kpi rule {}` 可查看理由、示例与来源。"}};
inline constexpr Word ran_one{{"{} rule, as of {}", "{} 条规则，截至 {}"}};
inline constexpr Word ran_many{{"{} rules, as of {}", "{} 条规则，截至 {}"}};
inline constexpr Word between{{", ", "、"}};
inline constexpr Word general{{"general", "通用"}};
inline constexpr Word packs{{"{}: ", "{}："}};
inline constexpr Word packs_and_none{{"{}; none for {}: ", "{}；{} 没有专门规则："}};
inline constexpr Word disclaimer{{"This is not legal advice; `kpi rule ID` shows a rule and its sources.",
                                  "本结果不构成法律意见；`kpi rule 规则名` 可查看规则及其来源。"}};
// Rule pages.
inline constexpr Word page_severity{{"Severity", "级别"}};
inline constexpr Word page_in{{"{} in {}", "{}：{}"}};
inline constexpr Word page_authority{{"Authority", "依据"}};
inline constexpr Word page_applies{{"Applies", "适用"}};
inline constexpr Word page_everywhere{{"everywhere", "所有市场与平台"}};
inline constexpr Word page_market{{"market {}", "市场 {}"}};
inline constexpr Word page_platform{{"platform {}", "平台 {}"}};
inline constexpr Word page_since{{"since {}", "自 {} 起"}};
inline constexpr Word page_until{{"until {}", "至 {}"}};
inline constexpr Word page_pack{{"Pack", "规则包"}};
inline constexpr Word page_why{{"Why", "理由"}};
inline constexpr Word page_when{{"Triggers when", "触发条件"}};
inline constexpr Word page_says{{"Says", "提示内容"}};
inline constexpr Word page_help{{"What to do", "如何处理"}};
inline constexpr Word page_fix{{"Fix", "修复"}};
inline constexpr Word page_bad{{"Not like this", "错误示例"}};
inline constexpr Word page_good{{"But like this", "正确示例"}};
inline constexpr Word page_sources{{"Sources", "来源"}};
inline constexpr Word page_disclaimer{{"This page is not legal advice. Check the sources before you rely on them.",
                                       "本页不构成法律意见，引用前请自行核对来源。"}};
inline constexpr Word page_exception{
    {"An exception needs a reason, an owner and an end:", "例外须写明理由、负责人和期限："}};
inline constexpr Word list_rule{{"Rule", "规则"}};
inline constexpr Word list_title{{"Title", "标题"}};

}  // namespace kpi::report::lint_words
