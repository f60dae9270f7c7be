#include "interpreter/report/run_csv.hpp"

#include <array>

#include "interpreter/report/exact.hpp"

namespace kpi::report {
namespace {

using eval::PeriodOutcome;
using model::Policy;
using value::Value;

enum Column {
  kPeriod,
  kRecord,
  kScorecard,
  kName,
  kEntity,
  kKey,
  kLabel,
  kPhase,
  kStatus,
  kValue,
  kUnit,
  kTarget,
  kAttainment,
  kForm,
  kPoints,
  kWeight,
  kWeighted,
  kSubPeriod,
  kReason,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kHeader = {
    "period", "record", "scorecard",  "name", "entity", "key",    "label",    "phase",      "status", "value",
    "unit",   "target", "attainment", "form", "points", "weight", "weighted", "sub_period", "reason"};

void append_quoted(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvWriter {
 public:
  CsvWriter(const Policy& bound, const eval::Run& evaluated) : policy_(bound), run_(evaluated) {}

  std::string write() {
    for (std::size_t i = 0; i < kColumns; ++i) out_ += (i ? "," : "") + std::string(kHeader[i]);
    out_ += "\r\n";
    for (const PeriodOutcome& period : run_.outcome.periods) {
      period_ = period.period.to_string();
      for (const auto& scorecard : period.scorecards) scorecard_lines(scorecard);
      for (const auto& metrics : period.metrics) metric_lines(metrics);
      for (const auto& payout : period.payouts) payout_lines(payout);
      for (const auto& alert : period.alerts) alert_line(alert);
      for (const auto& exclusion : period.exclusions) exclusion_line(exclusion);
    }
    period_.clear();
    for (std::size_t i = 0; i < run_.outcome.events.size() && i < policy_.events.size(); ++i)
      quarantine_line(policy_.events[i].named.name, run_.outcome.events[i].quarantined);
    for (const auto& count : run_.outcome.entities)
      quarantine_line(policy_.entity(count.entity).named.name, count.quarantined);
    return std::move(out_);
  }

 private:
  using Line = std::array<std::string, kColumns>;

  void put(Line line) {
    line[kPeriod] = period_;
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (i > 0) out_ += ',';
      if (!line[i].empty()) append_quoted(out_, line[i]);
    }
    out_ += "\r\n";
  }

  std::string text(const Value& value) const {
    return value.has_value() ? exact(policy_, run_.store.get(), value) : "";
  }

  void put_value(Line& line, const Value& value, const value::Type& type) const {
    line[kValue] = text(value);
    if (value.has_value()) {
      line[kUnit] = unit_name(type);
    } else {
      line[kReason] = value::reason_text(value.reason());
    }
  }

  void scorecard_lines(const eval::ScorecardResult& result) {
    const model::Scorecard& declared = policy_.scorecards[result.scorecard.index];
    for (const eval::ScorecardRowResult& row : result.rows) {
      Line common;
      common[kScorecard] = declared.named.name;
      common[kEntity] = policy_.entity(declared.entity).named.name;
      common[kKey] = row.key;
      common[kLabel] = row.label;
      common[kPhase] = phase_name(policy_, declared.entity, row.phase);
      Line score = common;
      score[kRecord] = "score";
      score[kName] = declared.named.name;
      score[kStatus] = name(row.status);
      score[kValue] = text(row.score);
      score[kReason] = row.reason;
      put(std::move(score));
      for (const eval::ScoreRowResult& metric : row.metrics) result_line(common, metric);
      for (const eval::GateResult& gate : row.gates) {
        Line line = common;
        line[kRecord] = "gate";
        line[kName] = declared.gates[gate.gate].named.name;
        line[kStatus] = !gate.passed ? "undecided" : *gate.passed ? "passed" : "failed";
        if (!gate.passed) line[kReason] = value::reason_text(gate.reason);
        put(std::move(line));
      }
    }
  }

  void result_line(const Line& common, const eval::ScoreRowResult& result) {
    const model::Metric& declared = policy_.metrics[result.metric.index];
    Line line = common;
    line[kRecord] = "result";
    line[kName] = declared.named.name;
    line[kStatus] = result.skipped ? "skipped" : result.provisional ? "provisional" : "";
    put_value(line, result.actual, declared.type);
    line[kTarget] = text(result.target);
    line[kAttainment] = text(result.attainment);
    line[kForm] = name(result.attain);
    line[kPoints] = text(result.points);
    line[kWeight] = result.effective_weight.to_string();
    line[kWeighted] = text(result.weighted);
    if (line[kReason].empty() && !result.attainment.has_value() && result.attain != model::Attain::none) {
      line[kReason] = value::reason_text(result.attainment.reason());
    }
    put(std::move(line));
  }

  void metric_lines(const PeriodOutcome::EntityMetrics& entry) {
    for (const eval::MetricResult& result : entry.values) {
      const model::Metric& declared = policy_.metrics[result.metric.index];
      Line line;
      line[kRecord] = "metric";
      line[kName] = declared.named.name;
      line[kEntity] = policy_.entity(entry.entity).named.name;
      line[kKey] = entry.key;
      line[kLabel] = entry.label;
      line[kPhase] = phase_name(policy_, entry.entity, entry.phase);
      line[kStatus] = result.provisional ? "provisional" : "";
      put_value(line, result.value, declared.type);
      put(std::move(line));
    }
  }

  void payout_lines(const eval::PayoutResult& result) {
    const model::Payout& declared = policy_.payouts[result.payout.index];
    for (const eval::PayoutRowResult& row : result.rows) {
      Line line;
      line[kRecord] = "payout";
      if (declared.scorecard.valid()) line[kScorecard] = policy_.scorecards[declared.scorecard.index].named.name;
      line[kName] = declared.named.name;
      line[kEntity] = policy_.entity(declared.entity).named.name;
      line[kKey] = row.key;
      line[kLabel] = row.label;
      line[kStatus] = name(row.status);
      if (row.amount.has_value()) line[kValue] = exact_money(row.amount.number(), declared.currency);
      line[kUnit] = declared.currency.code();
      line[kReason] = row.reason;
      put(std::move(line));
    }
  }

  void alert_line(const eval::AlertResult& result) {
    const model::Alert& declared = policy_.alerts[result.alert.index];
    Line line;
    line[kRecord] = "alert";
    line[kName] = declared.named.name;
    line[kEntity] = policy_.entity(declared.entity).named.name;
    line[kKey] = result.key;
    line[kLabel] = result.label;
    line[kStatus] = declared.severity;
    line[kSubPeriod] = result.period.to_string();
    line[kReason] = result.message;
    put(std::move(line));
  }

  /// Rows set aside in the whole data, of no period.
  void quarantine_line(const std::string& source, std::uint64_t rows) {
    if (rows == 0) return;
    Line line;
    line[kRecord] = "quarantined";
    line[kName] = source;
    line[kEntity] = source;
    line[kValue] = std::to_string(rows);
    put(std::move(line));
  }

  void exclusion_line(const eval::ExclusionCount& count) {
    const model::Exclusion& declared = policy_.exclusions[count.exclusion.index];
    Line line;
    line[kRecord] = "exclusion";
    line[kName] = declared.named.name;
    line[kEntity] = policy_.event(count.events).named.name;
    line[kStatus] = declared.kind;
    line[kValue] = std::to_string(count.rows);
    put(std::move(line));
  }

  const Policy& policy_;
  const eval::Run& run_;
  std::string period_, out_;
};

}  // namespace

std::string run_csv(const Policy& policy, const eval::Run& run) { return CsvWriter(policy, run).write(); }

}  // namespace kpi::report
