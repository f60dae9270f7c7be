// rule and allow: clauses, limits, citations, texts in both languages; and what libraries say about themselves.
#include <algorithm>

#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "interpreter/bind/fold.hpp"
#include "interpreter/bind/placeholders.hpp"
#include "interpreter/bind/rule_exprs.hpp"

namespace kpi::bind {
namespace {

const syntax::LibraryDecl* library_of(const Module& module) {
  for (const syntax::Declaration& declaration : module.file->declarations) {
    if (const auto* library = std::get_if<syntax::LibraryDecl>(&declaration)) return library;
  }
  return nullptr;
}

/// Words by which a text claims that something is against a rule of the law or a platform.
constexpr std::string_view kClaims[] = {"not allowed",     "illegal", "unlawful", "prohibited", "forbidden",
                                        "against the law", "不允许",  "违法",     "非法",       "禁止"};

class LintRuleBinder {
 public:
  LintRuleBinder(Session& session, Module& module, const syntax::RuleDecl& decl, model::Rule& rule)
      : s_(session), module_(module), decl_(decl), rule_(rule), exprs_(session, module, rule) {}

  void bind() {
    const std::size_t errors = s_.diagnostics.error_count();
    rule_.span = decl_.head.keyword;
    check_id();
    rule_.declaration = decl_.head.span;
    if (const auto* library = library_of(module_); library && library->head.name)
      rule_.library = library->head.name->text;
    rule_.title = bilingual(decl_.head.label, decl_.label_translations);
    if (decl_.severity) rule_.severity = severity(*decl_.severity);
    for (const auto& declared : decl_.severities) {
      model::Rule::MarketSeverity one{severity(declared.severity), {}};
      for (const syntax::Ident& market : declared.markets) one.markets.push_back(market.text);
      rule_.market_severities.push_back(std::move(one));
    }
    for (const auto& binder : decl_.binders) {
      if (const auto declared = exprs_.declare(binder.kind, binder.variable)) rule_.binders.push_back(*declared);
    }
    if (decl_.where) {
      rule_.where = exprs_.bind_condition(*decl_.where);
      check_condition();
    }
    bind_report();
    rule_.help = template_of(decl_.help, decl_.help_translations);
    rule_.rationale = bilingual(decl_.rationale, decl_.rationale_translations);
    bind_authority();
    rule_.applies = limits(decl_.applies);
    for (const syntax::MetricClause& clause : decl_.clauses) bind_clause(clause);
    for (const auto& cite : decl_.cites) rule_.cites.push_back(citation(cite));
    if (decl_.fix) bind_fix(*decl_.fix);
    for (const auto& example : decl_.examples) rule_.examples.push_back({example.fails, example.file, example.span});
    check_claims();
    rule_.sound = exprs_.sound() && s_.diagnostics.error_count() == errors;
  }

 private:
  /// Exceptions, tools and pages name a rule by its id; capitals and `_` would make two spellings of one.
  void check_id() {
    if (!decl_.head.name) return;
    const std::string& id = decl_.head.name->text;
    if (std::any_of(id.begin(), id.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }))
      s_.report(D::bad_rule_id, decl_.head.name->span).with("name", id);
  }

  /// A condition that looks at nothing says the same of every policy.
  void check_condition() {
    if (!exprs_.sound()) return;
    const bool asks = std::any_of(rule_.exprs.begin(), rule_.exprs.end(), [](const model::RuleExpr& expr) {
      return std::holds_alternative<model::RuleVariable>(expr.node) ||
             std::holds_alternative<model::RuleQuantifier>(expr.node);
    });
    if (!asks) s_.report(D::rule_asks_nothing, rule_.exprs[rule_.where.index].span).with("name", rule_.named.name);
  }

