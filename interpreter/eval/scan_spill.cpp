#include "interpreter/eval/scan_spill.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "grammar/source/diagnostics/data.hpp"
#include "interpreter/eval/data_source.hpp"

namespace kpi::eval::scanning {

namespace ids = source::ids;

namespace {

constexpr std::size_t kMostRunsAtOnce = 128;
constexpr std::size_t kFirstEntries = 16;
constexpr std::size_t kWriteBytes = 256 * 1024;

[[noreturn]] void fail() {
  const int error = errno;
  const std::string folder = temporary_folder();
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    throw DataFailure(static_cast<int>(ids::temporary_disk_full), {{"folder", folder}});
  }
  throw DataFailure(static_cast<int>(ids::temporary_file_failed),
                    {{"folder", folder}, {"detail", std::strerror(error)}});
}

}  // namespace

bool MemoryBudget::take(std::uint64_t own, std::uint64_t more) {
  const std::uint64_t members = std::max<std::uint64_t>(1, members_);
  const std::uint64_t common = members == 1 ? limit_ : limit_ / 2;
  if (used_ + more > common && own + more > limit_ / 2 / members) return false;
  count(more);
  return true;
}

void MemoryBudget::count(std::uint64_t more) {
  const std::uint64_t used = used_ += more;
  for (std::uint64_t peak = peak_; peak < used && !peak_.compare_exchange_weak(peak, used);) {
  }
}

