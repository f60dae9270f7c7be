#include "interpreter/eval/run/piecewise.hpp"

#include <catch2/catch.hpp>

namespace kpi::eval {
namespace {

using value::BinaryOp;

const Piecewise kX = Piecewise::identity();
Number num(const char* text) { return *Number::parse(text); }
Piecewise constant(const char* text) { return Piecewise::constant(Value(num(text))); }
std::string bounds(const Piecewise& function) {
  std::string text;
  for (const Number& bound : function.bounds) text += (text.empty() ? "" : " ") + bound.to_string();
  return text;
}
std::string at(const Piecewise& function, const char* x) {
  const auto value = function.at(num(x));
  if (!value) return "unknown";
  return value->has_value() ? value::to_string(*value) : value::reason_text(value->reason());
}
std::string near(const Piecewise& condition, const char* from, bool whole = false, bool never_negative = false) {
  const auto place = nearest(condition, {num(from), whole, never_negative, true});
  if (!place) return "none";
  CHECK(condition.at(place->sample) == Value(true));
  return (place->beyond ? "beyond " : "") + place->at.to_string();
}

TEST_CASE("zeros of polynomials: rational ones exactly, irrational ones in a narrow bracket") {
  const auto zeros_of = [](const Polynomial& polynomial) {
    std::string text;
    for (const auto& [low, high] : zeros(polynomial, std::nullopt, std::nullopt)) {
      if (low == high) {
        text += low.to_string() + " ";
      } else {
        CHECK((high - low) < num("0.000000001"));
        text += "~" + low.to_fixed(3) + " ";
      }
    }
    return text;
  };
  CHECK(zeros_of({}).empty());
  CHECK(zeros_of({num("3")}).empty());
  CHECK(zeros_of({num("-1"), num("3")}) == "1/3 ");
  CHECK(zeros_of({num("6"), num("-5"), num("1")}) == "2 3 ");
  CHECK(zeros_of({num("1"), num("-2"), num("1")}) == "1 ");
  CHECK(zeros_of({num("-2"), num("0"), num("1")}) == "~-1.414 ~1.414 ");
  CHECK(zeros_of({num("1"), num("0"), num("1")}).empty());
  CHECK(zeros_of({num("0"), num("-1"), num("0"), num("1")}) == "-1 0 1 ");
}

TEST_CASE("functions in pieces have the value of what they are made of") {
  const Piecewise square = arithmetic(BinaryOp::multiply, kX, kX);
  const Piecewise quotient =
      arithmetic(BinaryOp::divide, constant("10"), arithmetic(BinaryOp::subtract, kX, constant("2")));
  CHECK(at(square, "-3") == "9");
  CHECK(at(quotient, "4") == "5");
  CHECK(at(quotient, "2") == "zero denominator");
  const Piecewise below = compared(BinaryOp::le, quotient, constant("5"));
  CHECK(bounds(below) == "2 4");
  CHECK(at(below, "1") == "true");
  CHECK(at(below, "2") == "zero denominator");
  CHECK(at(below, "3") == "false");
  CHECK(at(below, "4") == "true");
  const Piecewise chosen_one = chosen(compared(BinaryOp::lt, kX, constant("0")), square, kX);
  CHECK(at(chosen_one, "-4") == "16");
  CHECK(at(chosen_one, "0") == "0");
  CHECK(at(defaulted(quotient, constant("7")), "2") == "7");
  CHECK(at(has_no_value(quotient), "2") == "true");
  const Piecewise steps = rounded(kX, 10, value::Rounding::half_up, 22);
  CHECK(at(steps, "24.9") == "20");
  CHECK(at(steps, "25") == "30");
  CHECK(at(steps, "100000") == "unknown");
}

TEST_CASE("the nearest place where a condition holds") {
  const Piecewise up = compared(BinaryOp::gt, kX, constant("5"));
  CHECK(near(up, "3") == "beyond 5");
  CHECK(near(up, "3", true) == "6");
  CHECK(near(up, "7") == "7");
  CHECK(near(compared(BinaryOp::ge, kX, constant("5.5")), "3", true) == "6");
  CHECK(near(compared(BinaryOp::ne, kX, constant("4")), "4", true) == "5");
  CHECK(near(compared(BinaryOp::lt, kX, constant("0")), "4", false, true) == "none");
  CHECK(near(compared(BinaryOp::lt, kX, constant("0")), "4", true) == "-1");
  const Piecewise square = arithmetic(BinaryOp::multiply, kX, kX);
  CHECK(near(compared(BinaryOp::ge, square, constant("25")), "4") == "5");
  CHECK(near(compared(BinaryOp::ge, square, constant("25")), "-1") == "-5");
  CHECK(near(compared(BinaryOp::eq, square, constant("2")), "1") == "none");
}

}  // namespace
}  // namespace kpi::eval
