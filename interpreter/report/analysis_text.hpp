// What `kpi analyze` found, for people and as JSON.
#pragma once

#include <optional>
#include <string>

#include "grammar/source/source.hpp"
#include "interpreter/prove/people.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// One paragraph for each finding, the refuted ones with their story; a tally closes it. With `compact` one line each.
std::string analysis_text(const model::Policy& policy, const prove::Analysis& analysis,
                          const std::optional<prove::People>& people, const source::SourceMap& sources, bool compact,
                          const Look& look);
std::string analysis_json(const model::Policy& policy, const prove::Analysis& analysis,
                          const std::optional<prove::People>& people, const source::SourceMap& sources,
                          std::string_view version, Language language);

}  // namespace kpi::report