  void bind_report() {
    if (!decl_.report) {
      if (!decl_.head.incomplete) s_.report(D::rule_without_report, decl_.head.keyword).with("name", rule_.named.name);
      return;
    }
    rule_.report_slot = rule_.binders.empty() ? 0 : rule_.binders.front().slot;
    if (decl_.report_on) {
      if (const auto slot = exprs_.require_variable(*decl_.report_on)) rule_.report_slot = *slot;
    }
    rule_.report = template_of(decl_.report, decl_.report_translations);
  }

  model::RuleSeverity severity(const syntax::Ident& word) {
    const auto known = require_word(s_, word, {"info", "warning", "error"});
    return known ? static_cast<model::RuleSeverity>(*known) : model::RuleSeverity::warning;
  }

  static std::size_t language(const syntax::Translation& translation) {
    return translation.language.text == "zh" ? 1 : 0;
  }

  /// Which language the text itself is in: that of no translation behind it.
  std::size_t own_language(const std::vector<syntax::Translation>& translations) {
    std::size_t own = 0;
    for (std::size_t i = 0; i < translations.size(); ++i) {
      if (language(translations[i]) == 0) own = 1;
      for (std::size_t k = 0; k < i; ++k) {
        if (language(translations[k]) == language(translations[i])) {
          s_.report(D::translated_twice, translations[i].span).with("language", translations[i].language.text);
        }
      }
    }
    return own;
  }

  model::RuleText bilingual(const std::optional<syntax::Text>& text,
                            const std::vector<syntax::Translation>& translations) {
    model::RuleText result;
    const std::size_t own = own_language(translations);
    if (text) result.by_language[own] = text->value;
    for (const auto& one : translations) {
      if (!one.texts.empty() && language(one) != own) result.by_language[language(one)] = one.texts.front().value;
    }
    return result;
  }

  model::RuleTemplate template_of(const std::optional<syntax::Text>& text,
                                  const std::vector<syntax::Translation>& translations) {
    model::RuleTemplate result;
    const std::size_t own = own_language(translations);
    if (text) result.by_language[own] = exprs_.bind_template(*text);
    for (const auto& one : translations) {
      if (!one.texts.empty() && language(one) != own)
        result.by_language[language(one)] = exprs_.bind_template(one.texts.front());
    }
    return result;
  }

  void bind_authority() {
    if (!decl_.authority) {
      if (!decl_.head.incomplete)
        s_.report(D::rule_without_authority, decl_.head.keyword).with("name", rule_.named.name);
      return;
    }
    const auto known = require_word(s_, *decl_.authority, {"law", "platform", "guidance", "house"});
    if (!known) return;
    rule_.authority = static_cast<model::Authority>(*known);
    if (*known < 2 && decl_.cites.empty()) {
      s_.report(D::rule_without_citation, decl_.authority->span)
          .with("name", rule_.named.name)
          .with("authority", decl_.authority->text);
    }
  }

  model::RuleLimits limits(const std::vector<syntax::RuleLimit>& all) {
    model::RuleLimits result;
    for (const auto& limit : all) {
      const std::string& key = limit.key.text;
      auto& words = key == "market" ? result.markets : result.platforms;
      for (const syntax::Ident& word : limit.words) words.push_back(word.text);
      if (!limit.date) continue;
      const auto day = require_date(s_, module_, *limit.date);
      if (key == "since") result.since = day;
      if (key == "until") result.until = day;
      if (result.since && result.until && *result.until < *result.since) {
        s_.report(D::rule_limits_empty, limit.key.span)
            .with("since", result.since->to_string())
            .with("until", result.until->to_string());
      }
    }
    return result;
  }

  void bind_clause(const syntax::MetricClause& clause) {
    if (clause.key.text == "checked" && clause.value) rule_.checked = require_date(s_, module_, *clause.value);
    if (clause.key.text != "tags") return;
    for (const syntax::Ident& word : clause.words) rule_.tags.push_back(word.text);
  }

