// Types of the language, its run-time values, and the scalar operations on them with the rules for "no value".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "interpreter/value/number.hpp"
#include "interpreter/value/time.hpp"
#include "interpreter/value/unit.hpp"

namespace kpi::value {

enum class Kind : std::uint8_t {
  error,   // already reported; compatible with everything
  number,  // with Unit: plain numbers, money, durations, rates of them
  text,
  boolean,
  date,
  datetime,
  calendar_step,
  entity,  // index = EntityId
  event,   // index = EventsId: a reference to a row of keyed events
  phase,   // a phase of entity `index`; compared with phase names
  list,    // of `element`
  range,   // of `element`
};

/// The type of an expression. `optional` says that it may have no value and must be handled first (row level).
struct Type {
  Kind kind = Kind::error;
  Kind element = Kind::error;  // of list and range
  bool optional = false;
  bool any_unit = false;    // the literal 0, and nothing else
  Unit unit;                // of number, or of the elements of a list or range of numbers
  std::uint32_t index = 0;  // entity or events, also as element of list
  friend bool operator==(const Type&, const Type&) = default;
  static Type of(Kind kind) { return Type{kind, Kind::error, false, false, {}, 0}; }
  static Type number(Unit unit = {}) { return Type{Kind::number, Kind::error, false, false, unit, 0}; }
  static Type entity(std::uint32_t index) { return Type{Kind::entity, Kind::error, false, false, {}, index}; }
  static Type event(std::uint32_t index) { return Type{Kind::event, Kind::error, false, false, {}, index}; }
};
/// "number", "GBP", "duration", "text", "date", "optional GBP", "list of text". Entities are named by the caller.
std::string to_string(const Type& type);

/// Why there is no value. The first reason wins when several meet.
enum class NoValueReason : std::uint8_t {
  absent,   // an optional field without content
  no_data,  // outside the source's coverage
  no_rows,
  zero_denominator,
  sample_below,  // detail = the `needs` limit as written
  condition_unknown,
  target_not_positive,
  phase_unknown,
  not_ranked,
  unscored,
  out_of_range,  // a date further than kMaxDays from 1970
};
struct NoValue {
  NoValueReason reason = NoValueReason::absent;
  std::string detail;  // for sample_below: "30"
  friend bool operator==(const NoValue&, const NoValue&) = default;
};
std::string reason_text(const NoValue& none);  // "no data", "no rows", "zero denominator", "sample below 30", …

struct EntityRef {
  std::uint32_t entity = 0;  // EntityId
  std::uint32_t row = 0;     // index in the run's list of that entity
  friend auto operator<=>(const EntityRef&, const EntityRef&) = default;
};
struct PhaseRef {
  std::uint32_t entity = 0;
  std::uint32_t phase = 0;
  friend auto operator<=>(const PhaseRef&, const PhaseRef&) = default;
};

class Value;
struct ListValue {
  std::vector<Value> items;
};
struct RangeValue;  // lower and upper Value, either may be NoValue = open

/// A run-time value. Copies of lists and ranges share their storage.
class Value {
 public:
  using Storage = std::variant<NoValue, bool, Number, std::string, Date, Instant, CalendarStep, EntityRef, PhaseRef,
                               std::shared_ptr<const ListValue>, std::shared_ptr<const RangeValue>>;
  Value() = default;
  Value(Storage storage) : storage_(std::move(storage)) {}  // NOLINT: wraps
  template <class T>
  requires std::is_constructible_v<Storage, T&&> &&
      (!std::is_same_v<std::remove_cvref_t<T>, Value>)&&(!std::is_same_v<std::remove_cvref_t<T>, Storage>)
          Value(T&& value)
      : storage_(std::forward<T>(value)) {}  // NOLINT: wraps
  static Value none(NoValueReason reason, std::string detail = {}) { return Value(NoValue{reason, std::move(detail)}); }

  bool has_value() const { return !std::holds_alternative<NoValue>(storage_); }
  const NoValue& reason() const { return std::get<NoValue>(storage_); }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(storage_);
  }
  template <class T>
  const T& as() const {
    return std::get<T>(storage_);
  }
  const Number& number() const { return std::get<Number>(storage_); }
  bool boolean() const { return std::get<bool>(storage_); }
  const std::string& text() const { return std::get<std::string>(storage_); }
  const Storage& storage() const { return storage_; }
  /// Equal content; two absent values are equal whatever their reason.
  friend bool operator==(const Value& a, const Value& b);

 private:
  Storage storage_;
};
struct RangeValue {
  Value lower, upper;  // NoValue where open
  bool includes_upper = false;
};

enum class UnaryOp : std::uint8_t { negate, logical_not };
enum class BinaryOp : std::uint8_t { add, subtract, multiply, divide, eq, ne, lt, le, gt, ge, logical_and, logical_or };
std::string_view symbol(BinaryOp op);

// Scalar operations. Operands have the right kinds (the type checker saw to it). A missing operand gives a missing
// result with the first reason; `and`, `or`, `not` are three-valued (false and missing is false).
Value apply(UnaryOp op, const Value& operand);
/// number/duration/money arithmetic; date ± duration (whole days), date ± calendar step, datetime ± duration,
/// datetime ± calendar step (in `zone`), datetime - datetime and date - date (durations); comparisons of like with like
/// (text by code point; a date with a datetime compares the date's first instant in `zone`).
/// Division by zero is NoValue zero_denominator; a date further than kMaxDays from 1970 is NoValue out_of_range.
/// date + duration is the day in which midnight + duration lies; datetime + duration is rounded to the nearest
/// microsecond; a datetime moved by a calendar step onto a skipped local time is the instant of the jump.
Value apply(BinaryOp op, const Value& left, const Value& right, const TimeZone& zone);
/// -1, 0, 1 for two present values of the same kind.
int compare(const Value& left, const Value& right);
/// item in list or range. Three-valued: a list that holds a missing item and not the one looked for gives no value. A
/// datetime belongs to a range of dates when its local date does, so `t in 2026-07-01 ..= 2026-07-31` has the whole
/// 31st.
Value contains(const Value& collection, const Value& item, const TimeZone& zone);
/// The same for collections that do not mix dates and datetimes.
Value contains(const Value& collection, const Value& item);
/// |a - b| <= d, for dates and datetimes; d in seconds.
Value within(const Value& time, const Value& duration, const Value& of, const TimeZone& zone);

/// The value as a result shows it: exact decimal or fraction, dates in ISO form, `true`, text as it is. Money without
/// its currency; the unit stands beside it.
std::string to_string(const Value& value);

}  // namespace kpi::value
