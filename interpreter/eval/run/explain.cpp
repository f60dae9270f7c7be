#include "interpreter/eval/run/explain.hpp"

#include <algorithm>

#include "grammar/source/diagnostics/run.hpp"
#include "interpreter/eval/run/curve_text.hpp"
#include "interpreter/eval/run/explain_parts.hpp"
#include "interpreter/eval/run/no_such_row.hpp"
#include "interpreter/model/words.hpp"

namespace kpi::eval {
namespace {

using model::ExprId;
using Kind = ExplainNode::Kind;
using value::Number;

class Explainer {
 public:
  Explainer(const model::Policy& policy_, const source::SourceMap& sources, Plan& plan_, const PlannedPeriod& planned_,
            const AggregateStore& store, const PeriodOutcome& outcome_)
      : policy(policy_),
        plan(plan_),
        planned(planned_),
        outcome(outcome_),
        evaluator(policy_, store, plan_.moments, Memory::few_rows),
        parts(policy_, sources, plan_, planned_, evaluator) {}

  /// Without the rows; see `add_rows`.
  SubjectExplanation subject(EntityId entity, std::uint32_t row, const ExplainRequest& request) {
    SubjectExplanation result;
    result.entity = entity;
    result.entity_row = row;
    const EntityRow& found = evaluator.store.rows(entity)[row];
    result.key = found.key;
    result.label = found.label;
    parts.forget();
    for (const PayoutResult& payout : outcome.payouts) {
      if (policy.payouts[payout.payout.index].entity == entity) add_payout(payout, row, result, request);
    }
    for (const ScorecardResult& card : outcome.scorecards) {
      if (policy.scorecards[card.scorecard.index].entity != entity) continue;
      if (const auto* scored = find(card.rows, row)) add_scorecard(card.scorecard, *scored, result, request);
    }
    add_metrics(entity, row, result);
    return result;
  }

  /// What the explained aggregates read: the rows to look for.
  const std::vector<TraceSpan>& traced_spans() const { return parts.traced_spans(); }

  void add_rows(SubjectExplanation& result, std::vector<CountedRow> traced, std::size_t limit) const {
    const std::vector<TraceSpan>& spans = parts.traced_spans();
    std::vector<std::uint64_t> counts(spans.size());
    for (const CountedRow& row : traced) {
      for (const std::size_t span : row.counted_by) ++counts[span];
    }
    for (auto* nodes : {&result.payouts, &result.scorecards, &result.metrics}) set_counts(*nodes, counts);
    std::map<std::pair<EventsId, bool>, ExplainedRows> groups;
    for (CountedRow& row : traced) {
      const auto in_period = [&](std::size_t span) { return spans[span].window == planned.window; };
      const bool inside = (row.day >= planned.window.start && row.day < planned.window.end) ||
                          std::any_of(row.counted_by.begin(), row.counted_by.end(), in_period);
      const bool kept = inside ? row.hits.empty() : !row.counted_by.empty();
      if (!kept && row.hits.empty()) continue;  // of another day, and left out by the aggregate's own filter
      auto [place, added] = groups.try_emplace({row.events, !inside});
      ExplainedRows& group = place->second;
      if (added) group.first = group.last = row.day;
      group.events = row.events;
      group.outside = !inside;
      group.first = std::min(group.first, row.day);
      group.last = std::max(group.last, row.day);
      auto& list = kept ? group.kept : group.excluded;
      ++(kept ? group.kept_total : group.excluded_total);
      if (list.size() < limit) list.push_back(std::move(row));
    }
    for (auto& [events, group] : groups) result.rows.push_back(std::move(group));
  }

 private:
  static void set_counts(std::vector<ExplainNode>& nodes, const std::vector<std::uint64_t>& counts) {
    for (ExplainNode& node : nodes) {
      if (node.span) node.rows_total = counts[*node.span];
      set_counts(node.children, counts);
    }
  }

  template <class Rows>
  static const typename Rows::value_type* find(const Rows& rows, std::uint32_t row) {
    for (const auto& candidate : rows) {
      if (candidate.entity_row == row) return &candidate;
    }
    return nullptr;
  }

  // ---- payouts
  // -----------------------------------------------------------------------------------------------------------

