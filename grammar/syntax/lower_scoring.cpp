// metric, phases, table, curve, scorecard, payout, alert
#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

void Lowerer::lower_metric(Ref node) {
  MetricDecl result;
  result.head = head(node);
  result.value = value_of(node.find(NodeKind::part_value));
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::clause)) result.clauses.push_back(generic_clause(part));
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_phases(Ref node) {
  PhasesDecl result;
  result.head = head(node);
  result.entity = ident_of(node.find(NodeKind::part_for));
  for (Ref part = node.child(); part; part = part.next()) {
    if (!part.is(NodeKind::phase)) continue;
    PhasesDecl::Phase phase{ident_of(part), std::nullopt, std::nullopt, span(part)};
    if (const Ref label = part.find(NodeKind::part_label)) phase.label = text_value(label.child());
    if (const Ref when = part.find(NodeKind::part_when)) phase.when = value_of(when);
    result.phases.push_back(std::move(phase));
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_decision_table(Ref node) {
  TableDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::word)) result.columns.push_back(ident(part));
  }
  result.table = block_table(node, result.head);
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_curve(Ref node) {
  CurveDecl result;
  result.head = head(node);
  const Ref input = node.find(NodeKind::word);
  result.input = ident(input);
  if (input.next().is(NodeKind::word)) {
    report(ids::curve_with_two_inputs, input.next());
  }
  result.kind = ident(node.find(NodeKind::part_kind));
  result.table = block_table(node, result.head);
  file_.declarations.emplace_back(std::move(result));
}

GateDecl Lowerer::gate(Ref node) {
  GateDecl result;
  result.span = span(node);
  for (Ref part = node.child().next(); part; part = part.next()) {
    if (part.is(NodeKind::name)) {
      result.name = ident(part);
    } else if (part.is(NodeKind::part_label)) {
      result.label = text_value(part.child());
    } else if (part.is(NodeKind::gate_effect)) {
      const Parts effect = parts(part);
      result.limit = effect.value();
      if (effect.words.front().text == "score") {
        result.effect = effect.words.size() > 1 ? GateDecl::Effect::at_most : GateDecl::Effect::score;
      }
    } else {
      result.requires_value = lower_expression(part);
    }
  }
  return result;
}

void Lowerer::lower_scorecard(Ref node) {
  ScorecardDecl result;
  result.head = head(node);
  bool has_entity = false;
  for (Ref part = node.child(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::part_for:
        if (first_time(!has_entity, part, "for")) result.entity = ident_of(part);
        has_entity = true;
        break;
      case NodeKind::part_every:
        if (first_time(!result.every, part, "every")) result.every = ident_of(part);
        break;
      case NodeKind::gate:
        result.gates.push_back(gate(part));
        break;
      case NodeKind::clause: {
        const bool missing_rule = text(part.child()) == "missing";
        auto& word = missing_rule ? result.missing : result.population;
        if (first_time(!word, part, text(part.child()))) word = ident(part.find(NodeKind::word));
        break;
      }
      default:
        break;
    }
  }
  Table table = block_table(node, result.head);
  if (!table.header.empty()) result.table = std::move(table);
  if (!has_entity) return missing(node, "for");
  file_.declarations.emplace_back(std::move(result));
}

PayoutClause Lowerer::payout_clause(Ref node) {
  PayoutClause result;
  result.span = span(node);
  result.key = ident(node.child());
  const bool is_evidence = result.key.text == "evidence";
  for (Ref part = node.child().next(); part; part = part.next()) {
    if (part.is(NodeKind::name)) {
      result.name = ident(part);
    } else if (part.is(NodeKind::part_label)) {
      result.label = text_value(part.child());
    } else if (part.is(NodeKind::text) && is_evidence) {
      result.label = text_value(part);
    } else if (part.is(NodeKind::word)) {
      result.words.push_back(ident(part));
    } else if (part.is(NodeKind::second)) {
      result.second = value_of(part);
    } else {
      result.value = lower_expression(part);
    }
  }
  return result;
}

void Lowerer::lower_payout(Ref node) {
  PayoutDecl result;
  result.head = head(node);
  bool has_entity = false;
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::part_for)) {
      if (first_time(!has_entity, part, "for")) result.entity = ident_of(part);
      has_entity = true;
    }
    if (part.is(NodeKind::part_from) && first_time(!result.scorecard, part, "from")) result.scorecard = ident_of(part);
    if (part.is(NodeKind::part_every) && first_time(!result.every, part, "every")) result.every = ident_of(part);
    if (part.is(NodeKind::clause)) result.clauses.push_back(payout_clause(part));
  }
  if (!has_entity) return missing(node, "for");
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_alert(Ref node) {
  AlertDecl result;
  result.head = head(node);
  bool has_entity = false;
  for (Ref part = node.child(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::part_severity:
        if (first_time(!result.severity, part, text(part))) result.severity = ident(part);
        break;
      case NodeKind::part_for:
        if (first_time(!has_entity, part, "for")) result.entity = ident_of(part);
        has_entity = true;
        break;
      case NodeKind::part_every:
        if (first_time(!result.every, part, "every")) result.every = ident_of(part);
        break;
      case NodeKind::part_when:
        if (first_time(!result.when.valid(), part, "when")) result.when = value_of(part);
        break;
      case NodeKind::second:
        if (first_time(!result.for_periods, part, "for")) result.for_periods = value_of(part);
        break;
      case NodeKind::clause:
        if (text(part.child()) != "message") {
          result.clauses.push_back(generic_clause(part));
        } else if (first_time(!result.message, part, "message")) {
          result.message = text_value(part.find(NodeKind::text));
        }
        break;
      default:
        break;
    }
  }
  if (!has_entity) return missing(node, "for");
  if (!result.when.valid()) return missing(node, "when");
  file_.declarations.emplace_back(std::move(result));
}

}  // namespace kpi::syntax
