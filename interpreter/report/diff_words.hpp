// The words of `kpi diff` in both languages.
#pragma once

#include "interpreter/diff/diff.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::report {

namespace words::diff {
#define W(name, en, zh) inline constexpr Word name{{en, zh}};
#include "interpreter/report/diff_words.def"
#undef W
}  // namespace words::diff

Word word_of(kpi::diff::ElementKind kind);
Word word_of(kpi::diff::PartKind kind);
Word word_of(kpi::diff::Aspect aspect);

}  // namespace kpi::report
