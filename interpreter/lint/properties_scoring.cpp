// Properties of metrics, scorecards, payouts and alerts.
#include <algorithm>

#include "interpreter/lint/properties.hpp"
#include "interpreter/model/walk.hpp"

namespace kpi::lint::ask {

using model::ExprId;

// ---- what a metric is -----------------------------------------------------------------------------------------------

std::string unit_word(const value::Type& type) {
  switch (type.kind) {
    case value::Kind::number:
      if (type.unit.is_plain()) return "number";
      if (type.unit.money == 1 && type.unit.time == 0) return "money";
      if (type.unit.money == 0 && type.unit.time == 1) return "duration";
      return type.unit.money == 1 && type.unit.time == -1 ? "money_per_time" : "other";
    case value::Kind::text:
      return "text";
    case value::Kind::boolean:
      return "boolean";
    case value::Kind::date:
    case value::Kind::datetime:
      return "date";
    default:
      return "other";
  }
}

namespace {

const model::Metric& metric(const Question& q) { return q.policy().metrics[q.element.a]; }
const model::Scorecard& card(const Question& q) { return q.policy().scorecards[q.element.a]; }
const model::ScorecardRow& row(const Question& q) { return card(q).rows[q.element.b]; }
const model::Gate& gate(const Question& q) { return card(q).gates[q.element.b]; }
const model::Payout& payout(const Question& q) { return q.policy().payouts[q.element.a]; }
const model::Penalty& penalty(const Question& q) { return payout(q).penalties[q.element.b]; }
const model::Alert& alert(const Question& q) { return q.policy().alerts[q.element.a]; }

std::string join_forms(const std::string& a, const std::string& b) {
  if (a.empty()) return b;
  if (b.empty() || a == b) return a;
  for (const char* stronger : {"rank", "ratio", "average", "extreme", "other"}) {
    if (a == stronger || b == stronger) return stronger;
  }
  return "sum";  // a count and a sum
}

/// Empty for what is constant.
std::string form(const Reflection& on, ExprId id, int depth) {
  if (!id.valid() || depth > 100) return "other";
  const auto& policy = on.policy();
  const model::Expr& expr = policy.expr(id);
  if (on.flow().constant(id)) return "";
  if (const auto* ref = std::get_if<model::MetricRef>(&expr.node))
    return form(on, policy.metrics[ref->metric.index].value, depth + 1);
  if (const auto* ref = std::get_if<model::AggregateRef>(&expr.node)) {
    using F = model::AggregateFunction;
    switch (policy.aggregates[ref->aggregate.index].function) {
      case F::count:
      case F::distinct:
      case F::exists:
        return "count";
      case F::sum:
        return "sum";
      case F::avg:
        return "average";
      default:
        return "extreme";
    }
  }
  if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    const std::string left = form(on, binary->left, depth + 1), right = form(on, binary->right, depth + 1);
    if (binary->op == value::BinaryOp::divide && !right.empty()) return "ratio";
    if (binary->op == value::BinaryOp::multiply && !left.empty() && !right.empty()) return "other";
    return join_forms(left, right);
  }
  if (const auto* call = std::get_if<model::MetricCall>(&expr.node)) {
    using F = model::MetricFunction;
    if (call->function == F::rank || call->function == F::percentile_rank) return "rank";
    if (call->function == F::share) return "ratio";
    return form(on, call->operand, depth + 1);
  }
  std::string result;
  model::for_each_operand(expr.node,
                          [&](ExprId operand) { result = join_forms(result, form(on, operand, depth + 1)); });
  return result.empty() ? "other" : result;
}

/// The counts of distinct values of one field that are added up with a plus sign.
void distinct_addends(const model::Policy& policy, ExprId id, std::vector<FieldRef>& found, int depth) {
  if (!id.valid() || depth > 100) return;
  const model::Expr& expr = policy.expr(id);
  if (const auto* ref = std::get_if<model::MetricRef>(&expr.node))
    return distinct_addends(policy, policy.metrics[ref->metric.index].value, found, depth + 1);
  if (const auto* binary = std::get_if<model::BinaryExpr>(&expr.node)) {
    if (binary->op != value::BinaryOp::add) return;
    distinct_addends(policy, binary->left, found, depth + 1);
    return distinct_addends(policy, binary->right, found, depth + 1);
  }
  const auto* ref = std::get_if<model::AggregateRef>(&expr.node);
  if (!ref) return;
  const model::Aggregate& aggregate = policy.aggregates[ref->aggregate.index];
  if (aggregate.function != model::AggregateFunction::distinct || !aggregate.value.valid()) return;
  const auto* field = std::get_if<model::RowField>(&policy.expr(aggregate.value).node);
  if (field && field->path.refs.empty() && field->path.field.valid())
    found.emplace_back(aggregate.source, field->path.field);
}

bool adds_distinct(const model::Policy& policy, ExprId id, int depth) {
  if (!id.valid() || depth > 100) return false;
  const model::Expr& expr = policy.expr(id);
  if (const auto* ref = std::get_if<model::MetricRef>(&expr.node))
    return adds_distinct(policy, policy.metrics[ref->metric.index].value, depth + 1);
  if (const auto* ref = std::get_if<model::AggregateRef>(&expr.node)) {
    using F = model::AggregateFunction;
    const model::Aggregate& outer = policy.aggregates[ref->aggregate.index];
    return outer.function == F::sum && outer.each_inner.valid() &&
           policy.aggregates[outer.each_inner.index].function == F::distinct;
  }
  std::vector<FieldRef> addends;
  distinct_addends(policy, id, addends, depth);
  std::sort(addends.begin(), addends.end());
  if (std::adjacent_find(addends.begin(), addends.end()) != addends.end()) return true;
  bool found = false;
  model::for_each_operand(expr.node,
                          [&](ExprId operand) { found = found || adds_distinct(policy, operand, depth + 1); });
  return found;
}

}  // namespace

