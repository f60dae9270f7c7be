// Declared types of fields and parameters.
#pragma once

#include <optional>

#include "interpreter/bind/expr_binder.hpp"

namespace kpi::bind {

struct DeclaredType {
  Type type;
  bool integer = false;
  value::Currency currency;                      // money in GBP
  std::optional<syntax::Ident> currency_column;  // money in a column: the word after `in`
  Number duration_unit{1};                       // duration in minutes: 60
  bool duration_unit_declared = false;
};

/// Reports unknown types. `fields` holds the names that may stand after `money in`; nullptr: only currencies may.
DeclaredType resolve_type(Session& session, const Module& module, const syntax::TypeRef& type,
                          const std::optional<syntax::Ident>& in, const std::unordered_map<std::string, FieldId>* fields);

/// A range after `range`: constant and of the type's unit. Its value, or nullopt after reporting.
std::optional<Value> check_range(Session& session, ExprBinder& binder, ExprId range, const Type& type);

}  // namespace kpi::bind
