#include "interpreter/report/data_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {
namespace {

using Source = DataReport::Source;

constexpr std::size_t kListedGaps = 3;

std::string grouped(std::uint64_t count) {
  return value::Number::from_int128(static_cast<value::Int128>(count)).to_fixed(0, true);
}

std::string days(value::Date from, value::Date last) {
  return from == last ? from.to_string() : from.to_string() + ".." + last.to_string();
}

class Writer {
 public:
  Writer(const DataReport& data, const value::TimeZone& zone, const Look& look)
      : report_(data), zone_(zone), look_(look) {}

  std::string write() const { return tables() + missing_columns() + events() + rates() + metrics(); }

 private:
  std::string w(Word which) const { return std::string(word(which, look_.language)); }
  std::string heading(Word which) const { return paint(w(which), Ink::bold, look_) + "\n"; }
  std::string instant(value::Instant time) const {
    std::string text = value::Instant{zone_.to_local_micros(time)}.to_string();
    text.resize(std::min<std::size_t>(text.size(), 16));  // to the minute
    if (text.size() > 10) text[10] = ' ';
    return text;
  }

  std::string tables() const {
    Table table(
        {{w(words::source)}, {w(words::table)}, {w(words::found)}, right(w(words::columns)), right(w(words::rows))});
    for (const Source& source : report_.sources) {
      std::size_t present = 0;
      for (const auto& column : source.columns) present += column.found.empty() ? 0 : 1;
      std::string rows;
      if (source.rows) rows = grouped(*source.rows);
      if (source.events) rows = grouped(source.events->rows);
      table.add({{source.name},
                 {visible(source.table)},
                 source.table_found ? Cell{w(words::yes), false, Ink::green} : Cell{w(words::missing), false, Ink::red},
                 right(source.table_found ? std::to_string(present) + "/" + std::to_string(source.columns.size()) : ""),
                 right(rows)});
    }
    if (report_.has_exchange) {
      table.add(
          {{"exchange"},
           {visible(report_.exchange_table)},
           report_.exchange_found ? Cell{w(words::yes), false, Ink::green} : Cell{w(words::missing), false, Ink::red},
           {},
           {}});
    }
    return heading(words::tables_and_columns) + fitted(table, look_, 2);
  }

  std::string missing_columns() const {
    Table table({{w(words::source)}, {w(words::field)}, {w(words::column)}, {w(words::status)}});
    for (const Source& source : report_.sources) {
      if (!source.table_found) continue;
      for (const auto& column : source.columns) {
        if (!column.found.empty()) continue;
        table.add({{source.name},
                   {column.field},
                   {visible(column.wanted)},
                   {w(column.optional ? words::missing_optional : words::missing), false,
                    column.optional ? Ink::yellow : Ink::red}});
      }
    }
    return table.empty() ? "" : "\n" + heading(words::missing_columns) + fitted(table, look_, 2);
  }

  std::string events() const {
    const auto any = [&](auto member) {
      return std::any_of(report_.sources.begin(), report_.sources.end(),
                         [&](const Source& source) { return source.events && (*source.events).*member > 0; });
    };
    const bool set_aside = any(&eval::EventsInfo::quarantined), duplicates = any(&eval::EventsInfo::duplicates);
    std::vector<Cell> header{{w(words::events)}, right(w(words::rows))};
    if (set_aside) header.push_back(right(w(words::set_aside)));
    if (duplicates) header.push_back(right(w(words::duplicates)));
    for (const Word column : {words::first_event, words::last_event, words::covered}) header.push_back({w(column)});
    header.push_back(right(w(words::behind)));
    Table table(std::move(header));
    std::string notes;
    for (const Source& source : report_.sources) {
      if (source.set_aside > 0) {
        const Word& text = source.set_aside == 1 ? words::entity_row_set_aside : words::entity_rows_set_aside;
        notes += "  " + say(text, look_.language, source.name, grouped(source.set_aside)) + "\n";
      }
      if (!source.events) continue;
      const eval::EventsInfo& info = *source.events;
      const bool covered = info.covered_from && info.covered_to && *info.covered_from < *info.covered_to;
      std::vector<Cell> cells{{source.name}, right(grouped(info.rows))};
      if (set_aside) cells.push_back(right(grouped(info.quarantined)));
      if (duplicates) cells.push_back(right(grouped(info.duplicates)));
      cells.push_back({info.first ? instant(*info.first) : ""});
      cells.push_back({info.last ? instant(*info.last) : ""});
      cells.push_back({covered ? days(*info.covered_from, {info.covered_to->days - 1}) : w(words::nothing)});
      cells.push_back(right(behind(info)));
      table.add(std::move(cells));
      for (const auto& [from, to] : info.silent) {
        notes += "  " +
                 paint(say(words::silent_from_to, look_.language, source.name, days(from, {to.days - 1})), Ink::yellow,
                       look_) +
                 "\n";
      }
    }
    if (table.empty()) return "";
    return "\n" + heading(words::coverage_and_freshness) + fitted(table, look_, 2) + notes;
  }

