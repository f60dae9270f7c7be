// Names in expressions. A bare name is a field of the row, then a field of the scored entity, then a declaration; two
// hits are an error.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"

namespace kpi::bind {
namespace {

std::optional<SourceRef> target_of(const Type& type) {
  if (type.kind == Kind::entity) return SourceRef::of(EntityId{type.index});
  if (type.kind == Kind::event) return SourceRef::of(EventsId{type.index});
  return std::nullopt;
}

std::optional<SourceRef> source_of(const Symbol& symbol) {
  if (symbol.kind == SymbolKind::entity) return SourceRef::of(EntityId{symbol.index});
  if (symbol.kind == SymbolKind::events) return SourceRef::of(EventsId{symbol.index});
  return std::nullopt;
}

std::string declared_as(const Symbol& symbol, const std::string& name) {
  return std::string(keyword(symbol.kind)) + " " + name;
}

}  // namespace

std::optional<ExprBinder::Chain> ExprBinder::flatten(syntax::ExprId id) const {
  const syntax::Expr& expr = syntax_of(id);
  if (const auto* name = std::get_if<syntax::Name>(&expr.node)) return Chain{{&name->name}, expr.span};
  const auto* member = std::get_if<syntax::Member>(&expr.node);
  if (!member) return std::nullopt;
  auto chain = flatten(member->base);
  if (!chain) return std::nullopt;
  chain->parts.push_back(&member->name);
  chain->span = expr.span;
  return chain;
}

const Symbol* ExprBinder::symbol_of(const Chain& chain, std::size_t& used) const {
  used = 1;
  const std::string& first = chain.parts[0]->text;
  if (const auto alias = c_.module->aliases.find(first); alias != c_.module->aliases.end() && chain.parts.size() > 1) {
    const auto found = alias->second->names.find(chain.parts[1]->text);
    used = 2;
    return found == alias->second->names.end() ? nullptr : &found->second;
  }
  return find_symbol(s_, *c_.module, first);
}

void ExprBinder::note(const Chain& chain, std::size_t used, const Symbol& symbol) {
  note_occurrence(s_, *c_.module, std::span(chain.parts).first(used), symbol);
}

ExprId ExprBinder::bind_chain(const Chain& chain) {
  if (c_.place == Place::import_row) return bind_header(chain);
  bool handled = false;
  ExprId result = bind_special(chain, handled);
  if (!handled && in_row()) result = bind_in_row(chain, handled);
  if (handled) return result;
  std::size_t used = 1;
  const Symbol* symbol = symbol_of(chain, used);
  if (!in_row() && has_subject()) result = bind_in_subject(chain, symbol, handled);
  if (handled) return result;
  if (symbol) return bind_symbol(chain, used, *symbol);
  if (chain.parts.size() == 1) result = bind_phase_name(*chain.parts[0], chain.span, handled);
  return handled ? result : unknown_name(chain);
}

ExprId ExprBinder::unknown_name(const Chain& chain) {
  const syntax::Ident& name = *chain.parts[0];
  if (const auto alias = c_.module->aliases.find(name.text);
      alias != c_.module->aliases.end() && chain.parts.size() > 1) {
    std::vector<std::string> candidates;
    for (const auto& entry : alias->second->names) candidates.push_back(entry.first);
    std::sort(candidates.begin(), candidates.end());
    suggest(s_.report(D::library_has_no_such_name, chain.parts[1]->span)
                .with("name", chain.parts[1]->text)
                .with("library", name.text),
            chain.parts[1]->text, candidates);
    return error(chain.span);
  }
  auto candidates = visible_names(s_, *c_.module);
  if (in_row()) {
    for (std::string& field : field_names(s_, c_.rows.back())) candidates.push_back(std::move(field));
  } else if (c_.subject.valid()) {
    for (std::string& field : field_names(s_, SourceRef::of(c_.subject))) candidates.push_back(std::move(field));
  }
  for (const auto& phases : s_.policy.phases) {
    for (const auto& phase : phases.phases) candidates.push_back(phase.named.name);
  }
  if (name.text == "base" && !name.quoted) {
    s_.report_unknown(D::base_is_no_value, name.span, name.text);
    return error(chain.span);
  }
  auto& found = s_.report_unknown(D::unknown_name, name.span, name.text).with("name", name.text);
  suggest(found, name.text, candidates);
  if (text_wanted_ && chain.parts.size() == 1) found.note(D::text_in_quotes, {{"name", name.text}});
  return error(chain.span);
}

// ---- rows
// ---------------------------------------------------------------------------------------------------------------

ExprId ExprBinder::bind_header(const Chain& chain) {
  std::string name;
  for (const syntax::Ident* part : chain.parts) name += (name.empty() ? "" : ".") + part->text;
  auto& headers = *c_.headers;
  auto at = std::find(headers.begin(), headers.end(), name);
  if (at == headers.end()) at = headers.insert(headers.end(), name);
  const FieldId field{static_cast<std::uint32_t>(at - headers.begin())};
  return s_.add(Type::of(Kind::text), chain.span, model::RowField{0, SourceRef{}, FieldPath{{}, field}});
}

std::optional<ExprBinder::Reached> ExprBinder::follow(SourceRef source, std::span<const syntax::Ident* const> parts,
                                                      const std::string& start) {
  Reached reached;
  std::string key = start;
  bool optional = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto seen = require_field(s_, *c_.module, source, *parts[i]);
    if (!seen) return std::nullopt;
    const FieldId* const field = &seen->field;
    Type type = seen->type;
    key += "." + std::to_string(field->index);
    const bool proved = std::find(facts_.begin(), facts_.end(), key) != facts_.end() ||
                        (i == 0 && s_.present_fields(source).contains(field->index));
    if (proved) type.optional = optional = false;
    optional = optional || type.optional;
    type.optional = optional;
    reached.source = source;
    if (i + 1 == parts.size()) {
      reached.path.field = *field;
      reached.type = type;
      break;
    }
    const auto target = target_of(type);
    if (!target) {
      if (type.kind != Kind::error) {
        s_.report(D::no_members, parts[i + 1]->span).with("text", parts[i]->text).with("name", parts[i + 1]->text);
      }
      return std::nullopt;
    }
    reached.path.refs.push_back(*field);
    source = *target;
  }
  return reached;
}

