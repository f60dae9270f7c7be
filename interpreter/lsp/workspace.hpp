// The documents that an editor has open, and what the pipeline makes of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "interpreter/lsp/analysis.hpp"
#include "interpreter/lsp/document.hpp"

namespace kpi::lsp {

/// The scheme of files of the standard library, which have no place on the disk: `kpi-std:/std/imports.kpi`.
constexpr std::string_view kStandardScheme = "kpi-std:";

/// The name of a file in sessions: its path, `std/…` of the standard library, and any other URI as it is.
std::string name_of_uri(std::string_view uri);
std::string uri_of_name(std::string_view name);

class Workspace {
 public:
  void open(const std::string& uri, std::string text, int version);
  void close(const std::string& uri);
  /// The document to edit; null if it is not open. Call `changed` afterwards.
  Document* edit(const std::string& uri);
  void changed(const std::string& uri, int version);
  /// Everything must be read again, because files on the disk have changed.
  void disk_changed();

  bool is_open(const std::string& name) const { return documents_.contains(name); }
  std::optional<int> version(const std::string& name) const;

  /// What the pipeline makes of an open document as it stands now; null if it is not open.
  const Analysis* analysis(const std::string& uri);
  /// Names of open documents whose diagnostics the client has not seen as they are now; `reported` takes one off.
  std::vector<std::string> unreported() const;
  void reported(const std::string& name);
  std::vector<std::string> open_names() const;
  /// Open documents that were reported and whose rules have not run since; each is given once.
  std::vector<std::string> take_unlinted();
  bool has_unlinted() const;
  /// The analysis of an open document, to run its rules; null if it is not open or out of date.
  Analysis* lintable(const std::string& name);

  /// The texts of the open documents, by name.
  const driver::TextsByPath& texts() const { return texts_; }

  /// Folders of the workspace, for files that nobody has opened.
  std::vector<std::string> folders;
  /// An analysis of every `.kpi` file in the folders that is not open. Reads the disk; at most kMostFiles.
  std::vector<std::unique_ptr<Analysis>> unopened() const;

 private:
  static constexpr std::size_t kMostFiles = 300;
  struct Open {
    Document document;
    int version = 0;
    std::unique_ptr<Analysis> analysis;  // null: out of date
    bool reported = false, linted = false;
  };
  void invalidate(const std::string& name);

  std::map<std::string, Open> documents_;  // by name
  driver::TextsByPath texts_;              // of the same documents
};

}  // namespace kpi::lsp
