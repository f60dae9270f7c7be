#include "interpreter/bind/placeholders.hpp"
#include "grammar/source/diagnostics/names.hpp"

namespace kpi::bind {

std::vector<Placeholder> placeholders(Session& session, const syntax::Text& text) {
  std::vector<Placeholder> result;
  // The text as written lies between the quotes; with escapes before it a placeholder cannot be located by counting.
  const std::string_view written = session.sources.text(text.span);
  const std::string& content = text.value;
  const bool same = written.size() == content.size() + 2 && written.substr(1, content.size()) == content;
  const auto place = [&](std::size_t begin, std::size_t end) {
    if (!same) return text.span;
    const auto offset = [&](std::size_t at) { return static_cast<std::uint32_t>(text.span.begin + 1 + at); };
    return Span{text.span.source, offset(begin), offset(end)};
  };
  for (std::size_t at = content.find('{'); at != std::string::npos; at = content.find('{', at)) {
    if (at + 1 < content.size() && content[at + 1] == '{') {
      at += 2;
      continue;
    }
    const std::size_t end = content.find('}', at);
    const std::size_t first = content.find_first_not_of(' ', at + 1);
    if (end == std::string::npos || first >= end) {
      session.report(D::bad_placeholder, place(at, end == std::string::npos ? content.size() : end + 1));
      return result;
    }
    std::string name = content.substr(first, end - first);
    name.erase(name.find_last_not_of(' ') + 1);
    result.push_back({std::move(name), place(at, end + 1)});
    at = end + 1;
  }
  return result;
}

}  // namespace kpi::bind