ExprId ExprBinder::row_field(std::size_t depth, const Reached& reached, Span span) {
  const SourceRef source = c_.rows[c_.rows.size() - 1 - depth];
  return s_.add(reached.type, span, model::RowField{static_cast<std::uint8_t>(depth), source, reached.path});
}

bool ExprBinder::is_same_reference(SourceRef source, FieldId field, const Symbol& symbol) const {
  const auto declared = source_of(symbol);
  return declared && declared == target_of(s_.field(source, field).type);
}

void ExprBinder::ambiguous(const syntax::Ident& name, std::string first, std::string second) {
  s_.report(D::ambiguous_name, name.span)
      .with("name", name.text)
      .with("first", std::move(first))
      .with("second", std::move(second));
}

ExprId ExprBinder::bind_in_row(const Chain& chain, bool& handled) {
  const SourceRef source = c_.rows.back();
  const syntax::Ident& name = *chain.parts[0];
  std::size_t used = 1;
  const Symbol* symbol = symbol_of(chain, used);
  const auto field = find_field(s_, *c_.module, source, name.text);
  if (field && !c_.module->is_root && used == 1 && !c_.module->names.contains(name.text)) {
    symbol = nullptr;  // what the policy happens to call the same is not meant
  }
  const auto own = symbol ? source_of(*symbol) : std::nullopt;
  if (field) {
    handled = true;
    const bool scored_too = c_.subject.valid() && SourceRef::of(c_.subject) != source &&
                            s_.field_names(SourceRef::of(c_.subject)).contains(name.text);
    if (symbol && used == 1 && !is_same_reference(source, *field, *symbol)) {
      ambiguous(name, s_.source_name(source) + "." + name.text, declared_as(*symbol, name.text));
      return error(chain.span);
    }
    if (scored_too) {
      ambiguous(name, s_.source_name(source) + "." + name.text,
                s_.source_name(SourceRef::of(c_.subject)) + "." + name.text);
      return error(chain.span);
    }
    const auto reached = follow(source, chain.parts, start_of_row(0));
    return reached ? row_field(0, *reached, chain.span) : error(chain.span);
  }
  if (const auto alias = c_.row_aliases.find(name.text); alias != c_.row_aliases.end() && chain.parts.size() == 1) {
    handled = true;
    Reached reached;
    reached.path.field = alias->second;
    reached.source = source;
    reached.type = s_.field(source, alias->second).type;
    return row_field(0, reached, chain.span);
  }
  if (!own) return {};
  handled = true;
  const std::span<const syntax::Ident* const> rest = std::span(chain.parts).subspan(used);
  if (*own == source) {
    note(chain, used, *symbol);
    if (rest.empty()) {
      const Type type = source.is_events() ? Type::event(source.index) : Type::entity(source.index);
      return s_.add(type, chain.span, model::RowSelf{0, source});
    }
    const auto reached = follow(source, rest, start_of_row(0));
    return reached ? row_field(0, *reached, chain.span) : error(chain.span);
  }
  s_.report(D::other_source_in_row, chain.span)
      .with("source", s_.source_name(source))
      .with("other", s_.source_name(*own))
      .with("text", s_.text(chain.span));
  return error(chain.span);
}

