// Formulas as they stand in the policy, and with values put in where names and aggregates stood.
#pragma once

#include "grammar/source/source.hpp"
#include "interpreter/eval/run/evaluator.hpp"

namespace kpi::eval {

class FormulaText {
 public:
  FormulaText(const source::SourceMap& sources_, Evaluator& evaluator_) : sources(sources_), evaluator(evaluator_) {}
  /// The source text on one line, comments left out.
  std::string written(model::ExprId id) const;
  /// The same with each metric, aggregate, field, parameter, curve, table lookup, score and period property replaced by
  /// its exact value and unit; empty when nothing was replaced.
  std::string with_values(model::ExprId id, const Context& context);

 private:
  struct Replacement {
    std::uint32_t begin, end;
    std::string text;
  };
  void collect(model::ExprId id, const Context& context, const source::Span& whole, std::vector<Replacement>& found);

  const source::SourceMap& sources;
  Evaluator& evaluator;
};

/// Exact, with its unit: `30_000 GBP`, `10/3`, `3 minutes`, `none (no data)`.
std::string exact_text(const Value& value, const value::Type& type, const Evaluator& evaluator);

}  // namespace kpi::eval
