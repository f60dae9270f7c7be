// Which currency `native(x)` has in a row: the one that a column of the row names, or a fixed one.
#pragma once

#include <optional>
#include <vector>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

struct NativeCurrency {
  value::Currency fixed;   // none: the row says it
  std::uint8_t depth = 0;  // of the row: 0 the innermost, 1 `this`
  FieldPath column;        // the text field that holds the code, from that row
  friend bool operator==(const NativeCurrency&, const NativeCurrency&) = default;
};

/// The currencies of a field's amounts in their own currencies, each once. A computed field has those of the fields it
/// is computed from, and that of every constant amount in it.
std::vector<NativeCurrency> native_currencies(const Policy& policy, const RowField& field);
/// The same for all `native(…)` calls of a row-level expression.
std::vector<NativeCurrency> native_currencies(const Policy& policy, ExprId expr);

}  // namespace kpi::model
