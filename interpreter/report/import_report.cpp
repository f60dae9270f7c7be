#include "interpreter/report/import_report.hpp"

#include <nlohmann/json.hpp>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"
#include "interpreter/report/words.hpp"
#include "interpreter/value/number.hpp"

namespace kpi::report {

std::string import_text(const ImportCounts& counts, const Look& look) {
  const auto grouped = [](std::uint64_t count) {
    return value::Number::from_int128(static_cast<value::Int128>(count)).to_fixed(0, true);
  };
  const Word title = counts.created_table ? words::import_created : words::import_into;
  std::string out =
      say(title, look.language, visible(counts.file), visible(counts.table), visible(counts.database)) + "\n";
  const std::pair<Word, std::uint64_t> lines[] = {
      {words::rows_read, counts.rows},      {words::inserted, counts.inserted}, {words::updated, counts.updated},
      {words::unchanged, counts.unchanged}, {words::repeated, counts.repeated}, {words::skipped_rows, counts.skipped},
      {words::rejected, counts.rejected}};
  std::size_t names = 0, numbers = 0;
  const auto is_shown = [](Word name, std::uint64_t count) {
    return count > 0 || name == words::rows_read || name == words::inserted;
  };
  for (const auto& [name, count] : lines) {
    if (!is_shown(name, count)) continue;
    names = std::max(names, source::display_width(word(name, look.language)));
    numbers = std::max(numbers, grouped(count).size());
  }
  for (const auto& [name, count] : lines) {
    if (!is_shown(name, count)) continue;
    out += "  " + pad_right(word(name, look.language), names) + "  " + pad_left(grouped(count), numbers) + "\n";
  }
  if (counts.rejected > 0) out += say(words::rejects_are_in, look.language, visible(counts.rejects_file)) + "\n";
  if (counts.rejected == 0 && !counts.kept_rejects.empty()) {
    out += say(words::old_rejects_are_in, look.language, visible(counts.kept_rejects)) + "\n";
  }
  return out;
}

std::string import_json(const ImportCounts& counts, const source::Diagnostics& diagnostics,
                        const source::SourceMap& sources, Language language) {
  nlohmann::ordered_json json = {{"file", counts.file},         {"database", counts.database},
                                 {"table", counts.table},       {"created_table", counts.created_table},
                                 {"rows", counts.rows},         {"inserted", counts.inserted},
                                 {"updated", counts.updated},   {"unchanged", counts.unchanged},
                                 {"repeated", counts.repeated}, {"skipped", counts.skipped},
                                 {"rejected", counts.rejected}};
  if (counts.rejected > 0) json["rejects_file"] = counts.rejects_file;
  json["diagnostics"] = diagnostics_array(diagnostics, sources, language);
  return json_text(json);
}

}  // namespace kpi::report
