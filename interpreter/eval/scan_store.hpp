// The aggregates of one run.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "interpreter/eval/scan_entities.hpp"
#include "interpreter/eval/scan_events.hpp"
#include "interpreter/eval/trace.hpp"

namespace kpi::eval::scanning {

/// Once filled, several threads may ask it.
class Store final : public AggregateStore {
 public:
  Store(const Policy& policy, DataSource& data, const ScanRequest& request, source::Diagnostics& diagnostics);

  /// Reads everything; errors are in the diagnostics.
  void scan();
  bool tracing = false;                // set before scan() when trace() follows
  EntityId traced_entity;              // whose rows trace() is asked for; invalid: everyone's
  /// Rows of all events that lead to the entity's row, in time order; to be called after scan(). See trace_counted_rows().
  std::vector<CountedRow> trace(EntityId entity, std::string_view key, Window window, const std::vector<TraceSpan>& spans);

  const std::vector<EntityRow>& rows(EntityId entity) const override { return rows_[entity.index].rows; }
  std::optional<std::uint32_t> find(EntityId entity, std::string_view key) const override;
  Value value(AggregateId aggregate, EntityId entity, std::uint32_t row, Window window) const override;
  Value merged(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t> rows, Window window) const override;
  std::vector<value::Currency> currencies(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t> rows,
                                          Window window) const override;
  bool present(EntityId entity, std::uint32_t row, Window window) const override;
  const EventsInfo& events(EventsId events) const override { return world_.events[events.index].info; }
  std::uint64_t quarantined(EntityId entity) const override { return world_.entities[entity.index].quarantined; }
  const std::vector<ExclusionCount>& exclusions(Window window) const override;
  Cover coverage(model::SourceRef source, Window window) const override;
  std::int32_t usual_gap() const override { return usual_gap_; }
  const std::vector<IsolatedRows>& isolated() const override { return isolated_; }
  std::optional<value::Instant> as_of() const override { return as_of_; }
  std::optional<value::Number> rate(value::Currency currency, Window period) const override {
    return world_.rates.rate(currency, period);
  }
  MemoryUse memory_use() const override {
    const MemoryBudget& budget = world_.budget;
    return {budget.limit(), budget.values(), budget.peak(), budget.spilled(), temporary_folder()};
  }
  Value working_time(model::CalendarId calendar, value::Instant from, value::Instant to) const override;

 private:
  // store_scan (scan.cpp)
  void plan_needs();
  void add_need(AggregateId aggregate, EntityId entity, Window window);
  void plan_quarantine();
  void run_passes();
  void convert_windows();
  std::vector<std::uint32_t> pass_order() const;
  EventsScan& scan_of(EventsId events);
  void scan_times_elsewhere();
  void fill_coverage();
  void find_isolated();
  void name_isolated(IsolatedRows& rows);
  void find_silence(EventsId events);
  void prepare_exclusions();
  void index_entities();

  Value collected(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t> internal_rows, Window window,
                  bool by_day) const;
  template <class Visit>
  void for_entity_rows(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> internal_rows,
                       Window window, Visit visit) const;
  Value over_days(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> internal_rows, Window window) const;
  Value over_entity(const model::Aggregate& aggregate, EntityId entity, std::span<const std::uint32_t> internal_rows, Window window) const;
  std::vector<std::int32_t> days_with_rows(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t> internal_rows,
                                           Window window) const;
  Value shown(Value value) const;
  Value as_text_where_found(Value value) const;

  ScanRequest request_;                // a copy: the store outlives its caller's
  mutable World world_;
  Plan plan_;
  Resources resources_;
  std::map<std::uint32_t, std::unique_ptr<EventsScan>> scans_;
  std::vector<EntityRows> rows_;
  std::map<Window, std::vector<ExclusionCount>> exclusions_;
  std::map<std::uint32_t, std::map<std::int32_t, std::uint64_t>> days_elsewhere_;  // rows per day of events without a scan
  std::int32_t usual_gap_ = 0;
  std::vector<IsolatedRows> isolated_;
  std::optional<value::Instant> as_of_;
  std::optional<value::Instant> first_event_, last_event_;
  mutable std::mutex row_mutex_;       // of the evaluator, and of accumulators that are slow or read files
  mutable std::unique_ptr<RowEvaluator> evaluator_;
};

}  // namespace kpi::eval::scanning
