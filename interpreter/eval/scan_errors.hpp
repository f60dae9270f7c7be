// Errors in the data of one run: the first 20 are listed, all are counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "grammar/source/diagnostic.hpp"
#include "grammar/source/diagnostics/data.hpp"

namespace kpi::eval::scanning {

class DataErrors {
 public:
  static constexpr std::uint64_t kListed = 20;

  explicit DataErrors(source::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  /// While muted, findings are neither listed nor counted.
  void mute(bool muted) { muted_ = muted; }
  /// While several threads work, a finding is not listed but noted as trouble: the same rows are then read once more in
  /// order, which lists it.
  void watch(bool watching) {
    watching_ = watching;
    trouble_ = false;
  }
  /// True while watching: then the finding is noted as trouble.
  bool watched(source::DiagnosticId id) { return watching_ && add_row_error(id) == nullptr; }
  bool trouble() const { return trouble_.load(std::memory_order_relaxed); }
  std::uint64_t count() const { return count_; }
  /// A finding about rows; none when the list is full already (it is counted all the same).
  source::Diagnostic* add_row_error(source::DiagnosticId id) {
    if (muted_) return nullptr;
    if (watching_) {
      trouble_.store(true, std::memory_order_relaxed);
      return nullptr;
    }
    ++count_;
    return count_ <= kListed ? &diagnostics_.add_without_span(id) : nullptr;
  }
  /// A finding about a table or column; always listed.
  source::Diagnostic& add(source::DiagnosticId id) {
    if (muted_ || watching_) return unheard(id);
    ++structural_;
    return diagnostics_.add_without_span(id);
  }
  source::Diagnostic& add(source::DiagnosticId id, source::Span span) {
    if (muted_ || watching_) return unheard(id);
    ++structural_;
    return diagnostics_.add(id, span);
  }
  bool any() const { return count_ + structural_ > 0; }
  bool any_structural() const { return structural_ > 0; }
  /// Adds the number of errors that are not listed.
  void finish() {
    if (count_ > kListed) {
      diagnostics_.add_without_span(source::ids::data_more_errors).with("count", std::to_string(count_ - kListed));
    }
  }

 private:
  source::Diagnostic& unheard(source::DiagnosticId id) {
    static thread_local source::Diagnostics scratch;
    trouble_.store(true, std::memory_order_relaxed);
    scratch = {};
    return scratch.add_without_span(id);
  }

  source::Diagnostics& diagnostics_;
  std::uint64_t count_ = 0;
  std::uint64_t structural_ = 0;
  bool muted_ = false, watching_ = false;
  std::atomic<bool> trouble_ = false;
};

}  // namespace kpi::eval::scanning
