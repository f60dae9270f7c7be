#include "interpreter/report/run_csv.hpp"

#include <algorithm>
#include <utility>

#include "interpreter/model/words.hpp"
#include "interpreter/report/exact.hpp"
#include "interpreter/value/number_append.hpp"

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
constexpr std::string_view kHeader =
    "period,record,scorecard,name,entity,key,label,phase,status,value,unit,target,attainment,form,points,weight,"
    "weighted,sub_period,reason\r\n";

void append_quoted(std::string& out, std::string_view text) {
  const auto is_special = [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; };
  if (std::none_of(text.begin(), text.end(), is_special)) {
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

/// One line; its cells are put in order of their columns.
class Line {
 public:
  Line(std::string& out, std::string_view period) : out_(out) { out_ += period; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    go_to(kColumns - 1);
    out_ += "\r\n";
  }
  /// A text without commas, quotes and line ends, such as a name.
  void put(Column column, std::string_view text) {
    go_to(column);
    out_ += text;
  }
  void put_quoted(Column column, std::string_view text) {
    go_to(column);
    append_quoted(out_, text);
  }
  /// A text that has the cells of `columns` neighbouring columns, quoted already.
  void put_cells(Column column, int columns, std::string_view text) {
    put(column, text);
    column_ += columns - 1;
  }
  void put(Column column, const value::Number& number) {
    go_to(column);
    value::append_text(out_, number);
  }

 private:
  void go_to(int column) {
    out_.append(static_cast<std::size_t>(column - column_), ',');
    column_ = column;
  }
  std::string& out_;
  int column_ = kPeriod;
};

class CsvWriter final : public PeriodWriter {
 public:
  CsvWriter(const Policy& policy, unsigned threads, TextSink sink)
      : policy_(policy), threads_(threads), sink_(std::move(sink)) {
    for (const model::Metric& metric : policy.metrics) units_.push_back(unit_name(metric.type));
  }

  void write(const eval::Outcome&, const eval::AggregateStore* store, const PeriodOutcome& period) override {
    begin();
    store_ = store;
    period_ = period.period.to_string();
    Pieces pieces;
    for (const auto& scorecard : period.scorecards) {
      pieces.add_items(scorecard.rows.size(), [this, &scorecard](std::size_t row, std::string& out) {
        scorecard_lines(scorecard.scorecard, scorecard.rows[row], out);
      });
    }
    pieces.add_items(period.metrics.size(),
                     [&](std::size_t row, std::string& out) { metric_lines(period.metrics[row], out); });
    for (const auto& payout : period.payouts) {
      pieces.add_items(payout.rows.size(), [this, &payout](std::size_t row, std::string& out) {
        payout_line(payout.payout, payout.rows[row], out);
      });
    }
    pieces.add_items(period.alerts.size(),
                     [&](std::size_t row, std::string& out) { alert_line(period.alerts[row], out); });
    pieces.add_items(period.exclusions.size(),
                     [&](std::size_t row, std::string& out) { exclusion_line(period.exclusions[row], out); });
    pieces.write(threads_, sink_);
  }

  void finish(const eval::Outcome& outcome, const source::Diagnostics&) override {
    begin();
    std::string out;
    for (std::size_t i = 0; i < outcome.events.size() && i < policy_.events.size(); ++i) {
      quarantine_line(policy_.events[i].named.name, outcome.events[i].quarantined, out);
      for (const eval::UnownedRows& rows : outcome.events[i].unowned) unowned_line(i, rows, out);
    }
    for (const auto& count : outcome.entities)
      quarantine_line(policy_.entity(count.entity).named.name, count.quarantined, out);
    sink_(out);
  }

 private:
  void begin() {
    if (!std::exchange(has_begun_, true)) sink_(kHeader);
  }

  void put(Line& line, Column column, const Value& value) const {
    if (value.is<value::Number>()) {
      line.put(column, value.number());
    } else if (value.has_value()) {
      line.put_quoted(column, exact(policy_, store_, value));
    }
  }

  /// Key, label and phase, which stand side by side.
  std::string who(const std::string& key, const std::string& label, model::EntityId entity,
                  const std::optional<std::uint32_t>& phase) const {
    std::string cells;
    append_quoted(cells, key);
    cells += ',';
    append_quoted(cells, label);
    cells += ',';
    append_quoted(cells, phase_name(policy_, entity, phase));
    return cells;
  }

  void scorecard_lines(model::ScorecardId id, const eval::ScorecardRowResult& row, std::string& out) const {
    const model::Scorecard& declared = policy_.scorecards[id.index];
    const std::string& entity = policy_.entity(declared.entity).named.name;
    const std::string person = who(row.key, row.label, declared.entity, row.phase);
    const auto begin_line = [&](Line& line, std::string_view record, std::string_view named) {
      line.put(kRecord, record);
      line.put(kScorecard, declared.named.name);
      line.put(kName, named);
      line.put(kEntity, entity);
      line.put_cells(kKey, 3, person);
    };
    {
      Line line(out, period_);
      begin_line(line, "score", declared.named.name);
      line.put(kStatus, name(row.status));
      put(line, kValue, row.score);
      line.put_quoted(kReason, row.reason);
    }
    for (const eval::ScoreRowResult& result : row.metrics) {
      Line line(out, period_);
      begin_line(line, "result", policy_.metrics[result.metric.index].named.name);
      put_result(line, result);
    }
    for (const eval::GateResult& gate : row.gates) {
      Line line(out, period_);
      begin_line(line, "gate", declared.gates[gate.gate].named.name);
      line.put(kStatus, !gate.passed ? "undecided" : *gate.passed ? "passed" : "failed");
      if (!gate.passed) line.put_quoted(kReason, value::reason_text(gate.reason));
    }
  }

  void put_result(Line& line, const eval::ScoreRowResult& result) const {
    line.put(kStatus, result.skipped                            ? "skipped"
                      : result.provisional                      ? "provisional"
                      : result.partial || result.target_partial ? "partial"
                                                                : "");
    put(line, kValue, result.actual);
    if (result.actual.has_value()) line.put(kUnit, units_[result.metric.index]);
    put(line, kTarget, result.target);
    put(line, kAttainment, result.attainment);
    line.put(kForm, model::name(result.attain));
    put(line, kPoints, result.points);
    line.put(kWeight, result.effective_weight);
    put(line, kWeighted, result.weighted);
    if (!result.actual.has_value()) {
      line.put_quoted(kReason, value::reason_text(result.actual.reason()));
    } else if (!result.attainment.has_value() && result.attain != model::Attain::none) {
      line.put_quoted(kReason, value::reason_text(result.attainment.reason()));
    }
  }

  void metric_lines(const PeriodOutcome::EntityMetrics& entry, std::string& out) const {
    const std::string& entity = policy_.entity(entry.entity).named.name;
    const std::string person = who(entry.key, entry.label, entry.entity, entry.phase);
    for (const eval::MetricResult& result : entry.values) {
      Line line(out, period_);
      line.put(kRecord, "metric");
      line.put(kName, policy_.metrics[result.metric.index].named.name);
      line.put(kEntity, entity);
      line.put_cells(kKey, 3, person);
      line.put(kStatus, result.provisional ? "provisional" : result.partial ? "partial" : "");
      put(line, kValue, result.value);
      if (result.value.has_value()) {
        line.put(kUnit, result.currency ? unit_name(result.type(policy_)) : units_[result.metric.index]);
      } else {
        line.put_quoted(kReason, value::reason_text(result.value.reason()));
      }
    }
  }

  void payout_line(model::PayoutId id, const eval::PayoutRowResult& row, std::string& out) const {
    const model::Payout& declared = policy_.payouts[id.index];
    Line line(out, period_);
    line.put(kRecord, "payout");
    if (declared.scorecard.valid()) line.put(kScorecard, policy_.scorecards[declared.scorecard.index].named.name);
    line.put(kName, declared.named.name);
    line.put(kEntity, policy_.entity(declared.entity).named.name);
    line.put_quoted(kKey, row.key);
    line.put_quoted(kLabel, row.label);
    line.put(kStatus, name(row.status));
    if (row.amount.has_value()) line.put(kValue, exact_money(row.amount.number(), declared.currency));
    line.put(kUnit, declared.currency.code());
    line.put_quoted(kReason, row.reason);
  }

  void alert_line(const eval::AlertResult& result, std::string& out) const {
    const model::Alert& declared = policy_.alerts[result.alert.index];
    Line line(out, period_);
    line.put(kRecord, "alert");
    line.put(kName, declared.named.name);
    line.put(kEntity, policy_.entity(declared.entity).named.name);
    line.put_quoted(kKey, result.key);
    line.put_quoted(kLabel, result.label);
    line.put_quoted(kStatus, declared.severity);
    line.put(kSubPeriod, result.period.to_string());
    line.put_quoted(kReason, result.message);
  }

  /// Rows set aside in the whole data, of no period.
  static void quarantine_line(const std::string& source, std::uint64_t rows, std::string& out) {
    if (rows == 0) return;
    Line line(out, "");
    line.put(kRecord, "quarantined");
    line.put(kName, source);
    line.put(kEntity, source);
    line.put(kValue, std::to_string(rows));
  }

  /// Rows of the whole data that lead to nobody of an entity, with the amounts that were read of them.
  void unowned_line(std::size_t events, const eval::UnownedRows& rows, std::string& out) const {
    Line line(out, "");
    line.put(kRecord, "unowned");
    line.put(kName, policy_.events[events].named.name);
    line.put(kEntity, policy_.entity(rows.entity).named.name);
    line.put(kValue, std::to_string(rows.rows));
    std::string sums;
    for (const auto& [field, money] : rows.money) {
      for (const auto& [code, sum] : money) {
        const auto currency = value::Currency::parse(code).value_or(value::Currency());
        sums += (sums.empty() ? "" : "; ") + field + " " + exact_money(sum, currency) + " " + code;
      }
    }
    line.put_quoted(kReason, sums);
  }

  void exclusion_line(const eval::ExclusionCount& count, std::string& out) const {
    const model::Exclusion& declared = policy_.exclusions[count.exclusion.index];
    Line line(out, period_);
    line.put(kRecord, "exclusion");
    line.put(kName, declared.named.name);
    line.put(kEntity, policy_.event(count.events).named.name);
    line.put_quoted(kStatus, declared.kind);
    line.put(kValue, std::to_string(count.rows));
    if (count.undecided > 0) line.put_quoted(kReason, std::to_string(count.undecided) + " undecided");
  }

  const Policy& policy_;
  const unsigned threads_;
  const TextSink sink_;
  std::vector<std::string> units_;  // by metric
  bool has_begun_ = false;
  const eval::AggregateStore* store_ = nullptr;  // of the period that is being written
  std::string period_;
};

}  // namespace

std::unique_ptr<PeriodWriter> csv_writer(const Policy& policy, unsigned threads, TextSink sink) {
  return std::make_unique<CsvWriter>(policy, threads, std::move(sink));
}

std::string run_csv(const Policy& policy, const eval::Run& run) {
  std::string text;
  CsvWriter writer(policy, 1, [&](std::string_view part) { text += part; });
  for (const PeriodOutcome& period : run.outcome.periods) writer.write(run.outcome, run.store.get(), period);
  writer.finish(run.outcome, {});
  return text;
}

}  // namespace kpi::report
