#include "interpreter/lsp/reports.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "grammar/source/diagnostic.hpp"

namespace kpi::lsp {

void Reports::update(const View& seen, std::set<std::string>& files) {
  const Analysis& analysis = seen.analysis;
  const std::string& name = analysis.name_of(analysis.source());
  Lists& lists = said_[name];
  for (const auto& [file, list] : lists) files.insert(file);
  lists.clear();
  lists[name] = Json::array();
  if (analysis.failure()) lists[name].push_back(diagnostic_json(seen, *analysis.failure()));
  for (const source::Diagnostic& diagnostic : analysis.session().diagnostics.items()) {
    const std::string& file = diagnostic.has_span ? analysis.name_of(diagnostic.span.source) : name;
    lists[file].push_back(diagnostic_json(seen, diagnostic));
  }
  if (analysis.findings() || analysis.lint_failure()) {
    findings_[name].clear();
    add_findings(seen, findings_[name]);
  }
  if (const auto found = findings_.find(name); found != findings_.end()) {
    for (const auto& [file, list] : found->second) {
      for (const Json& finding : list) lists[file].push_back(finding);
    }
  }
  for (const auto& [file, list] : lists) files.insert(file);
}

Json Reports::about(const std::string& file) const {
  Json all = Json::array();
  for (const auto& [document, lists] : said_) {
    const auto list = lists.find(file);
    if (list == lists.end()) continue;
    for (const Json& diagnostic : list->second) {
      if (std::find(all.begin(), all.end(), diagnostic) == all.end()) all.push_back(diagnostic);
    }
  }
  return all;
}

void Reports::move_findings(const std::string& file, const Range& range, const std::string& text, Encoding encoding) {
  for (auto& [document, lists] : findings_) {
    const auto list = lists.find(file);
    if (list == lists.end()) continue;
    Json kept = Json::array();
    for (Json& finding : list->second) {
      const Range place = range_of(finding["range"]);
      const Range now = {moved(place.start, false, range, text, encoding),
                         moved(place.end, true, range, text, encoding)};
      if (now.start > now.end || (now.start == now.end && place.start != place.end)) continue;
      finding["range"] = to_json(now);
      kept.push_back(std::move(finding));
    }
    list->second = std::move(kept);
  }
}

void Reports::forget_findings_in(const std::string& file) {
  for (auto& [document, lists] : findings_) lists.erase(file);
}

bool Reports::has_finding(const std::string& document, const Range& range) const {
  const auto lists = findings_.find(document);
  if (lists == findings_.end()) return false;
  const auto list = lists->second.find(document);
  return list != lists->second.end() && std::any_of(list->second.begin(), list->second.end(), [&](const Json& finding) {
           const Range place = range_of(finding["range"]);
           return place.start <= range.end && range.start <= place.end;
         });
}

void Reports::close(const std::string& document, std::set<std::string>& files) {
  files.insert(document);
  findings_.erase(document);
  const auto lists = said_.extract(document);
  if (lists.empty()) return;
  for (const auto& [file, list] : lists.mapped()) files.insert(file);
}

}  // namespace kpi::lsp
