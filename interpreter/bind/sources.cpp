// Entities and events: fields, keys, and the clauses that say how rows are read.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/types.hpp"

namespace kpi::bind {
namespace {

const std::vector<std::string> kRoles = {"orders", "refunds",    "sessions", "ads",  "tickets",
                                         "stock",  "violations", "ratings",  "other"};

class SourceBinder {
 public:
  SourceBinder(Session& session, Module& module, SourceRef source) : s_(session), module_(module), source_(source) {}

  void declare_fields(const std::vector<syntax::FieldDecl>& decls) {
    auto& names = s_.field_names(source_);
    for (const syntax::FieldDecl& decl : decls) {
      const FieldId id{static_cast<std::uint32_t>(fields().size())};
      const auto [at, inserted] = names.emplace(decl.name.text, id);
      if (!inserted) {
        s_.report(D::declared_twice, decl.name.span)
            .with("name", decl.name.text)
            .label(fields()[at->second.index].named.span, D::first_declared_here);
      } else if (is_reserved_name(decl.name.text) && !decl.name.quoted) {
        s_.report(D::reserved_name, decl.name.span).with("name", decl.name.text);
      }
      model::Field& field = fields().emplace_back();
      field.named.name = decl.name.text;
      field.named.doc = decl.doc;
      field.named.span = decl.name.span;
      field.named.from_library = !module_.is_root;
    }
    for (std::size_t i = 0; i < decls.size(); ++i) bind_field(decls[i], i);
  }

  void bind_key_clause(const syntax::SourceClause& clause) {
    if (!key().empty()) {
      s_.report(D::two_keys, clause.span).label(fields()[key()[0].index].named.span, D::first_declared_here);
      return;
    }
    for (const syntax::Ident& word : clause.words) {
      const auto field = require_field(s_, source_, word);
      if (!field) continue;
      fields()[field->index].key = true;
      key().push_back(*field);
    }
    check_key_fields();
  }

  void collect_key_flags() {
    for (std::uint32_t i = 0; i < fields().size(); ++i) {
      if (fields()[i].key) key().push_back(FieldId{i});
    }
    if (key().size() > 1) {
      s_.report(D::two_keys, fields()[key()[1].index].named.span)
          .label(fields()[key()[0].index].named.span, D::first_declared_here);
      key().resize(1);
    }
    check_key_fields();
  }

  /// The field of a clause such as `active from joined`, when it is a date or date-time.
  FieldId time_field(const syntax::Ident& name) {
    const auto field = require_field(s_, source_, name);
    if (!field) return {};
    const Type type = fields()[field->index].type;
    if (type.kind == Kind::date || type.kind == Kind::datetime) return *field;
    if (type.kind != Kind::error) {
      s_.report(D::time_expected, name.span).with("actual", s_.describe(type)).with("text", name.text);
    }
    return {};
  }

 private:
  std::vector<model::Field>& fields() {
    return source_.is_events() ? s_.policy.events[source_.index].fields : s_.policy.entities[source_.index].fields;
  }
  std::vector<FieldId>& key() {
    return source_.is_events() ? s_.policy.events[source_.index].key : s_.policy.entities[source_.index].key;
  }

  void check_key_fields() {
    for (const FieldId id : key()) {
      const model::Field& field = fields()[id.index];
      if (field.type.optional) s_.report(D::optional_key, field.named.span).with("name", field.named.name);
    }
  }

  void bind_field(const syntax::FieldDecl& decl, std::size_t index) {
    const DeclaredType declared = resolve_type(s_, module_, decl.type, decl.in, &s_.field_names(source_));
    model::Field& field = fields()[index];
    field.type = declared.type;
    field.integer = declared.integer;
    field.currency = declared.currency;
    field.duration_unit = declared.duration_unit;
    if (declared.currency_column) {
      field.currency_field = s_.field_names(source_).at(declared.currency_column->text);
      s_.occurs(declared.currency_column->span, s_.field(source_, field.currency_field).named.span);
    }
    if (!decl.computed) {
      field.column = decl.from ? text_of(*decl.from) : decl.name.text;
      field.column_is_declared = decl.from.has_value();
      const bool duration = declared.type.kind == Kind::number && declared.type.unit == Unit::duration();
      if (duration && !decl.in && !is_required(s_, source_)) {
        s_.report(D::duration_field_without_unit, decl.type.span).with("name", decl.name.text);
      }
    } else if (decl.from) {
      s_.report(D::computed_from_column, span_of(*decl.from)).with("name", decl.name.text);
    }
    if (declared.type.kind == Kind::event && s_.policy.events[declared.type.index].key.empty() &&
        !has_key(declared.type.index)) {
      s_.report(D::reference_to_events_without_key, decl.type.span)
          .with("source", s_.policy.events[declared.type.index].named.name)
          .label(s_.policy.events[declared.type.index].named.span, D::declared_here);
    }
    for (const syntax::Ident& flag : decl.flags) set_flag(field, decl, flag);
    if (!field.currency.is_none() && !s_.currency().is_none() && field.currency != s_.currency() &&
        s_.exchanges.empty()) {
      s_.report(D::no_exchange, decl.in->span).with("currency", std::string(field.currency.code()));
    }
  }