  void add_payout(const PayoutResult& payout, std::uint32_t row, SubjectExplanation& result,
                  const ExplainRequest& request) {
    const PayoutRowResult* paid = find(payout.rows, row);
    if (paid == nullptr) return;
    const model::Payout& declared = policy.payouts[payout.payout.index];
    const ScorecardRowResult* scored = nullptr;
    for (const ScorecardResult& card : outcome.scorecards) {
      if (card.scorecard == declared.scorecard) scored = find(card.rows, row);
    }
    const MomentId moment = plan.moment_of(planned, declared);
    const Context context{{declared.entity, row, nullptr}, moment, scored};
    ExplainNode root;
    root.kind = Kind::payout;
    root.name = declared.named.name;
    root.named = &declared.named;
    root.value = paid->amount;
    root.type = value::Type::number(value::Unit::of(declared.currency));
    root.note = name(paid->status);
    if (!paid->reason.empty()) root.note += ": " + paid->reason;
    if (declared.base.valid()) root.facts.push_back({"base", evaluator.evaluate(declared.base, context), root.type});
    for (const PayoutStep& step : paid->steps) {
      root.children.push_back(step_node(step, declared, payout, context, root.type));
    }
    for (const auto& base : paid->base_penalties) {
      const model::Penalty& penalty = declared.penalties[base.penalty];
      ExplainNode child = parts.node(Kind::base_penalty, penalty.amount, context);
      child.name = penalty.named.name;
      child.named = &penalty.named;
      child.value = base.amount;
      child.children = parts.of(penalty.amount, context);
      root.children.push_back(std::move(child));
    }
    result.payouts.push_back(std::move(root));
    if (!request.why_not) return;
    for (NextStep& next : next_payout_steps(evaluator, payout.payout, moment, row, scored)) {
      result.next_steps.push_back(std::move(next));
    }
  }

  ExplainNode step_node(const PayoutStep& step, const model::Payout& declared, const PayoutResult& paid,
                        const Context& context, const value::Type& money) {
    ExplainNode result = parts.node(Kind::step, step.expr, context);
    result.name = step.step;
    if (step.step == "penalty") {
      for (const model::Penalty& penalty : declared.penalties) {
        if (penalty.named.name == step.name) result.named = &penalty.named;
      }
    }
    result.value = step.value;
    const value::Type input = step.expr.valid() ? policy.expr(step.expr).type : value::Type::number();
    if (step.step == "budget") {
      result.facts.push_back({"factor", step.input, value::Type::number()});
    } else if (step.input.has_value() && step.step != "amount") {
      result.facts.push_back({"input", step.input, input});
    }
    result.type = money;
    if (step.expr.valid()) result.children = parts.of(step.expr, context);
    if (step.step == "pool_share") add_pool(declared, paid, context, result);
    return result;
  }

  /// What the pool is shared by, for this payee and for all of the group.
  void add_pool(const model::Payout& declared, const PayoutResult& paid, const Context& context, ExplainNode& result) {
    const auto group_of = [&](std::uint32_t row) {
      return declared.pool_within && !declared.pool_within_company
                 ? evaluator.field(declared.entity, row, *declared.pool_within)
                 : Value(true);
    };
    const Value group = group_of(context.subject.row);
    const value::Type measure = policy.expr(declared.pool_by).type;
    Number sum;
    std::int64_t payees = 0;
    for (const PayoutRowResult& row : paid.rows) {
      const bool shares = !row.steps.empty() && row.steps.front().step == "pool_share";
      if (!shares || !(group_of(row.entity_row) == group)) continue;
      const ScorecardRowResult* scored = nullptr;
      for (const ScorecardResult& card : outcome.scorecards) {
        if (card.scorecard == declared.scorecard) scored = find(card.rows, row.entity_row);
      }
      const Context theirs{{declared.entity, row.entity_row, nullptr}, context.moment, scored};
      const Value value = evaluator.evaluate(declared.pool_by, theirs);
      if (!value.has_value()) continue;
      ++payees;
      sum += value::max(value.number(), Number(0));
    }
    result.measured = parts.written(declared.pool_by);
    result.facts.push_back({"measure", evaluator.evaluate(declared.pool_by, context), measure});
    result.facts.push_back({"sum", sum, measure});
    result.facts.push_back({"payees", Number(payees), value::Type::number()});
    if (declared.pool_within && !declared.pool_within_company) {
      result.facts.push_back({"group", group, pool_group_type(declared)});
    }
    FormulaParts::append(result.children, parts.of(declared.pool_by, context));
  }

