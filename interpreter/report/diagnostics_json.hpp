// Diagnostics as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

/// One object per diagnostic: id, name, severity, message, help, suggestion, file with start and end (1-based line and
/// display column, 0-based UTF-16 column, byte offset) or location, labels, notes.
nlohmann::ordered_json diagnostics_array(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                                         Language language);

/// `{"diagnostics": […], "errors": 2, "warnings": 1}` and a line end.
std::string diagnostics_json(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                             Language language);

/// Indented by two, with bytes that are not UTF-8 replaced.
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace kpi::report
