#include "interpreter/eval/scan_accumulate.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "interpreter/eval/scan_native.hpp"
#include "interpreter/eval/scan_pass.hpp"
#include "interpreter/eval/scan_spill.hpp"

namespace kpi::eval::scanning {

using model::AggregateFunction;
using value::Instant;
using value::Int128;
using value::NoValueReason;

namespace {

/// Numbers as they arrive: per scale for those that fit, exact for the others.
bool fits_column(const Number& number, Decimal& decimal) {
  const auto scaled = number.to_scaled(kMaxScale);
  if (!scaled || scaled->first > std::numeric_limits<std::int64_t>::max() ||
      scaled->first < -std::numeric_limits<std::int64_t>::max()) {
    return false;
  }
  decimal = {static_cast<std::int64_t>(scaled->first), scaled->second};
  return true;
}

/// Adds numbers per cell of another thread.
template <class Sum, class Count>
void add_counts(std::vector<Sum>& to, const std::vector<Count>& from, std::span<const std::uint32_t> places, std::uint32_t cells) {
  if (from.empty()) return;
  to.resize(std::max<std::size_t>(to.size(), cells));
  for (std::size_t cell = 0; cell < std::min(from.size(), places.size()); ++cell) to[places[cell]] += from[cell];
}

Value empty_result(AggregateFunction function) {
  if (function == AggregateFunction::exists) return false;
  if (function == AggregateFunction::sum || function == AggregateFunction::count || function == AggregateFunction::distinct) {
    return Number();
  }
  return Value::none(NoValueReason::no_rows);
}

// ---- count, exists ---------------------------------------------------------------------------------------------------------

class Counter final : public Accumulator {
 public:
  using Accumulator::Accumulator;
  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) override {
    if (!aggregate_.value.valid()) return;  // the rows themselves are counted by the lane
    present_.resize(std::max<std::size_t>(present_.size(), cells));
    Vec vec;
    const bool fast = program.evaluate(value.node, vec);
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      const bool absent = fast ? vec.is_absent(row) : !program.simple(value.expr, row).has_value();
      if (!absent) ++present_[targets[row]];
    }
  }
  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) override {
    add_counts(present_, static_cast<const Counter&>(other).present_, places, cells);
  }
  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>& counts) const override {
    const auto& from = aggregate_.value.valid() ? present_ : counts;
    std::int64_t count = 0;
    for (const std::uint32_t cell : cells) count += cell < from.size() ? from[cell] : 0;
    if (aggregate_.function == AggregateFunction::exists) return count > 0;
    return Number(count);
  }

 private:
  std::vector<std::int64_t> present_;
};

// ---- sum, avg ----------------------------------------------------------------------------------------------------------------

class Summer final : public Accumulator {
 public:
  using Accumulator::Accumulator;

