#include "interpreter/report/exact.hpp"

namespace kpi::report {

std::string exact(const model::Policy& policy, const eval::AggregateStore* store, const value::Value& value) {
  if (value.is<value::PhaseRef>()) {
    const auto ref = value.as<value::PhaseRef>();
    return phase_name(policy, {ref.entity}, ref.phase);
  }
  if (value.is<value::EntityRef>() && store) {
    const auto ref = value.as<value::EntityRef>();
    return store->rows({ref.entity})[ref.row].key;
  }
  return value::to_string(value);
}

std::string exact_money(const value::Number& amount, value::Currency currency) {
  const int places = currency.is_none() || currency.is_native() ? 0 : currency.minor_digits();
  const bool fits = amount.round(places, value::Rounding::half_even) == amount;
  return fits ? amount.to_fixed(places) : amount.to_string();
}

std::string unit_name(const value::Type& type) {
  if (type.kind != value::Kind::number || type.unit.is_plain()) return "";
  if (type.unit == value::Unit::duration()) return "seconds";
  std::string text = value::to_string(type.unit);
  constexpr std::string_view kDuration = "duration";
  for (std::size_t at; (at = text.find(kDuration)) != std::string::npos;) text.replace(at, kDuration.size(), "second");
  return text;
}

std::string_view name(eval::RowStatus status) { return status == eval::RowStatus::scored ? "scored" : "unscored"; }

std::string phase_name(const model::Policy& policy, model::EntityId entity, const std::optional<std::uint32_t>& index) {
  const model::Phases* phases = policy.phases_of(entity);
  return index && phases && *index < phases->phases.size() ? phases->phases[*index].named.name : "";
}

}  // namespace kpi::report
