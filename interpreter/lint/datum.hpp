// What a rule computes with: values, elements of the policy, and nothing at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "interpreter/model/rule.hpp"

namespace kpi::lint {

using model::ElementKind;

/// One thing that a rule can ask about. `a` and `b` are indices whose meaning depends on the kind:
///   field: source and field (`events` says which kind of source) · phase: phases and phase · row, gate: scorecard and
///   row or gate · penalty: payout and penalty · formula: expression, and the payout it stands in plus 1, or 0 ·
///   library, rule, text: index in the Reflection · policy: none · all others: index in the vector of the Policy
struct Element {
  ElementKind kind = ElementKind::policy;
  std::uint32_t a = 0, b = 0;
  bool events = false;
  friend auto operator<=>(const Element&, const Element&) = default;
};

/// A value, an element or a list; absent when it is none of them. Comparisons with something absent are never true.
struct Datum {
  value::Value value;
  value::Unit unit;
  std::optional<Element> element;
  std::optional<std::vector<Datum>> items;

  Datum() = default;
  Datum(bool boolean) : value(boolean) {}                                                   // NOLINT: wraps
  Datum(value::Number number, value::Unit of = {}) : value(std::move(number)), unit(of) {}  // NOLINT
  Datum(std::string text) : value(std::move(text)) {}                                       // NOLINT
  Datum(std::string_view text) : value(std::string(text)) {}                                // NOLINT
  Datum(const char* text) : value(std::string(text)) {}                                     // NOLINT
  Datum(value::Date date) : value(date) {}                                                  // NOLINT
  Datum(Element which) : element(which) {}                                                  // NOLINT
  static Datum count(std::size_t number) { return value::Number(static_cast<std::int64_t>(number)); }
  static Datum list(const std::vector<std::string>& texts) {
    Datum result;
    result.items.emplace(texts.begin(), texts.end());
    return result;
  }
  /// Absent when the text is empty.
  static Datum text_or_absent(const std::string& text) { return text.empty() ? Datum() : Datum(text); }

  bool absent() const { return !value.has_value() && !element && !items; }
  bool is_true() const { return value.is<bool>() && value.boolean(); }
};

}  // namespace kpi::lint
