// The rows that aggregates read, for explain: by the time, filter and window of each.
#pragma once

#include "interpreter/eval/scan.hpp"

namespace kpi::eval {

/// An aggregate over events in a window, which need not be that of the period.
struct TraceSpan {
  AggregateId aggregate;
  Window window;
  friend auto operator<=>(const TraceSpan&, const TraceSpan&) = default;
};

struct CountedRow : TracedRow {
  std::vector<std::size_t> counted_by;  // indices of the spans whose aggregate counts the row
};

/// As trace_rows(), with the rows whose time lies in the window of a span besides.
std::vector<CountedRow> trace_counted_rows(const model::Policy& policy, DataSource& data, const ScanRequest& request,
                                           EntityId entity, std::string_view key, Window window,
                                           const std::vector<TraceSpan>& spans, source::Diagnostics& diagnostics);

}  // namespace kpi::eval
