// The main pass over one events source: exclusions, and all aggregates for all entities and windows together.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "interpreter/eval/scan_accumulate.hpp"
#include "interpreter/eval/scan_ensure.hpp"
#include "interpreter/eval/scan_resources.hpp"

namespace kpi::eval::scanning {

/// What is computed once for rows that fall into the same cells, pass the same filter and ignore the same exclusions.
struct Lane {
  Grouping* grouping = nullptr;
  std::size_t kept = 0;                          // the KeptCells
  FieldId at;                                    // the time that decides the slot; invalid: the events' own
  std::uint64_t excluded_by = 0;                 // exclusions that take rows out
  Program::Root filter;                          // expr invalid: none
  std::vector<std::int64_t> counts;              // rows per cell
  std::vector<std::unique_ptr<Accumulator>> accumulators;
  std::vector<std::uint32_t> targets, selected;  // of the current batch, where there is a filter: cells, rows with one
};

/// The cells of the current batch's rows, before filters and exclusions.
struct CellSet {
  Grouping* grouping = nullptr;
  FieldId at;
  std::vector<std::uint32_t> cells;
};

/// Of those the ones of rows that exclusions leave.
struct KeptCells {
  std::size_t set = 0;                           // the CellSet
  std::uint64_t excluded_by = 0;
  std::vector<std::uint32_t> cells;
};

/// Where the results of (aggregate, entity) stand.
struct Instance {
  const Lane* lane = nullptr;
  const Accumulator* accumulator = nullptr;
};

/// One aggregate that rows are collected for; `by_day` when another one works on its values per day.
struct LaneKey {
  AggregateId aggregate;
  EntityId entity;
  bool by_day = false;
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

/// Sums of amounts taken out, per field and currency: integers per scale, and what does not fit beside them.
class ExcludedMoney {
 public:
  void add(std::uint32_t field, Code currency, std::int64_t mantissa, int scale);
  void add(std::uint32_t field, Code currency, const Number& amount) { wide_[{field, currency}] += amount; }
  void take_in(const ExcludedMoney& other);
  /// Adds all sums to `into`, by field and currency.
  void collect(std::map<std::pair<std::uint32_t, Code>, Number>& into) const;

 private:
  struct Sum {
    std::uint32_t field = 0;
    int scale = 0;
    Code currency = 0;
    value::Int128 total = 0;
  };
  std::vector<Sum> sums_;              // few: fields times currencies
  std::array<std::uint32_t, 128> likely_ = {};   // where one was found last, by a hash of what it is for
  std::map<std::pair<std::uint32_t, Code>, Number> wide_;
};

struct ExcludedRows {
  std::uint64_t rows = 0, noted = 0, undecided = 0;
  ExcludedMoney money;
};

/// The same for a window: field name -> currency -> sum.
struct ExcludedTotals {
  std::uint64_t rows = 0, noted = 0, undecided = 0;
  std::map<std::string, std::map<std::string, Number>> money;
};

class EventsScan {
 public:
  EventsScan(World& world, Plan& plan, Resources& resources, EventsId events, EventsState* state = nullptr);

  // Before the pass.
  void add_need(const LaneKey& key, Window window) { windows_[key].push_back(window); }
  void add_presence(EntityId entity, Window window) { presence_windows_[entity].push_back(window); }
  /// The rows of a distinct entity are found by reading the references to it.
  void add_discovery(EntityId entity) { discovered_.insert(entity); }
  void add_ensure(const model::Ensure& ensure) { ensures_.push_back(std::make_unique<EnsureCheck>(world_, ensure)); }
  void report_exclusions(const std::vector<Window>& windows) { report_windows_ = windows; reports_ = true; }
  /// Everything the pass itself reads.
  Reads reads();
  bool only_times = false;                       // nothing but first and last time is wanted

  /// False after reporting errors of structure.
  bool run();

  // Afterwards.
  const Instance* find(const LaneKey& key) const;
  const Lane* presence(EntityId entity) const;
  const std::map<std::int32_t, std::uint64_t>& rows_per_day() const { return rows_per_day_; }
  /// Exclusion (by index) -> rows taken out in the window.
  std::map<std::size_t, ExcludedTotals> excluded(Window window) const;
  std::uint64_t own_exclusions() const { return own_exclusions_; }
  std::vector<UnownedRows> unowned() const;
  bool has_only_needed_days() const { return only_days_.has_value(); }

