// The `policy` block.
#include <algorithm>

#include "grammar/source/diagnostics/names.hpp"
#include "grammar/source/diagnostics/structure.hpp"
#include "grammar/source/diagnostics/syntax.hpp"
#include "grammar/source/similar_name.hpp"
#include "grammar/syntax/currency_names.hpp"
#include "interpreter/bind/fold.hpp"

namespace kpi::bind {
namespace {

class HeaderBinder {
 public:
  explicit HeaderBinder(Session& session) : s_(session), header_(session.policy.header), module_(*session.modules[0]) {}

  void bind(const syntax::PolicyDecl& decl) {
    header_.span = decl.head.name ? decl.head.name->span : decl.head.keyword;
    if (decl.head.name) header_.name = decl.head.name->text;
    if (decl.head.label) header_.label = decl.head.label->value;
    // The zone first: dates with a time are read in it.
    for (const syntax::PolicyClause& clause : decl.clauses) {
      if (clause.key.text == "timezone" || clause.key.text == "currency") bind(clause);
    }
    for (const syntax::PolicyClause& clause : decl.clauses) {
      if (clause.key.text != "timezone" && clause.key.text != "currency") bind(clause);
    }
    for (const char* required : {"currency", "timezone", "effective"}) {
      // One that was reported and left out may be what seems to be missing.
      if (!seen_.contains(required) && !decl.head.incomplete)
        s_.report(D::header_clause_missing, header_.span).with("clause", required);
    }
    check_dates();
  }

 private:
  void bind(const syntax::PolicyClause& clause) {
    const std::string& key = clause.key.text;
    const auto [at, inserted] = seen_.emplace(key, clause.key.span);
    if (!inserted && key != "evidence" && key != "market" && key != "platform") {
      s_.report(D::clause_twice, clause.key.span).with("clause", key).label(at->second, D::first_declared_here);
      return;
    }
    if (key == "version")
      header_.version = text_or_word(clause);
    else if (key == "owner")
      header_.owner = text_or_word(clause);
    else if (key == "human_review")
      header_.human_review = text_or_word(clause);
    else if (key == "market")
      add_words(header_.markets, clause);
    else if (key == "platform")
      add_words(header_.platforms, clause);
    else if (key == "currency")
      bind_currency(clause);
    else if (key == "timezone")
      bind_timezone(clause);
    else if (key == "announced")
      header_.announced = date(clause, 0);
    else if (key == "review_by")
      header_.review_by = date(clause, 0);
    else if (key == "effective")
      bind_effective(clause);
    else if (key == "trial")
      header_.trial = delay(clause);
    else if (key == "appeal")
      header_.appeal = delay(clause);
    else if (key == "evidence")
      bind_evidence(clause);
    else if (key == "partial")
      bind_partial(clause);
    else if (key == "deny")
      bind_deny(clause);
    else
      unknown(clause);
  }

  void unknown(const syntax::PolicyClause& clause) {
    static const std::vector<std::string> kClauses = {"version",      "market",    "platform",  "currency", "timezone",
                                                      "announced",    "effective", "review_by", "trial",    "owner",
                                                      "human_review", "appeal",    "evidence",  "deny"};
    suggest(s_.report(D::unknown_clause, clause.key.span)
                .with("word", clause.key.text)
                .with("declaration", "policy")
                .with("expected", join(kClauses)),
            clause.key.text, kClauses);
  }

  void incomplete(const syntax::PolicyClause& clause, const char* example) {
    s_.report(D::clause_incomplete, clause.span).with("clause", clause.key.text).with("example", example);
  }

  /// Only the lint asks for it, and reads it where it stands.
  void bind_deny(const syntax::PolicyClause& clause) {
    if (clause.words.empty()) return incomplete(clause, "deny warnings");
    for (const syntax::Ident& word : clause.words) (void)require_word(s_, word, {"warnings"});
  }

  std::string text_or_word(const syntax::PolicyClause& clause) {
    if (!clause.texts.empty()) return clause.texts[0].value;
    if (!clause.words.empty()) return clause.words[0].text;
    incomplete(clause, (clause.key.text + " \"…\"").c_str());
    return "";
  }

  void add_words(std::vector<std::string>& to, const syntax::PolicyClause& clause) {
    if (clause.words.empty())
      incomplete(clause, clause.key.text == "market" ? "market UK, DE" : "platform tiktok_shop");
    for (const syntax::Ident& word : clause.words) {
      if (std::find(to.begin(), to.end(), word.text) == to.end()) to.push_back(word.text);
    }
  }

