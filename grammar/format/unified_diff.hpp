// The difference of two texts as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace kpi::format {

/// Hunks with three lines of context below `--- name` and `+++ name`; empty when the texts are equal. The longest
/// common subsequence of lines is found as by E. Myers, "An O(ND) difference algorithm" (1986); texts that differ in
/// thousands of lines are shown as one replacement.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view name);

}  // namespace kpi::format
