// What all parts of the binder share: the policy under construction, the files it comes from, and what is declared
// where.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "interpreter/bind/binder.hpp"

namespace kpi::bind {

namespace D = source::ids;
using model::AggregateId;
using model::EntityId;
using model::EventsId;
using model::ExclusionId;
using model::ExprId;
using model::FieldId;
using model::FieldPath;
using model::MetricId;
using model::SourceRef;
using source::Span;
using value::Kind;
using value::Number;
using value::Type;
using value::Unit;
using value::Value;

/// The kinds of declaration that share one namespace.
enum class SymbolKind : std::uint8_t {
  entity,
  events,
  param,
  metric,
  exclusion,
  curve,
  table,
  scorecard,
  payout,
  calendar
};
/// The word that starts such a declaration.
std::string_view keyword(SymbolKind kind);

struct Symbol {
  SymbolKind kind = SymbolKind::metric;
  std::uint32_t index = 0;  // in the vector of that kind of the Policy
  Span span;                // of the declared name; invalid for `company`
  std::string library;      // the `use` that brought it in; empty for the file's own
  bool required = false;    // of a library: stands for what serves it in the policy
};

/// What a library needs of the policy that uses it. Nothing of it is an error before something reads it.
struct Requirement {
  const syntax::EntityDecl* entity = nullptr;  // one of the two
  const syntax::EventsDecl* events = nullptr;
  std::string name;
  Span span;
  SourceRef source;          // what serves it, or the placeholder
  bool placeholder = false;  // nothing serves it: fields as the library declares them, and an error when read
  bool reported = false;
  std::vector<std::string> candidates;  // several that could serve
  const std::vector<syntax::FieldDecl>& fields() const { return events ? events->fields : entity->fields; }
};

/// A calendar that a library requires.
struct RequiredCalendar {
  std::string name;
  Span span;
  bool served = false, reported = false;
};

/// A field of a source as a library sees it.
struct RequiredField {
  FieldId field;          // of the policy's source; invalid: there is none
  bool optional = false;  // as the library declares it
  enum class Problem : std::uint8_t { none, missing, wrong_type, may_be_absent, reported } problem = Problem::none;
  const syntax::FieldDecl* decl = nullptr;
  std::size_t requirement = 0;  // in Module::requirements
  std::string wanted;           // the library's type, in words
};

/// One file: the policy itself or a library it uses. Names that a library does not declare are looked up in the policy
/// that uses it.
struct Module {
  const syntax::File* file = nullptr;
  bool is_root = false;
  std::string prefix;  // before the names of its declarations in results: `live.` for `use … as live`
  std::unordered_map<std::string, Symbol> names;
  std::unordered_map<std::string, Module*> aliases;
  std::unordered_map<std::string, Span> alias_spans;  // of the names after `as`
  struct Override {
    const syntax::UseDecl::Assignment* assignment;
    Module* user;
    bool used = false;
  };
  std::unordered_map<std::string, Override> overrides;  // `with { … }`
  // Of a library: who uses it, and what it requires.
  Module* user = nullptr;
  const syntax::UseDecl* use = nullptr;
  std::vector<Requirement> requirements;
  std::vector<RequiredCalendar> required_calendars;
  /// Fields by the library's names, for each source that serves a requirement; by view_key.
  std::unordered_map<std::uint64_t, std::unordered_map<std::string, RequiredField>> views;
  static std::uint64_t view_key(SourceRef source) { return source.index * 2ULL + (source.is_events() ? 1 : 0); }
  const syntax::Expr& expr(syntax::ExprId id) const { return file->expr(id); }
};

/// A declaration with the file it stands in; `state` serves those that are bound when first needed.
template <class Decl>
struct Declared {
  const Decl* decl = nullptr;
  Module* module = nullptr;
  enum class State : std::uint8_t { unbound, binding, bound } state = State::unbound;
};

/// What an expression rests on, through all metrics and tables in it.
struct Footprint {
  std::vector<AggregateId> aggregates;              // ascending, distinct
  std::vector<std::pair<EntityId, Span>> subjects;  // entities whose fields it reads
  bool uses_phase = false;
  void merge(const Footprint& other);
};

struct Session {
  Session(const source::SourceMap& map, LibraryLoader& library_loader, source::Diagnostics& found)
      : sources(map), loader(library_loader), diagnostics(found) {}

