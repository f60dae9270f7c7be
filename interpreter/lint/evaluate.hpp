// Runs one rule over a policy: every combination of elements for which its condition is true. The logic is
// three-valued: something absent or unknown makes a comparison unknown, and unknown never reports.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "interpreter/lint/reflection.hpp"

namespace kpi::lint {

class RuleRun {
 public:
  /// `home` is the policy or library the rule stands in; its decision tables are looked up there.
  RuleRun(const model::Rule& rule, const model::Policy& home, const Reflection& on)
      : rule_(rule), home_(home), on_(on), slots_(rule.slots) {}

  /// Calls `found` for each combination; inside, `slot` and `text` speak of that combination.
  void run(const std::function<void()>& found);
  const Element& slot(std::uint32_t index) const { return slots_[index]; }
  /// The text with its values put in.
  std::string text(const model::RuleTemplate& text, std::size_t language) const;
  Datum evaluate(model::RuleExprId id) const { return evaluate(id, 0); }

 private:
  enum class Truth : std::uint8_t { no, yes, unknown };
  /// The parts of a condition that are joined by `and`, by the variable after which each can be decided. Proofs and
  /// quantifiers wait for the last one, where they keep their order.
  using Tests = std::vector<std::vector<model::RuleExprId>>;
  Tests tests_of(const std::vector<model::RuleBinder>& binders, model::RuleExprId where) const;
  /// With `only_yes_counts` nothing is tried behind an unknown answer.
  Truth all_hold(const std::vector<model::RuleExprId>& tests, bool only_yes_counts = false) const;
  Truth holds(model::RuleExprId id) const;
  static Datum truth(Truth which);
  void bind(std::size_t binder, const std::function<void()>& found);
  Datum evaluate(model::RuleExprId id, std::size_t language) const;
  Datum quantified(const model::RuleQuantifier& node) const;
  Datum binary(const model::RuleBinary& node) const;
  Datum called(const model::RuleCall& node) const;
  Datum looked_up(const model::RuleTableLookup& node) const;
  Datum contained(const model::RuleIn& node) const;
  /// A formula stands for its constant value.
  void make_plain(Datum& datum) const;
  Datum plain(Datum datum) const;
  Datum plain_value(model::RuleExprId id) const;
  std::string shown(const Datum& datum) const;

  const model::Rule& rule_;
  const model::Policy& home_;
  const Reflection& on_;
  mutable std::vector<Element> slots_;
  Tests tests_;
  mutable std::map<const model::RuleQuantifier*, Tests> quantifier_tests_;
};

/// The row of a decision table that applies, and its constant value; absent when there is none.
Datum look_up(const model::Policy& home, const model::DecisionTable& table, const std::vector<Datum>& inputs);
/// Whether the rule asks `property` anywhere.
bool asks(const model::Rule& rule, model::PropertyId property);
/// Whether it asks anything that has to be proved.
bool asks_proofs(const model::Rule& rule);

}  // namespace kpi::lint