std::string form_of(const Reflection& on, ExprId id) {
  const std::string found = form(on, id, 0);
  return found.empty() ? "other" : found;
}

std::string nature_of(const Reflection& on, model::MetricId id) {
  const model::Metric& metric = on.policy().metrics[id.index];
  for (const std::string& tag : metric.tags) {
    if (tag == "outcome") return "value";
    if (tag == "process") return "service";
    const auto& words = model::words_of("nature");
    if (std::find(words.begin(), words.end(), tag) != words.end()) return tag;
  }
  const Flow& flow = on.flow().metric(id);
  const auto reads = [&](const char* role) { return on.flow().reads_role(flow, role); };
  const std::string form = form_of(on, metric.value);
  const bool rate = form == "ratio" || form == "average" || form == "extreme";
  if (reads("violations")) return "compliance";
  const bool down = metric.lower_is_better;
  if (reads("refunds") &&
      (down || (rate && on.flow().direction(metric.value, {std::nullopt, "refunds"}) != Direction::down)))
    return "quality";
  if (reads("ratings")) return rate || down ? "quality" : "volume";
  if (reads("tickets")) return "service";
  if (reads("orders")) {
    if (unit_word(metric.type) == "money" || rate) return "value";
    return form == "sum" && metric.type.unit.money != 0 ? "value" : "volume";
  }
  if (reads("ads")) return "cost";
  if (reads("sessions")) return "traffic";
  return "other";
}

Datum metric_value(const Question& q) { return formula(q, metric(q).value); }
Datum metric_unit(const Question& q) { return unit_word(metric(q).type); }
Datum metric_form(const Question& q) { return form_of(q.on, metric(q).value); }
Datum metric_nature(const Question& q) { return nature_of(q.on, {q.element.a}); }
Datum metric_lower_is_better(const Question& q) { return metric(q).lower_is_better; }
Datum metric_basis(const Question& q) { return Datum::text_or_absent(metric(q).basis); }
Datum metric_tags(const Question& q) { return Datum::list(metric(q).tags); }
Datum metric_tagged(const Question& q) {
  return std::any_of(metric(q).tags.begin(), metric(q).tags.end(), [&](const auto& tag) { return q.has_word(0, tag); });
}
Datum metric_minimum_sample(const Question& q) { return metric(q).needs.valid(); }
Datum metric_adds_distinct(const Question& q) { return adds_distinct(q.policy(), metric(q).value, 0); }
Datum metric_matures(const Question& q) {
  return metric(q).matures_after.is_zero() ? Datum() : delay(metric(q).matures_after);
}
Datum metric_affects(const Question& q) {
  const auto& p = q.policy();
  auto& flow = q.on.flow();
  const auto reads = [&](const Flow& one) { return one.metrics.contains(q.element.a); };
  if (q.has_word(0, "pay")) {
    for (std::uint32_t i = 0; i < p.payouts.size(); ++i) {
      if (reads(flow.payout({i}))) return true;
    }
  }
  if (q.has_word(0, "score")) {
    for (std::uint32_t i = 0; i < p.scorecards.size(); ++i) {
      if (reads(flow.scorecard({i}))) return true;
    }
  }
  if (q.has_word(0, "alert")) {
    for (std::uint32_t i = 0; i < p.alerts.size(); ++i) {
      if (reads(flow.alert({i}))) return true;
    }
  }
  return false;
}

