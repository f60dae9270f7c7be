// What a rule's `fix` would change in the file, whether pay stays what it is, and doing it.
#pragma once

#include <string>
#include <vector>

#include "interpreter/driver/session.hpp"
#include "interpreter/lint/lint.hpp"

namespace kpi::driver {

/// Works out the fix of each finding that has one and stands in the file itself, and compiles the file with that fix
/// alone to see whether it is safe. A fix whose result does not compile is dropped.
void work_out_fixes(const Compiled& compiled, const Session& session, lint::Result& result);

struct Fixed {
  std::string text;
  std::size_t applied = 0;
  std::size_t left_out = 0;  // unsafe ones that were not asked for, and those that overlap another
};
/// The file's text with the safe fixes, or with all, of what is reported. Fixes that touch the same place wait for the
/// next run.
Fixed apply_fixes(const Compiled& compiled, const Session& session, const lint::Result& result, bool unsafe);

}  // namespace kpi::driver
