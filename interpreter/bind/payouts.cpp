// Payouts, clause by clause.
#include <algorithm>
#include <map>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/types.hpp"
#include "interpreter/bind/expr_binder.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

class PayoutBinder {
 public:
  PayoutBinder(Session& session, std::uint32_t index)
      : s_(session), index_(index), decl_(*session.payouts[index].decl), module_(*session.payouts[index].module) {}

  void bind() {
    payout().currency = s_.currency();
    const auto entity = require_entity(s_, module_, decl_.entity);
    if (decl_.scorecard) bind_scorecard(entity);
    bind_period();
    if (!entity) return;
    payout().entity = *entity;
    for (const syntax::PayoutClause& clause : decl_.clauses) bind_clause(clause);
    if (!seen_.contains("amount") && !seen_.contains("pool")) {
      if (!decl_.head.incomplete)
        s_.report(D::payout_without_amount, payout().named.span).with("name", payout().named.name);
    } else if (seen_.contains("amount") && seen_.contains("pool")) {
      s_.report(D::amount_and_pool, seen_.at("pool")).label(seen_.at("amount"), D::first_declared_here);
    }
    check_limits();
  }

 private:
  model::Payout& payout() { return s_.policy.payouts[index_]; }

  void bind_scorecard(const std::optional<EntityId>& entity) {
    const auto index = require_symbol(s_, module_, *decl_.scorecard, SymbolKind::scorecard);
    if (!index) {
      scorecard_unknown_ = true;
      return;
    }
    payout().scorecard = model::ScorecardId{*index};
    const model::Scorecard& card = s_.policy.scorecards[*index];
    if (!entity || !card.entity.valid() || card.entity == *entity) return;
    s_.report(D::scorecard_of_another_entity, decl_.scorecard->span)
        .with("scorecard", card.named.name)
        .with("other", s_.policy.entities[card.entity.index].named.name)
        .with("entity", s_.policy.entities[entity->index].named.name)
        .label(card.named.span, D::declared_here);
  }

  void bind_period() {
    bool named = false;
    value::CalendarUnit unit = value::CalendarUnit::month;
    if (decl_.every) {
      if (const auto word = require_calendar_unit(s_, *decl_.every)) {
        named = true;
        unit = *word;
      }
    }
    if (payout().scorecard.valid()) {
      const model::Scorecard& card = s_.policy.scorecards[payout().scorecard.index];
      payout().every = card.every;
      if (named && unit != card.every) {
        s_.report(D::payout_period_differs, decl_.every->span)
            .with("every", decl_.every->text)
            .with("scorecard", card.named.name)
            .with("other", std::string(value::name(card.every)))
            .label(card.named.span, D::declared_here);
      }
    } else if (named) {
      payout().every = unit;
    } else if (!decl_.every && !scorecard_unknown_) {
      s_.report(D::every_missing, payout().named.span).with("name", payout().named.name);
    }
  }

  // ---- clauses
  // --------------------------------------------------------------------------------------------------------

  ExprBinder binder() {
    return ExprBinder(s_, Context{&module_, Place::payout, {}, payout().entity, payout().scorecard});
  }

  ExprId checked(ExprId bound) {
    if (s_.type(bound).kind != Kind::error)
      require_evaluable(s_, footprint(s_, bound), payout().entity, s_.span(bound));
    return bound;
  }
  ExprId number(const std::optional<syntax::ExprId>& id, Unit unit) {
    if (!id) return {};
    ExprBinder expr = binder();
    return checked(expr.bind_number(*id, unit));
  }
  ExprId money(const std::optional<syntax::ExprId>& id) { return number(id, Unit::of(s_.currency())); }

