// Which cell of an aggregate a row falls into: (row of an entity, slot of time).
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "interpreter/eval/scan_program.hpp"

namespace kpi::eval::scanning {

/// Elementary spans of days: the union of the boundaries of all windows. A window is a run of neighbouring slots, so
/// months, weeks, days and lifetimes cost one pass together. By day, every day of a window is a slot of its own.
class SlotSet {
 public:
  static constexpr std::int32_t kOutside = -1;

  SlotSet(std::vector<Window> windows, bool by_day);
  bool by_day() const { return by_day_; }
  std::size_t count() const { return bounds_.empty() ? 0 : bounds_.size() - 1; }
  /// kOutside when no window contains the day. By day: the number of days since kBeginning.
  std::int32_t slot(std::int32_t day) const {
    const std::int32_t interval = interval_of(day);
    if (interval < 0 || needed_[static_cast<std::size_t>(interval)] == 0) return kOutside;
    return by_day_ ? day - kBeginning.days : interval;
  }
  /// slot() of the days from table_start() on; empty where there are too many, and by day.
  std::span<const std::int32_t> table() const { return slot_table_; }
  std::int32_t table_start() const { return table_start_; }
  /// Slots [first, second) of a window.
  std::pair<std::int32_t, std::int32_t> range(Window window) const;
  friend bool operator==(const SlotSet& a, const SlotSet& b) { return a.windows_ == b.windows_ && a.by_day_ == b.by_day_; }

 private:
  std::int32_t interval_of(std::int32_t day) const;
  std::vector<Window> windows_;
  std::vector<std::int32_t> bounds_;
  std::vector<std::uint8_t> needed_;
  bool by_day_ = false;
  std::int32_t table_start_ = 0;
  std::vector<std::int32_t> table_;   // interval by day, from the first finite boundary on
  std::vector<std::int32_t> slot_table_;
};

/// Cells for one entity and one set of slots. Cell 0 takes what belongs nowhere.
class Grouping {
 public:
  Grouping(World& world, model::EntityId entity, const SlotSet& slots);
  model::EntityId entity() const { return entity_; }
  const SlotSet& slots() const { return slots_; }
  std::uint32_t cell(std::uint32_t row, std::int32_t slot) {
    if (dense_) {
      const std::uint32_t cell = dense_cell(row, slot);
      if (cell >= cells_) cells_ = cell + 1;
      return cell;
    }
    return sparse_cell(row, slot);
  }
  /// Is a cell's number worked out from row and slot?
  bool is_dense() const { return dense_; }
  std::uint32_t row_stride() const { return row_stride_; }
  std::uint32_t slot_stride() const { return slot_stride_; }
  /// Dense: cells up to this one are used.
  void use(std::uint32_t cell) { cells_ = std::max(cells_, cell + 1); }
  /// Number of cells used, cell 0 included: what accumulators have to hold.
  std::uint32_t cells() const { return cells_; }
  void finish();
  /// Takes in the cells of a grouping for the same entity and slots that another thread has filled. Gives the cell here of
  /// each cell there. Before finish().
  std::vector<std::uint32_t> take_in(const Grouping& other);
  /// Appends (slot, cell) of the row's cells in a window, in order of slots.
  void collect(std::uint32_t row, Window window, std::vector<std::pair<std::int32_t, std::uint32_t>>& out) const;

 private:
  std::uint32_t dense_cell(std::uint32_t row, std::int32_t slot) const {
    return row * row_stride_ + static_cast<std::uint32_t>(slot) * slot_stride_ + 1;
  }
  std::uint32_t sparse_cell(std::uint32_t row, std::int32_t slot);
  struct Entry { std::uint32_t row; std::int32_t slot; std::uint32_t cell; };
  model::EntityId entity_;
  SlotSet slots_;
  bool dense_ = true;
  // Cells of one slot lie together, since rows often come in the order of their times; only where nobody knows how many
  // rows there will be, those of one row do.
  std::uint32_t row_stride_ = 0, slot_stride_ = 0;
  std::uint32_t cells_ = 1;
  tsl::robin_map<std::uint64_t, std::uint32_t, CodeHash> sparse_;
  std::vector<Entry> entries_;        // after finish(): by row and slot
};

}  // namespace kpi::eval::scanning
