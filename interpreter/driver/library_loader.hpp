// Files that `use` brings in: the standard library inside the program, others beside the file that uses them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/bind/binder.hpp"

namespace kpi::driver {

/// Texts that are not on the disk, or not yet, by the path as `use` leads to it.
using TextsByPath = std::map<std::string, std::string, std::less<>>;

/// Each file is read and parsed once; the trees live as long as this.
class LibraryFiles final : public bind::LibraryLoader {
 public:
  explicit LibraryFiles(source::SourceMap& sources, const TextsByPath* texts = nullptr)
      : sources_(sources), texts_(texts) {}
  /// The libraries that were asked for since the last call, each once.
  std::vector<const syntax::File*> take_loaded();
  const syntax::File* load(std::string_view name, source::SourceId user, source::Diagnostics& diagnostics) override;

 private:
  const syntax::File* find(std::string_view name, source::SourceId user, source::Diagnostics& diagnostics);
  const syntax::File* parsed(const std::string& path, std::string text, source::Diagnostics& diagnostics);

  source::SourceMap& sources_;
  std::set<const syntax::File*> loaded_;
  const TextsByPath* texts_;
  std::map<std::string, std::unique_ptr<syntax::File>> files_;  // by path; null: there is none
};

/// The text of a standard library file such as `std/imports.kpi`; none if there is no such file.
std::optional<std::string_view> standard_library(std::string_view path);

}  // namespace kpi::driver
