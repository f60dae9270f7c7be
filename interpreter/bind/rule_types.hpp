// Types of rule expressions, by kind.
#pragma once

#include "interpreter/model/rule.hpp"

namespace kpi::bind {

using RuleKind = model::RuleType::Kind;

inline model::RuleType rule_type(RuleKind kind) {
  model::RuleType type;
  type.kind = kind;
  return type;
}
inline bool is_numeric(RuleKind kind) {
  return kind == RuleKind::number || kind == RuleKind::money || kind == RuleKind::duration;
}
inline bool is_formula(const model::RuleType& type) {
  return type.kind == RuleKind::element && type.element == model::ElementKind::formula;
}
inline bool is_textual(RuleKind kind) { return kind == RuleKind::text || kind == RuleKind::word; }

}  // namespace kpi::bind
