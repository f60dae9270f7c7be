// Random numbers against Boost's rationals, used naively.
#include <boost/multiprecision/cpp_int.hpp>
#include <limits>
#include <random>

#include "tests/unit/value/show.hpp"

using namespace kpi::value;
using Rational = boost::multiprecision::cpp_rational;
using Integer = boost::multiprecision::cpp_int;

namespace {

constexpr int kRounds = 20'000;

struct Pair {
  Number ours;
  Rational theirs;
};

std::string text(const Rational& value) {
  const Integer denominator = boost::multiprecision::denominator(value);
  return boost::multiprecision::numerator(value).str() + (denominator == 1 ? "" : "/" + denominator.str());
}

/// Numbers near the limits of 64 bits, small ones, money, and ones far beyond.
class Source {
 public:
  Pair next() {
    Pair pair = integer();
    if (choose(3) != 0) {
      Pair below = integer();
      if (choose(3) == 0) below = {Number(100), 100};
      if (below.theirs != 0) pair = {pair.ours / below.ours, pair.theirs / below.theirs};
    }
    return pair;
  }
  Pair next_nonzero() {
    for (;;) {
      if (Pair pair = next(); pair.theirs != 0) return pair;
    }
  }
  int choose(int count) { return std::uniform_int_distribution(0, count - 1)(random_); }

 private:
  Pair integer() {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = 0;
    switch (choose(6)) {
      case 0:
        value = choose(5) - 2;
        break;
      case 1:
        value = kMax - choose(3);
        break;
      case 2:
        value = -kMax - 1 + choose(3);
        break;
      case 3:
        value = static_cast<std::int64_t>(random_());
        break;
      default:
        value = choose(2'000'001) - 1'000'000;
    }
    Pair pair{Number(value), Rational(value)};
    if (choose(10) == 0) pair = {pair.ours * Number(kMax), pair.theirs * kMax};
    return pair;
  }
  std::mt19937_64 random_{20260701};
};

void check_same(const Number& ours, const Rational& theirs) {
  CHECK(ours.numerator().to_string() == numerator(theirs).str());
  CHECK(ours.denominator().to_string() == denominator(theirs).str());
  const Rational low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  const bool fits = Rational(numerator(theirs)) >= low && Rational(numerator(theirs)) <= high &&
                    Rational(denominator(theirs)) <= high;
  CHECK(ours.is_small() == fits);
}

Rational floor_of(const Rational& value) {
  Integer quotient = numerator(value) / denominator(value);
  if (Rational(quotient) > value) --quotient;
  return quotient;
}

/// Rounding to an integer as the definition says it: among the two neighbours.
Rational rounded(const Rational& value, Rounding mode) {
  const Rational low = floor_of(value);
  if (low == value) return value;
  const Rational high = low + 1, from_low = value - low, from_high = high - value;
  const Rational towards = value < 0 ? high : low, away = value < 0 ? low : high;
  const bool tie = from_low == from_high;
  const Rational nearest = from_low < from_high ? low : high;
  switch (mode) {
    case Rounding::floor:
      return low;
    case Rounding::ceiling:
      return high;
    case Rounding::down:
      return towards;
    case Rounding::up:
      return away;
    case Rounding::half_up:
      return tie ? away : nearest;
    case Rounding::half_down:
      return tie ? towards : nearest;
    case Rounding::half_even:
      return !tie ? nearest : numerator(low) % 2 == 0 ? low : high;
  }
  return 0;
}

Rational ten_to(int exponent) {
  const Rational power = Rational(boost::multiprecision::pow(Integer(10), static_cast<unsigned>(std::abs(exponent))));
  return exponent < 0 ? 1 / power : power;
}

}  // namespace

