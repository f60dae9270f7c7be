// The lock file `kpi.lock` beside a policy: which libraries it was reviewed with. Where there is one, a policy whose
// libraries have other texts now does not compile, so that nobody's pay changes because a library did.
//
//   {"kpi_lock": 1, "policies": {"policy.kpi": [{"path": "std/live.kpi", "version": "1.0", "sha256": "…"}]}}
//
// Paths are relative to the folder of the lock file; those of the standard library begin with `std/`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "grammar/syntax/ast.hpp"

namespace kpi::driver {

struct LockedLibrary {
  std::string path, version, sha256;
  friend bool operator==(const LockedLibrary&, const LockedLibrary&) = default;
};

/// By the policy's file name.
using Lock = std::map<std::string, std::vector<LockedLibrary>>;

/// `kpi.lock` in the policy's folder.
std::string lock_path(const std::string& policy);
/// The lock file of that path; none when it is not there. A file that is no lock file is reported and gives none.
std::optional<Lock> read_lock(const std::string& path, source::Diagnostics& diagnostics);
std::string lock_text(const Lock& lock);

/// What the libraries of a policy are now, by path.
std::vector<LockedLibrary> locked_libraries(const std::string& policy, const std::vector<const syntax::File*>& files,
                                            const source::SourceMap& sources);
/// Reports libraries that differ from the lock file beside the policy, at the `use` that brings them in.
void check_lock(const std::string& policy, const syntax::File& file, const std::vector<const syntax::File*>& libraries,
                const source::SourceMap& sources, source::Diagnostics& diagnostics);

}  // namespace kpi::driver
