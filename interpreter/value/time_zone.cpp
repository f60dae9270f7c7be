// Time zones from the system's compiled database (TZif, RFC 8536).
//
// Read here rather than with a library for two reasons: only the one file needed is opened (listing the whole database
// costs tens of milliseconds when it is not in the cache), and the rule in the file's footer is used, without which
// summer time ends in 2037, or much earlier where the database was built in its slim form.
#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>

#include "interpreter/value/time.hpp"

namespace kpi::value {

namespace {

constexpr std::int64_t kFirstInstant = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLastInstant = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr int kCycleYears = 400;  // the Gregorian calendar, weekdays included, repeats
constexpr std::int64_t kCycleMicros = 146'097 * kMicrosPerDay;
constexpr std::uintmax_t kMaxFileSize = 1 << 20;  // the largest zone has about 4 kB

/// From `at` (seconds since 1970, UTC) on, local time is UTC + `offset` seconds.
struct Transition {
  std::int64_t at;
  std::int32_t offset;
};

struct ZoneData {
  std::int32_t first_offset = 0;  // before the first transition
  std::vector<Transition> transitions;
  std::string rule;  // POSIX TZ text for the time after the last transition; may be empty
};

// ---- TZif -----------------------------------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  std::string_view rest() const { return bytes_; }

  std::string_view take(std::size_t length) {
    if (length > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return taken;
  }
  /// A signed big-endian number of 4 or 8 bytes.
  std::int64_t take_number(std::size_t length) {
    std::uint64_t value = 0;
    for (const char c : take(length)) value = value << 8 | static_cast<unsigned char>(c);
    return length == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

struct Header {
  char version = 0;
  std::size_t ut_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;
};

std::optional<Header> read_header(Reader& reader) {
  if (reader.take(4) != "TZif") return std::nullopt;
  Header header;
  const std::string_view version = reader.take(1);
  if (version.empty()) return std::nullopt;
  header.version = version.front();
  reader.take(15);
  for (std::size_t* count :
       {&header.ut_flags, &header.standard_flags, &header.leaps, &header.times, &header.types, &header.letters}) {
    const std::int64_t value = reader.take_number(4);
    if (value < 0 || static_cast<std::uintmax_t>(value) > kMaxFileSize) return std::nullopt;
    *count = static_cast<std::size_t>(value);
  }
  return reader.failed() ? std::nullopt : std::optional(header);
}

void skip_tail(Reader& reader, const Header& header, std::size_t time_size) {
  reader.take(header.letters + header.leaps * (time_size + 4) + header.standard_flags + header.ut_flags);
}

std::optional<ZoneData> read_block(Reader& reader, const Header& header, std::size_t time_size) {
  std::vector<std::int64_t> times(header.times);
  for (std::int64_t& time : times) time = reader.take_number(time_size);
  const std::string_view types = reader.take(header.times);
  std::vector<std::int32_t> offsets(header.types);
  for (std::int32_t& offset : offsets) {
    offset = static_cast<std::int32_t>(reader.take_number(4));
    reader.take(2);  // the summer time flag and the abbreviation do not matter here
  }
  skip_tail(reader, header, time_size);
  if (reader.failed() || offsets.empty()) return std::nullopt;
  ZoneData data;
  data.first_offset = offsets.front();
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto type = static_cast<unsigned char>(types[i]);
    if (type >= offsets.size() || (i > 0 && times[i] <= times[i - 1])) return std::nullopt;
    if (times[i] > kMaxDays * kSecondsPerDay) break;
    // Some files start with a transition at the Big Bang; what lies outside our dates only sets the first offset.
    if (times[i] < -kMaxDays * kSecondsPerDay) {
      data.first_offset = offsets[type];
    } else {
      data.transitions.push_back({times[i], offsets[type]});
    }
  }
  return data;
}

std::optional<ZoneData> read_zone(std::string_view bytes) {
  Reader reader(bytes);
  auto header = read_header(reader);
  if (!header) return std::nullopt;
  if (header->version == 0) return read_block(reader, *header, 4);
  reader.take(header->times * 5 + header->types * 6);
  skip_tail(reader, *header, 4);
  header = read_header(reader);
  if (!header) return std::nullopt;
  auto data = read_block(reader, *header, 8);
  if (!data) return std::nullopt;
  const std::string_view footer = reader.rest();
  if (footer.size() >= 2 && footer.front() == '\n' && footer.back() == '\n') {
    data->rule = footer.substr(1, footer.size() - 2);
  }
  return data;
}

// ---- The rule after the last transition: a POSIX TZ text such as `GMT0BST,M3.5.0/1,M10.5.0`
// --------------------------

struct RuleDate {
  enum class Kind { month_week_day, julian, day_of_year } kind = Kind::month_week_day;
  unsigned month = 0, week = 0, weekday = 0;  // week 5 is the last one; weekday 0 is Sunday
  int day = 0;                                // julian 1..365 without 29 February; day_of_year 0..365
  std::int32_t time = 7'200;                  // seconds after local midnight, may be negative or beyond the day
};

struct Rule {
  std::int32_t standard_offset = 0;
  struct Summer {
    std::int32_t offset = 0;
    RuleDate start, end;
  };
  std::optional<Summer> summer;
};

class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}

