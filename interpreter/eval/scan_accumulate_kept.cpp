// Accumulators that keep what they have seen until the end: distinct values, percentiles, first and last rows.
#include <algorithm>
#include <map>
#include <utility>

#include "interpreter/eval/scan_accumulators.hpp"
#include "interpreter/eval/scan_pass.hpp"
#include "interpreter/eval/scan_spill.hpp"

namespace kpi::eval::scanning {

using model::AggregateFunction;
using value::Instant;

namespace {

// ---- distinct ------------------------------------------------------------------------------------------------------------------

/// Are the cells of another thread numbered as here?
bool are_same(std::span<const std::uint32_t> places) {
  for (std::uint32_t cell = 0; cell < places.size(); ++cell) {
    if (places[cell] != cell) return false;
  }
  return true;
}

void take_in_entries(SortedEntries<CellEntry>& to, SortedEntries<CellEntry>& from, std::span<const std::uint32_t> places) {
  to.take_in(from, are_same(places), [&](CellEntry entry) {
    entry.cell = places[entry.cell];
    return entry;
  });
}

class DistinctCounter final : public Accumulator {
 public:
  DistinctCounter(World& world, const model::Aggregate& aggregate)
      : Accumulator(world, aggregate), entries_(world.budget, true) {}

  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t) override {
    Vec vec;
    const bool number = rep_of(world_.policy.expr(aggregate_.value).type) == Rep::number;
    const bool fast = program.evaluate(value.node, vec);
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      if (fast) {
        if (vec.is_absent(row)) continue;
        const Code code = number ? number_code(vec.values[row], vec.scale, world_.pool) : vec.values[row];
        entries_.add({targets[row], 0, code});
      } else {
        const Value x = program.simple(value.expr, row);
        if (x.has_value()) entries_.add({targets[row], 0, value_code(x, world_.pool)});
      }
    }
  }
  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t) override {
    take_in_entries(entries_, static_cast<DistinctCounter&>(other).entries_, places);
  }
  void finish() override { entries_.finish(); }
  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>&) const override {
    std::int64_t count = 0;
    if (cells.size() == 1) {
      const auto [first, last] = entries_.range(cells.front());
      count = static_cast<std::int64_t>(last - first);
    } else {
      std::optional<Code> before;
      entries_.visit_merged(cells, [&](Code code) {
        if (before != code) ++count;
        before = code;
        return true;
      });
    }
    return Number(count);
  }

 private:
  SortedEntries<CellEntry> entries_;
};

// ---- median, percentile ----------------------------------------------------------------------------------------------------------