  model::Citation citation(const syntax::RuleDecl::Cite& cite) {
    model::Citation result;
    result.span = cite.span;
    const std::size_t own = own_language(cite.translations);
    for (std::size_t i = 0; i < cite.texts.size(); ++i) {
      model::RuleText text;
      text.by_language[own] = cite.texts[i].value;
      for (const auto& one : cite.translations) {
        if (language(one) != own && i < one.texts.size()) text.by_language[language(one)] = one.texts[i].value;
      }
      result.texts.push_back(std::move(text));
    }
    result.limits = limits(cite.limits);
    if (cite.status) {
      const auto known = require_word(s_, *cite.status, {"verified", "secondary", "unverified", "superseded"});
      if (known) result.status = static_cast<model::CiteStatus>(*known);
    }
    if (cite.checked)
      result.checked = require_date(s_, module_, *cite.checked);
    else
      result.checked = rule_.checked;
    if (cite.url) result.url = cite.url->value;
    return result;
  }

  void bind_fix(const syntax::RuleDecl::Fix& fix) {
    model::RuleFix result;
    result.title = bilingual(fix.title, fix.translations);
    result.remove = !fix.inserted;
    result.into = fix.into;
    if (fix.inserted) result.inserted.by_language[0] = exprs_.bind_template(*fix.inserted);
    const auto slot = exprs_.require_variable(fix.variable);
    if (!slot) return;
    result.slot = *slot;
    rule_.fix = std::move(result);
  }

  /// Only law and platforms forbid; a rule of the house or of guidance says what is risky.
  void check_claims() {
    if (!rule_.authority || *rule_.authority == model::Authority::law || *rule_.authority == model::Authority::platform)
      return;
    const auto look = [&](const std::optional<syntax::Text>& text,
                          const std::vector<syntax::Translation>& translations) {
      if (text) check_claims(*text);
      for (const auto& one : translations) {
        for (const auto& translated : one.texts) check_claims(translated);
      }
    };
    look(decl_.head.label, decl_.label_translations);
    look(decl_.report, decl_.report_translations);
    look(decl_.help, decl_.help_translations);
  }

  void check_claims(const syntax::Text& text) {
    for (const std::string_view claim : kClaims) {
      if (text.value.find(claim) == std::string::npos) continue;
      s_.report(D::rule_claims_too_much, text.span)
          .with("authority", decl_.authority->text)
          .with("words", std::string(claim));
      return;
    }
  }

