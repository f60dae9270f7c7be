#include "interpreter/value/value.hpp"

#include <algorithm>
#include <cassert>

namespace kpi::value {

namespace {

const Number& seconds_per_day() {
  static const Number kSeconds(86'400);
  return kSeconds;
}

Value seconds_between(std::int64_t later_micros, std::int64_t earlier_micros) {
  return Number::scaled(static_cast<Int128>(later_micros) - earlier_micros, 6);
}

Value out_of_range() { return Value::none(NoValueReason::out_of_range); }

Value date_or_none(std::int64_t days) {
  if (days < -kMaxDays || days > kMaxDays) return out_of_range();
  return Date{static_cast<std::int32_t>(days)};
}

Value instant_or_none(std::int64_t micros) {
  if (micros < -kMaxDays * kMicrosPerDay || micros > kMaxDays * kMicrosPerDay) return out_of_range();
  return Instant{micros};
}

Value shift_date(Date day, const Number& seconds, int sign) {
  const Number days = seconds / seconds_per_day();
  const auto whole = (sign > 0 ? days : -days).floor().to_int64();
  std::int64_t sum = 0;
  if (!whole || __builtin_add_overflow(static_cast<std::int64_t>(day.days), *whole, &sum)) return out_of_range();
  return date_or_none(sum);
}

Value shift_instant(Instant time, const Number& seconds, int sign) {
  const auto micros = (seconds * Number(kMicrosPerSecond)).round(0, Rounding::half_even).to_int64();
  std::int64_t sum = 0;
  if (!micros) return out_of_range();
  const bool overflow = sign > 0 ? __builtin_add_overflow(time.micros, *micros, &sum)
                                 : __builtin_sub_overflow(time.micros, *micros, &sum);
  return overflow ? out_of_range() : instant_or_none(sum);
}

/// Months that keep a date within kMaxDays for certain are far fewer than what overflows add_months.
constexpr std::int32_t kMaxMonths = 600'000;

Value shift_date(Date day, CalendarStep step, int sign) {
  if (step.months < -kMaxMonths || step.months > kMaxMonths) return out_of_range();
  return date_or_none(add_months(day, sign * step.months).days);
}

Value shift_instant(Instant time, CalendarStep step, int sign, const TimeZone& zone) {
  if (step.months == 0) return time;  // a repeated hour keeps its second occurrence
  const Date day = zone.local_date(time);
  const std::int64_t time_of_day = zone.to_local_micros(time) - day.days * kMicrosPerDay;
  const Value moved = shift_date(day, step, sign);
  if (!moved.has_value()) return moved;
  return instant_or_none(zone.to_instant_or_jump(moved.as<Date>().days * kMicrosPerDay + time_of_day).micros);
}

bool is_time(const Value& value) { return value.is<Date>() || value.is<Instant>(); }

Instant first_instant(const Value& time, const TimeZone& zone) {
  return time.is<Date>() ? zone.start_of_day(time.as<Date>()) : time.as<Instant>();
}

/// time + sign * amount, where the amount is a duration or a calendar step.
Value shift_time(const Value& time, const Value& amount, int sign, const TimeZone& zone) {
  if (time.is<Date>()) {
    const Date day = time.as<Date>();
    return amount.is<Number>() ? shift_date(day, amount.number(), sign)
                               : shift_date(day, amount.as<CalendarStep>(), sign);
  }
  const Instant instant = time.as<Instant>();
  return amount.is<Number>() ? shift_instant(instant, amount.number(), sign)
                             : shift_instant(instant, amount.as<CalendarStep>(), sign, zone);
}

Value subtract_times(const Value& left, const Value& right, const TimeZone& zone) {
  if (left.is<Date>() && right.is<Date>()) {
    return Number(static_cast<std::int64_t>(left.as<Date>().days) - right.as<Date>().days) * seconds_per_day();
  }
  return seconds_between(first_instant(left, zone).micros, first_instant(right, zone).micros);
}

Value add_steps(CalendarStep left, CalendarStep right, int sign) {
  const std::int64_t months = static_cast<std::int64_t>(left.months) + sign * static_cast<std::int64_t>(right.months);
  if (months < -kMaxMonths || months > kMaxMonths) return out_of_range();
  return CalendarStep{static_cast<std::int32_t>(months)};
}

Value add(const Value& left, const Value& right, int sign, const TimeZone& zone) {
  if (left.is<Number>() && right.is<Number>()) {
    return sign > 0 ? left.number() + right.number() : left.number() - right.number();
  }
  if (is_time(left) && is_time(right)) {
    assert(sign < 0);
    return subtract_times(left, right, zone);
  }
  if (is_time(left)) return shift_time(left, right, sign, zone);
  if (is_time(right)) {
    assert(sign > 0);
    return shift_time(right, left, sign, zone);
  }
  return add_steps(left.as<CalendarStep>(), right.as<CalendarStep>(), sign);
}

int sign_of(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_mixed(const Value& left, const Value& right, const TimeZone& zone) {
  if (is_time(left) && is_time(right) && left.storage().index() != right.storage().index()) {
    return sign_of(first_instant(left, zone) <=> first_instant(right, zone));
  }
  return compare(left, right);
}

bool equal_mixed(const Value& left, const Value& right, const TimeZone& zone) {
  if (is_time(left) && is_time(right)) return compare_mixed(left, right, zone) == 0;
  return left == right;
}

Value logical(BinaryOp op, const Value& left, const Value& right) {
  // The value that decides alone: false for `and`, true for `or`.
  const bool decisive = op == BinaryOp::logical_or;
  if (left.has_value() && left.boolean() == decisive) return decisive;
  if (right.has_value() && right.boolean() == decisive) return decisive;
  if (!left.has_value()) return left;
  if (!right.has_value()) return right;
  return !decisive;
}

int compare_lists(const ListValue& left, const ListValue& right) {
  for (std::size_t i = 0; i < std::min(left.items.size(), right.items.size()); ++i) {
    if (const int order = compare(left.items[i], right.items[i]); order != 0) return order;
  }
  return sign_of(left.items.size() <=> right.items.size());
}

Value list_contains(const ListValue& list, const Value& item, const TimeZone& zone) {
  const Value* missing = nullptr;
  for (const Value& candidate : list.items) {
    if (!candidate.has_value()) {
      if (!missing) missing = &candidate;
    } else if (equal_mixed(candidate, item, zone)) {
      return true;
    }
  }
  return missing ? *missing : Value(false);
}

/// A datetime against a date is judged by its local date, so an included last day is included as a whole.
int compare_with_bound(const Value& item, const Value& bound, const TimeZone& zone) {
  if (item.is<Instant>() && bound.is<Date>()) return compare(zone.local_date(item.as<Instant>()), bound);
  return compare_mixed(item, bound, zone);
}

bool range_contains(const RangeValue& range, const Value& item, const TimeZone& zone) {
  if (range.lower.has_value() && compare_with_bound(item, range.lower, zone) < 0) return false;
  if (!range.upper.has_value()) return true;
  const int order = compare_with_bound(item, range.upper, zone);
  return order < 0 || (order == 0 && range.includes_upper);
}

/// Whether two present values of one alternative are equal.
struct SameContent {
  const Value& other;
  bool operator()(const NoValue&) const { return true; }
  bool operator()(const std::shared_ptr<const ListValue>& list) const {
    return list->items == other.as<std::shared_ptr<const ListValue>>()->items;
  }
  bool operator()(const std::shared_ptr<const RangeValue>& range) const {
    const RangeValue& right = *other.as<std::shared_ptr<const RangeValue>>();
    return range->lower == right.lower && range->upper == right.upper && range->includes_upper == right.includes_upper;
  }
  template <class T>
  bool operator()(const T& content) const {
    return content == other.as<T>();
  }
};

struct Order {
  const Value& other;
  int operator()(const NoValue&) const {
    assert(false && "absent values have no order");
    return 0;
  }
  int operator()(const Number& number) const { return Number::compare(number, other.number()); }
  int operator()(const std::shared_ptr<const ListValue>& list) const {
    return compare_lists(*list, *other.as<std::shared_ptr<const ListValue>>());
  }
  int operator()(const std::shared_ptr<const RangeValue>&) const {
    assert(false && "ranges have no order");
    return 0;
  }
  template <class T>
  int operator()(const T& content) const {
    return sign_of(content <=> other.as<T>());
  }
};

}  // namespace

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
      return "+";
    case BinaryOp::subtract:
      return "-";
    case BinaryOp::multiply:
      return "*";
    case BinaryOp::divide:
      return "/";
    case BinaryOp::eq:
      return "=";
    case BinaryOp::ne:
      return "!=";
    case BinaryOp::lt:
      return "<";
    case BinaryOp::le:
      return "<=";
    case BinaryOp::gt:
      return ">";
    case BinaryOp::ge:
      return ">=";
    case BinaryOp::logical_and:
      return "and";
    case BinaryOp::logical_or:
      return "or";
  }
  return {};
}

bool operator==(const Value& a, const Value& b) {
  return a.storage_.index() == b.storage_.index() && std::visit(SameContent{b}, a.storage_);
}

int compare(const Value& left, const Value& right) {
  assert(left.storage().index() == right.storage().index());
  return std::visit(Order{right}, left.storage());
}

Value apply(UnaryOp op, const Value& operand) {
  if (!operand.has_value()) return operand;
  if (op == UnaryOp::logical_not) return !operand.boolean();
  if (operand.is<CalendarStep>()) return CalendarStep{-operand.as<CalendarStep>().months};
  return -operand.number();
}

Value apply(BinaryOp op, const Value& left, const Value& right, const TimeZone& zone) {
  if (op == BinaryOp::logical_and || op == BinaryOp::logical_or) return logical(op, left, right);
  if (!left.has_value()) return left;
  if (!right.has_value()) return right;
  switch (op) {
    case BinaryOp::add:
      return add(left, right, 1, zone);
    case BinaryOp::subtract:
      return add(left, right, -1, zone);
    case BinaryOp::multiply:
      return left.number() * right.number();
    case BinaryOp::divide:
      if (right.number().is_zero()) return Value::none(NoValueReason::zero_denominator);
      return left.number() / right.number();
    case BinaryOp::eq:
      return equal_mixed(left, right, zone);
    case BinaryOp::ne:
      return !equal_mixed(left, right, zone);
    case BinaryOp::lt:
      return compare_mixed(left, right, zone) < 0;
    case BinaryOp::le:
      return compare_mixed(left, right, zone) <= 0;
    case BinaryOp::gt:
      return compare_mixed(left, right, zone) > 0;
    case BinaryOp::ge:
      return compare_mixed(left, right, zone) >= 0;
    case BinaryOp::logical_and:
    case BinaryOp::logical_or:
      break;
  }
  assert(false && "handled above");
  return {};
}

Value contains(const Value& collection, const Value& item, const TimeZone& zone) {
  if (!item.has_value()) return item;
  if (!collection.has_value()) return collection;
  if (collection.is<std::shared_ptr<const ListValue>>()) {
    return list_contains(*collection.as<std::shared_ptr<const ListValue>>(), item, zone);
  }
  return range_contains(*collection.as<std::shared_ptr<const RangeValue>>(), item, zone);
}

Value contains(const Value& collection, const Value& item) { return contains(collection, item, TimeZone::utc()); }

Value within(const Value& time, const Value& duration, const Value& of, const TimeZone& zone) {
  for (const Value* operand : {&time, &duration, &of}) {
    if (!operand->has_value()) return *operand;
  }
  return subtract_times(time, of, zone).number().abs() <= duration.number();
}

}  // namespace kpi::value