 private:
  struct MoneyField {
    FieldId field;
    int node = -1;
    ExprId computed;
    Code currency = 0;            // of amounts that are not in a currency column
    Vec vec;                      // of a computed amount, in the current batch
    bool is_fast = false;
    bool is_read = false;         // its cells are there
  };

  /// Another one that wants the same, for one thread: what it finds goes to `state`.
  std::unique_ptr<EventsScan> worker(EventsState& state) const;
  /// The same by several threads; false when the rows have to be read in order instead.
  bool run_in_parts(const EventsPass& pass);
  /// The same over the table as a whole, or over the part of it that holds what is needed.
  /// False also where `accept` does not like what was found; then nothing has changed.
  using Accept = std::function<bool(const EventsInfo&)>;
  bool run_over_parts(const EventsPass& pass, PartedTable& table, unsigned count, const Accept& accept);
  /// With ScanRequest::only_needed: the days from the first to the last that anything here asks for; none where all rows
  /// are needed.
  std::optional<Window> needed_days(const EventsPass& pass) const;
  bool run_over_needed(const EventsPass& pass);
  void take_in(const EventsScan& other);
  void adopt(EventsScan&& other);
  void compile(EventsPass& pass);
  void add_lanes(Program& program, const LaneKey& key, const std::vector<Window>& windows);
  Lane& lane_for(Grouping* grouping, FieldId at, std::uint64_t excluded_by, Program::Root filter);
  Grouping* grouping_for(EntityId entity, const SlotSet& slots);
  void take(Program& program, const Batch& batch, Table& table, std::vector<std::uint8_t>& active);
  void drop_unseen(const Table& table, std::vector<std::uint8_t>& active) const;
  void note_times(const Table& table, std::vector<std::uint8_t>& active);
  void find_exclusions(Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  void store_masks(const Table& table, const std::vector<std::uint8_t>& active);
  void report_excluded(Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  void find_unowned(Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  void add_money(Program& program, const Table& table, std::size_t row, ExcludedMoney& money);
  std::map<std::string, std::map<std::string, Number>> named(const std::map<std::pair<std::uint32_t, Code>, Number>& sums) const;
  void fill_lanes(Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  void fill_cells(Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  const Column& times_of(Program& program, const Table& table, FieldId at, const std::vector<std::uint8_t>& active);
  void fill_cell_set(CellSet& set, Program& program, const Table& table, const std::vector<std::uint8_t>& active);
  std::span<const std::int64_t> days_of(Program& program, const Table& table, FieldId at, const std::vector<std::uint8_t>& active);
  Vec owners_of(Program& program, const Table& table, EntityId entity, const std::vector<std::uint8_t>& active);

  World& world_;
  Plan& plan_;
  Resources& resources_;
  EventsId events_;
  const model::Events& decl_;
  EventsState& state_;
  std::uint64_t own_exclusions_ = 0;
  bool reports_ = false;
  std::optional<Window> only_days_;   // rows on other days are not looked at
  std::vector<Window> report_windows_;
  std::map<LaneKey, std::vector<Window>> windows_;
  std::map<EntityId, std::vector<Window>> presence_windows_;
  std::set<EntityId> discovered_;
  std::vector<std::unique_ptr<EnsureCheck>> ensures_;

  std::vector<std::unique_ptr<Grouping>> groupings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<LaneKey, Instance> instances_;
  std::map<EntityId, const Lane*> presence_lanes_;
  std::vector<std::pair<std::size_t, Program::Root>> exclusions_;   // index and condition
  std::vector<FieldId> references_;              // to events that may be unseen or excluded
  std::map<EntityId, int> owner_nodes_;
  std::vector<MoneyField> money_fields_;
  std::unique_ptr<SlotSet> report_slots_;
  std::vector<std::vector<ExcludedRows>> excluded_;                 // by exclusion and slot
  std::map<std::int32_t, std::uint64_t> rows_per_day_;
  std::map<EntityId, ExcludedRows> unowned_;

  // Of the current batch.
  std::vector<std::uint64_t> masks_;
  std::vector<std::uint64_t> undecided_;         // exclusions whose condition has no value; empty: none
  std::vector<CellSet> cell_sets_;
  std::vector<KeptCells> kept_cells_;
  std::map<FieldId, std::vector<std::int64_t>> days_;
  std::map<FieldId, Column> computed_times_;
  struct Owners {
    std::vector<std::int64_t> rows;
    std::vector<std::uint8_t> absent;
  };
  std::map<EntityId, Owners> owners_;
  std::vector<std::uint8_t> wanted_, passes_;
};

}  // namespace kpi::eval::scanning
