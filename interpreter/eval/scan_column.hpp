// Typed columns: what raw cells become. Everything is an int64 whose meaning the column's `rep` tells; numbers carry one
// decimal scale per column and batch and move to exact rationals as a whole when something does not fit.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "interpreter/eval/scan_text_pool.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::eval::scanning {

using model::FieldId;
using model::SourceRef;
using value::Date;
using value::Instant;
using value::Number;
using value::Value;

/// text: pool code · number: mantissa at the column's scale · boolean: 0, 1 · date: days · instant: microseconds ·
/// entity, event: row in the table of `target`.
enum class Rep : std::uint8_t { text, number, boolean, date, instant, entity, event };
Rep rep_of(const value::Type& type);

enum class CellProblem : std::uint8_t {
  empty_required,
  malformed,
  not_integer,
  part_of_minor_unit,
  out_of_range,
  unknown_reference,
  time_in_gap,
  unknown_currency,
  unknown_zone,
  follows_bad_row,  // leads to a row with an error of its own, or into a table that could not be read: no further error
};

struct BadCell {
  std::uint32_t row = 0;
  FieldId field;
  CellProblem problem = CellProblem::malformed;
  std::string content;  // as stored, shortened
};

struct Column {
  Rep rep = Rep::number;
  std::uint32_t target = 0;           // EntityId or EventsId of a reference
  int scale = 0;
  bool any_absent = false;
  std::vector<std::int64_t> values;
  std::vector<std::uint8_t> absent;   // parallel to values when any_absent
  std::vector<Number> wide;           // numbers only: when not empty it holds all rows and `values` is not used

  std::size_t size() const { return wide.empty() ? values.size() : wide.size(); }
  bool is_wide() const { return !wide.empty(); }
  bool is_absent(std::size_t row) const { return any_absent && absent[row] != 0; }
  Number number(std::size_t row) const { return is_wide() ? wide[row] : Number::scaled(values[row], scale); }
  void clear(std::size_t rows);
  void set_absent(std::size_t row);
  /// For numbers: raises the scale of the first `rows` values; false when one does not fit.
  bool raise_scale(int to, std::size_t rows);
  /// Moves all numbers to rationals.
  void widen(std::size_t rows);
  /// Appends the rows of `from` that `rows` lists.
  void append(const Column& from, std::span<const std::uint32_t> rows);
};

/// Powers of ten that fit; kMaxScale is also the largest scale of a column.
inline constexpr int kMaxScale = 18;
inline constexpr std::int64_t kPowers[kMaxScale + 1] = {1LL,
                                                        10LL,
                                                        100LL,
                                                        1'000LL,
                                                        10'000LL,
                                                        100'000LL,
                                                        1'000'000LL,
                                                        10'000'000LL,
                                                        100'000'000LL,
                                                        1'000'000'000LL,
                                                        10'000'000'000LL,
                                                        100'000'000'000LL,
                                                        1'000'000'000'000LL,
                                                        10'000'000'000'000LL,
                                                        100'000'000'000'000LL,
                                                        1'000'000'000'000'000LL,
                                                        10'000'000'000'000'000LL,
                                                        100'000'000'000'000'000LL,
                                                        1'000'000'000'000'000'000LL};

/// The columns of one source by FieldId; those that are not loaded are empty.
struct Table {
  SourceRef source;
  std::size_t rows = 0;
  std::vector<Column> columns;
  std::vector<std::uint8_t> loaded;
  Column days;  // events: the local day of each row's time

  void reset(SourceRef of, std::size_t fields);
  bool has(FieldId field) const { return field.valid() && loaded[field.index] != 0; }
  const Column& column(FieldId field) const { return columns[field.index]; }
};

/// A reference to a row of keyed events, as a Value: EntityRef with this bit in `entity`.
inline constexpr std::uint32_t kEventBit = 0x8000'0000;

/// The cell as a Value; absent cells are NoValue absent.
Value cell_value(const Column& column, std::size_t row, const TextPool& pool);

/// Codes that are equal exactly when the values are: for joins, sets and distinct. Numbers have the code of their
/// canonical decimal text, so they do not depend on a batch's scale.
Code number_code(std::int64_t mantissa, int scale, TextPool& pool);
Code value_code(const Value& value, TextPool& pool);
Code cell_code(const Column& column, std::size_t row, TextPool& pool);

}  // namespace kpi::eval::scanning
