// Rules that a policy may name in `allow` without having them itself: those of the program, and those of the house that
// its `kpi.toml` names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/lsp/analysis.hpp"

namespace kpi::lsp {

class Workspace;
struct View;

struct KnownRule {
  const model::Rule* rule = nullptr;
  const source::SourceMap* sources = nullptr;
  std::string file;                      // a path, or `std/compliance/core.kpi`
  std::string pack;                      // `std.compliance.core`, or the path of the house's file
  std::shared_ptr<const Analysis> home;  // of a rule of the house; keeps the rest alive
  Document text() const { return Document(sources->get(rule->named.span.source).text); }
};

/// The rules that come with the program, in the order of their packs.
const std::vector<KnownRule>& standard_rules();

class RuleBook {
 public:
  explicit RuleBook(Workspace& workspace) : workspace_(workspace) {}

  /// The rule that `allow ID` of a policy means: its own or that of a library it uses, one of the house, one of the
  /// program.
  std::optional<KnownRule> find(const Analysis& policy, std::string_view id) const;
  /// Those that the nearest `kpi.toml` names; none when it cannot be read.
  std::vector<KnownRule> of_the_house(const Analysis& policy) const;

 private:
  Workspace& workspace_;
};

/// The exception whose rule is named at the byte of the file itself; null if there is none.
const model::Allow* allow_at(const Analysis& analysis, std::uint32_t offset);
/// For people, in both languages: what the rule says, how grave it is, why, and where its page is.
std::string describe(const View& view, const KnownRule& rule);

}  // namespace kpi::lsp