  const source::SourceMap& sources;
  LibraryLoader& loader;
  source::Diagnostics& diagnostics;
  model::Policy policy;

  std::vector<std::unique_ptr<Module>> modules;  // [0] is the policy's own file
  const syntax::PolicyDecl* policy_decl = nullptr;

  // Parallel to the vectors of the Policy.
  std::vector<Declared<syntax::EntityDecl>> entities;  // [0], company, has no declaration
  std::vector<Declared<syntax::EventsDecl>> events;
  std::vector<Declared<syntax::ParamDecl>> params;
  std::unordered_set<std::uint32_t> params_without_value;  // of libraries: an error once something reads them
  std::vector<Declared<syntax::ExcludeDecl>> exclusions;
  std::vector<Declared<syntax::MetricDecl>> metrics;
  std::vector<Declared<syntax::CurveDecl>> curves;
  std::vector<Declared<syntax::TableDecl>> tables;
  std::vector<Declared<syntax::ScorecardDecl>> scorecards;
  std::vector<Declared<syntax::PayoutDecl>> payouts;
  std::vector<Declared<syntax::CalendarDecl>> calendars;
  // Declarations that are not looked up in expressions.
  std::vector<Declared<syntax::ExchangeDecl>> exchanges;
  std::vector<Declared<syntax::EnsureDecl>> ensures;
  std::vector<Declared<syntax::PhasesDecl>> phases;
  std::vector<Declared<syntax::AlertDecl>> alerts;
  std::vector<Declared<syntax::RuleDecl>> rules;
  std::vector<Declared<syntax::AllowDecl>> allows;
  std::vector<Declared<syntax::AttackDecl>> attacks;
  std::vector<Declared<syntax::LabelsDecl>> labels;
  std::vector<Declared<syntax::TestDecl>> tests;
  std::vector<Declared<syntax::ImportDecl>> imports;

  /// Names of declarations being bound on demand, outermost first: what a cycle is reported with.
  std::vector<std::string> binding_stack;
  std::vector<Footprint> metric_footprints;  // by MetricId, once bound
  std::vector<Footprint> table_footprints;
  std::unordered_map<std::string, AggregateId> aggregate_ids;  // by content

  /// Field names of each source, and the fields that the source's own `where` proves present.
  std::unordered_map<std::string, FieldId>& field_names(SourceRef source);
  std::unordered_set<std::uint32_t>& present_fields(SourceRef source);
  /// All entities that have a field of this name.
  std::unordered_map<std::string, std::vector<EntityId>> entities_with_field;

  /// At most two paths from a source to each entity: enough to tell none, one, and several. Only the entities it leads
  /// to.
  struct Owners {
    std::map<std::uint32_t, std::vector<FieldPath>> paths;  // by entity index, none of them empty
    bool all = false;                                       // a source that does not exist leads to every entity
    const std::vector<FieldPath>& to(EntityId entity) const;
  };
  const Owners& owners(SourceRef source) const {
    return source.is_events() ? event_owners[source.index] : entity_owners[source.index];
  }
  std::vector<Owners> entity_owners, event_owners;
  /// Owner problems already reported, so that one cause gives one error.
  std::unordered_set<std::string> reported_owners;

  std::vector<Occurrence>* occurrences = nullptr;
  /// Notes that the name at `use` means the declaration; those without a place in a file (`company`) are left out.
  void occurs(Span use, Span declaration) {
    const bool placed = use.end > use.begin && declaration.end > declaration.begin;
    if (occurrences && placed) occurrences->push_back({use, declaration});
  }