  // Events may refer to events declared later, whose key is not collected yet.
  bool has_key(std::uint32_t events) const {
    const syntax::EventsDecl& decl = *s_.events[events].decl;
    const auto is_key = [](const syntax::Ident& word) { return word.text == "key"; };
    return std::any_of(decl.clauses.begin(), decl.clauses.end(),
                       [&](const auto& clause) { return is_key(clause.key); }) ||
           std::any_of(decl.fields.begin(), decl.fields.end(), [&](const syntax::FieldDecl& field) {
             return std::any_of(field.flags.begin(), field.flags.end(), is_key);
           });
  }

  void set_flag(model::Field& field, const syntax::FieldDecl& decl, const syntax::Ident& flag) {
    const auto index = require_word(s_, flag, {"key", "label", "personal", "minor"});
    if (!index) return;
    switch (*index) {
      case 0:
        field.key = true;
        break;
      case 1:
        field.label = true;
        break;
      case 2:
        field.personal = true;
        break;
      default:
        field.minor_units = true;
        if (decl.type.name.text != "money") s_.report(D::minor_without_money, flag.span).with("name", decl.name.text);
        break;
    }
  }

  Session& s_;
  Module& module_;
  SourceRef source_;
};

// ---- entities
// ---------------------------------------------------------------------------------------------------------

void bind_distinct(Session& session, std::uint32_t index) {
  const syntax::EntityDecl& decl = *session.entities[index].decl;
  Module& module = *session.entities[index].module;
  if (!decl.fields.empty())
    session.report(D::distinct_with_fields, decl.fields[0].name.span).with("name", decl.head.name->text);
  model::Field key;
  key.named.name = decl.head.name ? decl.head.name->text : "";
  key.named.span = session.policy.entities[index].named.span;
  key.type = Type::of(Kind::text);
  key.column = key.named.name;
  key.key = true;
  session.field_names(SourceRef::of(EntityId{index})).emplace(key.named.name, FieldId{0});
  session.policy.entities[index].fields.push_back(std::move(key));
  session.policy.entities[index].key.push_back(FieldId{0});
  (void)module;
}

// After all fields are known: where the values of a distinct entity come from.
void bind_distinct_source(Session& session, std::uint32_t index) {
  const syntax::EntityDecl& decl = *session.entities[index].decl;
  Module& module = *session.entities[index].module;
  const syntax::Path& path = *decl.distinct_of;
  if (path.parts.size() != 2) {
    session.report(D::distinct_needs_field, path.span).with("name", session.policy.entities[index].named.name);
    return;
  }
  const Symbol* symbol = find_symbol(session, module, path.parts[0].text);
  if (!symbol || (symbol->kind != SymbolKind::entity && symbol->kind != SymbolKind::events)) {
    std::vector<std::string> candidates = visible_names(session, module, SymbolKind::events);
    for (std::string& name : visible_names(session, module, SymbolKind::entity)) candidates.push_back(std::move(name));
    suggest(session.report_unknown(D::unknown_source, path.parts[0].span, path.parts[0].text)
                .with("name", path.parts[0].text),
            path.parts[0].text, candidates);
    return;
  }
  session.occurs(path.parts[0].span, symbol->span);
  const SourceRef source = symbol->kind == SymbolKind::entity ? SourceRef::of(EntityId{symbol->index})
                                                              : SourceRef::of(EventsId{symbol->index});
  const auto field = require_field(session, source, path.parts[1]);
  if (!field) return;
  const Type type = session.field(source, *field).type;
  if (type.kind == Kind::error) return;
  if (type.kind != Kind::entity || type.index != index) {
    session.report(D::distinct_field_is_no_reference, path.parts[1].span)
        .with("field", path.parts[1].text)
        .with("name", session.policy.entities[index].named.name)
        .label(session.field(source, *field).named.span, D::declared_here);
    return;
  }
  session.policy.entities[index].distinct_source = source;
  session.policy.entities[index].distinct_field = *field;
}

void bind_entity_fields(Session& session, std::uint32_t index) {
  const syntax::EntityDecl& decl = *session.entities[index].decl;
  if (decl.distinct_of) return bind_distinct(session, index);
  if (decl.table)
    session.policy.entities[index].table = text_of(*decl.table);
  else if (!is_placeholder(session, SourceRef::of(EntityId{index})))
    session.policy.entities[index].table = session.policy.entities[index].named.name;
  SourceBinder(session, *session.entities[index].module, SourceRef::of(EntityId{index})).declare_fields(decl.fields);
}

void bind_entity_clauses(Session& session, std::uint32_t index) {
  const syntax::EntityDecl& decl = *session.entities[index].decl;
  if (decl.distinct_of) {
    bind_distinct_source(session, index);
    for (const auto& clause : decl.clauses) {
      session.report(D::clause_of_events_only, clause.key.span).with("clause", clause.key.text);
    }
    return;
  }
  SourceBinder binder(session, *session.entities[index].module, SourceRef::of(EntityId{index}));
  binder.collect_key_flags();
  for (const syntax::SourceClause& clause : decl.clauses) {
    if (clause.key.text == "key") {
      binder.bind_key_clause(clause);
    } else if (clause.key.text == "active") {
      if (clause.active_from) session.policy.entities[index].active_from = binder.time_field(*clause.active_from);
      if (clause.active_to) session.policy.entities[index].active_to = binder.time_field(*clause.active_to);
    } else {
      session.report(D::clause_of_events_only, clause.key.span).with("clause", clause.key.text);
    }
  }
  model::Entity& entity = session.policy.entities[index];
  for (std::uint32_t i = 0; i < entity.fields.size(); ++i) {
    if (!entity.fields[i].label) continue;
    if (entity.label_field.valid()) {
      session.report(D::two_labels, entity.fields[i].named.span)
          .label(entity.fields[entity.label_field.index].named.span, D::first_declared_here);
    } else {
      entity.label_field = FieldId{i};
    }
  }
  if (entity.key.empty() && !decl.head.incomplete && !is_required(session, SourceRef::of(EntityId{index})))
    session.report(D::entity_without_key, entity.named.span).with("name", entity.named.name);
}

// ---- events ---------------------------------------------------------------------------------------------------------

void bind_events_fields(Session& session, std::uint32_t index) {
  const syntax::EventsDecl& decl = *session.events[index].decl;
  model::Events& events = session.policy.events[index];
  if (!is_placeholder(session, SourceRef::of(EventsId{index})))
    events.table = decl.table ? text_of(*decl.table) : events.named.name;
  events.zone = session.policy.header.timezone;
  if (decl.role && require_word(session, *decl.role, kRoles)) events.role = decl.role->text;
  SourceBinder(session, *session.events[index].module, SourceRef::of(EventsId{index})).declare_fields(decl.fields);
}

void bind_collected(Session& session, model::Events& events, const syntax::SourceClause& clause) {
  if (clause.words.empty()) return;
  const auto who = require_word(session, clause.words[0], {"platform", "export", "payee", "manual"});
  static constexpr model::Collected kWho[] = {model::Collected::platform, model::Collected::export_,
                                              model::Collected::payee, model::Collected::manual};
  if (who) events.collected = kWho[*who];
  if (!clause.texts.empty()) events.collected_by = clause.texts[0].value;
}

void bind_credit(Session& session, std::uint32_t index, const syntax::SourceClause& clause) {
  const SourceRef source = SourceRef::of(EventsId{index});
  for (const syntax::Ident& word : clause.words) {
    const auto field = require_field(session, source, word);
    if (!field) continue;
    const Type type = session.field(source, *field).type;
    if (type.kind == Kind::entity || type.kind == Kind::event)
      session.policy.events[index].credit.push_back(*field);
    else if (type.kind != Kind::error)
      session.report(D::credit_is_no_reference, word.span).with("name", word.text);
  }
}

void bind_zone(Session& session, std::uint32_t index, const std::variant<syntax::Text, syntax::Path>& zone) {
  model::Events& events = session.policy.events[index];
  if (const auto* text = std::get_if<syntax::Text>(&zone)) {
    if (const auto* found = value::TimeZone::find(text->value))
      events.zone = found;
    else
      suggest(session.report(D::unknown_timezone, text->span).with("zone", text->value), text->value,
              value::TimeZone::names());
    return;
  }
  SourceRef at = SourceRef::of(EventsId{index});
  FieldPath path;
  const auto& parts = std::get<syntax::Path>(zone).parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto field = require_field(session, at, parts[i]);
    if (!field) return;
    const Type type = session.field(at, *field).type;
    if (type.kind == Kind::error) return;
    if (i + 1 == parts.size()) {
      path.field = *field;
      if (type.kind != Kind::text || type.optional) {
        session.report(D::zone_is_no_text, parts[i].span).with("actual", session.describe(type));
        return;
      }
    } else if (type.kind == Kind::entity || type.kind == Kind::event) {
      path.refs.push_back(*field);
      at = type.kind == Kind::entity ? SourceRef::of(EntityId{type.index}) : SourceRef::of(EventsId{type.index});
    } else {
      session.report(D::no_members, parts[i + 1].span).with("text", parts[i].text).with("name", parts[i + 1].text);
      return;
    }
  }
  session.policy.events[index].zone_field = path;
}

void bind_events_clauses(Session& session, std::uint32_t index) {
  const syntax::EventsDecl& decl = *session.events[index].decl;
  Module& module = *session.events[index].module;
  SourceBinder binder(session, module, SourceRef::of(EventsId{index}));
  binder.collect_key_flags();
  model::Events& events = session.policy.events[index];
  for (const syntax::SourceClause& clause : decl.clauses) {
    const std::string& key = clause.key.text;
    if (key == "key")
      binder.bind_key_clause(clause);
    else if (key == "collected")
      bind_collected(session, events, clause);
    else if (key == "credit")
      bind_credit(session, index, clause);
    else if (key == "covers" && clause.value)
      events.covers_from = require_date(session, module, *clause.value);
    else if (key == "duplicates" && !clause.words.empty()) {
      const auto mode = require_word(session, clause.words[0], {"error", "keep_first", "allow"});
      if (mode) events.duplicates = static_cast<model::Duplicates>(*mode);
    } else if (key == "active") {
      session.report(D::clause_of_entity_only, clause.key.span).with("clause", key);
    }
  }
  for (const model::Field& field : events.fields) {
    if (field.label) session.report(D::label_of_events, field.named.span).with("name", field.named.name);
  }
  if (!decl.at) {
    if (!decl.required)
      session.report(D::events_without_time, events.named.span).with("name", events.named.name);
  } else {
    events.time = binder.time_field(*decl.at);
    if (events.time.valid() && events.fields[events.time.index].type.optional) {
      session.report(D::optional_time, decl.at->span).with("name", decl.at->text);
    }
  }
  if (decl.zone) bind_zone(session, index, *decl.zone);
}

void check_currency_columns(Session& session, const std::vector<model::Field>& fields) {
  for (const model::Field& field : fields) {
    if (!field.currency_field.valid()) continue;
    const model::Field& column = fields[field.currency_field.index];
    if (column.type.kind != Kind::text && column.type.kind != Kind::error) {
      session.report(D::currency_column_is_no_text, field.named.span)
          .with("name", field.named.name)
          .with("column", column.named.name)
          .label(column.named.span, D::declared_here);
    }
  }
}

}  // namespace

void bind_sources(Session& session) {
  // company is entities[0] and has no fields
  for (std::uint32_t i = 1; i < session.entities.size(); ++i) bind_entity_fields(session, i);
  for (std::uint32_t i = 0; i < session.events.size(); ++i) bind_events_fields(session, i);
  for (std::uint32_t i = 1; i < session.entities.size(); ++i) bind_entity_clauses(session, i);
  for (std::uint32_t i = 0; i < session.events.size(); ++i) bind_events_clauses(session, i);
  for (const model::Entity& entity : session.policy.entities) check_currency_columns(session, entity.fields);
  for (const model::Events& events : session.policy.events) check_currency_columns(session, events.fields);
  for (std::uint32_t i = 1; i < session.policy.entities.size(); ++i) {
    if (session.entities[i].decl->distinct_of) continue;  // its key is named like the entity, which comes first
    for (const model::Field& field : session.policy.entities[i].fields) {
      session.entities_with_field[field.named.name].push_back(EntityId{i});
    }
  }
}

}  // namespace kpi::bind
