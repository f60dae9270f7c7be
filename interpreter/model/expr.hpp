// Resolved, typed expressions. They lie in one vector of the Policy, children before parents, and are never changed
// after binding. Row-level expressions (inside aggregates, filters, exclusions, computed fields) read the columns of a
// row; all others are evaluated for one entity and one window of time.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "grammar/source/source.hpp"
#include "interpreter/model/ids.hpp"
#include "interpreter/value/value.hpp"

namespace kpi::model {

/// From a row along references to a field: `sales.host.team` read in a row of sales is {refs: [host], field: team}.
/// Each ref is a reference field of the source reached so far; `field` belongs to the source reached last.
struct FieldPath {
  std::vector<FieldId> refs;
  FieldId field;
  friend bool operator==(const FieldPath&, const FieldPath&) = default;
};

enum class Builtin : std::uint8_t {
  min, max, abs, round, round_significant, floor, ceil,                 // numbers (min, max also dates, datetimes)
  upper, lower, trim, starts_with, ends_with, contains,                 // texts
  age,             // age(date): duration from the date up to the period's start (in whole days)
  months_since,    // months_since(date): calendar months from its month to the period's
  elapsed,         // elapsed(a, b, calendar): working time between two datetimes; `calendar` in Call
  native,          // native(x): the amount in the row's own currency
  convert,         // convert(money): a literal converted with the period's exchange rule to the policy's currency
  exists_value,    // unused by binders; reserved
};

/// Functions over metrics: what they do with the window or the population in which their operand is evaluated.
enum class MetricFunction : std::uint8_t {
  previous,         // window moved back by `count` periods
  year_ago,
  at_period,        // `period`
  rolling,          // `count` periods ending with this one
  to_date,          // from the start of the enclosing `unit` to the end of this period
  lifetime,         // from the beginning of the data to the end of this period
  total, share, rank, percentile_rank,   // over the members of `groups`
};
/// What total, share, rank and percentile_rank group by. `company` means all members together.
struct GroupKey {
  enum class Kind : std::uint8_t { company, phase, field } kind = Kind::company;
  FieldPath field;   // of the scored entity; may end in a reference
  friend bool operator==(const GroupKey&, const GroupKey&) = default;
};

struct Constant { value::Value value; };
struct ParamRef { ParamId param; };                     // its value is Policy::params[i].value
struct RowField { std::uint8_t depth = 0; SourceRef source; FieldPath path; };  // depth 0: the innermost row, 1: `this`
struct RowSelf { std::uint8_t depth = 0; SourceRef source; };                    // the row itself as a reference
struct SubjectField { EntityId entity; FieldPath path; };    // a field of the entity being scored
struct SubjectSelf { EntityId entity; };                     // the entity being scored itself
struct MetricRef { MetricId metric; };
struct AggregateRef { AggregateId aggregate; };         // scalar level: over the subject's rows in the window;
                                                        // row level (exclusions): over all rows, filter may read depth 1
struct ColumnSet { SourceRef source; FieldPath path; }; // `staff.buyer_id` on the right of `in`: all values of a column
struct MetricCall {
  MetricFunction function;
  ExprId operand;
  std::int32_t count = 1;
  value::Period period;                                 // at_period
  value::CalendarUnit unit = value::CalendarUnit::year; // to_date
  std::vector<GroupKey> groups;
};
struct UnaryExpr { value::UnaryOp op; ExprId operand; };
struct BinaryExpr { value::BinaryOp op; ExprId left, right; };
struct InExpr { ExprId item, collection; bool negated = false; };   // collection: list, range or ColumnSet
struct IsNoneExpr { ExprId operand; bool negated = false; };
struct WithinExpr { ExprId time, duration, of; };
struct DefaultExpr { ExprId operand, fallback; };
struct IfExpr { ExprId condition, then_value, else_value; };
struct ListExpr { std::vector<ExprId> items; };
struct RangeExpr { ExprId lower, upper; bool includes_upper = false; };  // an invalid id is an open end
struct CallExpr {
  Builtin function;
  std::vector<ExprId> arguments;
  CalendarId calendar;                                  // elapsed
  value::Rounding rounding = value::Rounding::half_even; // round, round_significant
};
struct TableLookup { TableId table; std::vector<ExprId> arguments; };
struct CurveApply { CurveId curve; ExprId argument; };
struct PhaseExpr { EntityId entity; };                  // `phase` of the subject
struct PhaseName { EntityId entity; std::uint32_t phase = 0; };
struct ScoreExpr {};                                    // `score` of the payout's scorecard row
struct PeriodProperty { enum class Which : std::uint8_t { start, end, days } which = Which::start; };
struct ActiveDays {};                                   // days of the period on which the subject is active
struct ResultField {                                    // result(m).target
  MetricId metric;
  enum class Which : std::uint8_t { target, attainment, points, value, weight } which = Which::target;
};

using ExprNode = std::variant<Constant, ParamRef, RowField, RowSelf, SubjectField, SubjectSelf, MetricRef, AggregateRef, ColumnSet,
                              MetricCall, UnaryExpr, BinaryExpr, InExpr, IsNoneExpr, WithinExpr, DefaultExpr, IfExpr,
                              ListExpr, RangeExpr, CallExpr, TableLookup, CurveApply, PhaseExpr, PhaseName, ScoreExpr,
                              PeriodProperty, ActiveDays, ResultField>;
struct Expr {
  value::Type type;
  source::Span span;
  ExprNode node;
};

enum class AggregateFunction : std::uint8_t {
  sum, count, exists, distinct, avg, min, max, median, percentile, first, last,
};

/// One aggregate over the rows of a source. Two aggregates with equal content share one AggregateId.
struct Aggregate {
  AggregateFunction function = AggregateFunction::count;
  SourceRef source;
  ExprId value;                          // row level; invalid for count and exists of whole rows
  ExprId filter;                         // row level; invalid: none
  std::vector<ExclusionId> including;    // exclusions that do not apply
  FieldId at;                            // another datetime field that decides the period; invalid: the events' own
  value::Number percent;                 // of percentile, 0 … 100
  AggregateId each_inner;                // avg(sum(x) each day): this aggregate works on the inner one's value per
  value::CalendarUnit each = value::CalendarUnit::day;   // calendar day (week, month) with rows; then `value` is invalid
  bool correlated = false;               // the filter reads `this` (depth 1); only inside exclusions
  value::Type type;
  source::Span span;
};

}  // namespace kpi::model
