#include "interpreter/driver/language_server.hpp"

#include <unistd.h>

#include <cassert>

namespace kpi::driver {
namespace {

LanguageServer language_server = nullptr;

}  // namespace

void set_language_server(LanguageServer server) { language_server = server; }

Exit run_lsp(const Invocation&, const Terminal&) {
  assert(language_server);
  return static_cast<Exit>(language_server(STDIN_FILENO, STDOUT_FILENO));
}

}  // namespace kpi::driver
