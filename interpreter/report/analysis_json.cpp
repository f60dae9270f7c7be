#include <nlohmann/json.hpp>

#include "interpreter/report/analysis_allow.hpp"
#include "interpreter/report/analysis_text.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using prove::Finding;

const std::string& text(const prove::Said& said, Language language) { return said.in(language == Language::zh); }

Json position(const source::Source& source, std::uint32_t offset) {
  const auto at = source.lines.position(source.text, offset);
  return {{"line", at.line}, {"column", at.column}, {"offset", offset}};
}

Json numbers(const std::vector<value::Number>& values) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(value.to_string());
  return array;
}

Json tables(const std::vector<model::GivenTable>& given) {
  Json object = Json::object();
  for (const auto& table : given) {
    Json rows = Json::array();
    for (const auto& row : table.rows) {
      Json entry = Json::object();
      for (std::size_t i = 0; i < row.size(); ++i) {
        entry[table.columns[i]] = row[i].has_value() ? Json(value::to_string(row[i])) : Json(nullptr);
      }
      rows.push_back(std::move(entry));
    }
    object[table.table] = std::move(rows);
  }
  return object;
}

Json witness_json(const prove::Witness& witness, Language language) {
  Json lines = Json::array();
  for (const auto& line : witness.lines) {
    lines.push_back({{"name", text(line.what, language)}, {"before", line.before}, {"after", line.after}});
  }
  Json after = Json::array();
  for (const auto& given : witness.after) after.push_back(tables(given));
  Json json = {{"period", witness.period.to_string()},
               {"periods", witness.periods},
               {"entity", witness.entity},
               {"key", witness.key},
               {"lines", std::move(lines)},
               {"paid_before", numbers(witness.paid_before)},
               {"paid_after", numbers(witness.paid_after)},
               {"cost", witness.cost.to_string()},
               {"net", witness.net.to_string()},
               {"tables_before", tables(witness.before)},
               {"tables_after", std::move(after)}};
  if (witness.recomputed) json["recomputed"] = witness.recomputed->to_string();
  return json;
}

Json finding_json(const model::Policy& policy, const Finding& finding, const source::SourceMap& sources,
                  Language language) {
  const source::Source& file = sources.get(finding.span.source);
  Json json = {{"property", prove::name(finding.property)},
               {"verdict", prove::name(finding.verdict)},
               {"layer", prove::name(finding.layer)},
               {"kind", finding.payout.valid() ? "payout" : "scorecard"},
               {"subject", finding.subject},
               {"detail", finding.detail},
               {"message", text(finding.sentence, language)}};
  if (finding.amount) json["amount"] = finding.amount->to_string();
  json["file"] = file.name;
  json["start"] = position(file, finding.span.begin);
  json["end"] = position(file, finding.span.end);
  if (finding.cause) {
    const source::Source& where = sources.get(finding.cause->span.source);
    json["cause"] = {{"message", text(finding.cause->what, language)},
                     {"file", where.name},
                     {"start", position(where, finding.cause->span.begin)},
                     {"end", position(where, finding.cause->span.end)}};
  }
  Json notes = Json::array();
  for (const auto& note : finding.notes) notes.push_back(text(note, language));
  if (!notes.empty()) json["notes"] = std::move(notes);
  Json allowed = Json::array();
  for (const model::Allow* allow : exceptions_for(policy, finding)) {
    allowed.push_back({{"rule", allow->rule},
                       {"because", allow->because},
                       {"owner", allow->owner},
                       {"until", allow->until ? Json(allow->until->to_string()) : Json(nullptr)}});
  }
  if (!allowed.empty()) json["allowed"] = std::move(allowed);
  json["evaluations"] = finding.evaluations;
  if (finding.witness) json["witness"] = witness_json(*finding.witness, language);
  return json;
}

Json people_json(const model::Policy& policy, const prove::People& people) {
  const auto list = [&](const std::vector<prove::Person>& persons) {
    Json array = Json::array();
    for (const auto& person : persons) {
      array.push_back({{"payout", policy.payouts[person.payout.index].named.name},
                       {"entity", person.entity},
                       {"key", person.key},
                       {"label", person.label},
                       {"events", person.events},
                       {"rows", person.rows},
                       {"amount", person.amount.to_string()},
                       {"paid_before", person.paid_before.to_string()},
                       {"paid_after", person.paid_after.to_string()},
                       {"cost", person.cost.to_string()},
                       {"net", person.net.to_string()}});
    }
    return array;
  };
  return {{"period", people.period.to_string()},
          {"near_threshold", list(people.near)},
          {"could_profit", list(people.profit)},
          {"skipped", people.skipped}};
}

}  // namespace

std::string analysis_json(const model::Policy& policy, const prove::Analysis& analysis,
                          const std::optional<prove::People>& people, const source::SourceMap& sources,
                          std::string_view version, Language language) {
  Json findings = Json::array();
  for (const Finding& finding : analysis.findings) findings.push_back(finding_json(policy, finding, sources, language));
  Json assumptions = Json::array();
  for (const auto& assumption : analysis.assumptions) assumptions.push_back(text(assumption, language));
  Json counts = Json::object();
  for (const auto verdict :
       {prove::Verdict::proved, prove::Verdict::refuted, prove::Verdict::unknown, prove::Verdict::inadmissible}) {
    counts[std::string(prove::name(verdict))] = analysis.count(verdict);
  }
  Json json = {
      {"tool", {{"name", "kpi"}, {"version", version}}},
      {"policy", {{"name", policy.header.name}, {"version", policy.header.version}, {"sha256", policy.header.sha256}}},
      {"solver", analysis.solver.empty() ? Json(nullptr) : Json(analysis.solver)},
      {"assumptions", std::move(assumptions)},
      {"findings", std::move(findings)},
      {"counts", std::move(counts)}};
  if (people) json["people"] = people_json(policy, *people);
  return json.dump(2) + "\n";
}

}  // namespace kpi::report
