// `kpi import`: loads an export of a platform into a table, as an `import` declaration says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/model/policy.hpp"
#include "interpreter/storage/database.hpp"

namespace kpi::storage {

struct ImportOptions {
  source::Language language = source::Language::en;  // of the reasons in the reject file
  std::string encoding;                              // instead of the declaration's; empty: as declared
  std::string rejects_path;                          // empty: the export's name with `.rejects.csv` behind it
  bool progress = true;                              // on a terminal, after a second
  bool pages = true;                                 // new tables page by page where possible; see open_target
};

struct ImportReport {
  std::string table;  // as stored
  bool created_table = false;
  std::uint64_t rows = 0;  // records behind the header: the sum of the seven counts below
  std::uint64_t inserted = 0, updated = 0;
  std::uint64_t unchanged = 0;  // the table held them already
  std::uint64_t repeated = 0;   // equal to an earlier row of the file with the same key
  std::uint64_t skipped = 0;    // `skip rows where`
  std::uint64_t rejected = 0;
  std::string rejects_path;                 // written only when rows were rejected
  std::string kept_rejects;                 // a reject file of an earlier import that was left as it is
  std::vector<std::string> unused_headers;  // of the file
  /// Warnings, and the first rejected rows as errors located at `export.csv:12`.
  source::Diagnostics diagnostics;
};

/// The file lacks headers that the import needs; more than a DataFailure, since the declaration has places to show.
struct HeadersMissing : DataFailure {
  using DataFailure::DataFailure;
  std::vector<std::string> headers;
  std::vector<source::Span> columns;    // parallel: what reads them in the declaration
  std::vector<std::string> candidates;  // headers of the file that nothing reads
  std::uint64_t line = 0;               // where data seems to stand in place of a header; 0: not so
};

/// Mistakes in the declaration that only a reader of files can see: formats, number marks, separator, encoding.
void check_import(const model::Import& import, source::Diagnostics& diagnostics);

/// All or nothing: throws DataFailure when the file or the database as a whole cannot be used, and then nothing has
/// changed. Rows that do not fit are set aside in the reject file and never stop the others. `policy` owns the import's
/// expressions. A second import of the same file changes nothing.
ImportReport import_file(const model::Policy& policy, const model::Import& import, const std::string& database_path,
                         const std::string& export_path, const ImportOptions& options = {});

}  // namespace kpi::storage