  Session& s_;
  Module& module_;
  const syntax::RuleDecl& decl_;
  model::Rule& rule_;
  RuleExprBinder exprs_;
};

// ---- allow ----------------------------------------------------------------------------------------------------------

std::vector<std::string> element_names(const Session& session, const Module& module) {
  std::vector<std::string> names = visible_names(session, module);
  const model::Policy& policy = session.policy;
  names.push_back(policy.header.name);
  const auto add = [&](const auto& declarations) {
    for (const auto& declaration : declarations) names.push_back(declaration.named.name);
  };
  add(policy.metrics);
  add(policy.payouts);
  add(policy.scorecards);
  add(policy.alerts);
  add(policy.attacks);
  add(policy.rules);
  for (const auto& test : policy.tests) names.push_back(test.name);
  for (const auto& phases : policy.phases) add(phases.phases);
  for (const auto& card : policy.scorecards) {
    for (const auto& row : card.rows) {
      if (row.metric.valid()) names.push_back(card.named.name + "." + policy.metrics[row.metric.index].named.name);
    }
    for (const auto& gate : card.gates) {
      names.push_back(gate.named.name);
      names.push_back(card.named.name + "." + gate.named.name);
    }
  }
  for (const auto& payout : policy.payouts) {
    for (const auto& penalty : payout.penalties) {
      names.push_back(penalty.named.name);
      names.push_back(payout.named.name + "." + penalty.named.name);
    }
  }
  const auto add_fields = [&](const auto& sources) {
    for (const auto& source : sources) {
      for (const auto& field : source.fields) names.push_back(source.named.name + "." + field.named.name);
    }
  };
  add_fields(policy.entities);
  add_fields(policy.events);
  return names;
}

void bind_allow(Session& session, Module& module, const syntax::AllowDecl& decl) {
  model::Allow allow;
  allow.span = decl.head.name ? decl.head.name->span : decl.head.keyword;
  allow.declaration = decl.head.span;
  if (decl.head.name) allow.rule = decl.head.name->text;
  if (decl.because) allow.because = decl.because->value;
  if (decl.owner) allow.owner = decl.owner->value;
  if (decl.until) allow.until = require_date(session, module, *decl.until);
  // A reason of blanks is none.
  const auto says = [](const std::optional<syntax::Text>& text) {
    return text && text->value.find_first_not_of(" \t\n\r") != std::string::npos;
  };
  const std::pair<const char*, bool> clauses[] = {
      {"because", says(decl.because)}, {"owner", says(decl.owner)}, {"until", decl.until.has_value()}};
  for (const auto& [clause, present] : clauses) {
    if (!present && !decl.head.incomplete)
      session.report(D::allow_clause_missing, decl.head.keyword).with("clause", clause).with("rule", allow.rule);
  }
  std::vector<std::string> rules;
  for (const auto& rule : session.policy.rules) rules.push_back(rule.named.name);
  // The standard rules need no `use`, so only a name near one that is known here can be called misspelt.
  const auto rule = std::find(rules.begin(), rules.end(), allow.rule);
  const bool known = rule != rules.end();
  if (known && decl.head.name) {
    session.occurs(decl.head.name->span,
                   session.policy.rules[static_cast<std::size_t>(rule - rules.begin())].named.span);
  }
  if (const auto near = known ? std::nullopt : source::nearest_name(allow.rule, rules)) {
    session.report(D::unknown_rule, decl.head.name ? decl.head.name->span : decl.head.keyword)
        .with("name", allow.rule)
        .suggest(*near);
  }
  if (decl.on) {
    allow.on = decl.on->text;
    if (const Symbol* symbol = find_symbol(session, module, allow.on)) session.occurs(decl.on->span, symbol->span);
    const auto names = element_names(session, module);
    if (!find_symbol(session, module, allow.on) && std::find(names.begin(), names.end(), allow.on) == names.end()) {
      suggest(session.report_unknown(D::unknown_name, decl.on->span, allow.on).with("name", allow.on), allow.on, names);
    }
  }
  session.policy.allows.push_back(std::move(allow));
}

// ---- libraries ------------------------------------------------------------------------------------------------------

void bind_library(Session& session, Module& module) {
  const syntax::LibraryDecl* decl = library_of(module);
  if (!decl || !decl->head.name) return;
  model::Library library;
  library.named.name = decl->head.name->text;
  if (decl->head.label) library.named.label = decl->head.label->value;
  library.named.doc = decl->head.doc;
  library.named.span = decl->head.name->span;
  library.named.from_library = !module.is_root;
  for (const syntax::PolicyClause& clause : decl->clauses) {
    const std::string text = !clause.texts.empty()   ? clause.texts[0].value
                             : !clause.words.empty() ? clause.words[0].text
                                                     : std::string();
    if (clause.key.text == "version") library.version = text;
    if (clause.key.text == "owner") library.owner = text;
    if (clause.key.text == "review_by" && !clause.exprs.empty())
      library.review_by = require_date(session, module, clause.exprs[0]);
  }
  session.policy.libraries.push_back(std::move(library));
}

}  // namespace

void bind_rules(Session& session) {
  for (std::size_t i = 0; i < session.rules.size(); ++i) {
    LintRuleBinder(session, *session.rules[i].module, *session.rules[i].decl, session.policy.rules[i]).bind();
  }
  for (const auto& declared : session.allows) bind_allow(session, *declared.module, *declared.decl);
  std::vector<const syntax::File*> seen;
  for (const auto& module : session.modules) {
    if (std::find(seen.begin(), seen.end(), module->file) != seen.end()) continue;
    seen.push_back(module->file);
    bind_library(session, *module);
  }
}

}  // namespace kpi::bind
