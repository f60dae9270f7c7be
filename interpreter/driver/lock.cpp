#include "interpreter/driver/lock.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/project.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;
using Json = nlohmann::ordered_json;

constexpr report::Word kWritten{{"wrote {}: {}", "已写入 {}：{}"}};
constexpr report::Word kLibraries{{"{} libraries", "{} 个库"}};
constexpr report::Word kLibrary{{"{} library", "{} 个库"}};
constexpr report::Word kUpToDate{{"{} is up to date", "{} 已是最新"}};

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

/// What the file says of its version, whether it is a library or a policy.
std::string version_of(const syntax::File& file) {
  for (const syntax::Declaration& declaration : file.declarations) {
    const std::vector<syntax::PolicyClause>* clauses = nullptr;
    if (const auto* library = std::get_if<syntax::LibraryDecl>(&declaration)) clauses = &library->clauses;
    if (const auto* policy = std::get_if<syntax::PolicyDecl>(&declaration)) clauses = &policy->clauses;
    if (clauses == nullptr) continue;
    for (const syntax::PolicyClause& clause : *clauses) {
      if (clause.key.text == "version" && !clause.texts.empty()) return clause.texts.front().value;
    }
  }
  return "";
}

std::optional<LockedLibrary> library_from(const Json& json) {
  LockedLibrary library;
  for (const auto& [name, value] : {std::pair{"path", &library.path}, std::pair{"version", &library.version},
                                    std::pair{"sha256", &library.sha256}}) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return std::nullopt;
    *value = json[name].get<std::string>();
  }
  return library;
}

std::optional<Lock> lock_from(const Json& json) {
  if (!json.is_object() || !json.contains("policies") || !json["policies"].is_object()) return std::nullopt;
  Lock lock;
  for (const auto& [policy, libraries] : json["policies"].items()) {
    auto& locked = lock[policy];
    if (!libraries.is_array()) return std::nullopt;
    for (const Json& entry : libraries) {
      auto library = library_from(entry);
      if (!library) return std::nullopt;
      locked.push_back(std::move(*library));
    }
  }
  return lock;
}

/// The `use` that leads to the library, or the first one for a library that another library brings in.
source::Span use_of(const syntax::File& file, const std::string& library) {
  source::Span first{file.source, 0, 0};
  bool found = false;
  for (const syntax::Declaration& declaration : file.declarations) {
    const auto* use = std::get_if<syntax::UseDecl>(&declaration);
    if (use == nullptr) continue;
    std::string name;
    if (use->file) {
      name = std::filesystem::path(use->file->value).lexically_normal().string();
    } else {
      for (const syntax::Ident& part : use->path.parts) name += (name.empty() ? "" : "/") + part.text;
      name += ".kpi";
    }
    const source::Span span = use->file ? use->file->span : use->path.span;
    if (name == library) return span;
    if (!found) first = span;
    found = true;
  }
  return first;
}

const LockedLibrary* find(const std::vector<LockedLibrary>& libraries, const std::string& path) {
  const auto found =
      std::find_if(libraries.begin(), libraries.end(), [&](const LockedLibrary& each) { return each.path == path; });
  return found == libraries.end() ? nullptr : &*found;
}

}  // namespace

std::string lock_path(const std::string& policy) {
  return (std::filesystem::path(policy).parent_path() / "kpi.lock").string();
}

std::optional<Lock> read_lock(const std::string& path, source::Diagnostics& diagnostics) {
  const auto text = read_policy_file_if_present(path);
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, false);
  const auto bad = [&](source::DiagnosticId problem) {
    diagnostics.add_without_span(ids::lock_not_readable).with("lock", path).with("problem", source::phrase(problem));
  };
  if (json.is_discarded()) return bad(ids::lock_bad_json), std::nullopt;
  auto lock = lock_from(json);
  if (!lock) bad(ids::lock_bad_shape);
  return lock;
}

