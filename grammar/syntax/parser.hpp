// The syntax layer's facade: text in, AST out.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "grammar/source/diagnostic.hpp"
#include "grammar/source/source.hpp"
#include "grammar/syntax/ast.hpp"

namespace kpi::syntax {

/// Parses a whole file. Always returns what could be understood; every independent mistake is reported.
File parse(const source::SourceMap& sources, source::SourceId source, source::Diagnostics& diagnostics);

/// Parses a single expression, as for `kpi eval`; the file holds nothing else. None after a report.
std::optional<std::pair<File, ExprId>> parse_expression(const source::SourceMap& sources, source::SourceId source,
                                                        source::Diagnostics& diagnostics);

/// Canonical text of an expression: one space around operators, parentheses only where they are needed.
std::string print_expr(const File& file, ExprId expr);

/// Indented form of a whole file, a line for each declaration, clause and row (`kpi check --dump ast`).
std::string dump(const File& file);

}  // namespace kpi::syntax
