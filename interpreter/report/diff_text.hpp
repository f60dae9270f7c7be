// `kpi diff` for a terminal, for a pull request, one line a change, and for programs.
#pragma once

#include <string>

#include "interpreter/report/diff_sentences.hpp"

namespace kpi::report {

struct DiffReport {
  const diff::Diff& diff;
  Compared policies;
  const source::SourceMap& sources_before;
  const source::SourceMap& sources_after;
  std::optional<diff::Effect> effect;  // with --data
  bool all = false;                    // list everybody
};

std::string diff_text(const DiffReport& report, const Look& look);
std::string diff_markdown(const DiffReport& report, Language language);
/// `p.kpi:12:3: changed curve multiplier tier 100 value: 1 -> 0.9`, one line a change.
std::string diff_compact(const DiffReport& report, Language language);
std::string diff_json(const DiffReport& report, std::string_view version, Language language);

}  // namespace kpi::report
