#include "interpreter/driver/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace kpi::driver {

Progress::Progress(std::string text) : text_(std::move(text)) {
  if (::isatty(STDERR_FILENO)) thread_ = std::thread([this] { show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Progress::show() {
  std::unique_lock lock(mutex_);
  for (int seconds = 1; !changed_.wait_for(lock, std::chrono::seconds(1), [&] { return done_; }); ++seconds) {
    std::fprintf(stderr, "\r%s … %d s", text_.c_str(), seconds);
    std::fflush(stderr);
  }
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace kpi::driver
