// The standard library, the templates and the snippets of editors as the build put them into the program (cmake/embed.cmake).
#pragma once

#include <string_view>
#include <vector>

namespace kpi::driver {

/// `path` is what `use` leads to, such as `std/imports.kpi` for stdlib/imports.kpi.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};

/// Sorted by path; lives as long as the program.
const std::vector<EmbeddedFile>& embedded_files();
/// The files below policies/, such as `uk_live_hosts/policy.kpi`. Sorted by path.
const std::vector<EmbeddedFile>& embedded_templates();
/// `kpi.json`: what editors propose for each declaration.
const std::vector<EmbeddedFile>& embedded_snippets();

}  // namespace kpi::driver
