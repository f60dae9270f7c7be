#include <nlohmann/json.hpp>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/exact.hpp"
#include "interpreter/report/explain_text.hpp"
#include "interpreter/report/next_steps_text.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using eval::ExplainNode;
using model::Policy;
using value::Value;

std::string_view kind_name(ExplainNode::Kind kind) {
  using Kind = ExplainNode::Kind;
  switch (kind) {
    case Kind::payout:
      return "payout";
    case Kind::step:
      return "step";
    case Kind::base_penalty:
      return "base_penalty";
    case Kind::scorecard:
      return "scorecard";
    case Kind::phase:
      return "phase";
    case Kind::score_row:
      return "score_row";
    case Kind::gate:
      return "gate";
    case Kind::metric:
      return "metric";
    case Kind::other_window:
      return "other_window";
    case Kind::curve:
      return "curve";
    case Kind::table:
      return "table";
    case Kind::need:
      return "need";
    case Kind::aggregate:
      return "aggregate";
  }
  return "";
}

class ExplainJson {
 public:
  ExplainJson(const Policy& bound, const eval::AggregateStore* scanned) : policy_(bound), store_(scanned) {}

  Json subject(const eval::SubjectExplanation& subject, bool why_not) const {
    Json json = {{"entity", policy_.entity(subject.entity).named.name}, {"key", subject.key}, {"label", subject.label}};
    json["payouts"] = nodes(subject.payouts);
    json["scorecards"] = nodes(subject.scorecards);
    json["metrics"] = nodes(subject.metrics);
    if (why_not) {
      json["next_steps"] = Json::array();
      for (const eval::NextStep& step : subject.next_steps) json["next_steps"].push_back(next_step(step));
    }
    json["rows"] = Json::array();
    for (const eval::ExplainedRows& rows : subject.rows) json["rows"].push_back(events_rows(rows));
    return json;
  }

 private:
  Json nodes(const std::vector<ExplainNode>& list) const {
    Json array = Json::array();
    for (const ExplainNode& node : list) array.push_back(one(node));
    return array;
  }

  Json text(const Value& value) const {
    if (!value.has_value()) return nullptr;
    if (value.is<bool>()) return value.boolean();
    return exact(policy_, store_, value);
  }

  void put(Json& json, const Value& value, const value::Type& type) const {
    if (!value.has_value()) {
      json["value"] = nullptr;
      json["reason"] = value::reason_text(value.reason());
      return;
    }
    json["value"] = text(value);
    const std::string unit = unit_name(type);
    if (!unit.empty()) json["unit"] = unit;
  }

  Json one(const ExplainNode& node) const {
    Json json = {{"kind", kind_name(node.kind)}};
    if (!node.name.empty()) json["name"] = node.name;
    put(json, node.value, node.type);
    if (!node.formula.empty()) json["formula"] = node.formula;
    if (!node.with_values.empty()) json["with_values"] = node.with_values;
    if (!node.note.empty()) json["note"] = node.note;
    if (!node.segment.empty()) json["segment"] = node.segment;
    if (!node.facts.empty()) {
      Json facts = Json::object();
      for (const auto& item : node.facts) put(facts[item.word] = Json::object(), item.value, item.type);
      json["facts"] = std::move(facts);
    }
    if (node.period) json["period"] = node.period->to_string();
    if (node.window) {
      const bool always = node.window->start <= eval::kBeginning;
      json["window"] = {{"start", always ? Json(nullptr) : Json(node.window->start.to_string())},
                        {"end", node.window->end.to_string()}};
    }
    if (node.repeated) json["repeated"] = true;
    if (node.rows_total) json["rows"] = *node.rows_total;
    if (node.curve != nullptr) json["curve"] = node.curve->name;
    if (!node.measured.empty()) json["measured"] = node.measured;
    if (node.members_total > 0) {
      json["members_total"] = node.members_total;
      json["members"] = Json::array();
      for (const auto& member : node.members) {
        Json entry = {{"key", member.key}, {"label", member.label}};
        put(entry, member.value, member.type);
        json["members"].push_back(std::move(entry));
      }
    }
    if (!node.children.empty()) json["children"] = nodes(node.children);
    return json;
  }

