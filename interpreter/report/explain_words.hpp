// Words that only the text of `kpi explain` uses.
#pragma once

#include "interpreter/report/words.hpp"

namespace kpi::report::words {

inline constexpr Word condition_with_values{{"here: {}", "代入数值：{}"}};
inline constexpr Word condition_holds{{"here {}: yes", "代入数值 {}：成立"}};
inline constexpr Word condition_fails{{"here {}: no", "代入数值 {}：不成立"}};
inline constexpr Word needs_met{{"needs {}: yes", "要求 {}：满足"}};
inline constexpr Word needs_not_met{{"needs {}: no", "要求 {}：不满足"}};
inline constexpr Word needs_undecided{{"needs {}: {}", "要求 {}：{}"}};
inline constexpr Word no_points{{"no points, {}", "没有得分，{}"}};
inline constexpr Word attainment_without_value{{"{}: none, {}", "{}：无，{}"}};
inline constexpr Word base_pay_apart{{"base pay of {} is owed under the contract; it is not part of this amount",
                                      "底薪 {} 按合同另行发放，不包含在此金额内"}};
inline constexpr Word to_even{
    {"to the nearest, a half to the even neighbour (half_even)", "四舍六入，恰为一半时取偶（half_even）"}};
inline constexpr Word half_up{{"to the nearest, a half up (half_up)", "四舍五入（half_up）"}};
inline constexpr Word half_down{{"to the nearest, a half down (half_down)", "五舍六入（half_down）"}};
inline constexpr Word away_from_zero{{"away from zero (up)", "向远离零的方向进位（up）"}};
inline constexpr Word toward_zero{{"toward zero (down)", "截去尾数（down）"}};
inline constexpr Word to_higher{{"to the higher amount (ceiling)", "向上取整（ceiling）"}};
inline constexpr Word to_lower{{"to the lower amount (floor)", "向下取整（floor）"}};
inline constexpr Word part_of_curve{{"`{}` ({})", "“{}”（{}）"}};
inline constexpr Word taken_over{{"over {}: {}", "共 {} 个：{}"}};
inline constexpr Word and_others{{"and {} more", "另有 {} 个"}};
inline constexpr Word shared_by{{"shared by {}: {} here, {} together {}", "按 {} 分配：本人 {}，{}合计 {}"}};
inline constexpr Word payees_of_pool{{"all {} payees", "全部 {} 名领取人"}};
inline constexpr Word payees_of_group{{"{} payees of {}", "{1} 的 {0} 名领取人"}};
inline constexpr Word shares_add_up{
    {"cut to {}; what is left over goes to the largest remainders, so that the shares add up to the pool",
     "舍去 {} 以下的部分，余数按最大余数法补足，使各份合计等于奖金池"}};
inline constexpr Word rows_of_days{{"{}, other days from {} to {}", "{}（期间以外，{} 至 {}）"}};
inline constexpr Word because_of{{"{}: {}", "{}：{}"}};

}  // namespace kpi::report::words
