// A policy as the interpreter sees it: names resolved, types known, parameters filled in, libraries merged. Immutable
// after binding. Ids index the vectors of the same name.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "interpreter/model/expr.hpp"
#include "interpreter/model/rule.hpp"

namespace kpi::model {

using source::Span;
using value::CalendarUnit;
using value::Date;
using value::Number;
using value::Type;
using value::Unit;

/// What every named declaration has. `name` is how it is written in the policy file (a library's metric used as
/// `live.gpm` has the name `live.gpm`); `label` is the text in the declaration, or empty.
struct Named {
  std::string name;
  std::string label;
  std::string doc;
  Span span;  // of the name
  bool from_library = false;
};

struct Evidence {
  std::string key, text;
  Span span;
};

/// A duration clause that may be exact (days) or a calendar step (months).
struct Delay {
  value::Number seconds;  // exact part
  std::int32_t months = 0;
  bool is_zero() const { return seconds.is_zero() && months == 0; }
};

struct Header {  // the `policy` block
  std::string name, label, version, owner, human_review;
  std::string sha256;  // of the policy file's bytes
  std::vector<std::string> markets, platforms;
  value::Currency currency;
  const value::TimeZone* timezone = nullptr;  // never null after binding (UTC if missing, which is reported)
  std::optional<Date> announced, effective_from, effective_to, review_by;  // effective_to included
  bool partial_prorate = false;
  std::optional<Delay> trial, appeal;
  std::vector<Evidence> evidence;
  Span span;
};

struct Param {
  Named named;
  Type type;
  value::Value value;  // after `use … with`
};

enum class Collected : std::uint8_t { unknown, platform, export_, payee, manual };
enum class Duplicates : std::uint8_t { error, keep_first, allow };

struct Field {
  Named named;
  Type type;                        // optional as declared; money in a currency column has the policy's currency
  std::string column;               // column as written after `from`, else the field's name; empty if computed
  bool column_is_declared = false;  // stood after `from`: matched exactly first
  ExprId computed;                  // row level, depth 0
  value::Currency currency;         // money in a fixed currency (converted to the policy's if they differ)
  FieldId currency_field;           // money in a currency column
  Number duration_unit{1};          // duration in minutes: 60
  bool integer = false, minor_units = false, personal = false, key = false, label = false;
  ExprId range;  // constant range, checked against the data
};

/// The path from rows to each entity they belong to, where there is exactly one. The path to `company` is empty with an
/// invalid field, and so is that from an entity to itself. Holds only the paths there are: many entities, few of which
/// are linked, are usual.
class OwnerPaths {
 public:
  /// Entities come in ascending order.
  void add(EntityId entity, FieldPath path) { paths_.emplace_back(entity, std::move(path)); }
  /// Null when there is no path or more than one.
  const FieldPath* to(EntityId entity) const {
    const auto found = std::lower_bound(paths_.begin(), paths_.end(), entity.index,
                                        [](const auto& path, std::uint32_t index) { return path.first.index < index; });
    return found != paths_.end() && found->first == entity ? &found->second : nullptr;
  }
  auto begin() const { return paths_.begin(); }
  auto end() const { return paths_.end(); }

