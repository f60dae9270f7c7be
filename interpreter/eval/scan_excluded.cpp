// What a scan tells of rows that exclusions leave out, and of rows that belong to nobody.
#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

#include "interpreter/eval/scan_events.hpp"

namespace kpi::eval::scanning {

/// For events that refer to these.
void EventsScan::store_masks(const Table& table, const std::vector<std::uint8_t>& active) {
  KeptEvents& kept = world_.kept[events_.index];
  if (!kept.built || plan_.exclusions_of(events_) == 0) return;
  const Column& keys = table.column(decl_.key.front());
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (active[row] == 0 || masks_[row] == 0) continue;
    const std::uint32_t index = kept.index.find(cell_code(keys, row, world_.pool));
    if (index != kNoRow) std::atomic_ref(kept.masks[index]).fetch_or(masks_[row], std::memory_order_relaxed);
  }
}

void EventsScan::report_excluded(Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  for (MoneyField& field : money_fields_) field.is_fast = field.computed.valid() && program.evaluate(field.node, field.vec);
  const bool has_undecided = !undecided_.empty();
  for (std::size_t row = 0; row < table.rows; ++row) {
    const std::uint64_t undecided = has_undecided && masks_[row] == 0 ? undecided_[row] : 0;
    if (active[row] == 0 || (masks_[row] | undecided) == 0) continue;
    const std::int32_t slot = report_slots_->slot(static_cast<std::int32_t>(table.days.values[row]));
    if (slot == SlotSet::kOutside) continue;
    const auto at = static_cast<std::size_t>(slot);
    for (std::uint64_t left = undecided; left != 0; left &= left - 1) {
      ++excluded_[static_cast<std::size_t>(std::countr_zero(left))][at].undecided;
    }
    if (masks_[row] == 0) continue;
    ExcludedRows& excluded = excluded_[static_cast<std::size_t>(std::countr_zero(masks_[row]))][at];
    ++excluded.rows;
    add_money(program, table, row, excluded.money);
    for (std::uint64_t others = masks_[row] & (masks_[row] - 1); others != 0; others &= others - 1) {
      ++excluded_[static_cast<std::size_t>(std::countr_zero(others))][at].noted;
    }
  }
}

/// Amounts that nothing else reads are not read for this.
void EventsScan::find_unowned(Program& program, const Table& table, const std::vector<std::uint8_t>& active) {
  bool is_ready = false;
  for (const auto& [entity, node] : owner_nodes_) {
    if (entity.index == 0) continue;
    const Vec owners = owners_of(program, table, entity, active);
    if (owners.absent == nullptr) continue;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (owners.absent[row] == 0 || active[row] == 0 || masks_[row] != 0) continue;
      if (!std::exchange(is_ready, true)) {
        for (MoneyField& field : money_fields_)
          field.is_fast = field.computed.valid() && program.evaluate(field.node, field.vec);
      }
      ExcludedRows& unowned = unowned_[entity];
      ++unowned.rows;
      add_money(program, table, row, unowned.money);
    }
  }
}

void EventsScan::add_money(Program& program, const Table& table, std::size_t row, ExcludedMoney& money) {
  for (const MoneyField& field : money_fields_) {
    if (!field.is_read) continue;
    if (field.computed.valid()) {
      if (field.is_fast) {
        if (!field.vec.is_absent(row)) money.add(field.field.index, field.currency, field.vec.values[row], field.vec.scale);
      } else if (const Value value = program.simple(field.computed, row); value.has_value()) {
        money.add(field.field.index, field.currency, value.number());
      }
      continue;
    }
    const Column& column = table.column(field.field);
    if (column.is_absent(row)) continue;
    const FieldId codes = decl_.fields[field.field.index].currency_field;
    const Code currency = codes.valid() ? table.column(codes).values[row] : field.currency;
    if (column.is_wide()) {
      money.add(field.field.index, currency, column.wide[row]);
    } else {
      money.add(field.field.index, currency, column.values[row], column.scale);
    }
  }
}

std::map<std::size_t, ExcludedTotals> EventsScan::excluded(Window window) const {
  std::map<std::size_t, ExcludedTotals> result;
  if (!report_slots_) return result;
  const auto [first, last] = report_slots_->range(window);
  for (std::size_t exclusion = 0; exclusion < excluded_.size(); ++exclusion) {
    ExcludedTotals total;
    std::map<std::pair<std::uint32_t, Code>, Number> sums;
    for (std::int32_t slot = first; slot < last; ++slot) {
      const ExcludedRows& part = excluded_[exclusion][static_cast<std::size_t>(slot)];
      total.rows += part.rows;
      total.noted += part.noted;
      total.undecided += part.undecided;
      part.money.collect(sums);
    }
    if (total.rows + total.noted + total.undecided == 0) continue;
    total.money = named(sums);
    result.emplace(exclusion, std::move(total));
  }
  return result;
}

std::map<std::string, std::map<std::string, Number>> EventsScan::named(
    const std::map<std::pair<std::uint32_t, Code>, Number>& sums) const {
  std::map<std::string, std::map<std::string, Number>> result;
  for (const auto& [place, sum] : sums) {
    result[decl_.fields[place.first].named.name][world_.pool.text(place.second)] = sum;
  }
  return result;
}

std::vector<UnownedRows> EventsScan::unowned() const {
  std::vector<UnownedRows> result;
  for (const auto& [entity, found] : unowned_) {
    std::map<std::pair<std::uint32_t, Code>, Number> sums;
    found.money.collect(sums);
    result.push_back({entity, found.rows, named(sums)});
  }
  return result;
}

void ExcludedMoney::add(std::uint32_t field, Code currency, std::int64_t mantissa, int scale) {
  const auto is_it = [&](const Sum& sum) { return sum.currency == currency && sum.field == field && sum.scale == scale; };
  std::uint32_t& likely = likely_[(static_cast<std::uint64_t>(currency) / 2 + field * 11 + static_cast<unsigned>(scale) * 5) % likely_.size()];
  if (likely >= sums_.size() || !is_it(sums_[likely])) {
    likely = static_cast<std::uint32_t>(std::find_if(sums_.begin(), sums_.end(), is_it) - sums_.begin());
    if (likely == sums_.size()) sums_.push_back({field, scale, currency, 0});
  }
  sums_[likely].total += mantissa;  // 2^64 rows would fit
}

void ExcludedMoney::take_in(const ExcludedMoney& other) {
  for (const Sum& sum : other.sums_) {
    const auto same = [&](const Sum& mine) {
      return mine.currency == sum.currency && mine.field == sum.field && mine.scale == sum.scale;
    };
    if (const auto mine = std::find_if(sums_.begin(), sums_.end(), same); mine != sums_.end()) {
      mine->total += sum.total;
    } else {
      sums_.push_back(sum);
    }
  }
  for (const auto& [place, amount] : other.wide_) wide_[place] += amount;
}

void ExcludedMoney::collect(std::map<std::pair<std::uint32_t, Code>, Number>& into) const {
  for (const Sum& sum : sums_) into[{sum.field, sum.currency}] += Number::scaled(sum.total, sum.scale);
  for (const auto& [place, amount] : wide_) into[place] += amount;
}

}  // namespace kpi::eval::scanning
