// The end of binding: what libraries declare and nobody reads is taken out, and what is read without being served is
// reported.
#include <algorithm>
#include <utility>

#include "grammar/source/diagnostics/libraries.hpp"
#include "interpreter/bind/requirements.hpp"

namespace kpi::bind {
namespace {

/// Takes library metrics that nobody reads out of the policy; every reference to the others is renumbered.
void drop_unread_metrics(Session& session) {
  using State = decltype(session.metrics)::value_type::State;
  std::vector<std::uint32_t> moved(session.metrics.size());
  std::vector<model::Metric> kept;
  for (std::size_t i = 0; i < session.metrics.size(); ++i) {
    moved[i] = static_cast<std::uint32_t>(kept.size());
    if (session.metrics[i].state == State::bound) kept.push_back(std::move(session.policy.metrics[i]));
  }
  if (kept.size() == session.metrics.size()) {
    session.policy.metrics = std::move(kept);
    return;
  }
  session.policy.metrics = std::move(kept);
  for (model::Expr& expr : session.policy.exprs) {
    if (auto* metric = std::get_if<model::MetricRef>(&expr.node)) metric->metric.index = moved[metric->metric.index];
    if (auto* result = std::get_if<model::ResultField>(&expr.node)) result->metric.index = moved[result->metric.index];
  }
  for (model::Scorecard& card : session.policy.scorecards) {
    for (model::ScorecardRow& row : card.rows) row.metric.index = moved[row.metric.index];
  }
}

/// Takes out the curves of libraries that nobody reads, as their parameters may have no value.
void drop_unread_curves(Session& session) {
  using State = decltype(session.curves)::value_type::State;
  std::vector<std::uint32_t> moved(session.curves.size());
  std::vector<model::Curve> kept;
  for (std::size_t i = 0; i < session.curves.size(); ++i) {
    moved[i] = static_cast<std::uint32_t>(kept.size());
    if (session.curves[i].state == State::bound) kept.push_back(std::move(session.policy.curves[i]));
  }
  session.policy.curves = std::move(kept);
  for (model::Expr& expr : session.policy.exprs) {
    if (auto* apply = std::get_if<model::CurveApply>(&expr.node)) apply->curve.index = moved[apply->curve.index];
  }
  for (model::Scorecard& card : session.policy.scorecards) {
    for (model::ScorecardRow& row : card.rows) {
      if (auto* curve = std::get_if<model::CurveId>(&row.curve)) curve->index = moved[curve->index];
    }
  }
}

class Readers {
 public:
  explicit Readers(Session& session) : s_(session) {}

  /// Reports each requirement that nothing serves and something reads; true when there is one.
  bool report() {
    const auto has_one = [](const auto& module) {
      return std::any_of(module->requirements.begin(), module->requirements.end(),
                         [](const Requirement& requirement) { return requirement.placeholder; });
    };
    if (std::none_of(s_.modules.begin(), s_.modules.end(), has_one)) return false;
    for (const model::Aggregate& aggregate : s_.policy.aggregates) read(aggregate.source, aggregate.span);
    for (const model::Exclusion& exclusion : s_.policy.exclusions) {
      for (const EventsId from : exclusion.from) read(SourceRef::of(from), exclusion.named.span);
    }
    for (const model::Scorecard& card : s_.policy.scorecards) read(SourceRef::of(card.entity), card.named.span);
    for (const model::Payout& payout : s_.policy.payouts) read(SourceRef::of(payout.entity), payout.named.span);
    for (const model::Alert& alert : s_.policy.alerts) read(SourceRef::of(alert.entity), alert.named.span);
    for (const model::Phases& phases : s_.policy.phases) read(SourceRef::of(phases.entity), phases.span);
    for (const model::Entity& entity : s_.policy.entities) read_references(entity.fields);
    for (const model::Events& events : s_.policy.events) read_references(events.fields);
    for (const model::Expr& expr : s_.policy.exprs) {
      if (const auto* field = std::get_if<model::SubjectField>(&expr.node))
        read(SourceRef::of(field->entity), expr.span);
      if (const auto* column = std::get_if<model::ColumnSet>(&expr.node)) read(column->source, expr.span);
    }
    return any_;
  }

 private:
  // Fields of placeholders themselves are not read.
  void read_references(const std::vector<model::Field>& fields) {
    for (const model::Field& field : fields) {
      const bool reference = field.type.kind == Kind::entity || field.type.kind == Kind::event;
      if (!reference || requirement_at(field.named.span)) continue;
      read(source_ref(field.type.kind == Kind::event ? SymbolKind::events : SymbolKind::entity, field.type.index),
           field.named.span);
    }
  }

  bool requirement_at(Span span) const {
    for (const auto& module : s_.modules) {
      for (const Requirement& requirement : module->requirements) {
        for (const auto& field : requirement.fields()) {
          if (field.name.span == span) return true;
        }
      }
    }
    return false;
  }

  void read(SourceRef source, Span span) {
    if (source.is_events() ? source.index >= s_.policy.events.size() : source.index >= s_.policy.entities.size())
      return;
    for (const auto& module : s_.modules) {
      for (Requirement& requirement : module->requirements) {
        if (requirement.placeholder && requirement.source == source) report(*module, requirement, span);
      }
    }
  }

  void report(const Module& module, Requirement& requirement, Span span) {
    any_ = true;
    if (std::exchange(requirement.reported, true)) return;
    const std::string role =
        requirement.events && requirement.events->role ? requirement.events->role->text : std::string();
    const auto id = !requirement.events              ? D::nothing_serves_entity
                    : requirement.candidates.empty() ? D::nothing_serves_events
                                                     : D::several_serve;
    std::vector<std::string> quoted;
    for (const std::string& name : requirement.candidates) quoted.push_back("`" + name + "`");
    const std::string with =
        requirement.candidates.empty() ? (requirement.events ? "EVENTS" : "ENTITY") : requirement.candidates[0];
    s_.report(id, use_span(module))
        .with("reader", reader_at(span, module))
        .with("name", requirement.name)
        .with("role", requirement.candidates.empty() && !role.empty() ? " (`as " + role + "`)" : role)
        .with("candidates", join(quoted))
        .with("example", example(module, requirement.name + " = " + with))
        .label(requirement.span, D::required_here);
  }

  /// The metric whose definition holds `span`, or what stands there.
  std::string reader_at(Span span, const Module& module) const {
    for (std::size_t i = 0; i < s_.metrics.size(); ++i) {
      const Span whole = s_.metrics[i].decl->head.span;
      const bool inside = whole.source == span.source && whole.begin <= span.begin && span.end <= whole.end;
      if (inside && s_.metrics[i].module == &module && i < s_.policy.metrics.size())
        return s_.policy.metrics[i].named.name;
    }
    return reader(s_, module);
  }

  Session& s_;
  bool any_ = false;
};

}  // namespace

void check_requirements(Session& session) {
  const bool unserved = Readers(session).report();
  drop_unread_metrics(session);
  drop_unread_curves(session);
  if (unserved) return;
  const auto last = [](const auto& declared) { return static_cast<std::uint32_t>(declared.size() - 1); };
  while (!session.events.empty() && is_placeholder(session, SourceRef::of(EventsId{last(session.events)}))) {
    session.events.pop_back();
    session.policy.events.pop_back();
  }
  while (is_placeholder(session, SourceRef::of(EntityId{last(session.entities)}))) {  // company stays
    session.entities.pop_back();
    session.policy.entities.pop_back();
  }
}

}  // namespace kpi::bind
