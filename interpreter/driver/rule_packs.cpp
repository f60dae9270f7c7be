#include "interpreter/driver/rule_packs.hpp"

#include <algorithm>
#include <set>

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/driver/failure.hpp"

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

/// `fails { … }` and `passes { … }` of the program's own packs with nothing but blanks inside; every other character
/// stays at its place.
std::string without_examples(std::string text) {
  std::size_t at = 0;
  const auto skip_text_or_comment = [&]() {
    if (text[at] == '#') {
      while (at < text.size() && text[at] != '\n') ++at;
      return true;
    }
    if (text[at] != '"') return false;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\') ++at;
    }
    ++at;
    return true;
  };
  const auto block_begins = [&](std::string_view word) {
    if (text.compare(at, word.size(), word) != 0) return false;
    std::size_t next = at + word.size();
    while (next < text.size() && text[next] == ' ') ++next;
    return next < text.size() && text[next] == '{' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n');
  };
  while (at < text.size()) {
    if (skip_text_or_comment()) continue;
    if (!block_begins("fails") && !block_begins("passes")) {
      ++at;
      continue;
    }
    at = text.find('{', at) + 1;
    const std::size_t begin = at;
    for (int depth = 1; at < text.size();) {
      if (skip_text_or_comment()) continue;
      depth += text[at] == '{' ? 1 : text[at] == '}' ? -1 : 0;
      if (depth == 0) break;
      ++at;
    }
    std::replace_if(
        text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(at),
        [](char c) { return c != '\n'; }, ' ');
  }
  return text;
}

}  // namespace

std::optional<lint::Pack> RulePacks::standard(const std::string& name) {
  const std::string path = std::string(kFolder) + name + std::string(kEnding);
  const auto text = standard_library(path);
  if (!text) return std::nullopt;
  std::unique_ptr<Compiled>& file = files_[path];
  if (!file) {
    std::string content(*text);
    if (examples_ == Examples::left_out) content = without_examples(std::move(content));
    file = std::make_unique<Compiled>(session_.compile_text(path, std::move(content)));
  }
  return lint::Pack{&file->policy, lint::standard_name(path)};
}

lint::Pack RulePacks::own(const std::string& path) {
  std::unique_ptr<Compiled>& file = files_[path];
  if (!file) {
    const std::size_t errors = session_.diagnostics.error_count();
    file = std::make_unique<Compiled>(session_.compile(path));
    if (file->policy.rules.empty() && session_.diagnostics.error_count() == errors)
      throw Failure(source::ids::file_without_rules, {{"file", path}});
  }
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
