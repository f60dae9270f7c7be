// One function for each property of model/rule_properties.def; a property without its function does not link.
#pragma once

#include "interpreter/lint/reflection.hpp"

namespace kpi::lint::ask {

struct Question {
  const Reflection& on;
  const Element& element;
  const Arguments& arguments;
  std::size_t language;

  const model::Policy& policy() const { return on.policy(); }
  bool given(std::size_t parameter) const { return !arguments[parameter].empty(); }
  const Datum& argument(std::size_t parameter) const { return arguments[parameter].front(); }
  const std::string& word(std::size_t parameter) const { return argument(parameter).value.text(); }
  std::uint32_t index(std::size_t parameter) const { return argument(parameter).element->a; }
  /// All texts of a repeated parameter; lists count with their items.
  std::vector<std::string> words(std::size_t parameter) const;
  bool has_word(std::size_t parameter, std::string_view word) const;
};

#define P(element, name, arguments, result, en, zh) Datum element##_##name(const Question& question);
#include "interpreter/model/rule_properties.def"

// Helpers that several files of properties share.
Datum delay(const std::optional<model::Delay>& delay);  // a month counts as 30 days
Datum date(const std::optional<value::Date>& date);
Datum formula(const Question& question, model::ExprId id);  // absent when there is none
std::string unit_word(const value::Type& type);
std::string form_of(const Reflection& on, model::ExprId id);
std::string nature_of(const Reflection& on, model::MetricId id);

}  // namespace kpi::lint::ask
