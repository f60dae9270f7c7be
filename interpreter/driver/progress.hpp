// A line on the terminal that shows that something is going on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace kpi::driver {

/// After a second, and then every second, `text … 3 s` on standard error, if that is a terminal; wiped at the end.
class Progress {
 public:
  explicit Progress(std::string text);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

 private:
  void show();

  std::string text_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace kpi::driver
