// Words of the analyser's report.
#pragma once

#include "interpreter/report/words.hpp"

namespace kpi::report::analysis_words {

#define W(name, en, zh) inline constexpr Word name{{en, zh}};
W(proved, "proved", "已证明")
W(refuted, "refuted", "已推翻")
W(unknown, "unknown", "未判定")
W(inadmissible, "inadmissible", "不可实施")
W(native, "by intervals and directions", "区间与方向分析")
W(rates, "by rates of change", "变化率分析")
W(search, "replayed", "已重算验证")
W(linear, "linear arithmetic, {}", "线性算术，{}")
W(nonlinear, "full arithmetic, {}", "完整算术，{}")
W(spent, "{} states tried", "已尝试 {} 个状态")
W(spent_solver, "{} states tried, {} did not decide", "已尝试 {} 个状态，{} 未能判定")
W(spent_no_solver, "{} states tried, no solver installed", "已尝试 {} 个状态，未安装求解器")
W(before, "before", "之前")
W(after, "after", "之后")
W(state, "value", "取值")
W(cost, "cost", "成本")
W(net, "net gain", "净收益")
W(witness, "{} `{}` in {}", "{}「{}」，{}")
W(cause, "cause: {}, {}", "原因：{}，{}")
W(assumptions, "Assumptions", "前提")
W(allowed, "the policy allows `{}` until {}: {} ({})", "方案允许 `{}` 例外，至 {}：{}（{}）")
W(tally, "{} proved, {} refuted, {} unknown, {} inadmissible", "{} 项已证明，{} 项已推翻，{} 项未判定，{} 项不可实施")
W(no_solver, "Z3 is not installed (Debian package libz3-4): what intervals and search cannot decide stays unknown",
  "未安装 Z3（Debian 软件包 libz3-4）：区间分析与搜索无法判定的内容标为未判定")
W(analysing, "analysing", "正在分析")
W(nothing, "the policy has no payout and no scorecard", "该方案没有报酬，也没有计分卡")
W(people, "People near a threshold, {}", "临近门槛的人员，{}")
W(no_people, "nobody is within one order of a threshold", "没有人处于一单之内的门槛附近")
W(near, "{} `{}`: one order of {} changes `{}` from {} to {}", "{}「{}」：一个 {} 的订单使 `{}` 从 {} 变为 {}")
W(could_profit, "{} `{}` could profit: extra orders, {} of {}, gain {} of `{}` after their cost",
  "{}「{}」有利可图：多 {} 个 {} 的订单，扣除成本后多得 {}（`{}`）")
W(not_added, "orders of `{}` refer to other rows, so none could be added to the data",
  "`{}` 的订单引用了其他记录，无法在数据中试加订单")
#undef W

}  // namespace kpi::report::analysis_words
