// `kpi lsp`: the Language Server Protocol 3.17 over two descriptors. See docs/reference/lsp.md.
#pragma once

namespace kpi::lsp {

/// Serves until `exit` or the end of the input. The exit status: 0 after `shutdown`, else 1, as the protocol asks for.
int serve(int input, int output);

}  // namespace kpi::lsp
