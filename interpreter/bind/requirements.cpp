// What libraries require of the policy that uses them: which of the policy's events and entities serve, and which of
// their fields. A requirement is an error only when something that is used reads it.
#include <algorithm>
#include <utility>

#include "grammar/source/diagnostics/libraries.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/requirements.hpp"
#include "interpreter/bind/types.hpp"

namespace kpi::bind {
namespace {

SymbolKind kind_of(const Requirement& requirement) {
  return requirement.events ? SymbolKind::events : SymbolKind::entity;
}

std::string type_text(const syntax::FieldDecl& decl) { return decl.type.name.text + (decl.type.optional ? "?" : ""); }

/// `a` or `a.b` on the right of an assignment; empty for anything else.
std::vector<syntax::Ident> name_parts(const Module& user, syntax::ExprId id) {
  const syntax::ExprNode& node = user.expr(id).node;
  if (const auto* name = std::get_if<syntax::Name>(&node)) return {name->name};
  const auto* member = std::get_if<syntax::Member>(&node);
  const auto* base = member ? std::get_if<syntax::Name>(&user.expr(member->base).node) : nullptr;
  if (!base) return {};
  return {base->name, member->name};
}

class Server {
 public:
  Server(Session& session, Module& module) : s_(session), module_(module) {}

  void serve_all() {
    for (Requirement& requirement : module_.requirements) {
      serve(requirement);
      if (requirement.placeholder) make_placeholder(requirement);
      module_.names.at(requirement.name).index = requirement.source.index;
    }
    for (RequiredCalendar& calendar : module_.required_calendars) serve(calendar);
  }

