// Time zones: known moments, and the C library as an independent reader of the same database.
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include "tests/unit/value/show.hpp"

using namespace kpi::value;

namespace {

const TimeZone& zone(std::string_view name) {
  const TimeZone* found = TimeZone::find(name);
  if (!found) throw std::runtime_error("the system's time zone database has no " + std::string(name));
  return *found;
}

std::int64_t local(std::string_view text) { return WrittenTime::parse(text)->local_micros; }

std::string instant(const TimeZone& in, std::string_view text) {
  const auto found = in.to_instant(*WrittenTime::parse(text));
  return found ? found->to_string() : "skipped";
}

/// Local seconds since 1970 as localtime_r sees them.
std::int64_t library_local(std::time_t time) {
  std::tm fields{};
  localtime_r(&time, &fields);
  return time + fields.tm_gmtoff;
}

}  // namespace

TEST_CASE("conversions in London") {
  const TimeZone& london = zone("Europe/London");
  CHECK(london.name() == "Europe/London");
  CHECK(instant(london, "2026-01-15T12:00") == "2026-01-15T12:00:00Z");
  CHECK(instant(london, "2026-07-15T12:00") == "2026-07-15T11:00:00Z");
  // Clocks go forward on 29 March 2026 at 01:00 and back on 25 October at 02:00.
  CHECK(instant(london, "2026-03-29T00:59:59.999999") == "2026-03-29T00:59:59.999999Z");
  CHECK(instant(london, "2026-03-29T01:00") == "skipped");
  CHECK(instant(london, "2026-03-29T01:59:59.999999") == "skipped");
  CHECK(instant(london, "2026-03-29T02:00") == "2026-03-29T01:00:00Z");
  CHECK(london.to_instant_or_jump(local("2026-03-29T01:30")).to_string() == "2026-03-29T01:00:00Z");
  CHECK(instant(london, "2026-10-25T00:59") == "2026-10-24T23:59:00Z");
  CHECK(instant(london, "2026-10-25T01:00") == "2026-10-25T00:00:00Z");  // the first of two
  CHECK(instant(london, "2026-10-25T01:59") == "2026-10-25T00:59:00Z");
  CHECK(instant(london, "2026-10-25T02:00") == "2026-10-25T02:00:00Z");
  CHECK(instant(london, "2026-03-29T01:30+01:00") == "2026-03-29T00:30:00Z");
  CHECK(instant(london, "2026-03-29T01:30Z") == "2026-03-29T01:30:00Z");
  CHECK(london.local_date(*TimeZone::utc().to_instant(local("2026-07-31T23:30"))) == day("2026-08-01"));
  CHECK(london.start_of_day(day("2026-07-01")).to_string() == "2026-06-30T23:00:00Z");
}

TEST_CASE("days that do not begin at midnight") {
  // Cairo skipped midnight on 25 April 2025; Samoa skipped the whole of 30 December 2011.
  CHECK(zone("Africa/Cairo").start_of_day(day("2025-04-25")).to_string() == "2025-04-24T22:00:00Z");
  CHECK(zone("Africa/Cairo").local_date(zone("Africa/Cairo").start_of_day(day("2025-04-25"))) == day("2025-04-25"));
  const TimeZone& samoa = zone("Pacific/Apia");
  CHECK(samoa.start_of_day(day("2011-12-30")) == samoa.start_of_day(day("2011-12-31")));
  CHECK_FALSE(samoa.to_instant(local("2011-12-30T12:00")));
  // Havana repeats the hour after midnight; the day begins with the first one.
  CHECK(zone("America/Havana").start_of_day(day("2025-11-02")).to_string() == "2025-11-02T04:00:00Z");
}

