// From rows to aggregates: everything that touches rows. One pass over each table that is needed computes all
// aggregates for all entities and all windows of time; the result answers questions in exact values.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/data_source.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::eval {

using model::AggregateId;
using model::EntityId;
using model::EventsId;
using model::ExclusionId;
using model::FieldId;
using value::Date;
using value::Value;

/// Days [start, end) of the events' own time zone. `lifetime` windows start at kBeginning.
struct Window {
  Date start, end;
  friend auto operator<=>(const Window&, const Window&) = default;
};
constexpr Date kBeginning{-2'000'000};

/// One aggregate is wanted for every row of an entity (and for groups of them) in a window.
struct Need {
  AggregateId aggregate;
  EntityId entity;
  Window window;
  friend auto operator<=>(const Need&, const Need&) = default;
};

/// What values of distinct, median, percentile and checked keys may take in memory unless something else is said.
constexpr std::uint64_t kUsualMemory = 512'000'000;

/// Rows dated so far behind all others that their date is rather a slip: nothing is known up to then.
struct IsolatedRows {
  EventsId events;
  std::uint64_t rows = 0;
  Date first;                    // the day of the first of them
  std::int32_t distance = 0;     // days between it and the last day before
  std::vector<std::string> keys; // of events without a key: positions in the table, from 1
};

struct ScanRequest {
  std::vector<Need> needs;                     // any order, duplicates allowed
  std::vector<std::pair<EntityId, Window>> presence;   // does a kept row of any events lead to the entity?
  /// Rates that `convert` of a literal needs, for a whole window: month_average over its days, fixed, otherwise the rate of
  /// its last day (the latest within 7 days before). A missing one is a data error.
  std::vector<std::pair<value::Currency, Window>> rates;
  std::vector<model::CalendarId> calendars;     // `elapsed` outside rows needs their holidays
  std::vector<EventsId> count_events;          // report rows and exclusions of these even without a Need
  std::vector<Window> report_windows;          // the run's periods: exclusions are reported per window
  std::optional<value::Instant> as_of;         // later rows are not seen
  bool times_only = false;                     // nothing but rows and times is read of events, whatever else is wrong
  bool quarantine = false;                     // set bad rows aside instead of failing
  /// Rows on days that no result needs are not looked at: neither checked nor counted. Where an index leads to the others,
  /// only those are read. First and last times are those of all rows. Not for events whose rows are all needed.
  bool only_needed = false;
  bool everything_covered = false;             // tests
  std::size_t batch_rows = 4096;
  unsigned threads = 1;
  std::uint64_t memory = kUsualMemory;         // bytes; beyond them sorted runs go to temporary files
  bool simple = false;                         // every row through the simple evaluator: the reference for the fast path
};

struct EntityRow {
  std::string key;                             // composite keys joined by " / "
  std::string label;
  std::vector<Value> fields;                   // by FieldId; references are EntityRef
  std::optional<Date> active_from, active_to;  // active_to included
};

/// Row numbers in the order in which results list them, and in which ties are broken: a key of one whole-number field
/// as number, all others as text.
std::vector<std::uint32_t> order_of_keys(const model::Entity& entity, const std::vector<std::string_view>& keys);

struct ExclusionCount {
  ExclusionId exclusion;
  EventsId events;
  std::uint64_t rows = 0;                      // counted under this one (the first declared that hits)
  std::uint64_t noted = 0;                     // also hit, but counted under an earlier one
  std::uint64_t undecided = 0;                 // kept, because the condition has no value for them
  /// Money fields of the rows taken out: field name -> currency code (native) -> sum.
  std::map<std::string, std::map<std::string, value::Number>> money;
};

/// Rows that no exclusion takes out and that lead to no row of an entity, which is scored or measured.
struct UnownedRows {
  EntityId entity;
  std::uint64_t rows = 0;
  std::map<std::string, std::map<std::string, value::Number>> money;  // as ExclusionCount::money, of fields that were read
};

struct EventsInfo {
  std::uint64_t rows = 0;                      // after the events' own `where`, up to as-of
  std::uint64_t excluded = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t duplicates = 0;                // dropped by keep_first
  std::uint64_t without_time = 0;              // absent `at` column of an aggregate: not counted, reported
  std::optional<value::Instant> first, last;   // event times seen
  std::optional<Date> covered_from, covered_to;   // whole days [from, to); none: nothing is covered
  std::vector<UnownedRows> unowned;
  std::vector<std::pair<Date, Date>> silent;   // spans in which the source is silent although it usually is not
};

