#include "interpreter/storage/time_format.hpp"

#include <catch2/catch.hpp>

using kpi::storage::TimeFormat;

namespace {

std::string convert(const char* format, const char* text, bool with_time = true) {
  std::string problem, iso;
  const auto compiled = TimeFormat::compile(format, problem);
  INFO(format << ": " << problem);
  REQUIRE(compiled.has_value());
  return compiled->convert(text, with_time, iso) ? iso : "no";
}

std::string problem(const char* format) {
  std::string problem;
  return TimeFormat::compile(format, problem) ? "" : problem;
}

}  // namespace

TEST_CASE("times are read by their format") {
  CHECK(convert("%d/%m/%Y %H:%M:%S", "06/10/2026 09:30:33") == "2026-10-06T09:30:33");
  CHECK(convert("%m/%d/%Y %I:%M:%S %p", "12/15/2025 9:30:33 AM") == "2025-12-15T09:30:33");
  CHECK(convert("%m/%d/%Y %I:%M:%S %p", "12/15/2025 12:00:00 am") == "2025-12-15T00:00:00");
  CHECK(convert("%m/%d/%Y %I:%M:%S %p", "12/15/2025 12:00:00 PM") == "2025-12-15T12:00:00");
  CHECK(convert("%F %T %z", "2026-04-05 21:06:21 +0400") == "2026-04-05T21:06:21+04:00");
  CHECK(convert("%FT%T%z", "2018-01-01T00:00:00-03:30") == "2018-01-01T00:00:00-03:30");
  CHECK(convert("%FT%T%z", "2018-01-01t00:00:00Z") == "2018-01-01T00:00:00Z");
  CHECK(convert("%F %T.%f", "2026-01-02 03:04:05.120000") == "2026-01-02T03:04:05.120000");
  CHECK(convert("%F %T.%f", "2026-01-02 03:04:05.000") == "2026-01-02T03:04:05");
  CHECK(convert("%d.%m.%y", "1.9.26") == "2026-09-01T00:00:00");
  CHECK(convert("%b %d, %Y", "Sep 01, 2026", false) == "2026-09-01");
  CHECK(convert("%a %d %B %Y", "Tuesday 1 september 2026", false) == "2026-09-01");
  CHECK(convert("%Y%m%d", "20260901", false) == "2026-09-01");
  CHECK(convert("%d/%m/%Y %H:%M", "29/09/2026   14:22") == "2026-09-29T14:22:00");
}

TEST_CASE("parts in brackets may be missing, and formats may be alternatives") {
  const char* format = "%d/%m/%Y[ %H:%M[:%S]]";
  CHECK(convert(format, "01/02/2026") == "2026-02-01T00:00:00");
  CHECK(convert(format, "01/02/2026 10:11") == "2026-02-01T10:11:00");
  CHECK(convert(format, "01/02/2026 10:11:12") == "2026-02-01T10:11:12");
  CHECK(convert(format, "01/02/2026 10") == "no");
  CHECK(convert("%b %d, %Y|%F", "2026-09-01", false) == "2026-09-01");
  CHECK(convert("%b %d, %Y|%F", "Sep 1, 2026", false) == "2026-09-01");
  CHECK(convert("\\[%F\\]", "[2026-09-01]", false) == "2026-09-01");
}

TEST_CASE("a date that has the form but does not exist says why") {
  const auto why = [](const char* format, const char* text) {
    std::string problem;
    const auto found = TimeFormat::compile(format, problem)->impossible(text);
    return found ? std::to_string(found->year) + "-" + std::to_string(found->month) + "/" + std::to_string(found->days)
                 : "-";
  };
  CHECK(why("%d/%m/%Y %H:%M", "31/06/2026 20:50") == "2026-6/30");
  CHECK(why("%d/%m/%Y", "29/02/2100") == "2100-2/28");
  CHECK(why("%d/%m/%Y", "12/31/2025") == "2025-31/0");
  CHECK(why("%d/%m/%Y", "00/06/2026") == "-");
  CHECK(why("%d/%m/%Y", "30/06/2026") == "-");
  CHECK(why("%d/%m/%Y", "2026-06-31") == "-");
  CHECK(why("%d/%m/%Y|%F", "2026-06-31") == "2026-6/30");
}

TEST_CASE("what does not fit wholly or is no real time is refused") {
  CHECK(convert("%d/%m/%Y", "31/02/2026") == "no");
  CHECK(convert("%d/%m/%Y", "29/02/2024") == "2024-02-29T00:00:00");
  CHECK(convert("%d/%m/%Y", "29/02/2100") == "no");
  CHECK(convert("%d/%m/%Y", "12/15/2025") == "no");
  CHECK(convert("%d/%m/%Y", "1/1/26") == "no");
  CHECK(convert("%d/%m/%Y", "01/01/2026 ") == "no");
  CHECK(convert("%d/%m/%Y", "01/01/20261") == "no");
  CHECK(convert("%F %T", "2026-01-01 24:00:00") == "no");
  CHECK(convert("%F %T", "2026-01-01 10:60:00") == "no");
  CHECK(convert("%F %T", "2026-01-01 10:00:60") == "no");
  CHECK(convert("%F %I:%M %p", "2026-01-01 13:00 PM") == "no");
  CHECK(convert("%F %I:%M %p", "2026-01-01 1:00 XM") == "no");
  CHECK(convert("%F %T %z", "2026-01-01 10:00:00") == "no");
  CHECK(convert("%F %T %z", "2026-01-01 10:00:00 +4") == "no");
  CHECK(convert("%b %d %Y", "Septembre 1 2026") == "no");
  CHECK(convert("%F", "") == "no");
}

TEST_CASE("formats that cannot give a time are mistakes") {
  CHECK(problem("%d/%m/%Y").empty());
  CHECK(problem("%d/%m") == "%Y ?");
  CHECK(problem("%d/%Y") == "%m ?");
  CHECK(problem("%m/%Y") == "%d ?");
  CHECK(problem("%d/%m/%Q") == "%Q");
  CHECK(problem("%d/%m/%Y %") == "%");
  CHECK(problem("%F %I:%M") == "%I, %p ?");
  CHECK(problem("%F %H:%M %p") == "%p, %I ?");
  CHECK(problem("%F %H %I %p") == "%H, %I");
  CHECK(problem("%F[ %T") == "[");
  CHECK(problem("%F %T]") == "]");
  CHECK(problem("") == "%Y ?");
}
