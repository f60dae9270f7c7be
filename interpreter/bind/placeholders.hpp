// `{name}` in texts that are filled in later.
#pragma once

#include <string>
#include <vector>

#include "interpreter/bind/session.hpp"

namespace kpi::bind {

struct Placeholder {
  std::string name;   // what stands between the braces, without blanks
  Span span;          // of the whole placeholder where the text has no escapes before it, else of the text
};
/// The placeholders of a text; `{{` is a brace. Reports a brace that is not closed or holds nothing.
std::vector<Placeholder> placeholders(Session& session, const syntax::Text& text);

}  // namespace kpi::bind
