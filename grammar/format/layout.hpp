// A whole file as lines: which items stand on a line of their own, what is aligned in columns, where comments and blank
// lines go.
#pragma once

#include <string>
#include <vector>

#include "grammar/format/token.hpp"
#include "grammar/syntax/tree.hpp"

namespace kpi::format {

/// The text of a file without syntax errors in the canonical layout.
std::string canonical_text(const std::vector<Token>& tokens, const syntax::Tree& tree);

}  // namespace kpi::format
