#include "interpreter/lsp/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "interpreter/lint/lint.hpp"
#include "interpreter/lsp/pages.hpp"
#include "interpreter/lsp/workspace.hpp"

namespace kpi::lsp {
namespace {

int symbol_kind(const Outline& outline) {
  if (outline.is_test) return 24;  // Event
  switch (outline.what) {
    case What::policy:
      return 4;  // Package
    case What::alias:
      return 3;  // Namespace
    case What::entity:
      return 5;  // Class
    case What::events:
      return 23;  // Struct
    case What::field:
      return 8;  // Field
    case What::phase:
      return 22;  // EnumMember
    case What::curve:
    case What::table:
      return 12;  // Function
    case What::param:
      return 14;  // Constant
    case What::scorecard:
    case What::payout:
      return 11;  // Interface
    case What::gate:
    case What::penalty:
      return 7;  // Property
    default:
      return 13;  // Variable
  }
}

int symbol_kind(What what) {
  Outline outline;
  outline.what = what;
  return symbol_kind(outline);
}

int completion_kind(ItemKind kind) {
  switch (kind) {
    case ItemKind::keyword:
      return 14;
    case ItemKind::function:
      return 3;
    case ItemKind::metric:
      return 6;
    case ItemKind::field:
      return 5;
    case ItemKind::entity:
      return 7;
    case ItemKind::events:
      return 22;
    case ItemKind::parameter:
      return 21;
    case ItemKind::phase:
      return 20;
    case ItemKind::curve:
      return 3;
    case ItemKind::exclusion:
      return 6;
    case ItemKind::scorecard:
      return 8;
    case ItemKind::unit:
      return 11;
    case ItemKind::value:
      return 12;
    case ItemKind::module:
      return 9;
    case ItemKind::snippet:
      return 15;
    case ItemKind::rule:
      return 23;
    case ItemKind::column:
      return 5;
  }
  return 1;
}

std::uint32_t count_of(const Json& json) {
  if (!json.is_number_integer()) throw RequestError{kInvalidParams, "a position has whole numbers"};
  const auto number = json.get<std::int64_t>();
  return number < 0 ? 0 : static_cast<std::uint32_t>(std::min<std::int64_t>(number, 0x7FFFFFFF));
}

Json markdown(const std::string& text) { return {{"kind", "markdown"}, {"value", text}}; }

Json symbol(const Outline& outline) {
  Json json = {{"name", outline.name},
               {"kind", symbol_kind(outline)},
               {"range", to_json(outline.range)},
               {"selectionRange", to_json(outline.selection)}};
  if (!outline.detail.empty()) json["detail"] = outline.detail;
  Json children = Json::array();
  for (const Outline& child : outline.children) children.push_back(symbol(child));
  if (!children.empty()) json["children"] = std::move(children);
  return json;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

Position position_of(const Json& json) { return {count_of(json.at("line")), count_of(json.at("character"))}; }
Range range_of(const Json& json) { return {position_of(json.at("start")), position_of(json.at("end"))}; }
Json to_json(const Position& position) { return {{"line", position.line}, {"character", position.character}}; }
Json to_json(const Range& range) { return {{"start", to_json(range.start)}, {"end", to_json(range.end)}}; }
Json to_json(const Location& location) {
  return {{"uri", uri_of_name(location.file)}, {"range", to_json(location.range)}};
}
Json to_json(const std::vector<Location>& locations) {
  Json result = Json::array();
  for (const Location& location : locations) result.push_back(to_json(location));
  return result;
}
Json to_json(const Hover& hover) { return {{"contents", markdown(hover.markdown)}, {"range", to_json(hover.range)}}; }

Json to_json(const Completions& completions, bool snippets) {
  Json items = Json::array();
  for (const Completion& each : completions.items) {
    Json item = {{"label", each.label},
                 {"kind", completion_kind(each.kind)},
                 {"sortText", std::to_string(each.order) + each.label}};
    if (!each.detail.empty()) item["detail"] = each.detail;
    if (!each.documentation.empty()) item["documentation"] = markdown(each.documentation);
    const bool snippet = each.is_snippet && snippets;
    item["insertTextFormat"] = snippet ? 2 : 1;
    item["textEdit"] = {{"range", to_json(completions.replace)},
                        {"newText", each.is_snippet && !snippets ? each.label : each.insert}};
    items.push_back(std::move(item));
  }
  return {{"isIncomplete", false}, {"items", std::move(items)}};
}

Json to_json(const std::vector<Outline>& outline) {
  Json result = Json::array();
  for (const Outline& each : outline) result.push_back(symbol(each));
  return result;
}

Json to_json(const std::vector<Fold>& folds) {
  Json result = Json::array();
  for (const Fold& fold : folds) {
    result.push_back(
        {{"startLine", fold.first_line}, {"endLine", fold.last_line}, {"kind", fold.comment ? "comment" : "region"}});
  }
  return result;
}

Json selection_json(const std::vector<Range>& ranges) {
  Json result;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    Json inner = {{"range", to_json(*range)}};
    if (!result.is_null()) inner["parent"] = std::move(result);
    result = std::move(inner);
  }
  return result;
}

Json to_json(const std::vector<Hint>& hints) {
  Json result = Json::array();
  for (const Hint& hint : hints) {
    result.push_back(
        {{"position", to_json(hint.position)}, {"label", hint.text}, {"kind", 1}, {"tooltip", hint.tooltip}});
  }
  return result;
}

Json to_json(const std::vector<Lens>& lenses, const std::string& uri) {
  Json result = Json::array();
  for (const Lens& lens : lenses) {
    result.push_back(
        {{"range", to_json(lens.range)},
         {"command", {{"title", lens.title}, {"command", lens.command}, {"arguments", {uri, lens.argument}}}}});
  }
  return result;
}

Json to_json(const std::vector<Edit>& edits) {
  Json changes = Json::object();
  for (const Edit& edit : edits) {
    changes[uri_of_name(edit.file)].push_back({{"range", to_json(edit.range)}, {"newText", edit.text}});
  }
  return {{"changes", std::move(changes)}};
}

Json text_edits_json(const std::vector<Edit>& edits) {
  Json result = Json::array();
  for (const Edit& edit : edits) result.push_back({{"range", to_json(edit.range)}, {"newText", edit.text}});
  return result;
}

Json diagnostic_json(const View& view, const source::Diagnostic& diagnostic) {
  const source::DiagnosticInfo& info = source::info(diagnostic.id);
  const std::string code = source::code(diagnostic.id);
  std::string message = source::message(diagnostic, view.language);
  for (const source::Label& note : diagnostic.notes) message += "\n" + source::label_text(note, view.language);
  if (!diagnostic.suggestion.empty()) {
    message +=
        "\n" + fmt::format(fmt::runtime(view.say("did you mean `{}`?", "您是不是想写 `{}`？")), diagnostic.suggestion);
  }
  if (const std::string help = source::help(diagnostic, view.language); !help.empty()) message += "\n" + help;
  const int severity = info.severity == source::Severity::error     ? 1
                       : info.severity == source::Severity::warning ? 2
                                                                    : 3;
  Json json = {{"severity", severity},
               {"code", code},
               {"codeDescription", {{"href", page_uri(diagnostic.id)}}},
               {"source", "kpi"},
               {"message", message},
               {"range", to_json(diagnostic.has_span ? view.range(diagnostic.span) : Range{})},
               {"data", {{"name", info.name}}}};
  Json related = Json::array();
  for (const source::Label& label : diagnostic.labels) {
    const Location place{view.analysis.name_of(label.span.source), view.range(label.span)};
    related.push_back({{"location", to_json(place)}, {"message", source::label_text(label, view.language)}});
  }
  if (!related.empty()) json["relatedInformation"] = std::move(related);
  return json;
}

Json to_json(const View& view, const std::vector<Action>& actions) {
  Json result = Json::array();
  for (const Action& action : actions) {
    Json json = {{"title", action.title},
                 {"kind", "quickfix"},
                 {"edit", to_json(action.edits)},
                 {"isPreferred", actions.size() == 1}};
    if (action.diagnostic) json["diagnostics"] = Json::array({diagnostic_json(view, *action.diagnostic)});
    result.push_back(std::move(json));
  }
  return result;
}

void add_findings(const View& view, std::map<std::string, Json>& by_file) {
  if (view.analysis.lint_failure()) {
    Json failure = diagnostic_json(view, *view.analysis.lint_failure());
    failure["source"] = "kpi lint";
    by_file[view.analysis.name_of(view.analysis.source())].push_back(std::move(failure));
  }
  if (!view.analysis.findings()) return;
  const std::vector<source::Diagnostic>& known = view.analysis.session().diagnostics.items();
  for (const source::Diagnostic& remark : view.analysis.remarks().items()) {
    const bool said = std::any_of(known.begin(), known.end(), [&](const source::Diagnostic& each) {
      return each.id == remark.id && each.span == remark.span;
    });
    if (said) continue;  // by the checker
    Json json = diagnostic_json(view, remark);
    json["source"] = "kpi lint";
    by_file[view.analysis.name_of(remark.span.source)].push_back(std::move(json));
  }
  const auto language = static_cast<std::size_t>(view.language);
  for (const lint::Finding& finding : view.analysis.findings()->findings) {
    if (finding.state != lint::State::reported) continue;
    std::string message = finding.message.in(language);
    if (!finding.help.empty()) message += "\n" + finding.help.in(language);
    const int severity = finding.severity == model::RuleSeverity::error     ? 1
                         : finding.severity == model::RuleSeverity::warning ? 2
                                                                            : 3;
    by_file[view.analysis.name_of(finding.span.source)].push_back(
        {{"severity", severity},
         {"code", finding.rule->named.name},
         {"codeDescription", {{"href", rule_page_uri(finding.rule->named.name)}}},
         {"source", "kpi lint"},
         {"message", message},
         {"range", to_json(view.range(finding.span))},
         {"data", {{"on", finding.on}}}});
  }
}

void add_workspace_symbols(const View& view, const std::string& query, Json& symbols) {
  const std::string wanted = lower(query);
  for (const Declaration& declaration : view.analysis.declarations()) {
    if (!(declaration.span.source == view.analysis.source())) continue;
    const bool named = lower(declaration.name).find(wanted) != std::string::npos;
    const std::string zh = view.analysis.label(declaration, "zh");
    const bool labelled =
        lower(declaration.label).find(wanted) != std::string::npos || zh.find(query) != std::string::npos;
    if (!named && !labelled) continue;
    const Location place{view.analysis.name_of(declaration.span.source), view.range(declaration.span)};
    const std::string& label = view.chinese() && !zh.empty() ? zh : declaration.label;
    symbols.push_back({{"name", declaration.name},
                       {"kind", symbol_kind(declaration.what)},
                       {"location", to_json(place)},
                       {"containerName", label.empty() ? std::string(word(declaration.what)) : label}});
  }
}

Json capabilities(Encoding encoding) {
  const char* name = encoding == Encoding::utf8 ? "utf-8" : encoding == Encoding::utf16 ? "utf-16" : "utf-32";
  return {{"positionEncoding", name},
          {"workspace", {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}},
          {"textDocumentSync", {{"openClose", true}, {"change", 2}, {"save", {{"includeText", false}}}}},
          {"hoverProvider", true},
          {"definitionProvider", true},
          {"referencesProvider", true},
          {"documentHighlightProvider", true},
          {"documentSymbolProvider", true},
          {"workspaceSymbolProvider", true},
          {"foldingRangeProvider", true},
          {"selectionRangeProvider", true},
          {"documentFormattingProvider", true},
          {"documentRangeFormattingProvider", true},
          {"inlayHintProvider", true},
          {"renameProvider", {{"prepareProvider", true}}},
          {"codeLensProvider", {{"resolveProvider", false}}},
          {"codeActionProvider", {{"codeActionKinds", {"quickfix"}}}},
          {"completionProvider", {{"triggerCharacters", {".", "|", " ", "\""}}, {"resolveProvider", false}}},
          {"executeCommandProvider", {{"commands", {"kpi.runTest", "kpi.previewScorecard"}}}},
          {"semanticTokensProvider",
           {{"legend", {{"tokenTypes", token_types()}, {"tokenModifiers", token_modifiers()}}}, {"full", true}}}};
}

}  // namespace kpi::lsp