TEST_CASE("the rule after the last listed change goes on") {
  const TimeZone& london = zone("Europe/London");
  CHECK(instant(london, "2045-07-01T12:00") == "2045-07-01T11:00:00Z");
  CHECK(instant(london, "2045-12-01T12:00") == "2045-12-01T12:00:00Z");
  CHECK(instant(london, "2500-07-01T12:00") == "2500-07-01T11:00:00Z");
  CHECK(instant(london, "9999-07-01T12:00") == "9999-07-01T11:00:00Z");
  CHECK(instant(london, "9999-12-31T12:00") == "9999-12-31T12:00:00Z");
  CHECK(instant(zone("Asia/Shanghai"), "9999-07-01T08:00") == "9999-07-01T00:00:00Z");
  CHECK(instant(zone("America/Sao_Paulo"), "2300-01-01T00:00") == "2300-01-01T03:00:00Z");
}

TEST_CASE("UTC needs no database, unknown names give none") {
  CHECK(TimeZone::find("UTC") == &TimeZone::utc());
  CHECK(instant(TimeZone::utc(), "2026-07-01T10:00") == "2026-07-01T10:00:00Z");
  CHECK(TimeZone::utc().local_date(Instant{-1}) == day("1969-12-31"));
  for (const char* name :
       {"", "Europe", "Europe/Londn", "europe/", "/etc/passwd", "../zoneinfo/Europe/London", "tzdata.zi",
        "Europe/../Europe/London", "posixrules", "localtime", "right/Europe/London", "zone.tab", "Mars/Base"}) {
    INFO(name);
    CHECK(TimeZone::find(name) == nullptr);
  }
  CHECK(TimeZone::find("Europe/London") == TimeZone::find("Europe/London"));
}

TEST_CASE("every zone agrees with the C library") {
  const auto names = TimeZone::names();
  CHECK(names.size() > 300);
  CHECK(std::find(names.begin(), names.end(), "Asia/Ho_Chi_Minh") != names.end());
  std::mt19937_64 random(2026);
  std::uniform_int_distribution<std::int64_t> moment(-3'000'000'000, 6'000'000'000);  // 1874 to 2160
  const char* set = std::getenv("TZ");
  const std::string before = set ? set : "";
  for (const std::string& name : names) {
    INFO(name);
    const TimeZone& ours = zone(name);
    setenv("TZ", name.c_str(), 1);
    tzset();
    for (int i = 0; i < 400; ++i) {
      const std::int64_t time = moment(random);
      INFO(time);
      const std::int64_t expected = library_local(time);
      REQUIRE(ours.to_local_micros(Instant{time * kMicrosPerSecond}) == expected * kMicrosPerSecond);
      // Back again: the first instant with that local time, so never a later one than `time`.
      const auto back = ours.to_instant(expected * kMicrosPerSecond);
      REQUIRE(back);
      REQUIRE(back->micros <= time * kMicrosPerSecond);
      REQUIRE(ours.to_local_micros(*back) == expected * kMicrosPerSecond);
      const Date today = ours.local_date(Instant{time * kMicrosPerSecond});
      REQUIRE(ours.start_of_day(today).micros <= time * kMicrosPerSecond);
      REQUIRE(ours.local_date(ours.start_of_day(today)) == today);
      REQUIRE(ours.local_date(Instant{ours.start_of_day(today).micros - 1}) < today);
    }
  }
  set ? setenv("TZ", before.c_str(), 1) : unsetenv("TZ");
  tzset();
}

TEST_CASE("threads may share a zone") {
  const TimeZone& london = zone("Europe/London");
  const auto checksum = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::int64_t sum = 0;
    for (int i = 0; i < 50'000; ++i) {
      const auto time = static_cast<std::int64_t>(random() % 4'000'000'000) * kMicrosPerSecond;
      sum += london.to_local_micros(Instant{time}) - time;
    }
    return sum;
  };
  const std::int64_t first = checksum(1), second = checksum(2);
  std::int64_t in_thread = 0;
  std::thread other([&] { in_thread = checksum(1); });
  CHECK(checksum(2) == second);
  other.join();
  CHECK(in_thread == first);
}
