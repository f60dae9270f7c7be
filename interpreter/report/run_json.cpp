#include "interpreter/report/run_json.hpp"

#include <nlohmann/json.hpp>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/exact.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using eval::PeriodOutcome;
using model::Policy;
using value::Value;

constexpr int kEdition = 2026;

class JsonWriter {
 public:
  JsonWriter(const Policy& bound, const eval::Run& evaluated) : policy_(bound), run_(evaluated) {}

  Json policy() const {
    return {{"name", policy_.header.name}, {"version", policy_.header.version}, {"sha256", policy_.header.sha256}};
  }

  Json as_of() const { return run_.outcome.as_of ? Json(run_.outcome.as_of->to_string()) : Json(nullptr); }

  Json data() const {
    Json events = Json::object();
    for (std::size_t i = 0; i < run_.outcome.events.size() && i < policy_.events.size(); ++i) {
      const eval::EventsInfo& info = run_.outcome.events[i];
      Json entry = {{"rows", info.rows}, {"excluded", info.excluded}, {"quarantined", info.quarantined}};
      if (info.duplicates) entry["duplicates"] = info.duplicates;
      if (info.without_time) entry["without_time"] = info.without_time;
      events[policy_.events[i].named.name] = std::move(entry);
    }
    Json data = {{"events", std::move(events)}};
    for (const auto& count : run_.outcome.entities) {
      data["entities"][policy_.entity(count.entity).named.name] = {{"rows", count.rows},
                                                                   {"quarantined", count.quarantined}};
    }
    return data;
  }

  Json periods() const {
    Json array = Json::array();
    for (const PeriodOutcome& period : run_.outcome.periods) array.push_back(one_period(period));
    return array;
  }

 private:
  template <class Items, class Write>
  static Json list(const Items& items, Write write) {
    Json array = Json::array();
    for (const auto& item : items) array.push_back(write(item));
    return array;
  }

  Json one_period(const PeriodOutcome& outcome) const {
    const std::string zone = policy_.header.timezone ? policy_.header.timezone->name() : "UTC";
    Json period = {{"id", outcome.period.to_string()},
                   {"start", outcome.period.start().to_string()},
                   {"end", outcome.period.end().to_string()},
                   {"timezone", zone},
                   {"trial", outcome.trial}};
    if (outcome.prorated) period["prorated"] = outcome.prorated->to_string();
    Json json = {{"period", std::move(period)}};
    json["exclusions"] = list(outcome.exclusions, [&](const auto& count) { return exclusion(count); });
    json["scorecards"] = list(outcome.scorecards, [&](const auto& result) { return scorecard(result); });
    json["metrics"] = list(outcome.metrics, [&](const auto& values) { return metrics(values); });
    Json payouts = Json::array();
    for (const eval::PayoutResult& result : outcome.payouts) {
      for (const eval::PayoutRowResult& row : result.rows) payouts.push_back(payout(result, row));
    }
    json["payouts"] = std::move(payouts);
    json["alerts"] = list(outcome.alerts, [&](const auto& result) { return alert(result); });
    return json;
  }

  Json exclusion(const eval::ExclusionCount& count) const {
    const model::Exclusion& declared = policy_.exclusions[count.exclusion.index];
    Json money = Json::object();
    for (const auto& [field, sums] : count.money) {
      for (const auto& [code, sum] : sums) {
        money[field][code] = exact_money(sum, value::Currency::parse(code).value_or(value::Currency()));
      }
    }
    Json json = {{"name", declared.named.name},
                 {"kind", declared.kind},
                 {"events", policy_.event(count.events).named.name},
                 {"rows", count.rows}};
    if (count.noted) json["also_hit"] = count.noted;
    json["money"] = std::move(money);
    return json;
  }

  Json scorecard(const eval::ScorecardResult& result) const {
    const model::Scorecard& declared = policy_.scorecards[result.scorecard.index];
    return {{"name", declared.named.name},
            {"entity", policy_.entity(declared.entity).named.name},
            {"rows", list(result.rows, [&](const auto& row) { return scorecard_row(declared, row); })}};
  }

  Json scorecard_row(const model::Scorecard& declared, const eval::ScorecardRowResult& row) const {
    Json json = {{"key", row.key}, {"label", row.label}};
    if (row.has_phases) {
      const std::string phase = phase_name(policy_, declared.entity, row.phase);
      json["phase"] = phase.empty() ? Json(nullptr) : Json(phase);
    }
    json["status"] = name(row.status);
    if (row.status == eval::RowStatus::unscored) json["reason"] = row.reason;
    if (row.provisional) json["provisional"] = true;
    json["metrics"] = list(row.metrics, [&](const auto& metric) { return scored_metric(metric); });
    json["gates"] = list(row.gates, [&](const auto& gate) {
      Json entry = {{"name", declared.gates[gate.gate].named.name},
                    {"passed", gate.passed ? Json(*gate.passed) : Json(nullptr)}};
      if (!gate.passed) entry["reason"] = value::reason_text(gate.reason);
      return entry;
    });
    if (row.raw_score.has_value() && !(row.raw_score == row.score)) json["score_before_gates"] = text(row.raw_score);
    json["score"] = text(row.score);
    return json;
  }

