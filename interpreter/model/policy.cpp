#include "interpreter/model/policy.hpp"

namespace kpi::model {

const Phases* Policy::phases_of(EntityId wanted) const {
  for (const Phases& candidate : phases) {
    if (candidate.entity == wanted) return &candidate;
  }
  return nullptr;
}

const std::string& Policy::label(const Named& named, const std::string& language) const {
  if (const auto texts = labels.by_language.find(language); texts != labels.by_language.end()) {
    if (const auto text = texts->second.find(named.name); text != texts->second.end()) return text->second;
  }
  return named.label.empty() ? named.name : named.label;
}

}  // namespace kpi::model
