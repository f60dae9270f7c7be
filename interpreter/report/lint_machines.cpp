// Lint findings for programs: JSON and SARIF.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/lint_report.hpp"
#include "interpreter/report/lint_words.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using lint::Finding;
using lint::State;
using model::RuleSeverity;

std::size_t at(Language language) { return static_cast<std::size_t>(language); }

std::string_view state_name(State state) {
  if (state == State::allowed) return "allowed";
  return state == State::in_baseline ? "baseline" : "reported";
}
std::string_view status_name(model::CiteStatus status) {
  constexpr std::string_view kNames[] = {"verified", "secondary", "unverified", "superseded"};
  return kNames[static_cast<std::size_t>(status)];
}
std::string_view authority_name(const model::Rule& rule) {
  constexpr std::string_view kNames[] = {"law", "platform", "guidance", "house"};
  return rule.authority ? kNames[static_cast<std::size_t>(*rule.authority)] : "";
}

Json position(const source::Source& source, std::uint32_t offset) {
  const auto where = source.lines.position(source.text, offset);
  return {{"line", where.line}, {"column", where.column}, {"utf16", where.utf16}, {"offset", offset}};
}

void put_place(Json& json, const source::SourceMap& sources, source::Span span) {
  const source::Source& source = sources.get(span.source);
  json["file"] = source.name;
  json["start"] = position(source, span.begin);
  json["end"] = position(source, span.end);
}

Json finding_json(const Finding& finding, const model::Policy& policy, const source::SourceMap& sources,
                  Language language) {
  Json json = {{"rule", finding.rule->named.name},
               {"severity", severity_name(finding.severity)},
               {"state", state_name(finding.state)},
               {"message", finding.message.in(at(language))}};
  if (!finding.help.empty()) json["help"] = finding.help.in(at(language));
  json["element"] = {{"kind", model::name(finding.element.kind)}, {"name", finding.on}};
  put_place(json, sources, finding.span);
  json["fingerprint"] = finding.fingerprint;
  if (!finding.pack.empty()) json["pack"] = finding.pack;
  if (finding.rule->authority) json["authority"] = authority_name(*finding.rule);
  Json cites = Json::array();
  for (const auto& cite : finding.cites) {
    Json one = {{"text", cite.text.in(at(language))}, {"status", status_name(cite.status)}};
    if (cite.checked) one["checked"] = cite.checked->to_string();
    if (!cite.url.empty()) one["url"] = cite.url;
    cites.push_back(std::move(one));
  }
  if (!cites.empty()) json["cites"] = std::move(cites);
  if (finding.allow) {
    const model::Allow& allow = policy.allows[*finding.allow];
    json["allowed"] = {{"because", allow.because}, {"owner", allow.owner}};
    if (allow.until) json["allowed"]["until"] = allow.until->to_string();
  }
  if (finding.fix) {
    Json edit;
    put_place(edit, sources, finding.fix->edit.span);
    edit["text"] = finding.fix->edit.text;
    json["fix"] = {
        {"title", finding.fix->title.in(at(language))}, {"safe", finding.fix->safe}, {"edit", std::move(edit)}};
  }
  return json;
}

// ---- SARIF ----------------------------------------------------------------------------------------------------------

