#include "interpreter/eval/run/allocation.hpp"

#include <algorithm>
#include <numeric>

namespace kpi::eval {

using value::Number;
using value::Rounding;

std::vector<Number> allocate(const Number& whole, const std::vector<Number>& ideal, const Number& unit) {
  std::vector<Number> parts, remainders;
  parts.reserve(ideal.size());
  Number left = whole.round_to(unit, Rounding::floor);
  bool any = false;
  for (const Number& share : ideal) {
    parts.push_back(share.round_to(unit, Rounding::floor));
    remainders.push_back(share - parts.back());
    left -= parts.back();
    any = any || !share.is_zero();
  }
  if (!any) return parts;
  std::vector<std::size_t> order(ideal.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t at = 0; at < order.size() && left >= unit; ++at, left -= unit) parts[order[at]] += unit;
  return parts;
}

}  // namespace kpi::eval
