// Which parts of a policy its tests exercised. What can be exercised is listed once from the policy: each phase, each
// row of a decision table, each segment of a curve, both outcomes of every gate, condition, limit and exclusion.
// Evaluation then counts how often each was met. Declarations of libraries are left out: they have tests of their own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "interpreter/eval/outcome.hpp"

namespace kpi::eval {

enum class CoverageKind : std::uint8_t {
  phase,
  table_row,
  curve_segment,
  points,
  gate,
  condition,
  exclusion,
  payout_step,
  alert,
};
constexpr std::size_t kCoverageKinds = 9;

/// What has to happen for an item to count as exercised.
enum class CoverageOutcome : std::uint8_t {
  entered,  // a phase is the one of somebody
  applies,  // a row of a table, a step of a payout
  below,    // a curve: an input below `low`
  between,  // from `low` to `high`
  beyond,   // from `low` on
  passes,
  fails,  // a gate, a `pass` row
  at_cap,
  below_cap,  // a `capped` row, the cap of a payout
  at_floor,
  above_floor,
  holds,
  does_not_hold,  // a condition, `paid when`
  enough,
  too_few,  // `needs`
  takes_out,
  leaves_in,  // an exclusion
  takes_off,
  takes_nothing,  // a penalty
  scales_down,
  is_enough,  // a budget
  fires,
  stays_quiet,  // an alert
};

struct CoverageItem {
  CoverageKind kind = CoverageKind::phase;
  CoverageOutcome outcome = CoverageOutcome::applies;
  source::Span span;        // of the row, point, clause or condition
  std::string owner;        // the declaration's name
  std::string part;         // a clause (`cap`), a metric of a scorecard, a phase; empty if the owner says it all
  value::Number low, high;  // of a curve segment, in the unit of the curve's input
  model::CurveId curve;     // of a curve segment
  std::uint64_t hits = 0;
};

class Coverage {
 public:
  explicit Coverage(const model::Policy& policy);

  // What the evaluator meets while it works.
  void met_phase(EntityId entity, std::size_t phase);
  void met_table_row(model::TableId table, std::size_t row);
  void met_curve(model::CurveId curve, const value::Number& input);
  void met_condition(model::ExprId condition, bool holds);
  void met_alert(model::AlertId alert, bool holds);

  /// What a finished period of an outcome shows: points, gates, exclusions and steps of payouts.
  void add(const Outcome& outcome, const PeriodOutcome& period);

  const std::vector<CoverageItem>& items() const { return items_; }
  std::size_t total() const { return items_.size(); }
  std::size_t covered() const;
  std::size_t total(CoverageKind kind) const;
  std::size_t covered(CoverageKind kind) const;

 private:
  /// One item for each declaration and part of it.
  using Key = std::pair<std::uint32_t, std::uint32_t>;
  enum class Table : std::uint8_t { phases, rows, segments, points, gates, conditions, exclusions, payouts, alerts };

  void list_phases();
  void list_tables();
  void list_curves();
  void list_conditions();
  void list_condition(model::ExprId root, const std::string& owner);
  void list_scorecards();
  void list_exclusions();
  void list_payouts();
  void list_alerts();
  CoverageItem& item(Table table, std::size_t owner, std::size_t part, CoverageKind kind, CoverageOutcome outcome,
                     const model::Named& named, source::Span span);
  void hit(Table table, std::size_t owner, std::size_t part);
  void add_scorecard(const ScorecardResult& result);
  void add_payout(const PayoutResult& result);

  const model::Policy& policy_;
  std::vector<CoverageItem> items_;
  std::map<std::pair<Table, Key>, std::size_t> index_;
};

}  // namespace kpi::eval