ExprId ExprBinder::bind_this(const Chain& chain) {
  if (c_.place != Place::exclusion || c_.rows.empty()) {
    s_.report(D::this_outside_exclusion, chain.parts[0]->span);
    return error(chain.span);
  }
  const std::size_t depth = c_.rows.size() - 1;
  const SourceRef source = c_.rows.front();
  if (chain.parts.size() == 1) {
    const Type type = source.is_events() ? Type::event(source.index) : Type::entity(source.index);
    return s_.add(type, chain.span, model::RowSelf{static_cast<std::uint8_t>(depth), source});
  }
  const auto reached = follow(source, std::span(chain.parts).subspan(1), start_of_row(depth));
  return reached ? row_field(depth, *reached, chain.span) : error(chain.span);
}

ExprId ExprBinder::bind_column_set(const Chain& chain, const Symbol& symbol, std::size_t used) {
  const SourceRef source = *source_of(symbol);
  note(chain, used, symbol);
  if (!in_row()) {
    s_.report(D::column_outside_row, chain.span).with("text", s_.text(chain.span));
    return error(chain.span);
  }
  const auto reached = follow(source, std::span(chain.parts).subspan(used), "column");
  if (!reached) return error(chain.span);
  Type type = reached->type;
  type.element = type.kind;
  type.kind = Kind::list;
  type.optional = false;  // rows without a value add nothing to the set
  return s_.add(type, chain.span, model::ColumnSet{source, reached->path});
}

// ---- the scored entity
// ----------------------------------------------------------------------------------------------------

/// `host.team`, where one of the two entities refers to the other; empty where none does.
std::string ExprBinder::path_between(EntityId one, EntityId other) const {
  for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
    const model::Entity& entity = s_.policy.entities[from.index];
    for (const model::Field& field : entity.fields) {
      if (field.type.kind == Kind::entity && field.type.index == to.index)
        return entity.named.name + "." + field.named.name;
    }
  }
  return "";
}

bool ExprBinder::set_subject(EntityId entity, Span span) {
  if (!c_.subject.valid()) c_.subject = entity;
  if (c_.subject == entity) return true;
  const std::string path = path_between(c_.subject, entity);
  s_.report(path.empty() ? D::two_scored_entities : D::two_linked_entities, span)
      .with("first", s_.policy.entities[c_.subject.index].named.name)
      .with("second", s_.policy.entities[entity.index].named.name)
      .with("path", path);
  return false;
}

ExprId ExprBinder::subject_field(EntityId entity, std::span<const syntax::Ident* const> parts, Span span) {
  const auto reached = follow(SourceRef::of(entity), parts, "entity" + std::to_string(entity.index));
  if (!reached) return error(span);
  return s_.add(reached->type, span, model::SubjectField{entity, reached->path});
}

ExprId ExprBinder::bind_in_subject(const Chain& chain, const Symbol* symbol, bool& handled) {
  const syntax::Ident& name = *chain.parts[0];
  if (c_.place == Place::metric) {
    const auto found = s_.entities_with_field.find(name.text);
    if (found == s_.entities_with_field.end()) return {};
    const auto& owners = found->second;
    const bool of_library = chain.parts.size() > 1 && c_.module->aliases.contains(name.text);
    if (symbol && of_library) return {};
    if (symbol) {
      // Which entity is scored shows only in the fields that are read: until then it can be any of them.
      for (const EntityId owner : owners) {
        if (c_.subject.valid() && c_.subject != owner) continue;
        const SourceRef source = SourceRef::of(owner);
        const bool same = is_same_reference(source, s_.field_names(source).at(name.text), *symbol);
        if (same || source_of(*symbol) == source) continue;
        handled = true;
        ambiguous(name, s_.source_name(source) + "." + name.text, declared_as(*symbol, name.text));
        return error(chain.span);
      }
      return {};
    }
    EntityId entity = owners.front();
    if (std::find(owners.begin(), owners.end(), c_.subject) != owners.end())
      entity = c_.subject;
    else if (owners.size() > 1) {
      handled = true;
      ambiguous(name, s_.source_name(SourceRef::of(owners[0])) + "." + name.text,
                s_.source_name(SourceRef::of(owners[1])) + "." + name.text);
      return error(chain.span);
    }
    handled = true;
    return set_subject(entity, chain.span) ? subject_field(entity, chain.parts, chain.span) : error(chain.span);
  }
  if (!c_.subject.valid()) return {};
  const SourceRef source = SourceRef::of(c_.subject);
  const auto& names = s_.field_names(source);
  const auto field = names.find(name.text);
  if (field == names.end()) return {};
  handled = true;
  if (symbol && !is_same_reference(source, field->second, *symbol)) {
    // A distinct entity's only field is its key, named like the entity.
    const bool is_itself = source_of(*symbol) == source;
    if (!is_itself) {
      ambiguous(name, s_.source_name(source) + "." + name.text, declared_as(*symbol, name.text));
      return error(chain.span);
    }
    if (chain.parts.size() > 1) return bind_source_symbol(chain, 1, *symbol);
  }
  return subject_field(c_.subject, chain.parts, chain.span);
}