  void add_selected(Program& program, std::span<const std::uint32_t> targets, std::span<const std::uint32_t> selected,
                    std::uint32_t cells) override {
    Vec vec;
    if (is_average() || !program.evaluate(value.node, vec) || vec.absent != nullptr) return add_batch(program, targets, cells);
    Bank& sums = bank(vec.scale, cells);
    std::uint64_t bits = 0;
    for (const std::uint32_t row : selected) bits |= static_cast<std::uint64_t>(vec.values[row] ^ (vec.values[row] >> 63));
    if (!sums.make_room(bits, selected.size())) return add_batch(program, targets, cells);
    for (const std::uint32_t row : selected) sums.small[targets[row]] += vec.values[row];
  }

  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) override {
    if (is_average()) present_.resize(std::max<std::size_t>(present_.size(), cells));
    const Rep rep = rep_of(world_.policy.expr(aggregate_.value).type);
    Vec vec;
    if (program.evaluate(value.node, vec)) {
      add_fast(targets, vec, bank(vec.scale, cells));
      return;
    }
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      const Value x = program.simple(value.expr, row);
      if (!x.has_value()) continue;
      if (is_average()) ++present_[targets[row]];
      Decimal decimal;
      const Number number = rep == Rep::date      ? Number(std::int64_t{x.as<Date>().days})
                            : rep == Rep::instant ? Number(x.as<Instant>().micros)
                                                  : x.number();
      if (fits_column(number, decimal)) {
        Bank& sums = bank(decimal.scale, cells);
        sums.carry();
        sums.wide[targets[row]] += decimal.mantissa;
      } else {
        wide_[targets[row]] += number;
      }
    }
  }

  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) override {
    const auto& from = static_cast<const Summer&>(other);
    for (const auto& [scale, theirs] : from.banks_) {
      Bank& sums = bank(scale, cells);
      sums.carry();
      add_counts(sums.wide, theirs.wide, places, cells);
      add_counts(sums.wide, theirs.small, places, cells);
    }
    add_counts(present_, from.present_, places, cells);
    for (const auto& [cell, sum] : from.wide_) wide_[places[cell]] += sum;
  }

  void finish() override {
    for (auto& [scale, sums] : banks_) sums.carry();
  }

  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>&) const override {
    Number sum;
    for (const auto& [scale, sums] : banks_) {
      Int128 total = 0;  // 2^63 rows of 64-bit values fit
      for (const std::uint32_t cell : cells) total += cell < sums.wide.size() ? sums.wide[cell] : 0;
      if (total != 0) sum += Number::scaled(total, scale);
    }
    if (!wide_.empty()) {
      for (const std::uint32_t cell : cells) {
        if (const auto found = wide_.find(cell); found != wide_.end()) sum += found->second;
      }
    }
    if (!is_average()) return sum;
    std::int64_t count = 0;
    for (const std::uint32_t cell : cells) count += cell < present_.size() ? present_[cell] : 0;
    if (count == 0) return empty_result(aggregate_.function);
    const Number mean = sum / Number(count);
    switch (rep_of(world_.policy.expr(aggregate_.value).type)) {
      case Rep::date: return Date{static_cast<std::int32_t>(mean.floor().to_int64().value_or(0))};
      case Rep::instant: return Instant{mean.floor().to_int64().value_or(0)};
      default: return mean;
    }
  }

 private:
  /// Sums at one scale, by cell. What is added goes to 64-bit integers as long as none of them can overflow, and is then
  /// carried to wide ones.
  struct Bank {
    static constexpr std::uint64_t kRoom = std::uint64_t{1} << 62;
    std::vector<std::int64_t> small;
    std::vector<Int128> wide;
    std::uint64_t used = 0;  // no absolute value in `small` is larger

    void carry() {
      if (wide.size() < small.size()) wide.resize(small.size());
      if (std::exchange(used, 0) == 0) return;
      for (std::size_t cell = 0; cell < small.size(); ++cell) wide[cell] += std::exchange(small[cell], 0);
    }
    /// Makes room for adding `count` values none of which has a bit beyond those of `bits` (negative ones turned over).
    /// False when they are too large for that.
    bool make_room(std::uint64_t bits, std::size_t count) {
      const value::UnsignedInt128 most = (value::UnsignedInt128{bits} + 1) * count;
      if (most > kRoom) return false;
      if (used + static_cast<std::uint64_t>(most) > kRoom) carry();
      used += static_cast<std::uint64_t>(most);
      return true;
    }
  };
  bool is_average() const { return aggregate_.function == AggregateFunction::avg; }
  Bank& bank(int scale, std::uint32_t cells) {
    Bank& sums = banks_[scale];
    if (sums.small.size() < cells) sums.small.resize(std::max<std::size_t>(cells, sums.small.size() * 3 / 2));
    return sums;
  }
  template <class Sum>
  static void add_values(std::span<const std::uint32_t> targets, const Vec& vec, Sum* const to) {
    if (vec.absent == nullptr) {
      for (std::size_t row = 0; row < targets.size(); ++row) to[targets[row]] += vec.values[row];
    } else {
      for (std::size_t row = 0; row < targets.size(); ++row) to[vec.absent[row] != 0 ? 0 : targets[row]] += vec.values[row];
    }
  }
  void add_fast(std::span<const std::uint32_t> targets, const Vec& vec, Bank& sums) {
    std::uint64_t bits = 0;
    for (std::size_t row = 0; row < targets.size(); ++row) {
      bits |= static_cast<std::uint64_t>(vec.values[row] ^ (vec.values[row] >> 63));
    }
    if (sums.make_room(bits, targets.size())) {
      add_values(targets, vec, sums.small.data());
    } else {
      sums.carry();
      add_values(targets, vec, sums.wide.data());
    }
    if (!is_average()) return;
    for (std::size_t row = 0; row < targets.size(); ++row) present_[targets[row]] += vec.is_absent(row) ? 0 : 1;
  }
  std::map<int, Bank> banks_;
  std::vector<std::int64_t> present_;
  std::map<std::uint32_t, Number> wide_;
};

// ---- min, max ----------------------------------------------------------------------------------------------------------------

class Extreme final : public Accumulator {
 public:
  using Accumulator::Accumulator;

  void add_batch(Program& program, std::span<const std::uint32_t> targets, std::uint32_t cells) override {
    Vec vec;
    const Rep rep = rep_of(world_.policy.expr(aggregate_.value).type);
    if (program.evaluate(value.node, vec)) {
      Bank& best = bank(vec.scale, cells);
      for (std::size_t row = 0; row < targets.size(); ++row) {
        if (targets[row] != 0 && !vec.is_absent(row)) offer(best, targets[row], vec.values[row], rep);
      }
      return;
    }
    for (std::size_t row = 0; row < targets.size(); ++row) {
      if (targets[row] == 0) continue;
      const Value x = program.simple(value.expr, row);
      if (!x.has_value()) continue;
      Decimal decimal;
      if (!x.is<Number>()) {
        offer(bank(0, cells), targets[row], value_code(x, world_.pool), rep);
      } else if (fits_column(x.number(), decimal)) {
        offer(bank(decimal.scale, cells), targets[row], decimal.mantissa, rep);
      } else {
        offer_wide(targets[row], x.number());
      }
    }
  }

