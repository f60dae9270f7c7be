#include "interpreter/driver/language_server.hpp"
#include "interpreter/driver/program.hpp"
#include "interpreter/lsp/server.hpp"

int main(int count, char** words) {
  kpi::driver::set_language_server(kpi::lsp::serve);
  return kpi::driver::run_program({words + 1, words + count});
}
