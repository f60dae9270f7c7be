// A normal form of expressions: two have the same text exactly when they mean the same under the given tokens.
// Constants are folded and parameters replaced by their values, sums and products are sorted, names do not occur.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "interpreter/diff/diff.hpp"

namespace kpi::diff {

/// What stands for the declarations in normal forms. Equal tokens say that two elements are taken to be the same.
struct Tokens {
  std::array<std::vector<std::string>, kElementKinds> elements;
  std::vector<std::vector<std::string>> entity_fields, event_fields;  // by source, then field
  std::vector<std::vector<std::string>> phase_names;                  // by index in Policy::phases, then phase
  /// Parameters whose value differs between the two policies keep their token; all others are their value.
  std::set<std::uint32_t> changed_params;
  /// Metrics of one side only that stand for nothing but their formula: their uses are read as that formula.
  std::set<std::uint32_t> inlined_metrics;

  const std::string& of(ElementKind kind, std::uint32_t index) const;
  const std::string& field(model::SourceRef source, model::FieldId id) const;
};

class Canonical {
 public:
  /// `subject` is the entity that is measured, where it is known: groups of ranks and totals are its fields.
  Canonical(const model::Policy& policy, const Tokens& tokens, std::optional<model::EntityId> subject = std::nullopt)
      : policy_(policy), tokens_(tokens), subject_(subject) {}

  std::string expr(model::ExprId id) const;  // "-" for an invalid id
  std::string constant(const value::Value& value, const value::Type& type) const;
  std::string number(const value::Number& number, value::Unit unit) const;
  std::string type(const value::Type& type) const;
  std::string path(model::SourceRef source, const model::FieldPath& path) const;
  std::string phase(std::uint32_t entity, std::uint32_t phase) const;
  std::string source(model::SourceRef source) const;
  std::string aggregate(model::AggregateId id) const;
  std::string pattern(const model::Pattern& pattern, const value::Type& type) const;

 private:
  struct Form;  // text, and the constant value if it is one
  struct Writer;
  const model::Policy& policy_;
  const Tokens& tokens_;
  std::optional<model::EntityId> subject_;
};

/// The entity whose fields the metric reads; none when it can be evaluated for `company` or nothing.
std::optional<model::EntityId> subject_of(const model::Metric& metric);

/// Whether uses of the metric mean nothing but its formula: no sample is needed and it matures at once.
bool is_plain_formula(const model::Metric& metric);

}  // namespace kpi::diff
