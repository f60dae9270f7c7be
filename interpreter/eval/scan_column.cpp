#include "interpreter/eval/scan_column.hpp"

#include <cassert>

namespace kpi::eval::scanning {

using value::Kind;

Rep rep_of(const value::Type& type) {
  switch (type.kind) {
    case Kind::text: return Rep::text;
    case Kind::boolean: return Rep::boolean;
    case Kind::date: return Rep::date;
    case Kind::datetime: return Rep::instant;
    case Kind::entity: return Rep::entity;
    case Kind::event: return Rep::event;
    default: return Rep::number;
  }
}

void Column::clear(std::size_t rows) {
  scale = 0;
  any_absent = false;
  values.assign(rows, 0);
  wide.clear();
}

void Column::set_absent(std::size_t row) {
  if (!any_absent) {
    any_absent = true;
    absent.assign(size(), 0);
  }
  absent[row] = 1;
}

bool Column::raise_scale(int to, std::size_t rows) {
  if (to > kMaxScale) return false;
  const std::int64_t factor = kPowers[to - scale];
  const std::int64_t limit = std::numeric_limits<std::int64_t>::max() / factor;
  for (std::size_t row = 0; row < rows; ++row) {
    if (values[row] > limit || values[row] < -limit) return false;
  }
  for (std::size_t row = 0; row < rows; ++row) values[row] *= factor;
  scale = to;
  return true;
}

void Column::widen(std::size_t rows) {
  if (is_wide()) return;
  std::vector<Number> numbers(values.size());
  for (std::size_t row = 0; row < rows; ++row) numbers[row] = Number::scaled(values[row], scale);
  wide = std::move(numbers);
}

void Column::append(const Column& from, std::span<const std::uint32_t> rows) {
  const std::size_t before = size();
  if (rep == Rep::number && !is_wide()) {
    bool fits = !from.is_wide();
    if (fits && before == 0) scale = from.scale;
    if (fits && from.scale > scale) fits = raise_scale(from.scale, before);
    if (fits && from.scale < scale) {
      const std::int64_t limit = std::numeric_limits<std::int64_t>::max() / kPowers[scale - from.scale];
      for (const std::uint32_t row : rows) fits = fits && from.values[row] <= limit && from.values[row] >= -limit;
    }
    if (!fits && before + rows.size() > 0) widen(before);
  }
  if (is_wide() || (rep == Rep::number && from.is_wide())) {
    for (const std::uint32_t row : rows) wide.push_back(from.is_absent(row) ? Number() : from.number(row));
  } else {
    const std::int64_t factor = rep == Rep::number ? kPowers[scale - from.scale] : 1;
    for (const std::uint32_t row : rows) values.push_back(from.values[row] * factor);
  }
  if (from.any_absent && !any_absent) {
    any_absent = true;
    absent.assign(before, 0);
  }
  if (any_absent) {
    for (const std::uint32_t row : rows) absent.push_back(from.is_absent(row) ? 1 : 0);
  }
}

void Table::reset(SourceRef of, std::size_t fields) {
  source = of;
  rows = 0;
  columns.assign(fields, {});
  loaded.assign(fields, 0);
  days = {};
  days.rep = Rep::date;
}

Value cell_value(const Column& column, std::size_t row, const TextPool& pool) {
  if (column.is_absent(row)) return Value();
  switch (column.rep) {
    case Rep::text: return pool.text(column.values[row]);
    case Rep::number: return column.number(row);
    case Rep::boolean: return column.values[row] != 0;
    case Rep::date: return Date{static_cast<std::int32_t>(column.values[row])};
    case Rep::instant: return Instant{column.values[row]};
    case Rep::entity: return value::EntityRef{column.target, static_cast<std::uint32_t>(column.values[row])};
    case Rep::event: return value::EntityRef{column.target | kEventBit, static_cast<std::uint32_t>(column.values[row])};
  }
  return Value();
}

Code number_code(std::int64_t mantissa, int scale, TextPool& pool) {
  while (scale > 0 && mantissa % 10 == 0) {
    mantissa /= 10;
    --scale;
  }
  return scale == 0 ? pool.integer(mantissa) : pool.code(Number::scaled(mantissa, scale).to_string());
}

Code value_code(const Value& value, TextPool& pool) {
  assert(value.has_value());
  if (value.is<std::string>()) return pool.code(value.text());
  if (value.is<Number>()) {
    const auto integer = value.number().to_int64();
    return integer ? pool.integer(*integer) : pool.code(value.number().to_string());
  }
  if (value.is<bool>()) return value.boolean() ? 1 : 0;
  if (value.is<Date>()) return value.as<Date>().days;
  if (value.is<Instant>()) return value.as<Instant>().micros;
  if (value.is<value::EntityRef>()) return value.as<value::EntityRef>().row;
  if (value.is<value::CalendarStep>()) return value.as<value::CalendarStep>().months;
  if (value.is<value::PhaseRef>()) return value.as<value::PhaseRef>().phase;
  assert(false && "lists and ranges have no code");
  return 0;
}

Code cell_code(const Column& column, std::size_t row, TextPool& pool) {
  if (column.rep != Rep::number) return column.values[row];
  return column.is_wide() ? value_code(Value(column.wide[row]), pool) : number_code(column.values[row], column.scale, pool);
}

}  // namespace kpi::eval::scanning
