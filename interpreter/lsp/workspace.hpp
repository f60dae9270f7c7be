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
#include "interpreter/lsp/folders.hpp"
#include "interpreter/lsp/linter.hpp"

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
  /// Everything must be read again.
  void all_changed();
  /// A file on the disk has changed, appeared or gone. The text of open documents stays what it is.
  void disk_changed(const std::string& uri, bool appeared);

  bool is_open(const std::string& name) const { return documents_.contains(name); }
  std::optional<int> version(const std::string& name) const;

  /// What the pipeline makes of an open document as it stands now; null if it is not open.
  const Analysis* analysis(const std::string& uri);
  /// Names of open documents whose diagnostics the client has not seen as they are now; `reported` takes one off.
  std::vector<std::string> unreported() const;
  void reported(const std::string& name);
  std::vector<std::string> open_names() const;
  bool has_unlinted() const;
  /// Open documents that were reported and whose rules have not run since, each once.
  std::vector<Linter::Job> take_unlinted();
  /// Puts an analysis with findings in the place of the one without, if it is about the document as it stands.
  bool adopt(Linter::Done done);
  /// The same here and now: runs the rules over an open document unless they have run.
  void lint(const std::string& uri);

  /// The texts of the open documents, by name.
  const Folders::Texts& texts() const { return texts_; }

  /// What the pipeline makes of a file, open or not; null when it cannot be read.
  std::shared_ptr<const Analysis> file(const std::string& name);
  Folders folders;
  /// An analysis of every `.kpi` file in the folders that is not open, and whether these are all.
  Folders::Found unopened() { return folders.files(texts_); }

 private:
  struct Open {
    Document document;
    int version = 0;
    std::shared_ptr<Analysis> analysis;  // null: out of date
    std::uint64_t generation = 0;        // another one whenever the analysis goes out of date
    bool reported = false, linted = false;
  };
  void invalidate(const std::string& name);
  void outdate(Open& open);
  void set_text(const std::string& name, const std::string* text);

  std::map<std::string, Open> documents_;  // by name
  Folders::Texts texts_ = std::make_shared<const driver::TextsByPath>();  // of the same documents
  std::uint64_t generations_ = 0;
};

}  // namespace kpi::lsp
