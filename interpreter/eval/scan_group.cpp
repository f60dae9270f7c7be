#include "interpreter/eval/scan_group.hpp"

#include <algorithm>

namespace kpi::eval::scanning {

namespace {

constexpr std::size_t kMaxTableDays = 1 << 16;
constexpr std::uint64_t kMaxDenseCells = 1 << 22;

}  // namespace

SlotSet::SlotSet(std::vector<Window> windows, bool by_day) : windows_(std::move(windows)), by_day_(by_day) {
  std::sort(windows_.begin(), windows_.end());
  windows_.erase(std::unique(windows_.begin(), windows_.end()), windows_.end());
  std::erase_if(windows_, [](const Window& window) { return window.start >= window.end; });
  for (const Window& window : windows_) {
    bounds_.push_back(window.start.days);
    bounds_.push_back(window.end.days);
  }
  std::sort(bounds_.begin(), bounds_.end());
  bounds_.erase(std::unique(bounds_.begin(), bounds_.end()), bounds_.end());
  needed_.assign(count(), 0);
  for (const Window& window : windows_) {
    const auto first = std::lower_bound(bounds_.begin(), bounds_.end(), window.start.days) - bounds_.begin();
    const auto last = std::lower_bound(bounds_.begin(), bounds_.end(), window.end.days) - bounds_.begin();
    std::fill(needed_.begin() + first, needed_.begin() + last, 1);
  }
  if (bounds_.empty()) return;
  table_start_ = bounds_.front() == kBeginning.days && bounds_.size() > 1 ? bounds_[1] : bounds_.front();
  const auto days = static_cast<std::size_t>(bounds_.back() - table_start_);
  if (days > kMaxTableDays) return;
  table_.resize(days);
  for (std::size_t day = 0; day < days; ++day) {
    const auto after = std::upper_bound(bounds_.begin(), bounds_.end(), table_start_ + static_cast<std::int32_t>(day));
    table_[day] = static_cast<std::int32_t>(after - bounds_.begin()) - 1;
  }
  if (by_day) return;
  slot_table_.resize(days);
  for (std::size_t day = 0; day < days; ++day) slot_table_[day] = slot(table_start_ + static_cast<std::int32_t>(day));
}

std::int32_t SlotSet::interval_of(std::int32_t day) const {
  const auto offset = static_cast<std::int64_t>(day) - table_start_;
  if (offset >= 0 && static_cast<std::size_t>(offset) < table_.size()) return table_[static_cast<std::size_t>(offset)];
  if (bounds_.empty() || day < bounds_.front() || day >= bounds_.back()) return -1;
  if (offset < 0) return 0;  // the long time before the first finite boundary
  return static_cast<std::int32_t>(std::upper_bound(bounds_.begin(), bounds_.end(), day) - bounds_.begin()) - 1;
}

std::pair<std::int32_t, std::int32_t> SlotSet::range(Window window) const {
  if (by_day_) return {window.start.days - kBeginning.days, window.end.days - kBeginning.days};
  const auto first = std::lower_bound(bounds_.begin(), bounds_.end(), window.start.days) - bounds_.begin();
  const auto last = std::lower_bound(bounds_.begin(), bounds_.end(), window.end.days) - bounds_.begin();
  return {static_cast<std::int32_t>(first), static_cast<std::int32_t>(std::max(first, last))};
}

Grouping::Grouping(World& world, model::EntityId entity, const SlotSet& slots) : entity_(entity), slots_(slots) {
  const EntityTable& rows = world.entities[entity.index];
  dense_ = !slots.by_day() && (rows.grows ? slots.count() <= 64 : rows.table.rows * slots.count() <= kMaxDenseCells);
  if (!dense_) return;
  row_stride_ = rows.grows ? static_cast<std::uint32_t>(slots.count()) : 1;
  slot_stride_ = rows.grows ? 1 : static_cast<std::uint32_t>(std::max<std::size_t>(rows.table.rows, 1));
}

std::uint32_t Grouping::sparse_cell(std::uint32_t row, std::int32_t slot) {
  const std::uint64_t key = std::uint64_t{row} << 32 | static_cast<std::uint32_t>(slot);
  const auto [entry, is_new] = sparse_.emplace(key, cells_);
  if (is_new) entries_.push_back({row, slot, cells_++});
  return entry->second;
}

std::vector<std::uint32_t> Grouping::take_in(const Grouping& other) {
  std::vector<std::uint32_t> places(other.cells_, 0);
  if (dense_) {
    cells_ = std::max(cells_, other.cells_);
    for (std::uint32_t cell = 0; cell < other.cells_; ++cell) places[cell] = cell;
  } else {
    for (const Entry& entry : other.entries_) places[entry.cell] = sparse_cell(entry.row, entry.slot);
  }
  return places;
}

void Grouping::finish() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.row, a.slot) < std::pair(b.row, b.slot); });
  sparse_ = {};
}

void Grouping::collect(std::uint32_t row, Window window, std::vector<std::pair<std::int32_t, std::uint32_t>>& out) const {
  const auto [first, last] = slots_.range(window);
  if (dense_) {
    for (std::int32_t slot = first; slot < last; ++slot) {
      const std::uint32_t cell = dense_cell(row, slot);
      if (cell < cells_) out.emplace_back(slot, cell);
    }
    return;
  }
  const auto before = [](const Entry& entry, std::pair<std::uint32_t, std::int32_t> key) { return std::pair(entry.row, entry.slot) < key; };
  for (auto entry = std::lower_bound(entries_.begin(), entries_.end(), std::pair(row, first), before);
       entry != entries_.end() && entry->row == row && entry->slot < last; ++entry) {
    out.emplace_back(entry->slot, entry->cell);
  }
}

}  // namespace kpi::eval::scanning
