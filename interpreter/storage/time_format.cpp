#include "interpreter/storage/time_format.hpp"

#include <algorithm>
#include <array>

namespace kpi::storage {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"monday", "tuesday",  "wednesday", "thursday",
                                                       "friday", "saturday", "sunday"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads up to `most` digits, at least `least`.
bool digits(std::string_view text, std::size_t& position, std::size_t least, std::size_t most, unsigned& value) {
  std::size_t count = 0;
  unsigned read = 0;
  while (count < most && position + count < text.size() && is_digit(text[position + count])) {
    read = read * 10 + static_cast<unsigned>(text[position + count] - '0');
    ++count;
  }
  if (count < least) return false;
  position += count;
  value = read;
  return true;
}

/// Index of the name that stands at `position`, in full or by its first three letters.
template <std::size_t N>
std::optional<std::size_t> word(const std::array<std::string_view, N>& names, std::string_view text,
                                std::size_t& position) {
  std::size_t length = 0;
  std::array<char, 12> letters{};
  while (position + length < text.size() && length < letters.size()) {
    const char c = lower(text[position + length]);
    if (c < 'a' || c > 'z') break;
    letters[length++] = c;
  }
  const std::string_view found(letters.data(), length);
  for (std::size_t i = 0; i != N; ++i) {
    if (found != names[i] && found != names[i].substr(0, 3)) continue;
    position += length;
    return i;
  }
  return std::nullopt;
}

/// 0 for a month that does not exist.
unsigned days_of_month(unsigned year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return 0;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_real_date(unsigned year, unsigned month, unsigned day) { return day >= 1 && day <= days_of_month(year, month); }

}  // namespace

std::optional<TimeFormat> TimeFormat::compile(std::string_view format, std::string& problem) {
  TimeFormat compiled;
  for (std::size_t start = 0; start <= format.size();) {
    std::size_t end = start;
    while (end < format.size() && format[end] != '|') end += format[end] == '\\' ? 2 : 1;
    end = std::min(end, format.size());
    Alternative& alternative = compiled.alternatives_.emplace_back();
    if (!add(format.substr(start, end - start), alternative.items, problem) || !finish(alternative, problem))
      return std::nullopt;
    start = end + 1;
  }
  return compiled;
}

bool TimeFormat::add(std::string_view format, std::vector<Item>& items, std::string& problem) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    if (c == '\\' && i + 1 < format.size()) {
      items.push_back({'\0', format[++i], 0});
    } else if (c == '[' || c == ']') {
      items.push_back({c, '\0', 0});
    } else if (c == ' ') {
      if (items.empty() || items.back().conversion != ' ') items.push_back({' ', '\0', 0});
    } else if (c != '%') {
      items.push_back({'\0', c, 0});
    } else {
      const char conversion = ++i < format.size() ? format[i] : '\0';
      if (conversion == 'F' || conversion == 'T') {
        add(conversion == 'F' ? "%Y-%m-%d" : "%H:%M:%S", items, problem);
      } else if (conversion == '%') {
        items.push_back({'\0', '%', 0});
      } else if (conversion && std::string_view("YymdbBHIpMSfzaA").find(conversion) != std::string_view::npos) {
        items.push_back({conversion == 'B' ? 'b' : conversion == 'A' ? 'a' : conversion, '\0', 0});
      } else {
        problem = conversion ? std::string("%") + conversion : "%";
        return false;
      }
    }
  }
  return true;
}

/// Pairs the brackets and sees that a date comes out.
bool TimeFormat::finish(Alternative& alternative, std::string& problem) {
  std::vector<Item>& items = alternative.items;
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i != items.size(); ++i) {
    if (items[i].conversion == '[') open.push_back(i);
    if (items[i].conversion != ']') continue;
    if (open.empty()) return problem = "]", false;
    items[open.back()].end = i;
    open.pop_back();
  }
  if (!open.empty()) return problem = "[", false;
  const auto has = [&](std::string_view conversions) {
    return std::any_of(items.begin(), items.end(), [&](const Item& item) {
      return item.conversion != '\0' && conversions.find(item.conversion) != std::string_view::npos;
    });
  };
  if (!has("Yy")) return problem = "%Y ?", false;
  if (!has("mb")) return problem = "%m ?", false;
  if (!has("d")) return problem = "%d ?", false;
  if (has("I") != has("p")) return problem = has("I") ? "%I, %p ?" : "%p, %I ?", false;
  if (has("I") && has("H")) return problem = "%H, %I", false;
  alternative.twelve_hours = has("I");
  return true;
}