  void match_fields() {
    for (std::size_t i = 0; i < module_.requirements.size(); ++i) {
      const Requirement& requirement = module_.requirements[i];
      if (requirement.placeholder) continue;
      auto& view = module_.views[Module::view_key(requirement.source)];
      for (const syntax::FieldDecl& decl : requirement.fields()) {
        RequiredField seen = match(requirement, decl);
        seen.requirement = i;
        const auto [at, inserted] = view.emplace(decl.name.text, seen);
        if (!inserted && at->second.field != seen.field) report_two_meanings(requirement, decl, at->second, seen);
      }
    }
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // ---- sources ------------------------------------------------------------------------------------------------------

  void serve(Requirement& requirement) {
    const SymbolKind kind = kind_of(requirement);
    if (const auto chosen = module_.overrides.find(requirement.name); chosen != module_.overrides.end()) {
      const auto source = chosen_source(requirement, *chosen->second.assignment, *chosen->second.user);
      requirement.placeholder = !source;
      requirement.reported = !source;
      if (source) requirement.source = *source;
      return;
    }
    const Symbol* same_name = find_symbol(s_, *module_.user, requirement.name);
    if (same_name && same_name->kind == kind) {
      requirement.source = source_ref(kind, same_name->index);
      requirement.placeholder = is_placeholder(s_, requirement.source);
      return;
    }
    if (requirement.events && requirement.events->role) serve_by_role(requirement);
    requirement.placeholder = requirement.candidates.size() != 1;
  }

  /// By the calendar that `with` names, or by the one of the same name.
  void serve(RequiredCalendar& calendar) {
    const auto chosen = module_.overrides.find(calendar.name);
    const bool named = chosen != module_.overrides.end();
    const std::uint32_t index = named ? chosen_calendar(calendar, *chosen->second.assignment, *chosen->second.user)
                                      : calendar_of_same_name(calendar);
    calendar.served = index != kNone;
    calendar.reported = named && !calendar.served;
    if (calendar.served) module_.names.at(calendar.name).index = index;
  }

  std::uint32_t chosen_calendar(const RequiredCalendar& calendar, const syntax::UseDecl::Assignment& assignment,
                                Module& user) {
    const auto parts = name_parts(user, assignment.value);
    const Span span = user.expr(assignment.value).span;
    if (parts.empty()) {
      report_no_name(calendar.name + " = CALENDAR", span);
      return kNone;
    }
    const auto index = require_symbol(s_, user, syntax::Path{parts, span}, SymbolKind::calendar);
    // It may be one that the library in between requires, and nothing serves.
    if (index && parts.size() == 1 && !require_served_calendar(s_, user, parts[0].text)) return kNone;
    return index.value_or(kNone);
  }

  std::uint32_t calendar_of_same_name(const RequiredCalendar& calendar) const {
    const Symbol* same = find_symbol(s_, *module_.user, calendar.name);
    const bool served = same && same->kind == SymbolKind::calendar && is_served(*module_.user, calendar.name);
    return served ? same->index : kNone;
  }

  static bool is_served(const Module& user, const std::string& name) {
    return std::none_of(user.required_calendars.begin(), user.required_calendars.end(),
                        [&](const RequiredCalendar& of) { return of.name == name && !of.served; });
  }

  void serve_by_role(Requirement& requirement) {
    for (std::uint32_t i = 0; i < s_.events.size(); ++i) {
      const syntax::EventsDecl& decl = *s_.events[i].decl;
      const bool own = decl.required || s_.events[i].module == &module_;
      if (own || !decl.role || decl.role->text != requirement.events->role->text) continue;
      requirement.candidates.push_back(s_.policy.events[i].named.name);
      requirement.source = SourceRef::of(EventsId{i});
    }
  }

  std::optional<SourceRef> chosen_source(const Requirement& requirement, const syntax::UseDecl::Assignment& assignment,
                                         Module& user) {
    const auto parts = name_parts(user, assignment.value);
    const Span span = user.expr(assignment.value).span;
    if (parts.empty()) {
      report_no_name(requirement.name + (requirement.events ? " = EVENTS" : " = ENTITY"), span);
      return std::nullopt;
    }
    const auto index = require_symbol(s_, user, syntax::Path{parts, span}, kind_of(requirement));
    if (!index) return std::nullopt;
    return source_ref(kind_of(requirement), *index);
  }

  void report_no_name(const std::string& assignment, Span span) {
    s_.report(D::serving_name_expected, span).with("text", s_.text(span)).with("example", example(module_, assignment));
  }

  // A source of the library's own fields and no table, behind all real ones; `check_requirements` takes it out again.
  void make_placeholder(Requirement& requirement) {
    model::Named named;
    named.name = requirement.name;
    named.span = requirement.span;
    named.from_library = true;
    if (requirement.events) {
      requirement.source = SourceRef::of(EventsId{static_cast<std::uint32_t>(s_.policy.events.size())});
      s_.policy.events.emplace_back().named = std::move(named);
      s_.events.push_back({requirement.events, &module_});
    } else {
      requirement.source = SourceRef::of(EntityId{static_cast<std::uint32_t>(s_.policy.entities.size())});
      s_.policy.entities.emplace_back().named = std::move(named);
      s_.entities.push_back({requirement.entity, &module_});
    }
  }

  // ---- fields -------------------------------------------------------------------------------------------------------

  RequiredField match(const Requirement& requirement, const syntax::FieldDecl& decl) {
    using Problem = RequiredField::Problem;
    RequiredField result;
    result.decl = &decl;
    const DeclaredType declared = resolve_type(s_, module_, decl.type, std::nullopt, nullptr);
    result.optional = declared.type.optional;
    result.wanted = s_.describe(declared.type);
    if (declared.integer) result.wanted = "integer";
    bool good = true;
    std::optional<FieldId> field;
    const auto chosen = module_.overrides.find(requirement.name + "." + decl.name.text);
    if (chosen != module_.overrides.end()) {
      field = chosen_field(requirement, decl, *chosen->second.assignment, *chosen->second.user);
      good = field.has_value();
    } else {
      field = find_field(s_, *module_.user, requirement.source, decl.name.text);
    }
    if (!field || !field->valid()) {
      result.problem = good ? Problem::missing : Problem::reported;
      return result;
    }
    result.field = *field;
    const model::Field& actual = s_.field(requirement.source, *field);
    if (actual.type.kind == Kind::error || declared.type.kind == Kind::error)
      result.problem = Problem::reported;
    else if (!same_type(declared, actual))
      result.problem = Problem::wrong_type;
    else if (actual.type.optional && !declared.type.optional)
      result.problem = Problem::may_be_absent;
    return result;
  }

  static bool same_type(const DeclaredType& wanted, const model::Field& actual) {
    if (wanted.type.kind != actual.type.kind) return false;
    if (wanted.integer && !actual.integer) return false;
    switch (wanted.type.kind) {
      case Kind::number:
        return wanted.type.unit == actual.type.unit;
      case Kind::entity:
      case Kind::event:
        return wanted.type.index == actual.type.index;
      default:
        return true;
    }
  }

  std::optional<FieldId> chosen_field(const Requirement& requirement, const syntax::FieldDecl& decl,
                                      const syntax::UseDecl::Assignment& assignment, Module& user) {
    auto parts = name_parts(user, assignment.value);
    const Span span = user.expr(assignment.value).span;
    const std::string& source = s_.source_name(requirement.source);
    if (parts.empty()) {
      report_no_name(requirement.name + "." + decl.name.text + " = " + source + ".FIELD", span);
      return std::nullopt;
    }
    if (parts.size() == 2) {
      const auto index =
          require_symbol(s_, user, parts[0], requirement.source.is_events() ? SymbolKind::events : SymbolKind::entity);
      if (!index) return std::nullopt;
      if (*index != requirement.source.index) {
        s_.report(D::field_of_other_source, span)
            .with("text", s_.text(span))
            .with("other", parts[0].text)
            .with("name", requirement.name)
            .with("source", source);
        return std::nullopt;
      }
    }
    const auto seen = require_field(s_, user, requirement.source, parts.back());
    if (!seen) return std::nullopt;
    return seen->field;
  }

  void report_two_meanings(const Requirement& requirement, const syntax::FieldDecl& decl, const RequiredField& first,
                           const RequiredField& second) {
    const auto name = [&](const RequiredField& seen) {
      return seen.field.valid() ? s_.field(requirement.source, seen.field).named.name : decl.name.text;
    };
    s_.report(D::field_served_twice, use_span(module_))
        .with("field", decl.name.text)
        .with("first", name(first))
        .with("second", name(second))
        .with("source", s_.source_name(requirement.source))
        .label(first.decl->name.span, D::required_here)
        .label(decl.name.span, D::required_here);
  }

  Session& s_;
  Module& module_;
};

void report_problem(Session& session, Module& module, RequiredField& seen) {
  using Problem = RequiredField::Problem;
  const Problem problem = std::exchange(seen.problem, Problem::reported);
  if (problem == Problem::reported || problem == Problem::none) return;
  const Requirement& requirement = module.requirements[seen.requirement];
  const std::string& field = seen.decl->name.text;
  const std::string source = session.source_name(requirement.source);
  const auto id = problem == Problem::missing      ? D::required_field_missing
                  : problem == Problem::wrong_type ? D::required_field_of_other_type
                                                   : D::required_field_may_be_absent;
  auto& found = session.report(id, use_span(module))
                    .with("reader", reader(session, module))
                    .with("name", requirement.name)
                    .with("field", field)
                    .with("source", source)
                    .with("type", type_text(*seen.decl))
                    .with("wanted", seen.wanted)
                    .with("wanted_name", field)
                    .with("example", example(module, requirement.name + "." + field + " = " + source + ".FIELD"));
  if (seen.field.valid()) {
    const model::Field& actual = session.field(requirement.source, seen.field);
    found.with("wanted_name", actual.named.name).with("actual", session.describe(actual.type));
    found.label(actual.named.span, D::declared_here);
  } else {
    const Span serving = requirement.source.is_events() ? session.policy.events[requirement.source.index].named.span
                                                        : session.policy.entities[requirement.source.index].named.span;
    found.label(serving, D::serves_here, {{"name", requirement.name}});
  }
  found.label(seen.decl->name.span, D::required_here);
}

}  // namespace

SourceRef source_ref(SymbolKind kind, std::uint32_t index) {
  return kind == SymbolKind::events ? SourceRef::of(EventsId{index}) : SourceRef::of(EntityId{index});
}

std::string example(const Module& module, const std::string& assignment) {
  std::string library = module.use->file ? "\"" + module.use->file->value + "\"" : "";
  for (const syntax::Ident& part : module.use->path.parts) library += (library.empty() ? "" : ".") + part.text;
  const std::string alias = module.use->alias ? " as " + module.use->alias->text : "";
  return "use " + library + alias + " with { " + assignment + " }";
}

std::string reader(const Session& session, const Module& module) {
  if (!session.binding_stack.empty()) return session.binding_stack.back();
  std::string library = module.use->file ? module.use->file->value : "";
  for (const syntax::Ident& part : module.use->path.parts) library += (library.empty() ? "" : ".") + part.text;
  return library;
}

Span use_span(const Module& module) {
  const Module* outermost = &module;
  while (outermost->user && !outermost->user->is_root) outermost = outermost->user;
  return outermost->use->file ? outermost->use->file->span : outermost->use->path.span;
}

bool require_served_calendar(Session& session, Module& module, const std::string& name) {
  const auto found = std::find_if(module.required_calendars.begin(), module.required_calendars.end(),
                                  [&](const RequiredCalendar& calendar) { return calendar.name == name; });
  if (found == module.required_calendars.end() || found->served) return true;
  if (std::exchange(found->reported, true)) return false;
  session.report(D::nothing_serves_calendar, use_span(module))
      .with("reader", reader(session, module))
      .with("name", name)
      .with("example", example(module, name + " = CALENDAR"))
      .label(found->span, D::required_here);
  return false;
}

void require_value(Session& session, std::uint32_t param) {
  if (session.params_without_value.erase(param) == 0) return;
  const model::Param& found = session.policy.params[param];
  session.report(D::param_without_value, use_span(*session.params[param].module))
      .with("name", found.named.name)
      .label(found.named.span, D::declared_here);
}

bool is_required(const Session& session, SourceRef source) {
  if (source.is_events()) return session.events[source.index].decl->required;
  const auto* decl = session.entities[source.index].decl;
  return decl && decl->required;
}

bool is_placeholder(const Session& session, SourceRef source) {
  if (!is_required(session, source)) return false;
  return !(source.is_events() ? session.events[source.index].module : session.entities[source.index].module)->is_root;
}

std::optional<FieldId> find_field(Session& session, const Module& module, SourceRef source, const std::string& name) {
  if (const auto view = module.views.find(Module::view_key(source)); view != module.views.end()) {
    const auto found = view->second.find(name);
    return found == view->second.end() ? std::nullopt : std::optional(found->second.field);
  }
  const auto& names = session.field_names(source);
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<SeenField> require_field(Session& session, Module& module, SourceRef source, const syntax::Ident& name) {
  const auto view = module.views.find(Module::view_key(source));
  if (view == module.views.end()) {
    const auto field = require_field(session, source, name);
    if (!field) return std::nullopt;
    return SeenField{*field, session.field(source, *field).type};
  }
  const auto found = view->second.find(name.text);
  if (found == view->second.end()) {
    std::vector<std::string> names;
    for (const auto& entry : view->second) names.push_back(entry.first);
    std::sort(names.begin(), names.end());
    suggest(session.report(D::unknown_field, name.span)
                .with("name", name.text)
                .with("source", session.source_name(source))
                .with("fields", join(names)),
            name.text, names);
    return std::nullopt;
  }
  RequiredField& seen = found->second;
  if (seen.problem != RequiredField::Problem::none) {
    report_problem(session, module, seen);
    return std::nullopt;
  }
  Type type = session.field(source, seen.field).type;
  type.optional = seen.optional;
  return SeenField{seen.field, type};
}

void serve_requirements(Session& session) {
  // A library stands before those that it uses, so that what serves it is known when it serves others.
  for (const auto& module : session.modules) Server(session, *module).serve_all();
}

void bind_required_fields(Session& session) {
  for (const auto& module : session.modules) Server(session, *module).match_fields();
}

}  // namespace kpi::bind
