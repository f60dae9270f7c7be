// rule, allow and attack: kinds, elements and variables must exist; what properties mean is for the rule engine.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/placeholders.hpp"

namespace kpi::bind {
namespace {

const std::vector<std::string> kElements = {"policy", "entity", "events",    "field",  "metric", "exclusion", "phase",
                                            "table",  "curve",  "scorecard", "row",    "gate",   "payout",    "penalty",
                                            "alert",  "rule",   "allow",     "attack", "library"};

class RuleBinder {
 public:
  RuleBinder(Session& session, Module& module) : s_(session), module_(module) {}

  void bind(const syntax::RuleDecl& decl, model::RuleStub& stub) {
    stub.severity = decl.severity ? decl.severity->text : "warning";
    stub.span = decl.head.keyword;
    if (decl.severity) require_word(s_, *decl.severity, {"error", "warning", "info"});
    for (const auto& binder : decl.binders) declare(binder.kind, binder.variable);
    if (decl.where) check(*decl.where);
    if (decl.report_on) require_variable(*decl.report_on);
    for (const auto& text : {decl.report, decl.help}) {
      if (text) check_placeholders(*text);
    }
    if (!decl.report && !decl.head.incomplete)
      s_.report(D::rule_without_report, decl.head.keyword).with("name", stub.named.name);
    if (decl.authority) require_word(s_, *decl.authority, {"law", "platform", "guidance", "house"});
    for (const auto& cite : decl.cites) check_limits(cite.limits);
    check_limits(decl.applies);
  }

 private:
  void declare(const syntax::Ident& kind, const syntax::Ident& variable) {
    require_word(s_, kind, kElements);
    const auto same = [&](const syntax::Ident* known) { return known->text == variable.text; };
    if (const auto known = std::find_if(variables_.begin(), variables_.end(), same); known != variables_.end()) {
      s_.report(D::declared_twice, variable.span)
          .with("name", variable.text)
          .label((*known)->span, D::first_declared_here);
    }
    variables_.push_back(&variable);
  }

  std::vector<std::string> variable_names() const {
    std::vector<std::string> result;
    for (const syntax::Ident* variable : variables_) result.push_back(variable->text);
    return result;
  }

  bool is_variable(const std::string& name) const {
    const auto names = variable_names();
    return name == "policy" || std::find(names.begin(), names.end(), name) != names.end();
  }

  void require_variable(const syntax::Ident& name) {
    if (is_variable(name.text)) return;
    suggest(s_.report(D::unknown_variable, name.span).with("name", name.text).with("variables", join(variable_names())),
            name.text, variable_names());
  }

  void check_placeholders(const syntax::Text& text) {
    for (const Placeholder& placeholder : placeholders(s_, text)) {
      const std::string name = placeholder.name.substr(0, placeholder.name.find_first_of(".("));
      require_variable(syntax::Ident{name, placeholder.span, false});
    }
  }

  void check_limits(const std::vector<syntax::RuleLimit>& limits) {
    for (const auto& limit : limits) {
      if (limit.date) require_date(s_, module_, *limit.date);
    }
  }

  /// A property's base must be a variable; words that stand alone (`market UK`, `kind: fake`) are values of properties.
  void check(syntax::ExprId id) {
    if (!id.valid()) return;
    const syntax::ExprNode& node = module_.expr(id).node;
    if (const auto* member = std::get_if<syntax::Member>(&node)) return check_base(member->base);
    if (const auto* call = std::get_if<syntax::Call>(&node)) return check_call(*call);
    if (const auto* unary = std::get_if<syntax::Unary>(&node)) return check(unary->operand);
    if (const auto* none = std::get_if<syntax::IsNone>(&node)) return check(none->operand);
    if (const auto* binary = std::get_if<syntax::Binary>(&node)) return check_all({binary->left, binary->right});
    if (const auto* in = std::get_if<syntax::In>(&node)) return check_all({in->item, in->collection});
    if (const auto* fallback = std::get_if<syntax::Default>(&node))
      return check_all({fallback->operand, fallback->fallback});
    if (const auto* within = std::get_if<syntax::Within>(&node))
      return check_all({within->time, within->duration, within->of});
    if (const auto* choice = std::get_if<syntax::If>(&node)) {
      return check_all({choice->condition, choice->then_value, choice->else_value});
    }
    if (const auto* list = std::get_if<syntax::List>(&node)) return check_all(list->items);
    if (const auto* range = std::get_if<syntax::Range>(&node)) {
      if (range->lower) check(*range->lower);
      if (range->upper) check(*range->upper);
    }
  }