  value::Type pool_group_type(const model::Payout& declared) const {
    model::SourceRef source = model::SourceRef::of(declared.entity);
    for (const model::FieldId ref : declared.pool_within->refs) {
      source = model::SourceRef::of(EntityId{policy.fields(source)[ref.index].type.index});
    }
    const model::FieldId field = declared.pool_within->field;
    return field.valid() ? policy.fields(source)[field.index].type : value::Type::entity(source.index);
  }

  // ---- scorecards
  // ----------------------------------------------------------------------------------------------------------

  void add_scorecard(model::ScorecardId id, const ScorecardRowResult& scored, SubjectExplanation& result,
                     const ExplainRequest& request) {
    const model::Scorecard& declared = policy.scorecards[id.index];
    const MomentId moment = plan.moment_of(planned, declared);
    const Context context{{declared.entity, scored.entity_row, nullptr}, moment, &scored};
    ExplainNode root;
    root.kind = Kind::scorecard;
    root.name = declared.named.name;
    root.named = &declared.named;
    root.value = scored.score;
    root.type = value::Type::number();
    root.note = scored.reason;
    root.facts.push_back({"raw_score", scored.raw_score, value::Type::number()});
    if (scored.has_phases) root.children.push_back(phase_node(scored, context));
    for (const ScoreRowResult& row : scored.metrics) root.children.push_back(row_node(declared, row, scored, context));
    for (const GateResult& gate : scored.gates)
      root.children.push_back(gate_node(declared.gates[gate.gate], gate, context));
    result.scorecards.push_back(std::move(root));
    if (!request.why_not) return;
    for (NextStep& next : next_score_steps(evaluator, id, moment, scored)) result.next_steps.push_back(std::move(next));
  }

  /// The condition that held, or the first that could not be decided.
  ExplainNode phase_node(const ScorecardRowResult& scored, const Context& context) {
    const model::Phases& phases = *policy.phases_of(context.subject.entity);
    const Context at_period{context.subject, plan.moments.period_only(context.moment), nullptr};
    ExprId decisive;
    for (std::size_t index = 0; index < phases.phases.size(); ++index) {
      decisive = phases.phases[index].when;
      if (scored.phase && index == *scored.phase) break;
      if (!scored.phase && decisive.valid() && !evaluator.evaluate(decisive, at_period).has_value()) break;
    }
    ExplainNode result = parts.node(Kind::phase, decisive, at_period);
    if (scored.phase) {
      result.name = phases.phases[*scored.phase].named.name;
      result.named = &phases.phases[*scored.phase].named;
    } else {
      result.note = scored.reason;
    }
    if (decisive.valid()) result.children = parts.of(decisive, at_period);
    return result;
  }

  ExplainNode row_node(const model::Scorecard& declared, const ScoreRowResult& row, const ScorecardRowResult& scored,
                       const Context& context) {
    const model::ScorecardRow& line = declared.rows[row.row];
    const model::Metric& metric = policy.metrics[row.metric.index];
    const std::size_t at = line.targets.size() > 1 && scored.phase ? *scored.phase : 0;
    const ExprId target = at < line.targets.size() ? line.targets[at] : ExprId{};
    ExplainNode result = parts.node(Kind::score_row, target, context);  // the formula is that of the target
    result.name = metric.named.name;
    result.named = &metric.named;
    result.type = value::Type::number();
    result.value = row.points;
    result.note = model::name(row.attain);
    const value::Type plain = value::Type::number();
    result.facts.push_back({"actual", row.actual, metric.type});
    result.facts.push_back({"target", row.target, metric.type});
    if (line.base.valid()) result.facts.push_back({"base", evaluator.evaluate(line.base, context), metric.type});
    if (row.attain != model::Attain::none) result.facts.push_back({"attainment", row.attainment, plain});
    result.facts.push_back({"points", row.points, plain});
    result.facts.push_back({"weight", row.weight, plain});
    if (row.effective_weight != row.weight) result.facts.push_back({"effective_weight", row.effective_weight, plain});
    result.facts.push_back({"weighted", row.weighted, plain});
    const Value& input = row.attain == model::Attain::none ? row.actual : row.attainment;
    result.segment = segment(line, input);
    if (const auto* curve = std::get_if<model::CurveId>(&line.curve)) result.curve = &policy.curves[curve->index].named;
    result.children.push_back(parts.metric(row.metric, context));
    if (target.valid()) FormulaParts::append(result.children, parts.of(target, context));
    return result;
  }

