#include "interpreter/storage/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace kpi::storage {

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto kFirst = std::chrono::seconds(1);
constexpr auto kThen = std::chrono::milliseconds(200);
}  // namespace

Progress::Progress(std::string file, std::uint64_t total_bytes, source::Language language, bool wanted)
    : file_(std::move(file)),
      total_bytes_(total_bytes),
      language_(language),
      wanted_(wanted && ::isatty(STDERR_FILENO)),
      next_(Clock::now() + kFirst) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::update(std::uint64_t bytes, std::uint64_t rows) {
  if (!wanted_ || Clock::now() < next_) return;
  next_ = Clock::now() + kThen;
  shown_ = true;
  const unsigned percent =
      total_bytes_ ? static_cast<unsigned>(std::min<std::uint64_t>(100, bytes * 100 / total_bytes_)) : 0;
  const char* pattern = language_ == source::Language::zh ? "\r\033[K正在导入 %s：%u%%，%llu 行"
                                                          : "\r\033[Kimporting %s: %u%%, %llu rows";
  std::fprintf(stderr, pattern, file_.c_str(), percent, static_cast<unsigned long long>(rows));
  std::fflush(stderr);
}

}  // namespace kpi::storage
