// Aggregates over a list of values: the plain definition, used where there are few rows (entities, candidates of a
// join, values per day) and by accumulators at the end.
#pragma once

#include <vector>

#include "interpreter/eval/scan_row.hpp"

namespace kpi::eval::scanning {

/// One row's contribution. `time` and `key` order first and last.
struct ReducedRow {
  Value value;
  std::int64_t time = 0;
  std::vector<Value> key;
};

ReducedRow reduced_row(RowEvaluator& evaluator, const model::Aggregate& aggregate, const RowContext& row);

/// Rows whose value is absent do not take part; without a value expression every row does. No rows: 0 for sum, count and
/// distinct, false for exists, otherwise NoValue no_rows.
Value reduce(const model::Aggregate& aggregate, std::vector<ReducedRow> rows);

/// Linear interpolation at rank 1 + (n - 1) * percent / 100 of sorted numbers (times: floored to the microsecond, days).
Value percentile_of_sorted(const std::vector<Value>& sorted, const Number& percent);

/// -1, 0, 1: key by key, then by number of keys.
int compare_keys(const std::vector<Value>& a, const std::vector<Value>& b);

}  // namespace kpi::eval::scanning
