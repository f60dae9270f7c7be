// Which rules run over a policy: its own and those of libraries it uses, the core pack, and the packs of its markets
// and platforms.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "interpreter/driver/session.hpp"
#include "interpreter/lint/lint.hpp"

namespace kpi::driver {

class RulePacks {
 public:
  /// Who only runs the rules needs no examples: they are most of the text of a pack, and most of the time to read it.
  enum class Examples : std::uint8_t { read, left_out };
  explicit RulePacks(Session& session, Examples examples = Examples::read) : session_(session), examples_(examples) {}

  /// The files of stdlib/compliance, core first; those of its markets and platforms; then the files in `more` (the
  /// user's own rules).
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
  Examples examples_;
  std::map<std::string, std::unique_ptr<Compiled>> files_;  // by path
};

}  // namespace kpi::driver
