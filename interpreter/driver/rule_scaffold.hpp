// A new rule of the user's own, with examples and texts to fill in.
#pragma once

#include <string>

namespace kpi::driver {

/// Appends the rule to the library `file`, or makes the file. Throws Failure for an id that cannot be one, for a rule
/// that is there already, and for a file that cannot be written.
void scaffold_rule(const std::string& id, const std::string& file);

}  // namespace kpi::driver
