#include <bit>
#include <limits>
#include <unordered_set>

#include "interpreter/value/number_append.hpp"
#include "tests/unit/value/show.hpp"

using namespace kpi::value;

namespace {

constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr Int128 kMax128 = static_cast<Int128>(~static_cast<UnsignedInt128>(0) >> 1);

std::string real(double value) {
  const auto number = Number::from_real_bits(std::bit_cast<std::uint64_t>(value));
  return number ? number->to_string() : "none";
}

}  // namespace

TEST_CASE("decimal text is read exactly") {
  CHECK(num("19.99") == Number(1999) / Number(100));
  CHECK(num("-0.1") + num("0.1") == Number());
  CHECK(num("1e3") == Number(1000));
  CHECK(num("+1.5E-2") == Number(3) / Number(200));
  CHECK(num(".5") == Number(1) / Number(2));
  CHECK(num("5.") == Number(5));
  CHECK(num("0000000000000000000000000000000000000000000000012") == Number(12));
  CHECK(num("1/3") * Number(3) == Number(1));
  CHECK(num("0.5/0.25") == Number(2));
  CHECK(num("1e-100000") * num("1e100000") == Number(1));
  CHECK(num("123456789012345678901234567890123456789012345").to_string() ==
        "123456789012345678901234567890123456789012345");
}

TEST_CASE("text of numbers around the widths of integers") {
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
                           "18446744073709551615", "18446744073709551616", "-100000000000000000000",
                           "170141183460469231731687303715884105727", "-170141183460469231731687303715884105728",
                           "170141183460469231731687303715884105729", "0.000000000000000000001", "-12345678901234567890.5",
                           "1000000000000000000000000000000000000000.001", "-0.5", "10/3", "-1/99999999999999999999",
                           "170141183460469231731687303715884105727/3", "170141183460469231731687303715884105727/7",
                           "-340282366920938463463374607431768211456/7", "1/680564733841876926926749214863536422913"}) {
    CHECK(num(text).to_string() == text);
    std::string appended = "x";
    append_text(appended, num(text));
    CHECK(appended == std::string("x") + text);
  }
}

TEST_CASE("text that is not a decimal number is refused") {
  for (const char* text : {"",    "-",     ".",  "1.2.3", "1 ",  " 1",  "1,000", "0x10",     "1e",
                           "1e+", "1e1.5", "e5", "--1",   "+-1", "NaN", "inf",   "1e100001", "1e99999999999999999999",
                           "１",  "1_000"}) {
    INFO(text);
    CHECK_FALSE(Number::parse_decimal(text));
  }
  for (const char* text : {"1/0", "1/", "/2", "1/2/3", "1/0.0"}) {
    INFO(text);
    CHECK_FALSE(Number::parse(text));
  }
}

TEST_CASE("numbers are shown as decimals that end, or as fractions") {
  CHECK(num("10/3").to_string() == "10/3");
  CHECK(num("-10/3").to_string() == "-10/3");
  CHECK(num("2/5").to_string() == "0.4");
  CHECK(num("-0.05").to_string() == "-0.05");
  CHECK(num("100").to_string() == "100");
  CHECK(Number(kMin64).to_string() == "-9223372036854775808");
  CHECK((Number(1) / Number(std::int64_t{1} << 62)).to_string() ==
        "0.00000000000000000021684043449710088680149056017398834228515625");
  CHECK(num("-1e-40").to_string() == "-0.0000000000000000000000000000000000000001");
  CHECK(num("1e30/7").to_string() == "1000000000000000000000000000000/7");
}

TEST_CASE("fixed text for reports") {
  CHECK(num("1234567.891").to_fixed(2, true) == "1,234,567.89");
  CHECK(num("1234567.891").to_fixed(2) == "1234567.89");
  CHECK(num("-0.001").to_fixed(2) == "0.00");
  CHECK(num("-999.995").to_fixed(2, true, Rounding::half_up) == "-1,000.00");
  CHECK(num("2/3").to_fixed(0) == "1");
  CHECK(num("2/3").to_fixed(4) == "0.6667");
  CHECK(num("0").to_fixed(3) == "0.000");
  CHECK(num("12345").to_fixed(-2, true) == "12,300");
  CHECK(num("1e20").to_fixed(1, true) == "100,000,000,000,000,000,000.0");
}

