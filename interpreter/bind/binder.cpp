#include "interpreter/bind/binder.hpp"

#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/session.hpp"

namespace kpi::bind {

model::Policy bind(const syntax::File& file, const source::SourceMap& sources, LibraryLoader& loader,
                   source::Diagnostics& diagnostics, std::vector<Occurrence>* occurrences,
                   std::vector<model::Attack>* attacks) {
  Session session(sources, loader, diagnostics);
  session.occurrences = occurrences;
  collect_modules(session, file);
  bind_header(session);
  serve_requirements(session);
  bind_params(session);
  bind_sources(session);
  bind_required_fields(session);
  bind_owner_paths(session);
  bind_source_expressions(session);
  bind_exchange(session);
  bind_calendars(session);
  session.metric_footprints.resize(session.metrics.size());
  session.table_footprints.resize(session.tables.size());
  declare_phases(session);
  bind_exclusions(session);
  bind_curves(session);
  bind_tables(session);
  bind_metrics(session);
  bind_phases(session);
  bind_scorecards(session);
  bind_payouts(session);
  bind_alerts(session);
  bind_ensures(session);
  bind_labels(session);
  bind_tests(session);
  bind_imports(session);
  bind_rules(session);
  auto bound_attacks = bind_attacks(session);
  if (attacks != nullptr) *attacks = std::move(bound_attacks);
  check_requirements(session);
  return std::move(session.policy);
}

std::optional<std::pair<value::Value, value::Type>> evaluate_constant(const syntax::File& file, syntax::ExprId expr,
                                                                      const source::SourceMap& sources,
                                                                      source::Diagnostics& diagnostics) {
  NoLibraries none;
  Session session(sources, none, diagnostics);
  session.modules.push_back(std::make_unique<Module>());
  session.modules[0]->file = &file;
  session.modules[0]->is_root = true;
  session.policy.header.timezone = &value::TimeZone::utc();
  const ExprId bound = ExprBinder(session, Context{session.modules[0].get()}).bind(expr);
  const Type type = session.type(bound);
  if (type.kind == Kind::error) return std::nullopt;
  auto content = fold(session, bound);
  if (!content) {
    session.report(D::not_constant, session.span(bound)).with("text", session.text(session.span(bound)));
    return std::nullopt;
  }
  return std::pair(std::move(*content), type);
}

}  // namespace kpi::bind
