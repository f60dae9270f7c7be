// The comparison for programs. Values are exact; names do not change with the language, sentences do.
#include <nlohmann/json.hpp>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/diff_text.hpp"
#include "interpreter/report/diff_words.hpp"
#include "interpreter/report/exact.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using diff::Change;

Json place(const source::SourceMap& sources, source::Span span) {
  const source::Source& text = sources.get(span.source);
  const source::Position at = text.lines.position(text.text, span.begin);
  return {{"file", text.name}, {"line", at.line}, {"column", at.column}};
}

class Writer {
 public:
  Writer(const DiffReport& report, Language language)
      : report_(report), sentences_(report.policies, language, [](const std::string& text) { return text; }) {}

  Json policy(const model::Policy& policy) const {
    return {{"name", policy.header.name}, {"version", policy.header.version}, {"sha256", policy.header.sha256}};
  }

  Json change(const Change& change) const {
    Json json = {{"change", name(change.kind)}, {"element", name(change.element)}, {"name", change.name}};
    if (change.part != diff::PartKind::none) {
      json["part"] = name(change.part);
      json["part_name"] = change.part_name;
    }
    if (change.aspect) json["aspect"] = name(*change.aspect);
    if (!change.in_phase.empty()) json["phase"] = change.in_phase;
    if (!change.before.empty()) json["before"] = change.before;
    if (!change.after.empty()) json["after"] = change.after;
    json["weight"] = name(change.weight);
    if (change.weight != diff::Weight::wording && !change.everything) {
      json["concerns"] = {{"scorecards", change.scorecards}, {"payouts", change.payouts}, {"alerts", change.alerts}};
    }
    if (change.has_before_span) json["before_at"] = place(report_.sources_before, change.before_span);
    if (change.has_after_span) json["after_at"] = place(report_.sources_after, change.after_span);
    const std::string text = sentences_.change(change);
    json["text"] = text.empty() ? sentences_.heading(change) : sentences_.heading(change) + ": " + text;
    return json;
  }

  Json effect(const diff::Effect& effect) {
    Json json;
    Json periods = Json::array();
    for (const value::Period period : effect.periods) periods.push_back(period.to_string());
    json["periods"] = periods;
    if (effect.outside_effective) json["outside_effective"] = true;
    json["payouts"] = Json::array();
    for (const diff::PayoutTotals& totals : effect.payouts) {
      json["payouts"].push_back({{"name", totals.payout},
                                 {"currency", totals.currency.code()},
                                 {"before", exact_money(totals.before, totals.currency)},
                                 {"after", exact_money(totals.after, totals.currency)},
                                 {"difference", exact_money(totals.after - totals.before, totals.currency)},
                                 {"people", totals.people},
                                 {"touched", totals.touched},
                                 {"gain", totals.gain},
                                 {"lose", totals.lose},
                                 {"newly_without_amount", totals.newly_without},
                                 {"newly_with_amount", totals.newly_with},
                                 {"other_status", totals.other_status}});
    }
    json["by_change"] = Json::array();
    for (const diff::Unit& unit : effect.units) {
      Json elements = Json::array(), amounts = Json::object();
      for (const auto& [kind, element] : unit.elements)
        elements.push_back({{"element", name(kind)}, {"name", element}});
      for (const auto& [code, amount] : unit.amounts)
        amounts[code] = exact_money(amount, value::Currency::parse(code).value_or(value::Currency()));
      json["by_change"].push_back({{"changes", elements}, {"people", unit.people}, {"amounts", amounts}});
    }
    json["people"] = Json::array();
    for (const diff::PersonEffect& person : effect.people) json["people"].push_back(this->person(person));
    json["scores"] = Json::array();
    for (const diff::ScoreEffect& score : effect.scores) {
      Json entry = {{"scorecard", score.scorecard},
                    {"key", score.key},
                    {"label", score.label},
                    {"period", score.period.to_string()}};
      entry["before"] = score.before.has_value() ? Json(score.before.number().to_string()) : Json(nullptr);
      entry["after"] = score.after.has_value() ? Json(score.after.number().to_string()) : Json(nullptr);
      if (!score.reason_before.empty()) entry["reason_before"] = score.reason_before;
      if (!score.reason_after.empty()) entry["reason_after"] = score.reason_after;
      entry["facts"] = facts(score.facts);
      json["scores"].push_back(std::move(entry));
    }
    return json;
  }