// ---- declarations
// -----------------------------------------------------------------------------------------------------------

ExprId ExprBinder::bind_source_symbol(const Chain& chain, std::size_t used, const Symbol& symbol) {
  const SourceRef source = *source_of(symbol);
  note(chain, used, symbol);
  const auto rest = std::span(chain.parts).subspan(used);
  if (symbol.kind == SymbolKind::events || in_row()) {
    s_.report(rest.empty() ? D::rows_without_aggregate : D::field_without_aggregate, chain.span)
        .with("text", s_.text(chain.span))
        .with("source", s_.source_name(source));
    return error(chain.span);
  }
  if (!require_scalar(chain.span, s_.text(chain.span))) return error(chain.span);
  const EntityId entity = source.entity();
  if (c_.subject.valid() && c_.subject != entity) {
    const auto& paths = s_.owners(SourceRef::of(c_.subject)).to(entity);
    if (paths.size() == 1) {  // the scored host leads to one team: `team.budget` is that team's
      std::vector<syntax::Ident> steps;
      SourceRef at = SourceRef::of(c_.subject);
      std::vector<FieldId> fields = paths[0].refs;
      fields.push_back(paths[0].field);
      for (const FieldId id : fields) {
        steps.push_back({s_.field(at, id).named.name, chain.span, false});
        at = *target_of(s_.field(at, id).type);
      }
      std::vector<const syntax::Ident*> parts;
      for (const syntax::Ident& step : steps) parts.push_back(&step);
      parts.insert(parts.end(), rest.begin(), rest.end());
      return subject_field(c_.subject, parts, chain.span);
    }
  }
  if (!set_subject(entity, chain.span)) return error(chain.span);
  if (rest.empty()) return s_.add(Type::entity(entity.index), chain.span, model::SubjectSelf{entity});
  return subject_field(entity, rest, chain.span);
}

ExprId ExprBinder::bind_symbol(const Chain& chain, std::size_t used, const Symbol& symbol) {
  const std::string name = s_.text(chain.span);
  if (symbol.kind == SymbolKind::entity || symbol.kind == SymbolKind::events) {
    return bind_source_symbol(chain, used, symbol);
  }
  note(chain, used, symbol);
  if (chain.parts.size() > used) {
    s_.report(D::no_members, chain.parts[used]->span)
        .with("text", chain.parts[used - 1]->text)
        .with("name", chain.parts[used]->text);
    return error(chain.span);
  }
  switch (symbol.kind) {
    case SymbolKind::param:
      bind_param(s_, symbol.index);
      require_value(s_, symbol.index);
      return s_.add(s_.policy.params[symbol.index].type, chain.span, model::ParamRef{{symbol.index}});
    case SymbolKind::metric: {
      if (!require_scalar(chain.span, name)) return error(chain.span);
      // Metrics are bound through each other, so a chain of them is as deep as the stack.
      constexpr std::size_t kLongestChain = 1000;
      using State = decltype(s_.metrics)::value_type::State;
      if (s_.metrics[symbol.index].state == State::unbound && s_.binding_stack.size() >= kLongestChain) {
        s_.report(D::nested_too_deeply, chain.span).with("limit", std::to_string(kLongestChain));
        return error(chain.span);
      }
      bind_metric(s_, symbol.index);
      if (s_.metrics[symbol.index].state == decltype(s_.metrics)::value_type::State::binding) {
        report_cycle(s_, s_.policy.metrics[symbol.index].named.name, chain.span);
        return error(chain.span);
      }
      return s_.add(s_.policy.metrics[symbol.index].type, chain.span, model::MetricRef{MetricId{symbol.index}});
    }
    case SymbolKind::curve:
    case SymbolKind::table:
      s_.report(D::needs_arguments, chain.span).with("name", name).with("kind", std::string(keyword(symbol.kind)));
      return error(chain.span);
    default:
      s_.report(D::not_a_value, chain.span)
          .with("name", name)
          .with("kind", std::string(keyword(symbol.kind)))
          .label(symbol.span, D::declared_here);
      return error(chain.span);
  }
}

