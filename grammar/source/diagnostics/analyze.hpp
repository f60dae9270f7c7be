// The ids of diagnostics/analyze.def as constants `ids::name`.
#pragma once

#include "grammar/source/diagnostic.hpp"

namespace kpi::source::ids {
#define K(id, severity, name, en, en_help, zh, zh_help) inline constexpr DiagnosticId name{id};
#include "grammar/source/diagnostics/analyze.def"
#undef K
}  // namespace kpi::source::ids
