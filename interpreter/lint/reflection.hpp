// A policy as rules see it: its elements, their names and places, and one function for each property of
// model/rule_properties.def.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "interpreter/lint/datum.hpp"
#include "interpreter/lint/flow.hpp"
#include "interpreter/lint/proofs.hpp"

namespace kpi::lint {

/// Values by parameter; a parameter that was left out has none.
class Arguments {
 public:
  static constexpr std::size_t kMost = 8;  // parameters of one property
  /// Closes the values of one parameter; call it once for each, in order.
  void close() { ends_[++count_] = static_cast<std::uint8_t>(values_.size()); }
  void push(Datum value) { values_.push_back(std::move(value)); }
  std::span<const Datum> operator[](std::size_t parameter) const {
    if (parameter >= count_) return {};
    return {values_.data() + ends_[parameter], static_cast<std::size_t>(ends_[parameter + 1] - ends_[parameter])};
  }

 private:
  std::vector<Datum> values_;
  std::array<std::uint8_t, kMost + 1> ends_{};
  std::size_t count_ = 0;
};

/// A text that people read, with the place where it stands.
struct PolicyText {
  std::string content, of;
  std::string language;  // empty: the declaration's own
  std::string kind;      // a word of the set text_kind
  source::Span span;
};

/// A file of rules that runs besides the policy's own.
struct Pack {
  const model::Policy* home = nullptr;  // where its tables and rules stand
  std::string name;                     // `std.compliance.core`
};

class Reflection {
 public:
  /// All must outlive the reflection. `proofs` may be null: then nothing is proved.
  Reflection(const model::Policy& policy, const source::SourceMap& sources, std::vector<Pack> packs, value::Date as_of,
             const Proofs* proofs);

  const std::vector<Element>& elements(ElementKind kind) const;
  /// `language`: of labels, as source::Language.
  Datum property(model::PropertyId property, const Element& element, const Arguments& arguments,
                 std::size_t language) const;

  /// As the policy writes it; with its owner in front for rows, gates, penalties and fields.
  std::string name(const Element& element) const;
  std::string label(const Element& element, std::size_t language) const;
  source::Span span(const Element& element) const;
  /// The declaration that an exception may name instead: the scorecard of a row, the events of a field …; else none.
  std::string owner_name(const Element& element) const;
  const model::Named* named(const Element& element) const;

  const model::Policy& policy() const { return policy_; }
  const source::SourceMap& sources() const { return sources_; }
  DataFlow& flow() const { return flow_; }
  const Proofs* proofs() const { return proofs_; }
  value::Date as_of() const { return as_of_; }
  const std::vector<Pack>& packs() const { return packs_; }

  /// Name, labels and column in small letters, for questions about words in names.
  const std::string& spelling(const Element& element) const;
  /// Metrics that stand themselves in the formulas of a payout, or in its scorecard when they use it.
  const std::set<std::uint32_t>& paid_metrics(std::uint32_t payout) const;

  /// What a computed element reads.
  const Flow& flow_of(const Element& element) const;
  Direction direction_of(const Element& element, const DataFlow::Input& input) const;
  Element formula(model::ExprId id, const Element& of) const;

  struct LibraryView {
    std::string name, label, doc, version, owner;
    std::optional<value::Date> review_by, checked;
    bool standard = false;
    std::size_t rules = 0;
    source::Span span;
  };
  const std::vector<LibraryView>& libraries() const { return libraries_; }
  const std::vector<PolicyText>& texts() const { return texts_; }

  /// How many findings each exception has covered so far, by its index. Rules that ask `allow.unused` run last.
  mutable std::vector<std::size_t> allow_uses;

 private:
  void collect_elements();
  void collect_texts();
  void collect_libraries();
  /// The payout or scorecard whose formula holds a measure without a name.
  std::string home_of_measure(std::uint32_t metric) const;

  const model::Policy& policy_;
  const source::SourceMap& sources_;
  std::vector<Pack> packs_;
  value::Date as_of_;
  const Proofs* proofs_;
  mutable DataFlow flow_;
  std::map<ElementKind, std::vector<Element>> elements_;
  std::vector<PolicyText> texts_;
  std::vector<LibraryView> libraries_;
  mutable std::map<Element, Flow> flows_;
  mutable std::map<Element, std::string> spellings_;
  mutable std::map<std::uint32_t, std::set<std::uint32_t>> paid_;
};

/// 1 market that is `limit` or a part of it: `EU` holds for `DE`, `US` for `US_CA`. Capitals do not matter.
bool market_matches(std::string_view limit, std::string_view market);

}  // namespace kpi::lint