TEST_CASE("arithmetic agrees with naive rationals") {
  Source source;
  for (int i = 0; i < kRounds; ++i) {
    const Pair a = source.next(), b = source.next_nonzero();
    INFO(text(a.theirs) << " and " << text(b.theirs));
    check_same(a.ours + b.ours, a.theirs + b.theirs);
    check_same(a.ours - b.ours, a.theirs - b.theirs);
    check_same(a.ours * b.ours, a.theirs * b.theirs);
    check_same(a.ours / b.ours, a.theirs / b.theirs);
    check_same(-a.ours, -a.theirs);
    check_same(a.ours.floor(), floor_of(a.theirs));
    check_same(a.ours.ceil(), -floor_of(-a.theirs));
    CHECK(Number::compare(a.ours, b.ours) == (a.theirs < b.theirs ? -1 : a.theirs > b.theirs ? 1 : 0));
    CHECK(a.ours == a.ours + b.ours - b.ours);
    CHECK((a.ours * b.ours / b.ours).hash() == a.ours.hash());
    const auto [quotient, rest] = a.ours.divide_truncated(b.ours);
    CHECK(quotient * b.ours + rest == a.ours);
    CHECK(rest.abs() < b.ours.abs());
    CHECK(rest.sign() * a.ours.sign() >= 0);
  }
}

TEST_CASE("text reads back as the same number") {
  Source source;
  for (int i = 0; i < kRounds; ++i) {
    const Pair a = source.next();
    INFO(text(a.theirs));
    CHECK(num(a.ours.to_string()) == a.ours);
    CHECK(num(text(a.theirs)) == a.ours);
    if (const auto scaled = a.ours.to_scaled(30)) {
      CHECK(Number::scaled(scaled->first, scaled->second) == a.ours);
      CHECK((scaled->second == 0 || scaled->first % 10 != 0));
    }
    CHECK(a.ours.is_decimal() == (a.ours.to_string().find('/') == std::string::npos));
  }
}

TEST_CASE("rounding agrees with its definition") {
  Source source;
  for (int i = 0; i < kRounds / 4; ++i) {
    Pair a = source.next();
    // Every other number is a tie at some place.
    if (i % 2 == 0) a = {Number(source.choose(20'001) - 10'000) / Number(2), 0};
    if (i % 2 == 0)
      a.theirs =
          Rational(numerator(Rational(a.ours.numerator().to_string()))) / Rational(a.ours.denominator().to_string());
    const int places = source.choose(50) - 25;
    INFO(text(a.theirs) << " to " << places);
    for (const Rounding mode : kAllRoundings) {
      INFO(name(mode));
      check_same(a.ours.round(0, mode), rounded(a.theirs, mode));
      check_same(a.ours.round(places, mode), rounded(a.theirs * ten_to(places), mode) * ten_to(-places));
      const Number unit = Number(7) / Number(4);
      check_same(a.ours.round_to(unit, mode), rounded(a.theirs * 4 / 7, mode) * Rational(7, 4));
      const int digits = source.choose(40) + 1;
      if (a.theirs != 0) {
        int exponent = 0;  // 10^exponent <= |a| < 10^(exponent + 1)
        const Rational size = abs(a.theirs);
        while (size >= ten_to(exponent + 1)) ++exponent;
        while (size < ten_to(exponent)) --exponent;
        const int wanted = digits - 1 - exponent;
        check_same(a.ours.round_significant(digits, mode), rounded(a.theirs * ten_to(wanted), mode) * ten_to(-wanted));
      }
    }
  }
}

TEST_CASE("exact sums agree with naive ones") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    ExactSum sum, other;
    Integer expected = 0, expected_other = 0;
    for (int i = 0; i < 200; ++i) {
      const auto high = static_cast<std::int64_t>(random());
      const auto low = random();
      const Int128 wide = static_cast<Int128>(static_cast<UnsignedInt128>(high) << 64 | low);
      sum.add_wide(wide);
      sum.add(high);
      expected += Integer(high) * (Integer(1) << 64) + low + high;
      other.add_wide(round % 2 ? wide : -wide);
      expected_other += (round % 2 ? 1 : -1) * (Integer(high) * (Integer(1) << 64) + low);
    }
    CHECK(sum.to_number().to_string() == expected.str());
    sum.merge(other);
    CHECK(sum.to_number().to_string() == Integer(expected + expected_other).str());
    sum.subtract(other);
    CHECK(sum.to_number().to_string() == expected.str());
  }
}