  void bind_clause(const syntax::PayoutClause& clause) {
    const std::string& key = clause.key.text;
    const bool repeats = key == "penalty" || key == "assume" || key == "evidence";
    const auto [at, inserted] = seen_.emplace(key, clause.key.span);
    if (!inserted && !repeats) {
      s_.report(D::clause_twice, clause.key.span).with("clause", key).label(at->second, D::first_declared_here);
      return;
    }
    payout().clause_spans.push_back({key, clause.span});
    if (key == "payee")
      bind_payee(clause);
    else if (key == "base")
      payout().base = money(clause.value);
    else if (key == "amount")
      payout().amount = money(clause.value);
    else if (key == "pool")
      bind_pool(clause);
    else if (key == "prorate")
      payout().prorate = number(clause.value, Unit{});
    else if (key == "penalty")
      bind_penalty(clause);
    else if (key == "floor")
      payout().floor = money(clause.value);
    else if (key == "cap")
      bind_cap(clause);
    else if (key == "draw")
      bind_draw(clause);
    else if (key == "clawback" && clause.value)
      payout().clawback = require_delay(s_, module_, *clause.value);
    else if (key == "earned" && clause.value)
      payout().earned = require_delay(s_, module_, *clause.value);
    else if (key == "payable" && clause.value)
      payout().payable = require_delay(s_, module_, *clause.value);
    else if (key == "budget")
      payout().budget = money(clause.value);
    else if (key == "paid" && clause.value)
      bind_paid(*clause.value);
    else if (key == "rounding")
      bind_rounding(clause);
    else if (key == "assume" && clause.name && clause.value)
      bind_assumption(clause);
    else if (key == "evidence" && clause.name && clause.label) {
      payout().evidence.push_back({clause.name->text, clause.label->value, clause.span});
    }
  }

  void bind_payee(const syntax::PayoutClause& clause) {
    if (clause.words.empty()) return;
    static const std::vector<std::string> kPayees = {"employee", "agency", "creator"};
    const syntax::Ident& word = clause.words[0];
    if (std::find(kPayees.begin(), kPayees.end(), word.text) != kPayees.end()) {
      payout().payee = word.text;
      return;
    }
    // What people call them, besides a slip of the pen.
    static const std::map<std::string_view, std::string_view> kCalled = {
        {"freelancer", "creator"}, {"contractor", "creator"}, {"influencer", "creator"}, {"streamer", "creator"},
        {"affiliate", "creator"},  {"staff", "employee"},     {"worker", "employee"},    {"mcn", "agency"},
        {"partner", "agency"},     {"达人", "creator"},       {"主播", "employee"},      {"员工", "employee"},
        {"机构", "agency"}};
    auto& unknown = s_.report(D::unknown_word, word.span).with("word", word.text).with("allowed", join(kPayees));
    const auto called = kCalled.find(word.text);
    if (called != kCalled.end()) {
      unknown.suggest(std::string(called->second));
    } else {
      suggest(unknown, word.text, kPayees);
    }
  }

  void bind_pool(const syntax::PayoutClause& clause) {
    payout().pool = money(clause.value);
    if (clause.second) {
      ExprBinder expr = binder();
      const ExprId by = expr.bind_present(*clause.second);
      if (expr.require_kind(by, Kind::number)) payout().pool_by = checked(by);
    }
    if (clause.words.empty() || clause.words[0].text == "company") return;
    const SourceRef source = SourceRef::of(payout().entity);
    const auto& names = s_.field_names(source);
    if (const auto field = names.find(clause.words[0].text); field != names.end()) {
      s_.occurs(clause.words[0].span, s_.field(source, field->second).named.span);
      payout().pool_within = FieldPath{{}, field->second};
    } else {
      // An entity's name means the one the payee leads to.
      const auto group = require_symbol(s_, module_, clause.words[0], SymbolKind::entity);
      if (!group) return;
      const auto& paths = s_.owners(source).to(EntityId{*group});
      if (paths.size() != 1 || !paths[0].field.valid()) {
        s_.report(D::not_a_group, clause.words[0].span).with("text", clause.words[0].text);
        return;
      }
      payout().pool_within = paths[0];
    }
    payout().pool_within_company = false;
  }

  void bind_penalty(const syntax::PayoutClause& clause) {
    if (!clause.name) return;
    model::Penalty penalty;
    penalty.named.name = clause.name->text;
    penalty.named.span = clause.name->span;
    if (clause.label) penalty.named.label = clause.label->value;
    const auto [at, inserted] = penalties_.emplace(clause.name->text, clause.name->span);
    if (!inserted) {
      s_.report(D::declared_twice, clause.name->span)
          .with("name", clause.name->text)
          .label(at->second, D::first_declared_here);
    }
    penalty.amount = money(clause.value);
    if (!clause.words.empty()) {
      const auto from = require_word(s_, clause.words.back(), {"bonus", "base"});
      penalty.from_base = from && *from == 1;
    }
    if (penalty.from_base && !std::any_of(decl_.clauses.begin(), decl_.clauses.end(),
                                          [](const auto& other) { return other.key.text == "base"; })) {
      s_.report(D::penalty_without_base, clause.words.back().span).with("name", clause.name->text);
    }
    payout().penalties.push_back(std::move(penalty));
  }