 private:
  std::vector<std::pair<EntityId, FieldPath>> paths_;
};

struct Entity {
  Named named;
  std::string table;          // empty for company and distinct entities
  std::vector<Field> fields;  // a distinct entity has one: its key, named like the entity
  std::vector<FieldId> key;
  FieldId label_field;             // invalid: the key serves as label
  FieldId active_from, active_to;  // invalid: always active / open end. active_to is the last active day
  ExprId where;
  OwnerPaths owner_paths;  // itself included
  // distinct entities:
  std::optional<SourceRef> distinct_source;
  FieldId distinct_field;
  bool is_distinct() const { return distinct_source.has_value(); }
};

struct Coverage {
  std::optional<Date> from;
};

struct Events {
  Named named;
  std::string role;  // orders refunds sessions …; empty if none
  std::string table;
  std::vector<Field> fields;
  std::vector<FieldId> key;               // empty: no key
  ExprId where;                           // row level
  FieldId time;                           // the field after `at`
  const value::TimeZone* zone = nullptr;  // fixed zone of day and month boundaries (policy's unless given)
  std::optional<FieldPath> zone_field;    // or read from a row: in shop.timezone
  std::vector<FieldId> credit;            // `credit host`: which references decide; empty if not given
  Collected collected = Collected::unknown;
  std::string collected_by;
  std::optional<Date> covers_from;
  Duplicates duplicates = Duplicates::error;
  OwnerPaths owner_paths;
};

struct Exchange {
  std::string table;
  std::string day_column, currency_column, rate_column;
  enum class Rule : std::uint8_t { day_of_event, month_average, period_end, fixed } rule = Rule::day_of_event;
  Span span;
};

struct Ensure {
  std::string label;
  ExprId condition;  // boolean over aggregates of one events source
  std::optional<SourceRef> each_source;
  FieldPath each;  // group: a field or reference of each_source
  Span span;
};

struct Calendar {
  Named named;
  struct Shift {
    unsigned first_day = 0, last_day = 0;
    std::int32_t from_minute = 0, to_minute = 0;
  };  // 0 = Monday
  std::vector<Shift> shifts;
  std::optional<SourceRef> holidays;  // every value of holidays_field is a day off
  FieldId holidays_field;
};

struct Exclusion {
  Named named;
  std::string kind;  // test fake cancelled sample gift internal other
  std::vector<EventsId> from;
  std::vector<ExprId> conditions;  // one per entry of `from`: the same text bound to each source
  std::string because;
};

struct Metric {
  Named named;
  ExprId value;
  Type type;
  bool lower_is_better = false;
  std::string basis;
  std::vector<std::string> tags;
  struct Show {
    enum class Kind : std::uint8_t { plain, percent, decimals, unit } kind = Kind::plain;
    int places = 0;
    std::string unit;
  } show;
  ExprId needs;             // boolean; invalid: none
  std::string needs_limit;  // "30" for `needs count(x) >= 30`, else the condition's text
  Delay matures_after;
  /// Entities for which it can be evaluated (a path exists for all of its aggregates), by EntityId. A metric that reads
  /// fields of an entity can be evaluated for that one only.
  std::vector<bool> evaluable_for;
};

struct Phase {
  Named named;
  ExprId when;  // invalid: otherwise
};
struct Phases {
  EntityId entity;
  std::vector<Phase> phases;  // tried in order
  Span span;
};

/// A cell of a decision table's input column. Constants only.
struct AnyPattern {};
struct SetPattern {
  std::vector<value::Value> values;
};  // equal to one of them
struct RangePattern {
  value::Value lower, upper;
  bool includes_lower = true, includes_upper = false;
};                                                                   // NoValue: open
using Pattern = std::variant<AnyPattern, SetPattern, RangePattern>;  // comparisons become ranges
struct DecisionTable {
  Named named;
  struct Column {
    std::string name;
    Type type;
    Span span;
  };
  std::vector<Column> columns;
  struct Row {
    std::vector<Pattern> patterns;
    ExprId value;
    bool otherwise = false;
    Span span;
  };
  std::vector<Row> rows;
  Type type;  // of the result
};

enum class CurveKind : std::uint8_t { steps, line, brackets };
struct Curve {
  Named named;
  CurveKind kind = CurveKind::steps;
  std::string input_name;
  Type input, output;  // brackets: output has the unit of input times the unit of the rate
  struct Point {
    Number at, value;
    Span span;
  };  // ascending by `at`; brackets: value is the rate
  std::vector<Point> points;
};

enum class Attain : std::uint8_t { ratio, mirror, inverse, from, none };
enum class Missing : std::uint8_t { unscored, zero, skip };
enum class BuiltinCurve : std::uint8_t { linear, capped, pass };

struct ScorecardRow {
  MetricId metric;
  std::vector<Number> weights;  // one per phase, or one
  std::vector<ExprId> targets;  // one per phase, or one; invalid where the weight is 0 and the cell is `-`
  std::variant<BuiltinCurve, CurveId> curve = BuiltinCurve::linear;
  Number cap{1};  // capped(120%): 1.2
  Attain attain = Attain::ratio;
  ExprId base;  // attain from BASE
  Missing missing = Missing::unscored;
  Span span;
  Span metric_span, weight_span, target_span;
};
struct Gate {
  Named named;
  ExprId requires_value;
  enum class Effect : std::uint8_t { score, at_most, unscored } effect = Effect::unscored;
  Number limit;
};
enum class Population : std::uint8_t { ever, period, active };
struct Scorecard {
  Named named;
  EntityId entity;
  CalendarUnit every = CalendarUnit::month;
  std::vector<ScorecardRow> rows;
  bool has_table = false;      // without: starts at 100
  bool phase_columns = false;  // weights or targets differ by phase
  std::vector<Gate> gates;
  Population population = Population::active;
};

struct Penalty {
  Named named;
  ExprId amount;
  bool from_base = false;
};
struct Payout {
  Named named;
  EntityId entity;
  ScorecardId scorecard;  // invalid: none
  CalendarUnit every = CalendarUnit::month;
  std::string payee;
  ExprId base, amount;  // amount is invalid when `pool` is set
  ExprId pool, pool_by;
  std::optional<FieldPath> pool_within;  // group of the pool; none: all payees of the period
  bool pool_within_company = true;
  ExprId prorate;
  std::vector<Penalty> penalties;
  ExprId floor, cap, draw, recover, paid_when, budget;
  bool cap_carry = false;
  std::optional<Delay> clawback, earned, payable;
  value::Rounding rounding = value::Rounding::half_even;
  bool rounding_declared = false;
  struct Assumption {
    std::string name;
    value::Value value;
    Type type;
    Span span;
  };
  std::vector<Assumption> assumptions;
  std::vector<Evidence> evidence;
  value::Currency currency;
  struct ClauseSpan {
    std::string key;
    Span span;
  };
  std::vector<ClauseSpan> clause_spans;  // for explain and lint
};

struct Alert {
  Named named;
  std::string severity;
  EntityId entity;
  CalendarUnit every = CalendarUnit::day;
  ExprId when;
  std::int32_t streak = 1;
  std::string message;
};

/// Text with values put in: `{m}` in messages.
struct Labels {
  std::map<std::string, std::map<std::string, std::string>> by_language;
};  // zh -> element -> text

// ---- tests and imports
// ------------------------------------------------------------------------------------------------

struct GivenTable {
  std::string table;
  std::vector<std::string> columns;
  std::vector<std::vector<value::Value>> rows;  // NoValue: absent. Money cells are numbers in the cell's currency
  std::vector<std::vector<value::Currency>> currencies;  // parallel to rows: the unit written in the cell
  std::string file;                                      // given … from "file.csv", as written
  Span span;
};
struct ExpectCell {
  enum class Kind : std::uint8_t { any, equal, none, unscored, phase, tolerance } kind = Kind::any;
  value::Value value;  // phase: name as text
  Unit unit;
  Number tolerance;
  Span span;
};
struct Expectation {
  enum class Kind : std::uint8_t { row, excluded, alert, no_alert, error } kind = Kind::row;
  EntityId entity;
  std::string key;
  // row: columns are `phase`, `score`, `status`, metrics, payouts (by name)
  std::vector<std::string> columns;
  std::vector<ExpectCell> cells;
  EventsId events;
  ExclusionId exclusion;  // excluded
  AlertId alert;
  std::optional<value::Period> period;
  std::string error_code;  // K0412
  Span span;
};
struct Test {
  std::string name;
  std::vector<GivenTable> given;
  value::Period period;
  std::optional<Date> as_of;
  std::vector<Expectation> expectations;
  Span span;
};

/// How an import reads and stores a column: TEXT, INTEGER, NUMERIC, exact decimals as TEXT, 0 or 1, ISO texts.
enum class ColumnType : std::uint8_t { unspecified, text, integer, number, money, boolean, date, datetime };
struct ImportColumn {
  std::string name;
  ColumnType as = ColumnType::unspecified;  // `as TYPE`, else from the field that reads this column
  bool optional = true;                     // an empty cell is NULL instead of a reject; the header may be missing
  std::vector<std::string> headers;         // candidates in order
  bool trim = false;
  std::string format;                  // strptime-like; empty: ISO
  std::string decimal, group, prefix;  // decimal "." group ","
  std::vector<std::string> flags;
  std::vector<std::pair<std::string, std::string>> options;
  ExprId value;              // = EXPR over header columns (RowField into Import::header_fields)
  std::optional<Type> type;  // of the events or entity field it feeds, when the file declares one
  Span span;
};
struct Import {
  Named named;
  std::string table;
  std::vector<ImportColumn> columns;
  std::vector<std::string> header_fields;  // headers read by expressions, in order of their FieldId
  std::vector<ExprId> skip_where;          // boolean over header columns (texts)
  std::vector<std::string> key;            // column names; empty: by content and position
  std::string encoding;                    // empty: UTF-8
  std::string separator;                   // empty: found out (comma, tab, semicolon)
  bool short_rows = false;                 // rows that end early have empty cells there
  bool plain_quotes = false;               // quotes are ordinary characters, as in Amazon's flat files
  std::vector<std::pair<std::string, std::vector<std::string>>> options;
  Span span;
};

/// A lint rule; interpreter/lint runs it.
struct Rule {
  Named named;  // the name is its id, also when it comes from a library
  RuleText title;
  RuleSeverity severity = RuleSeverity::warning;
  struct MarketSeverity {
    RuleSeverity severity;
    std::vector<std::string> markets;
  };
  std::vector<MarketSeverity> market_severities;
  std::vector<RuleBinder> binders;  // slots 1, 2, …; quantifiers use further slots
  std::uint32_t slots = 1;
  RuleExprId where;  // invalid: every combination
  std::uint32_t report_slot = 0;
  RuleTemplate report, help;
  RuleText rationale;
  std::optional<Authority> authority;
  RuleLimits applies;
  std::vector<Citation> cites;
  std::optional<Date> checked;  // of all citations without a date of their own
  std::vector<std::string> tags;
  std::optional<RuleFix> fix;
  std::vector<RuleExample> examples;
  std::vector<RuleExpr> exprs;
  std::string library;  // name of the library it stands in; empty: the policy itself
  Span span;            // of the keyword
  Span declaration;     // of the whole declaration
  bool sound = false;   // bound without a mistake, so that it can run
  const RuleExpr& expr(RuleExprId id) const { return exprs[id.index]; }
};
/// An exception from a rule.
struct Allow {
  std::string rule, on, because, owner;  // on: `bonus`, `monthly.net_sales`; empty: every element
  std::optional<Date> until;             // last day
  Span span, declaration;
};
/// A library that the policy uses.
struct Library {
  Named named;
  std::string version, owner;
  std::optional<Date> review_by;
};
struct AttackStub {
  Named named;
  Span span;
};

struct Policy {
  bool is_library = false;
  Header header;
  std::vector<Expr> exprs;
  std::vector<Param> params;
  std::vector<Entity> entities;  // [0] is company
  std::vector<Events> events;
  std::optional<Exchange> exchange;
  std::vector<Ensure> ensures;
  std::vector<Calendar> calendars;
  std::vector<Exclusion> exclusions;  // in order of declaration: the first that hits a row counts
  std::vector<Aggregate> aggregates;
  std::vector<Metric> metrics;
  std::vector<Phases> phases;  // at most one per entity
  std::vector<DecisionTable> tables;
  std::vector<Curve> curves;
  std::vector<Scorecard> scorecards;
  std::vector<Payout> payouts;
  std::vector<Alert> alerts;
  std::vector<Rule> rules;
  std::vector<Allow> allows;
  std::vector<Library> libraries;  // used ones, in the order of their first `use`
  std::vector<AttackStub> attacks;
  std::vector<Test> tests;
  std::vector<Import> imports;
  Labels labels;

  const Expr& expr(ExprId id) const { return exprs[id.index]; }
  const Entity& entity(EntityId id) const { return entities[id.index]; }
  const Events& event(EventsId id) const { return events[id.index]; }
  const std::vector<Field>& fields(SourceRef source) const {
    return source.is_events() ? events[source.index].fields : entities[source.index].fields;
  }
  const Phases* phases_of(EntityId entity) const;
  /// The text in `language` ("en", "zh"), falling back to the declaration's label and then to its name.
  const std::string& label(const Named& named, const std::string& language) const;
  const std::string& label(Named&& named, const std::string& language) const = delete;  // it may be part of `named`
};

}  // namespace kpi::model
