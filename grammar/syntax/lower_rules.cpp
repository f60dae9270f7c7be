// rule, allow, attack
#include "grammar/syntax/lower.hpp"

namespace kpi::syntax {

using source::DiagnosticId;
namespace ids = source::ids;

RuleLimit Lowerer::limit(Ref node) {
  const Parts all = parts(node);
  return {all.key, all.words, all.value(), all.span};
}

Translation Lowerer::translation(Ref node) {
  Translation result;
  result.span = span(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::key)) result.language = ident(part);
    if (part.is(NodeKind::text)) result.texts.push_back(text_value(part));
  }
  return result;
}

std::vector<Translation> Lowerer::translations(Ref node) {
  std::vector<Translation> result;
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::translation)) result.push_back(translation(part));
  }
  return result;
}

RuleDecl::Cite Lowerer::cite(Ref node) {
  RuleDecl::Cite result;
  result.span = span(node);
  result.translations = translations(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::text)) result.texts.push_back(text_value(part));
    if (!part.is(NodeKind::limit)) continue;
    const std::string_view key = text(part.child());
    if (key == "status") {
      if (first_time(!result.status, part, key)) result.status = ident(part.find(NodeKind::word));
    } else if (key == "checked") {
      if (first_time(!result.checked, part, key)) result.checked = limit(part).date;
    } else if (key == "url") {
      if (first_time(!result.url, part, key)) result.url = text_value(part.find(NodeKind::text));
    } else {
      result.limits.push_back(limit(part));
    }
  }
  return result;
}

void Lowerer::lower_fix(Ref node, RuleDecl& rule) {
  if (!first_time(!rule.fix, node, "fix")) return;
  RuleDecl::Fix fix;
  fix.span = span(node);
  fix.translations = translations(node);
  bool titled = false;
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::text)) {
      if (titled)
        fix.inserted = text_value(part);
      else
        fix.title = text_value(part);
      titled = true;
    }
    if (part.is(NodeKind::word)) fix.into = text(part) == "into";
    if (part.is(NodeKind::name)) fix.variable = ident(part);
  }
  rule.fix = std::move(fix);
}

// The example is a file of its own, so that its names stay apart from those around it.
RuleDecl::Example Lowerer::example(Ref node) {
  RuleDecl::Example result;
  result.fails = text(node.child()) == "fails";
  result.span = span(node);
  File nested;
  Lowerer(clean_, source_, diagnostics_, nested).lower_declarations(node.find(NodeKind::nested_file));
  result.file = static_cast<std::uint32_t>(file_.nested.size());
  file_.nested.push_back(std::move(nested));
  return result;
}

void Lowerer::rule_clause(Ref node, RuleDecl& rule) {
  const std::string_view key = text(node.child());
  if (key == "for") {
    for (Ref part = node.child().next(); part; part = part.next()) {
      if (part.is(NodeKind::binder)) rule.binders.push_back({ident(part.child()), ident(part.child().next())});
      if (part.is(NodeKind::part_where) && first_time(!rule.where, part, "where")) rule.where = value_of(part);
    }
  } else if (key == "report") {
    if (!first_time(!rule.report, node, key)) return;
    if (const Ref on = node.find(NodeKind::part_on)) rule.report_on = ident_of(on);
    rule.report = text_value(node.find(NodeKind::text));
    rule.report_translations = translations(node);
  } else if (key == "help") {
    if (!first_time(!rule.help, node, key)) return;
    rule.help = text_value(node.find(NodeKind::text));
    rule.help_translations = translations(node);
  } else if (key == "rationale") {
    if (!first_time(!rule.rationale, node, key)) return;
    rule.rationale = text_value(node.find(NodeKind::text));
    rule.rationale_translations = translations(node);
  } else if (key == "authority") {
    if (first_time(!rule.authority, node, key)) rule.authority = ident(node.find(NodeKind::word));
  } else if (key == "applies") {
    for (Ref part = node.child().next(); part; part = part.next()) rule.applies.push_back(limit(part));
  } else {
    rule.clauses.push_back(generic_clause(node));
  }
}

void Lowerer::lower_rule(Ref node) {
  RuleDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    switch (part.kind()) {
      case NodeKind::part_severity:
        if (first_time(!result.severity, part, text(part))) result.severity = ident(part);
        break;
      case NodeKind::translation:
        result.label_translations.push_back(translation(part));
        break;
      case NodeKind::cite:
        result.cites.push_back(cite(part));
        break;
      case NodeKind::fix:
        lower_fix(part, result);
        break;
      case NodeKind::market_severity: {
        Parts all = parts(part);
        result.severities.push_back({all.key, std::move(all.words), all.span});
        break;
      }
      case NodeKind::example:
        result.examples.push_back(example(part));
        break;
      case NodeKind::clause:
        rule_clause(part, result);
        break;
      default:
        break;
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

void Lowerer::lower_allow(Ref node) {
  AllowDecl result;
  result.head = head(node);
  if (const Ref on = node.find(NodeKind::part_on)) {
    const Path element = path(on.find(NodeKind::path));
    Ident joined{"", element.span, false};
    for (const Ident& part : element.parts) joined.text += (joined.text.empty() ? "" : ".") + part.text;
    result.on = std::move(joined);
  }
  for (Ref part = node.child(); part; part = part.next()) {
    if (!part.is(NodeKind::clause)) continue;
    const std::string_view key = text(part.child());
    if (key == "until") {
      if (first_time(!result.until, part, key)) result.until = lower_expression(part.child().next());
      continue;
    }
    auto& prose = key == "because" ? result.because : result.owner;
    if (first_time(!prose, part, key)) prose = text_value(part.find(NodeKind::text));
  }
  file_.declarations.emplace_back(std::move(result));
}

AttackDecl::Form Lowerer::form(Ref node) {
  AttackDecl::Form result;
  result.span = span(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::key)) result.verb = ident(part);
    if (part.is(NodeKind::second)) result.count = value_of(part);
    if (part.is(NodeKind::path)) result.target = path(part);
    if (part.is(NodeKind::part_value)) result.value = value_of(part);
    if (part.is(NodeKind::word)) result.words.push_back(ident(part));
    if (!part.is(NodeKind::form_field)) continue;
    AttackDecl::FieldAssignment assignment;
    assignment.span = span(part);
    for (Ref inner = part.child(); inner; inner = inner.next()) {
      if (inner.is(NodeKind::name)) assignment.field = ident(inner);
      if (inner.is(NodeKind::part_range)) assignment.in = value_of(inner);
      if (inner.is(NodeKind::form_next)) assignment.next_period = true;
      if (inner.is(NodeKind::part_value)) assignment.value = value_of(inner);
    }
    result.fields.push_back(std::move(assignment));
  }
  return result;
}

void Lowerer::lower_attack(Ref node) {
  AttackDecl result;
  result.head = head(node);
  for (Ref part = node.child(); part; part = part.next()) {
    if (part.is(NodeKind::form)) result.forms.push_back(form(part));
    if (!part.is(NodeKind::clause)) continue;
    const std::string_view key = text(part.child());
    if (key != "cost") {
      result.clauses.push_back(generic_clause(part));
    } else if (first_time(!result.cost, part, key)) {
      result.cost = lower_expression(part.child().next());
    }
  }
  file_.declarations.emplace_back(std::move(result));
}

}  // namespace kpi::syntax
