// The rows an import could not take, as CSV: line, reason, and the cells as they were.
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "interpreter/storage/csv_reader.hpp"

namespace kpi::storage {

/// Written beside its final place and moved there by publish(), so that a failed import leaves an earlier file alone.
class RejectFile {
 public:
  explicit RejectFile(std::string path) : path_(std::move(path)) {}
  ~RejectFile();
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;

  /// The file is begun with the first row; `header` are the export's headers, so that the corrected file can be
  /// imported like the export itself. Throws DataFailure when it cannot be written.
  void add(const CsvReader& record, std::span<const std::string> header, std::string_view reason);
  /// Everything is on disk, or throws.
  void flush();
  /// Moves the file to its place; without rejects, removes the one of an earlier import.
  void publish();
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write_cell(std::string_view text, bool first);
  [[noreturn]] void fail() const;

  std::string path_, temporary_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace kpi::storage