bool TimeFormat::match_one(char conversion, std::string_view text, Fields& fields, std::size_t& position) {
  switch (conversion) {
    case 'Y':
      return digits(text, position, 4, 4, fields.year);
    case 'y':
      if (!digits(text, position, 2, 2, fields.year)) return false;
      fields.year += 2000;
      return true;
    case 'm':
      return digits(text, position, 1, 2, fields.month);
    case 'd':
      return digits(text, position, 1, 2, fields.day);
    case 'H':
      return digits(text, position, 1, 2, fields.hour) && fields.hour < 24;
    case 'I':
      return digits(text, position, 1, 2, fields.hour) && fields.hour >= 1 && fields.hour <= 12;
    case 'M':
      return digits(text, position, 1, 2, fields.minute) && fields.minute < 60;
    case 'S':
      return digits(text, position, 1, 2, fields.second) && fields.second < 60;
    case 'f': {
      unsigned ignored = 0;
      const std::size_t start = position;
      if (!digits(text, position, 1, 6, ignored)) return false;
      fields.fraction = text.substr(start, position - start);
      return true;
    }
    case 'p': {
      if (position + 2 > text.size() || lower(text[position + 1]) != 'm') return false;
      const char half = lower(text[position]);
      fields.afternoon = half == 'p';
      position += 2;
      return half == 'a' || half == 'p';
    }
    case 'b': {
      const auto month = word(kMonths, text, position);
      if (month) fields.month = static_cast<unsigned>(*month) + 1;
      return month.has_value();
    }
    case 'a':
      return word(kWeekdays, text, position).has_value();
    default:
      break;  // 'z'
  }
  if (position == text.size()) return false;
  fields.has_offset = true;
  const char sign = text[position++];
  fields.is_utc = sign == 'Z' || sign == 'z';
  if (fields.is_utc) return true;
  fields.negative_offset = sign == '-';
  if (sign != '+' && sign != '-') return false;
  if (!digits(text, position, 2, 2, fields.offset_hour)) return false;
  if (position != text.size() && text[position] == ':') ++position;
  return digits(text, position, 2, 2, fields.offset_minute) && fields.offset_hour < 24 && fields.offset_minute < 60;
}

bool TimeFormat::match(const std::vector<Item>& items, std::string_view text, std::size_t first, std::size_t last,
                       Fields& fields, std::size_t& position) {
  for (std::size_t i = first; i != last; ++i) {
    const Item& item = items[i];
    switch (item.conversion) {
      case '\0':
        if (position == text.size() || lower(text[position]) != lower(item.literal)) return false;
        ++position;
        break;
      case ' ': {
        const std::size_t start = position;
        while (position != text.size() && text[position] == ' ') ++position;
        if (position == start) return false;
        break;
      }
      case '[': {
        // With the optional part if the rest then fits, else without it.
        Fields with = fields;
        std::size_t at = position;
        if (match(items, text, i + 1, item.end, with, at) && match(items, text, item.end + 1, last, with, at) &&
            (last != items.size() || at == text.size())) {
          fields = with;
          position = at;
          return true;
        }
        i = item.end;
        break;
      }
      default:
        if (!match_one(item.conversion, text, fields, position)) return false;
    }
  }
  return true;
}

bool TimeFormat::convert(std::string_view text, bool with_time, std::string& iso) const {
  for (const Alternative& alternative : alternatives_) {
    Fields fields;
    std::size_t position = 0;
    if (!match(alternative.items, text, 0, alternative.items.size(), fields, position) || position != text.size())
      continue;
    if (!is_real_date(fields.year, fields.month, fields.day)) continue;
    if (alternative.twelve_hours) fields.hour = fields.hour % 12 + (fields.afternoon ? 12 : 0);
    write(fields, with_time, iso);
    return true;
  }
  return false;
}

std::optional<TimeFormat::Impossible> TimeFormat::impossible(std::string_view text) const {
  std::optional<Impossible> found;
  for (const Alternative& alternative : alternatives_) {
    Fields fields;
    std::size_t position = 0;
    if (!match(alternative.items, text, 0, alternative.items.size(), fields, position) || position != text.size())
      continue;
    if (fields.day < 1 || is_real_date(fields.year, fields.month, fields.day)) return std::nullopt;
    if (!found) found = Impossible{fields.year, fields.month, days_of_month(fields.year, fields.month)};
  }
  return found;
}

void TimeFormat::write(const Fields& fields, bool with_time, std::string& iso) {
  const auto put = [&](unsigned value, int width) {
    char buffer[4];
    for (int i = width; i-- != 0; value /= 10) buffer[i] = static_cast<char>('0' + value % 10);
    iso.append(buffer, static_cast<std::size_t>(width));
  };
  put(fields.year, 4);
  iso += '-';
  put(fields.month, 2);
  iso += '-';
  put(fields.day, 2);
  if (!with_time) return;
  iso += 'T';
  put(fields.hour, 2);
  iso += ':';
  put(fields.minute, 2);
  iso += ':';
  put(fields.second, 2);
  if (fields.fraction.find_first_not_of('0') != std::string_view::npos) iso.append(1, '.').append(fields.fraction);
  if (!fields.has_offset) return;
  if (fields.is_utc) {
    iso += 'Z';
    return;
  }
  iso += fields.negative_offset ? '-' : '+';
  put(fields.offset_hour, 2);
  iso += ':';
  put(fields.offset_minute, 2);
}

}  // namespace kpi::storage
