// The rules in a thread of their own: they take long enough, above all with proofs, that typing would wait for them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "interpreter/lsp/analysis.hpp"

namespace kpi::lsp {

/// The thread compiles the document once more, so that it shares nothing with the analysis that requests are answered
/// from, and hands over an analysis with findings.
class Linter {
 public:
  struct Job {
    std::string name;
    std::uint64_t generation = 0;  // of the document, to tell whether the answer is still about it
    std::shared_ptr<const driver::TextsByPath> texts;
    std::string content;
  };
  struct Done {
    std::string name;
    std::uint64_t generation = 0;
    std::unique_ptr<Analysis> analysis;  // null: it could not be made, for want of memory
  };

  Linter();
  /// Waits for the document that is being looked at.
  ~Linter();
  Linter(const Linter&) = delete;
  Linter& operator=(const Linter&) = delete;

  /// Takes the place of a job for the same document that has not begun.
  void start(Job job);
  std::optional<Done> take();
  /// Is a document being looked at?
  bool busy();
  /// Readable while there may be something to take.
  int descriptor() const { return wake_[0]; }

 private:
  void work();
  void perform(Job job);

  int wake_[2] = {-1, -1};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::deque<Done> done_;
  bool ending_ = false, working_ = false;
  std::thread thread_;  // begins with the first job
};

}  // namespace kpi::lsp
