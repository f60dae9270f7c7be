// Which rows belong to which entity: paths along references, and whether an expression can be computed for an entity.
#include <algorithm>

#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/session.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::bind {
namespace {

// A reference graph with more simple paths than this is not searched to the end; two paths are enough for an error.
constexpr std::size_t kMaximumSteps = 20'000;

class PathSearch {
 public:
  /// Keeps at most `wanted` paths to each entity.
  PathSearch(const Session& session, SourceRef source, std::vector<FieldId> first_steps, std::size_t wanted)
      : s_(session), first_steps_(std::move(first_steps)), wanted_(wanted) {
    visited_.push_back(source);
    search(source);
  }
  std::map<std::uint32_t, std::vector<FieldPath>> take() { return std::move(paths_); }

 private:
  void search(SourceRef at) {
    const auto& fields = s_.policy.fields(at);
    for (std::uint32_t i = 0; i < fields.size() && ++steps_ < kMaximumSteps; ++i) {
      const Type& type = fields[i].type;
      if (type.kind != Kind::entity && type.kind != Kind::event) continue;
      if (steps_so_far_.empty() && !first_steps_.empty() &&
          std::find(first_steps_.begin(), first_steps_.end(), FieldId{i}) == first_steps_.end()) {
        continue;
      }
      const SourceRef target =
          type.kind == Kind::entity ? SourceRef::of(EntityId{type.index}) : SourceRef::of(EventsId{type.index});
      if (std::find(visited_.begin(), visited_.end(), target) != visited_.end()) continue;
      if (!target.is_events()) {
        auto& paths = paths_[target.index];
        if (paths.size() < wanted_) paths.push_back(FieldPath{steps_so_far_, FieldId{i}});
      }
      visited_.push_back(target);
      steps_so_far_.push_back(FieldId{i});
      search(target);
      steps_so_far_.pop_back();
      visited_.pop_back();
    }
  }

  const Session& s_;
  std::vector<FieldId> first_steps_;
  std::size_t wanted_;
  std::map<std::uint32_t, std::vector<FieldPath>> paths_;
  std::vector<SourceRef> visited_;
  std::vector<FieldId> steps_so_far_;
  std::size_t steps_ = 0;
};

SourceRef target_of(const Session& session, SourceRef at, FieldId step) {
  const Type& type = session.policy.fields(at)[step.index].type;
  return type.kind == Kind::event ? SourceRef::of(EventsId{type.index}) : SourceRef::of(EntityId{type.index});
}

std::vector<FieldId> steps_of(const FieldPath& path) {
  std::vector<FieldId> steps = path.refs;
  steps.push_back(path.field);
  return steps;
}

/// Where two different paths part: the source reached so far, and how many steps lead there.
std::pair<SourceRef, std::size_t> parting(const Session& session, SourceRef source, const std::vector<FieldId>& a,
                                          const std::vector<FieldId>& b) {
  std::size_t step = 0;
  for (; step < std::min(a.size(), b.size()) && a[step] == b[step]; ++step) source = target_of(session, source, a[step]);
  return {source, step};
}

/// Is there a path that parts from this one at events whose `credit` names its step there, and not this one's?
bool is_overruled(const Session& session, SourceRef source, const FieldPath& path, const std::vector<FieldPath>& all) {
  const std::vector<FieldId> own = steps_of(path);
  return std::any_of(all.begin(), all.end(), [&](const FieldPath& other) {
    const std::vector<FieldId> others = steps_of(other);
    const auto [at, step] = parting(session, source, own, others);
    if (!at.is_events() || step >= std::min(own.size(), others.size())) return false;
    const std::vector<FieldId>& credit = session.policy.events[at.index].credit;
    const auto credits = [&](FieldId field) { return std::find(credit.begin(), credit.end(), field) != credit.end(); };
    return credits(others[step]) && !credits(own[step]);
  });
}

/// `credit` decides between several paths, wherever on the way they part; where no credited reference leads, the others
/// still count.
Session::Owners find_owners(const Session& session, SourceRef source, const std::vector<FieldId>& credit) {
  constexpr std::size_t kCompared = 64, kShown = 8;  // the shortest are shown
  const auto& events = session.policy.events;
  const bool any_credit = std::any_of(events.begin(), events.end(), [](const auto& other) { return !other.credit.empty(); });
  const std::size_t wanted = any_credit ? kCompared : kShown;
  Session::Owners owners{PathSearch(session, source, {}, wanted).take(), is_placeholder(session, source)};
  if (!credit.empty()) {
    for (auto& [entity, paths] : PathSearch(session, source, credit, wanted).take()) owners.paths[entity] = std::move(paths);
  }
  for (auto& [entity, paths] : owners.paths) {
    if (paths.size() < 2) continue;
    std::vector<FieldPath> kept;
    for (const FieldPath& path : paths) {
      if (!is_overruled(session, source, path, paths)) kept.push_back(path);
    }
    paths = std::move(kept);
    std::stable_sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) { return a.refs.size() < b.refs.size(); });
    if (paths.size() > 2) paths.resize(2);
  }
  owners.paths[0] = {FieldPath{}};
  if (!source.is_events()) owners.paths[source.index] = {FieldPath{}};
  return owners;
}

