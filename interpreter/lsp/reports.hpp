// What the client is told about files: mistakes, and what the rules found, from the point of view of every open
// document.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "interpreter/lsp/protocol.hpp"

namespace kpi::lsp {

class Reports {
 public:
  /// Takes down what is to be said about an open document; adds the files it concerns. Findings are those of the
  /// analysis, or else the earlier ones.
  void update(const View& seen, std::set<std::string>& files);
  /// What all open documents that use the file say about it, each thing once.
  Json about(const std::string& file) const;

  /// Of an open document, findings are no longer true. False when there were none.
  bool drop_findings(const std::string& document) { return findings_.erase(document) > 0; }
  /// Until the rules have run again, what they found stays where its text went.
  void move_findings(const std::string& file, const Range& range, const std::string& text, Encoding encoding);
  /// The whole text of the file is another one.
  void forget_findings_in(const std::string& file);
  /// Is there a finding of the document that touches a range of it?
  bool has_finding(const std::string& document, const Range& range) const;
  /// Forgets a document; adds the files that it said something about.
  void close(const std::string& document, std::set<std::string>& files);

 private:
  using Lists = std::map<std::string, Json>;      // by file
  std::map<std::string, Lists> said_, findings_;  // by open document
};

}  // namespace kpi::lsp