  std::optional<Rule> parse() {
    Rule rule;
    if (!skip_name() || !read_time(rule.standard_offset)) return std::nullopt;
    rule.standard_offset = -rule.standard_offset;  // POSIX counts westwards
    if (text_.empty()) return rule;
    Rule::Summer summer;
    if (!skip_name()) return std::nullopt;
    summer.offset = rule.standard_offset + 3'600;
    if (!text_.empty() && text_.front() != ',') {
      if (!read_time(summer.offset)) return std::nullopt;
      summer.offset = -summer.offset;
    }
    if (!accept(',') || !read_date(summer.start) || !accept(',') || !read_date(summer.end)) return std::nullopt;
    rule.summer = summer;
    return text_.empty() ? std::optional(rule) : std::nullopt;
  }

 private:
  bool accept(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool skip_name() {
    if (accept('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto end = std::find_if_not(text_.begin(), text_.end(), is_letter);
    if (end == text_.begin()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.begin()));
    return true;
  }
  bool read_number(int& value, int limit) {
    std::size_t length = 0;
    value = 0;
    for (; length < text_.size() && text_[length] >= '0' && text_[length] <= '9'; ++length) {
      value = value * 10 + (text_[length] - '0');
      if (value > limit) return false;
    }
    text_.remove_prefix(length);
    return length > 0;
  }
  /// `[+-]hh[:mm[:ss]]` in seconds; RFC 8536 allows up to 167 hours.
  bool read_time(std::int32_t& seconds) {
    const bool negative = accept('-');
    if (!negative) accept('+');
    int hours = 0, minutes = 0, rest = 0;
    if (!read_number(hours, 167)) return false;
    if (accept(':') && !read_number(minutes, 59)) return false;
    if (accept(':') && !read_number(rest, 59)) return false;
    seconds = hours * 3'600 + minutes * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }
  bool read_date(RuleDate& date) {
    if (accept('M')) {
      int month = 0, week = 0, weekday = 0;
      if (!read_number(month, 12) || !accept('.') || !read_number(week, 5) || !accept('.') ||
          !read_number(weekday, 6)) {
        return false;
      }
      if (month < 1 || week < 1) return false;
      date.month = static_cast<unsigned>(month);
      date.week = static_cast<unsigned>(week);
      date.weekday = static_cast<unsigned>(weekday);
    } else {
      date.kind = accept('J') ? RuleDate::Kind::julian : RuleDate::Kind::day_of_year;
      if (!read_number(date.day, 365)) return false;
      if (date.kind == RuleDate::Kind::julian && date.day < 1) return false;
    }
    return !accept('/') || read_time(date.time);
  }

  std::string_view text_;
};

Date date_in_year(const RuleDate& rule, int year) {
  const Date new_year = *Date::from_civil(year, 1, 1);
  switch (rule.kind) {
    case RuleDate::Kind::day_of_year:
      return {new_year.days + rule.day};
    case RuleDate::Kind::julian: {
      const bool after_leap_day = rule.day >= 60 && Date::from_civil(year, 2, 29).has_value();
      return {new_year.days + rule.day - (after_leap_day ? 0 : 1)};
    }
    case RuleDate::Kind::month_week_day:
      break;
  }
  const Date first = *Date::from_civil(year, rule.month, 1);
  const Date last = {add_months(first, 1).days - 1};
  const unsigned monday_based = (rule.weekday + 6) % 7;
  const auto ahead = static_cast<std::int32_t>((monday_based + 7 - first.weekday()) % 7);
  const Date day = {first.days + ahead + 7 * static_cast<std::int32_t>(rule.week - 1)};
  return day > last ? Date{day.days - 7} : day;
}

/// Both changes of a year, in the order in which they happen.
std::array<Transition, 2> changes_in_year(const Rule& rule, int year) {
  const auto at = [&](const RuleDate& date, std::int32_t offset_before) {
    return date_in_year(date, year).days * kSecondsPerDay + date.time - offset_before;
  };
  std::array<Transition, 2> changes = {
      Transition{at(rule.summer->start, rule.standard_offset), rule.summer->offset},
      Transition{at(rule.summer->end, rule.summer->offset), rule.standard_offset},
  };
  if (changes[1].at < changes[0].at) std::swap(changes[0], changes[1]);
  return changes;
}

}  // namespace

// ---- Conversions ----------------------------------------------------------------------------------------------------

/// Local time is a sequence of segments with a fixed offset each. Segment i covers the instants from starts[i] up to
/// starts[i + 1]; its local times end before local_ends[i]. All in microseconds.
struct TimeZone::Impl {
  std::string name;
  std::vector<std::int64_t> starts = {kFirstInstant};
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> local_ends;
  std::int64_t horizon = kLastInstant;  // from here on the segments repeat every 400 years
  // Where the last conversion looked. Only a hint, so relaxed order is enough when threads share the zone.
  mutable std::atomic<std::size_t> last_segment = 0;

  Impl(std::string zone_name, const ZoneData& data);
  std::size_t segment_of_instant(std::int64_t micros) const;
  std::size_t segment_of_local(std::int64_t micros) const;
  std::int64_t cycles_to_skip(std::int64_t micros) const {
    return micros < horizon ? 0 : ((micros - horizon) / kCycleMicros + 1) * kCycleMicros;
  }

 private:
  void append(Transition change);
  void append_rule(const Rule& rule);
};

void TimeZone::Impl::append(Transition change) {
  const std::int64_t offset = change.offset * kMicrosPerSecond;
  const std::int64_t at = change.at * kMicrosPerSecond;
  if (at <= starts.back()) {
    // Summer time all year round is written as two changes at the same instant; the later one counts.
    if (at == starts.back()) offsets.back() = offset;
    return;
  }
  if (offset == offsets.back()) return;
  starts.push_back(at);
  offsets.push_back(offset);
}

void TimeZone::Impl::append_rule(const Rule& rule) {
  if (!rule.summer) return;  // the offset of the last transition stays
  const std::int64_t last = std::max<std::int64_t>(starts.back(), 0);
  const int first_year = Date{static_cast<std::int32_t>(last / kMicrosPerDay)}.year();
  // One year more than the cycle on either side, so that neither the last change read from the file nor the difference
  // between local time and UTC disturbs the repetition.
  const int horizon_year = first_year + kCycleYears + 2;
  for (int year = first_year; year <= horizon_year; ++year) {
    for (const Transition& change : changes_in_year(rule, year)) {
      if (change.at * kMicrosPerSecond > last) append(change);
    }
  }
  horizon = Date::from_civil(horizon_year, 1, 1)->days * kMicrosPerDay;
}

TimeZone::Impl::Impl(std::string zone_name, const ZoneData& data)
    : name(std::move(zone_name)), offsets{data.first_offset * kMicrosPerSecond} {
  for (const Transition& change : data.transitions) append(change);
  if (const auto rule = RuleParser(data.rule).parse()) append_rule(*rule);
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) local_ends.push_back(starts[i + 1] + offsets[i]);
  local_ends.push_back(kLastInstant);
  starts.push_back(kLastInstant);
}

std::size_t TimeZone::Impl::segment_of_instant(std::int64_t micros) const {
  const std::size_t hint = last_segment.load(std::memory_order_relaxed);
  if (starts[hint] <= micros && micros < starts[hint + 1]) return hint;
  const auto next = std::upper_bound(starts.begin(), starts.end() - 1, micros);
  const auto segment = static_cast<std::size_t>(next - starts.begin()) - 1;
  last_segment.store(segment, std::memory_order_relaxed);
  return segment;
}

/// The first segment whose local times end after `micros`; in a gap, the segment that the clocks jump into.
std::size_t TimeZone::Impl::segment_of_local(std::int64_t micros) const {
  const std::size_t hint = last_segment.load(std::memory_order_relaxed);
  if (micros < local_ends[hint] && (hint == 0 || micros >= local_ends[hint - 1])) return hint;
  const auto found = std::upper_bound(local_ends.begin(), local_ends.end() - 1, micros);
  const auto segment = static_cast<std::size_t>(found - local_ends.begin());
  last_segment.store(segment, std::memory_order_relaxed);
  return segment;
}

TimeZone::TimeZone(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TimeZone::~TimeZone() = default;

const std::string& TimeZone::name() const { return impl_->name; }

std::optional<Instant> TimeZone::to_instant(std::int64_t local_micros) const {
  const std::int64_t skipped = impl_->cycles_to_skip(local_micros);
  const std::int64_t local = local_micros - skipped;
  const std::size_t segment = impl_->segment_of_local(local);
  const std::int64_t instant = local - impl_->offsets[segment];
  if (segment > 0 && instant < impl_->starts[segment]) return std::nullopt;
  return Instant{instant + skipped};
}

Instant TimeZone::to_instant_or_jump(std::int64_t local_micros) const {
  const std::int64_t skipped = impl_->cycles_to_skip(local_micros);
  const std::int64_t local = local_micros - skipped;
  const std::size_t segment = impl_->segment_of_local(local);
  return {std::max(local - impl_->offsets[segment], impl_->starts[segment]) + skipped};
}

std::optional<Instant> TimeZone::to_instant(const WrittenTime& time) const {
  if (!time.has_offset) return to_instant(time.local_micros);
  return Instant{time.local_micros - time.offset_seconds * kMicrosPerSecond};
}

std::int64_t TimeZone::to_local_micros(Instant instant) const {
  const std::int64_t micros = instant.micros - impl_->cycles_to_skip(instant.micros);
  return instant.micros + impl_->offsets[impl_->segment_of_instant(micros)];
}

Date TimeZone::local_date(Instant instant) const {
  const std::int64_t local = to_local_micros(instant);
  return {static_cast<std::int32_t>((local >= 0 ? local : local - kMicrosPerDay + 1) / kMicrosPerDay)};
}

Instant TimeZone::start_of_day(Date day) const { return to_instant_or_jump(day.days * kMicrosPerDay); }

// ---- The database ---------------------------------------------------------------------------------------------------

namespace {

std::filesystem::path database_folder() {
  if (const char* folder = std::getenv("TZDIR"); folder && *folder) return folder;
  return "/usr/share/zoneinfo";
}

/// Names that may be looked up: no way out of the folder, and none of the files there that are not zones of their own.
bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  };
  if (name.empty() || name.front() == '/' || name.back() == '/' || !std::all_of(name.begin(), name.end(), allowed)) {
    return false;
  }
  return !name.starts_with("posix/") && !name.starts_with("right/") && name != "localtime" && name != "posixrules" &&
         name != "Factory";
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kMaxFileSize) {
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone kUtc(std::make_unique<Impl>("UTC", ZoneData{}));
  return kUtc;
}

const TimeZone* TimeZone::find(std::string_view name) {
  if (name == "UTC") return &utc();
  if (!is_zone_name(name)) return nullptr;
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second.get();
  const auto bytes = read_file(database_folder() / name);
  const auto data = bytes ? read_zone(*bytes) : std::nullopt;
  if (!data) return nullptr;
  std::unique_ptr<const TimeZone> zone(new TimeZone(std::make_unique<Impl>(std::string(name), *data)));
  return known.emplace(std::string(name), std::move(zone)).first->second.get();
}

std::vector<std::string> TimeZone::names() {
  std::vector<std::string> names = {"UTC"};
  const std::filesystem::path folder = database_folder();
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator i(folder, error), end; i != end && !error; i.increment(error)) {
    const std::string name = i->path().lexically_relative(folder).generic_string();
    if (!is_zone_name(name) || name == "UTC" || !i->is_regular_file(error)) continue;
    char magic[4] = {};
    std::ifstream(i->path(), std::ios::binary).read(magic, sizeof magic);
    if (std::string_view(magic, sizeof magic) == "TZif") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kpi::value
