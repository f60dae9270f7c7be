// What differs in meaning between two policies. Both are compared as bound models, so layout, comments, names and the
// way an expression is written do not matter; texts for people are compared too and kept apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/source/source.hpp"
#include "interpreter/model/attack.hpp"

namespace kpi::diff {

enum class ElementKind : std::uint8_t {
  policy,
  param,
  entity,
  events,
  exchange,
  ensure,
  calendar,
  exclusion,
  metric,
  phases,
  table,
  curve,
  scorecard,
  payout,
  alert,
  allow,
  import_,
  rule,
  attack,
};
constexpr std::size_t kElementKinds = 19;

/// What hangs on a change: numbers (scores, targets, pay, alerts), terms (who decides, when, on which evidence) or only
/// texts for people.
enum class Weight : std::uint8_t { numbers, terms, wording };

enum class Aspect : std::uint8_t {
#define A(name, weight, en, zh) name,
#include "interpreter/diff/aspects.def"
#undef A
};
Weight weight_of(Aspect aspect);

/// Parts of a declaration that come several times.
enum class PartKind : std::uint8_t {
  none,
  field,
  condition,
  shift,
  phase,
  row,
  tier,
  bracket,
  point,
  score_row,
  gate,
  penalty,
  assumption,
  evidence,
  column,
};

/// A declaration of one of the policies; `index` as in the vector of its kind, 0 for the policy block and exchange.
struct ElementRef {
  ElementKind kind = ElementKind::policy;
  std::uint32_t index = 0;
  friend auto operator<=>(const ElementRef&, const ElementRef&) = default;
};

enum class ChangeKind : std::uint8_t { added, removed, changed, moved };

struct Change {
  ChangeKind kind = ChangeKind::changed;
  ElementKind element = ElementKind::policy;
  std::optional<ElementRef> before_element, after_element;  // one is absent when the declaration came or went
  std::string name;                                         // of the declaration, in the new policy where it is there
  PartKind part = PartKind::none;                           // the row, tier, gate … that changed
  std::string part_name;                                    // as written
  std::optional<Aspect> aspect;                             // absent when a whole declaration or part came or went
  std::string in_phase;                                     // of targets and weights that differ by phase
  std::string before, after;                                // as written in the policies; empty where there is nothing
  Weight weight = Weight::numbers;
  source::Span before_span, after_span;  // of the declaration's name
  bool has_before_span = false, has_after_span = false;
  /// Names of the scorecards, payouts and alerts (of the new policy, or the old one where it went) whose results depend
  /// on what changed. Empty for the policy block, on which everything depends.
  std::vector<std::string> scorecards, payouts, alerts;
  bool everything = false;  // the policy block, exchange
  friend bool operator==(const Change&, const Change&) = default;
};

struct Rename {
  ElementKind element = ElementKind::metric;
  PartKind part = PartKind::none;  // a field or phase of the declaration `owner`
  std::string owner, before, after;
};

/// A library that a policy uses, as written.
struct Library {
  std::string name, checksum;
  friend auto operator<=>(const Library&, const Library&) = default;
};

struct Side {
  const model::Policy& policy;
  const source::SourceMap& sources;
  std::vector<Library> libraries;
  std::vector<model::Attack> attacks;
};

/// Elements of the same kind that are the same one, old and new.
struct Pair {
  ElementKind kind;
  std::uint32_t before, after;
};

struct Diff {
  std::vector<Change> changes;  // in meaning: weight numbers or terms
  std::vector<Change> wording;  // texts, versions, and declarations that came or went without any effect
  std::vector<Rename> renames;
  std::vector<Library> libraries_added, libraries_removed, libraries_changed;
  std::vector<Pair> pairs;
  bool same_meaning() const { return changes.empty(); }
  /// The new element of an old one, or the other way round.
  std::optional<std::uint32_t> after_of(ElementKind kind, std::uint32_t before) const;
  std::optional<std::uint32_t> before_of(ElementKind kind, std::uint32_t after) const;
};

Diff compare(const Side& before, const Side& after);

std::string_view name(ElementKind kind);  // "metric", "scorecard" … as in JSON
std::string_view name(PartKind kind);
std::string_view name(Aspect aspect);
std::string_view name(Weight weight);
std::string_view name(ChangeKind kind);

}  // namespace kpi::diff