  void check_all(const std::vector<syntax::ExprId>& ids) {
    for (const syntax::ExprId id : ids) check(id);
  }

  void check_base(syntax::ExprId base) {
    if (const auto* name = std::get_if<syntax::Name>(&module_.expr(base).node)) return require_variable(name->name);
    check(base);
  }

  void check_call(const syntax::Call& call) {
    const std::size_t known = variables_.size();
    if (const auto* member = std::get_if<syntax::Member>(&module_.expr(call.callee).node)) check_base(member->base);
    for (const auto& argument : call.arguments) {
      if (argument.binder && argument.binder_kind)
        declare(*argument.binder_kind, *argument.binder);
      else
        check(argument.value);
    }
    if (call.where) check(*call.where);
    variables_.resize(known);  // `exists(alert a where …)`: `a` ends here
  }

  Session& s_;
  Module& module_;
  std::vector<const syntax::Ident*> variables_;
};

// ---- allow
// --------------------------------------------------------------------------------------------------------------

std::vector<std::string> element_names(const Session& session, const Module& module) {
  std::vector<std::string> names = visible_names(session, module);
  const model::Policy& policy = session.policy;
  names.push_back(policy.header.name);
  for (const auto& alert : policy.alerts) names.push_back(alert.named.name);
  for (const auto& attack : policy.attacks) names.push_back(attack.named.name);
  for (const auto& phases : policy.phases) {
    for (const auto& phase : phases.phases) names.push_back(phase.named.name);
  }
  for (const auto& card : policy.scorecards) {
    for (const auto& gate : card.gates) names.push_back(gate.named.name);
  }
  for (const auto& payout : policy.payouts) {
    for (const auto& penalty : payout.penalties) names.push_back(penalty.named.name);
  }
  return names;
}

void bind_allow(Session& session, Module& module, const syntax::AllowDecl& decl) {
  model::AllowStub stub;
  stub.span = decl.head.keyword;
  if (decl.head.name) stub.rule = decl.head.name->text;
  if (decl.because) stub.because = decl.because->value;
  if (decl.owner) stub.owner = decl.owner->value;
  if (decl.until) stub.until = require_date(session, module, *decl.until);
  const std::pair<const char*, bool> clauses[] = {
      {"because", decl.because.has_value()}, {"owner", decl.owner.has_value()}, {"until", decl.until.has_value()}};
  for (const auto& [clause, present] : clauses) {
    if (!present && !decl.head.incomplete)
      session.report(D::allow_clause_missing, decl.head.keyword).with("clause", clause).with("rule", stub.rule);
  }
  std::vector<std::string> rules;
  for (const auto& rule : session.policy.rules) rules.push_back(rule.named.name);
  // The standard rules need no `use`, so only a name near one that is known here can be called misspelt.
  const bool known = std::find(rules.begin(), rules.end(), stub.rule) != rules.end();
  if (const auto near = known ? std::nullopt : source::nearest_name(stub.rule, rules)) {
    session.report(D::unknown_rule, decl.head.name ? decl.head.name->span : decl.head.keyword)
        .with("name", stub.rule)
        .suggest(*near);
  }
  if (decl.on) {
    stub.on = decl.on->text;
    if (const Symbol* symbol = find_symbol(session, module, stub.on)) session.occurs(decl.on->span, symbol->span);
    const auto names = element_names(session, module);
    if (!find_symbol(session, module, stub.on) && std::find(names.begin(), names.end(), stub.on) == names.end()) {
      suggest(session.report_unknown(D::unknown_name, decl.on->span, stub.on).with("name", stub.on), stub.on, names);
    }
  }
  session.policy.allows.push_back(std::move(stub));
}

// ---- attack
// ---------------------------------------------------------------------------------------------------------------

class AttackBinder {
 public:
  AttackBinder(Session& session, Module& module) : s_(session), module_(module) {}

