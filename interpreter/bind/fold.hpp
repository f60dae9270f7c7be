// Values of constant expressions: parameters, curve points, weights, cells, ranges.
#pragma once

#include <optional>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

/// The value of an expression of constants, parameters, operators and functions; nullopt when it reads anything else.
/// Lists and ranges fold to values of their own.
std::optional<Value> fold(const Session& session, ExprId id);

/// The folded constant at `id`, of a present value; nullopt after reporting. Silent for Kind::error.
std::optional<Value> require_constant(Session& session, ExprId id);
/// A constant number with this unit (a plain 0 has any).
std::optional<Number> require_constant_number(Session& session, ExprId id, Unit unit);

/// `14 days`, `2 months`: a constant duration or calendar step, bound in `module`. Nullopt after reporting.
std::optional<model::Delay> require_delay(Session& session, Module& module, syntax::ExprId id);
std::optional<value::Date> require_date(Session& session, Module& module, syntax::ExprId id);

}  // namespace kpi::bind
