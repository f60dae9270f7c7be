// A piece of a source text with marks under it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/source/source.hpp"
#include "interpreter/report/look.hpp"

namespace kpi::report {

struct Mark {
  std::uint32_t begin = 0, end = 0;  // bytes; an empty range marks the character that begins there
  bool primary = false;
  std::string text;  // beside the mark; may be empty
};

/// The marked lines with line numbers, one row each, and rows of marks below them. Tabs become four blanks, characters
/// that a terminal would not show become visible, and very long lines are cut around their marks. `gutter` is the width
/// of the line numbers. A primary mark over several lines gets a bracket at the left; of other marks only the first
/// line is marked.
std::string excerpt(const source::Source& source, std::vector<Mark> marks, std::size_t gutter, Ink ink,
                    const Look& look);

}  // namespace kpi::report