namespace {

bool has_weight(const model::ScorecardRow& one) {
  return std::any_of(one.weights.begin(), one.weights.end(), [](const auto& weight) { return !weight.is_zero(); });
}

bool stands_in(const Question& q, const model::Scorecard& scorecard, std::uint32_t metric) {
  for (const auto& one : scorecard.rows) {
    if (one.metric.index == metric && has_weight(one)) return true;
  }
  return std::any_of(scorecard.gates.begin(), scorecard.gates.end(),
                     [&](const auto& one) { return q.on.flow().direct_metrics(one.requires_value).contains(metric); });
}

}  // namespace

Datum metric_paid(const Question& q) {
  for (std::uint32_t i = 0; i < q.policy().payouts.size(); ++i) {
    if (q.on.paid_metrics(i).contains(q.element.a)) return true;
  }
  return false;
}
Datum metric_scored(const Question& q) {
  const auto& cards = q.policy().scorecards;
  return std::any_of(cards.begin(), cards.end(), [&](const auto& one) { return stands_in(q, one, q.element.a); });
}
Datum metric_weight(const Question& q) {
  value::Number largest;
  for (const auto& one : q.policy().scorecards) {
    for (const auto& line : one.rows) {
      if (line.metric.index != q.element.a) continue;
      for (const auto& weight : line.weights) largest = value::max(largest, weight);
    }
  }
  return largest;
}

// ---- scorecards -----------------------------------------------------------------------------------------------------

namespace {

Datum entity_of(model::EntityId id) {
  return id.valid() && id.index > 0 ? Datum(Element{ElementKind::entity, id.index, 0, false}) : Datum();
}
Datum every_word(value::CalendarUnit unit) { return value::name(unit); }

/// The one for a phase; without one, or where all phases share it, the first.
template <class T>
const T* for_phase(const Question& q, const std::vector<T>& values) {
  if (values.empty()) return nullptr;
  if (!q.given(0) || values.size() == 1) return &values.front();
  const std::uint32_t phase = q.argument(0).element->b;
  return phase < values.size() ? &values[phase] : nullptr;
}

}  // namespace

Datum scorecard_entity(const Question& q) { return entity_of(card(q).entity); }
Datum scorecard_every(const Question& q) { return every_word(card(q).every); }
Datum scorecard_rows(const Question& q) {
  return Datum::count(static_cast<std::size_t>(std::count_if(card(q).rows.begin(), card(q).rows.end(), has_weight)));
}
Datum scorecard_gates(const Question& q) { return Datum::count(card(q).gates.size()); }
Datum scorecard_phased(const Question& q) { return card(q).phase_columns; }
Datum scorecard_weight_of(const Question& q) {
  std::size_t phases = 1;
  for (const auto& one : card(q).rows) phases = std::max(phases, one.weights.size());
  std::optional<value::Number> smallest;
  for (std::size_t phase = 0; phase < phases; ++phase) {
    value::Number sum;
    for (const auto& one : card(q).rows) {
      if (!one.metric.valid() || one.weights.empty()) continue;
      const auto& tags = q.policy().metrics[one.metric.index].tags;
      if (q.given(0) && nature_of(q.on, one.metric) != q.word(0)) continue;
      if (q.given(1) && std::find(tags.begin(), tags.end(), q.word(1)) == tags.end()) continue;
      if (q.given(2) && !q.on.flow().reads_role(q.on.flow().metric(one.metric), q.word(2))) continue;
      sum += one.weights[one.weights.size() == 1 ? 0 : std::min(phase, one.weights.size() - 1)];
    }
    smallest = smallest ? value::min(*smallest, sum) : sum;
  }
  return *smallest;
}
Datum scorecard_population(const Question& q) {
  return model::words_of("population")[static_cast<std::size_t>(card(q).population)];
}
Datum scorecard_paid(const Question& q) {
  const auto& payouts = q.policy().payouts;
  return std::any_of(payouts.begin(), payouts.end(),
                     [&](const model::Payout& one) { return one.scorecard.index == q.element.a; });
}
Datum row_metric(const Question& q) { return Element{ElementKind::metric, row(q).metric.index, 0, false}; }
Datum row_scorecard(const Question& q) { return Element{ElementKind::scorecard, q.element.a, 0, false}; }
Datum row_weight(const Question& q) {
  if (q.given(0)) {
    const value::Number* weight = for_phase(q, row(q).weights);
    return weight ? Datum(*weight) : Datum();
  }
  value::Number largest;
  for (const auto& weight : row(q).weights) largest = value::max(largest, weight);
  return largest;
}
Datum row_target(const Question& q) {
  const ExprId* target = for_phase(q, row(q).targets);
  return target ? formula(q, *target) : Datum();
}
Datum row_same_target(const Question& q) { return row(q).targets.size() < 2; }
Datum row_curve(const Question& q) {
  if (const auto* own = std::get_if<model::CurveId>(&row(q).curve)) {
    constexpr const char* kWords[] = {"steps", "line", "brackets"};
    return kWords[static_cast<int>(q.policy().curves[own->index].kind)];
  }
  constexpr const char* kWords[] = {"linear", "capped", "pass"};
  return kWords[static_cast<int>(std::get<model::BuiltinCurve>(row(q).curve))];
}
Datum row_attain(const Question& q) { return model::words_of("attain")[static_cast<std::size_t>(row(q).attain)]; }
Datum row_missing(const Question& q) { return model::words_of("missing")[static_cast<std::size_t>(row(q).missing)]; }
Datum gate_scorecard(const Question& q) { return Element{ElementKind::scorecard, q.element.a, 0, false}; }
Datum gate_requires(const Question& q) { return formula(q, gate(q).requires_value); }
Datum gate_effect(const Question& q) { return model::words_of("effect")[static_cast<std::size_t>(gate(q).effect)]; }
Datum gate_limit(const Question& q) {
  return gate(q).effect == model::Gate::Effect::unscored ? Datum() : Datum(gate(q).limit);
}

