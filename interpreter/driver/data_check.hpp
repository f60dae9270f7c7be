// Can a policy be evaluated from a store? Tables, columns and what reads them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "interpreter/eval/data_source.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::driver {

/// A field of a source, by which metrics and columns are matched.
struct FieldUse {
  model::SourceRef source;
  model::FieldId field;
  friend auto operator<=>(const FieldUse&, const FieldUse&) = default;
};

/// Every field whose column must be there for the metric to have a value: what its aggregates read, also through other
/// metrics, references, computed fields and exclusions, and the times and keys that decide whose rows they are.
std::set<FieldUse> fields_read(const model::Policy& policy, model::MetricId metric);

/// Every aggregate that the metric reads, also through other metrics, phases and decision tables.
void aggregates_read(const model::Policy& policy, model::MetricId metric, std::set<model::AggregateId>& found);

}  // namespace kpi::driver
