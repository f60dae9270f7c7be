// Runs the grammar. The only file that sees PEGTL is parse.cpp.
#pragma once

#include <optional>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/characters.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::syntax {

/// The tree of a whole file; what is broken is reported and left out or marked.
Tree parse_tree(const CleanText& text, source::SourceId source, source::Diagnostics& diagnostics);
/// The tree of a single expression, or none after a report.
std::optional<Tree> parse_expression_tree(const CleanText& text, source::SourceId source, source::Diagnostics& diagnostics);

}  // namespace kpi::syntax
