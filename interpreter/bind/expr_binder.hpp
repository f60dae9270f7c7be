// Binds expressions: looks names up, checks types and units, and appends typed nodes to the policy, operands first.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

/// Where an expression stands decides what it may read.
enum class Place : std::uint8_t {
  constant,     // literals, parameters, functions
  row,          // a computed field or a source's `where`: the fields of one row
  exclusion,    // a row, `this`, and counts over all rows
  metric,       // aggregates, metrics, fields of the scored entity (found out from the fields)
  phase,        // the condition of a phase: all but `phase`
  scorecard,    // targets, bases and gates
  payout,       // also `score` and `result(…)`
  alert,
  ensure,       // aggregates only, for nobody in particular
  import_row,   // the columns of an exported file, as texts
};

struct Context {
  Module* module = nullptr;
  Place place = Place::constant;
  std::vector<SourceRef> rows = {};          // rows in scope, the innermost last
  EntityId subject = {};                     // the entity being scored; invalid: none, or not yet known (metric)
  model::ScorecardId scorecard = {};         // of a payout
  std::vector<std::string>* headers = nullptr;   // import_row: the headers read so far
  /// Other names for fields of the innermost row, where it has none of that name: what a library calls them.
  std::map<std::string, FieldId> row_aliases = {};
};

class ExprBinder {
 public:
  ExprBinder(Session& session, Context context) : s_(session), c_(std::move(context)) {}

  /// Always gives a node; after a mistake its type is Kind::error.
  ExprId bind(syntax::ExprId id);
  /// Like bind, then checks that a value of this type is certainly there.
  ExprId bind_present(syntax::ExprId id);
  ExprId bind_boolean(syntax::ExprId id);
  ExprId bind_number(syntax::ExprId id, Unit unit);
  /// A condition over the rows of `source`, innermost from now on; facts it proves hold until the binder ends.
  ExprId bind_row_condition(SourceRef source, syntax::ExprId id);
  ExprId bind_over_row(SourceRef source, syntax::ExprId id);

  /// The subject after binding: for a metric, the entity whose fields it reads.
  EntityId subject() const { return c_.subject; }
  const std::vector<std::string>& facts() const { return facts_; }
  /// Fields (of the one row in scope) that the bound condition proves present.
  std::vector<FieldId> fields_present_if(ExprId condition) const;

  // Checks on bound expressions; false after reporting, true also for Kind::error.
  bool require_present(ExprId id);
  bool require_kind(ExprId id, Kind kind);
  bool require_unit(ExprId id, Unit unit);
  /// Both of one type, where `operation` is the text between them. The common type, or Kind::error after reporting.
  bool require_same_native(ExprId left, ExprId right);
  Type unify(ExprId left, ExprId right, std::string_view operation);

 private:
  struct Chain {                       // a.b.c
    std::vector<const syntax::Ident*> parts;
    Span span;
  };
  struct Reached {
    FieldPath path;
    Type type;
    SourceRef source;                  // the source of the last field
  };

  // expr_binder.cpp
  ExprId bind_node(const syntax::NumberLit& node, Span span);
  ExprId bind_node(const syntax::TextLit& node, Span span);
  ExprId bind_node(const syntax::BoolLit& node, Span span);
  ExprId bind_node(const syntax::DateLit& node, Span span);
  ExprId bind_node(const syntax::DateTimeLit& node, Span span);
  ExprId bind_node(const syntax::PeriodLit& node, Span span);
  ExprId bind_node(const syntax::NoneLit& node, Span span);
  ExprId bind_node(const syntax::Name& node, Span span);
  ExprId bind_node(const syntax::Member& node, Span span);
  ExprId bind_node(const syntax::Unary& node, Span span);
  ExprId bind_node(const syntax::Binary& node, Span span);
  ExprId bind_node(const syntax::In& node, Span span);
  ExprId bind_node(const syntax::IsNone& node, Span span);
  ExprId bind_node(const syntax::Within& node, Span span);
  ExprId bind_node(const syntax::Default& node, Span span);
  ExprId bind_node(const syntax::If& node, Span span);
  ExprId bind_node(const syntax::Range& node, Span span);
  ExprId bind_node(const syntax::List& node, Span span);
  ExprId bind_node(const syntax::Call& node, Span span);

