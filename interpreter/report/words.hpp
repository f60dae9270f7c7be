// The words of reports in both languages; diagnostics have their own table.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "interpreter/report/look.hpp"

namespace kpi::report {

/// A text in both languages, by Language. It may have fmt placeholders.
struct Word {
  std::string_view text[2];
  friend bool operator==(const Word&, const Word&) = default;
};

/// `W(name, en, zh)` in words.def gives the constant `words::name`. A feature with many words of its own declares them
/// in a header beside its writer, so that a new word rebuilds only that writer.
namespace words {
#define W(name, en, zh) inline constexpr Word name{{en, zh}};
#include "interpreter/report/words.def"
#undef W
}  // namespace words

inline std::string_view word(const Word& which, Language language) {
  return which.text[static_cast<std::size_t>(language)];
}

template <class... Arguments>
std::string say(const Word& which, Language language, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(word(which, language)), arguments...);
}

}  // namespace kpi::report
