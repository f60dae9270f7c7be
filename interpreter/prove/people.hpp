// Who in stored data stands within one order of a threshold, and who could profit from extra orders today: found by
// running the policy over the data as it is, and once more with rows added for everyone.
#pragma once

#include <string>
#include <vector>

#include "interpreter/eval/outcome.hpp"
#include "interpreter/prove/analysis.hpp"

namespace kpi::prove {

struct Person {
  PayoutId payout;
  std::string entity, key, label;
  std::string events;  // what was added
  std::int64_t rows = 1;
  Number amount;  // of each
  Number paid_before, paid_after;
  Number cost, net;     // of extra orders: net = gain - cost
  bool profit = false;  // net > 0 at the declared cost
};

struct People {
  value::Period period;
  std::vector<Person>
      near;  // one more order moves pay by more than the order itself, or over a threshold where it jumps
  std::vector<Person> profit;        // extra orders are worth their cost; the best number for each
  std::vector<std::string> skipped;  // payouts whose orders cannot be added to the data, by name
};

/// Runs over the data: once as it is, and once for each number of added rows. Findings about the data go to
/// `diagnostics`; with errors the result must not be shown.
People people(const model::Policy& policy, eval::DataSource& data, value::Period period,
              source::Diagnostics& diagnostics);

}  // namespace kpi::prove
