#include "interpreter/lint/lint.hpp"
#include "interpreter/model/dump.hpp"

namespace kpi::lint {
namespace {

/// A line of model::dump begins a declaration when it is not indented.
bool decides_nothing(std::string_view line) {
  return line.starts_with("alert ") || line.starts_with("tests ") || line.starts_with("param ");
}

/// Labels stand in quotes behind the name; only in the line that begins a declaration.
std::string without_label(std::string_view line) {
  const std::size_t begin = line.find(" \"");
  const std::size_t end = begin == std::string_view::npos ? begin : line.find('"', begin + 2);
  if (end == std::string_view::npos || line.starts_with(" ")) return std::string(line);
  return std::string(line.substr(0, begin)) + std::string(line.substr(end + 1));
}

std::string number(std::int64_t value) { return std::to_string(value) + " "; }

}  // namespace

std::string pay_text(const model::Policy& policy) {
  std::string out;
  const std::string all = model::dump(policy);
  bool skipped = false;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    const std::string_view line = std::string_view(all).substr(at, end - at);
    if (!line.starts_with("  ")) skipped = decides_nothing(line);
    if (!skipped) out += without_label(line) + "\n";
    at = end + 1;
  }
  // What the dump leaves out.
  if (policy.exchange) out += "rates " + number(static_cast<int>(policy.exchange->rule));
  for (const auto& events : policy.events) {
    out += "events " + number(static_cast<int>(events.duplicates)) +
           (events.covers_from ? events.covers_from->to_string() : "-") + " ";
    for (const auto field : events.key) out += number(field.index);
    for (const auto field : events.credit) out += number(field.index);
    if (events.zone) out += events.zone->name();
    for (const auto& field : events.fields) out += field.duration_unit.to_string() + (field.type.optional ? "? " : " ");
    out += "\n";
  }
  for (const auto& calendar : policy.calendars) {
    out += "calendar " + calendar.named.name + " ";
    for (const auto& shift : calendar.shifts)
      out += number(shift.first_day) + number(shift.last_day) + number(shift.from_minute) + number(shift.to_minute);
    if (calendar.holidays) out += number(calendar.holidays->index) + number(calendar.holidays_field.index);
    out += "\n";
  }
  for (const auto& card : policy.scorecards) {
    out += "population " + number(static_cast<int>(card.population));
    for (const auto& row : card.rows) out += row.cap.to_string() + " ";
    out += "\n";
  }
  const auto text_of = [](const std::optional<model::Delay>& delay) {
    return delay ? delay->seconds.to_string() + "s" + std::to_string(delay->months) + "m" : std::string("-");
  };
  out += "trial " + text_of(policy.header.trial) + "\n";
  return out;
}

}  // namespace kpi::lint