class Percentile final : public Accumulator {
 public:
  using Accumulator::Accumulator;

  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t) override {
    Vec vec;
    if (program.evaluate(value.node, vec)) {
      auto& entries = bank(vec.scale);
      for (std::size_t row = 0; row < targets.size(); ++row) {
        if (targets[row] != 0 && !vec.is_absent(row)) entries.add({targets[row], 0, vec.values[row]});
      }
      return;
    }
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      const Value x = program.simple(value.expr, row);
      if (!x.has_value()) continue;
      Decimal decimal;
      if (!x.is<Number>()) {
        bank(0).add({targets[row], 0, value_code(x, world_.pool)});
      } else if (fits_column(x.number(), decimal)) {
        bank(decimal.scale).add({targets[row], 0, decimal.mantissa});
      } else {
        wide_.emplace_back(targets[row], x.number());
      }
    }
  }
  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t) override {
    auto& from = static_cast<Percentile&>(other);
    for (auto& [scale, theirs] : from.banks_) take_in_entries(bank(scale), theirs, places);
    for (const auto& [cell, number] : from.wide_) wide_.emplace_back(places[cell], number);
  }
  void finish() override {
    unify_scales();
    if (!banks_.empty()) banks_.begin()->second.finish();
    std::sort(wide_.begin(), wide_.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second < b.second;
    });
  }
  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>&) const override {
    const std::vector<Number> wide = wide_of(cells);
    std::uint64_t count = wide.size();
    for (const std::uint32_t cell : cells) count += entries_of(cell);
    if (count == 0) return empty_result(aggregate_.function);
    const Number percent = aggregate_.function == AggregateFunction::median ? Number(50) : aggregate_.percent;
    const Number rank = Number(static_cast<std::int64_t>(count) - 1) * percent / Number(100);
    const auto index = static_cast<std::uint64_t>(rank.floor().to_int64().value_or(0));
    const std::vector<Value> around = values_at(cells, wide, index, rank.is_integer() ? 1 : 2);
    return rank.is_integer() ? around.front() : percentile_of_sorted(around, (rank - rank.floor()) * Number(100));
  }

 private:
  SortedEntries<CellEntry>& bank(int scale) { return banks_.try_emplace(scale, world_.budget, false).first->second; }

  /// All values at one scale, so that they are sorted as integers; those that do not fit become rationals beside them.
  void unify_scales() {
    if (banks_.size() < 2) return;
    const int scale = banks_.rbegin()->first;
    for (auto from = banks_.begin(); from->first != scale; from = banks_.erase(from)) {
      from->second.visit_all([&](CellEntry entry) {
        std::int64_t raised = 0;
        if (__builtin_mul_overflow(entry.value, kPowers[scale - from->first], &raised)) {
          wide_.emplace_back(entry.cell, Number::scaled(entry.value, from->first));
        } else {
          banks_.rbegin()->second.add({entry.cell, 0, raised});
        }
      });
    }
  }
  std::uint64_t entries_of(std::uint32_t cell) const {
    if (banks_.empty()) return 0;
    const auto [first, last] = banks_.begin()->second.range(cell);
    return last - first;
  }
  std::vector<Number> wide_of(std::span<const std::uint32_t> cells) const {
    std::vector<Number> found;
    if (wide_.empty()) return found;
    for (const std::uint32_t cell : cells) {
      auto entry = std::partition_point(wide_.begin(), wide_.end(), [&](const auto& e) { return e.first < cell; });
      for (; entry != wide_.end() && entry->first == cell; ++entry) found.push_back(entry->second);
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  /// The values from this place on among those of all these cells, in order.
  std::vector<Value> values_at(std::span<const std::uint32_t> cells, const std::vector<Number>& wide, std::uint64_t index,
                               std::size_t count) const {
    const Rep rep = rep_of(world_.policy.expr(aggregate_.value).type);
    std::vector<Value> found;
    if (cells.size() == 1 && wide.empty()) {
      const auto& [scale, entries] = *banks_.begin();
      const std::uint64_t first = entries.range(cells.front()).first;
      for (std::size_t i = 0; i < count; ++i) found.push_back(to_value(entries.at(first + index + i).value, scale, rep));
      return found;
    }
    std::uint64_t position = 0;
    const auto is_reached = [&] { return position >= index; };
    const auto go_on = [&] { return ++position < index + count; };
    auto next_wide = wide.begin();
    bool more = true;
    if (!banks_.empty()) {
      const auto& [scale, entries] = *banks_.begin();
      entries.visit_merged(cells, [&, bank_scale = scale](std::int64_t x) {
        while (next_wide != wide.end() && more && *next_wide < Number::scaled(x, bank_scale)) {
          if (is_reached()) found.emplace_back(*next_wide);
          ++next_wide;
          more = go_on();
        }
        if (more && is_reached()) found.push_back(to_value(x, bank_scale, rep));
        return more = more && go_on();
      });
    }
    for (; next_wide != wide.end() && more; ++next_wide, more = go_on()) {
      if (is_reached()) found.emplace_back(*next_wide);
    }
    return found;
  }
  static Value to_value(std::int64_t x, int scale, Rep rep) {
    if (rep == Rep::date) return Date{static_cast<std::int32_t>(x)};
    if (rep == Rep::instant) return Instant{x};
    return Number::scaled(x, scale);
  }

  std::map<int, SortedEntries<CellEntry>> banks_;   // by scale; one after finish()
  std::vector<std::pair<std::uint32_t, Number>> wide_;
};

// ---- first, last -----------------------------------------------------------------------------------------------------------------

class EdgeRow final : public Accumulator {
 public:
  using Accumulator::Accumulator;

  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) override {
    best_.resize(std::max<std::size_t>(best_.size(), cells));
    const model::Events& events = world_.policy.events[aggregate_.source.index];
    const Table& table = program.batch();
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      ReducedRow& best = best_[targets[row]];
      ReducedRow candidate;
      candidate.time = event_micros(world_, events, table, row);
      if (best.value.has_value() && (is_first() ? candidate.time > best.time : candidate.time < best.time)) continue;
      candidate.value = program.simple(value.expr, row);
      if (!candidate.value.has_value()) continue;
      for (const FieldId key : events.key) candidate.key.push_back(cell_value(table.column(key), row, world_.pool));
      if (!best.value.has_value() || precedes(candidate, best)) best = std::move(candidate);
    }
  }
  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) override {
    best_.resize(std::max<std::size_t>(best_.size(), cells));
    const auto& from = static_cast<const EdgeRow&>(other).best_;
    for (std::size_t cell = 1; cell < std::min(from.size(), places.size()); ++cell) {
      if (!from[cell].value.has_value()) continue;
      ReducedRow& best = best_[places[cell]];
      if (!best.value.has_value() || precedes(from[cell], best)) best = from[cell];
    }
  }
  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>&) const override {
    const ReducedRow* best = nullptr;
    for (const std::uint32_t cell : cells) {
      if (cell >= best_.size() || !best_[cell].value.has_value()) continue;
      if (best == nullptr || precedes(best_[cell], *best)) best = &best_[cell];
    }
    return best != nullptr ? best->value : empty_result(aggregate_.function);
  }

 private:
  bool is_first() const { return aggregate_.function == AggregateFunction::first; }
  /// Is `a` the better one? By time, then key, then value, so that the order of rows never matters.
  bool precedes(const ReducedRow& a, const ReducedRow& b) const {
    int order = a.time < b.time ? -1 : a.time > b.time ? 1 : compare_keys(a.key, b.key);
    if (order == 0) order = value::compare(a.value, b.value);
    return is_first() ? order < 0 : order > 0;
  }
  std::vector<ReducedRow> best_;
};

}  // namespace

std::unique_ptr<Accumulator> make_distinct(World& world, const model::Aggregate& aggregate) {
  return std::make_unique<DistinctCounter>(world, aggregate);
}
std::unique_ptr<Accumulator> make_percentile(World& world, const model::Aggregate& aggregate) {
  return std::make_unique<Percentile>(world, aggregate);
}
std::unique_ptr<Accumulator> make_edge_row(World& world, const model::Aggregate& aggregate) {
  return std::make_unique<EdgeRow>(world, aggregate);
}

}  // namespace kpi::eval::scanning
