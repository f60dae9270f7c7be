// "Did you mean", where a user may know only a part of a name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi::source {

/// The candidate a user most likely meant: the nearest one, else one that holds the name or is held in it
/// (`Bangkok` in `Asia/Bangkok`), else the one with most of its words, where at least half of them fit
/// (`th-overtime`, `overtime-limit-th`). Ties go to the shortest, then to the first.
std::optional<std::string> similar_name(std::string_view name, const std::vector<std::string>& candidates);

/// A name with nothing but its letters and digits, in small letters: `TikTok Shop` and `tiktok_shop` are the same.
/// Letters outside ASCII stay as they are.
std::string folded_name(std::string_view name);

}  // namespace kpi::source
