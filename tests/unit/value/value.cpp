#include "tests/unit/value/show.hpp"

using namespace kpi::value;

namespace {

const TimeZone& london() { return *TimeZone::find("Europe/London"); }

Value at(std::string_view text) { return *london().to_instant(*WrittenTime::parse(text)); }
Value op(BinaryOp which, const Value& left, const Value& right) { return apply(which, left, right, london()); }

Value list(std::vector<Value> items) { return std::make_shared<const ListValue>(ListValue{std::move(items)}); }
Value range(Value lower, Value upper, bool includes_upper) {
  return std::make_shared<const RangeValue>(RangeValue{std::move(lower), std::move(upper), includes_upper});
}

const Value kNoRows = Value::none(NoValueReason::no_rows);
const Value kNoData = Value::none(NoValueReason::no_data);
const Number kDay = 86'400;

}  // namespace

TEST_CASE("values are made from what they hold") {
  CHECK(Value(3).is<Number>());
  CHECK(Value(std::int64_t{3}).is<Number>());
  CHECK(Value(true).is<bool>());
  CHECK(Value("text").is<std::string>());
  CHECK(Value(Date{0}).is<Date>());
  CHECK_FALSE(Value().has_value());
  CHECK(Value() == Value::none(NoValueReason::sample_below, "30"));
  CHECK_FALSE(Value() == Value(0));
  CHECK(list({1, "a", Value()}) == list({1, "a", kNoRows}));
  CHECK_FALSE(list({1}) == list({1, 2}));
  CHECK(range(1, 2, true) == range(1, 2, true));
  CHECK_FALSE(range(1, 2, true) == range(1, 2, false));
}

TEST_CASE("numbers") {
  CHECK(op(BinaryOp::add, 1, num("0.5")) == Value(num("1.5")));
  CHECK(op(BinaryOp::subtract, 1, num("0.5")) == Value(num("0.5")));
  CHECK(op(BinaryOp::multiply, num("1/3"), 3) == Value(1));
  CHECK(op(BinaryOp::divide, 1, 3) == Value(num("1/3")));
  CHECK(apply(UnaryOp::negate, 3) == Value(-3));
  const Value none = op(BinaryOp::divide, 1, 0);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.reason().reason == NoValueReason::zero_denominator);
  CHECK(op(BinaryOp::lt, num("1/3"), num("0.34")) == Value(true));
  CHECK(op(BinaryOp::ge, 2, 2) == Value(true));
  CHECK(op(BinaryOp::ne, 2, 2) == Value(false));
}

TEST_CASE("no value spreads with its first reason") {
  for (const BinaryOp which : {BinaryOp::add, BinaryOp::divide, BinaryOp::eq, BinaryOp::ne, BinaryOp::lt}) {
    CHECK(op(which, kNoRows, 1).reason().reason == NoValueReason::no_rows);
    CHECK(op(which, 1, kNoData).reason().reason == NoValueReason::no_data);
    CHECK(op(which, kNoRows, kNoData).reason().reason == NoValueReason::no_rows);
  }
  CHECK(op(BinaryOp::divide, kNoRows, 0).reason().reason == NoValueReason::no_rows);
  CHECK_FALSE(apply(UnaryOp::negate, kNoRows).has_value());
}

TEST_CASE("three-valued logic") {
  const Value values[] = {false, true, kNoRows};
  const char* both[3][3] = {{"f", "f", "f"}, {"f", "t", "?"}, {"f", "?", "?"}};
  const char* either[3][3] = {{"f", "t", "?"}, {"t", "t", "t"}, {"?", "t", "?"}};
  const auto letter = [](const Value& value) { return !value.has_value() ? "?" : value.boolean() ? "t" : "f"; };
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      INFO(i << " " << j);
      CHECK(letter(op(BinaryOp::logical_and, values[i], values[j])) == std::string(both[i][j]));
      CHECK(letter(op(BinaryOp::logical_or, values[i], values[j])) == std::string(either[i][j]));
    }
  }
  CHECK(apply(UnaryOp::logical_not, true) == Value(false));
  CHECK_FALSE(apply(UnaryOp::logical_not, kNoRows).has_value());
  CHECK(op(BinaryOp::logical_and, kNoRows, kNoData).reason().reason == NoValueReason::no_rows);
}

