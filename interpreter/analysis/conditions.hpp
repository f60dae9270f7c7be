// Boolean conditions over constants as formulas of literals, and formulas as unions of boxes.
#pragma once

#include <memory>
#include <unordered_map>

#include "grammar/source/source.hpp"
#include "interpreter/analysis/boxes.hpp"
#include "interpreter/model/policy.hpp"

namespace kpi::analysis {

/// Values allowed by a literal: one of `members` (categorical), or inside one of `ranges` (ordered).
struct NumberRange {
  std::optional<Number> lower, upper;
  bool includes_lower = true, includes_upper = false;
  bool contains(const Number& number) const;
};
struct Literal {
  std::size_t dimension = 0;
  std::vector<NumberRange> ranges;
  std::vector<std::size_t> members;
  bool negated = false;
};
struct Formula {
  enum class Kind : std::uint8_t { truth, literal, conjunction, disjunction } kind = Kind::truth;
  bool truth = true;
  Literal literal;
  std::vector<Formula> parts;
};

/// Collects the inputs that conditions read. First translate every condition, then `finish`, then make boxes.
class ConditionSpace {
 public:
  ConditionSpace(const model::Policy& policy, const source::SourceMap& sources) : policy_(policy), sources_(sources) {}

  Formula translate(model::ExprId condition);
  /// A table column as an input; `pattern` cells refer to the returned dimension.
  std::size_t add_column(const model::DecisionTable::Column& column);
  Formula translate(std::size_t dimension, const model::Pattern& pattern);

  void finish();
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  /// Boxes of a formula, possibly overlapping; none when there would be more than kMaximumBoxes.
  std::optional<std::vector<Box>> boxes(const Formula& formula, bool negated = false) const;

  static constexpr std::size_t kMaximumBoxes = 4096;

 private:
  Formula negate(Formula formula) const;
  Formula comparison(const model::BinaryExpr& node, model::ExprId id);
  /// `left op right`; `id` is the whole condition, for what is not understood.
  Formula comparison(model::ExprId left, value::BinaryOp op, model::ExprId right, model::ExprId id);
  Formula difference(model::ExprId left, value::BinaryOp op, model::ExprId right, model::ExprId id);
  /// Brings the constants of `input op limit` to the limit's side: `level + 1 > 7` becomes `level > 6`.
  void isolate(model::ExprId& input, value::BinaryOp& op, Number& limit) const;
  Formula membership(const model::InExpr& node, model::ExprId id);
  Formula opaque(model::ExprId id);
  Formula literal(std::size_t dimension, NumberRange range);
  Formula literal(std::size_t dimension, std::vector<std::size_t> members);
  Formula value_literal(std::size_t dimension, const Value& value);
  std::size_t dimension_of(model::ExprId id);
  std::size_t add_dimension(std::string key, std::string text, const value::Type& type);
  std::string text_of(model::ExprId id) const;
  std::string member_text(const Value& value, const value::Type& type) const;
  std::optional<Value> constant(model::ExprId id) const;
  void refine(Dimension& dimension, model::ExprId id) const;
  void refine_by_field(Dimension& dimension, const model::Field& field) const;

  const model::Policy& policy_;
  const source::SourceMap& sources_;
  std::vector<Dimension> dimensions_;
  std::unordered_map<std::string, std::size_t> by_key_;
};

/// A Value of an ordered type as a plain number: dates as days, instants as microseconds.
std::optional<Number> as_number(const Value& value);

}  // namespace kpi::analysis