/// What a scan needed for values of distinct, median, percentile and keys that the database does not keep unique itself.
struct MemoryUse {
  std::uint64_t limit = 0;     // bytes they may take in memory together
  std::uint64_t values = 0;    // held at the end: distinct ones once
  std::uint64_t peak = 0;      // bytes in memory
  std::uint64_t spilled = 0;   // bytes that went to temporary files
  std::string folder;          // of those
};

/// The aggregates of one run. Values follow the rules of "no value and zero": outside the source's coverage `no_data`;
/// inside it 0 for sum, count and distinct, false for exists, `no_rows` for the others. Several threads may ask at once.
class AggregateStore {
 public:
  virtual ~AggregateStore() = default;
  virtual const std::vector<EntityRow>& rows(EntityId entity) const = 0;
  virtual std::optional<std::uint32_t> find(EntityId entity, std::string_view key) const = 0;
  /// The need (aggregate, entity, window) must have been requested.
  virtual Value value(AggregateId aggregate, EntityId entity, std::uint32_t row, Window window) const = 0;
  /// The aggregate over the rows of several entities together: sums add, distinct values unite, percentiles mix.
  virtual Value merged(AggregateId aggregate, EntityId entity, std::span<const std::uint32_t> rows, Window window) const = 0;
  /// The currencies of the rows behind such a value, each once, in order of their codes. For aggregates of amounts in
  /// their rows' own currency; none for all others.
  virtual std::vector<value::Currency> currencies(AggregateId /*aggregate*/, EntityId /*entity*/,
                                                  std::span<const std::uint32_t> /*rows*/, Window /*window*/) const {
    return {};
  }
  virtual bool present(EntityId entity, std::uint32_t row, Window window) const = 0;
  virtual const EventsInfo& events(EventsId events) const = 0;
  /// Rows of an entity's table that --quarantine set aside: bad ones, repeated keys, and those that refer to such rows.
  virtual std::uint64_t quarantined(EntityId /*entity*/) const { return 0; }
  /// Per report window, exclusions in declaration order.
  virtual const std::vector<ExclusionCount>& exclusions(Window window) const = 0;
  /// Is the window covered by the source: fully, partly, not at all?
  enum class Cover : std::uint8_t { full, partial, none };
  virtual Cover coverage(model::SourceRef source, Window window) const = 0;
  /// Rows that were left out of account when the end of the data was looked for.
  virtual const std::vector<IsolatedRows>& isolated() const {
    static const std::vector<IsolatedRows> none;
    return none;
  }
  /// More days than these without any row, at the end of the data, are more than is usual.
  virtual std::int32_t usual_gap() const { return 0; }
  /// Units of policy currency for one unit of `currency` in the window; must have been requested by ScanRequest::rates.
  virtual std::optional<value::Number> rate(value::Currency /*currency*/, Window /*window*/) const { return std::nullopt; }
  /// Working time of a calendar between two instants, in the policy's zone, as a duration in seconds; the calendar must
  /// have been requested by ScanRequest::calendars.
  virtual Value working_time(model::CalendarId /*calendar*/, value::Instant /*from*/, value::Instant /*to*/) const { return {}; }
  virtual MemoryUse memory_use() const { return {}; }
  /// The as-of instant in force: the requested one or the latest event time of the data; where isolated rows lie behind
  /// it, the end of the last day before them.
  virtual std::optional<value::Instant> as_of() const = 0;
};

/// Scans. Data errors (NULL in a required column, malformed values, unknown references, duplicate keys, missing tables,
/// columns or rates) are diagnostics: the first 20 and a count; with errors the store must not be used.
std::unique_ptr<AggregateStore> scan(const model::Policy& policy, DataSource& data, const ScanRequest& request,
                                     source::Diagnostics& diagnostics);

/// One row behind a result, for `explain` and `expect excluded`.
struct TracedRow {
  EventsId events;
  std::string key;                              // or "row 12" where there is no key
  std::optional<value::Instant> time;
  Date day;
  std::vector<ExclusionId> hits;                // in declaration order; empty: kept
  std::vector<std::pair<FieldId, Value>> fields;  // money in policy currency, where declared so
};
/// Rows of all events that belong to the entity row and whose day lies in the window, in time order. With an invalid
/// entity: the rows of all.
std::vector<TracedRow> trace_rows(const model::Policy& policy, DataSource& data, const ScanRequest& request, EntityId entity,
                                  std::string_view key, Window window, source::Diagnostics& diagnostics);

}  // namespace kpi::eval
