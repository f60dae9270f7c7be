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
inline constexpr Word because_of{{"{}: {}", "{}：{}"}};

}  // namespace kpi::report::words