  /// How long before the data's as-of time the source's last event lies.
  std::string behind(const eval::EventsInfo& info) const {
    if (!info.last || !report_.as_of || *info.last >= *report_.as_of) return "";
    const std::int64_t minutes = (report_.as_of->micros - info.last->micros) / value::kMicrosPerSecond / 60;
    if (minutes >= 24 * 60) return std::to_string(minutes / (24 * 60)) + w(words::day_unit);
    return minutes >= 60 ? std::to_string(minutes / 60) + w(words::hour_unit)
                         : std::to_string(minutes) + w(words::minute_unit);
  }

  std::string rates() const {
    if (report_.rates.empty()) return "";
    Table table({{w(words::currency)},
                 right(w(words::days_with_rate)),
                 {w(words::first_event)},
                 {w(words::last_event)},
                 right(w(words::days_missing)),
                 {w(words::which)}});
    for (const DataReport::Rates& rates : report_.rates) {
      std::int64_t count = 0;
      std::string listed;
      for (std::size_t i = 0; i < rates.missing.size(); ++i) {
        count += rates.missing[i].second.days - rates.missing[i].first.days + 1;
        if (i < kListedGaps) listed += (i ? w(words::list_comma) : "") + days(rates.missing[i].first, rates.missing[i].second);
      }
      if (rates.missing.size() > kListedGaps) listed += ", ...";
      table.add({{visible(rates.currency)},
                 right(grouped(rates.days)),
                 {rates.first ? rates.first->to_string() : ""},
                 {rates.last ? rates.last->to_string() : ""},
                 right(std::to_string(count), count ? Ink::yellow : Ink::plain),
                 {listed}});
    }
    return "\n" + heading(words::exchange_rates) + fitted(table, look_, 2);
  }

  std::string metrics() const {
    Table table({{w(words::metric)}, {w(words::computable)}, {w(words::missing_what)}});
    for (const DataReport::Metric& metric : report_.metrics) {
      std::string missing;
      for (const std::string& item : metric.missing) missing += (missing.empty() ? std::string() : w(words::list_comma)) + item;
      table.add({{metric.label == metric.name ? metric.name : metric.label + " (" + metric.name + ")"},
                 metric.missing.empty() ? Cell{w(words::yes), false, Ink::green} : Cell{w(words::no), false, Ink::red},
                 {visible(missing)}});
    }
    return table.empty() ? "" : "\n" + heading(words::metrics) + fitted(table, look_, 2);
  }

  const DataReport& report_;
  const value::TimeZone& zone_;
  const Look& look_;
};

using Json = nlohmann::ordered_json;

Json date_or_null(const std::optional<value::Date>& date) { return date ? Json(date->to_string()) : Json(nullptr); }
Json instant_or_null(const std::optional<value::Instant>& time) {
  return time ? Json(time->to_string()) : Json(nullptr);
}

Json source_json(const Source& source) {
  Json columns = Json::array();
  for (const auto& column : source.columns) {
    columns.push_back({{"field", column.field},
                       {"column", column.wanted},
                       {"found", column.found.empty() ? Json(nullptr) : Json(column.found)},
                       {"optional", column.optional}});
  }
  Json json = {{"name", source.name},
               {"kind", source.is_events ? "events" : "entity"},
               {"table", source.table},
               {"found", source.table_found},
               {"columns", std::move(columns)}};
  if (source.rows) json["rows"] = *source.rows;
  if (source.set_aside > 0) json["quarantined"] = source.set_aside;
  if (!source.events) return json;
  const eval::EventsInfo& info = *source.events;
  json["rows"] = info.rows;
  json["quarantined"] = info.quarantined;
  json["duplicates"] = info.duplicates;
  json["first"] = instant_or_null(info.first);
  json["last"] = instant_or_null(info.last);
  json["covered_from"] = date_or_null(info.covered_from);
  json["covered_to"] = date_or_null(info.covered_to);
  json["silent"] = Json::array();
  for (const auto& [from, to] : info.silent)
    json["silent"].push_back({{"from", from.to_string()}, {"to", to.to_string()}});
  return json;
}

}  // namespace

std::string data_text(const DataReport& report, const value::TimeZone& zone, const Look& look) {
  return Writer(report, zone, look).write();
}

std::string data_json(const DataReport& report, const source::Diagnostics& diagnostics,
                      const source::SourceMap& sources, Language language) {
  Json json = {{"policy", report.policy}, {"database", report.database}, {"as_of", instant_or_null(report.as_of)}};
  json["sources"] = Json::array();
  for (const Source& source : report.sources) json["sources"].push_back(source_json(source));
  json["rates"] = Json::array();
  for (const DataReport::Rates& rates : report.rates) {
    Json missing = Json::array();
    for (const auto& [from, to] : rates.missing)
      missing.push_back({{"from", from.to_string()}, {"to", to.to_string()}});
    json["rates"].push_back({{"currency", rates.currency},
                             {"days", rates.days},
                             {"first", date_or_null(rates.first)},
                             {"last", date_or_null(rates.last)},
                             {"missing", std::move(missing)}});
  }
  json["metrics"] = Json::array();
  for (const DataReport::Metric& metric : report.metrics) {
    json["metrics"].push_back(
        {{"name", metric.name}, {"computable", metric.missing.empty()}, {"missing", metric.missing}});
  }
  json["diagnostics"] = diagnostics_array(diagnostics, sources, language);
  return json_text(json);
}

}  // namespace kpi::report
