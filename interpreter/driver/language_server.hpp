// `kpi lsp`. The language server stands in a layer above this one, so main.cpp says where it is.
#pragma once

#include "interpreter/driver/commands.hpp"

namespace kpi::driver {

/// Serves over two descriptors and gives the exit status.
using LanguageServer = int (*)(int input, int output);
void set_language_server(LanguageServer server);

Exit run_lsp(const Invocation& invocation, const Terminal& terminal);

}  // namespace kpi::driver
