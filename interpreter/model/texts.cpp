#include "interpreter/model/texts.hpp"

namespace kpi::model {

std::string text_of(const Policy& policy, const std::string& declaration, const std::string& part,
                    const std::string& own, const std::string& language) {
  const auto texts = policy.labels.by_language.find(language);
  if (texts == policy.labels.by_language.end()) return own;
  const auto text = texts->second.find(declaration + "." + part);
  return text == texts->second.end() ? own : text->second;
}

}  // namespace kpi::model
