// One pass over the rows of events: decode, the events' own `where`, as-of, bad rows. What remains is handed on batch by
// batch.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "interpreter/eval/scan_decode.hpp"
#include "interpreter/eval/scan_join.hpp"
#include "interpreter/eval/scan_plan.hpp"

namespace kpi::eval::scanning {

/// Bad cells met in one pass. The keys of their rows are looked up at the end, in one more pass over the key columns, so
/// that passes without errors need not read keys.
class BadRows {
 public:
  BadRows(World& world, SourceRef source) : world_(world), source_(source) {}
  void add(std::uint64_t row, BadCell cell);
  /// Reports the first errors of the run; with --quarantine nothing is reported.
  void report(const TableSchema& schema);

 private:
  void report_one(const TableSchema& schema, const std::string& row, const BadCell& cell);
  World& world_;
  SourceRef source_;
  std::vector<std::pair<std::uint64_t, BadCell>> listed_;
  std::uint64_t count_ = 0;
};

/// Texts of the key (or "12", the row's number, without one) for the rows at these ascending positions.
std::vector<std::string> keys_of_rows(World& world, SourceRef source, const TableSchema& schema, const std::vector<std::uint64_t>& rows);

class EventsPass {
 public:
  /// Notes what it finds out about rows in `state`, by default the run's own.
  EventsPass(World& world, Plan& plan, EventsId events, JoinSet* joins, EventsState* state = nullptr);

  /// Fields to decode, and raw columns of the table to read besides.
  Reads reads;
  std::vector<std::string> raw_columns;
  bool lenient = false;                        // bad rows are passed over: only times are of interest
  /// A batch with at least one active row. Rows that are not active were filtered out, set aside or are later than as-of.
  using Consumer = std::function<void(const Batch&, Table&, std::vector<std::uint8_t>& active)>;

  /// Reads schema and columns; false after reporting. Then the program can be given expressions to compile.
  bool open();
  Program& program() { return *program_; }
  const TableSchema& schema() const { return *schema_; }
  /// Index in the raw batch of the i-th of `raw_columns`.
  std::size_t raw_column(std::size_t index) const { return raw_index_[index]; }
  void run(const Consumer& consume);
  /// May several threads read its rows, each with a pass of its own? Rows of distinct entities get their numbers while
  /// they are found, and rows that were set aside are known by their position.
  bool can_be_shared() const;
  /// Can parts of its rows be read, in any order?
  bool can_be_parted() const;
  /// The stored name of the column of a field.
  std::optional<std::string> stored_column(FieldId field) const;
  /// The columns that run() asks the store for.
  const std::vector<std::string>& columns() const { return columns_; }
  /// Runs over the rows that this thread gets until there are no more or `stop` is set. Throws PartsFailed at the first
  /// bad row: what is wrong with a table is found out by reading it in order.
  void run_part(TableScan& scan, const Consumer& consume, const std::atomic<bool>& stop);
  std::optional<Window> only_days;             // bad rows on other days are no matter
  bool keep_late_rows = false;                 // rows later than as-of stay active; the consumer tells them apart
  bool is_late(const Table& table, std::size_t row) const;

 private:
  template <class GoOn>
  void run_over(TableScan& scan, const Consumer& consume, BadRows& bad_rows, GoOn go_on);
  void filter(const Batch& batch, Table& table, BadCells& bad, std::vector<std::uint8_t>& active, BadRows& bad_rows);
  void compute_times(const Batch& batch, Table& table, const std::vector<std::uint8_t>& active);
  void compute_column(FieldId field, Program::Root root, Table& table, const std::vector<std::uint8_t>& active);
  void drop_known(const Batch& batch, std::vector<std::uint8_t>& active) const;
  void set_aside(const Batch& batch, const BadCell& cell, std::vector<std::uint8_t>& active, BadRows& bad_rows);
  bool is_known_bad(const Batch& batch, std::size_t row) const;

  World& world_;
  Plan& plan_;
  EventsId events_;
  const model::Events& decl_;
  EventsState& state_;
  bool in_parts_ = false;
  std::optional<TableSchema> schema_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Program> program_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> raw_index_;
  FieldSet where_fields_;
  Program::Root where_;
  Program::Root time_;    // of a computed time
  std::vector<std::pair<FieldId, Program::Root>> other_times_;  // Reads::times
};

/// The instant of an event: its time field, or the first instant of its day where that is a date.
std::int64_t event_micros(const World& world, const model::Events& events, const Table& table, std::size_t row);

}  // namespace kpi::eval::scanning