// ---- reserved names
// -----------------------------------------------------------------------------------------------------------

ExprId ExprBinder::bind_period_property(const Chain& chain) {
  if (chain.parts.size() != 2) {
    s_.report(D::period_needs_property, chain.span);
    return error(chain.span);
  }
  const auto which = require_word(s_, *chain.parts[1], {"start", "end", "days"});
  if (!which || !require_scalar(chain.span, s_.text(chain.span))) return error(chain.span);
  using Which = model::PeriodProperty::Which;
  const Type type = *which == 2 ? Type::number() : Type::of(Kind::date);
  return s_.add(type, chain.span, model::PeriodProperty{static_cast<Which>(*which)});
}

EntityId ExprBinder::subject_with_phases(Span span) {
  if (!c_.subject.valid() && c_.place == Place::metric && s_.policy.phases.size() == 1) {
    c_.subject = s_.policy.phases[0].entity;
  }
  if (c_.subject.valid() && s_.policy.phases_of(c_.subject)) return c_.subject;
  if (s_.stray_phases.empty())
    s_.report(D::no_phases, span)
        .with("entity", c_.subject.valid() ? s_.policy.entities[c_.subject.index].named.name : "");
  return {};
}

ExprId ExprBinder::bind_phase(Span span) {
  if (c_.place == Place::phase) {
    s_.report(D::phase_in_phase, span);
    return error(span);
  }
  if (!require_scalar(span, "phase")) return error(span);
  const EntityId entity = subject_with_phases(span);
  if (!entity.valid()) return error(span);
  Type type = Type::of(Kind::phase);
  type.index = entity.index;
  return s_.add(type, span, model::PhaseExpr{entity});
}

ExprId ExprBinder::bind_special(const Chain& chain, bool& handled) {
  const syntax::Ident& name = *chain.parts[0];
  if (name.quoted || !is_reserved_name(name.text)) return {};
  handled = true;
  if (name.text == "this") return bind_this(chain);
  if (name.text == "period") return bind_period_property(chain);
  if (name.text == "company" || name.text == "policy" || chain.parts.size() > 1) {
    s_.report(D::reserved_not_a_value, chain.span).with("name", name.text);
    return error(chain.span);
  }
  if (name.text == "phase") return bind_phase(chain.span);
  if (name.text == "score") {
    if (c_.place != Place::payout || !c_.scorecard.valid()) {
      s_.report_unless_broken(D::score_without_scorecard, chain.span, {"scorecard"}).with("name", "score");
      return error(chain.span);
    }
    return require_scalar(chain.span, "score") ? s_.add(Type::number(), chain.span, model::ScoreExpr{})
                                               : error(chain.span);
  }
  return require_scalar(chain.span, "active_days") ? s_.add(Type::number(), chain.span, model::ActiveDays{})
                                                   : error(chain.span);
}

ExprId ExprBinder::bind_phase_name(const syntax::Ident& name, Span span, bool& handled) {
  const model::Phases* owner = nullptr;
  std::uint32_t index = 0;
  for (const model::Phases& phases : s_.policy.phases) {
    for (std::uint32_t i = 0; i < phases.phases.size(); ++i) {
      if (phases.phases[i].named.name != name.text) continue;
      if (owner && owner->entity == c_.subject) continue;  // the scored entity's own phase wins
      if (owner && phases.entity != c_.subject) {
        handled = true;
        ambiguous(name, s_.policy.entities[owner->entity.index].named.name + " " + name.text,
                  s_.policy.entities[phases.entity.index].named.name + " " + name.text);
        return error(span);
      }
      owner = &phases;
      index = i;
    }
  }
  if (!owner) return {};
  handled = true;
  Type type = Type::of(Kind::phase);
  type.index = owner->entity.index;
  s_.occurs(name.span, owner->phases[index].named.span);
  return s_.add(type, span, model::PhaseName{owner->entity, index});
}

}  // namespace kpi::bind
