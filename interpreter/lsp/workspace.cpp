#include "interpreter/lsp/workspace.hpp"

#include <algorithm>
#include <filesystem>

#include "interpreter/driver/files.hpp"

namespace kpi::lsp {
namespace {

constexpr std::string_view kFileScheme = "file://";

std::string decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escape = text[at] == '%' && at + 2 < text.size() && digit(text[at + 1]) >= 0 && digit(text[at + 2]) >= 0;
    if (!escape) {
      result += text[at];
      continue;
    }
    result += static_cast<char>(digit(text[at + 1]) * 16 + digit(text[at + 2]));
    at += 2;
  }
  return result;
}

std::string encoded(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

}  // namespace

std::string name_of_uri(std::string_view uri) {
  if (uri.starts_with(kFileScheme)) {
    std::string_view rest = uri.substr(kFileScheme.size());
    const std::size_t path = rest.find('/');  // behind the host, which is empty or this machine
    return decoded(path == std::string_view::npos ? rest : rest.substr(path));
  }
  if (uri.starts_with(kStandardScheme)) {
    std::string name = decoded(uri.substr(kStandardScheme.size()));
    name.erase(0, std::min(name.find_first_not_of('/'), name.size()));
    return name;
  }
  return std::string(uri);
}

std::string uri_of_name(std::string_view name) {
  if (name.starts_with('/')) return std::string(kFileScheme) + encoded(name);
  if (name.starts_with("std/")) return std::string(kStandardScheme) + "/" + encoded(name);
  return std::string(name);
}

void Workspace::open(const std::string& uri, std::string text, int version) {
  const std::string name = name_of_uri(uri);
  texts_[name] = text;
  documents_.erase(name);
  documents_.emplace(name, Open{Document(std::move(text)), version, nullptr, false, false});
  invalidate(name);
}

void Workspace::close(const std::string& uri) {
  const std::string name = name_of_uri(uri);
  documents_.erase(name);
  texts_.erase(name);
  invalidate(name);
}

Document* Workspace::edit(const std::string& uri) {
  const auto found = documents_.find(name_of_uri(uri));
  return found == documents_.end() ? nullptr : &found->second.document;
}

void Workspace::changed(const std::string& uri, int version) {
  const std::string name = name_of_uri(uri);
  const auto found = documents_.find(name);
  if (found == documents_.end()) return;
  found->second.version = version;
  texts_[name] = found->second.document.text();
  invalidate(name);
}

void Workspace::disk_changed() {
  for (auto& [name, open] : documents_) {
    open.analysis.reset();
    open.reported = open.linted = false;
  }
}

void Workspace::invalidate(const std::string& changed) {
  for (auto& [name, open] : documents_) {
    if (name != changed && open.analysis && !open.analysis->reads(changed)) continue;
    open.analysis.reset();
    open.reported = open.linted = false;
  }
}

bool Workspace::has_unlinted() const {
  return std::any_of(documents_.begin(), documents_.end(), [](const auto& entry) { return !entry.second.linted; });
}

std::vector<std::string> Workspace::take_unlinted() {
  std::vector<std::string> result;
  for (auto& [name, open] : documents_) {
    if (open.linted || !open.reported) continue;
    open.linted = true;
    result.push_back(name);
  }
  return result;
}

Analysis* Workspace::lintable(const std::string& name) {
  const auto found = documents_.find(name);
  return found == documents_.end() ? nullptr : found->second.analysis.get();
}

std::optional<int> Workspace::version(const std::string& name) const {
  const auto found = documents_.find(name);
  return found == documents_.end() ? std::nullopt : std::optional(found->second.version);
}

const Analysis* Workspace::analysis(const std::string& uri) {
  const std::string name = name_of_uri(uri);
  const auto found = documents_.find(name);
  if (found == documents_.end()) return nullptr;
  if (!found->second.analysis) found->second.analysis = std::make_unique<Analysis>(texts_, name);
  return found->second.analysis.get();
}

std::vector<std::string> Workspace::unreported() const {
  std::vector<std::string> result;
  for (const auto& [name, open] : documents_) {
    if (!open.reported) result.push_back(name);
  }
  return result;
}

void Workspace::reported(const std::string& name) {
  if (const auto found = documents_.find(name); found != documents_.end()) found->second.reported = true;
}

std::vector<std::string> Workspace::open_names() const {
  std::vector<std::string> result;
  for (const auto& [name, open] : documents_) result.push_back(name);
  return result;
}

std::vector<std::unique_ptr<Analysis>> Workspace::unopened() const {
  std::vector<std::string> paths;
  for (const std::string& folder : folders) {
    std::error_code ignored;
    auto entry = std::filesystem::recursive_directory_iterator(
        folder, std::filesystem::directory_options::skip_permission_denied, ignored);
    for (const std::filesystem::recursive_directory_iterator end; !ignored && entry != end && paths.size() < kMostFiles;
         entry.increment(ignored)) {
      const std::string file = entry->path().filename().string();
      const bool hidden = file.starts_with('.') || file == "node_modules" || file == "build";
      if (hidden && entry->is_directory(ignored)) entry.disable_recursion_pending();
      const std::string path = entry->path().string();
      if (!hidden && entry->path().extension() == ".kpi" && !documents_.contains(path)) paths.push_back(path);
    }
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<std::unique_ptr<Analysis>> result;
  for (const std::string& path : paths) {
    try {
      driver::TextsByPath texts = texts_;
      if (auto text = driver::read_policy_file_if_present(path)) texts[path] = std::move(*text);
      result.push_back(std::make_unique<Analysis>(texts, path));
    } catch (const driver::Failure&) {
      continue;  // a file that cannot be read has nothing to offer
    }
  }
  return result;
}

}  // namespace kpi::lsp