TEST_CASE("dates and datetimes") {
  const Value first = day("2026-07-01"), last = day("2026-07-31");
  CHECK(op(BinaryOp::add, first, kDay * Number(30)) == last);
  CHECK(op(BinaryOp::add, kDay * Number(30), first) == last);
  CHECK(op(BinaryOp::subtract, last, kDay * Number(30)) == first);
  CHECK(op(BinaryOp::add, first, Number(36 * 3'600)) == Value(day("2026-07-02")));
  CHECK(op(BinaryOp::subtract, first, Number(3'600)) == Value(day("2026-06-30")));
  CHECK(op(BinaryOp::add, last, CalendarStep{-1}) == Value(day("2026-06-30")));
  CHECK(op(BinaryOp::subtract, last, CalendarStep{5}) == Value(day("2026-02-28")));
  CHECK(op(BinaryOp::add, CalendarStep{1}, CalendarStep{12}) == Value(CalendarStep{13}));
  CHECK(apply(UnaryOp::negate, CalendarStep{2}) == Value(CalendarStep{-2}));
  CHECK(op(BinaryOp::subtract, last, first) == Value(kDay * Number(30)));
  CHECK(op(BinaryOp::subtract, at("2026-07-01T10:00:00.5"), at("2026-07-01T09:00")) == Value(num("3600.5")));
  CHECK(op(BinaryOp::subtract, at("2026-07-01T10:00"), first) == Value(36'000));
  CHECK(op(BinaryOp::add, at("2026-07-01T10:00"), num("1/3")) == at("2026-07-01T10:00:00.333333"));
  CHECK(op(BinaryOp::subtract, at("2026-07-01T10:00"), 60) == at("2026-07-01T09:59"));
  // A month later at the same time of day, over the change to winter time and onto a skipped hour.
  CHECK(op(BinaryOp::add, at("2026-10-10T09:00"), CalendarStep{1}) == at("2026-11-10T09:00"));
  CHECK(op(BinaryOp::add, at("2026-02-28T01:30"), CalendarStep{1}) == at("2026-03-28T01:30"));
  CHECK(op(BinaryOp::add, at("2026-01-29T01:30"), CalendarStep{2}) == at("2026-03-29T02:00"));
}

TEST_CASE("dates that leave the calendar have no value") {
  const Value huge = num("1e30");
  for (const Value& start : {Value(day("2026-07-01")), at("2026-07-01T10:00")}) {
    CHECK(op(BinaryOp::add, start, huge).reason().reason == NoValueReason::out_of_range);
    CHECK(op(BinaryOp::subtract, start, Number(INT64_MAX)).reason().reason == NoValueReason::out_of_range);
    CHECK(op(BinaryOp::add, start, Number(INT64_MIN)).reason().reason == NoValueReason::out_of_range);
    CHECK(op(BinaryOp::add, start, CalendarStep{2'000'000'000}).reason().reason == NoValueReason::out_of_range);
    CHECK(op(BinaryOp::subtract, start, CalendarStep{590'000}).reason().reason == NoValueReason::out_of_range);
  }
  CHECK(op(BinaryOp::add, CalendarStep{2'000'000'000}, CalendarStep{2'000'000'000}).reason().reason ==
        NoValueReason::out_of_range);
}

TEST_CASE("comparisons of like with like") {
  CHECK(op(BinaryOp::lt, "Z", "a") == Value(true));
  CHECK(op(BinaryOp::lt, "z", "é") == Value(true));
  CHECK(op(BinaryOp::lt, "\uFF61", "\U0001F600") == Value(true));  // by code point, not by UTF-16 unit
  CHECK(op(BinaryOp::eq, "a", "A") == Value(false));
  CHECK(op(BinaryOp::lt, day("2026-07-01"), day("2026-07-02")) == Value(true));
  CHECK(op(BinaryOp::ge, at("2026-07-01T00:00"), day("2026-07-01")) == Value(true));
  CHECK(op(BinaryOp::lt, at("2026-06-30T23:59"), day("2026-07-01")) == Value(true));
  CHECK(op(BinaryOp::eq, day("2026-07-01"), at("2026-07-01T00:00")) == Value(true));
  CHECK(op(BinaryOp::ne, EntityRef{1, 2}, EntityRef{1, 3}) == Value(true));
  CHECK(op(BinaryOp::eq, PhaseRef{1, 2}, PhaseRef{1, 2}) == Value(true));
  CHECK(op(BinaryOp::gt, CalendarStep{13}, CalendarStep{12}) == Value(true));
  CHECK(op(BinaryOp::eq, true, true) == Value(true));
  CHECK(compare(list({1, 2}), list({1, 3})) == -1);
  CHECK(compare(list({1, 2}), list({1})) == 1);
}

TEST_CASE("membership") {
  const auto in = [](const Value& item, const Value& collection) { return contains(collection, item, london()); };
  CHECK(in(1, list({2, 3, 1})) == Value(true));
  CHECK(in("d", list({"a", "b"})) == Value(false));
  CHECK(in(60, range(60, 80, false)) == Value(true));
  CHECK(in(80, range(60, 80, false)) == Value(false));
  CHECK(in(80, range(60, 80, true)) == Value(true));
  CHECK(in(-1'000, range(Value(), 80, false)) == Value(true));
  CHECK(in(80, range(60, Value(), false)) == Value(true));
  CHECK(in(59, range(60, Value(), false)) == Value(false));
  CHECK(in("b", range("a", "c", false)) == Value(true));
  CHECK(contains(range(1, 5, true), 5) == Value(true));
  // Three-valued where something is missing.
  CHECK(in(kNoRows, list({1})).reason().reason == NoValueReason::no_rows);
  CHECK(in(1, kNoData).reason().reason == NoValueReason::no_data);
  CHECK(in(1, list({kNoData, 1})) == Value(true));
  CHECK_FALSE(in(1, list({kNoData, 2})).has_value());
  // Whole days of the policy's zone.
  const Value july = range(day("2026-07-01"), day("2026-07-31"), true);
  CHECK(in(at("2026-07-31T23:59:59"), july) == Value(true));
  CHECK(in(at("2026-08-01T00:00"), july) == Value(false));
  CHECK(in(at("2026-07-01T00:00"), july) == Value(true));
  CHECK(in(at("2026-06-30T23:59"), july) == Value(false));
  CHECK(in(at("2026-07-31T00:00"), range(day("2026-07-01"), day("2026-07-31"), false)) == Value(false));
}

TEST_CASE("nearness in time is symmetric and inclusive") {
  const Value noon = at("2026-07-02T12:00");
  CHECK(within(at("2026-07-01T12:00"), kDay, noon, london()) == Value(true));
  CHECK(within(at("2026-07-03T12:00"), kDay, noon, london()) == Value(true));
  CHECK(within(at("2026-07-03T12:00:00.000001"), kDay, noon, london()) == Value(false));
  CHECK(within(day("2026-07-01"), kDay, day("2026-07-02"), london()) == Value(true));
  CHECK_FALSE(within(Value(), kDay, noon, london()).has_value());
  // A day is 24 hours, also when the clocks change.
  CHECK(within(at("2026-10-24T12:00"), kDay, at("2026-10-25T12:00"), london()) == Value(false));
}

TEST_CASE("values and types as text") {
  CHECK(to_string(Value(num("10/3"))) == "10/3");
  CHECK(to_string(Value(true)) == "true");
  CHECK(to_string(Value("a \"b\"")) == "a \"b\"");
  CHECK(to_string(list({"a", 1, day("2026-07-01")})) == "[\"a\", 1, 2026-07-01]");
  CHECK(to_string(range(60, 80, true)) == "60..=80");
  CHECK(to_string(range(60, Value(), false)) == "60..");
  CHECK(to_string(at("2026-07-03T11:00")) == "2026-07-03T10:00:00Z");
  CHECK(to_string(Value()) == "none");

  Type type = Type::number(Unit::of(*Currency::parse("GBP")));
  CHECK(to_string(type) == "GBP");
  type.optional = true;
  CHECK(to_string(type) == "optional GBP");
  Type items = Type::of(Kind::list);
  items.element = Kind::text;
  CHECK(to_string(items) == "list of text");
  items.element = Kind::number;
  CHECK(to_string(items) == "list of number");
  CHECK(to_string(Type::number(Unit::duration())) == "duration");
  CHECK(reason_text(NoValue{NoValueReason::sample_below, "30"}) == "sample below 30");
  CHECK(reason_text(NoValue{NoValueReason::zero_denominator, ""}) == "zero denominator");
  CHECK(symbol(BinaryOp::le) == "<=");
}
