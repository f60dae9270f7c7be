// The first look at a text: are its characters those of the language? Everything wrong is reported and replaced by what
// was meant, byte for byte, so that the grammar sees plain ASCII punctuation and every offset stays that of the source.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/source/diagnostic.hpp"

namespace kpi::syntax {

/// A policy is written by people; this is far beyond any, and keeps offsets and memory in hand.
constexpr std::size_t kLargestFile = std::size_t{16} << 20;

struct CleanText {
  std::string text;                    // as long as the source
  std::vector<std::uint32_t> damaged;  // ascending offsets of what was reported
  std::vector<std::uint32_t> unclosed; // ascending ends of texts and names without their closing quote
  bool usable = true;                  // false: not a text at all, there is nothing to parse
  /// Whether something in [begin, end) was reported, so that a second report would be about the same mistake.
  bool is_damaged(std::uint32_t begin, std::uint32_t end) const;
};

CleanText clean(std::string_view text, source::SourceId source, source::Diagnostics& diagnostics);

}  // namespace kpi::syntax
