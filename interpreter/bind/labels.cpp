// Labels in other languages: every name must exist.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/session.hpp"

namespace kpi::bind {
namespace {

/// What can be labelled, by its full name. Names of several kinds (an alert like a metric) share one label.
std::vector<std::string> labelled_names(const Session& session) {
  std::vector<std::string> names;
  const model::Policy& policy = session.policy;
  names.push_back(policy.header.name);
  names.push_back("company");
  const auto add = [&](const auto& declarations) {
    for (const auto& declaration : declarations) names.push_back(declaration.named.name);
  };
  add(policy.params);
  add(policy.entities);
  add(policy.events);
  add(policy.calendars);
  add(policy.exclusions);
  add(policy.metrics);
  add(policy.tables);
  add(policy.curves);
  add(policy.scorecards);
  add(policy.payouts);
  add(policy.alerts);
  add(policy.rules);
  add(policy.attacks);
  add(policy.imports);
  for (const auto& phases : policy.phases) add(phases.phases);
  for (const auto& scorecard : policy.scorecards) add(scorecard.gates);
  for (const auto& payout : policy.payouts) add(payout.penalties);
  const auto add_fields = [&](const auto& sources) {
    for (const auto& source : sources) {
      for (const auto& field : source.fields) names.push_back(source.named.name + "." + field.named.name);
    }
  };
  add_fields(policy.entities);
  add_fields(policy.events);
  return names;
}

}  // namespace

void bind_labels(Session& session) {
  if (session.labels.empty()) return;
  const std::vector<std::string> names = labelled_names(session);
  const std::unordered_set<std::string> known(names.begin(), names.end());
  for (const auto& declared : session.labels) {
    const syntax::LabelsDecl& decl = *declared.decl;
    if (!require_word(session, decl.language, {"en", "zh"})) continue;
    auto& texts = session.policy.labels.by_language[decl.language.text];
    std::unordered_map<std::string, Span> seen;
    for (const auto& entry : decl.entries) {
      std::string name = declared.module->prefix;
      for (const syntax::Ident& part : entry.element.parts) {
        if (&part != &entry.element.parts.front()) name += '.';
        name += part.text;
      }
      if (!known.contains(name)) {
        suggest(session.report_unknown(D::unknown_label, entry.element.span, name).with("name", name), name, names);
        continue;
      }
      const auto [at, inserted] = seen.emplace(name, entry.element.span);
      if (!inserted) {
        session.report(D::declared_twice, entry.element.span)
            .with("name", name)
            .label(at->second, D::first_declared_here);
        continue;
      }
      // The policy's own labels win over those a library brings along.
      if (declared.module->is_root)
        texts[name] = entry.text.value;
      else
        texts.emplace(name, entry.text.value);
    }
  }
}

}  // namespace kpi::bind