model::OwnerPaths unique_paths(const Session::Owners& owners) {
  model::OwnerPaths result;
  for (const auto& [entity, paths] : owners.paths) {
    if (paths.size() == 1) result.add(EntityId{entity}, paths[0]);
  }
  return result;
}

SourceRef rows_of(const Session& session, AggregateId id) { return session.policy.aggregates[id.index].source; }

void report_owner(Session& session, AggregateId aggregate, EntityId entity, Span use) {
  const SourceRef source = rows_of(session, aggregate);
  const std::string source_name = session.source_name(source);
  const std::string& entity_name = session.policy.entities[entity.index].named.name;
  if (!session.reported_owners.insert(source_name + " " + entity_name).second) return;
  const auto& paths = session.owners(source).to(entity);
  const Span read = session.policy.aggregates[aggregate.index].span;
  if (paths.empty()) {
    session.report(D::rows_do_not_lead_to_entity, use)
        .with("source", source_name)
        .with("entity", entity_name)
        .label(read, D::rows_read_here, {{"source", source_name}});
  } else {
    const std::vector<FieldId> first = steps_of(paths[0]), second = steps_of(paths[1]);
    const auto [at, step] = parting(session, source, first, second);
    session.report(at.is_events() ? D::rows_lead_in_two_ways : D::entity_leads_in_two_ways, use)
        .with("source", source_name)
        .with("entity", entity_name)
        .with("first", session.path_text(source, paths[0]))
        .with("second", session.path_text(source, paths[1]))
        .with("events", session.source_name(at))
        .with("field", session.field(at, first[step]).named.name)
        .with("other", session.field(at, second[step]).named.name)
        .label(read, D::rows_read_here, {{"source", source_name}});
  }
}

}  // namespace

const std::vector<FieldPath>& Session::Owners::to(EntityId entity) const {
  static const std::vector<FieldPath> none;
  static const std::vector<FieldPath> direct{FieldPath{}};
  if (all) return direct;
  const auto found = paths.find(entity.index);
  return found == paths.end() ? none : found->second;
}

void bind_owner_paths(Session& session) {
  for (std::uint32_t i = 0; i < session.policy.entities.size(); ++i) {
    session.entity_owners.push_back(find_owners(session, SourceRef::of(EntityId{i}), {}));
    session.policy.entities[i].owner_paths = unique_paths(session.entity_owners.back());
  }
  for (std::uint32_t i = 0; i < session.policy.events.size(); ++i) {
    session.event_owners.push_back(find_owners(session, SourceRef::of(EventsId{i}), session.policy.events[i].credit));
    session.policy.events[i].owner_paths = unique_paths(session.event_owners.back());
  }
}

Footprint footprint(Session& session, ExprId expr) {
  Footprint result;
  model::walk(session.policy, expr, [&](ExprId, const model::Expr& part) {
    Footprint own;
    if (const auto* aggregate = std::get_if<model::AggregateRef>(&part.node))
      own.aggregates.push_back(aggregate->aggregate);
    else if (const auto* field = std::get_if<model::SubjectField>(&part.node))
      own.subjects.emplace_back(field->entity, part.span);
    else if (const auto* self = std::get_if<model::SubjectSelf>(&part.node))
      own.subjects.emplace_back(self->entity, part.span);
    else if (const auto* phase = std::get_if<model::PhaseExpr>(&part.node)) {
      own.subjects.emplace_back(phase->entity, part.span);
      own.uses_phase = true;
    } else if (const auto* call = std::get_if<model::MetricCall>(&part.node)) {
      own.uses_phase = std::any_of(call->groups.begin(), call->groups.end(),
                                   [](const model::GroupKey& key) { return key.kind == model::GroupKey::Kind::phase; });
    } else if (const auto* metric = std::get_if<model::MetricRef>(&part.node)) {
      result.merge(session.metric_footprints[metric->metric.index]);
      return;
    } else if (const auto* lookup = std::get_if<model::TableLookup>(&part.node)) {
      result.merge(session.table_footprints[lookup->table.index]);
      return;
    } else {
      return;
    }
    result.merge(own);
  });
  return result;
}

bool is_evaluable(const Session& session, const Footprint& footprint, EntityId entity) {
  const bool rows = std::all_of(footprint.aggregates.begin(), footprint.aggregates.end(), [&](AggregateId id) {
    return session.owners(rows_of(session, id)).to(entity).size() == 1;
  });
  return rows && std::all_of(footprint.subjects.begin(), footprint.subjects.end(),
                             [&](const auto& subject) { return subject.first == entity; });
}

void require_evaluable(Session& session, const Footprint& footprint, EntityId entity, Span use) {
  for (const AggregateId id : footprint.aggregates) {
    if (session.owners(rows_of(session, id)).to(entity).size() != 1) report_owner(session, id, entity, use);
  }
  for (const auto& [subject, place] : footprint.subjects) {
    if (subject == entity) continue;
    session.report(D::fields_of_another_entity, use)
        .with("entity", session.policy.entities[entity.index].named.name)
        .with("other", session.policy.entities[subject.index].named.name)
        .label(place, D::field_read_here);
  }
}

}  // namespace kpi::bind