  source::Diagnostic& report(source::DiagnosticId id, Span span) { return diagnostics.add(id, span); }
  /// As report, for a name that is not declared. Silent when a declaration of that name could not be read: the syntax
  /// error is the one cause.
  source::Diagnostic& report_unknown(source::DiagnosticId id, Span span, std::string_view name);
  /// As report, for what a declaration with one of the keywords would have given. Silent when one could not be read.
  source::Diagnostic& report_unless_broken(source::DiagnosticId id, Span span,
                                           std::initializer_list<std::string_view> keywords);
  /// Whether the text at `span` has the name of a declaration that could not be read.
  bool names_a_broken_one(Span span) const;
  /// Names after `as` of libraries that could not be opened.
  std::unordered_set<std::string> missing_libraries;
  /// Phases of an entity that is not known: they are declared, though nothing has them.
  std::unordered_set<std::string> stray_phases;

  ExprId add(Type type, Span span, model::ExprNode node);
  ExprId add_error(Span span);
  ExprId add_constant(Value content, Type type, Span span) {
    return add(type, span, model::Constant{std::move(content)});
  }
  /// By value: the vector of expressions grows while expressions are bound.
  Type type(ExprId id) const { return policy.exprs[id.index].type; }
  Span span(ExprId id) const { return policy.exprs[id.index].span; }
  /// The source text of an expression, on one line.
  std::string text(Span span) const;
  /// As value::to_string, with the names of entities, events and phases.
  std::string describe(const Type& type) const;
  std::string source_name(SourceRef source) const;
  std::string path_text(SourceRef source, const FieldPath& path) const;
  const model::Field& field(SourceRef source, FieldId id) const { return policy.fields(source)[id.index]; }
  value::Currency currency() const { return policy.header.currency; }
  Type money() const { return Type::number(Unit::of(currency())); }

