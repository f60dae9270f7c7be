#include <pthread.h>

#include <cstddef>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "interpreter/driver/language_server.hpp"
#include "interpreter/driver/program.hpp"
#include "interpreter/lsp/server.hpp"

namespace {

// Policies may nest a thousand levels deep. What that takes of the stack must not depend on the shell's `ulimit -s`, so
// every thread gets this much, and the work is done on threads only. Only what is touched of it takes memory.
constexpr std::size_t kStackBytes = std::size_t{64} << 20;

void set_stack_of_threads() {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  if (pthread_attr_setstacksize(&attributes, kStackBytes) == 0) pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

}  // namespace

int main(int count, char** words) {
  kpi::driver::set_language_server(kpi::lsp::serve);
  set_stack_of_threads();
  const std::vector<std::string> arguments{words + 1, words + count};
  int status = 0;
  const auto work = [&] { status = kpi::driver::run_program(arguments); };
  try {
    std::thread(work).join();
  } catch (const std::system_error&) {
    work();  // where memory is limited, the stack there is has to do
  }
  return status;
}
