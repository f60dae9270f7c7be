#include "interpreter/storage/import.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/cli.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/report/import_report.hpp"

namespace kpi::driver {
namespace {

using source::DiagnosticId;
namespace ids = source::ids;

/// Where an import is declared and what it is called there.
struct ImportName {
  std::string library;  // a path; `std/…` for the standard library
  std::string name;
  std::string shown;  // the library as the user wrote it
};

// `std.imports.x` is `x` of std/imports.kpi, `dir/file.kpi:x` is `x` of that file; with --from, the name alone.
ImportName import_name(const std::string& as, const std::optional<std::string>& from) {
  if (from) return {*from, as, *from};
  if (const std::size_t colon = as.rfind(':'); colon != std::string::npos)
    return {as.substr(0, colon), as.substr(colon + 1), as.substr(0, colon)};
  const std::size_t dot = as.rfind('.');
  if (!as.starts_with("std.") || dot < 4) throw Failure(ids::unknown_import_library, {{"name", as}});
  const std::string shown = as.substr(0, dot);
  std::string library = shown;
  std::replace(library.begin(), library.end(), '.', '/');
  return {library + ".kpi", as.substr(dot + 1), shown};
}

Compiled compile_library(Session& session, const ImportName& name, bool standard) {
  if (!standard) return session.compile(name.library);
  const auto text = standard_library(name.library);
  if (!text) throw Failure(ids::unknown_import_library, {{"name", name.shown}});
  return session.compile_text(name.library, std::string(*text));
}

const model::Import& find_import(const Compiled& compiled, const std::string& name) {
  std::vector<std::string> names;
  std::string listed;
  for (const model::Import& import : compiled.policy.imports) {
    if (import.named.name == name) return import;
    names.push_back(import.named.name);
    listed += (listed.empty() ? "`" : ", `") + import.named.name + "`";
  }
  throw Failure(ids::unknown_import,
                {{"file", compiled.path}, {"name", name}, {"names", listed.empty() ? "-" : listed}},
                source::nearest_name(name, names).value_or(""));
}

}  // namespace

Exit run_import(const Invocation& invocation, const Terminal& terminal) {
  const std::string as = *invocation.value("--as");
  const auto from = invocation.value("--from");
  const ImportName name = import_name(as, from);
  Session session;
  const Compiled library =
      compile_library(session, name, !from && as.starts_with("std.") && as.find(':') == std::string::npos);
  if (!session.diagnostics.has_errors()) storage::check_import(find_import(library, name.name), session.diagnostics);
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  const std::string& database = invocation.arguments[0];
  const std::string& file = invocation.arguments[1];
  storage::ImportOptions options;
  options.language = invocation.language;
  options.encoding = invocation.value("--encoding").value_or("");
  options.rejects_path = invocation.value("--rejects").value_or("");
  storage::ImportReport result =
      storage::import_file(library.policy, find_import(library, name.name), database, file, options);
  const report::ImportCounts counts = {
      file,           database,         result.table,    result.created_table, result.rows,     result.inserted,
      result.updated, result.unchanged, result.repeated, result.skipped,       result.rejected, result.rejects_path};
  if (invocation.format == Format::json) {
    write_result(report::import_json(counts, result.diagnostics, session.sources, invocation.language), std::nullopt);
  } else {
    write_result(report::import_text(counts, terminal.out), std::nullopt);
    print_to_standard_error(result.diagnostics, session.sources, invocation.format, terminal.err);
  }
  return result.rejected > 0 ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