std::string temporary_folder() {
  const char* const folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

TemporaryFile::TemporaryFile() {
  std::string path = temporary_folder() + "/kpi-XXXXXX";
  descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail();
  ::unlink(path.c_str());
}

TemporaryFile::~TemporaryFile() { ::close(descriptor_); }

std::uint64_t TemporaryFile::append(const void* bytes, std::size_t size) {
  const std::uint64_t begin = size_;
  const auto* from = static_cast<const char*>(bytes);
  while (size != 0) {
    const ssize_t written = ::pwrite(descriptor_, from, size, static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail();
    from += written;
    size_ += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return begin;
}

void TemporaryFile::read(void* bytes, std::size_t size, std::uint64_t offset) const {
  auto* to = static_cast<char*>(bytes);
  while (size != 0) {
    const ssize_t got = ::pread(descriptor_, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;
    if (got <= 0) fail();
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

template <class Entry>
SortedEntries<Entry>::~SortedEntries() {
  release();
  budget_.leave();
}

template <class Entry>
void SortedEntries<Entry>::release() {
  budget_.give_back(buffer_.capacity() * sizeof(Entry));
  buffer_ = {};
  sorted_ = 0;
}

template <class Entry>
void SortedEntries<Entry>::sort_buffer() {
  const auto middle = buffer_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  // What is in order already is mostly a half: sorting only the rest pays where both are long.
  std::sort(middle, buffer_.end());
  if (sorted_ != 0 && sorted_ != buffer_.size()) std::inplace_merge(buffer_.begin(), middle, buffer_.end());
  if (unique_) buffer_.erase(std::unique(buffer_.begin(), buffer_.end()), buffer_.end());
  sorted_ = buffer_.size();
}

/// The buffer is full: drops what is there twice, else grows, else spills.
template <class Entry>
void SortedEntries<Entry>::make_room() {
  if (unique_ && !buffer_.empty()) {
    sort_buffer();
    if (buffer_.size() <= buffer_.capacity() / 2) return;
  }
  const std::size_t capacity = buffer_.capacity(), wanted = std::max(kFirstEntries, 2 * capacity);
  const std::uint64_t old_bytes = capacity * sizeof(Entry), new_bytes = wanted * sizeof(Entry);
  if (!budget_.take(old_bytes, new_bytes)) {
    if (capacity != 0) return spill();
    budget_.take_anyway(new_bytes);
  }
  buffer_.reserve(wanted);
  budget_.give_back(old_bytes);
}

template <class Entry>
void SortedEntries<Entry>::spill() {
  if (buffer_.empty()) return;
  sort_buffer();
  const auto file = runs_.empty() ? std::make_shared<TemporaryFile>() : runs_.back().file;
  const std::size_t bytes = buffer_.size() * sizeof(Entry);
  runs_.push_back({file, file->append(buffer_.data(), bytes), buffer_.size()});
  budget_.note_spilled(bytes);
  buffer_.clear();
  sorted_ = 0;
}

/// Many runs as one, in a new file.
template <class Entry>
typename SortedEntries<Entry>::Run SortedEntries<Entry>::merged(std::span<const Run> runs, bool last) {
  Run result{std::make_shared<TemporaryFile>(), 0, 0};
  std::vector<Reader> readers;
  readers.reserve(runs.size());
  for (const Run& run : runs) readers.emplace_back(run, kReadBytes);
  std::vector<Entry> piece;
  const std::size_t most = kWriteBytes / sizeof(Entry);
  piece.reserve(most);
  Entry before{};
  const auto write = [&] {
    result.file->append(piece.data(), piece.size() * sizeof(Entry));
    piece.clear();
  };
  merge(readers, std::less<Entry>(), [&](const Entry& entry) {
    if (unique_ && result.count != 0 && entry == before) return true;
    if constexpr (std::is_same_v<Entry, CellEntry>) {
      if (last && (result.count == 0 || entry.cell != before.cell)) cells_.emplace_back(entry.cell, result.count);
    }
    if (piece.size() == most) write();
    piece.push_back(entry);
    before = entry;
    ++result.count;
    return true;
  });
  write();
  return result;
}

template <class Entry>
void SortedEntries<Entry>::finish() {
  if (runs_.empty()) {
    sort_buffer();
    budget_.note_values(buffer_.size());
    return;
  }
  spill();
  release();
  while (runs_.size() > kMostRunsAtOnce) {
    std::vector<Run> fewer;
    for (std::size_t first = 0; first < runs_.size(); first += kMostRunsAtOnce) {
      const std::size_t count = std::min(kMostRunsAtOnce, runs_.size() - first);
      fewer.push_back(merged(std::span<const Run>(runs_).subspan(first, count), false));
      // Their file goes away with the last of them.
      for (std::size_t index = first; index < first + count; ++index) runs_[index].file.reset();
    }
    runs_ = std::move(fewer);
  }
  runs_ = {merged(runs_, true)};
  if constexpr (std::is_same_v<Entry, CellEntry>) cells_.emplace_back(0xFFFF'FFFF, runs_.front().count);
  budget_.note_values(runs_.front().count);
}

template <class Entry>
std::pair<std::uint64_t, std::uint64_t> SortedEntries<Entry>::range(std::uint32_t cell) const {
  if constexpr (std::is_same_v<Entry, CellEntry>) {
    if (!runs_.empty()) {
      const auto found = std::lower_bound(cells_.begin(), cells_.end(), std::pair(cell, std::uint64_t{0}));
      if (found == cells_.end() || found->first != cell) return {0, 0};
      return {found->second, std::next(found)->second};
    }
    const auto first =
        std::partition_point(buffer_.begin(), buffer_.end(), [&](const CellEntry& entry) { return entry.cell < cell; });
    const auto last =
        std::partition_point(first, buffer_.end(), [&](const CellEntry& entry) { return entry.cell == cell; });
    return {first - buffer_.begin(), last - buffer_.begin()};
  }
  return {0, size()};
}

template <class Entry>
Entry SortedEntries<Entry>::at(std::uint64_t index) const {
  if (runs_.empty()) return buffer_[index];
  Entry entry{};
  runs_.front().file->read(&entry, sizeof entry, runs_.front().offset + index * sizeof(Entry));
  return entry;
}

template class SortedEntries<std::uint64_t>;
template class SortedEntries<CellEntry>;

}  // namespace kpi::eval::scanning
