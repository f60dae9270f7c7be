// Metrics, phases, tables, curves, scorecards, payouts and alerts.
#include <algorithm>

#include "interpreter/diff/describe.hpp"
#include "interpreter/model/dump.hpp"
#include "interpreter/model/words.hpp"

namespace kpi::diff {

using model::ExprId;
using model::SourceRef;
using value::Number;

namespace {

Attribute plain(Aspect aspect, const std::string& text, bool core = false) {
  return {aspect, text, text, {}, {}, core};
}

std::string show_text(const model::Metric::Show& show) {
  using Kind = model::Metric::Show::Kind;
  switch (show.kind) {
    case Kind::percent:
      return "percent " + std::to_string(show.places);
    case Kind::decimals:
      return "decimals " + std::to_string(show.places);
    case Kind::unit:
      return "in " + show.unit;
    case Kind::plain:
      break;
  }
  return "";
}

}  // namespace

Description Describer::metric(std::uint32_t index) const {
  const model::Metric& metric = policy_.metrics[index];
  const auto subject = subject_of(metric);
  Description result;
  auto& list = result.attributes;
  Attribute formula = expr(Aspect::formula, metric.value, subject);
  formula.core = true;
  list.push_back(std::move(formula));
  list.push_back(plain(Aspect::better, metric.lower_is_better ? "lower" : "higher"));
  list.push_back(expr(Aspect::needs, metric.needs, subject));
  list.push_back(
      plain(Aspect::matures, metric.matures_after.is_zero() ? "" : "after " + delay_text(metric.matures_after)));
  std::vector<std::string> tags = metric.tags;
  std::sort(tags.begin(), tags.end());
  std::string joined;
  for (const std::string& tag : tags) joined += (joined.empty() ? "" : ", ") + tag;
  list.push_back(plain(Aspect::tags, joined));
  list.push_back(plain(Aspect::basis, metric.basis));
  list.push_back(plain(Aspect::show, show_text(metric.show)));
  texts(result, metric.named);
  return result;
}

Description Describer::phase(std::uint32_t phases, std::uint32_t index) const {
  const model::Phases& declared = policy_.phases[phases];
  const model::Phase& phase = declared.phases[index];
  Description result;
  Attribute when = expr(Aspect::when, phase.when, declared.entity);
  if (!phase.when.valid()) when.canonical = when.shown = "otherwise";
  when.core = true;
  result.attributes.push_back(std::move(when));
  texts(result, phase.named);
  return result;
}

Description Describer::phases(std::uint32_t index) const {
  const model::Phases& phases = policy_.phases[index];
  Description result;
  result.attributes.push_back(
      {Aspect::entity, tokens_.of(ElementKind::entity, phases.entity.index), entity_name(phases.entity), {}, {}, true});
  for (std::uint32_t i = 0; i < phases.phases.size(); ++i) {
    const std::string token = canonical_phase(index, i);
    result.parts.push_back(
        {PartKind::phase, token, phases.phases[i].named.name, true, Aspect::when, phase(index, i).attributes});
    result.order.push_back(token);
    result.order_shown += (i == 0 ? "" : ", ") + phases.phases[i].named.name;
  }
  return result;
}

std::string Describer::canonical_phase(std::uint32_t phases, std::uint32_t index) const {
  return phases < tokens_.phase_names.size() && index < tokens_.phase_names[phases].size()
             ? tokens_.phase_names[phases][index]
             : std::to_string(index);
}

Description Describer::table(std::uint32_t index) const {
  const model::DecisionTable& table = policy_.tables[index];
  const Canonical canonical(policy_, tokens_);
  Description result;
  std::string types, types_shown;
  for (const auto& column : table.columns) {
    types += (types.empty() ? "" : ", ") + canonical.type(column.type);
    types_shown += (types_shown.empty() ? "" : ", ") + column.name;
  }
  result.attributes.push_back({Aspect::columns, types, types_shown, {}, {}, true});
  for (const auto& row : table.rows) {
    std::string key, shown;
    if (row.otherwise) {
      key = shown = "otherwise";
    } else {
      for (std::size_t i = 0; i < row.patterns.size() && i < table.columns.size(); ++i) {
        key += canonical.pattern(row.patterns[i], table.columns[i].type) + "|";
        shown += (shown.empty() ? "" : " | ") + pattern(row.patterns[i], table.columns[i].type);
      }
    }
    result.parts.push_back({PartKind::row, key, shown, false, Aspect::patterns, {expr(Aspect::value, row.value)}});
  }
  texts(result, table.named);
  return result;
}

Description Describer::curve(std::uint32_t index) const {
  static constexpr const char* kKinds[] = {"steps", "line", "brackets"};
  static constexpr PartKind kParts[] = {PartKind::tier, PartKind::point, PartKind::bracket};
  const model::Curve& curve = policy_.curves[index];
  const Canonical canonical(policy_, tokens_);
  const auto kind = static_cast<std::size_t>(curve.kind);
  const bool brackets = curve.kind == model::CurveKind::brackets;
  Description result;
  result.attributes.push_back(plain(Aspect::curve_kind, kKinds[kind]));
  for (const model::Curve::Point& point : curve.points) {
    const std::vector<std::string> written = cells(point.span);
    const bool usable = written.size() == 2;
    const std::string at = usable ? written[0] : model::constant_text(policy_, point.at, curve.input);
    const value::Type out = brackets ? value::Type::number() : curve.output;
    const std::string value = usable ? written[1] : model::constant_text(policy_, point.value, out);
    const Aspect aspect = brackets ? Aspect::rate : Aspect::value;
    // A rate has the unit of output over input; both are compared, so that a changed unit of one is seen.
    result.parts.push_back({kParts[kind],
                            canonical.number(point.at, curve.input.unit),
                            at,
                            false,
                            Aspect::at,
                            {{aspect, canonical.number(point.value, out.unit), value, {}, {}, false}}});
  }
  texts(result, curve.named);
  return result;
}

Part Describer::score_row(const model::Scorecard& card, const model::ScorecardRow& row) const {
  const Canonical canonical(policy_, tokens_, card.entity);
  Part part{PartKind::score_row,
            tokens_.of(ElementKind::metric, row.metric.index),
            policy_.metrics[row.metric.index].named.name,
            false,
            Aspect::metric,
            {}};
  std::size_t index = 0;
  while (index < policy_.phases.size() && policy_.phases[index].entity != card.entity) ++index;
  const bool phased = index < policy_.phases.size();
  const auto in_phase = [&](std::size_t entries, std::size_t at) {
    if (entries == 1 || !phased) return std::pair(std::string(), std::string());  // the same in all phases
    return std::pair(
        canonical_phase(static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(at)),
        at < policy_.phases[index].phases.size() ? policy_.phases[index].phases[at].named.name : std::string());
  };
  for (std::size_t i = 0; i < row.weights.size(); ++i) {
    const auto [token, shown] = in_phase(row.weights.size(), i);
    part.attributes.push_back(
        {Aspect::weight, row.weights[i].to_string(), percent_text(row.weights[i]), token, shown, false});
  }
  for (std::size_t i = 0; i < row.targets.size(); ++i) {
    if (!row.targets[i].valid()) continue;
    const auto [token, shown] = in_phase(row.targets.size(), i);
    part.attributes.push_back(
        {Aspect::target, canonical.expr(row.targets[i]), written(row.targets[i]), token, shown, false});
  }
  std::string curve, curve_shown;
  if (const auto* own = std::get_if<model::CurveId>(&row.curve)) {
    curve = tokens_.of(ElementKind::curve, own->index);
    curve_shown = policy_.curves[own->index].named.name;
  } else {
    switch (std::get<model::BuiltinCurve>(row.curve)) {
      case model::BuiltinCurve::linear:
        curve = "linear";
        break;
      case model::BuiltinCurve::pass:
        curve = "pass";
        break;
      case model::BuiltinCurve::capped:
        curve = row.cap == Number(1) ? "capped" : "capped(" + percent_text(row.cap) + ")";
        break;
    }
    curve_shown = curve;
  }
  part.attributes.push_back({Aspect::points_curve, curve, curve_shown, {}, {}, false});
  std::string attain(row.attain == model::Attain::none ? "none" : model::name(row.attain));
  std::string attain_shown = attain;
  if (row.base.valid()) attain += " " + canonical.expr(row.base), attain_shown += " " + written(row.base);
  const bool lower = policy_.metrics[row.metric.index].lower_is_better;
  const bool by_default = row.attain == (lower ? model::Attain::mirror : model::Attain::ratio);
  part.attributes.push_back({Aspect::attain, attain, attain_shown, {}, {}, false, by_default});
  part.attributes.push_back(plain(Aspect::missing, std::string(model::name(row.missing))));
  return part;
}

Part Describer::gate(const model::Scorecard& card, const model::Gate& gate) const {
  Part part{PartKind::gate, gate.named.name, gate.named.name, true, Aspect::condition, {}};
  Attribute condition = expr(Aspect::condition, gate.requires_value, card.entity);
  condition.core = true;
  part.attributes.push_back(std::move(condition));
  std::string effect = "unscored";
  if (gate.effect == model::Gate::Effect::score) effect = "score " + gate.limit.to_string();
  if (gate.effect == model::Gate::Effect::at_most) effect = "score at most " + gate.limit.to_string();
  part.attributes.push_back(plain(Aspect::effect, effect));
  part.attributes.push_back(plain(Aspect::label, gate.named.label));
  return part;
}

Description Describer::scorecard(std::uint32_t index) const {
  static constexpr const char* kPopulation[] = {"ever", "period", "active"};
  const model::Scorecard& card = policy_.scorecards[index];
  Description result;
  auto& list = result.attributes;
  list.push_back(
      {Aspect::entity, tokens_.of(ElementKind::entity, card.entity.index), entity_name(card.entity), {}, {}, true});
  list.push_back(plain(Aspect::every, std::string(value::name(card.every))));
  list.push_back(plain(Aspect::population, kPopulation[static_cast<int>(card.population)]));
  if (!card.has_table) list.push_back(plain(Aspect::start, "100"));
  for (const model::ScorecardRow& row : card.rows) result.parts.push_back(score_row(card, row));
  for (const model::Gate& each : card.gates) result.parts.push_back(gate(card, each));
  texts(result, card.named);
  return result;
}

Description Describer::payout(std::uint32_t index) const {
  const model::Payout& payout = policy_.payouts[index];
  const Canonical canonical(policy_, tokens_, payout.entity);
  Description result;
  auto& list = result.attributes;
  const auto clause = [&](Aspect aspect, ExprId id, bool core = false) {
    Attribute attribute = expr(aspect, id, payout.entity);
    attribute.core = core;
    list.push_back(std::move(attribute));
  };
  const auto delay = [](const std::optional<model::Delay>& wanted, const char* word) {
    return wanted ? word + delay_text(*wanted) : std::string();
  };
  list.push_back(
      {Aspect::entity, tokens_.of(ElementKind::entity, payout.entity.index), entity_name(payout.entity), {}, {}, true});
  if (payout.scorecard.valid()) {
    list.push_back({Aspect::scorecard,
                    tokens_.of(ElementKind::scorecard, payout.scorecard.index),
                    policy_.scorecards[payout.scorecard.index].named.name,
                    {},
                    {},
                    false});
  } else {
    list.push_back(plain(Aspect::every, std::string(value::name(payout.every))));
  }
  list.push_back(plain(Aspect::payee, payout.payee));
  clause(Aspect::base_pay, payout.base);
  clause(Aspect::amount, payout.amount, true);
  clause(Aspect::pool, payout.pool, true);
  clause(Aspect::pool_by, payout.pool_by);
  if (payout.pool.valid()) {
    const bool company = payout.pool_within_company || !payout.pool_within;
    list.push_back({Aspect::pool_within,
                    company ? "company" : canonical.path(SourceRef::of(payout.entity), *payout.pool_within),
                    company ? "company" : model::path_text(policy_, SourceRef::of(payout.entity), *payout.pool_within),
                    {},
                    {},
                    false});
  }
  clause(Aspect::prorate, payout.prorate);
  clause(Aspect::floor, payout.floor);
  clause(Aspect::cap, payout.cap);
  list.push_back(plain(Aspect::carry, payout.cap_carry ? "carry" : ""));
  clause(Aspect::draw, payout.draw);
  clause(Aspect::recover, payout.recover);
  clause(Aspect::paid_when, payout.paid_when);
  clause(Aspect::budget, payout.budget);
  list.push_back(plain(Aspect::clawback, delay(payout.clawback, "within ")));
  list.push_back(plain(Aspect::earned, delay(payout.earned, "after ")));
  list.push_back(plain(Aspect::payable, delay(payout.payable, "after ")));
  list.push_back(plain(Aspect::rounding, std::string(value::name(payout.rounding))));
  for (const model::Penalty& penalty : payout.penalties) {
    Part part{PartKind::penalty, penalty.named.name, penalty.named.name, true, Aspect::amount, {}};
    Attribute amount = expr(Aspect::amount, penalty.amount, payout.entity);
    amount.core = true;
    part.attributes.push_back(std::move(amount));
    part.attributes.push_back(plain(Aspect::taken_from, penalty.from_base ? "base" : "bonus"));
    part.attributes.push_back(plain(Aspect::label, penalty.named.label));
    result.parts.push_back(std::move(part));
  }
  for (const model::Payout::Assumption& assumption : payout.assumptions) {
    result.parts.push_back({PartKind::assumption,
                            assumption.name,
                            assumption.name,
                            false,
                            Aspect::assume,
                            {{Aspect::assume,
                              canonical.constant(assumption.value, assumption.type),
                              model::constant_text(policy_, assumption.value, assumption.type),
                              {},
                              {},
                              false}}});
  }
  for (const model::Evidence& evidence : payout.evidence) {
    result.parts.push_back({PartKind::evidence,
                            evidence.key,
                            evidence.key,
                            false,
                            Aspect::evidence,
                            {plain(Aspect::evidence, evidence.text)}});
  }
  texts(result, payout.named);
  return result;
}

Description Describer::alert(std::uint32_t index) const {
  const model::Alert& alert = policy_.alerts[index];
  Description result;
  auto& list = result.attributes;
  list.push_back(
      {Aspect::entity, tokens_.of(ElementKind::entity, alert.entity.index), entity_name(alert.entity), {}, {}, true});
  Attribute when = expr(Aspect::condition, alert.when, alert.entity);
  when.core = true;
  list.push_back(std::move(when));
  list.push_back(plain(Aspect::severity, alert.severity));
  list.push_back(plain(Aspect::every, std::string(value::name(alert.every))));
  list.push_back(plain(Aspect::streak, std::to_string(alert.streak)));
  list.push_back(plain(Aspect::message, alert.message));
  texts(result, alert.named);
  return result;
}

}  // namespace kpi::diff
