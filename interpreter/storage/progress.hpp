// A line on the terminal while something takes longer than a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "grammar/source/diagnostic.hpp"

namespace kpi::storage {

/// Writes to standard error, and only if that is a terminal. The line goes away in the end.
class Progress {
 public:
  Progress(std::string file, std::uint64_t total_bytes, source::Language language, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Cheap enough for every few thousand rows.
  void update(std::uint64_t bytes, std::uint64_t rows);

 private:
  std::string file_;
  std::uint64_t total_bytes_;
  source::Language language_;
  bool wanted_, shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace kpi::storage
