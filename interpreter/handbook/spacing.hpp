// Blanks between Chinese and other characters.
#pragma once

#include "interpreter/handbook/document.hpp"

namespace kpi::handbook {

/// Sets the blanks in all texts of a Chinese document as its readers expect them: one between Chinese characters and
/// Latin letters, digits or code, none between Chinese characters or beside full-width punctuation. Formulas stay as written.
void space_chinese(Document& document);

/// The same for one text; marks of style (kBold, kCode) do not count, and what stands inside kCode is left alone.
Inline spaced_chinese(const Inline& text);

}  // namespace kpi::handbook
