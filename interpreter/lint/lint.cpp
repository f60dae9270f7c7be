#include "interpreter/lint/lint.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "interpreter/lint/evaluate.hpp"

namespace kpi::lint {
namespace {

bool matches_market(const std::vector<std::string>& limits, const std::vector<std::string>& markets) {
  return std::any_of(limits.begin(), limits.end(), [&](const std::string& limit) {
    return std::any_of(markets.begin(), markets.end(),
                       [&](const std::string& market) { return market_matches(limit, market); });
  });
}

bool overlaps(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const auto& one) { return std::find(b.begin(), b.end(), one) != b.end(); });
}

/// FNV-1a over the parts, with a separator that no name has.
class Fingerprint {
 public:
  void add(std::string_view part) {
    for (const char c : part) byte(static_cast<unsigned char>(c));
    byte(0);
  }
  std::string hex() const {
    std::string result;
    for (int shift = 60; shift >= 0; shift -= 4) result += "0123456789abcdef"[(hash_ >> shift) & 15];
    return result;
  }

 private:
  void byte(unsigned char value) { hash_ = (hash_ ^ value) * 0x100000001B3ULL; }
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

std::vector<Cited> cited_for(const model::Rule& rule, const model::Header& header) {
  std::vector<Cited> result;
  for (const model::Citation& cite : rule.cites) {
    if (!applies(cite.limits, header)) continue;
    result.push_back(cited(cite));
    model::Header there;
    there.markets = cite.limits.markets.empty() ? header.markets : cite.limits.markets;
    result.back().severity = severity_for(rule, there);
  }
  return result;
}

/// Between the rules and the proofs: in a first round it only takes down what is asked.
class Questions final : public Proofs {
 public:
  explicit Questions(const Proofs* proofs) : proofs_(proofs) {}
  value::Value ask(model::PropertyId property, model::PayoutId payout,
                   std::optional<model::MetricId> metric) const override {
    if (!taking_down_) return proofs_->ask(property, payout, metric);
    const Asked asked{payout, property, metric};
    if (seen_.insert(asked).second) asked_.push_back(asked);
    return {};
  }
  void take_down() { taking_down_ = true; }
  void answer() {
    taking_down_ = false;
    proofs_->foresee(asked_);
  }

 private:
  const Proofs* proofs_;
  bool taking_down_ = false;
  mutable std::set<Asked> seen_;
  mutable std::vector<Asked> asked_;
};

class Linter {
 public:
  Linter(const model::Policy& policy, const source::SourceMap& sources, const Request& request)
      : policy_(policy),
        sources_(sources),
        request_(request),
        questions_(request.proofs),
        on_(policy, sources, request.packs, request.as_of, request.proofs ? &questions_ : nullptr) {
    const auto& unknown = request.unknown_rules;
    for (std::size_t i = 0; i < policy.allows.size(); ++i) {
      if (std::find(unknown.begin(), unknown.end(), policy.allows[i].rule) != unknown.end()) ++on_.allow_uses[i];
    }
  }

