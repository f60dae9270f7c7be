#include "interpreter/storage/import.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/data.hpp"
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

bool is_database(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char start[16] = {};
  file.read(start, sizeof start);
  return std::string_view(start, static_cast<std::size_t>(file.gcount())) == std::string_view("SQLite format 3", 16);
}

/// The two arguments the wrong way round: what is to be read is a database, or is not there while the database is a
/// file of another kind.
void check_order(const std::string& database, const std::string& file, const std::string& as) {
  const bool first_is_export = ::access(database.c_str(), F_OK) == 0 && !is_database(database);
  const bool nothing_to_read = ::access(file.c_str(), F_OK) != 0 && file.find(".db") != std::string::npos;
  const bool swapped = is_database(file) || (first_is_export && nothing_to_read);
  if (!swapped || database == file) return;
  throw Failure(ids::import_arguments_swapped, {{"database", file}, {"file", database}, {"as", as}});
}

/// The declaration's columns beside what the file has.
void report_missing(const storage::HeadersMissing& missing, source::Diagnostics& diagnostics) {
  source::Diagnostic& diagnostic =
      diagnostics.add(static_cast<DiagnosticId>(missing.diagnostic), missing.columns.front());
  diagnostic.parameters = missing.parameters;
  for (std::size_t i = 1; i < missing.columns.size(); ++i) {
    diagnostic.label(missing.columns[i], ids::import_column_reads, {{"header", missing.headers[i]}});
  }
  if (missing.line > 0) diagnostic.note(ids::import_no_header, {{"line", std::to_string(missing.line)}});
  if (missing.line == 0 && missing.headers.size() == 1)
    diagnostic.suggestion = source::nearest_name(missing.headers.front(), missing.candidates).value_or("");
}

}  // namespace

Exit run_import(const Invocation& invocation, const Terminal& terminal) {
  const std::string as = *invocation.value("--as");
  const auto from = invocation.value("--from");
  const ImportName name = import_name(as, from);
  Session session;
  const Compiled library =
      compile_library(session, name, !from && as.starts_with("std.") && as.find(':') == std::string::npos);
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
  check_order(database, file, as);
  storage::ImportReport result;
  try {
    result = storage::import_file(library.policy, find_import(library, name.name), database, file, options);
  } catch (const storage::HeadersMissing& missing) {
    report_missing(missing, session.diagnostics);
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::unusable;
  }
  const report::ImportCounts counts = {file,
                                       database,
                                       result.table,
                                       result.created_table,
                                       result.rows,
                                       result.inserted,
                                       result.updated,
                                       result.unchanged,
                                       result.repeated,
                                       result.skipped,
                                       result.rejected,
                                       result.rejects_path,
                                       result.kept_rejects};
  if (invocation.format == Format::json) {
    write_result(report::import_json(counts, result.diagnostics, session.sources, invocation.language), std::nullopt);
  } else {
    write_result(report::import_text(counts, terminal.out), std::nullopt);
    print_to_standard_error(result.diagnostics, session.sources, invocation.format, terminal.err);
  }
  return result.rejected > 0 ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