// ---- payouts --------------------------------------------------------------------------------------------------------

Datum payout_entity(const Question& q) { return entity_of(payout(q).entity); }
Datum payout_scorecard(const Question& q) {
  const auto id = payout(q).scorecard;
  return id.valid() ? Datum(Element{ElementKind::scorecard, id.index, 0, false}) : Datum();
}
Datum payout_every(const Question& q) { return every_word(payout(q).every); }
Datum payout_payee(const Question& q) { return Datum::text_or_absent(payout(q).payee); }
Datum payout_base(const Question& q) { return formula(q, payout(q).base); }
Datum payout_amount(const Question& q) { return formula(q, payout(q).amount); }
Datum payout_pool(const Question& q) { return formula(q, payout(q).pool); }
Datum payout_prorate(const Question& q) { return formula(q, payout(q).prorate); }
Datum payout_floor(const Question& q) { return formula(q, payout(q).floor); }
Datum payout_cap(const Question& q) { return formula(q, payout(q).cap); }
Datum payout_draw(const Question& q) { return formula(q, payout(q).draw); }
Datum payout_paid_when(const Question& q) { return formula(q, payout(q).paid_when); }
Datum payout_budget(const Question& q) { return formula(q, payout(q).budget); }
Datum payout_penalties(const Question& q) { return Datum::count(payout(q).penalties.size()); }
Datum payout_clawback(const Question& q) { return delay(payout(q).clawback); }
Datum payout_earned(const Question& q) { return delay(payout(q).earned); }
Datum payout_payable(const Question& q) { return delay(payout(q).payable); }
Datum payout_rounding(const Question& q) { return value::name(payout(q).rounding); }
Datum payout_rounding_declared(const Question& q) { return payout(q).rounding_declared; }
Datum payout_assumption(const Question& q) {
  for (const auto& assumption : payout(q).assumptions) {
    if (assumption.name == q.word(0) && assumption.value.is<value::Number>()) return assumption.value.number();
  }
  return {};
}
Datum payout_evidence(const Question& q) {
  const auto& all = payout(q).evidence;
  return std::any_of(all.begin(), all.end(), [&](const auto& evidence) { return evidence.key == q.word(0); });
}
Datum payout_pays(const Question& q) { return q.on.paid_metrics(q.element.a).contains(q.index(0)); }
Datum payout_gated_by(const Question& q) {
  const auto holds = [&](ExprId id) {
    const Flow& flow = q.on.flow().formula(id);
    if (q.given(0) && !flow.metrics.contains(q.index(0))) return false;
    if (q.given(1) && !q.on.flow().reads_role(flow, q.word(1))) return false;
    if (!q.given(2)) return true;
    return std::any_of(flow.metrics.begin(), flow.metrics.end(),
                       [&](std::uint32_t one) { return nature_of(q.on, {one}) == q.word(2); });
  };
  if (payout(q).paid_when.valid() && holds(payout(q).paid_when)) return true;
  if (!payout(q).scorecard.valid()) return false;
  const bool scored = q.on.flow().uses_scorecard({q.element.a});
  const auto& gates = q.policy().scorecards[payout(q).scorecard.index].gates;
  return std::any_of(gates.begin(), gates.end(), [&](const model::Gate& one) {
    const bool stops = one.effect == model::Gate::Effect::score && one.limit.is_zero() && scored;
    return (stops || one.effect == model::Gate::Effect::unscored) && holds(one.requires_value);
  });
}

