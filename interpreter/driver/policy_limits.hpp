// What a policy says about where it applies, and which exceptions it makes, against the rules there are: a misspelt
// market, platform or rule would otherwise switch rules off without a word.
#pragma once

#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/lint/lint.hpp"

namespace kpi::driver {

/// Warns of markets that are no country, of platforms that look like one with rules of its own (in the policy and in
/// the limits of the file's rules), and of exceptions to rules that the program does not have. `more` are the names of
/// the rules that the caller knows besides; with `all`, there are no others, and an exception to any other name is a
/// mistake.
void check_limits(const Compiled& compiled, const std::vector<std::string>& more, bool all,
                  source::Diagnostics& diagnostics);

/// What `kpi lint` remarks before its findings: the warnings of check_limits, where the rules are those of the packs,
/// the policy and the program. Gives the names in exceptions that none of these rules has.
std::vector<std::string> unknown_rules(const Compiled& compiled, const std::vector<lint::Pack>& packs,
                                       source::Diagnostics& remarks);

/// The names of all rules of the program.
const std::vector<std::string>& standard_rule_names();

/// Which of the policy's markets and platforms have rules of their own among the packs, as the lint reports it: names
/// of packs (`th`, `tiktok_shop`), and those of the policy's words that have none.
struct ServedLimits {
  std::vector<std::string> packs, without;
};
ServedLimits served_limits(const model::Policy& policy, const std::vector<lint::Pack>& packs);

}  // namespace kpi::driver
