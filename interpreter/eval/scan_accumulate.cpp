#include "interpreter/eval/scan_accumulate.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "interpreter/eval/scan_accumulators.hpp"
#include "interpreter/eval/scan_native.hpp"

namespace kpi::eval::scanning {

using model::AggregateFunction;
using value::Instant;
using value::Int128;
using value::NoValueReason;

namespace {

/// Adds numbers per cell of another thread.
template <class Sum, class Count>
void add_counts(std::vector<Sum>& to, const std::vector<Count>& from, std::span<const std::uint32_t> places, std::uint32_t cells) {
  if (from.empty()) return;
  to.resize(std::max<std::size_t>(to.size(), cells));
  for (std::size_t cell = 0; cell < std::min(from.size(), places.size()); ++cell) to[places[cell]] += from[cell];
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

}  // namespace

Value empty_result(AggregateFunction function) {
  if (function == AggregateFunction::exists) return false;
  if (function == AggregateFunction::sum || function == AggregateFunction::count || function == AggregateFunction::distinct) {
    return Number();
  }
  return Value::none(NoValueReason::no_rows);
}

static std::unique_ptr<Accumulator> make_plain(World& world, const model::Aggregate& aggregate) {
  switch (aggregate.function) {
    case AggregateFunction::count:
    case AggregateFunction::exists: return std::make_unique<Counter>(world, aggregate);
    case AggregateFunction::sum:
    case AggregateFunction::avg: return std::make_unique<Summer>(world, aggregate);
    case AggregateFunction::min:
    case AggregateFunction::max: return std::make_unique<Extreme>(world, aggregate);
    case AggregateFunction::distinct: return make_distinct(world, aggregate);
    case AggregateFunction::median:
    case AggregateFunction::percentile: return make_percentile(world, aggregate);
    case AggregateFunction::first:
    case AggregateFunction::last: return make_edge_row(world, aggregate);
  }
  return nullptr;
}

std::unique_ptr<Accumulator> make_accumulator(World& world, const model::Aggregate& aggregate) {
  auto plain = make_plain(world, aggregate);
  if (!is_native(aggregate)) return plain;
  return std::make_unique<NativeAccumulator>(world, aggregate, std::move(plain));
}

}  // namespace kpi::eval::scanning
