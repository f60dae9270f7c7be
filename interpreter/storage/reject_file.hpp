// The rows an import could not take, as CSV: line, reason, and the cells as they were.
#pragma once

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/storage/csv_reader.hpp"

namespace kpi::storage {

/// Written beside its final place and moved there by publish(), so that a failed import leaves an earlier file alone.
///
/// People correct the file and import it, so what they wrote is never lost: a file of that name with other content
/// stays, and the rows go to `NAME-2.csv`. When the export is itself such a file, its own reasons are brought up to
/// date and its rows all stay.
class RejectFile {
 public:
  /// `header` are the export's headers. `export_path` as the user typed it; `path` empty: its name with `.rejects.csv`
  /// behind it. `language` is that of the reasons.
  RejectFile(const std::string& export_path, const std::string& path, std::span<const std::string> header,
             source::Language language, bool plain_quotes);
  ~RejectFile();
  RejectFile(const RejectFile&) = delete;
  RejectFile& operator=(const RejectFile&) = delete;

  /// The file is begun with the first row, so that the corrected file can be imported like the export itself: same
  /// separator, an encoding that its mark says. Throws DataFailure when it cannot be written.
  void add(const CsvReader& record, std::string_view reason);
  /// A row that needs no correction: kept, without a reason, where the export is itself a reject file.
  void keep(const CsvReader& record) {
    if (in_place_) add(record, "");
  }
  /// Everything is on disk, or throws.
  void flush();
  /// Moves the file to its place.
  void publish();
  /// Where the rows are; known after publish().
  const std::string& path() const { return path_; }
  /// A file of an earlier import that was left as it is, because somebody may have corrected it; empty: none.
  const std::string& kept() const { return kept_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void begin(const CsvReader& record);
  void write_cell(std::string_view text, bool first);
  [[noreturn]] void fail() const;

  std::string path_, kept_, temporary_;
  std::vector<std::string> header_;
  source::Language language_;
  bool plain_quotes_;
  bool repeated_ = false;  // the export begins with `line` and `reason` of an earlier reject file
  bool in_place_ = false;  // and is the file itself
  char separator_ = ',';
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace kpi::storage
