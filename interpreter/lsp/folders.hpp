// Policy files of the workspace that nobody has opened: found on the disk, compiled when first needed, and again when
// they or what they read has changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "interpreter/lsp/analysis.hpp"

namespace kpi::lsp {

class Folders {
 public:
  /// Limits of one look at the disk. Beyond them names in further files are not known.
  static constexpr std::size_t kMostFiles = 1000;
  static constexpr std::size_t kMostEntries = 100'000;

  using Texts = std::shared_ptr<const driver::TextsByPath>;
  struct Found {
    std::vector<std::shared_ptr<const Analysis>> files;  // in the order of their paths
    bool complete = true;                                // false: a limit was reached
  };

  std::vector<std::string> roots;  // absolute paths

  /// Every `.kpi` file below the roots that is not among `open`, the texts of open documents. Hidden folders, `build`
  /// and `node_modules` are left out, links are not followed.
  Found files(const Texts& open);
  /// One file, wherever it is; null when it cannot be read.
  std::shared_ptr<const Analysis> file(const std::string& path, const Texts& open);
  /// The next `files` looks at the disk again, however short ago that was.
  void look_again() { listed_ = {}; }

 private:
  /// What tells that a file has changed: size and time of writing, or a hash of an open text.
  struct Stamp {
    std::uint64_t size = 0;
    std::int64_t time = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Stamps = std::map<std::string, Stamp>;
  struct Entry {
    std::shared_ptr<const Analysis> analysis;
    Stamps read;                    // of the files that were read
    bool missed_something = false;  // an error, which a new file elsewhere may mend
  };

  void list();
  static Stamp stamp(const std::string& path, const Texts& open, Stamps& known);
  std::shared_ptr<const Analysis> compiled(const std::string& path, const Texts& open, Stamps& known);

  std::vector<std::string> paths_;
  bool complete_ = true;
  std::chrono::steady_clock::time_point listed_{};
  std::map<std::string, Entry> entries_;  // by path
};

}  // namespace kpi::lsp