  void bind_currency(const syntax::PolicyClause& clause) {
    if (clause.words.empty()) return incomplete(clause, "currency GBP");
    const syntax::Ident& word = clause.words[0];
    if (const auto currency = value::Currency::parse(word.text)) {
      header_.currency = *currency;
      return;
    }
    std::vector<std::string> codes;
    for (const value::Currency known : value::Currency::all()) codes.emplace_back(known.code());
    auto& unknown = s_.report(D::unknown_currency, word.span).with("code", word.text);
    if (auto code = syntax::currency_called(word.text)) {
      unknown.suggest(std::move(*code));
    } else {
      suggest(unknown, word.text, codes);
    }
  }

  void bind_timezone(const syntax::PolicyClause& clause) {
    if (clause.texts.empty()) return incomplete(clause, "timezone \"Europe/London\"");
    const syntax::Text& text = clause.texts[0];
    header_.timezone = value::TimeZone::find(text.value);
    if (header_.timezone) return;
    auto& unknown = s_.report(D::unknown_timezone, text.span).with("zone", text.value);
    if (auto near = source::similar_name(text.value, value::TimeZone::names())) unknown.suggest(std::move(*near));
  }

  std::optional<value::Date> date(const syntax::PolicyClause& clause, std::size_t index) {
    if (clause.exprs.size() > index) return require_date(s_, module_, clause.exprs[index]);
    incomplete(clause, (clause.key.text + " 2026-07-01").c_str());
    return std::nullopt;
  }

  std::optional<model::Delay> delay(const syntax::PolicyClause& clause) {
    if (!clause.exprs.empty()) return require_delay(s_, module_, clause.exprs[0]);
    incomplete(clause, (clause.key.text + " 10 days").c_str());
    return std::nullopt;
  }

  void bind_partial(const syntax::PolicyClause& clause) {
    header_.partial_prorate = true;
    if (!clause.words.empty()) require_word(s_, clause.words.front(), {"prorate"});
  }

  void bind_effective(const syntax::PolicyClause& clause) {
    if (clause.exprs.empty() || (clause.has_to && clause.exprs.size() < 2)) {
      return incomplete(clause, "effective 2026-07-01 to 2026-12-31");
    }
    header_.effective_from = date(clause, 0);
    if (clause.exprs.size() > 1) header_.effective_to = date(clause, 1);
    header_.partial_prorate = clause.partial_prorate;
    if (header_.effective_from && header_.effective_to && *header_.effective_to < *header_.effective_from) {
      s_.report(D::dates_in_wrong_order, module_.expr(clause.exprs[1]).span)
          .with("later", header_.effective_to->to_string())
          .with("earlier", header_.effective_from->to_string())
          .label(module_.expr(clause.exprs[0]).span, D::starts_here);
      header_.effective_to.reset();
    }
  }

  void bind_evidence(const syntax::PolicyClause& clause) {
    if (clause.words.empty() || clause.texts.empty())
      return incomplete(clause, "evidence consulted \"staff forum 2026-06-02\"");
    header_.evidence.push_back({clause.words[0].text, clause.texts[0].value, clause.span});
  }

  void check_dates() {
    if (!header_.announced || !header_.effective_to || *header_.announced <= *header_.effective_to) return;
    s_.report(D::announced_after_end, seen_.at("announced"))
        .with("announced", header_.announced->to_string())
        .with("end", header_.effective_to->to_string());
  }

  Session& s_;
  model::Header& header_;
  Module& module_;
  std::unordered_map<std::string, Span> seen_;
};

void bind_library_header(Session& session) {
  for (const syntax::Declaration& declaration : session.modules[0]->file->declarations) {
    const auto* library = std::get_if<syntax::LibraryDecl>(&declaration);
    if (!library) continue;
    model::Header& header = session.policy.header;
    if (library->head.name) header.name = library->head.name->text;
    if (library->head.label) header.label = library->head.label->value;
    header.span = library->head.name ? library->head.name->span : library->head.keyword;
    for (const syntax::PolicyClause& clause : library->clauses) {
      if (clause.texts.empty()) continue;
      if (clause.key.text == "version") header.version = clause.texts[0].value;
      if (clause.key.text == "owner") header.owner = clause.texts[0].value;
    }
    return;
  }
}

}  // namespace

void bind_header(Session& session) {
  if (session.policy_decl)
    HeaderBinder(session).bind(*session.policy_decl);
  else
    bind_library_header(session);
  if (!session.policy.header.timezone) session.policy.header.timezone = &value::TimeZone::utc();
}

}  // namespace kpi::bind
