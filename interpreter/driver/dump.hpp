// What each phase makes of a file, as text: for people who work on the language.
#pragma once

#include <string>

#include "interpreter/driver/session.hpp"

namespace kpi::driver {

/// `phase` is tokens, ast, model or plan.
std::string dump(const std::string& phase, const Compiled& compiled, Session& session);

/// What one run of the policy's first whole period would evaluate and ask of the data.
std::string dump_plan(const model::Policy& policy, source::Diagnostics& diagnostics);

}  // namespace kpi::driver