/// A relative path as a URI reference: everything but unreserved characters and `/` is escaped.
std::string uri(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == '/';
    if (plain)
      out += c;
    else
      out += std::string("%") + "0123456789ABCDEF"[byte >> 4] + "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

/// Columns in UTF-16 code units, from 1.
Json region(const source::SourceMap& sources, source::Span span) {
  const source::Source& source = sources.get(span.source);
  const auto begin = source.lines.position(source.text, span.begin), end = source.lines.position(source.text, span.end);
  return {
      {"startLine", begin.line}, {"startColumn", begin.utf16 + 1}, {"endLine", end.line}, {"endColumn", end.utf16 + 1}};
}

Json artifact(const source::SourceMap& sources, source::SourceId id) {
  const std::string& name = sources.get(id).name;
  return {{"uri", (name.starts_with('/') ? "file://" : "") + uri(name)}};
}

std::string_view level(RuleSeverity severity) {
  return severity == RuleSeverity::info ? "note" : severity_name(severity);
}

Json rule_json(const model::Rule& rule, const std::string& pack, Language language) {
  Json json = {{"id", rule.named.name}};
  const std::string& title = rule.title.in(at(language));
  json["shortDescription"] = {{"text", title.empty() ? rule.named.name : title}};
  // Code scanning asks for all three texts, also of a rule that gives no reason and no source.
  json["fullDescription"] = {{"text", rule.rationale.empty() ? json["shortDescription"]["text"].get<std::string>()
                                                             : rule.rationale.in(at(language))}};
  std::string help = say(lint_words::sarif_help, language, rule.named.name) + "\n";
  for (const auto& cite : rule.cites) {
    const lint::Cited one = lint::cited(cite);
    help += cite_text(one, language) + "\n";
  }
  json["help"] = {{"text", help}};
  json["defaultConfiguration"] = {{"level", level(rule.severity)}};
  Json tags = Json::array();
  if (rule.authority) tags.push_back(authority_name(rule));
  for (const std::string& tag : rule.tags) tags.push_back(tag);
  json["properties"] = {{"pack", pack}, {"tags", std::move(tags)}};
  return json;
}

std::string sarif_text(const std::string& version, Json rules, Json results) {
  Json run = {{"tool", {{"driver", {{"name", "kpi"}, {"version", version}, {"rules", std::move(rules)}}}}},
              {"columnKind", "utf16CodeUnits"},
              {"results", std::move(results)}};
  return json_text({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", Json::array({std::move(run)})}});
}

}  // namespace

std::string lint_json(const LintReport& report, const source::SourceMap& sources, Language language) {
  Json files = Json::array();
  for (const LintedFile& file : report.files) {
    Json findings = Json::array();
    for (const Finding& finding : file.result.findings)
      findings.push_back(finding_json(finding, *file.policy, sources, language));
    files.push_back({{"file", file.path},
                     {"policy", file.policy->header.name},
                     {"as_of", file.result.as_of.to_string()},
                     {"packs", file.packs},
                     {"without_pack", file.without_pack},
                     {"findings", std::move(findings)}});
  }
  return json_text({{"tool", {{"name", "kpi"}, {"version", report.version}}},
                    {"as_of", report.as_of.to_string()},
                    {"rules", report.rules()},
                    {"files", std::move(files)},
                    {"errors", report.errors()},
                    {"warnings", report.warnings()},
                    {"infos", report.count(RuleSeverity::info)},
                    {"allowed", report.count(State::allowed)},
                    {"in_baseline", report.count(State::in_baseline)},
                    {"gone_from_baseline", report.sum(&lint::Result::gone)},
                    {"rules_without_proofs", report.sum(&lint::Result::unproved)}});
}

std::string diagnostics_sarif(const source::Diagnostics& diagnostics, const source::SourceMap& sources,
                              const std::string& version, Language language) {
  Json rules = Json::array(), results = Json::array();
  std::map<std::string, std::size_t> indices;
  for (const source::Diagnostic& diagnostic : diagnostics.items()) {
    const source::DiagnosticInfo& info = source::info(diagnostic.id);
    if (!diagnostic.has_span || info.severity == source::Severity::note) continue;
    const std::string id = source::code(diagnostic.id),
                      level = info.severity == source::Severity::error ? "error" : "warning";
    std::string message = source::message(diagnostic, language);
    if (const std::string help = source::help(diagnostic, language); !help.empty()) message += "\n" + help;
    const auto [known, created] = indices.emplace(id, rules.size());
    if (created) {
      const Json name = {{"text", info.name}};
      rules.push_back({{"id", id},
                       {"shortDescription", name},
                       {"fullDescription", name},
                       {"help", {{"text", "docs/reference/diagnostics.md"}}},
                       {"defaultConfiguration", {{"level", level}}}});
    }
    results.push_back({{"ruleId", id},
                       {"ruleIndex", known->second},
                       {"level", level},
                       {"message", {{"text", message}}},
                       {"locations", Json::array({{{"physicalLocation",
                                                    {{"artifactLocation", artifact(sources, diagnostic.span.source)},
                                                     {"region", region(sources, diagnostic.span)}}}}})}});
  }
  return sarif_text(version, std::move(rules), std::move(results));
}

std::string lint_sarif(const LintReport& report, const source::SourceMap& sources, Language language) {
  Json rules = Json::array(), results = Json::array();
  std::map<std::string, std::size_t> indices;
  for (const LintedFile& file : report.files) {
    std::map<std::string, std::size_t> seen;  // several combinations can have one fingerprint
    for (const Finding& finding : file.result.findings) {
      const auto [known, created] = indices.emplace(finding.rule->named.name, rules.size());
      if (created) rules.push_back(rule_json(*finding.rule, finding.pack, language));
      std::string message = finding.message.in(at(language));
      if (!finding.help.empty()) message += "\n" + finding.help.in(at(language));
      Json location = {
          {"physicalLocation",
           {{"artifactLocation", artifact(sources, finding.span.source)}, {"region", region(sources, finding.span)}}},
          {"logicalLocations", Json::array({{{"name", finding.on}, {"kind", model::name(finding.element.kind)}}})}};
      Json result = {
          {"ruleId", finding.rule->named.name},
          {"ruleIndex", known->second},
          {"level", level(finding.severity)},
          {"message", {{"text", message}}},
          {"locations", Json::array({std::move(location)})},
          // Code scanning follows an alert by the second one alone.
          {"partialFingerprints",
           {{"kpiElement/v1", finding.fingerprint},
            {"primaryLocationLineHash", finding.fingerprint + ":" + std::to_string(++seen[finding.fingerprint])}}}};
      if (file.result.with_baseline)
        result["baselineState"] = finding.state == State::in_baseline ? "unchanged" : "new";
      if (finding.state == State::allowed) {
        const model::Allow& allow = file.policy->allows[*finding.allow];
        result["suppressions"] =
            Json::array({{{"kind", "inSource"}, {"justification", allow.because + " (" + allow.owner + ")"}}});
      } else if (finding.state == State::in_baseline) {
        result["suppressions"] = Json::array({{{"kind", "external"}, {"justification", "baseline"}}});
      }
      if (finding.fix) {
        const Json replacement = {{"deletedRegion", region(sources, finding.fix->edit.span)},
                                  {"insertedContent", {{"text", finding.fix->edit.text}}}};
        result["fixes"] = Json::array(
            {{{"description", {{"text", finding.fix->title.in(at(language))}}},
              {"artifactChanges", Json::array({{{"artifactLocation", artifact(sources, finding.fix->edit.span.source)},
                                                {"replacements", Json::array({replacement})}}})}}});
      }
      results.push_back(std::move(result));
    }
  }
  return sarif_text(report.version, std::move(rules), std::move(results));
}

}  // namespace kpi::report
