#include "interpreter/lsp/workspace.hpp"

#include <algorithm>

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

void Workspace::set_text(const std::string& name, const std::string* text) {
  auto texts = std::make_shared<driver::TextsByPath>(*texts_);  // analyses hold on to the old ones
  if (text) {
    (*texts)[name] = *text;
  } else {
    texts->erase(name);
  }
  texts_ = std::move(texts);
}

void Workspace::open(const std::string& uri, std::string text, int version) {
  const std::string name = name_of_uri(uri);
  set_text(name, &text);
  documents_.erase(name);
  documents_.emplace(name, Open{Document(std::move(text)), version, nullptr, 0, false, false});
  invalidate(name);
}

void Workspace::close(const std::string& uri) {
  const std::string name = name_of_uri(uri);
  documents_.erase(name);
  set_text(name, nullptr);
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
  set_text(name, &found->second.document.text());
  invalidate(name);
}

void Workspace::outdate(Open& open) {
  open.analysis.reset();
  open.generation = ++generations_;
  open.reported = open.linted = false;
}

void Workspace::all_changed() {
  folders.look_again();
  for (auto& [name, open] : documents_) outdate(open);
}

void Workspace::disk_changed(const std::string& uri, bool appeared) {
  folders.look_again();
  const std::string name = name_of_uri(uri);
  if (documents_.contains(name)) return;
  // Nobody has read a file that was not there; and settings and baselines are known to the rules alone.
  if (appeared || !name.ends_with(".kpi")) return all_changed();
  invalidate(name);
}

void Workspace::invalidate(const std::string& changed) {
  for (auto& [name, open] : documents_) {
    if (name == changed || !open.analysis || open.analysis->reads(changed)) outdate(open);
  }
}

bool Workspace::has_unlinted() const {
  return std::any_of(documents_.begin(), documents_.end(), [](const auto& entry) { return !entry.second.linted; });
}

std::vector<Linter::Job> Workspace::take_unlinted() {
  std::vector<Linter::Job> result;
  for (auto& [name, open] : documents_) {
    if (open.linted || !open.reported) continue;
    open.linted = true;
    result.push_back({name, open.generation, texts_, open.document.text()});
  }
  return result;
}

bool Workspace::adopt(Linter::Done done) {
  const auto found = documents_.find(done.name);
  if (found == documents_.end() || found->second.generation != done.generation || !done.analysis) return false;
  found->second.analysis = std::move(done.analysis);
  return true;
}

void Workspace::lint(const std::string& uri) {
  if (!analysis(uri)) return;
  Open& open = documents_.find(name_of_uri(uri))->second;
  open.analysis->lint();
}

std::shared_ptr<const Analysis> Workspace::file(const std::string& name) {
  if (!documents_.contains(name)) return folders.file(name, texts_);
  (void)analysis(name);
  return documents_.find(name)->second.analysis;
}

std::optional<int> Workspace::version(const std::string& name) const {
  const auto found = documents_.find(name);
  return found == documents_.end() ? std::nullopt : std::optional(found->second.version);
}

const Analysis* Workspace::analysis(const std::string& uri) {
  const std::string name = name_of_uri(uri);
  const auto found = documents_.find(name);
  if (found == documents_.end()) return nullptr;
  if (!found->second.analysis)
    found->second.analysis = std::make_shared<Analysis>(texts_, name, found->second.document.text());
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

}  // namespace kpi::lsp
