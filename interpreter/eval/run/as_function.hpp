// Expressions, points and scores as functions of one quantity, everything else as it is.
#pragma once

#include <map>
#include <set>

#include "interpreter/eval/run/evaluator.hpp"
#include "interpreter/eval/run/piecewise.hpp"

namespace kpi::eval {

/// One quantity that may change: a metric, or an aggregate that stands in an expression by itself.
struct Variable {
  model::MetricId metric;
  AggregateId aggregate;
  value::Type type;
  bool whole = false, never_negative = false;
  friend bool operator<(const Variable& a, const Variable& b) {
    return std::tie(a.metric, a.aggregate) < std::tie(b.metric, b.aggregate);
  }
};
Variable variable_of(const model::Policy& policy, model::MetricId metric);
/// The quantities an expression reads: metrics with numbers and aggregates; conditions are looked into.
void collect_variables(const model::Policy& policy, model::ExprId id, std::set<Variable>& found);

class AsFunction {
 public:
  /// `result` is the subject's row of the scorecard, null where there is none.
  AsFunction(Evaluator& evaluator_, Variable variable_, const Context& context_, const model::Scorecard* scorecard_,
             const ScorecardRowResult* result_)
      : evaluator(evaluator_),
        policy(evaluator_.policy),
        variable(std::move(variable_)),
        context(context_),
        scorecard(scorecard_),
        result(result_) {}

  Piecewise expression(model::ExprId id);
  Piecewise metric(model::MetricId id);
  /// The points of a row of the scorecard, before what stands in for missing ones.
  Piecewise points(std::size_t row);
  Piecewise score();

 private:
  bool depends(model::ExprId id);
  bool metric_depends(model::MetricId id);
  bool scorecard_depends();
  bool phases_depend();
  Piecewise of(const model::MetricCall& call, model::ExprId id);
  Piecewise of(const model::BinaryExpr& binary);
  Piecewise of(const model::InExpr& in);
  Piecewise of_values(const Piecewise& item, const Value& values);
  Piecewise of(const model::CallExpr& call);
  Piecewise of(const model::TableLookup& lookup);
  Piecewise of(const model::ResultField& field);
  Piecewise phase();
  Piecewise actual(std::size_t row) { return metric(scorecard->rows[row].metric); }
  Piecewise target(std::size_t row);
  Piecewise attainment(std::size_t row);
  Piecewise gated(Piecewise score);
  std::optional<std::size_t> row_of(model::MetricId metric) const;
  Number now() const;

  Evaluator& evaluator;
  const model::Policy& policy;
  Variable variable;
  Context context;
  const model::Scorecard* scorecard;
  const ScorecardRowResult* result;
  std::map<std::uint32_t, bool> depends_;  // by expression
};

}  // namespace kpi::eval
