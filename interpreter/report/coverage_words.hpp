// The words of coverage reports.
#pragma once

#include <array>

#include "interpreter/eval/run/coverage.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report::coverage_words {

inline constexpr Word title{{"Coverage of {}: {} of {} outcomes ({})", "{} 的测试覆盖：{} / {} 个结果（{}）"}};
inline constexpr Word of{{"{} of {}", "{} / {}"}};
inline constexpr Word missed{{"Not met by any test", "没有测试触及"}};
inline constexpr Word complete{{"Every outcome is met by a test", "每个结果都有测试触及"}};

/// By CoverageKind.
inline constexpr std::array<Word, eval::kCoverageKinds> kinds = {{
    {{"phases", "阶段"}},
    {{"rows of tables", "决策表的行"}},
    {{"segments of curves", "曲线的分段"}},
    {{"points of scorecards", "计分卡得分"}},
    {{"gates", "门槛"}},
    {{"conditions", "条件"}},
    {{"exclusions", "剔除规则"}},
    {{"steps of payouts", "报酬的步骤"}},
    {{"alerts", "预警"}},
}};

/// One of them, by CoverageKind.
inline constexpr std::array<Word, eval::kCoverageKinds> kind = {{
    {{"phase", "阶段"}},
    {{"row of table", "决策表的行"}},
    {{"segment of curve", "曲线的分段"}},
    {{"points in", "计分卡得分"}},
    {{"gate", "门槛"}},
    {{"condition in", "条件"}},
    {{"exclusion", "剔除规则"}},
    {{"step of payout", "报酬的步骤"}},
    {{"alert", "预警"}},
}};

/// By CoverageOutcome. `{0}` and `{1}` are the ends of a segment.
inline constexpr std::array<Word, 24> outcomes = {{
    {{"nobody is in it", "没有对象处于该阶段"}},
    {{"it never applies", "从未适用"}},
    {{"no input below {0}", "没有低于 {0} 的输入"}},
    {{"no input from {0} to {1}", "没有介于 {0} 与 {1} 之间的输入"}},
    {{"no input from {0} on", "没有达到 {0} 的输入"}},
    {{"it never passes", "从未通过"}},
    {{"it never fails", "从未不通过"}},
    {{"the cap is never reached", "从未触及上限"}},
    {{"it is never below the cap", "从未低于上限"}},
    {{"the floor is never reached", "从未触及下限"}},
    {{"it is never above the floor", "从未高于下限"}},
    {{"it never holds", "条件从未成立"}},
    {{"it always holds", "条件从未不成立"}},
    {{"the sample is never large enough", "样本从未足够"}},
    {{"the sample is never too small", "样本从未不足"}},
    {{"it never takes a row out", "从未剔除任何记录"}},
    {{"it never leaves a row in", "从未保留任何记录"}},
    {{"it never takes anything off", "从未扣减"}},
    {{"it always takes something off", "每次都扣减"}},
    {{"it never scales amounts down", "从未按比例缩减"}},
    {{"it is never enough", "预算从未够用"}},
    {{"it never fires", "从未触发"}},
    {{"it never stays quiet", "从未保持不触发"}},
    {{"", ""}},
}};

}  // namespace kpi::report::coverage_words
