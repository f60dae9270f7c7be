#include "interpreter/driver/rule_packs.hpp"

#include <algorithm>
#include <set>

#include "interpreter/driver/embedded_files.hpp"

namespace kpi::driver {
namespace {

constexpr std::string_view kFolder = "std/compliance/";
constexpr std::string_view kEnding = ".kpi";

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// `core`, `markets/cn` … as far as this build has them.
std::vector<std::string> standard_names() {
  std::vector<std::string> result;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(kFolder)) continue;
    const std::string_view name = file.path.substr(kFolder.size());
    result.emplace_back(name.substr(0, name.size() - kEnding.size()));
  }
  return result;
}

}  // namespace

std::optional<lint::Pack> RulePacks::standard(const std::string& name) {
  const std::string path = std::string(kFolder) + name + std::string(kEnding);
  const auto text = standard_library(path);
  if (!text) return std::nullopt;
  std::unique_ptr<Compiled>& file = files_[path];
  if (!file) file = std::make_unique<Compiled>(session_.compile_text(path, std::string(*text)));
  return lint::Pack{&file->policy, lint::standard_name(path)};
}

lint::Pack RulePacks::own(const std::string& path) {
  std::unique_ptr<Compiled>& file = files_[path];
  if (!file) file = std::make_unique<Compiled>(session_.compile(path));
  return {&file->policy, path};
}

std::vector<lint::Pack> RulePacks::for_policy(const model::Policy& policy, const std::vector<std::string>& more) {
  std::vector<lint::Pack> result;
  std::set<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!names.insert(name).second) return;
    if (auto pack = standard(name)) result.push_back(std::move(*pack));
  };
  add("core");
  for (const std::string& name : standard_names()) {
    if (name.find('/') == std::string::npos) add(name);  // the subjects: for everybody
  }
  for (const std::string& market : policy.header.markets) {
    add("markets/" + lower(market));
    add("markets/" + lower(market.substr(0, market.find('_'))));
    if (lint::market_matches("EU", market)) add("markets/eu");
  }
  for (const std::string& platform : policy.header.platforms) add("platforms/" + lower(platform));
  for (const std::string& path : more) result.push_back(own(path));
  return result;
}

std::vector<lint::Pack> RulePacks::all(const std::vector<std::string>& more) {
  std::vector<lint::Pack> result;
  for (const std::string& name : standard_names()) {
    if (auto pack = standard(name)) result.push_back(std::move(*pack));
  }
  for (const std::string& path : more) result.push_back(own(path));
  return result;
}

const Compiled& RulePacks::compiled(const model::Policy* home) const {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& file) { return &file.second->policy == home; });
  return *found->second;
}

}  // namespace kpi::driver