  void bind(const syntax::AttackDecl& decl, model::AttackStub& stub) {
    stub.span = decl.head.keyword;
    if (decl.forms.empty() && !decl.head.incomplete)
      s_.report(D::attack_without_form, stub.named.span).with("name", stub.named.name);
    for (const auto& form : decl.forms) bind_form(form);
  }

 private:
  void bind_form(const syntax::AttackDecl::Form& form) {
    if (form.count) check_count(*form.count);
    if (!form.target) return;
    const bool whole_rows = form.verb.text == "adds" || form.verb.text == "moves" || form.verb.text == "splits";
    const auto& parts = form.target->parts;
    // `alias.sales.amount` has one part more.
    const bool aliased = parts.size() > 1 && module_.aliases.contains(parts[0].text);
    const std::size_t used = aliased ? 2 : 1;
    syntax::Path events{{parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(std::min(used, parts.size()))},
                        form.target->span};
    const auto index = require_symbol(s_, module_, events, SymbolKind::events);
    if (!index) return;
    const SourceRef source = SourceRef::of(EventsId{*index});
    if (whole_rows != (parts.size() == used)) {
      s_.report(whole_rows ? D::attack_needs_events : D::attack_needs_field, form.target->span)
          .with("verb", form.verb.text);
      return;
    }
    if (!whole_rows) require_field(s_, source, parts[used]);
    for (const auto& assignment : form.fields) {
      const auto field = require_field(s_, source, assignment.field);
      if (!field) continue;
      if (assignment.in) check_value(source, *field, *assignment.in, true);
      if (assignment.value) check_value(source, *field, *assignment.value, false);
    }
  }

  void check_count(syntax::ExprId id) {
    ExprBinder binder(s_, Context{&module_});
    const ExprId bound = binder.bind(id);
    Type type = s_.type(bound);
    if (type.kind == Kind::range) type.kind = type.element;
    if (type.kind != Kind::error && (type.kind != Kind::number || !type.unit.is_plain())) {
      s_.report(D::wrong_type, s_.span(bound))
          .with("wanted", "number")
          .with("actual", s_.describe(s_.type(bound)))
          .with("text", s_.text(s_.span(bound)));
    }
  }

  /// A value or range of values for a field of the added rows; it may read the row's other fields.
  void check_value(SourceRef source, FieldId field, syntax::ExprId id, bool range) {
    ExprBinder binder(s_, Context{&module_, Place::row});
    const ExprId bound = binder.bind_over_row(source, id);
    const Type wanted = s_.field(source, field).type;
    Type type = s_.type(bound);
    if (type.kind == Kind::error || wanted.kind == Kind::error) return;
    if (range && (type.kind == Kind::range || type.kind == Kind::list)) {
      type.kind = type.element;
      type.element = Kind::error;
    }
    const ExprId sample = s_.add(type, s_.span(bound), model::Constant{});
    if (wanted.kind == Kind::number)
      binder.require_unit(sample, wanted.unit);
    else if (wanted.kind != Kind::entity && wanted.kind != Kind::event)
      binder.require_kind(sample, wanted.kind);
  }

  Session& s_;
  Module& module_;
};

}  // namespace

void bind_rules(Session& session) {
  for (std::size_t i = 0; i < session.rules.size(); ++i) {
    RuleBinder(session, *session.rules[i].module).bind(*session.rules[i].decl, session.policy.rules[i]);
  }
  for (const auto& declared : session.allows) bind_allow(session, *declared.module, *declared.decl);
  for (std::size_t i = 0; i < session.attacks.size(); ++i) {
    AttackBinder(session, *session.attacks[i].module).bind(*session.attacks[i].decl, session.policy.attacks[i]);
  }
}

}  // namespace kpi::bind