  ExplainNode gate_node(const model::Gate& gate, const GateResult& checked, const Context& context) {
    ExplainNode result = parts.node(Kind::gate, gate.requires_value, context);
    result.name = gate.named.name;
    result.named = &gate.named;
    if (checked.passed) {
      result.value = *checked.passed;
    } else {
      result.value = Value(checked.reason);
    }
    using Effect = model::Gate::Effect;
    result.note = gate.effect == Effect::unscored ? "unscored" : gate.effect == Effect::score ? "score" : "at_most";
    if (gate.effect == Effect::at_most) result.facts.push_back({"limit", gate.limit, value::Type::number()});
    result.children = parts.of(gate.requires_value, context);
    return result;
  }

  std::string segment(const model::ScorecardRow& line, const Value& input) const {
    if (const auto* builtin = std::get_if<model::BuiltinCurve>(&line.curve)) {
      if (*builtin == model::BuiltinCurve::pass) return "pass";
      if (*builtin == model::BuiltinCurve::linear) return "linear";
      return "capped(" + (line.cap * Number(100)).to_string() + "%)";
    }
    if (!input.has_value()) return "";
    return curve_segment(policy.curves[std::get<model::CurveId>(line.curve).index], input.number());
  }

  void add_metrics(EntityId entity, std::uint32_t row, SubjectExplanation& result) {
    for (const auto& listed : outcome.metrics) {
      if (listed.entity != entity || listed.entity_row != row) continue;
      const Context context{{entity, row, nullptr}, plan.moment_of(planned, entity), nullptr};
      for (const MetricResult& metric : listed.values) {
        if (!parts.has_seen(metric.metric, context.moment))
          result.metrics.push_back(parts.metric(metric.metric, context));
      }
    }
  }

  const model::Policy& policy;
  Plan& plan;
  const PlannedPeriod& planned;
  const PeriodOutcome& outcome;
  Evaluator evaluator;
  FormulaParts parts;
};

}  // namespace

Explanation explain(const model::Policy& policy, DataSource& data, const source::SourceMap& sources,
                    const ExplainRequest& request, source::Diagnostics& diagnostics) {
  Explanation result;
  RunRequest run_request;
  run_request.periods = {request.period};
  run_request.as_of = request.as_of;
  run_request.quarantine = request.quarantine;
  run_request.only_needed = request.only_needed;
  run_request.threads = request.threads;
  run_request.batch_rows = request.batch_rows;
  run_request.memory = request.memory;
  run_request.simple = request.simple;
  const std::size_t errors = diagnostics.error_count();
  Plan plan(policy, run_request, diagnostics);
  if (diagnostics.error_count() > errors) return result;
  const ScanRequest scan_request = plan.scan_request(run_request);
  result.store = scan(policy, data, scan_request, diagnostics);
  const AggregateStore* const store = result.store.get();
  if (diagnostics.error_count() > errors) return result;
  result.outcome = evaluate(policy, run_request, plan, *store, diagnostics);
  const PlannedPeriod& planned = plan.periods.back();  // parts of the period come before it
  Explainer explainer(policy, sources, plan, planned, *store, result.outcome.periods.back());
  bool known = false;
  for (std::uint32_t index = 0; index < policy.entities.size(); ++index) {
    const EntityId entity{index};
    const auto row = store->find(entity, request.entity_key);
    if (!row) continue;
    known = true;
    SubjectExplanation subject = explainer.subject(entity, *row, request);
    if (subject.payouts.empty() && subject.scorecards.empty() && subject.metrics.empty()) continue;
    auto traced = trace_counted_rows(policy, data, scan_request, entity, request.entity_key, planned.window,
                                     explainer.traced_spans(), diagnostics);
    explainer.add_rows(subject, std::move(traced), request.row_limit);
    result.subjects.push_back(std::move(subject));
  }
  if (!known) {
    report_no_such_row(policy, *store, request.entity_key, diagnostics);
  } else if (result.subjects.empty()) {
    diagnostics.add_without_span(source::ids::nothing_to_explain)
        .with("key", request.entity_key)
        .with("period", request.period.to_string());
  }
  return result;
}

}  // namespace kpi::eval
