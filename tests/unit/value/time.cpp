#include "tests/unit/value/show.hpp"

using namespace kpi::value;

TEST_CASE("dates read and write ISO form") {
  CHECK(day("1970-01-01").days == 0);
  CHECK(day("2000-03-01").days == 11'017);
  CHECK(day("1969-12-31").days == -1);
  CHECK(day("0000-03-01").days == -719'468);
  CHECK(day("2024-02-29").to_string() == "2024-02-29");
  CHECK(day("0099-12-31").to_string() == "0099-12-31");
  CHECK(Date::from_civil(-44, 3, 15)->to_string() == "-0044-03-15");
  for (const char* text :
       {"2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31", "2026-1-01", "2026/01/01", "20260101", "",
        "2026-01-01 ", "+026-01-01", "2026-01-0x", "1900-02-29", "９026-01-01"}) {
    INFO(text);
    CHECK_FALSE(Date::parse(text));
  }
  CHECK_FALSE(Date::from_civil(2026, 2, 29));
  CHECK_FALSE(Date::from_civil(30'000, 1, 1));
}

TEST_CASE("every day of nine centuries") {
  Date expected = day("1600-01-01");
  unsigned weekday = 5;  // a Saturday
  for (int year = 1600; year < 2500; ++year) {
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned d = 1; const auto date = Date::from_civil(year, month, d); ++d) {
        REQUIRE(*date == expected);
        REQUIRE((date->year() == year && date->month() == month && date->day() == d));
        REQUIRE(date->weekday() == weekday);
        ++expected.days;
        weekday = (weekday + 1) % 7;
      }
    }
  }
  CHECK(expected == day("2500-01-01"));
}

TEST_CASE("written times") {
  const auto micros = [](std::string_view text) {
    const auto time = WrittenTime::parse(text);
    REQUIRE(time);
    return time->local_micros - day("2026-07-01").days * kMicrosPerDay;
  };
  CHECK(micros("2026-07-01") == 0);
  CHECK(micros("2026-07-01T10:00") == 36'000 * kMicrosPerSecond);
  CHECK(micros("2026-07-01 10:00:05") == 36'005 * kMicrosPerSecond);
  CHECK(micros("2026-07-01T10:00:05.25") == 36'005'250'000);
  CHECK(micros("2026-07-01T23:59:59.999999") == kMicrosPerDay - 1);
  const auto zulu = WrittenTime::parse("2026-07-01T10:00Z");
  CHECK((zulu && zulu->has_offset && zulu->offset_seconds == 0));
  CHECK(WrittenTime::parse("2026-07-01T10:00:00.5+08:00")->offset_seconds == 28'800);
  CHECK(WrittenTime::parse("2026-07-01T10:00-0330")->offset_seconds == -12'600);
  CHECK_FALSE(WrittenTime::parse("2026-07-01T10:00")->has_offset);
  for (const char* text : {"2026-07-01T",
                           "2026-07-01T10",
                           "2026-07-01T24:00",
                           "2026-07-01T10:60",
                           "2026-07-01T10:00:60",
                           "2026-07-01T10:00:",
                           "2026-07-01T10:00:00.",
                           "2026-07-01T10:00:00.1234567",
                           "2026-07-01T10:00+8",
                           "2026-07-01T10:00+08",
                           "2026-07-01T10:00+24:00",
                           "2026-07-01T10:00+08:60",
                           "2026-07-01T10:00ZZ",
                           "2026-07-01t10:00",
                           "2026-07-01Z",
                           "2026-07-01T10:00 ",
                           "2026-7-1 10:00",
                           "2026-07-01  10:00",
                           "2026-02-30T10:00",
                           "",
                           "2026-07-01T1:000",
                           "2026-07-01T10:00+08-00",
                           "2026-07-01T10:0"}) {
    INFO(text);
    CHECK_FALSE(WrittenTime::parse(text));
  }
}

TEST_CASE("instants are written in UTC") {
  CHECK(Instant{0}.to_string() == "1970-01-01T00:00:00Z");
  CHECK(Instant{-1}.to_string() == "1969-12-31T23:59:59.999999Z");
  CHECK(Instant{1'500'000}.to_string() == "1970-01-01T00:00:01.5Z");
  CHECK(Instant{day("2026-07-03").days * kMicrosPerDay + 36'000 * kMicrosPerSecond}.to_string() ==
        "2026-07-03T10:00:00Z");
}

TEST_CASE("calendar steps") {
  CHECK(add_months(day("2026-01-31"), 1) == day("2026-02-28"));
  CHECK(add_months(day("2024-01-31"), 1) == day("2024-02-29"));
  CHECK(add_months(day("2024-02-29"), 12) == day("2025-02-28"));
  CHECK(add_months(day("2024-02-29"), -48) == day("2020-02-29"));
  CHECK(add_months(day("2026-03-31"), -1) == day("2026-02-28"));
  CHECK(add_months(day("2026-01-15"), -1) == day("2025-12-15"));
  CHECK(add_months(day("0000-01-15"), -1) == *Date::from_civil(-1, 12, 15));
  CHECK(CalendarStep{1}.to_string() == "1 month");
  CHECK(CalendarStep{3}.to_string() == "3 months");
  CHECK(CalendarStep{12}.to_string() == "1 year");
  CHECK(CalendarStep{-24}.to_string() == "-2 years");
  CHECK(CalendarStep{0}.to_string() == "0 months");
}

TEST_CASE("periods") {
  struct Row {
    const char* text;
    const char* start;
    const char* end;
    const char* year_ago;
  };
  for (const Row& row :
       {Row{"2026", "2026-01-01", "2027-01-01", "2025"}, Row{"2026-Q3", "2026-07-01", "2026-10-01", "2025-Q3"},
        Row{"2026-07", "2026-07-01", "2026-08-01", "2025-07"}, Row{"1969-12", "1969-12-01", "1970-01-01", "1968-12"},
        Row{"2026-W27", "2026-06-29", "2026-07-06", "2025-W27"},
        Row{"2026-W01", "2025-12-29", "2026-01-05", "2025-W01"},
        Row{"2026-W53", "2026-12-28", "2027-01-04", "2026-W01"},
        Row{"2020-W53", "2020-12-28", "2021-01-04", "2020-W01"},
        Row{"1970-W01", "1969-12-29", "1970-01-05", "1969-W01"},
        Row{"2024-02-29", "2024-02-29", "2024-03-01", "2023-02-28"},
        Row{"1968-Q4", "1968-10-01", "1969-01-01", "1967-Q4"}}) {
    INFO(row.text);
    const auto period = Period::parse(row.text);
    REQUIRE(period);
    CHECK(period->start() == day(row.start));
    CHECK(period->end() == day(row.end));
    CHECK(period->to_string() == row.text);
    CHECK(period->year_ago().to_string() == row.year_ago);
    CHECK(Period::containing(period->start(), period->unit) == *period);
    CHECK(Period::containing(Date{period->end().days - 1}, period->unit) == *period);
    CHECK(Period::containing(period->end(), period->unit) == period->shift(1));
  }
  for (const char* text :
       {"", "202", "20266", "2026-", "2026-Q0", "2026-Q5", "2026-13", "2026-00", "2025-W53", "2026-W00", "2026-W54",
        "2026-7", "2026-q3", "2026-07-32", "x026", "-026", "2026-+1", "2026-Q3 "}) {
    INFO(text);
    CHECK_FALSE(Period::parse(text));
  }
  for (const CalendarUnit unit :
       {CalendarUnit::day, CalendarUnit::week, CalendarUnit::month, CalendarUnit::quarter, CalendarUnit::year}) {
    INFO(name(unit));
    CHECK(Period::containing(day("1970-01-01"), unit).index == 0);
    // Neighbours touch, and the text reads back.
    for (int index = -3'000; index < 3'000; ++index) {
      const Period period{unit, index};
      if (period.start() < day("1000-01-01") || period.end() > day("4000-01-01")) continue;
      REQUIRE(period.end() == period.shift(1).start());
      REQUIRE(Period::parse(period.to_string()) == period);
      REQUIRE(Period::containing(period.start(), unit) == period);
    }
  }
}

TEST_CASE("ranges of periods") {
  const auto year = parse_periods("2026-01..2026-12");
  REQUIRE(year);
  CHECK(year->size() == 12);
  CHECK(year->back().to_string() == "2026-12");
  CHECK(parse_periods("2026-07")->size() == 1);
  CHECK(parse_periods("2026-W52..2027-W01")->size() == 3);
  for (const char* text :
       {"2026-12..2026-01", "2026-01..2026-Q4", "2026-01..", "..2026-01", "2026-01...2026-02", "x", ""}) {
    INFO(text);
    CHECK_FALSE(parse_periods(text));
  }
}

TEST_CASE("sub-periods by their last day") {
  const Period july = *Period::parse("2026-07");
  const auto texts = [&](CalendarUnit unit) {
    std::string joined;
    for (const Period& period : periods_ending_in(unit, july.start(), july.end())) joined += period.to_string() + " ";
    return joined;
  };
  CHECK(texts(CalendarUnit::week) == "2026-W27 2026-W28 2026-W29 2026-W30 ");
  CHECK(texts(CalendarUnit::month) == "2026-07 ");
  CHECK(texts(CalendarUnit::quarter).empty());
  CHECK(periods_ending_in(CalendarUnit::day, july.start(), july.end()).size() == 31);
  CHECK(periods_ending_in(CalendarUnit::day, july.start(), july.start()).empty());
}
