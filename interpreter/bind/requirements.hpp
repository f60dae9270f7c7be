// What the files about requirements of libraries share.
#pragma once

#include <string>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

SourceRef source_ref(SymbolKind kind, std::uint32_t index);
/// `use std.shop with { orders = EVENTS }`
std::string example(const Module& module, const std::string& assignment);
/// Who reads a requirement: the declaration being bound, or else the library.
std::string reader(const Session& session, const Module& module);

}  // namespace kpi::bind
