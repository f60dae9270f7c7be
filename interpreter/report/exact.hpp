// Exact values for machines: strings that lose nothing, and names that do not change with the language.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "interpreter/eval/outcome.hpp"

namespace kpi::report {

/// "30000", "0.4", "10/3", "2026-07-03", "true", a key, a phase's name. Not for absent values.
std::string exact(const model::Policy& policy, const eval::AggregateStore* store, const value::Value& value);
/// An amount with at least the currency's minor digits: "310.00", "0.125", "10/3".
std::string exact_money(const value::Number& amount, value::Currency currency);
/// "GBP", "seconds", "GBP/second", "boolean" … ; empty for plain numbers, texts, dates and the like.
std::string unit_name(const value::Type& type);

std::string_view name(eval::RowStatus status);
/// The name of the phase at `index` of the entity, or empty.
std::string phase_name(const model::Policy& policy, model::EntityId entity, const std::optional<std::uint32_t>& index);

}  // namespace kpi::report
