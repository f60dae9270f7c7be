// The policy templates inside the program: folders below policies/ of the source tree.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/source/diagnostic.hpp"

namespace kpi::driver {

struct Template {
  std::string name;      // of the folder
  std::string title[2];  // the policy's label, by language
  /// Path inside the folder and text.
  std::vector<std::pair<std::string_view, std::string_view>> files;
};

/// By name. Folders with a `policy.kpi`; its labels are read from it.
std::vector<Template> policy_templates();

/// The text of a template's policy under another name: the name in `policy NAME` and in its labels.
std::string renamed_policy(std::string_view text, const std::string& name);

}  // namespace kpi::driver
