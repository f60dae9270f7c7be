#include "interpreter/report/words.hpp"

#include <array>

namespace kpi::report {
namespace {

struct Entry {
  std::string_view text[2];
};

constexpr std::array kWords = {
#define W(name, en, zh) Entry{{en, zh}},
#include "interpreter/report/words.def"
#undef W
};

}  // namespace

std::string_view word(Word which, Language language) {
  return kWords[static_cast<std::size_t>(which)].text[static_cast<std::size_t>(language)];
}

}  // namespace kpi::report
