// References and renames over all files that may know a name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "interpreter/lsp/features.hpp"
#include "interpreter/lsp/workspace.hpp"

namespace kpi::lsp {

/// Lives for one request.
class Names {
 public:
  /// How a client sees a file.
  using MakeView = std::function<View(const Analysis&)>;
  Names(Workspace& workspace, MakeView view) : workspace_(workspace), view_(std::move(view)) {}

  std::vector<Location> references(const View& seen, Position position, bool with_declaration);
  /// The name that a rename would change. Throws RequestError where there is none, or one of the standard library.
  static Target renamable(const View& seen, Position position);
  /// All changes, by file and place. Throws RequestError with the reason where the new name cannot be given.
  std::vector<Edit> rename(const View& seen, Position position, const std::string& new_name);
  /// False when a limit of Folders kept files out.
  bool complete() const { return complete_; }

 private:
  /// Runs `visit` on every file that may know the target's declaration: open ones, those of the workspace, and the file
  /// of the declaration itself. Exceptions name rules in files that they do not read.
  void everywhere(const Target& target, const std::function<void(const View&)>& visit);

  Workspace& workspace_;
  MakeView view_;
  bool complete_ = true;
};

}  // namespace kpi::lsp
