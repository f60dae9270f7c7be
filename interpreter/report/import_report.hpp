// What an import did.
#pragma once

#include <cstdint>
#include <string>

#include "grammar/source/diagnostic.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

struct ImportCounts {
  std::string file, database, table;
  bool created_table = false;
  std::uint64_t rows = 0, inserted = 0, updated = 0, unchanged = 0, repeated = 0, skipped = 0, rejected = 0;
  std::string rejects_file;
  std::string kept_rejects;  // of an earlier import, left as it is
};

std::string import_text(const ImportCounts& counts, const Look& look);
std::string import_json(const ImportCounts& counts, const source::Diagnostics& diagnostics,
                        const source::SourceMap& sources, Language language);

}  // namespace kpi::report