  Json scored_metric(const eval::ScoreRowResult& result) const {
    const model::Metric& declared = policy_.metrics[result.metric.index];
    Json json = {{"name", declared.named.name}};
    put_value(json, result.actual, declared.type);
    if (result.provisional) json["provisional"] = true;
    json["target"] = text(result.target);
    json["attainment"] = text(result.attainment);
    if (result.attain != model::Attain::none) json["form"] = name(result.attain);
    // A reason of its own, such as a target that is not positive, where the value itself is there.
    if (result.actual.has_value() && !result.attainment.has_value() && result.attain != model::Attain::none) {
      json["attainment_reason"] = value::reason_text(result.attainment.reason());
    }
    json["points"] = text(result.points);
    json["weight"] = result.weight.to_string();
    if (result.skipped) json["skipped"] = true;
    if (!(result.weight == result.effective_weight)) json["effective_weight"] = result.effective_weight.to_string();
    json["weighted"] = text(result.weighted);
    return json;
  }

  Json metrics(const PeriodOutcome::EntityMetrics& entry) const {
    Json values = Json::object();
    for (const eval::MetricResult& result : entry.values) {
      const model::Metric& declared = policy_.metrics[result.metric.index];
      Json value = Json::object();
      put_value(value, result.value, declared.type);
      if (result.provisional) value["provisional"] = true;
      values[declared.named.name] = std::move(value);
    }
    return {{"entity", policy_.entity(entry.entity).named.name}, {"key", entry.key}, {"values", std::move(values)}};
  }

  Json payout(const eval::PayoutResult& result, const eval::PayoutRowResult& row) const {
    const model::Payout& declared = policy_.payouts[result.payout.index];
    Json json = {
        {"name", declared.named.name}, {"entity", policy_.entity(declared.entity).named.name}, {"key", row.key}};
    json["amount"] = row.amount.has_value() ? Json(exact_money(row.amount.number(), declared.currency)) : Json(nullptr);
    json["currency"] = declared.currency.code();
    json["status"] = name(row.status);
    if (!row.reason.empty()) json["reason"] = row.reason;
    if (!declared.payee.empty()) json["payee"] = declared.payee;
    if (row.earned) json["earned"] = row.earned->to_string();
    if (row.payable) json["payable"] = row.payable->to_string();
    json["steps"] = list(row.steps, [&](const auto& step) {
      Json entry = {{"step", step.step}};
      if (!step.name.empty()) entry["name"] = step.name;
      entry["value"] = text(step.value);
      return entry;
    });
    if (!row.base_penalties.empty()) {
      json["base_penalties"] = list(row.base_penalties, [&](const auto& penalty) {
        return Json{{"name", declared.penalties[penalty.penalty].named.name}, {"amount", text(penalty.amount)}};
      });
    }
    if (result.budget) json["budget"] = result.budget->to_string();
    if (result.budget_factor) json["budget_factor"] = result.budget_factor->to_string();
    return json;
  }

  Json alert(const eval::AlertResult& result) const {
    const model::Alert& declared = policy_.alerts[result.alert.index];
    Json json = {{"name", declared.named.name},
                 {"entity", policy_.entity(declared.entity).named.name},
                 {"key", result.key},
                 {"severity", declared.severity},
                 {"period", result.period.to_string()}};
    if (!result.message.empty()) json["message"] = result.message;
    return json;
  }

  Json text(const Value& value) const {
    if (!value.has_value()) return nullptr;
    if (value.is<bool>()) return value.boolean();
    return exact(policy_, run_.store.get(), value);
  }

  void put_value(Json& json, const Value& value, const value::Type& type) const {
    json["value"] = text(value);
    if (!value.has_value()) {
      json["reason"] = value::reason_text(value.reason());
      return;
    }
    const std::string unit = unit_name(type);
    if (!unit.empty()) json["unit"] = unit;
  }

  const Policy& policy_;
  const eval::Run& run_;
};

}  // namespace

std::string run_json(const Policy& policy, const eval::Run& run, const source::Diagnostics& warnings,
                     const source::SourceMap& sources, std::string_view version, Language language) {
  const JsonWriter writer(policy, run);
  Json json = {{"tool", {{"name", "kpi"}, {"version", version}, {"edition", kEdition}}},
               {"policy", writer.policy()},
               {"as_of", writer.as_of()},
               {"data", writer.data()},
               {"periods", writer.periods()}};
  if (!warnings.items().empty()) json["warnings"] = diagnostics_array(warnings, sources, language);
  return json_text(json);
}

}  // namespace kpi::report
