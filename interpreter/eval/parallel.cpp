#include "interpreter/eval/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace kpi::eval {

namespace {

/// Runs `body(thread)` on the calling thread and on as many more.
void on_threads(std::size_t threads, const std::function<void(unsigned)>& body) {
  std::vector<std::jthread> others;
  for (unsigned thread = 1; thread < threads; ++thread) others.emplace_back(body, thread);
  body(0);
}

/// The first exception of several threads.
class FirstError {
 public:
  bool any() const { return failed_.load(std::memory_order_relaxed); }
  void note() {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
    failed_ = true;
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;
};

/// Texts on their way from those who make them to the one place that takes them.
class Order {
 public:
  Order(std::size_t count, std::size_t places, const std::function<void(std::string_view)>& take)
      : count_(count), texts_(places), is_ready_(places, false), take_(take) {}

  /// The number of the next text to make, once there is a place for it; none when all are given out or one failed.
  bool begin(std::size_t& number, std::string& text) {
    std::unique_lock lock(mutex_);
    if (next_ >= count_ || stopped_) return false;
    number = next_++;
    changed_.wait(lock, [&] { return stopped_ || number < taken_ + texts_.size(); });
    if (stopped_) return false;
    text = std::move(texts_[number % texts_.size()]);  // its memory is used again
    text.clear();
    return true;
  }

  void end(std::size_t number, std::string text) {
    std::unique_lock lock(mutex_);
    texts_[number % texts_.size()] = std::move(text);
    is_ready_[number % texts_.size()] = true;
    if (is_taking_) return;  // whoever takes sees it
    is_taking_ = true;
    while (!stopped_ && taken_ < count_ && is_ready_[taken_ % texts_.size()]) {
      const std::size_t place = taken_ % texts_.size();
      lock.unlock();
      take_(texts_[place]);
      lock.lock();
      is_ready_[place] = false;
      ++taken_;
      changed_.notify_all();
    }
    is_taking_ = false;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_, next_ = 0, taken_ = 0;
  std::vector<std::string> texts_;
  std::vector<bool> is_ready_;
  bool is_taking_ = false, stopped_ = false;
  const std::function<void(std::string_view)>& take_;
};

}  // namespace

void in_parallel(unsigned threads, std::size_t items, std::size_t step,
                 const std::function<void(unsigned, std::size_t, std::size_t)>& work) {
  const std::size_t runs = (items + step - 1) / step;
  std::atomic<std::size_t> next = 0;
  FirstError error;
  on_threads(std::min<std::size_t>(threads, runs), [&](unsigned thread) {
    try {
      while (!error.any()) {
        const std::size_t first = step * next.fetch_add(1, std::memory_order_relaxed);
        if (first >= items) return;
        work(thread, first, std::min(first + step, items));
      }
    } catch (...) {
      error.note();
    }
  });
  error.rethrow();
}

void texts_in_order(unsigned threads, std::size_t count, const std::function<void(std::size_t, std::string&)>& make,
                    const std::function<void(std::string_view)>& take) {
  const std::size_t used = std::min<std::size_t>(std::max(threads, 1U), count);
  Order order(count, 2 * std::max<std::size_t>(used, 1), take);
  FirstError error;
  on_threads(used, [&](unsigned) {
    try {
      std::size_t number = 0;
      std::string text;
      while (order.begin(number, text)) {
        make(number, text);
        order.end(number, std::move(text));
      }
    } catch (...) {
      error.note();
      order.stop();
    }
  });
  error.rethrow();
}

}  // namespace kpi::eval
