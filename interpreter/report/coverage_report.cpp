#include "interpreter/report/coverage_report.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "interpreter/report/coverage_words.hpp"
#include "interpreter/report/exact.hpp"
#include "interpreter/report/show.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"

namespace kpi::report {
namespace {

using eval::Coverage;
using eval::CoverageItem;
using eval::CoverageKind;
using eval::CoverageOutcome;

// Names for programs, by CoverageKind and CoverageOutcome.
constexpr std::array<std::string_view, eval::kCoverageKinds> kKindNames = {
    "phase", "table_row", "curve_segment", "points", "gate", "condition", "exclusion", "payout_step", "alert"};
constexpr std::array<std::string_view, 23> kOutcomeNames = {
    "entered",   "applies",   "below",         "between",     "beyond",        "passes", "fails",      "at_cap",
    "below_cap", "at_floor",  "above_floor",   "holds",       "does_not_hold", "enough", "too_few",    "takes_out",
    "leaves_in", "takes_off", "takes_nothing", "scales_down", "is_enough",     "fires",  "stays_quiet"};

std::string outcome_text(const CoverageItem& item, const model::Policy& policy, Show& show, Language language) {
  std::string low, high;
  if (item.kind == CoverageKind::curve_segment) {
    const value::Type& input = policy.curves[item.curve.index].input;
    const model::Metric::Show as_percent{model::Metric::Show::Kind::percent, 0, ""};
    // Attainments and rates are plain numbers that people read as percentages.
    const bool plain = input.unit == value::Unit{} && item.low.abs() <= value::Number(10) && !item.low.is_integer();
    low = show.value(item.low, input, plain ? as_percent : model::Metric::Show{});
    high = show.value(item.high, input, plain ? as_percent : model::Metric::Show{});
  }
  return say(coverage_words::outcomes[static_cast<std::size_t>(item.outcome)], language, low, high);
}

source::Position place_of(const CoverageItem& item, const source::SourceMap& sources) {
  const source::Source& source = sources.get(item.span.source);
  return source.lines.position(source.text, item.span.begin);
}

std::string name_of(const CoverageItem& item) { return item.part.empty() ? item.owner : item.owner + ", " + item.part; }

}  // namespace

std::string coverage_percent(std::size_t covered, std::size_t total) {
  if (total == 0) return "100.0%";
  const std::size_t permille = covered * 1000 / total;
  return fmt::format("{}.{}%", permille / 10, permille % 10);
}

std::string coverage_text(const Coverage& coverage, const model::Policy& policy, const std::string& path,
                          const source::SourceMap& sources, const Look& look) {
  const Language language = look.language;
  std::string out = paint(say(coverage_words::title, language, visible(path), coverage.covered(), coverage.total(),
                              coverage_percent(coverage.covered(), coverage.total())),
                          Ink::bold, look) +
                    "\n";
  Table kinds({{}, right("")});
  for (std::size_t at = 0; at < eval::kCoverageKinds; ++at) {
    const auto kind = static_cast<CoverageKind>(at);
    if (coverage.total(kind) == 0) continue;
    const bool full = coverage.covered(kind) == coverage.total(kind);
    kinds.add({{std::string(word(coverage_words::kinds[at], language))},
               right(say(coverage_words::of, language, coverage.covered(kind), coverage.total(kind)),
                     full ? Ink::green : Ink::red)});
  }
  // The lines need no header.
  const std::string table = kinds.text(look, 2);
  std::size_t body = table.find('\n');
  body = body == std::string::npos ? body : table.find('\n', body + 1);
  if (!kinds.empty() && body != std::string::npos) out += table.substr(body + 1);
  if (coverage.covered() == coverage.total()) {
    return out + std::string(word(coverage_words::complete, language)) + "\n";
  }
  out += std::string(word(coverage_words::missed, language)) + "\n";
  for (const std::string& line : coverage_missed(coverage, policy, path, sources, language)) out += "  " + line + "\n";
  return out;
}

std::vector<std::string> coverage_missed(const Coverage& coverage, const model::Policy& policy, const std::string& path,
                                         const source::SourceMap& sources, Language language) {
  std::vector<std::string> lines;
  Show show(policy, nullptr, language);
  for (const CoverageItem& item : coverage.items()) {
    if (item.hits > 0) continue;
    const auto place = place_of(item, sources);
    lines.push_back(fmt::format("{}:{}:{}: {} `{}`: {}", visible(path), place.line, place.column,
                                word(coverage_words::kind[static_cast<std::size_t>(item.kind)], language),
                                visible(name_of(item)), outcome_text(item, policy, show, language)));
  }
  return lines;
}

nlohmann::ordered_json coverage_json(const Coverage& coverage, const model::Policy& policy, const std::string& path,
                                     const source::SourceMap& sources) {
  nlohmann::ordered_json items = nlohmann::ordered_json::array();
  for (const CoverageItem& item : coverage.items()) {
    const auto place = place_of(item, sources);
    nlohmann::ordered_json entry = {{"kind", kKindNames[static_cast<std::size_t>(item.kind)]},
                                    {"outcome", kOutcomeNames[static_cast<std::size_t>(item.outcome)]},
                                    {"name", item.owner},
                                    {"part", item.part},
                                    {"line", place.line},
                                    {"column", place.column},
                                    {"hits", item.hits}};
    if (item.kind == CoverageKind::curve_segment) {
      entry["from"] = exact(policy, nullptr, item.low);
      if (item.outcome == CoverageOutcome::between) entry["to"] = exact(policy, nullptr, item.high);
    }
    items.push_back(std::move(entry));
  }
  return {{"file", path}, {"covered", coverage.covered()}, {"total", coverage.total()}, {"items", std::move(items)}};
}

std::string coverage_lcov(const Coverage& coverage, const std::string& path, const source::SourceMap& sources) {
  std::map<std::uint32_t, std::vector<const CoverageItem*>> lines;
  for (const CoverageItem& item : coverage.items()) {
    lines[place_of(item, sources).line].push_back(&item);
  }
  std::string branches, executions;
  std::size_t lines_hit = 0;
  for (const auto& [line, items] : lines) {
    std::uint64_t most = 0;
    for (std::size_t branch = 0; branch < items.size(); ++branch) {
      most = std::max(most, items[branch]->hits);
      branches += fmt::format("BRDA:{},0,{},{}\n", line, branch, items[branch]->hits);
    }
    executions += fmt::format("DA:{},{}\n", line, most);
    lines_hit += most > 0 ? 1 : 0;
  }
  return fmt::format("TN:\nSF:{}\n{}BRF:{}\nBRH:{}\n{}LF:{}\nLH:{}\nend_of_record\n", path, branches, coverage.total(),
                     coverage.covered(), executions, lines.size(), lines_hit);
}

}  // namespace kpi::report
