// Pieces of canonical source text, shared by print_expr and dump.
#pragma once

#include <string>
#include <string_view>

#include "grammar/syntax/ast.hpp"

namespace kpi::syntax {

/// With quotes and escapes.
std::string print_text(std::string_view value);
/// In backquotes if it was, or if it would be read as an operator.
std::string print_name(const Ident& name);
std::string print_path(const Path& path);
std::string_view print_operator(Binary::Op op);

}  // namespace kpi::syntax
