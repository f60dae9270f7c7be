// What decides an input beside the numbers that the graph shows: comparisons within rows, fields of the person.
#pragma once

#include "interpreter/prove/ir.hpp"

namespace kpi::prove {

/// Numbers of single rows are compared, or rounded, on the way into the input: a cent more in one row is a step.
bool has_steps_in_rows(const model::Policy& policy, const Graph& graph, const Input& input);

/// Whether a field of the entity (`of`, `field`) decides the input, by itself or through anything that it reads.
bool depends_on_person(const model::Policy& policy, const Graph& graph, const Input& input, model::EntityId of,
                       std::uint32_t field);

}  // namespace kpi::prove
