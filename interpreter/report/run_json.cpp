#include "interpreter/report/run_json.hpp"

#include <nlohmann/json.hpp>

#include "interpreter/model/words.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/exact.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
using eval::PeriodOutcome;
using model::Policy;
using value::Value;

constexpr int kEdition = 2026;

/// Parts of the result as JSON.
class JsonParts {
 public:
  JsonParts(const Policy& bound, const eval::AggregateStore* store) : policy_(bound), store_(store) {}

  Json policy(const MadeFrom& made_from) const {
    Json json = {
        {"name", policy_.header.name}, {"version", policy_.header.version}, {"sha256", policy_.header.sha256}};
    for (const MadeFrom::Library& library : made_from.libraries) {
      json["libraries"].push_back({{"path", library.path}, {"version", library.version}, {"sha256", library.sha256}});
    }
    return json;
  }

  Json data(const eval::Outcome& outcome) const {
    Json events = Json::object();
    for (std::size_t i = 0; i < outcome.events.size() && i < policy_.events.size(); ++i) {
      const eval::EventsInfo& info = outcome.events[i];
      Json entry = {{"rows", info.rows}, {"excluded", info.excluded}, {"quarantined", info.quarantined}};
      if (info.duplicates) entry["duplicates"] = info.duplicates;
      if (info.without_time) entry["without_time"] = info.without_time;
      for (const eval::UnownedRows& rows : info.unowned) {
        entry["unowned"].push_back({{"entity", policy_.entity(rows.entity).named.name},
                                    {"rows", rows.rows},
                                    {"money", money(rows.money)}});
      }
      events[policy_.events[i].named.name] = std::move(entry);
    }
    Json data = {{"events", std::move(events)}};
    for (const auto& count : outcome.entities) {
      data["entities"][policy_.entity(count.entity).named.name] = {{"rows", count.rows},
                                                                   {"quarantined", count.quarantined}};
    }
    return data;
  }

  /// What stands before the scorecards of a period.
  Json period(const PeriodOutcome& outcome) const {
    const std::string zone = policy_.header.timezone ? policy_.header.timezone->name() : "UTC";
    Json period = {{"id", outcome.period.to_string()},
                   {"start", outcome.period.start().to_string()},
                   {"end", outcome.period.end().to_string()},
                   {"timezone", zone},
                   {"trial", outcome.trial}};
    if (outcome.prorated) period["prorated"] = outcome.prorated->to_string();
    Json json = {{"period", std::move(period)}};
    json["exclusions"] = list(outcome.exclusions, [&](const auto& count) { return exclusion(count); });
    return json;
  }

  template <class Items, class Write>
  static Json list(const Items& items, Write write) {
    Json array = Json::array();
    for (const auto& item : items) array.push_back(write(item));
    return array;
  }

  Json exclusion(const eval::ExclusionCount& count) const {
    const model::Exclusion& declared = policy_.exclusions[count.exclusion.index];
    Json json = {{"name", declared.named.name},
                 {"kind", declared.kind},
                 {"events", policy_.event(count.events).named.name},
                 {"rows", count.rows}};
    if (count.noted) json["also_hit"] = count.noted;
    if (count.undecided) json["undecided"] = count.undecided;
    json["money"] = money(count.money);
    return json;
  }

  /// Field -> currency -> sum.
  static Json money(const std::map<std::string, std::map<std::string, value::Number>>& sums_by_field) {
    Json json = Json::object();
    for (const auto& [field, sums] : sums_by_field) {
      for (const auto& [code, sum] : sums) {
        json[field][code] = exact_money(sum, value::Currency::parse(code).value_or(value::Currency()));
      }
    }
    return json;
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
    if (result.partial) json["partial"] = true;
    if (result.target_partial) json["target_partial"] = true;
    json["target"] = text(result.target);
    json["attainment"] = text(result.attainment);
    if (result.attain != model::Attain::none) json["form"] = model::name(result.attain);
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
      put_value(value, result.value, result.type(policy_));
      if (result.provisional) value["provisional"] = true;
      if (result.partial) value["partial"] = true;
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
    return exact(policy_, store_, value);
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
  const eval::AggregateStore* store_;
};

/// Appends a value as it stands inside others, `depth` levels deep.
void append(std::string& out, const Json& json, std::size_t depth) {
  const std::string text = json_text(json);  // texts inside have no line ends, and there is one behind it
  for (std::string_view rest(text); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    out += rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (!rest.empty()) out.append(1, '\n').append(2 * depth, ' ');
  }
}

/// The beginning of an object with these members, without its closing brace.
std::string opened(const Json& object, std::size_t depth) {
  std::string out;
  append(out, object, depth);
  out.erase(out.find_last_not_of("\n }") + 1);
  return out;
}

/// The whole result in one object. Only lists can be long: those of periods and, inside them, of rows.
class JsonWriter final : public PeriodWriter {
 public:
  JsonWriter(const Policy& policy, const source::SourceMap& sources, std::string_view version, Language language,
             unsigned threads, TextSink sink, MadeFrom made_from = {})
      : policy_(policy),
        sources_(sources),
        version_(version),
        language_(language),
        threads_(threads),
        sink_(std::move(sink)),
        made_from_(std::move(made_from)) {}

