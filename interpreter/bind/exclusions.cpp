// Exclusions: one condition, bound once for each of the events it takes rows from.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/expr_binder.hpp"

namespace kpi::bind {

void bind_exclusions(Session& session) {
  static const std::vector<std::string> kKinds = {"test", "fake", "cancelled", "sample", "gift", "internal", "other"};
  for (std::size_t i = 0; i < session.exclusions.size(); ++i) {
    const syntax::ExcludeDecl& decl = *session.exclusions[i].decl;
    Module& module = *session.exclusions[i].module;
    model::Exclusion& exclusion = session.policy.exclusions[i];
    if (decl.because) exclusion.because = decl.because->value;
    if (!decl.kind)
      session.report(D::exclusion_without_kind, exclusion.named.span).with("allowed", join(kKinds));
    else if (require_word(session, *decl.kind, kKinds))
      exclusion.kind = decl.kind->text;
    for (const syntax::Ident& from : decl.from) {
      const auto index = require_symbol(session, module, from, SymbolKind::events);
      if (!index || !decl.where.valid()) continue;
      const EventsId events{*index};
      if (std::find(exclusion.from.begin(), exclusion.from.end(), events) != exclusion.from.end()) {
        session.report(D::declared_twice, from.span)
            .with("name", from.text)
            .label(decl.from[0].span, D::first_declared_here);
        continue;
      }
      ExprBinder binder(session, Context{&module, Place::exclusion, {SourceRef::of(events)}});
      const ExprId condition = binder.bind_boolean(decl.where);
      if (session.type(condition).kind == Kind::error) continue;
      exclusion.from.push_back(events);
      exclusion.conditions.push_back(condition);
    }
  }
}

}  // namespace kpi::bind
