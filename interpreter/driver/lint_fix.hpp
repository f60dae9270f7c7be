// What a rule's `fix` would change in the file, whether pay stays what it is, and doing it.
#pragma once

#include <set>
#include <string>
#include <string_view>
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
};
/// The file's text with the safe fixes, or with all, of what is reported, as far as they go together: the result
/// compiles and, unless `unsafe`, pays the same. Fixes that touch the same place wait for the next round.
/// A finding whose fix was applied, by path and fingerprint in `done`, is not fixed again: it would stay for ever.
Fixed apply_fixes(const Compiled& compiled, const Session& session, const lint::Result& result, bool unsafe,
                  std::set<std::string>& done);
/// The text with one change.
std::string edited(std::string_view text, const lint::Edit& edit);

}  // namespace kpi::driver
