// Zones, and cells that hold times.
#include <algorithm>

#include "interpreter/eval/scan_decode.hpp"

namespace kpi::eval::scanning {

using value::Date;
using value::Kind;
using value::kMicrosPerDay;

namespace {

constexpr std::int64_t kMicrosPerHour = 3'600 * value::kMicrosPerSecond;

}  // namespace

// ---- zones --------------------------------------------------------------------------------------------------------------

void ZoneClock::fill_local(Day& slot, std::int64_t day) const {
  slot.day = day;
  slot.uniform = true;
  for (int hour = 0; hour <= 24 && slot.uniform; ++hour) {
    const std::int64_t local = day * kMicrosPerDay + hour * kMicrosPerHour - (hour == 24 ? 1 : 0);
    const auto instant = zone_->to_instant(local);
    if (!instant) {
      slot.uniform = false;
    } else if (hour == 0) {
      slot.offset = local - instant->micros;
    } else {
      slot.uniform = slot.offset == local - instant->micros;
    }
  }
}

void ZoneClock::fill_utc(Day& slot, std::int64_t day) const {
  slot.day = day;
  slot.uniform = true;
  for (int hour = 0; hour <= 24 && slot.uniform; ++hour) {
    const std::int64_t instant = day * kMicrosPerDay + hour * kMicrosPerHour - (hour == 24 ? 1 : 0);
    const std::int64_t offset = zone_->to_local_micros(value::Instant{instant}) - instant;
    if (hour == 0) slot.offset = offset;
    slot.uniform = slot.offset == offset;
  }
}

bool ZoneClock::to_instant(std::int64_t local_micros, std::int64_t& instant) {
  const std::int64_t day = floor_day(local_micros);
  Day& slot = local_[static_cast<std::uint64_t>(day) % kSlots];
  if (slot.day != day) fill_local(slot, day);
  if (slot.uniform) {
    instant = local_micros - slot.offset;
    return true;
  }
  const auto exact = zone_->to_instant(local_micros);
  if (exact) instant = exact->micros;
  return exact.has_value();
}

bool ZoneClock::is_uniform(std::int64_t local_day, std::int64_t& midnight) {
  Day& slot = local_[static_cast<std::uint64_t>(local_day) % kSlots];
  if (slot.day != local_day) fill_local(slot, local_day);
  midnight = local_day * kMicrosPerDay - slot.offset;
  return slot.uniform;
}

std::int32_t ZoneClock::local_day(std::int64_t instant) {
  const std::int64_t day = floor_day(instant);
  Day& slot = utc_[static_cast<std::uint64_t>(day) % kSlots];
  if (slot.day != day) fill_utc(slot, day);
  const std::int64_t local = slot.uniform ? instant + slot.offset : zone_->to_local_micros(value::Instant{instant});
  return static_cast<std::int32_t>(floor_day(local));
}

// ---- times ----------------------------------------------------------------------------------------------------------------

ZoneClock& Decoder::clock(const value::TimeZone& zone) {
  auto& clock = clocks_[&zone];
  if (!clock) clock = std::make_unique<ZoneClock>(zone);
  return *clock;
}

/// The zone of the row, or nullptr when its name is absent or unknown.
std::optional<Code> Decoder::zone_of_row(const Table& table, std::size_t row) const {
  const Table* at = &table;
  for (const FieldId ref : events_->zone_field->refs) {
    const Column& column = at->column(ref);
    if (column.is_absent(row)) return std::nullopt;
    row = static_cast<std::size_t>(column.values[row]);
    at = &world_.table(target_of(world_.policy.fields(at->source)[ref.index]));
  }
  const Column& names = at->column(events_->zone_field->field);
  if (names.is_absent(row)) return std::nullopt;
  return names.values[row];
}

ZoneClock* Decoder::clock_of_row(const Table& table, std::size_t row) {
  const auto name = zone_of_row(table, row);
  if (!name) return nullptr;
  auto [entry, is_new] = zones_by_name_.try_emplace(*name, nullptr);
  if (is_new) {
    if (const auto* zone = value::TimeZone::find(world_.pool.text(*name))) entry->second = &clock(*zone);
  }
  return entry->second;
}

namespace {

/// `dd` as a number, or something beyond 99.
unsigned two_digits(const char* at) {
  const unsigned high = static_cast<unsigned char>(at[0]) - '0', low = static_cast<unsigned char>(at[1]) - '0';
  return high > 9 || low > 9 ? 100 : high * 10 + low;
}

}  // namespace

bool Decoder::read_time(std::string_view text, Input& input, ZoneClock& zone_clock, std::int64_t& instant, bool& gap) {
  gap = false;
  // The usual form, with a memory of the last date: `2026-07-03 10:00:00` or with `T`.
  if (text.size() == 19 && (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && text[16] == ':') {
    if (!input.last_valid || text.substr(0, 10) != input.last_text) {
      const auto date = Date::parse(text.substr(0, 10));
      if (!date) return false;
      input.last_text = text.substr(0, 10);
      input.last_value = date->days;
      input.last_valid = true;
    }
    const unsigned hour = two_digits(text.data() + 11), minute = two_digits(text.data() + 14), second = two_digits(text.data() + 17);
    if (hour < 24 && minute < 60 && second < 60) {
      const std::int64_t local =
          input.last_value * kMicrosPerDay + (std::int64_t{hour} * 3600 + minute * 60 + second) * value::kMicrosPerSecond;
      gap = !zone_clock.to_instant(local, instant);
      return !gap;
    }
  }
  const auto written = value::WrittenTime::parse(text);
  if (!written) return false;
  const auto exact = zone_clock.zone().to_instant(*written);
  if (exact) instant = exact->micros;
  gap = !exact;
  return exact.has_value();
}

void Decoder::decode_times(const Batch& batch, Input& input, Table& table, Column& out, BadCells& bad) {
  constexpr std::int64_t kSecondsLimit = 200'000LL * 365 * 86'400;
  const RawColumn& raw = batch.columns[input.column];
  const bool zone_by_row = events_ != nullptr && events_->zone_field.has_value();
  ZoneClock* zone_clock = zone_by_row ? nullptr : &clock(events_ != nullptr && events_->zone != nullptr ? *events_->zone : world_.zone());
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (raw.classes[row] == CellClass::null) {
      empty_cell(batch, input, row, out, bad);
      continue;
    }
    if (raw.classes[row] == CellClass::integer && raw.bits[row] < kSecondsLimit && raw.bits[row] > -kSecondsLimit) {
      out.values[row] = raw.bits[row] * value::kMicrosPerSecond;
      continue;
    }
    if (zone_by_row) zone_clock = clock_of_row(table, row);
    if (zone_clock == nullptr) {
      out.set_absent(row);
      const auto name = zone_of_row(table, row);
      // Without a name the reference to it may be what is wrong with the row.
      if (!name && std::any_of(bad.begin(), bad.end(), [&](const BadCell& cell) { return cell.row == row; })) continue;
      bad.push_back({static_cast<std::uint32_t>(row), input.field, CellProblem::unknown_zone,
                     shortened(name ? world_.pool.text(*name) : std::string())});
      continue;
    }
    bool gap = false;
    if (raw.classes[row] != CellClass::text || !read_time(batch.text(input.column, row), input, *zone_clock, out.values[row], gap)) {
      fail(batch, input, row, gap ? CellProblem::time_in_gap : CellProblem::malformed, out, bad);
    }
  }
}

void Decoder::fill_days(const Batch& batch, Table& out) {
  const Column& times = out.column(events_->time);
  out.days.clear(batch.rows);
  const bool zone_by_row = events_->zone_field.has_value();
  ZoneClock* zone_clock = zone_by_row ? nullptr : &clock(events_->zone != nullptr ? *events_->zone : world_.zone());
  if (times.rep == Rep::date) {
    out.days.values = times.values;
    return;
  }
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (times.is_absent(row)) continue;
    if (zone_by_row) zone_clock = clock_of_row(out, row);
    if (zone_clock != nullptr) out.days.values[row] = zone_clock->local_day(times.values[row]);
  }
}

}  // namespace kpi::eval::scanning
