// Imports from the text of their declarations.
#pragma once

#include "grammar/source/source.hpp"
#include "grammar/syntax/parser.hpp"
#include "interpreter/bind/binder.hpp"
#include "interpreter/storage/import.hpp"
#include "tests/unit/storage/files.hpp"

namespace kpi::storage::test {

inline model::Policy bind_text(const std::string& text) {
  source::SourceMap sources;
  source::Diagnostics diagnostics;
  const syntax::File file = syntax::parse(sources, sources.add("test.kpi", text), diagnostics);
  bind::NoLibraries libraries;
  model::Policy policy = bind::bind(file, sources, libraries, diagnostics);
  for (const auto& diagnostic : diagnostics.items()) {
    UNSCOPED_INFO(source::code(diagnostic.id) << " " << source::message(diagnostic, source::Language::en));
  }
  REQUIRE_FALSE(diagnostics.has_errors());
  return policy;
}

/// A library with one import called `x` into the table `t`.
inline model::Policy one_import(const std::string& clauses) {
  return bind_text("edition 2026\nlibrary test {\n  import x into t {\n" + clauses + "\n  }\n}\n");
}

inline const model::Import& import_called(const model::Policy& policy, const std::string& name) {
  for (const auto& import : policy.imports) {
    if (import.named.name == name) return import;
  }
  FAIL("no import " << name);
  return policy.imports.front();
}

/// inserted/updated/unchanged/repeated/skipped/rejected
inline std::string counts(const ImportReport& report) {
  const auto n = [](std::uint64_t count) { return std::to_string(count); };
  CHECK(report.rows ==
        report.inserted + report.updated + report.unchanged + report.repeated + report.skipped + report.rejected);
  return n(report.inserted) + "/" + n(report.updated) + "/" + n(report.unchanged) + "/" + n(report.repeated) + "/" +
         n(report.skipped) + "/" + n(report.rejected);
}

inline ImportReport run_import(const model::Policy& policy, const std::string& name, const std::string& database,
                               const std::string& file, const ImportOptions& options = {}) {
  return import_file(policy, import_called(policy, name), database, file, options);
}

/// All rows of a table in order of their row id: cells joined by `|`, NULL as `-`.
inline std::vector<std::string> table(const std::string& database, const std::string& name) {
  const Database opened = Database::open_for_reading(database);
  Statement columns(opened, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
  columns.bind(1, name);
  std::string sql;
  while (columns.step())
    sql += (sql.empty() ? "" : " || '|' || ") + ("ifnull(" + storage::quoted(columns.text(0)) + ", '-')");
  return rows(database, "SELECT " + sql + " FROM " + storage::quoted(name) + " ORDER BY rowid");
}

/// `12 K0582 reject_number` for each row shown.
inline std::vector<std::string> reject_codes(const ImportReport& report) {
  std::vector<std::string> found;
  for (const auto& diagnostic : report.diagnostics.items()) {
    if (diagnostic.location.empty()) continue;
    const std::string line = diagnostic.location.substr(diagnostic.location.rfind(':') + 1);
    CHECK(source::message(diagnostic, source::Language::en).find('{') == std::string::npos);
    CHECK(source::message(diagnostic, source::Language::zh).find('{') == std::string::npos);
    found.push_back(line + " " + source::code(diagnostic.id) + " " + std::string(source::info(diagnostic.id).name));
  }
  return found;
}

}  // namespace kpi::storage::test
