#include "interpreter/driver/library_loader.hpp"

#include <algorithm>
#include <filesystem>

#include "grammar/syntax/parser.hpp"
#include "interpreter/driver/embedded_files.hpp"
#include "interpreter/driver/files.hpp"

namespace kpi::driver {
namespace {

constexpr std::string_view kStandard = "std/";

/// Where a relative name leads from the file that mentions it.
std::string beside(const std::string& user, std::string_view name) {
  return (std::filesystem::path(user).parent_path() / std::filesystem::path(name)).lexically_normal().string();
}

}  // namespace

std::optional<std::string_view> standard_library(std::string_view path) {
  const auto& files = embedded_files();
  const auto found =
      std::lower_bound(files.begin(), files.end(), path,
                       [](const EmbeddedFile& file, std::string_view wanted) { return file.path < wanted; });
  if (found == files.end() || found->path != path) return std::nullopt;
  return found->text;
}

const syntax::File* LibraryFiles::load(std::string_view name, source::SourceId user, source::Diagnostics& diagnostics) {
  const syntax::File* file = find(name, user, diagnostics);
  if (file != nullptr) loaded_.insert(file);
  return file;
}

std::vector<const syntax::File*> LibraryFiles::take_loaded() {
  std::vector<const syntax::File*> files(loaded_.begin(), loaded_.end());
  loaded_.clear();
  return files;
}

const syntax::File* LibraryFiles::find(std::string_view name, source::SourceId user, source::Diagnostics& diagnostics) {
  const std::string& from = sources_.get(user).name;
  if (name.starts_with(kStandard)) {
    const auto text = standard_library(name);
    return text ? parsed(std::string(name), std::string(*text), diagnostics) : nullptr;
  }
  const std::string path = beside(from, name);
  if (const auto known = files_.find(path); known != files_.end()) return known->second.get();
  // A standard library file may use its neighbours, but never a file of the folder the command runs in.
  if (from.starts_with(kStandard) && standard_library(from)) {
    const auto text = standard_library(path);
    return text ? parsed(path, std::string(*text), diagnostics) : nullptr;
  }
  if (texts_) {
    if (const auto open = texts_->find(path); open != texts_->end()) return parsed(path, open->second, diagnostics);
  }
  auto text = read_policy_file_if_present(path);
  if (!text) return nullptr;
  return parsed(path, std::move(*text), diagnostics);
}

const syntax::File* LibraryFiles::parsed(const std::string& path, std::string text, source::Diagnostics& diagnostics) {
  std::unique_ptr<syntax::File>& file = files_[path];
  if (!file) {
    // The policy under check may itself be used by another one: its text is there already.
    const auto known = sources_.find(path);
    const source::SourceId id = known ? *known : sources_.add(path, std::move(text));
    file = std::make_unique<syntax::File>(syntax::parse(sources_, id, diagnostics));
  }
  return file.get();
}

}  // namespace kpi::driver