  Json next_step(const eval::NextStep& step) const {
    constexpr std::string_view kKinds[] = {"score_row", "gate", "payout_curve"};
    constexpr std::string_view kVerdicts[] = {"reaches", "alone_not_enough", "not_solved"};
    Json json = {{"kind", kKinds[static_cast<std::size_t>(step.kind)]},
                 {"name", subject_name(policy_, step)},
                 {step.kind == eval::NextStep::Kind::payout_curve ? "payout" : "scorecard", owner_name(policy_, step)},
                 {"top", step.top}};
    if (step.endless) json["endless"] = true;
    if (step.wanted_beyond) json["wanted_below"] = true;
    if (step.kind != eval::NextStep::Kind::gate) {
      json["current"] = text(step.current);
      json["wanted"] = text(step.wanted);
      const std::string unit = unit_name(step.type);
      if (!unit.empty()) json["unit"] = unit;
      json["value_now"] = text(step.value_now);
      json["value_then"] = text(step.value_then);
    }
    json["changes"] = Json::array();
    for (const eval::Change& change : step.changes) {
      Json entry = {{"name", changed_name(policy_, change)},
                    {"verdict", kVerdicts[static_cast<std::size_t>(change.verdict)]},
                    {"now", text(change.now)}};
      if (change.verdict == eval::Change::Verdict::reaches) {
        entry["needed"] = change.needed.to_string();
        const std::string unit = unit_name(change.type);
        if (!unit.empty()) entry["unit"] = unit;
        if (change.beyond) entry["beyond"] = true;
        if (change.score_then.has_value()) entry["score_then"] = text(change.score_then);
      }
      json["changes"].push_back(std::move(entry));
    }
    return json;
  }

  Json events_rows(const eval::ExplainedRows& rows) const {
    Json json = {{"events", policy_.event(rows.events).named.name},
                 {"kept_total", rows.kept_total},
                 {"excluded_total", rows.excluded_total}};
    if (rows.outside) json["outside_period"] = true;
    json["kept"] = Json::array();
    for (const eval::TracedRow& row : rows.kept) json["kept"].push_back(traced(rows.events, row));
    json["excluded"] = Json::array();
    for (const eval::TracedRow& row : rows.excluded) json["excluded"].push_back(traced(rows.events, row));
    return json;
  }

  Json traced(model::EventsId events, const eval::TracedRow& row) const {
    Json json = {{"key", row.key},
                 {"time", row.time ? Json(row.time->to_string()) : Json(nullptr)},
                 {"day", row.day.to_string()}};
    if (!row.hits.empty()) {
      json["excluded_by"] = Json::array();
      for (const model::ExclusionId hit : row.hits)
        json["excluded_by"].push_back(policy_.exclusions[hit.index].named.name);
    }
    Json fields = Json::object();
    for (const auto& [id, value] : row.fields) {
      fields[policy_.event(events).fields[id.index].named.name] = text(value);
    }
    json["fields"] = std::move(fields);
    return json;
  }

  const Policy& policy_;
  const eval::AggregateStore* store_;
};

}  // namespace

std::string explain_json(const Policy& policy, const eval::Explanation& explanation, value::Period period, bool why_not,
                         const source::Diagnostics& warnings, const source::SourceMap& sources, Language language) {
  Json json = {
      {"policy", {{"name", policy.header.name}, {"version", policy.header.version}, {"sha256", policy.header.sha256}}},
      {"period", period.to_string()}};
  json["subjects"] = Json::array();
  const ExplainJson writer(policy, explanation.store.get());
  for (const eval::SubjectExplanation& subject : explanation.subjects)
    json["subjects"].push_back(writer.subject(subject, why_not));
  if (!warnings.items().empty()) json["warnings"] = diagnostics_array(warnings, sources, language);
  return json_text(json);
}

}  // namespace kpi::report
