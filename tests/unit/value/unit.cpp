#include <set>

#include "tests/unit/value/show.hpp"

using namespace kpi::value;

TEST_CASE("currencies are the active ISO 4217 codes") {
  CHECK(Currency::all().size() == 155);
  std::set<std::string_view> codes, english, chinese;
  for (const Currency currency : Currency::all()) {
    INFO(currency.code());
    CHECK(Currency::parse(currency.code()) == currency);
    CHECK_FALSE(currency.is_none());
    CHECK(codes.insert(currency.code()).second);
    CHECK(english.insert(currency.english_name()).second);
    CHECK(chinese.insert(currency.chinese_name()).second);
  }
  CHECK(Currency::parse("GBP")->minor_digits() == 2);
  CHECK(Currency::parse("JPY")->minor_digits() == 0);
  CHECK(Currency::parse("KWD")->minor_digits() == 3);
  CHECK(Currency::parse("CNY")->chinese_name() == "人民币");
  for (const char* code : {"gbp", "XAU", "XXX", "XTS", "CLF", "HRK", "ABC", "GB", "GBPX", "", "G P", "USN"}) {
    INFO(code);
    CHECK_FALSE(Currency::parse(code));
  }
}

TEST_CASE("no currency and the row's own currency") {
  CHECK(Currency().is_none());
  CHECK(Currency().code().empty());
  CHECK(Currency::native().is_native());
  CHECK(Currency::native().code() == "native");
  CHECK_FALSE(Currency::native().is_none());
  CHECK(Currency::from_index(Currency::parse("USD")->index()) == Currency::parse("USD"));
}

TEST_CASE("units multiply and divide") {
  const Unit gbp = Unit::of(*Currency::parse("GBP")), usd = Unit::of(*Currency::parse("USD"));
  const Unit plain, duration = Unit::duration();
  CHECK(multiply(gbp, plain) == gbp);
  CHECK(multiply(plain, gbp) == gbp);
  CHECK(divide(gbp, gbp) == plain);
  CHECK(to_string(*divide(gbp, duration)) == "GBP/duration");
  CHECK(multiply(*divide(gbp, duration), duration) == gbp);
  CHECK(to_string(*multiply(gbp, gbp)) == "GBP^2");
  CHECK_FALSE(multiply(gbp, usd));
  CHECK_FALSE(divide(gbp, usd));
  CHECK(to_string(*divide(plain, duration)) == "1/duration");
  CHECK(to_string(*divide(plain, gbp)) == "1/GBP");
  CHECK(to_string(*multiply(gbp, duration)) == "GBP*duration");
  CHECK(to_string(*divide(*divide(plain, gbp), duration)) == "1/GBP/duration");
  CHECK(to_string(*divide(gbp, *multiply(duration, duration))) == "GBP/duration^2");
  CHECK(to_string(plain) == "number");
  CHECK(to_string(duration) == "duration");
  CHECK(divide(duration, duration) == plain);
  Unit high = gbp;
  high.money = 127;
  CHECK_FALSE(multiply(high, gbp));
}

TEST_CASE("duration and calendar words") {
  CHECK(duration_word_seconds("minute") == 60);
  CHECK(duration_word_seconds("weeks") == 604'800);
  CHECK_FALSE(duration_word_seconds("months"));
  CHECK_FALSE(duration_word_seconds("fortnight"));
  CHECK(calendar_word("quarters") == CalendarUnit::quarter);
  CHECK_FALSE(calendar_word("day"));
  CHECK(calendar_word("day", true) == CalendarUnit::day);
  CHECK_FALSE(calendar_word("hours", true));
}
