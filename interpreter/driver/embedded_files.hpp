// The standard library as the build put it into the program (cmake/embed.cmake).
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

}  // namespace kpi::driver