std::string lock_text(const Lock& lock) {
  Json policies = Json::object();
  for (const auto& [policy, libraries] : lock) {
    Json entries = Json::array();
    for (const LockedLibrary& library : libraries) {
      entries.push_back({{"path", library.path}, {"version", library.version}, {"sha256", library.sha256}});
    }
    policies[policy] = std::move(entries);
  }
  return Json{{"kpi_lock", 1}, {"policies", std::move(policies)}}.dump(2) + "\n";
}

std::vector<LockedLibrary> locked_libraries(const std::string& policy, const std::vector<const syntax::File*>& files,
                                            const source::SourceMap& sources) {
  const std::filesystem::path folder = std::filesystem::path(policy).parent_path();
  std::vector<LockedLibrary> libraries;
  for (const syntax::File* file : files) {
    const source::Source& text = sources.get(file->source);
    const bool as_named = text.name.starts_with("std/") || folder.empty();
    const std::filesystem::path path(text.name);
    const std::string shown = as_named ? text.name : path.lexically_relative(folder).generic_string();
    libraries.push_back({shown, version_of(*file), sha256(text.text)});
  }
  std::sort(libraries.begin(), libraries.end(),
            [](const LockedLibrary& a, const LockedLibrary& b) { return a.path < b.path; });
  return libraries;
}

void check_lock(const std::string& policy, const syntax::File& file, const std::vector<const syntax::File*>& files,
                const source::SourceMap& sources, source::Diagnostics& diagnostics) {
  const std::string path = lock_path(policy);
  const auto lock = read_lock(path, diagnostics);
  if (!lock || !lock->contains(file_name(policy))) return;
  const std::vector<LockedLibrary>& locked = lock->at(file_name(policy));
  const std::vector<LockedLibrary> libraries = locked_libraries(policy, files, sources);
  const auto report = [&](source::DiagnosticId id, const std::string& library) -> source::Diagnostic& {
    return diagnostics.add(id, use_of(file, library))
        .with("library", library)
        .with("lock", path)
        .with("policy", policy);
  };
  for (const LockedLibrary& library : libraries) {
    const LockedLibrary* known = find(locked, library.path);
    if (known == nullptr) {
      report(ids::library_not_locked, library.path);
    } else if (known->sha256 != library.sha256) {
      const bool same_version = known->version == library.version;
      report(same_version ? ids::library_changed : ids::library_version_changed, library.path)
          .with("old", known->version)
          .with("new", library.version);
    }
  }
  // A library that is used but was not found has its own error.
  const auto& found = diagnostics.items();
  const bool incomplete = std::any_of(found.begin(), found.end(), [](const source::Diagnostic& diagnostic) {
    return diagnostic.id == ids::library_not_found;
  });
  for (const LockedLibrary& known : locked) {
    if (!incomplete && find(libraries, known.path) == nullptr) report(ids::locked_library_unused, known.path);
  }
}

Exit run_lock(const Invocation& invocation, const Terminal& terminal) {
  Session session;
  session.checks_lock = false;
  std::map<std::string, std::vector<std::pair<std::string, std::vector<LockedLibrary>>>> by_lock;
  for (const std::string& path : invocation.arguments) {
    const Compiled compiled = session.compile(path);
    by_lock[lock_path(path)].emplace_back(file_name(path), locked_libraries(path, compiled.libraries, session.sources));
  }
  std::string out;
  if (!session.diagnostics.has_errors()) {
    for (const auto& [path, policies] : by_lock) {
      source::Diagnostics unreadable;  // it is written anew
      Lock lock = read_lock(path, unreadable).value_or(Lock{});
      const Lock before = lock;
      std::size_t count = 0;
      for (const auto& [policy, libraries] : policies) {
        lock[policy] = libraries;
        count += libraries.size();
      }
      if (lock == before && unreadable.items().empty()) {
        out += report::say(kUpToDate, invocation.language, path) + "\n";
        continue;
      }
      write_result(lock_text(lock), path);
      out += report::say(kWritten, invocation.language, path,
                         report::say(count == 1 ? kLibrary : kLibraries, invocation.language, count)) +
             "\n";
    }
  }
  if (invocation.format == Format::pretty) write_result(out, std::nullopt);
  print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
  return session.diagnostics.has_errors() ? Exit::not_compiled : Exit::clean;
}

}  // namespace kpi::driver
