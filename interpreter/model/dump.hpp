// Readable texts of a bound policy, for `--dump model`, tests and messages.
#pragma once

#include <string>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

/// The expression in the language's own notation, every operator in parentheses and every name in full. Two expressions
/// have the same text exactly when they mean the same.
std::string exact_text(const Policy& policy, ExprId id);
/// A text as a literal of the language, quotation marks included.
std::string text_literal(const std::string& text);
/// `orders.host.team` for a path read in a row of `orders`.
std::string path_text(const Policy& policy, SourceRef source, const FieldPath& path);
/// A constant with its unit: `8000 GBP`, `180 seconds`, `"text"`.
std::string constant_text(const Policy& policy, const value::Value& value, const Type& type);
std::string type_text(const Policy& policy, const Type& type);
std::string aggregate_text(const Policy& policy, AggregateId id);
/// One declaration a paragraph.
std::string dump(const Policy& policy);

}  // namespace kpi::model
