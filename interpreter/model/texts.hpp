// Texts of declarations in another language, beyond their labels: `labels zh { net_sales.basis "…" }`.
#pragma once

#include <string>

#include "interpreter/model/policy.hpp"

namespace kpi::model {

/// The text of the clause `part` (`basis`, `because`, `human_review`) of a declaration in `language` ("en", "zh");
/// where `labels` gives none, `own`, as it stands in the declaration.
std::string text_of(const Policy& policy, const std::string& declaration, const std::string& part,
                    const std::string& own, const std::string& language);

}  // namespace kpi::model
