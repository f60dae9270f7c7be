// Words that only the text of `kpi explain` uses.
#pragma once

#include "interpreter/report/words.hpp"

namespace kpi::report::words {

inline constexpr Word condition_with_values{{"here: {}", "代入数值：{}"}};
inline constexpr Word because_of{{"{}: {}", "{}：{}"}};

}  // namespace kpi::report::words
