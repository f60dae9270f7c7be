// Shares the effect of a changed policy out over its changes: the old file's declarations are replaced by the new ones
// one after the other, and each state in between is compiled and evaluated. What does not compile by itself is applied
// together with the next change. The amounts of the steps add up to the whole difference.
#pragma once

#include "interpreter/diff/effect.hpp"
#include "interpreter/driver/session.hpp"

namespace kpi::driver {

struct CompiledSide {
  Session& session;
  const Compiled& compiled;
};

/// Evaluates without effective dates: a change is compared on data of the past, too.
void lift_effective_dates(model::Policy& policy);

/// Fills the causes of `effect`. Evaluates as many times as there are changed declarations, less one.
void attribute_effect(diff::Effect& effect, const diff::Diff& diff, const CompiledSide& before,
                      const CompiledSide& after, const eval::Run& run_before, const eval::Run& run_after,
                      eval::DataSource& data, const eval::RunRequest& request);

}  // namespace kpi::driver