 private:
  Json person(const diff::PersonEffect& person) {
    Json json = {{"payout", person.payout},
                 {"key", person.key},
                 {"label", person.label},
                 {"period", person.period.to_string()},
                 {"currency", person.currency.code()}};
    const auto amount = [&](const std::optional<value::Number>& value) {
      return value ? Json(exact_money(*value, person.currency)) : Json(nullptr);
    };
    json["before"] = amount(person.before);
    json["after"] = amount(person.after);
    json["difference"] = exact_money(person.difference, person.currency);
    json["status_before"] = person.is_before ? Json(name(person.status_before)) : Json(nullptr);
    json["status_after"] = person.is_after ? Json(name(person.status_after)) : Json(nullptr);
    if (!person.reason_before.empty()) json["reason_before"] = person.reason_before;
    if (!person.reason_after.empty()) json["reason_after"] = person.reason_after;
    json["facts"] = facts(person.facts);
    json["by_change"] = Json::array();
    for (const diff::Cause& cause : person.causes)
      json["by_change"].push_back({{"change", cause.unit}, {"amount", exact_money(cause.amount, person.currency)}});
    return json;
  }

  static Json facts(const std::vector<diff::Fact>& list) {
    static constexpr const char* kKinds[] = {"phase", "actual", "target", "points", "weight", "gate", "score", "step"};
    Json array = Json::array();
    for (const diff::Fact& fact : list) {
      Json json = {{"fact", kKinds[static_cast<int>(fact.kind)]}};
      if (!fact.name.empty()) json["name"] = fact.name;
      if (!fact.penalty.empty()) json["penalty"] = fact.penalty;
      const bool words = fact.kind == diff::Fact::Kind::phase || fact.kind == diff::Fact::Kind::gate;
      const auto side = [&](const value::Value& content, const std::string& text) {
        if (words) return text.empty() ? Json(nullptr) : Json(text);
        return content.has_value() ? Json(value::to_string(content)) : Json(nullptr);
      };
      json["before"] = side(fact.before, fact.text_before);
      json["after"] = side(fact.after, fact.text_after);
      array.push_back(std::move(json));
    }
    return array;
  }

  const DiffReport& report_;
  DiffSentences sentences_;
};

}  // namespace

std::string diff_json(const DiffReport& report, std::string_view version, Language language) {
  Writer writer(report, language);
  Json json = {{"tool", {{"name", "kpi"}, {"version", version}}},
               {"before", writer.policy(report.policies.before)},
               {"after", writer.policy(report.policies.after)},
               {"same_meaning", report.diff.same_meaning()}};
  json["changes"] = Json::array();
  for (const Change& change : report.diff.changes) json["changes"].push_back(writer.change(change));
  json["wording"] = Json::array();
  for (const Change& change : report.diff.wording) json["wording"].push_back(writer.change(change));
  json["renames"] = Json::array();
  for (const diff::Rename& rename : report.diff.renames) {
    Json entry = {{"element", name(rename.element)}};
    if (rename.part != diff::PartKind::none) {
      entry["part"] = name(rename.part);
      entry["of"] = rename.owner;
    }
    entry["before"] = rename.before;
    entry["after"] = rename.after;
    json["renames"].push_back(std::move(entry));
  }
  const auto libraries = [](const std::vector<diff::Library>& list) {
    Json array = Json::array();
    for (const diff::Library& library : list) array.push_back(library.name);
    return array;
  };
  json["libraries"] = {{"added", libraries(report.diff.libraries_added)},
                       {"removed", libraries(report.diff.libraries_removed)},
                       {"changed", libraries(report.diff.libraries_changed)}};
  if (report.effect) json["effect"] = writer.effect(*report.effect);
  return json_text(json);
}

}  // namespace kpi::report
