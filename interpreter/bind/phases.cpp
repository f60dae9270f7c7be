// Phases of an entity. Whether they leave gaps is proved by the analysis.
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"

namespace kpi::bind {

std::optional<EntityId> require_entity(Session& session, const Module& module, const syntax::Ident& name) {
  if (name.text == "company" && !name.quoted) return EntityId{0};
  const auto index = require_symbol(session, module, name, SymbolKind::entity);
  if (!index) return std::nullopt;
  return EntityId{*index};
}

// Phase names are used in tables and metrics, so they are known before anything else is bound.
void declare_phases(Session& session) {
  for (auto& declared : session.phases) {
    const syntax::PhasesDecl& decl = *declared.decl;
    model::Phases phases;
    phases.span = decl.head.keyword;
    const auto entity = require_entity(session, *declared.module, decl.entity);
    if (entity && session.policy.phases_of(*entity)) {
      session.report(D::second_phases, decl.entity.span)
          .with("entity", decl.entity.text)
          .label(session.policy.phases_of(*entity)->span, D::first_declared_here);
      declared.decl = nullptr;
      continue;
    }
    std::unordered_map<std::string, Span> seen;
    for (const auto& phase : decl.phases) {
      const auto [at, inserted] = seen.emplace(phase.name.text, phase.name.span);
      const Symbol* clash = find_symbol(session, *declared.module, phase.name.text);
      if (!inserted || clash) {
        session.report(D::declared_twice, phase.name.span)
            .with("name", phase.name.text)
            .label(inserted ? clash->span : at->second, D::first_declared_here);
      } else if (is_reserved_name(phase.name.text)) {
        session.report(D::reserved_name, phase.name.span).with("name", phase.name.text);
      }
      model::Phase& added = phases.phases.emplace_back();
      added.named.name = phase.name.text;
      added.named.span = phase.name.span;
      if (phase.label) added.named.label = phase.label->value;
    }
    if (!entity) {
      for (const auto& phase : phases.phases) session.stray_phases.insert(phase.named.name);
      declared.decl = nullptr;  // reported
      continue;
    }
    phases.entity = *entity;
    session.policy.phases.push_back(std::move(phases));
  }
}

void bind_phases(Session& session) {
  std::size_t next = 0;
  for (const auto& declared : session.phases) {
    if (!declared.decl) continue;
    const std::size_t index = next++;
    const EntityId entity = session.policy.phases[index].entity;
    for (std::size_t i = 0; i < declared.decl->phases.size(); ++i) {
      const auto& phase = declared.decl->phases[i];
      if (!phase.when) continue;
      ExprBinder binder(session, Context{declared.module, Place::phase, {}, entity});
      const ExprId when = binder.bind_boolean(*phase.when);
      session.policy.phases[index].phases[i].when = when;
      if (session.type(when).kind == Kind::error) continue;
      const Footprint uses = footprint(session, when);
      require_evaluable(session, uses, entity, session.span(when));
      if (uses.uses_phase) session.report(D::phase_in_phase, session.span(when));
    }
  }
}

}  // namespace kpi::bind
