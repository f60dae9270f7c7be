// Why a score and a payment are what they are: a tree from each payout through its steps, the score and its rows down
// to metrics, aggregates and rows of events; and what the next step would take.
#pragma once

#include "grammar/source/source.hpp"
#include "interpreter/eval/outcome.hpp"
#include "interpreter/eval/run/why_not.hpp"

namespace kpi::eval {

/// One thing that was computed. What stands below it is what it was computed from.
struct ExplainNode {
  enum class Kind : std::uint8_t {
    payout,  // name, value = amount; facts: base, where one is declared; children: its steps, then what it rests on
    step,    // name = the step's word (amount, prorate, penalty, floor, cap, paid_when, budget, rounding …); a pool
             // share has the facts measure, sum, payees and, with `within`, group, and its measure as `measured`
    base_penalty,  // reported apart
    scorecard,     // value = score; children: phase, rows, gates
    phase,         // name = the phase
    score_row,     // name = the metric; facts: actual, target, base, attainment, points, weight, weighted
    gate,
    metric,        // children: metrics, curves, tables and aggregates of its formula
    other_window,  // previous(m), rolling(m, 3) …: facts: period; children: the metric there
    curve,         // facts: input; `segment` says which part of it was used
    table,         // a decision table; `segment` is the row that applied
    need,          // what a metric requires to have a value (`needs`)
    aggregate,     // rows_total = rows of its events that it counts
  };
  Kind kind = Kind::metric;
  std::string name;
  const model::Named* named = nullptr;  // for labels; null where nothing is declared
  std::string formula;                  // as written in the policy
  std::string with_values;              // the same with values put in; empty where nothing was put in
  Value value;
  value::Type type;
  std::string note;  // why there is no value, how a gate acts, which status a payout has
  std::string segment;
  const model::Named* curve = nullptr;  // of a score_row: the declared curve that `segment` is a part of
  std::string measured;                 // of a pool share: what it is shared by, as written
  struct Fact {
    std::string word;
    Value value;
    value::Type type;
  };
  std::vector<Fact> facts;
  std::optional<value::Period> period;
  std::optional<Window> window;  // the days read, where they are not the period's
  bool repeated = false;         // explained further up already
  std::optional<std::uint64_t> rows_total;
  std::optional<std::size_t> span;  // of an aggregate over events: which of the rows' spans (CountedRow::counted_by)
  /// Whom total, share and ranks look at together: the first ones, best first, and how many there are.
  struct Member {
    std::string key, label;
    Value value;
    value::Type type;
  };
  std::vector<Member> members;
  std::size_t members_total = 0;
  std::vector<ExplainNode> children;
};

/// Rows behind the numbers of the period, of one events source, by time. Rows of other days that an aggregate reads in
/// a longer or an earlier window are a list of their own.
struct ExplainedRows {
  EventsId events;
  bool outside = false;
  Date first, last;  // days of the rows
  std::uint64_t kept_total = 0, excluded_total = 0;
  std::vector<TracedRow> kept, excluded;  // the first ExplainRequest::row_limit of each
};

struct SubjectExplanation {
  EntityId entity;
  std::uint32_t entity_row = 0;
  std::string key, label;
  std::vector<ExplainNode> payouts;
  std::vector<ExplainNode> scorecards;
  std::vector<ExplainNode> metrics;  // listed ones that nothing above explains
  std::vector<ExplainedRows> rows;
  std::vector<NextStep> next_steps;  // on request
};

struct ExplainRequest {
  value::Period period;
  std::string entity_key;
  std::optional<value::Instant> as_of;
  bool quarantine = false;
  bool only_needed = false;    // ScanRequest::only_needed
  bool why_not = false;
  std::size_t row_limit = 20;  // rows listed of each events source, kept and excluded
  unsigned threads = 1;
  std::size_t batch_rows = 4096;
  std::uint64_t memory = kUsualMemory;
  bool simple = false;
};

struct Explanation {
  Outcome outcome;                           // of the whole period
  std::vector<SubjectExplanation> subjects;  // every entity that has a row with the key
  std::unique_ptr<AggregateStore> store;     // what references in the values lead to
};

/// Runs the period and explains the results of one key. Errors go to `diagnostics`; then nothing is explained.
Explanation explain(const model::Policy& policy, DataSource& data, const source::SourceMap& sources,
                    const ExplainRequest& request, source::Diagnostics& diagnostics);

}  // namespace kpi::eval
