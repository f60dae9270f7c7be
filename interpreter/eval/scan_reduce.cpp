#include "interpreter/eval/scan_reduce.hpp"

#include <algorithm>

namespace kpi::eval::scanning {

using model::AggregateFunction;
using value::Instant;
using value::NoValueReason;

int compare_keys(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t index = 0; index < std::min(a.size(), b.size()); ++index) {
    if (!a[index].has_value() || !b[index].has_value()) {
      if (a[index].has_value() != b[index].has_value()) return a[index].has_value() ? 1 : -1;
      continue;
    }
    if (const int order = value::compare(a[index], b[index]); order != 0) return order;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

ReducedRow reduced_row(RowEvaluator& evaluator, const model::Aggregate& aggregate, const RowContext& row) {
  ReducedRow result;
  result.value = aggregate.value.valid() ? evaluator.evaluate(aggregate.value, row) : Value(true);
  return result;
}

namespace {

/// first and last: by time, then key, then value, so that the order of rows never matters.
bool comes_before(const ReducedRow& a, const ReducedRow& b) {
  if (a.time != b.time) return a.time < b.time;
  if (const int order = compare_keys(a.key, b.key); order != 0) return order < 0;
  return value::compare(a.value, b.value) < 0;
}

Number as_number(const Value& value) {
  if (value.is<Number>()) return value.number();
  if (value.is<Date>()) return Number(std::int64_t{value.as<Date>().days});
  return Number(value.as<Instant>().micros);
}

Value like(const Value& pattern, const Number& number) {
  if (pattern.is<Number>()) return number;
  const std::int64_t whole = number.floor().to_int64().value_or(0);
  if (pattern.is<Date>()) return Date{static_cast<std::int32_t>(whole)};
  return Instant{whole};
}

Value mean(const std::vector<ReducedRow>& rows) {
  Number sum;
  for (const ReducedRow& row : rows) sum += as_number(row.value);
  return like(rows[0].value, sum / Number(static_cast<std::int64_t>(rows.size())));
}

}  // namespace

Value percentile_of_sorted(const std::vector<Value>& sorted, const Number& percent) {
  const Number rank = Number(static_cast<std::int64_t>(sorted.size()) - 1) * percent / Number(100);  // 0-based
  const Number whole = rank.floor();
  const auto index = static_cast<std::size_t>(whole.to_int64().value_or(0));
  const Number low = as_number(sorted[index]);
  if (rank == whole) return sorted[index];
  return like(sorted[index], low + (as_number(sorted[index + 1]) - low) * (rank - whole));
}

Value reduce(const model::Aggregate& aggregate, std::vector<ReducedRow> rows) {
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const ReducedRow& row) { return !row.value.has_value(); }), rows.end());
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto by_value = [](const ReducedRow& a, const ReducedRow& b) { return value::compare(a.value, b.value) < 0; };
  switch (aggregate.function) {
    case AggregateFunction::count: return Number(count);
    case AggregateFunction::exists: return count > 0;
    case AggregateFunction::sum: {
      Number sum;
      for (const ReducedRow& row : rows) sum += row.value.number();
      return sum;
    }
    case AggregateFunction::distinct: {
      std::sort(rows.begin(), rows.end(), by_value);
      const auto same = [](const ReducedRow& a, const ReducedRow& b) { return a.value == b.value; };
      return Number(static_cast<std::int64_t>(std::unique(rows.begin(), rows.end(), same) - rows.begin()));
    }
    default: break;
  }
  if (rows.empty()) return Value::none(NoValueReason::no_rows);
  switch (aggregate.function) {
    case AggregateFunction::avg: return mean(rows);
    case AggregateFunction::min: return std::min_element(rows.begin(), rows.end(), by_value)->value;
    case AggregateFunction::max: return std::max_element(rows.begin(), rows.end(), by_value)->value;
    case AggregateFunction::first: return std::min_element(rows.begin(), rows.end(), comes_before)->value;
    case AggregateFunction::last: return std::max_element(rows.begin(), rows.end(), comes_before)->value;
    default: break;
  }
  std::vector<Value> sorted;
  for (ReducedRow& row : rows) sorted.push_back(std::move(row.value));
  std::sort(sorted.begin(), sorted.end(), [](const Value& a, const Value& b) { return value::compare(a, b) < 0; });
  return percentile_of_sorted(sorted, aggregate.function == AggregateFunction::median ? Number(50) : aggregate.percent);
}

}  // namespace kpi::eval::scanning
