// Strict parsing of dates and times by a format such as "%d/%m/%Y %H:%M:%S".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::storage {

/// A compiled format. Conversions, where digits are 1 up to the given number:
///   %Y year (4, exactly)   %y year in the century 2000 (2, exactly)   %m month (2)   %d day (2)   %b %B month in
///   English %H hour (2)   %I hour 1 to 12 (2) with %p AM or PM   %M minute (2)   %S second (2)   %f fraction of a
///   second (1 to 6) %z offset (`Z`, `+HHMM`, `+HH:MM`)   %a %A weekday in English, not checked   %F = %Y-%m-%d   %T =
///   %H:%M:%S   %% `%`
/// A space matches any number of spaces but at least one; `[…]` encloses what may be missing; `|` separates whole
/// formats that are tried in order; a backslash takes the meaning from the next character; everything else stands for
/// itself. Letters match in both cases.
class TimeFormat {
 public:
  /// None when the format cannot be used; `problem` then says why.
  static std::optional<TimeFormat> compile(std::string_view format, std::string& problem);

  /// Appends `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS[.f…][offset]`, or returns false when the text does not fit wholly or
  /// is no real date.
  bool convert(std::string_view text, bool with_time, std::string& iso) const;

  /// Why a text that has the form is no date: a month that no year has, or a day that the month does not have.
  struct Impossible {
    unsigned year = 0, month = 0;
    unsigned days = 0;  // of the month; 0: there is no such month
  };
  /// None when the text does not have the form, or is a date.
  std::optional<Impossible> impossible(std::string_view text) const;

 private:
  struct Item {
    char conversion = '\0';  // '\0': the literal; '[' and ']': an optional part; ' ': spaces
    char literal = '\0';
    std::uint32_t end = 0;  // of '[': index of its ']'
  };
  struct Fields {
    unsigned year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
    std::string_view fraction;
    bool afternoon = false;
    bool has_offset = false, is_utc = false;
    bool negative_offset = false;
    unsigned offset_hour = 0, offset_minute = 0;
  };
  struct Alternative {
    std::vector<Item> items;
    bool twelve_hours = false;
  };
  static bool add(std::string_view format, std::vector<Item>& items, std::string& problem);
  static bool finish(Alternative& alternative, std::string& problem);
  static bool match(const std::vector<Item>& items, std::string_view text, std::size_t first, std::size_t last,
                    Fields& fields, std::size_t& position);
  static bool match_one(char conversion, std::string_view text, Fields& fields, std::size_t& position);
  static void write(const Fields& fields, bool with_time, std::string& iso);

  std::vector<Alternative> alternatives_;
};

}  // namespace kpi::storage
