// The lint: which rules run over a policy, what they find, and what exceptions and a baseline make of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "interpreter/lint/reflection.hpp"

namespace kpi::lint {

/// A citation as it stands beside a finding.
struct Cited {
  model::RuleText text;  // source and article, joined
  model::CiteStatus status = model::CiteStatus::unverified;
  std::optional<value::Date> checked;
  std::string url;
  /// What the rule is in the market of this source: a policy for two markets can break the law of one, while the other
  /// only frowns.
  model::RuleSeverity severity = model::RuleSeverity::warning;
};

/// A change of a file: the text of the span is replaced.
struct Edit {
  source::Span span;
  std::string text;
};
struct Fix {
  model::RuleText title;
  Edit edit;
  bool safe = false;  // every payout stays what it is: checked by comparing pay_text before and after
};

enum class State : std::uint8_t { reported, allowed, in_baseline };

struct Finding {
  const model::Rule* rule = nullptr;
  std::string pack;  // where the rule stands: `std.compliance.core`, a library, or empty for the policy itself
  model::RuleSeverity severity = model::RuleSeverity::warning;
  Element element;
  std::string on;  // name of the element
  source::Span span;
  model::RuleText message, help;
  std::vector<Cited> cites;  // those in force for the policy
  std::string fingerprint;   // of rule, policy and element; the same when lines move
  State state = State::reported;
  std::optional<std::size_t> allow;  // index of the exception that covers it
  std::string fix_text;              // what the rule's fix would insert; empty: nothing, or a removal
  std::optional<Element> fix_element;
  std::optional<Fix> fix;  // worked out by who has the syntax tree
};

/// What a baseline holds of one fingerprint.
struct Known {
  std::size_t count = 0;
  std::string policy;                           // its name; empty in files of earlier versions
  std::optional<model::RuleSeverity> severity;  // the strictest; a finding that has become stricter since is new
};
using Baseline = std::map<std::string, Known>;  // by fingerprint

struct Request {
  std::vector<Pack> packs;         // besides the policy's own rules; a rule of the policy replaces one of the same id
  value::Date as_of;               // a policy that is over by then is looked at as of its last day
  const Proofs* proofs = nullptr;  // none: rules that ask for something proved are left out
  const Baseline* baseline = nullptr;
  std::vector<std::string> unknown_rules;  // exceptions name them, nothing has them: reported elsewhere, not as unused
  std::string only_rule;                   // run this one alone, without exceptions; empty: all
};

struct Result {
  std::vector<Finding> findings;  // by place, then rule
  std::size_t rules = 0;          // how many ran
  std::size_t unproved = 0;       // how many were left out because they ask for proofs
  value::Date as_of;              // the day that exceptions were measured against
  bool over = false;              // that is the policy's last day, and lies in the past
  bool with_baseline = false;
  std::size_t gone = 0;  // findings of the baseline for this policy that are no longer there
  std::size_t count(model::RuleSeverity severity) const;  // reported ones
  std::size_t count(State state) const;
};

/// The policy must have no errors.
Result lint(const model::Policy& policy, const source::SourceMap& sources, const Request& request);

/// Everything that decides what is paid, as text: two policies with the same text pay the same on every store. Labels,
/// alerts, tests, rules, exceptions and descriptions are left out.
std::string pay_text(const model::Policy& policy);

/// A citation as findings and pages show it.
Cited cited(const model::Citation& cite);

/// `std.compliance.core` for the file `std/compliance/core.kpi`; empty for files that are not the program's own.
std::string standard_name(std::string_view file);

/// Limits as they apply to this policy: its markets, platforms and effective days.
bool applies(const model::RuleLimits& limits, const model::Header& header);
/// The severity in the policy's markets: the strictest one.
model::RuleSeverity severity_for(const model::Rule& rule, const model::Header& header);

}  // namespace kpi::lint
