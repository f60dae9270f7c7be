// Sorted values in bounded memory: what does not fit goes to temporary files in sorted runs, which are merged at the
// end.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace kpi::eval::scanning {

/// How much the values of all SortedEntries of a run may take together, and what they took. Used by several threads.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : limit_(bytes) {}
  /// May somebody who has `own` bytes take so many more? Everybody may have a fair share of one half; the other goes to
  /// whoever comes first.
  bool take(std::uint64_t own, std::uint64_t more);
  void take_anyway(std::uint64_t more) { count(more); }
  void give_back(std::uint64_t bytes) { used_ -= bytes; }
  void join() { ++members_; }
  void leave() { --members_; }
  void note_values(std::uint64_t values) { values_ += values; }
  void note_spilled(std::uint64_t bytes) { spilled_ += bytes; }
  std::uint64_t limit() const { return limit_; }
  std::uint64_t peak() const { return peak_; }
  std::uint64_t values() const { return values_; }
  std::uint64_t spilled() const { return spilled_; }

 private:
  void count(std::uint64_t more);
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_ = 0, peak_ = 0, values_ = 0, spilled_ = 0;
  std::atomic<std::uint64_t> members_ = 0;
};

/// The folder of temporary files: TMPDIR, else /tmp.
std::string temporary_folder();

/// Has no name, so it goes away with the process. Throws DataFailure when it cannot be made or the disk is full.
class TemporaryFile {
 public:
  TemporaryFile();
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  /// Gives where they begin.
  std::uint64_t append(const void* bytes, std::size_t size);
  /// May be called by several threads.
  void read(void* bytes, std::size_t size, std::uint64_t offset) const;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// A value of a cell.
struct CellEntry {
  std::uint32_t cell = 0;
  std::uint32_t unused = 0;
  std::int64_t value = 0;
  friend bool operator==(const CellEntry&, const CellEntry&) = default;
  friend bool operator<(const CellEntry& a, const CellEntry& b) {
    return a.cell != b.cell ? a.cell < b.cell : a.value < b.value;
  }
};

/// Entries in order, each once if `unique`. Entry: CellEntry, or std::uint64_t for hashes.
template <class Entry>
class SortedEntries {
 public:
  SortedEntries(MemoryBudget& budget, bool unique) : budget_(budget), unique_(unique) { budget_.join(); }
  ~SortedEntries();
  SortedEntries(const SortedEntries&) = delete;
  SortedEntries& operator=(const SortedEntries&) = delete;

  void add(const Entry& entry) {
    if (buffer_.size() == buffer_.capacity()) make_room();
    buffer_.push_back(entry);
  }
  /// Takes all entries of another one, which is empty then. `place` gives what an entry is here; `same_order`: that
  /// keeps them as they are.
  template <class Place>
  void take_in(SortedEntries& other, bool same_order, Place place) {
    if (same_order) {
      std::move(other.runs_.begin(), other.runs_.end(), std::back_inserter(runs_));
    } else {
      for (const Run& run : other.runs_) {
        for (Reader reader(run, kReadBytes); !reader.at_end(); reader.step()) add(place(reader.entry()));
      }
    }
    other.runs_.clear();
    for (const Entry& entry : other.buffer_) add(place(entry));
    other.release();
  }
  /// No entries are added afterwards.
  void finish();

  // After finish(). All may be called by several threads.
  bool empty() const { return size() == 0; }
  std::uint64_t size() const { return runs_.empty() ? buffer_.size() : runs_.front().count; }
  /// Where the entries of the cell are among all.
  std::pair<std::uint64_t, std::uint64_t> range(std::uint32_t cell) const;
  Entry at(std::uint64_t index) const;
  /// Visits the values of these cells together in ascending order until the visitor returns false.
  template <class Visit>
  void visit_merged(std::span<const std::uint32_t> cells, Visit visit) const;
  /// Visits all entries in order.
  template <class Visit>
  void visit_all(Visit visit) const {
    for (const Entry& entry : buffer_) visit(entry);
    for (const Run& run : runs_) {
      for (Reader reader(run, kReadBytes); !reader.at_end(); reader.step()) visit(reader.entry());
    }
  }

