#include "interpreter/lsp/folders.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <functional>

#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/files.hpp"

namespace kpi::lsp {
namespace {

namespace fs = std::filesystem;

/// Requests that belong together, such as the two halves of a rename, look at the disk once.
constexpr std::chrono::milliseconds kFresh{1000};

bool left_out(const std::string& folder) {
  return folder.starts_with('.') || folder == "node_modules" || folder == "build";
}

}  // namespace

void Folders::list() {
  const auto now = std::chrono::steady_clock::now();
  if (listed_ != decltype(listed_){} && now - listed_ < kFresh) return;
  std::vector<std::string> found;
  complete_ = true;
  // Level by level, so that a limit cuts off what lies deepest.
  std::deque<fs::path> open(roots.begin(), roots.end());
  for (std::size_t seen = 0; !open.empty() && complete_;) {
    const fs::path folder = std::move(open.front());
    open.pop_front();
    std::error_code error;
    std::vector<fs::path> inner;
    for (auto entry = fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
      if (++seen > kMostEntries) {
        complete_ = false;
        break;
      }
      std::error_code unknown;
      const fs::path& path = entry->path();
      if (entry->is_directory(unknown)) {
        if (!entry->is_symlink(unknown) && !left_out(path.filename().string())) inner.push_back(path);
      } else if (path.extension() == ".kpi") {
        found.push_back(path.string());
      }
    }
    std::sort(inner.begin(), inner.end());
    open.insert(open.end(), inner.begin(), inner.end());
    if (found.size() > kMostFiles) complete_ = false;
  }
  if (found.size() > kMostFiles) {
    std::nth_element(found.begin(), found.begin() + kMostFiles, found.end());
    found.resize(kMostFiles);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found != paths_) {
    std::erase_if(entries_, [&](const auto& entry) {
      return entry.second.missed_something || !std::binary_search(found.begin(), found.end(), entry.first);
    });
    paths_ = std::move(found);
  }
  listed_ = now;
}

Folders::Stamp Folders::stamp(const std::string& path, const Texts& open, Stamps& known) {
  const auto earlier = known.find(path);
  if (earlier != known.end()) return earlier->second;
  Stamp result;
  if (const auto text = open->find(path); text != open->end()) {
    result = {text->second.size(), static_cast<std::int64_t>(std::hash<std::string>{}(text->second))};
  } else {
    struct stat about = {};
    if (::stat(path.c_str(), &about) == 0) {
      constexpr std::int64_t kSecond = 1'000'000'000;
      result = {static_cast<std::uint64_t>(about.st_size), about.st_mtim.tv_sec * kSecond + about.st_mtim.tv_nsec};
    }
  }
  known.emplace(path, result);
  return result;
}

std::shared_ptr<const Analysis> Folders::compiled(const std::string& path, const Texts& open, Stamps& known) {
  Entry& entry = entries_[path];
  if (entry.analysis) {
    const bool same = std::all_of(entry.read.begin(), entry.read.end(),
                                  [&](const auto& read) { return stamp(read.first, open, known) == read.second; });
    if (same) return entry.analysis;
    entry.analysis.reset();
  }
  try {
    const Stamp before = stamp(path, open, known);
    auto content = driver::read_policy_file_if_present(path);
    if (!content) return nullptr;
    entry.analysis = std::make_shared<const Analysis>(open, path, std::move(*content));
    entry.read = {{path, before}};
    const source::SourceMap& sources = entry.analysis->session().sources;
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
      const std::string& name = sources.get({i}).name;
      if (!name.starts_with("std/")) entry.read.emplace(name, stamp(name, open, known));
    }
    entry.missed_something = entry.analysis->failure() || entry.analysis->session().diagnostics.has_errors();
    return entry.analysis;
  } catch (const driver::Failure&) {
    return nullptr;  // a file that cannot be read has nothing to offer
  }
}

Folders::Found Folders::files(const Texts& open) {
  list();
  Found result;
  result.complete = complete_;
  Stamps known;
  for (const std::string& path : paths_) {
    if (open->contains(path)) continue;
    if (auto analysis = compiled(path, open, known)) result.files.push_back(std::move(analysis));
  }
  return result;
}

std::shared_ptr<const Analysis> Folders::file(const std::string& path, const Texts& open) {
  Stamps known;
  return compiled(path, open, known);
}

}  // namespace kpi::lsp
