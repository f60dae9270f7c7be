// Expressions over the cells of one row of an export: `= EXPR` and `skip rows where EXPR`.
#pragma once

#include <span>
#include <string_view>

#include "interpreter/model/policy.hpp"

namespace kpi::storage {

/// `cells[i]` is the text of Import::header_fields[i]. The kinds of node that an import may use are listed where the
/// binder checks them; any other is a programmer's error.
value::Value evaluate_row(const model::Policy& policy, model::ExprId expression,
                          std::span<const std::string_view> cells);
/// A missing value is not true.
bool is_true(const model::Policy& policy, model::ExprId expression, std::span<const std::string_view> cells);

}  // namespace kpi::storage