  void take_in(Accumulator& other, std::span<const std::uint32_t> places, std::uint32_t cells) override {
    const auto& from = static_cast<const Extreme&>(other);
    const Rep rep = rep_of(world_.policy.expr(aggregate_.value).type);
    for (const auto& [scale, theirs] : from.banks_) {
      Bank& best = bank(scale, cells);
      for (std::size_t cell = 1; cell < theirs.has.size(); ++cell) {
        if (theirs.has[cell] != 0) offer(best, places[cell], theirs.values[cell], rep);
      }
    }
    for (const auto& [cell, number] : from.wide_) offer_wide(places[cell], number);
  }

  Value result(std::span<const std::uint32_t> cells, const std::vector<std::int64_t>&) const override {
    const Rep rep = rep_of(world_.policy.expr(aggregate_.value).type);
    Value best;
    const auto consider = [&](Value candidate) {
      if (!best.has_value() || (is_min() ? value::compare(candidate, best) < 0 : value::compare(candidate, best) > 0)) {
        best = std::move(candidate);
      }
    };
    for (const auto& [scale, bank] : banks_) {
      for (const std::uint32_t cell : cells) {
        if (cell < bank.has.size() && bank.has[cell] != 0) consider(to_value(bank.values[cell], scale, rep));
      }
    }
    if (!wide_.empty()) {
      for (const std::uint32_t cell : cells) {
        if (const auto found = wide_.find(cell); found != wide_.end()) consider(found->second);
      }
    }
    return best.has_value() ? best : empty_result(aggregate_.function);
  }

 private:
  struct Bank {
    std::vector<std::int64_t> values;
    std::vector<std::uint8_t> has;
  };
  bool is_min() const { return aggregate_.function == AggregateFunction::min; }
  Bank& bank(int scale, std::uint32_t cells) {
    Bank& bank = banks_[scale];
    if (bank.values.size() < cells) {
      bank.values.resize(cells);
      bank.has.resize(cells);
    }
    return bank;
  }
  void offer_wide(std::uint32_t cell, const Number& x) {
    auto [entry, is_new] = wide_.try_emplace(cell, x);
    if (!is_new && (x < entry->second) == is_min() && x != entry->second) entry->second = x;
  }
  void offer(Bank& bank, std::uint32_t cell, std::int64_t x, Rep rep) const {
    if (bank.has[cell] != 0) {
      const int order = rep == Rep::text ? world_.pool.compare(x, bank.values[cell])
                                         : (x < bank.values[cell] ? -1 : x > bank.values[cell] ? 1 : 0);
      if (is_min() ? order >= 0 : order <= 0) return;
    }
    bank.values[cell] = x;
    bank.has[cell] = 1;
  }
  Value to_value(std::int64_t x, int scale, Rep rep) const {
    switch (rep) {
      case Rep::text: return world_.pool.text(x);
      case Rep::date: return Date{static_cast<std::int32_t>(x)};
      case Rep::instant: return Instant{x};
      case Rep::boolean: return x != 0;
      default: return Number::scaled(x, scale);
    }
  }
  std::map<int, Bank> banks_;
  std::map<std::uint32_t, Number> wide_;
};

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

static std::unique_ptr<Accumulator> make_plain(World& world, const model::Aggregate& aggregate) {
  switch (aggregate.function) {
    case AggregateFunction::count:
    case AggregateFunction::exists: return std::make_unique<Counter>(world, aggregate);
    case AggregateFunction::sum:
    case AggregateFunction::avg: return std::make_unique<Summer>(world, aggregate);
    case AggregateFunction::min:
    case AggregateFunction::max: return std::make_unique<Extreme>(world, aggregate);
    case AggregateFunction::distinct: return std::make_unique<DistinctCounter>(world, aggregate);
    case AggregateFunction::median:
    case AggregateFunction::percentile: return std::make_unique<Percentile>(world, aggregate);
    case AggregateFunction::first:
    case AggregateFunction::last: return std::make_unique<EdgeRow>(world, aggregate);
  }
  return nullptr;
}

std::unique_ptr<Accumulator> make_accumulator(World& world, const model::Aggregate& aggregate) {
  auto plain = make_plain(world, aggregate);
  if (!is_native(aggregate)) return plain;
  return std::make_unique<NativeAccumulator>(world, aggregate, std::move(plain));
}

}  // namespace kpi::eval::scanning
