// What `kpi data` found: which tables and columns are there, what they hold, and which metrics can be computed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/scan.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

struct DataReport {
  struct Column {
    std::string field, wanted;  // the field's name; the column it asks for
    std::string found;          // as stored; empty: missing or ambiguous
    std::string declared_type;  // of the stored column
    bool optional = false;
  };
  struct Source {
    std::string name, label, table;  // as declared
    bool is_events = false;
    bool table_found = false;
    std::vector<Column> columns;
    std::optional<std::uint64_t> rows;       // entities; none when not read
    std::uint64_t set_aside = 0;             // entities: bad rows, which a run refuses without --quarantine
    std::optional<eval::EventsInfo> events;  // none when not read
  };
  struct Rates {  // of one currency
    std::string currency;
    std::uint64_t days = 0;
    std::optional<value::Date> first, last;
    std::vector<std::pair<value::Date, value::Date>> missing;  // whole days [first, last] without a rate
  };
  struct Metric {
    std::string name, label;
    std::vector<std::string> missing;  // `orders.amount`, `orders`; empty: it can be computed
  };
  std::string policy, database;
  std::optional<value::Instant> as_of;
  std::vector<Source> sources;
  bool has_exchange = false, exchange_found = false;
  std::string exchange_table;
  std::vector<Rates> rates;
  std::vector<Metric> metrics;
};

std::string data_text(const DataReport& report, const value::TimeZone& zone, const Look& look);
std::string data_json(const DataReport& report, const source::Diagnostics& diagnostics,
                      const source::SourceMap& sources, Language language);

}  // namespace kpi::report
