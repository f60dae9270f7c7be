// How output looks: language, colour and width. Chosen once by the driver and handed to every writer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "grammar/source/diagnostic.hpp"

namespace kpi::report {

using source::Language;

struct Look {
  Language language = Language::en;
  bool colour = false;
  std::size_t width = 100;  // columns; what is wider is laid out differently, never cut
};

enum class Ink { plain, bold, red, yellow, green, blue, cyan, dim };

/// The text in that ink, or unchanged where there is no colour.
std::string paint(std::string_view text, Ink ink, const Look& look);

/// Blanks up to `width` display columns after (or before) the text; longer texts stay as they are.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

}  // namespace kpi::report