namespace {

Datum proved(const Question& q, model::PropertyId property, bool money = false) {
  if (!q.on.proofs()) return {};
  std::optional<model::MetricId> metric_id;
  if (q.given(0)) metric_id = model::MetricId{q.index(0)};
  Datum result;
  result.value = q.on.proofs()->ask(property, {q.element.a}, metric_id);
  if (money) result.unit = value::Unit::of(q.policy().header.currency);
  return result;
}

}  // namespace

Datum payout_highest(const Question& q) { return proved(q, model::PropertyId::payout_highest, true); }
Datum payout_lowest(const Question& q) { return proved(q, model::PropertyId::payout_lowest, true); }
Datum payout_bounded(const Question& q) { return proved(q, model::PropertyId::payout_bounded); }
Datum payout_max_jump(const Question& q) { return proved(q, model::PropertyId::payout_max_jump, true); }
Datum payout_jump_share(const Question& q) { return proved(q, model::PropertyId::payout_jump_share); }
Datum payout_monotone_in(const Question& q) { return proved(q, model::PropertyId::payout_monotone_in); }
Datum payout_retroactive(const Question& q) { return proved(q, model::PropertyId::payout_retroactive); }
Datum payout_accelerates(const Question& q) { return proved(q, model::PropertyId::payout_accelerates); }
Datum payout_fake_order_gain(const Question& q) { return proved(q, model::PropertyId::payout_fake_order_gain, true); }
Datum payout_single_order_swing(const Question& q) {
  return proved(q, model::PropertyId::payout_single_order_swing, true);
}
Datum payout_influence(const Question& q) { return proved(q, model::PropertyId::payout_influence, true); }
Datum payout_lowest_total_pay(const Question& q) { return proved(q, model::PropertyId::payout_lowest_total_pay, true); }
Datum payout_highest_deduction(const Question& q) {
  return proved(q, model::PropertyId::payout_highest_deduction, true);
}
Datum penalty_payout(const Question& q) { return Element{ElementKind::payout, q.element.a, 0, false}; }
Datum penalty_amount(const Question& q) { return formula(q, penalty(q).amount); }
Datum penalty_from(const Question& q) { return penalty(q).from_base ? "base" : "bonus"; }

// ---- alerts, formulas -----------------------------------------------------------------------------------------------

Datum alert_severity(const Question& q) { return Datum::text_or_absent(alert(q).severity); }
Datum alert_every(const Question& q) { return every_word(alert(q).every); }
Datum alert_when(const Question& q) { return formula(q, alert(q).when); }
Datum alert_streak(const Question& q) { return value::Number(alert(q).streak); }
Datum alert_message(const Question& q) { return Datum::text_or_absent(alert(q).message); }
Datum formula_value(const Question& q) {
  const ExprId id{q.element.a};
  const auto number = q.on.flow().constant(id);
  const value::Unit unit = q.policy().expr(id).type.unit;
  return number ? Datum(*number, unit.money == 0 ? unit : value::Unit{}) : Datum();
}
Datum formula_constant(const Question& q) {
  const Flow& flow = q.on.flow_of(q.element);
  return q.on.flow().constant({q.element.a}).has_value() ||
         (flow.aggregates.empty() && flow.metrics.empty() && flow.fields.empty() && !flow.has(Construct::score) &&
          !flow.has(Construct::phase) && !flow.has(Construct::active_days));
}
Datum formula_text(const Question& q) { return q.on.name(q.element); }
Datum formula_unit(const Question& q) { return unit_word(q.policy().expr(ExprId{q.element.a}).type); }

}  // namespace kpi::lint::ask
