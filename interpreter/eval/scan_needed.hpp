// Rows of some days, found through an index on their time.
#pragma once

#include <memory>

#include "interpreter/eval/scan_pass.hpp"

namespace kpi::eval::scanning {

/// Parts of a table that hold all its rows of the days [start, end), and those among which the first and the last time
/// of all rows are looked for.
struct NeededParts {
  std::unique_ptr<PartedTable> rows;
  std::int32_t first_before = 0,
               last_from = 0;  // UTC days: a first time earlier than this, a last one not before it is sure

  bool holds_ends(const EventsInfo& found) const;
};

/// None where the table has to be read as a whole; why is noted in the data source.
std::optional<NeededParts> needed_parts(const World& world, EventsId events, const EventsPass& pass, Window days);

}  // namespace kpi::eval::scanning