 private:
  source::Diagnostic ignored_;
  std::vector<std::unordered_map<std::string, FieldId>> entity_fields_, event_fields_;
  std::vector<std::unordered_set<std::uint32_t>> entity_present_, event_present_;
};

// ---- names
// ------------------------------------------------------------------------------------------------------------

/// Finds `name` in the module, then, for a library, in the policy.
const Symbol* find_symbol(const Session& session, const Module& module, const std::string& name);
/// Resolves `a` or `alias.a`; nullptr when there is none.
const Symbol* find_symbol(const Session& session, const Module& module, const syntax::Path& path);
/// Notes that `a` or `alias.a` means the symbol.
void note_occurrence(Session& session, const Module& module, std::span<const syntax::Ident* const> parts,
                     const Symbol& symbol);
/// The declaration of this kind that `name` means, or nullopt after reporting.
std::optional<std::uint32_t> require_symbol(Session& session, const Module& module, const syntax::Ident& name,
                                            SymbolKind kind);
std::optional<std::uint32_t> require_symbol(Session& session, const Module& module, const syntax::Path& path,
                                            SymbolKind kind);
/// All names visible in the module, for suggestions; only of one kind when given.
std::vector<std::string> visible_names(const Session& session, const Module& module,
                                       std::optional<SymbolKind> kind = std::nullopt);
/// Adds the nearest candidate as a suggestion, if one is near.
source::Diagnostic& suggest(source::Diagnostic& diagnostic, std::string_view name,
                            const std::vector<std::string>& candidates);
/// One word of a closed list, or nullopt after reporting.
std::optional<std::size_t> require_word(Session& session, const syntax::Ident& word,
                                        const std::vector<std::string>& allowed);
/// `company` or a declared entity.
std::optional<EntityId> require_entity(Session& session, const Module& module, const syntax::Ident& name);
std::optional<value::CalendarUnit> require_calendar_unit(Session& session, const syntax::Ident& word);
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");
bool is_reserved_name(std::string_view name);
bool is_function_name(std::string_view name);
const std::vector<std::string>& function_names();

/// The field of a source, or nullopt after reporting.
std::optional<FieldId> require_field(Session& session, SourceRef source, const syntax::Ident& name);
/// What a module calls a field of a source: for a library, the fields it requires under its own names.
std::optional<FieldId> find_field(Session& session, const Module& module, SourceRef source, const std::string& name);
/// Declared with `requires`; and such a source of a library that nothing in the policy serves.
bool is_required(const Session& session, SourceRef source);
bool is_placeholder(const Session& session, SourceRef source);
struct SeenField {
  FieldId field;
  Type type;  // as the module may read it
};
/// As find_field; nullopt after reporting, also what makes a required field unusable.
std::optional<SeenField> require_field(Session& session, Module& module, SourceRef source, const syntax::Ident& name);
std::vector<std::string> field_names(const Session& session, SourceRef source);
/// A header that the parser has reported already: a cell holds something, but no words.
bool is_broken_header(const Session& session, const syntax::Table& table);
std::string text_of(const std::variant<syntax::Ident, syntax::Text>& name);
Span span_of(const std::variant<syntax::Ident, syntax::Text>& name);

// ---- the steps of bind(), each in a file of its own
// ---------------------------------------------------------------------

void collect_modules(Session& session, const syntax::File& file);  // modules.cpp
/// The `use` in the policy through which a library, or one that it uses, came in.
Span use_span(const Module& module);
/// Whether something serves the calendar that a library calls `name`; reports when not. True for other calendars.
bool require_served_calendar(Session& session, Module& module, const std::string& name);
/// Reports that a parameter of a library has no value, the first time that something reads it.
void require_value(Session& session, std::uint32_t param);
void serve_requirements(Session& session);    // requirements.cpp: what serves the sources that libraries require
void bind_required_fields(Session& session);  // and their fields, after bind_sources
void check_requirements(Session& session);    // reports what is read and not served; leaves out the rest
void bind_header(Session& session);           // header.cpp
void bind_param(Session& session, std::uint32_t index);  // params.cpp
void bind_params(Session& session);
void bind_sources(Session& session);             // sources.cpp: fields, keys, clauses
void bind_source_expressions(Session& session);  // source_exprs.cpp: computed, where, ranges
void bind_owner_paths(Session& session);         // paths.cpp
void bind_exchange(Session& session);            // data_decls.cpp
void bind_calendars(Session& session);
void bind_ensures(Session& session);
void bind_exclusions(Session& session);  // exclusions.cpp
void bind_phases(Session& session);      // phases.cpp
void declare_phases(Session& session);
void bind_table(Session& session, std::uint32_t index);  // tables.cpp
void bind_tables(Session& session);
void bind_curve(Session& session, std::uint32_t index);  // curves.cpp
void bind_curves(Session& session);
void bind_metric(Session& session, std::uint32_t index);  // metrics.cpp
void bind_metrics(Session& session);
void bind_scorecards(Session& session);  // scorecards.cpp
void bind_payouts(Session& session);     // payouts.cpp
void bind_alerts(Session& session);      // alerts.cpp
void bind_labels(Session& session);      // labels.cpp
void bind_tests(Session& session);       // tests.cpp
void bind_imports(Session& session);     // imports.cpp
void bind_rules(Session& session);       // lint_rules.cpp
/// What the attacks do, those of libraries made for the events with their roles.
std::vector<model::Attack> bind_attacks(Session& session);  // attacks.cpp

/// Reports `a → b → a` for the declaration `name`, which is being bound already.
void report_cycle(Session& session, const std::string& name, Span use);

// ---- owner paths
// ----------------------------------------------------------------------------------------------------------

Footprint footprint(Session& session, ExprId expr);
/// Reports at `use` when something in the footprint cannot be computed for `entity`.
void require_evaluable(Session& session, const Footprint& footprint, EntityId entity, Span use);
/// Can everything in it be computed for the entity?
bool is_evaluable(const Session& session, const Footprint& footprint, EntityId entity);

}  // namespace kpi::bind
