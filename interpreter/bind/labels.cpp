// Labels in other languages: every name must exist.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "interpreter/bind/session.hpp"

namespace kpi::bind {
namespace {

/// What can be labelled.
struct Labelled {
  std::vector<std::string> names;  // in full; names of several kinds (an alert like a metric) share one label
  std::unordered_map<std::string, Span> places;  // of their first declarations
};

Labelled labelled(const Session& session) {
  Labelled result;
  const model::Policy& policy = session.policy;
  const auto take = [&](std::string name, Span place) {
    result.places.emplace(name, place);
    result.names.push_back(std::move(name));
  };
  take(policy.header.name,
       session.policy_decl && session.policy_decl->head.name ? session.policy_decl->head.name->span : Span{});
  take("company", {});
  const auto add = [&](const auto& declarations) {
    for (const auto& declaration : declarations) take(declaration.named.name, declaration.named.span);
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
      for (const auto& field : source.fields) take(source.named.name + "." + field.named.name, field.named.span);
    }
  };
  add_fields(policy.entities);
  add_fields(policy.events);
  // Texts of clauses that people read. Their last word is the clause's, which no declaration has as its name.
  if (!policy.header.human_review.empty()) take("policy.human_review", {});
  // As declared: metrics of a library that nobody reads are not bound.
  for (std::size_t index = 0; index < session.metrics.size(); ++index) {
    const auto& clauses = session.metrics[index].decl->clauses;
    const bool has_basis =
        std::any_of(clauses.begin(), clauses.end(), [](const auto& clause) { return clause.key.text == "basis"; });
    if (has_basis) take(policy.metrics[index].named.name + ".basis", {});
  }
  for (const model::Exclusion& exclusion : policy.exclusions) {
    if (!exclusion.because.empty()) take(exclusion.named.name + ".because", {});
  }
  return result;
}

void note(Session& session, const Labelled& known, const std::string& prefix, const syntax::Path& path) {
  std::string name = prefix;
  for (const syntax::Ident& part : path.parts) {
    if (&part != &path.parts.front()) name += '.';
    name += part.text;
    if (const auto at = known.places.find(name); at != known.places.end()) session.occurs(part.span, at->second);
  }
}

}  // namespace

void bind_labels(Session& session) {
  if (session.labels.empty()) return;
  const Labelled all = labelled(session);
  const std::vector<std::string>& names = all.names;
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
        // Thousands of mistakes in thousands of names are not worth comparing all of them.
        constexpr std::size_t kMostCompared = 500'000;
        const bool few = session.diagnostics.items().size() * names.size() <= kMostCompared;
        auto& unknown = session.report_unknown(D::unknown_label, entry.element.span, name).with("name", name);
        if (few) suggest(unknown, name, names);
        continue;
      }
      note(session, all, declared.module->prefix, entry.element);
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
