#include "interpreter/lsp/linter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <system_error>

namespace kpi::lsp {

Linter::Linter() {
  if (::pipe(wake_) != 0) throw std::system_error(errno, std::generic_category());
  for (const int end : wake_) ::fcntl(end, F_SETFL, O_NONBLOCK);
}

Linter::~Linter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (const int end : wake_) ::close(end);
}

void Linter::start(Job job) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
      return perform(std::move(job));  // where memory is limited, typing waits
    }
  }
  const std::lock_guard lock(mutex_);
  const auto same =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Job& each) { return each.name == job.name; });
  if (same != waiting_.end()) {
    *same = std::move(job);
  } else {
    waiting_.push_back(std::move(job));
  }
  changed_.notify_all();
}

std::optional<Linter::Done> Linter::take() {
  char bytes[64];
  while (::read(wake_[0], bytes, sizeof bytes) > 0) {
  }
  const std::lock_guard lock(mutex_);
  if (done_.empty()) return std::nullopt;
  Done done = std::move(done_.front());
  done_.pop_front();
  return done;
}

bool Linter::busy() {
  const std::lock_guard lock(mutex_);
  return working_;
}

void Linter::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      working_ = true;
    }
    perform(std::move(job));
  }
}

void Linter::perform(Job job) {
  Done done{job.name, job.generation, nullptr};
  try {
    done.analysis = std::make_unique<Analysis>(std::move(job.texts), job.name, std::move(job.content));
    done.analysis->lint();
  } catch (const std::exception&) {
    done.analysis.reset();
  }
  {
    const std::lock_guard lock(mutex_);
    done_.push_back(std::move(done));
    working_ = false;
  }
  // A full pipe is as good as one more byte.
  [[maybe_unused]] const auto written = ::write(wake_[1], "!", 1);
}

}  // namespace kpi::lsp