 private:
  static constexpr std::size_t kReadBytes = 64 * 1024;
  struct Run {
    std::shared_ptr<TemporaryFile> file;
    std::uint64_t offset = 0, count = 0;  // bytes, entries
  };
  /// Goes through a run, or a part of one, piece by piece.
  class Reader {
   public:
    Reader(const Run& run, std::size_t bytes)
        : file_(run.file.get()),
          offset_(run.offset),
          left_(run.count),
          piece_(std::max<std::size_t>(1, std::min<std::uint64_t>(run.count, bytes / sizeof(Entry)))) {
      refill();
    }
    bool at_end() const { return used_ == filled_; }
    const Entry& entry() const { return piece_[used_]; }
    void step() {
      if (++used_ == filled_) refill();
    }

   private:
    void refill() {
      filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_.size()));
      used_ = 0;
      if (filled_ == 0) return;
      file_->read(piece_.data(), filled_ * sizeof(Entry), offset_);
      offset_ += filled_ * sizeof(Entry);
      left_ -= filled_;
    }
    const TemporaryFile* file_;
    std::uint64_t offset_, left_;
    std::vector<Entry> piece_;
    std::size_t used_ = 0, filled_ = 0;
  };
  template <class Less, class Visit>
  static void merge(std::vector<Reader>& readers, Less less, Visit visit);
  void sort_buffer();
  void make_room();
  void spill();
  Run merged(std::span<const Run> runs, bool last);
  void release();

  MemoryBudget& budget_;
  bool unique_;
  std::vector<Entry> buffer_;
  std::size_t sorted_ = 0;  // of the buffer: these are in order already
  std::vector<Run> runs_;   // after finish() one at most, and then the buffer is empty
  std::vector<std::pair<std::uint32_t, std::uint64_t>> cells_;  // of that run: where each begins; ends with a last one
};

template <class Entry>
template <class Less, class Visit>
void SortedEntries<Entry>::merge(std::vector<Reader>& readers, Less less, Visit visit) {
  std::vector<Reader*> heap;
  for (Reader& reader : readers) {
    if (!reader.at_end()) heap.push_back(&reader);
  }
  const auto later = [&](const Reader* a, const Reader* b) { return less(b->entry(), a->entry()); };
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Reader& next = *heap.back();
    if (!visit(next.entry())) return;
    next.step();
    if (next.at_end()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
}

template <class Entry>
template <class Visit>
void SortedEntries<Entry>::visit_merged(std::span<const std::uint32_t> cells, Visit visit) const {
  const auto by_value = [](const Entry& a, const Entry& b) { return a.value < b.value; };
  if (!runs_.empty()) {
    constexpr std::size_t kLeastPiece = 256, kAllPieces = std::size_t{16} << 20;
    std::vector<Reader> readers;
    readers.reserve(cells.size());
    for (const std::uint32_t cell : cells) {
      const auto [first, last] = range(cell);
      const Run part{runs_.front().file, runs_.front().offset + first * sizeof(Entry), last - first};
      if (last != first) readers.emplace_back(part, std::clamp(kAllPieces / cells.size(), kLeastPiece, kReadBytes));
    }
    merge(readers, by_value, [&](const Entry& entry) { return visit(entry.value); });
    return;
  }
  std::vector<std::int64_t> values;
  for (const std::uint32_t cell : cells) {
    const auto [first, last] = range(cell);
    for (std::uint64_t index = first; index < last; ++index) values.push_back(buffer_[index].value);
  }
  if (cells.size() > 1) std::sort(values.begin(), values.end());
  for (const std::int64_t value : values) {
    if (!visit(value)) return;
  }
}

extern template class SortedEntries<std::uint64_t>;
extern template class SortedEntries<CellEntry>;

}  // namespace kpi::eval::scanning
