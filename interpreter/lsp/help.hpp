// Short explanations of the language's own words, for hover and completion.
#pragma once

#include <string_view>

#include "grammar/source/diagnostic.hpp"

namespace kpi::lsp {

/// About a function, clause or declaration word; empty if there is none. `block` is the declaration in whose block a
/// clause stands; explanations for that block come before those for any.
std::string_view help(std::string_view word, std::string_view block, source::Language language);

}  // namespace kpi::lsp
