// What can be put in for a declaration as a whole, with places to fill in.
#pragma once

#include <string>
#include <vector>

namespace kpi::lsp {

/// A snippet of editor-support/vscode/snippets, which VS Code reads itself and the server proposes to other editors.
struct Snippet {
  std::string prefix;  // what a person types
  std::string word;    // that the text begins with
  std::string en, zh;  // what it is for
  std::string body;    // in the protocol's syntax of snippets
};

/// In the order of the file.
const std::vector<Snippet>& snippets();

}  // namespace kpi::lsp
