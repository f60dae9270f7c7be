// Which rules run over a policy: its own and those of libraries it uses, the core pack, and the packs of its markets
// and platforms.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "interpreter/driver/session.hpp"
#include "interpreter/lint/lint.hpp"

namespace kpi::driver {

class RulePacks {
 public:
  explicit RulePacks(Session& session) : session_(session) {}

  /// The files of stdlib/compliance, core first; those of its markets and platforms; then the files in `more` (the user's
  /// own rules).
  std::vector<lint::Pack> for_policy(const model::Policy& policy, const std::vector<std::string>& more);
  /// Every pack of the program, then `more`.
  std::vector<lint::Pack> all(const std::vector<std::string>& more);
  /// The compiled file behind a pack; its syntax tree holds the examples of rules.
  const Compiled& compiled(const model::Policy* home) const;

 private:
  /// None when the program has no such pack.
  std::optional<lint::Pack> standard(const std::string& name);
  lint::Pack own(const std::string& path);

  Session& session_;
  std::map<std::string, std::unique_ptr<Compiled>> files_;  // by path
};

}  // namespace kpi::driver
