#include "grammar/source/one_line.hpp"

#include <algorithm>

namespace kpi::source {

std::string one_line(std::string_view text) {
  std::string result;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && (at == 0 || text[at - 1] != '\\')) quoted = !quoted;
    if (c == '#' && !quoted) {
      at = std::min(text.find('\n', at), text.size());
      if (!result.empty() && result.back() != ' ') result += ' ';
      continue;
    }
    const bool blank = !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace kpi::source
