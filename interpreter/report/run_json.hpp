// The result of `run` as JSON; the layout is in the language reference. Keys stand in a fixed order, numbers are
// strings and exact.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/report/look.hpp"
#include "interpreter/report/pieces.hpp"

namespace kpi::report {

/// `version` is the program's.
/// What a result was made from, besides the policy file: enough to see later whether it was the same.
struct MadeFrom {
  struct Library {
    std::string path, version, sha256;
  };
  std::vector<Library> libraries;
  std::string database;                     // only when its bytes were summed up
  std::optional<std::string> database_sum;  // SHA-256; none: changes of another program are not in the file yet
};

std::string run_json(const model::Policy& policy, const eval::Run& run, const source::Diagnostics& warnings,
                     const source::SourceMap& sources, std::string_view version, Language language);
/// The same while periods are evaluated.
std::unique_ptr<PeriodWriter> json_writer(const model::Policy& policy, const source::SourceMap& sources,
                                          std::string_view version, Language language, unsigned threads, TextSink sink,
                                          MadeFrom made_from = {});

}  // namespace kpi::report
