// A declaration as a list of what can differ: attributes, and parts (rows, tiers, gates …) with attributes of their
// own. Each has a normal form for comparing and the text as written for showing.
#pragma once

#include <string>
#include <vector>

#include "interpreter/diff/canonical.hpp"

namespace kpi::diff {

struct Attribute {
  Aspect aspect;
  std::string canonical;  // "" and "-": not there
  std::string shown;
  std::string phase, phase_shown;  // of targets and weights that differ by phase
  bool core = false;               // what makes the declaration this one: see matching.hpp
  bool by_default = false;         // follows from something else that is compared itself
};

struct Part {
  PartKind kind;
  std::string key;  // what identifies it within its declaration
  std::string shown;
  bool key_is_name = false;        // a name that may change without a change in meaning
  Aspect key_aspect = Aspect::at;  // what is said to have moved when only the key differs
  std::vector<Attribute> attributes;
};

struct Description {
  std::vector<Attribute> attributes;
  std::vector<Part> parts;
  std::string order_shown;         // the parts whose order matters, as written
  std::vector<std::string> order;  // their keys
  /// One text for all of it that has a meaning, without names.
  std::string content() const;
};

class Describer {
 public:
  Describer(const Side& side, const Tokens& tokens) : side_(side), policy_(side.policy), tokens_(tokens) {}

  Description describe(ElementRef element) const;
  const model::Named* named(ElementRef element) const;  // null for the policy block, exchange, ensure, phases, allow
  std::string name(ElementRef element) const;
  source::Span span(ElementRef element) const;
  /// Name, type and flags of a field, the column with it or not.
  Description field(model::SourceRef source, std::uint32_t index, bool with_column) const;
  Description phase(std::uint32_t phases, std::uint32_t index) const;
  std::size_t count(ElementKind kind) const;

 private:
  Description header() const;
  Description param(std::uint32_t index) const;
  Description entity(std::uint32_t index) const;
  Description events(std::uint32_t index) const;
  Description exchange() const;
  Description ensure(std::uint32_t index) const;
  Description calendar(std::uint32_t index) const;
  Description exclusion(std::uint32_t index) const;
  Description metric(std::uint32_t index) const;
  Description phases(std::uint32_t index) const;
  Description table(std::uint32_t index) const;
  Description curve(std::uint32_t index) const;
  Description scorecard(std::uint32_t index) const;
  Description payout(std::uint32_t index) const;
  Description alert(std::uint32_t index) const;
  Description allow(std::uint32_t index) const;
  Description import(std::uint32_t index) const;
  Description rule(std::uint32_t index) const;
  Description attack(std::uint32_t index) const;

  void fields(Description& result, model::SourceRef source) const;
  void texts(Description& result, const model::Named& named) const;
  std::string canonical_phase(std::uint32_t phases, std::uint32_t index) const;
  Part score_row(const model::Scorecard& card, const model::ScorecardRow& row) const;
  Part gate(const model::Scorecard& card, const model::Gate& gate) const;
  Attribute expr(Aspect aspect, model::ExprId id, std::optional<model::EntityId> subject = std::nullopt) const;
  std::string written(model::ExprId id) const;
  std::string written(source::Span span) const;
  std::vector<std::string> cells(source::Span row) const;
  std::string pattern(const model::Pattern& pattern, const value::Type& type) const;
  std::string source_name(model::SourceRef source) const;
  const std::string& entity_name(model::EntityId id) const { return policy_.entities[id.index].named.name; }

  const Side& side_;
  const model::Policy& policy_;
  const Tokens& tokens_;
};

/// `14 days`, `2 months`.
std::string delay_text(const model::Delay& delay);
/// `40%` for 2/5, where that is short.
std::string percent_text(const value::Number& share);

}  // namespace kpi::diff
