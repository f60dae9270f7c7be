// Between the protocol's JSON and the structures of features.hpp.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "interpreter/lsp/features.hpp"

namespace kpi::lsp {

using Json = nlohmann::json;

/// Error codes of JSON-RPC and the protocol.
constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601, kInvalidParams = -32602,
              kInternalError = -32603, kNotInitialized = -32002, kRequestFailed = -32803;

/// What a request is answered with instead of a result.
struct RequestError {
  int code;
  std::string message;
};

Position position_of(const Json& json);
Range range_of(const Json& json);
Json to_json(const Position& position);
Json to_json(const Range& range);
Json to_json(const Location& location);
Json to_json(const std::vector<Location>& locations);
Json to_json(const Hover& hover);
Json to_json(const Completions& completions, bool snippets);
Json to_json(const std::vector<Outline>& outline);
Json to_json(const std::vector<Fold>& folds);
Json selection_json(const std::vector<Range>& ranges);
Json to_json(const std::vector<Hint>& hints);
Json to_json(const std::vector<Lens>& lenses, const std::string& uri);
/// A WorkspaceEdit.
Json to_json(const std::vector<Edit>& edits);
/// The TextEdits of one document.
Json text_edits_json(const std::vector<Edit>& edits);
/// A Diagnostic of the protocol, with its id, a link to its page, related places, and its help behind the message.
Json diagnostic_json(const View& view, const source::Diagnostic& diagnostic);
Json to_json(const View& view, const std::vector<Action>& actions);
/// Adds what the rules found, by file, or why they could not run.
void add_findings(const View& view, std::map<std::string, Json>& by_file);
/// A SymbolInformation for each declaration of the file itself whose name contains `query`.
void add_workspace_symbols(const View& view, const std::string& query, Json& symbols);
/// What the server can do.
Json capabilities(Encoding encoding);

}  // namespace kpi::lsp
