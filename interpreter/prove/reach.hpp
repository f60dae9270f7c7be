// What a change to rows reaches: values that are not taken apart into sums and counts, and conditions that may turn.
#pragma once

#include <set>

#include "interpreter/prove/build.hpp"

namespace kpi::prove {

/// Whether rows of `source` refer to rows of these events.
bool refers_to(const model::Policy& policy, model::SourceRef source, model::EventsId events);

/// Whether rows that change in these events may be, become or cease to be rows of `source`, or are referred to by them:
/// it refers to them, or reads the same table. `added`: the rows are new, and no row passes the conditions of both.
bool goes_along(const model::Policy& policy, model::SourceRef source, model::EventsId events, bool added);
/// Whether a condition over single rows (of an exclusion) looks at other rows of these events; with a field: at that
/// field of theirs.
bool looks_at_rows(const model::Policy& policy, model::ExprId condition, model::EventsId events,
                   std::optional<model::FieldId> field);

/// What a change of rows does to a value over them: rows come in, or rows go.
enum class RowEdit : std::uint8_t { enters, leaves };
/// How far a value that is no sum may move when at most so many rows come in or go; everything where nothing is known.
Interval movement(const model::Policy& policy, const Input& input, RowEdit edit, const Number& most);

/// Where a field of a row changes: to a value, or to any larger amount.
struct FieldChange {
  model::FieldId field;
  std::optional<value::Value> to;  // none: more of it than before, and more than nothing
};
/// Which way a condition over the row may turn: to true, to not true. Neither: the change does not reach it.
struct Turn {
  bool up = false, down = false;
};
Turn turn_of(const model::Policy& policy, model::ExprId condition, model::SourceRef source, const FieldChange& change,
             bool negated = false);

/// Which way rows of these events may go in and out of an aggregate with this filter, through the filter itself, other
/// times, exclusions that are not included, and what the events are.
Turn membership(const model::Policy& policy, model::EventsId events, model::ExprId filter, model::FieldId at,
                const std::vector<model::ExclusionId>& including, const FieldChange& change);
/// A row without values in these fields certainly does not meet the condition.
bool fails_without(const model::Policy& policy, model::ExprId condition, model::SourceRef source,
                   const std::set<std::uint32_t>& absent);
/// Whether the condition over a row reads one of these fields of it.
bool reads_any(const model::Policy& policy, model::ExprId condition, model::SourceRef source,
               const std::set<std::uint32_t>& fields);

/// Which way the value of a row goes when a field of it grows: 1 never down, -1 never up, 0 not at all; none: either.
/// A value that an absent field kept from being there counts as 0, as sums take it.
std::optional<int> row_direction(const Builder& builder, model::ExprId value, model::SourceRef source,
                                 const FieldChange& change);

}  // namespace kpi::prove