  void bind_cap(const syntax::PayoutClause& clause) {
    payout().cap = money(clause.value);
    payout().cap_carry =
        std::any_of(clause.words.begin(), clause.words.end(), [](const auto& word) { return word.text == "carry"; });
  }

  void bind_draw(const syntax::PayoutClause& clause) {
    payout().draw = money(clause.value);
    if (!clause.second) return;
    payout().recover = number(clause.second, Unit{});
    if (s_.type(payout().recover).kind == Kind::error) return;
    const auto rate = fold(s_, payout().recover);
    if (rate && rate->has_value() && (rate->number().sign() < 0 || rate->number() > Number(1))) {
      s_.report(D::rate_out_of_range, s_.span(payout().recover)).with("text", s_.text(s_.span(payout().recover)));
    }
  }

  void bind_paid(syntax::ExprId id) {
    ExprBinder expr = binder();
    payout().paid_when = checked(expr.bind_boolean(id));
  }

  void bind_rounding(const syntax::PayoutClause& clause) {
    if (clause.words.empty()) return;
    static const std::vector<std::string> kModes = {"half_even", "half_up", "half_down", "down",
                                                    "up",        "floor",   "ceiling"};
    if (!require_word(s_, clause.words[0], kModes)) return;
    payout().rounding = *value::parse_rounding(clause.words[0].text);
    payout().rounding_declared = true;
  }

  /// What the program's own rules ask for has a unit. Rules of a house may ask for other names; one that is nearly one of
  /// these is likely a slip.
  bool check_assumption(const syntax::Ident& name, ExprId bound, ExprBinder& expr) {
    const std::vector<std::string> names = {"fake_order_cost", "minimum_pay", "monthly_hours", "probation_share",
                                            "pay_share",       "margin_share", "margin_rate"};
    const auto found = std::find(names.begin(), names.end(), name.text);
    if (found != names.end()) return expr.require_unit(bound, found - names.begin() < 2 ? Unit::of(s_.currency()) : Unit{});
    if (const auto near = source::nearest_name(name.text, names)) {
      s_.report(D::unknown_assumption, name.span).with("name", name.text).suggest(*near);
    }
    return true;
  }

  void bind_assumption(const syntax::PayoutClause& clause) {
    ExprBinder expr(s_, Context{&module_});
    const ExprId bound = expr.bind(*clause.value);
    if (!check_assumption(*clause.name, bound, expr)) return;
    const auto content = require_constant(s_, bound);
    const auto known = std::find_if(payout().assumptions.begin(), payout().assumptions.end(),
                                    [&](const auto& other) { return other.name == clause.name->text; });
    if (known != payout().assumptions.end()) {
      s_.report(D::declared_twice, clause.name->span)
          .with("name", clause.name->text)
          .label(known->span, D::first_declared_here);
      return;
    }
    if (content) payout().assumptions.push_back({clause.name->text, *content, s_.type(bound), clause.name->span});
  }

  // A cap below the floor can never be met by both.
  void check_limits() {
    const auto constant = [&](ExprId id) -> std::optional<Number> {
      if (!id.valid() || s_.type(id).kind != Kind::number) return std::nullopt;
      const auto content = fold(s_, id);
      if (!content || !content->has_value()) return std::nullopt;
      return content->number();
    };
    const auto floor = constant(payout().floor), cap = constant(payout().cap);
    if (floor && cap && *cap < *floor) {
      s_.report(D::cap_below_floor, s_.span(payout().cap)).label(s_.span(payout().floor), D::floor_is_here);
    }
  }

  Session& s_;
  std::uint32_t index_;
  const syntax::PayoutDecl& decl_;
  Module& module_;
  bool scorecard_unknown_ = false;
  std::unordered_map<std::string, Span> seen_;
  std::unordered_map<std::string, Span> penalties_;
};

}  // namespace

void bind_payouts(Session& session) {
  for (std::uint32_t i = 0; i < session.payouts.size(); ++i) PayoutBinder(session, i).bind();
}

}  // namespace kpi::bind
