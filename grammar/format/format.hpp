// The formatter's facade: a policy file in the one canonical layout.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"
#include "grammar/source/source.hpp"

namespace kpi::format {

/// The text in the canonical layout, in which a second run changes nothing. None after a report: the file has syntax
/// errors, or the result would not mean the same (see accept).
std::optional<std::string> format(const source::SourceMap& sources, source::SourceId source,
                                  source::Diagnostics& diagnostics);

/// `laid_out` if it may take the place of the text of `source`, otherwise none after a report.
std::optional<std::string> accept(const source::SourceMap& sources, source::SourceId source, std::string laid_out,
                                  source::Diagnostics& diagnostics);

/// Whether two files without syntax errors have the same tree (places apart), the same words in the same order, and the
/// same comments between the same words.
bool same_meaning(std::string_view before, std::string_view after);

}  // namespace kpi::format
