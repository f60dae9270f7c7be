#include <pthread.h>

#include <cstddef>
#include <string>
#include <vector>

#include "interpreter/driver/language_server.hpp"
#include "interpreter/driver/program.hpp"
#include "interpreter/lsp/server.hpp"

namespace {

// Policies may nest a thousand levels deep. What that takes of the stack must not depend on the shell's `ulimit -s`, so
// the work is done on a thread with a stack of its own. Only what is touched of it takes memory.
constexpr std::size_t kStackBytes = std::size_t{256} << 20;

struct Work {
  std::vector<std::string> arguments;
  int status = 0;
};

void* run(void* given) {
  Work& work = *static_cast<Work*>(given);
  work.status = kpi::driver::run_program(work.arguments);
  return nullptr;
}

}  // namespace

int main(int count, char** words) {
  kpi::driver::set_language_server(kpi::lsp::serve);
  Work work{{words + 1, words + count}, 0};
  pthread_attr_t attributes;
  pthread_t thread;
  const bool started = pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
                       pthread_create(&thread, &attributes, run, &work) == 0;
  if (started) {
    pthread_join(thread, nullptr);
  } else {
    run(&work);  // where memory is limited, the stack there is has to do
  }
  return work.status;
}
