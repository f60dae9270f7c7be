// Large results as a sequence of pieces, which several threads make and which leave in order, so that no result is in
// memory as a whole.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/eval/outcome.hpp"

namespace kpi::report {

/// Takes the next part of a text.
using TextSink = std::function<void(std::string_view)>;

class Pieces {
 public:
  using Make = std::function<void(std::string& out)>;
  void add(Make make) { made_by_.push_back(std::move(make)); }
  /// Pieces of neighbouring items; `write(item, out)` appends one of them.
  template <class Write>
  void add_items(std::size_t count, Write write) {
    constexpr std::size_t kItems = 128;
    for (std::size_t first = 0; first < count; first += kItems) {
      const std::size_t last = std::min(first + kItems, count);
      add([=](std::string& out) {
        for (std::size_t item = first; item < last; ++item) write(item, out);
      });
    }
  }
  void write(unsigned threads, const TextSink& sink) const;

 private:
  std::vector<Make> made_by_;
};

/// Writes the result of a run while it is evaluated; see RunRequest::take_period.
class PeriodWriter {
 public:
  virtual ~PeriodWriter() = default;
  /// `store` may be null where no value is a reference.
  virtual void write(const eval::Outcome& outcome, const eval::AggregateStore* store,
                     const eval::PeriodOutcome& period) = 0;
  /// What comes after the last period.
  virtual void finish(const eval::Outcome& outcome, const source::Diagnostics& warnings) = 0;
};

}  // namespace kpi::report
