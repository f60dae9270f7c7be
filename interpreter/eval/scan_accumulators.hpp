// What the files of accumulators share.
#pragma once

#include <limits>

#include "interpreter/eval/scan_accumulate.hpp"
#include "interpreter/eval/scan_cell.hpp"

namespace kpi::eval::scanning {

/// Numbers as they arrive: per scale for those that fit, exact for the others.
inline bool fits_column(const Number& number, Decimal& decimal) {
  const auto scaled = number.to_scaled(kMaxScale);
  if (!scaled || scaled->first > std::numeric_limits<std::int64_t>::max() ||
      scaled->first < -std::numeric_limits<std::int64_t>::max()) {
    return false;
  }
  decimal = {static_cast<std::int64_t>(scaled->first), scaled->second};
  return true;
}

/// Of no rows.
Value empty_result(model::AggregateFunction function);

/// Those that keep what they have seen until the end: distinct; median and percentile; first and last.
std::unique_ptr<Accumulator> make_distinct(World& world, const model::Aggregate& aggregate);
std::unique_ptr<Accumulator> make_percentile(World& world, const model::Aggregate& aggregate);
std::unique_ptr<Accumulator> make_edge_row(World& world, const model::Aggregate& aggregate);

}  // namespace kpi::eval::scanning
