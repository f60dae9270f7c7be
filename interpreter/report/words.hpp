// The words of reports in both languages; diagnostics have their own table.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "interpreter/report/look.hpp"

namespace kpi::report {

/// `W(name, en, zh)` in words.def. Texts may have fmt placeholders.
enum class Word {
#define W(name, en, zh) name,
#include "interpreter/report/words.def"
#undef W
};

std::string_view word(Word which, Language language);

template <class... Arguments>
std::string say(Word which, Language language, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(word(which, language)), arguments...);
}

}  // namespace kpi::report
