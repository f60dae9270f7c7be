#include "interpreter/prove/affected.hpp"

#include <algorithm>

namespace kpi::prove {

using model::ExprId;
using value::Kind;

bool has_steps_in_rows(const model::Policy& policy, const Graph& graph, const Input& input) {
  const auto continuous = [&](const EventsRead& read) {
    return std::any_of(read.fields.begin(), read.fields.end(), [&](const auto& at) {
      const model::Field& field = policy.events[at.first].fields[at.second];
      return field.type.kind == Kind::number && !field.integer;
    });
  };
  if (input.kind == Input::Kind::rows || input.kind == Input::Kind::total) {
    const Group& group = graph.groups[input.group];
    return continuous(rows_read(policy, group.source, group.filter, {}));
  }
  return input.kind == Input::Kind::opaque && input.contract == Input::Contract::sum;
}

bool depends_on_person(const model::Policy& policy, const Graph& graph, const Input& input, model::EntityId of,
                       std::uint32_t field) {
  const std::pair<std::uint32_t, std::uint32_t> wanted(of.index, field);
  switch (input.kind) {
    case Input::Kind::rows:
    case Input::Kind::total: {
      const Group& group = graph.groups[input.group];
      return rows_read(policy, group.source, group.filter, input.path).of_entities.contains(wanted);
    }
    case Input::Kind::opaque:
      return input.reads.of_entities.contains(wanted);
    case Input::Kind::choice:
      if (input.reads.of_entities.contains(wanted)) return true;
      [[fallthrough]];
    case Input::Kind::date:
    case Input::Kind::category:
    case Input::Kind::field: {
      if (!input.path.refs.empty() || !input.path.field.valid()) return false;
      if (input.path.field.index == field) return true;
      const ExprId computed = policy.entities[of.index].fields[input.path.field.index].computed;
      return computed.valid() && events_read(policy, computed).of_entities.contains(wanted);
    }
    default:
      return false;
  }
}

}  // namespace kpi::prove