  // expr_names.cpp
  std::optional<Chain> flatten(syntax::ExprId id) const;
  ExprId bind_chain(const Chain& chain);
  ExprId bind_header(const Chain& chain);
  ExprId bind_special(const Chain& chain, bool& handled);
  ExprId bind_period_property(const Chain& chain);
  ExprId bind_this(const Chain& chain);
  ExprId bind_phase(Span span);
  ExprId bind_in_row(const Chain& chain, bool& handled);
  ExprId bind_in_subject(const Chain& chain, const Symbol* symbol, bool& handled);
  ExprId bind_symbol(const Chain& chain, std::size_t used, const Symbol& symbol);
  ExprId bind_source_symbol(const Chain& chain, std::size_t used, const Symbol& symbol);
  ExprId bind_phase_name(const syntax::Ident& name, Span span, bool& handled);
  ExprId unknown_name(const Chain& chain);
  /// The declaration that the first part, or `alias.part`, means; `used` says how many parts that takes.
  const Symbol* symbol_of(const Chain& chain, std::size_t& used) const;
  /// Notes that the first `used` parts of the chain mean the symbol.
  void note(const Chain& chain, std::size_t used, const Symbol& symbol);
  bool is_same_reference(SourceRef source, FieldId field, const Symbol& symbol) const;
  std::optional<Reached> follow(SourceRef source, std::span<const syntax::Ident* const> parts, const std::string& start);
  std::string start_of_row(std::size_t depth) const;   // the prefix of fact keys
  ExprId row_field(std::size_t depth, const Reached& reached, Span span);
  ExprId subject_field(EntityId entity, std::span<const syntax::Ident* const> parts, Span span);
  void ambiguous(const syntax::Ident& name, std::string first, std::string second);
  std::string path_between(model::EntityId one, model::EntityId other) const;
  bool set_subject(EntityId entity, Span span);
  EntityId subject_with_phases(Span span);
  ExprId bind_column_set(const Chain& chain, const Symbol& symbol, std::size_t used);

  // expr_operators.cpp
  ExprId bind_logical(value::BinaryOp op, const syntax::Binary& node, Span span);
  ExprId bind_comparison(value::BinaryOp op, ExprId left, ExprId right, Span span);
  ExprId bind_sum(value::BinaryOp op, ExprId left, ExprId right, Span span);
  ExprId bind_product(value::BinaryOp op, ExprId left, ExprId right, Span span);
  void report_mismatch(ExprId left, ExprId right, std::string_view operation);
  /// A reference compared with a text stands for its key.
  ExprId as_key(ExprId reference);
  void match_keys(ExprId& left, ExprId& right);
  /// Whole days where a duration is added to a date.
  bool require_whole_days(ExprId duration);
  Type compared(ExprId left, ExprId right, std::string_view operation);
  std::vector<std::string> facts_if(ExprId condition, bool holds) const;
  std::string fact_key(ExprId id) const;

  // expr_calls.cpp
  ExprId bind_function(model::Builtin function, const syntax::Call& call, Span span);
  ExprId bind_extreme(model::Builtin function, const syntax::Call& call, Span span);
  ExprId bind_rounding(model::Builtin function, const syntax::Call& call, Span span);
  ExprId bind_elapsed(const syntax::Call& call, Span span);
  ExprId bind_curve_call(std::uint32_t curve, const syntax::Call& call, Span span);
  ExprId bind_table_call(std::uint32_t table, const syntax::Call& call, Span span);
  ExprId bind_result(const syntax::Call& call, const syntax::Ident& property, Span span);
  bool require_arguments(const syntax::Call& call, std::string_view function, std::size_t least, std::size_t most, Span span);
  bool reject_modifiers(const syntax::Call& call, std::string_view function);
  std::optional<std::int64_t> constant_integer(syntax::ExprId id, std::int64_t least, std::int64_t most);

  // expr_aggregates.cpp
  std::optional<SourceRef> source_in(syntax::ExprId id) const;
  ExprId bind_aggregate(model::AggregateFunction function, const syntax::Call& call, Span span);
  bool may_aggregate(model::AggregateFunction function, const syntax::Call& call, Span span);
  ExprId bind_each(model::AggregateFunction function, const syntax::Call& call, Span span);
  std::optional<SourceRef> aggregate_source(std::string_view function, const syntax::Call& call, Span span);
  void bind_including(model::Aggregate& aggregate, const syntax::Call& call);
  void bind_at(model::Aggregate& aggregate, const syntax::Call& call);
  Type aggregate_type(model::AggregateFunction function, ExprId value, Span span);
  void bind_percent(model::Aggregate& aggregate, const syntax::Call& call, Span span);
  bool is_correlated(ExprId filter) const;
  bool has_equality_with_outer(ExprId filter) const;
  ExprId finish_aggregate(model::Aggregate aggregate, Span span);
  std::string aggregate_key(const model::Aggregate& aggregate) const;

  // expr_metric_functions.cpp
  ExprId bind_metric_function(model::MetricFunction function, const syntax::Call& call, Span span);
  void bind_groups(model::MetricCall& result, syntax::ExprId id);
  std::optional<model::GroupKey> bind_group(syntax::ExprId id);

  ExprId error(Span span) { return s_.add_error(span); }
  const syntax::Expr& syntax_of(syntax::ExprId id) const { return c_.module->expr(id); }
  bool in_row() const { return !c_.rows.empty(); }
  bool has_subject() const;            // scalar expressions about an entity may stand here
  /// Reports and returns false unless values of an entity and period can be read here.
  bool require_scalar(Span span, std::string_view what);

  Session& s_;
  Context c_;
  std::vector<std::string> facts_;     // fields proved present, by fact_key
  bool text_wanted_ = false;           // what is being bound is compared with a text
};

}  // namespace kpi::bind
