// What a formula is made of, as nodes of an explanation: metrics, aggregates, curves, tables, other periods.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "interpreter/eval/run/evaluate.hpp"
#include "interpreter/eval/run/explain.hpp"
#include "interpreter/eval/run/formula_text.hpp"
#include "interpreter/eval/trace.hpp"

namespace kpi::eval {

class FormulaParts {
 public:
  using ExprId = model::ExprId;

  /// All must outlive it.
  FormulaParts(const model::Policy& policy_, const source::SourceMap& sources, Plan& plan_,
               const PlannedPeriod& planned_, Evaluator& evaluator_)
      : policy(policy_), plan(plan_), planned(planned_), evaluator(evaluator_), text(sources, evaluator_) {}

  /// A node with its formula, written and with values; without name, value and children.
  ExplainNode node(ExplainNode::Kind kind, ExprId expr, const Context& context);
  std::vector<ExplainNode> of(ExprId id, const Context& context);
  /// A metric with everything below it; what was explained before at the same moment is only named.
  ExplainNode metric(model::MetricId id, const Context& context);
  bool has_seen(model::MetricId id, MomentId moment) const { return seen.contains({id, moment}); }
  std::string written(ExprId id) { return text.written(id); }

  /// What the explained aggregates read.
  const std::vector<TraceSpan>& traced_spans() const { return spans; }
  void forget() {
    seen.clear();
    spans.clear();
  }

  static void append(std::vector<ExplainNode>& to, std::vector<ExplainNode> more) {
    for (ExplainNode& child : more) to.push_back(std::move(child));
  }

 private:
  void collect_parts(ExprId id, const Context& context, std::vector<ExplainNode>& found);
  void place(ExplainNode& result, const Context& context) const;
  ExplainNode need_node(ExprId needs, const Context& context, const std::vector<ExplainNode>& explained);
  ExplainNode call_node(const model::MetricCall& call, ExprId id, const Context& context);
  void add_members(const model::MetricCall& call, ExprId id, const Context& context, ExplainNode& result);
  ExplainNode aggregate_node(AggregateId id, ExprId expr, const Context& context);
  ExplainNode curve_node(const model::CurveApply& applied, ExprId id, const Context& context);
  ExplainNode table_node(const model::TableLookup& lookup, ExprId id, const Context& context);

  const model::Policy& policy;
  Plan& plan;
  const PlannedPeriod& planned;
  Evaluator& evaluator;
  FormulaText text;
  std::vector<TraceSpan> spans;
  std::set<std::pair<model::MetricId, MomentId>> seen;
};

}  // namespace kpi::eval