TEST_CASE("sums of cents do not drift") {
  Number sum;
  for (int i = 0; i < 1000; ++i) sum += num("19.99");
  for (int i = 0; i < 1000; ++i) sum += num("0.01");
  CHECK(sum == Number(20'000));
}

TEST_CASE("results that leave 64 bits widen, and come back") {
  Number number(kMax64);
  CHECK(number.is_small());
  number += Number(1);
  CHECK_FALSE(number.is_small());
  CHECK(number.to_string() == "9223372036854775808");
  CHECK_FALSE(number.to_int64());
  CHECK(number.to_int128() == static_cast<Int128>(kMax64) + 1);
  number -= Number(1);
  CHECK(number.is_small());
  CHECK(number == Number(kMax64));

  CHECK((-Number(kMin64)).to_string() == "9223372036854775808");
  CHECK((-(-Number(kMin64))).is_small());
  CHECK(Number(kMin64).abs().to_string() == "9223372036854775808");
  CHECK((Number(kMin64) / Number(-1)).to_string() == "9223372036854775808");
  CHECK(Number(kMin64) * Number(kMin64) == num("85070591730234615865843651857942052864"));
  CHECK(Number(kMin64) / Number(kMin64) == Number(1));
  CHECK((Number(1) / Number(kMin64)).to_string().starts_with("-0.0000000000000000001084202172485504434"));

  const Number wide = Number::from_int128(kMax128);
  CHECK(wide.to_string() == "170141183460469231731687303715884105727");
  CHECK(wide.to_int128() == kMax128);
  CHECK_FALSE((wide + Number(1)).to_int128());
  CHECK((-wide - Number(1)).to_int128() == -kMax128 - 1);
  CHECK((wide + Number(1)).to_string() == "170141183460469231731687303715884105728");
  CHECK(wide / wide == Number(1));
  CHECK((wide * wide / wide / wide).is_small());
}

TEST_CASE("moved-from and copied numbers") {
  Number big = num("1e40");
  const Number copy = big;
  const Number moved = std::move(big);
  CHECK(copy == moved);
  big = copy;
  CHECK(big == moved);
  Number& same = big;
  big = same;
  CHECK(big == copy);
}

TEST_CASE("mantissa and scale") {
  CHECK(num("12.50").to_scaled() == std::pair<Int128, int>(125, 1));
  CHECK(num("100").to_scaled() == std::pair<Int128, int>(100, 0));
  CHECK_FALSE(num("1/3").to_scaled());
  CHECK_FALSE(num("0.001").to_scaled(2));
  CHECK(num("0.001").to_scaled(3) == std::pair<Int128, int>(1, 3));
  CHECK(num("12345678901234567890.5").to_scaled() ==
        std::pair<Int128, int>(static_cast<Int128>(1234567890123456789) * 100 + 5, 1));
  CHECK_FALSE(num("1e40").to_scaled());
  CHECK(Number::scaled(-1250, 2) == num("-12.5"));
  CHECK(Number::scaled(7, -3) == Number(7000));
  CHECK(Number::scaled(kMax128, 30).to_string() == "170141183.460469231731687303715884105727");
  CHECK(Number::scaled(0, 40).is_zero());
}

TEST_CASE("binary floats are read as the shortest decimal") {
  CHECK(real(0.1) == "0.1");
  CHECK(real(19.99) == "19.99");
  CHECK(real(-0.0) == "0");
  CHECK(real(1.0 / 3) == "0.3333333333333333");
  CHECK(real(123456789012345680.0) == "123456789012345680");
  CHECK(real(1e22) == "10000000000000000000000");
  CHECK(real(5e-324).size() == 326);
  CHECK(real(std::numeric_limits<double>::infinity()) == "none");
  CHECK(real(std::numeric_limits<double>::quiet_NaN()) == "none");
}

TEST_CASE("all seven ways of rounding") {
  struct Row {
    const char* value;
    const char* expected[7];  // half_even, half_up, half_down, up, down, ceiling, floor
  };
  const Row rows[] = {
      {"5.5", {"6", "6", "5", "6", "5", "6", "5"}},         {"2.5", {"2", "3", "2", "3", "2", "3", "2"}},
      {"1.6", {"2", "2", "2", "2", "1", "2", "1"}},         {"1.1", {"1", "1", "1", "2", "1", "2", "1"}},
      {"1", {"1", "1", "1", "1", "1", "1", "1"}},           {"-1.1", {"-1", "-1", "-1", "-2", "-1", "-1", "-2"}},
      {"-2.5", {"-2", "-3", "-2", "-3", "-2", "-2", "-3"}}, {"-5.5", {"-6", "-6", "-5", "-6", "-5", "-5", "-6"}},
      {"0.5", {"0", "1", "0", "1", "0", "1", "0"}},         {"-0.5", {"0", "-1", "0", "-1", "0", "0", "-1"}},
      {"1/3", {"0", "0", "0", "1", "0", "1", "0"}},         {"-2/3", {"-1", "-1", "-1", "-1", "0", "0", "-1"}},
  };
  for (const Row& row : rows) {
    const Number value = num(row.value);
    for (const Rounding mode : kAllRoundings) {
      INFO(row.value << " " << name(mode));
      const Number expected = num(row.expected[static_cast<int>(mode)]);
      CHECK(value.round(0, mode) == expected);
      CHECK(value.round_to(Number(1), mode) == expected);
      CHECK((value / Number(100)).round(2, mode) == expected / Number(100));
      CHECK((value * Number(1000)).round(-3, mode) == expected * Number(1000));
      // The same again where the arithmetic has to be wide.
      CHECK((value * num("1e30")).round(-30, mode) == expected * num("1e30"));
      CHECK((value * num("1e-30")).round(30, mode) == expected * num("1e-30"));
      const Number large = num("1e25");  // even, so ties go the same way
      if (value.sign() > 0) CHECK((value + large).round(0, mode) == expected + large);
      // A digit in front turns rounding to integers into rounding to one more significant digit.
      if (value.sign() > 0 && value < Number(9))
        CHECK((value + Number(20)).round_significant(2, mode) == expected + Number(20));
      if (value.sign() < 0) CHECK((value - Number(20)).round_significant(2, mode) == expected - Number(20));
    }
  }
}

TEST_CASE("rounding to significant digits") {
  CHECK(num("12345").round_significant(2, Rounding::half_even) == Number(12'000));
  CHECK(num("0.00012345").round_significant(3, Rounding::half_even) == num("0.000123"));
  CHECK(num("999.5").round_significant(3, Rounding::half_up) == Number(1000));
  CHECK(num("2/3").round_significant(5, Rounding::half_even) == num("0.66667"));
  CHECK(num("-2/3").round_significant(1, Rounding::floor) == num("-0.7"));
  CHECK(num("0").round_significant(1, Rounding::up).is_zero());
  CHECK(num("10").round_significant(1, Rounding::up) == Number(10));
  CHECK(num("1e50000").round_significant(1, Rounding::up) == num("1e50000"));
  CHECK((num("1e-50000") * num("1.26")).round_significant(2, Rounding::half_even) == num("1.3e-50000"));
  CHECK((num("1e30") - Number(1)).round_significant(30, Rounding::half_even) == num("1e30") - Number(1));
  CHECK((num("1e30") - Number(1)).round_significant(29, Rounding::half_even) == num("1e30"));
}

TEST_CASE("rounding to a unit, and to more places than there are") {
  CHECK(num("17.3").round_to(num("0.25"), Rounding::half_even) == num("17.25"));
  CHECK(num("17").round_to(Number(5), Rounding::ceiling) == Number(20));
  CHECK(num("1").round_to(num("1/3"), Rounding::down) == Number(1));
  CHECK(num("5.5").round(6'176, Rounding::up) == num("5.5"));
  CHECK(num("5.5").round(-6'176, Rounding::down).is_zero());
  CHECK(num("1/3").round(20, Rounding::down) == num("0.33333333333333333333"));
}

TEST_CASE("floor, ceiling and truncated division") {
  CHECK(num("-1/2").floor() == Number(-1));
  CHECK(num("-1/2").ceil() == Number(0));
  CHECK(num("7/2").floor() == Number(3));
  CHECK(num("1e30/7").floor() == num("142857142857142857142857142857"));
  CHECK(num("-1e30/7").floor() == num("-142857142857142857142857142858"));
  CHECK(Number(kMin64).ceil() == Number(kMin64));
  CHECK(Number(7).divide_truncated(Number(2)) == std::pair(Number(3), Number(1)));
  CHECK(Number(-7).divide_truncated(Number(2)) == std::pair(Number(-3), Number(-1)));
  CHECK(Number(7).divide_truncated(Number(-2)) == std::pair(Number(-3), Number(1)));
  CHECK(num("5.5").divide_truncated(num("0.2")) == std::pair(Number(27), num("0.1")));
}

TEST_CASE("comparison and hash agree with equality") {
  CHECK(num("1/3") < num("0.3334"));
  CHECK(num("-1e40") < num("-1e39"));
  CHECK(num("1e40") > num("9e39"));
  CHECK(min(num("1/3"), num("1/2")) == num("1/3"));
  CHECK(max(num("1e40"), num("1")) == num("1e40"));
  CHECK(num("0.50").hash() == num("1/2").hash());
  CHECK((num("1e40") + Number(1) - Number(1)).hash() == num("1e40").hash());
  CHECK(num("1e40").hash() != num("-1e40").hash());
  std::unordered_set<std::size_t> hashes;
  for (int i = 0; i < 10'000; ++i) hashes.insert(Number::scaled(i, 2).hash());
  CHECK(hashes.size() == 10'000);
}

TEST_CASE("rounding words") {
  for (const Rounding mode : kAllRoundings) CHECK(parse_rounding(name(mode)) == mode);
  CHECK_FALSE(parse_rounding("05up"));
  CHECK_FALSE(parse_rounding(""));
}

TEST_CASE("an exact sum widens past 64 and past 128 bits") {
  ExactSum sum;
  CHECK(sum.is_zero());
  for (int i = 0; i < 4; ++i) sum.add(kMax64);
  CHECK(sum.to_number() == Number(kMax64) * Number(4));
  CHECK(sum.to_number(2) == Number(kMax64) * Number(4) / Number(100));

  ExactSum wide;
  for (int i = 0; i < 10; ++i) wide.add_wide(kMax128);
  CHECK(wide.to_number() == Number::from_int128(kMax128) * Number(10));
  CHECK(wide.to_number(3) == Number::from_int128(kMax128) / Number(100));
  for (int i = 0; i < 30; ++i) wide.add_wide(-kMax128 - 1);
  CHECK(wide.to_number() == Number::from_int128(kMax128) * Number(-20) - Number(30));

  ExactSum edge;
  edge.add_wide(kMax128);
  edge.add(1);
  CHECK(edge.to_number() == Number::from_int128(kMax128) + Number(1));
  edge.add(-1);
  CHECK(edge.to_number() == Number::from_int128(kMax128));
  ExactSum low;
  low.add_wide(-kMax128 - 1);
  low.add(-1);
  CHECK(low.to_number() == -Number::from_int128(kMax128) - Number(2));

  ExactSum both = wide;
  both.merge(edge);
  CHECK(both.to_number() == wide.to_number() + edge.to_number());
  both.subtract(wide);
  CHECK(both.to_number() == edge.to_number());
  both.subtract(edge);
  CHECK(both.is_zero());
  ExactSum negative;
  negative.subtract(low);
  CHECK(negative.to_number() == -low.to_number());
}