  void write(const eval::Outcome& outcome, const eval::AggregateStore* store, const PeriodOutcome& period) override {
    begin(outcome);
    const JsonParts parts(policy_, store);
    Pieces pieces;
    pieces.add([&](std::string& out) {
      out += has_periods_ ? ",\n    " : "[\n    ";
      out += opened(parts.period(period), 2) + ",\n      \"scorecards\": [";
    });
    for (const eval::ScorecardResult& result : period.scorecards) add_scorecard(pieces, parts, result, period);
    pieces.add([&](std::string& out) {
      out += period.scorecards.empty() ? "]" : "\n      ]";
      out += ",\n      \"metrics\": ";
    });
    add_list(pieces, period.metrics.size(), 3, [&](std::size_t row) { return parts.metrics(period.metrics[row]); });
    add_payouts(pieces, parts, period);
    pieces.add([](std::string& out) { out += ",\n      \"alerts\": "; });
    add_list(pieces, period.alerts.size(), 3, [&](std::size_t row) { return parts.alert(period.alerts[row]); });
    pieces.add([](std::string& out) { out += "\n    }"; });
    pieces.write(threads_, sink_);
    has_periods_ = true;
  }

  void finish(const eval::Outcome& outcome, const source::Diagnostics& warnings) override {
    begin(outcome);
    std::string out = has_periods_ ? "\n  ]" : "[]";
    if (!warnings.items().empty()) {
      out += ",\n  \"warnings\": ";
      append(out, diagnostics_array(warnings, sources_, language_), 1);
    }
    sink_(out + "\n}\n");
  }

 private:
  Json data(const JsonParts& parts, const eval::Outcome& outcome) const {
    Json json = parts.data(outcome);
    if (made_from_.database.empty()) return json;
    json["file"] = made_from_.database;
    json["sha256"] = made_from_.database_sum ? Json(*made_from_.database_sum) : Json(nullptr);
    return json;
  }
  void begin(const eval::Outcome& outcome) {
    if (std::exchange(has_begun_, true)) return;
    const JsonParts parts(policy_, nullptr);
    const Json json = {{"tool", {{"name", "kpi"}, {"version", version_}, {"edition", kEdition}}},
                       {"policy", parts.policy(made_from_)},
                       {"as_of", outcome.as_of ? Json(outcome.as_of->to_string()) : Json(nullptr)},
                       {"data", data(parts, outcome)}};
    std::string out;
    append(out, json, 0);
    out.erase(out.rfind("\n}"));
    sink_(out + ",\n  \"periods\": ");
  }

  /// A list whose items are `depth` levels deep.
  template <class Make>
  static void add_list(Pieces& pieces, std::size_t count, std::size_t depth, Make make) {
    pieces.add_items(count, [depth, make](std::size_t item, std::string& out) {
      out += item == 0 ? "[\n" : ",\n";
      out.append(2 * depth + 2, ' ');
      append(out, make(item), depth + 1);
    });
    pieces.add([count, depth](std::string& out) {
      if (count == 0) {
        out += "[]";
      } else {
        out.append(1, '\n').append(2 * depth, ' ').append(1, ']');
      }
    });
  }

  void add_scorecard(Pieces& pieces, const JsonParts& parts, const eval::ScorecardResult& result,
                     const PeriodOutcome& period) const {
    const model::Scorecard& declared = policy_.scorecards[result.scorecard.index];
    const bool is_first = &result == &period.scorecards.front();
    pieces.add([this, &declared, is_first](std::string& out) {
      const Json head = {{"name", declared.named.name}, {"entity", policy_.entity(declared.entity).named.name}};
      out += is_first ? "\n        " : ",\n        ";
      out += opened(head, 4) + ",\n          \"rows\": ";
    });
    add_list(pieces, result.rows.size(), 5,
             [&parts, &declared, &result](std::size_t row) { return parts.scorecard_row(declared, result.rows[row]); });
    pieces.add([](std::string& out) { out += "\n        }"; });
  }

  /// One list of all payouts.
  static void add_payouts(Pieces& pieces, const JsonParts& parts, const PeriodOutcome& period) {
    pieces.add([](std::string& out) { out += ",\n      \"payouts\": "; });
    auto rows = std::make_shared<std::vector<std::pair<const eval::PayoutResult*, const eval::PayoutRowResult*>>>();
    for (const eval::PayoutResult& result : period.payouts) {
      for (const eval::PayoutRowResult& row : result.rows) rows->emplace_back(&result, &row);
    }
    add_list(pieces, rows->size(), 3,
             [&parts, rows](std::size_t row) { return parts.payout(*(*rows)[row].first, *(*rows)[row].second); });
  }

  const Policy& policy_;
  const source::SourceMap& sources_;
  const std::string version_;
  const Language language_;
  const unsigned threads_;
  const TextSink sink_;
  const MadeFrom made_from_;
  bool has_begun_ = false, has_periods_ = false;
};

}  // namespace

std::unique_ptr<PeriodWriter> json_writer(const Policy& policy, const source::SourceMap& sources,
                                          std::string_view version, Language language, unsigned threads,
                                          TextSink sink, MadeFrom made_from) {
  return std::make_unique<JsonWriter>(policy, sources, version, language, threads, std::move(sink),
                                      std::move(made_from));
}

std::string run_json(const Policy& policy, const eval::Run& run, const source::Diagnostics& warnings,
                     const source::SourceMap& sources, std::string_view version, Language language) {
  std::string text;
  JsonWriter writer(policy, sources, version, language, 1, [&](std::string_view part) { text += part; });
  for (const PeriodOutcome& period : run.outcome.periods) writer.write(run.outcome, run.store.get(), period);
  writer.finish(run.outcome, warnings);
  return text;
}

}  // namespace kpi::report
