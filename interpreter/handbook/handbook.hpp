// The handbook of a policy: what a person whom it applies to must know, in plain words, with examples that the
// evaluator has worked out.
#pragma once

#include "grammar/source/source.hpp"
#include "interpreter/handbook/document.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::handbook {

/// `version` is that of the program, which the last section names.
Document build(const model::Policy& policy, const source::SourceMap& sources, report::Language language,
               const std::string& version);

}  // namespace kpi::handbook