  Result run() {
    foresee();
    // Rules about unused exceptions see what all others found.
    for (const bool last : {false, true}) {
      std::set<std::string> seen;
      run_rules(policy_, "", last, seen);
      for (const Pack& pack : request_.packs) run_rules(*pack.home, pack.name, last, seen);
    }
    auto& all = result_.findings;
    std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
      return std::tuple(a.span.source.index, a.span.begin, a.rule->named.name, a.on) <
             std::tuple(b.span.source.index, b.span.begin, b.rule->named.name, b.on);
    });
    take_baseline();
    result_.as_of = request_.as_of;
    return std::move(result_);
  }

 private:
  /// Rules that ask for proofs run once without answers, so that the questions about several payouts can be answered at
  /// the same time.
  void foresee() {
    if (!request_.proofs || policy_.payouts.size() < 2) return;
    questions_.take_down();
    std::set<std::string> seen;
    const auto of = [&](const model::Policy& home) {
      for (const model::Rule& rule : home.rules) {
        if (seen.insert(rule.named.name).second && runs(rule) && asks_proofs(rule)) RuleRun(rule, home, on_).run([] {});
      }
    };
    of(policy_);
    for (const Pack& pack : request_.packs) of(*pack.home);
    questions_.answer();
  }

  bool runs(const model::Rule& rule) const {
    return rule.sound && !rule.report.empty() && applies(rule.applies, policy_.header) &&
           (request_.only_rule.empty() || rule.named.name == request_.only_rule);
  }

  void run_rules(const model::Policy& home, const std::string& pack, bool last, std::set<std::string>& seen) {
    for (const model::Rule& rule : home.rules) {
      const bool first = seen.insert(rule.named.name).second;  // the policy's own replaces one of a pack
      if (!first || !runs(rule) || asks(rule, model::PropertyId::allow_unused) != last) continue;
      if (!request_.proofs && asks_proofs(rule)) {
        ++result_.unproved;
        leave_exceptions(rule.named.name);
        continue;
      }
      ++result_.rules;
      run_rule(rule, home, pack_of(rule, pack.empty() ? rule.library : pack));
    }
  }

  /// Nobody knows whether exceptions from a rule that did not run are needed.
  void leave_exceptions(const std::string& rule) {
    for (std::size_t i = 0; i < policy_.allows.size(); ++i) {
      if (policy_.allows[i].rule == rule) ++on_.allow_uses[i];
    }
  }

  /// A pack may bring in others with `use`; a rule belongs to the file it stands in.
  std::string pack_of(const model::Rule& rule, const std::string& pack) const {
    const std::string name = standard_name(sources_.get(rule.span.source).name);
    return name.empty() ? pack : name;
  }

  void run_rule(const model::Rule& rule, const model::Policy& home, const std::string& pack) {
    RuleRun run(rule, home, on_);
    std::set<std::pair<std::string, std::string>> said;  // several combinations can say the same of one element
    run.run([&] {
      Finding finding;
      finding.rule = &rule;
      finding.pack = pack;
      finding.severity = severity_for(rule, policy_.header);
      finding.element = run.slot(rule.report_slot);
      finding.on = on_.name(finding.element);
      finding.span = on_.span(finding.element);
      for (std::size_t language = 0; language < 2; ++language) {
        finding.message.by_language[language] = run.text(rule.report, language);
        if (!rule.help.empty()) finding.help.by_language[language] = run.text(rule.help, language);
      }
      if (!said.insert({finding.on, finding.message.by_language[0]}).second) return;
      finding.cites = cited_for(rule, policy_.header);
      Fingerprint fingerprint;
      fingerprint.add(rule.named.name);
      fingerprint.add(policy_.header.name);
      fingerprint.add(model::name(finding.element.kind));
      fingerprint.add(finding.on);
      // What else the combination consists of tells two findings on one element apart.
      for (const auto& binder : rule.binders) fingerprint.add(on_.name(run.slot(binder.slot)));
      finding.fingerprint = fingerprint.hex();
      if (rule.fix) {
        finding.fix_element = run.slot(rule.fix->slot);
        if (!rule.fix->remove) finding.fix_text = run.text(rule.fix->inserted, 0);
      }
      if (request_.only_rule.empty()) take_exception(finding);
      result_.findings.push_back(std::move(finding));
    });
  }

  void take_exception(Finding& finding) {
    for (std::size_t i = 0; i < policy_.allows.size(); ++i) {
      const model::Allow& allow = policy_.allows[i];
      if (allow.rule != finding.rule->named.name || !names(allow.on, finding)) continue;
      ++on_.allow_uses[i];
      if (allow.until && *allow.until < request_.as_of) continue;  // expired: it was of use, but no longer covers
      finding.state = State::allowed;
      finding.allow = i;
      return;
    }
  }

  /// `on` names the element, its declaration, or what it belongs to.
  bool names(const std::string& on, const Finding& finding) const {
    if (on.empty() || on == finding.on || on == on_.owner_name(finding.element)) return true;
    const model::Named* named = on_.named(finding.element);
    const bool local = finding.element.kind == ElementKind::gate || finding.element.kind == ElementKind::penalty;
    return local && named && named->name == on;
  }

  void take_baseline() {
    if (!request_.baseline) return;
    Baseline left = *request_.baseline;
    for (Finding& finding : result_.findings) {
      const auto known = left.find(finding.fingerprint);
      if (finding.state == State::allowed || known == left.end() || known->second.count == 0) continue;
      --known->second.count;
      const auto before = known->second.severity;
      if (!before || finding.severity <= *before) finding.state = State::in_baseline;
    }
    result_.with_baseline = true;
    for (const auto& [fingerprint, known] : left) {
      if (known.policy == policy_.header.name) result_.gone += known.count;
    }
  }

  const model::Policy& policy_;
  const source::SourceMap& sources_;
  const Request& request_;
  Questions questions_;
  Reflection on_;
  Result result_;
};

}  // namespace

Cited cited(const model::Citation& cite) {
  Cited result;
  for (std::size_t language = 0; language < 2; ++language) {
    std::string& text = result.text.by_language[language];
    for (const model::RuleText& part : cite.texts) {
      // In Chinese the article follows the title's mark directly.
      if (!text.empty()) text += language == 0 ? ", " : text.ends_with("》") ? "" : " ";
      text += part.in(language);
    }
  }
  result.status = cite.status;
  result.checked = cite.checked;
  result.url = cite.url;
  return result;
}

std::string standard_name(std::string_view file) {
  constexpr std::string_view kEnding = ".kpi";
  if (!file.starts_with("std/") || !file.ends_with(kEnding)) return "";
  std::string name(file.substr(0, file.size() - kEnding.size()));
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

bool applies(const model::RuleLimits& limits, const model::Header& header) {
  if (!limits.markets.empty() && !matches_market(limits.markets, header.markets)) return false;
  if (!limits.platforms.empty() && !overlaps(limits.platforms, header.platforms)) return false;
  if (limits.since && header.effective_to && *header.effective_to < *limits.since) return false;
  return !(limits.until && header.effective_from && *header.effective_from > *limits.until);
}

model::RuleSeverity severity_for(const model::Rule& rule, const model::Header& header) {
  std::optional<model::RuleSeverity> strictest;
  for (const auto& one : rule.market_severities) {
    if (matches_market(one.markets, header.markets))
      strictest = std::max(strictest.value_or(one.severity), one.severity);
  }
  return strictest.value_or(rule.severity);
}

std::size_t Result::count(model::RuleSeverity severity) const {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.state == State::reported && finding.severity == severity;
  }));
}

std::size_t Result::count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.state == state; }));
}

Result lint(const model::Policy& policy, const source::SourceMap& sources, const Request& request) {
  // What was granted for a policy's whole life ends with it, not with a finding years later.
  Request within = request;
  const auto& last = policy.header.effective_to;
  const bool over = last && *last < within.as_of;
  if (over) within.as_of = *last;
  Result result = Linter(policy, sources, within).run();
  result.over = over;
  return result;
}

}  // namespace kpi::lint
