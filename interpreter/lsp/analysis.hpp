// One file as the pipeline sees it, with an index of what is declared where and which names mean it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "grammar/syntax/characters.hpp"
#include "grammar/syntax/tree.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/lsp/document.hpp"

namespace kpi::lint {
struct Result;
}
namespace kpi::driver {
class RulePacks;
}

namespace kpi::lsp {

using source::SourceId;
using source::Span;

enum class What : std::uint8_t {
  policy,
  param,
  entity,
  events,
  field,
  calendar,
  exclusion,
  metric,
  table,
  curve,
  scorecard,
  gate,
  payout,
  penalty,
  alert,
  phase,
  rule,
  attack,
  import,
  alias,
};
/// The word that a declaration of this kind begins with, or what people call it: `field`, `gate`.
std::string_view word(What what);

/// A declared name. `index` is its place in the vector of its kind in the Policy; of a field, gate, penalty or phase
/// that of the declaration around it, and `inner` its place there.
struct Declaration {
  What what = What::policy;
  Span span;         // of the name
  std::string name;  // as policies write it, with the prefix of its library
  std::string label, doc;
  std::uint32_t index = 0, inner = 0;
  bool of_events = false;  // of a field: its source is events
};

/// A name in the text and what it means.
struct Meaning {
  Span use;
  const Declaration* declaration = nullptr;
};

class Analysis {
 public:
  /// Compiles `content` as the file `name`; other files come from `texts` or from the disk.
  Analysis(std::shared_ptr<const driver::TextsByPath> texts, const std::string& name, std::string content);
  ~Analysis();
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  /// The same file with a word put in.
  std::unique_ptr<const Analysis> with_word(std::uint32_t offset, std::string_view word) const;

  /// Runs the rules that hold for the policy, as `kpi lint` does: with the rules and the baseline of its `kpi.toml`.
  /// Nothing happens when it cannot be linted. Takes longer than the rest, so it is asked for apart.
  void lint();
  /// Not a library, and without errors.
  bool lintable() const;
  /// Why the rules could not run, such as a `kpi.toml` that cannot be understood.
  const std::optional<source::Diagnostic>& lint_failure() const { return lint_failure_; }
  /// What `kpi lint` says besides its findings, such as an exception from a rule that nobody has.
  const source::Diagnostics& remarks() const { return remarks_; }
  /// What the rules found; null before `lint`, or when they could not run.
  const lint::Result* findings() const { return findings_.get(); }

  const driver::Session& session() const { return session_; }
  const driver::Compiled& compiled() const { return compiled_; }
  const model::Policy& policy() const { return compiled_.policy; }
  const syntax::File& file() const { return compiled_.file; }
  SourceId source() const { return compiled_.source; }
  /// What ended the compilation, such as a library that cannot be read; there is no policy then.
  const std::optional<source::Diagnostic>& failure() const { return failure_; }

  std::string_view text() const { return session_.sources.get(source()).text; }
  const Document& document(SourceId source) const;
  const std::string& name_of(SourceId source) const { return session_.sources.get(source).name; }
  bool reads(const std::string& name) const { return session_.sources.find(name).has_value(); }

  /// The grammar's tree of the file itself; made when first asked for.
  const syntax::Tree& tree() const;
  const syntax::CleanText& clean() const;

  const std::vector<Declaration>& declarations() const { return declarations_; }
  const std::vector<bind::Occurrence>& occurrences() const { return compiled_.occurrences; }
  const Declaration* declaration_at(Span name) const;
  /// What the name at a byte of the file itself means; the byte behind it counts too.
  std::optional<Meaning> meaning_at(std::uint32_t offset) const;
  /// By full name; none if several kinds have it is the first in the order of What.
  const Declaration* find(std::string_view name) const;

  /// The label in a language ("en", "zh"); empty if there is none.
  std::string label(const Declaration& declaration, const std::string& language) const;
  /// The type of a parameter, field, metric, curve's value or decision table's value; empty otherwise.
  std::string type_text(const Declaration& declaration) const;
  const model::Field* field(const Declaration& declaration) const;

 private:
  void index();

  std::shared_ptr<const driver::TextsByPath> texts_;  // the session looks into them
  driver::Session session_;
  driver::Compiled compiled_;
  std::optional<source::Diagnostic> failure_, lint_failure_;
  source::Diagnostics remarks_;
  std::vector<Declaration> declarations_;
  std::unordered_map<std::uint64_t, std::size_t> by_place_;  // of their names, see place_of
  std::unique_ptr<driver::RulePacks> packs_;                 // the findings point into them
  std::optional<model::Policy> seen_;                        // and into this, see lint::with_named_measures
  std::unique_ptr<lint::Result> findings_;
  mutable std::map<std::uint32_t, Document> documents_;
  mutable std::unique_ptr<syntax::CleanText> clean_;
  mutable std::unique_ptr<syntax::Tree> tree_;
};

/// The day that exceptions are measured against, in UTC.
value::Date today();

}  // namespace kpi::lsp
