// kpi lint: compliance rules over policies.
#include <ctime>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/baseline.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/lint_fix.hpp"
#include "interpreter/driver/policy_limits.hpp"
#include "interpreter/driver/project_config.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/driver/session.hpp"
#include "interpreter/lint/fact_proofs.hpp"
#include "interpreter/lint/measures.hpp"
#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/lint_report.hpp"
#include "interpreter/report/words.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;
using Json = nlohmann::ordered_json;

/// The day that exceptions are measured against. Runs never look at the clock; an exception that ends must.
value::Date today(const Invocation& invocation) {
  if (const auto text = invocation.value("--as-of")) {
    if (const auto day = value::Date::parse(*text)) return *day;
    throw Failure(ids::bad_option_value, {{"option", "--as-of"}, {"value", *text}, {"expected", "`2026-07-31`"}});
  }
  constexpr std::int64_t kDay = 86'400;
  return value::Date{static_cast<std::int32_t>(std::time(nullptr) / kDay)};
}

/// What people see of a finding stands beside its fingerprint, so that a review of the file makes sense.
std::string baseline_text(const report::LintReport& report) {
  Json findings = Json::array();
  for (const auto& file : report.files) {
    for (const auto& finding : file.result.findings) {
      if (finding.state == lint::State::allowed) continue;
      findings.push_back({{"fingerprint", finding.fingerprint},
                          {"rule", finding.rule->named.name},
                          {"policy", file.policy->header.name},
                          {"on", finding.on},
                          {"severity", report::severity_name(finding.severity)}});
    }
  }
  return report::json_text({{"version", 1}, {"findings", std::move(findings)}});
}

/// `deny warnings` among the clauses of the policy. It says nothing about results, so the model does not know it.
bool denies_warnings(const Compiled& file) {
  for (const syntax::Declaration& declaration : file.file.declarations) {
    const auto* policy = std::get_if<syntax::PolicyDecl>(&declaration);
    if (policy && std::any_of(policy->clauses.begin(), policy->clauses.end(),
                              [](const auto& clause) { return clause.key.text == "deny"; }))
      return true;
  }
  return false;
}

std::string rendered(const report::LintReport& report, const source::SourceMap& sources,
                     const source::Diagnostics& remarks, const Invocation& invocation, const Terminal& terminal) {
  const std::string format = invocation.value("--format").value_or("pretty");
  if (format == "sarif") return report::lint_sarif(report, sources, invocation.language);
  if (format == "github")
    return report::lint_github(report, sources, invocation.language) +
           report::diagnostics_github(remarks, sources, invocation.language);
  if (format == "junit") return report::lint_junit(report, sources, invocation.language);
  if (format == "json") return report::lint_json(report, sources, invocation.language);
  if (format == "compact") return report::lint_compact(report, sources, terminal.out);
  return report::lint_pretty(report, sources, terminal.out);
}

/// What CI systems show of files that do not compile; none in the formats for people, who read standard error.
std::optional<std::string> report_of_mistakes(const Session& session, const Invocation& invocation) {
  const std::string format = invocation.value("--format").value_or("pretty");
  const source::Language language = invocation.language;
  if (format == "github") return report::diagnostics_github(session.diagnostics, session.sources, language);
  if (format == "sarif")
    return report::diagnostics_sarif(session.diagnostics, session.sources, std::string(kVersion), language);
  if (format == "junit") return report::diagnostics_junit(session.diagnostics, session.sources, language);
  return std::nullopt;
}

/// One pass over all files, each with the `kpi.toml` nearest to it.
class Run {
 public:
  explicit Run(const Invocation& invocation) : invocation_(invocation) {
    report_.as_of = today(invocation);
    report_.version = kVersion;
  }

  /// False when a file does not compile; the mistakes are in session.diagnostics.
  bool run() {
    for (const std::string& path : invocation_.arguments) compiled_.push_back(session.compile(path));
    if (session.diagnostics.has_errors()) return false;
    for (const Compiled& file : compiled_) {
      if (file.policy.is_library) continue;  // a library is linted with the policy that uses it
      const ProjectConfig config = project_config(file.path);
      std::vector<std::string> rules = config.rules;
      if (const auto own = invocation_.value("--rules")) rules.push_back(*own);
      lint::Request request;
      request.packs = packs_.for_policy(file.policy, rules);
      if (session.diagnostics.has_errors()) return false;
      request.as_of = report_.as_of;
      const std::size_t remarked = remarks.warning_count();
      request.unknown_rules = unknown_rules(file, request.packs, remarks);
      const model::Policy& seen = seen_policy(file.policy);
      const lint::FactProofs proofs(seen);
      if (!invocation_.has("--without-proofs")) request.proofs = &proofs;
      request.baseline = baseline(invocation_.value("--baseline").value_or(config.baseline));
      report::LintedFile& linted = report_.files.emplace_back();
      linted.path = file.path;
      linted.policy = &file.policy;
      const ServedLimits served = served_limits(file.policy, request.packs);
      linted.packs = served.packs;
      linted.without_pack = served.without;
      linted.result = lint::lint(seen, session.sources, request);
      work_out_fixes(file, session, linted.result);
      const bool deny = config.deny_warnings || invocation_.has("--deny") || denies_warnings(file);
      const bool warned = linted.result.count(model::RuleSeverity::warning) > 0 || remarks.warning_count() > remarked;
      denied_ = denied_ || (deny && warned);
    }
    return true;
  }

  /// Whether there is a warning where warnings are not accepted.
  bool denied() const { return denied_; }

  /// Writes the files that have fixes; how many changes were made. `done`: see apply_fixes.
  std::size_t fix(bool unsafe, std::set<std::string>& done) {
    std::size_t applied = 0;
    auto linted = report_.files.begin();
    for (const Compiled& file : compiled_) {
      if (file.policy.is_library) continue;
      const Fixed fixed = apply_fixes(file, session, (linted++)->result, unsafe, done);
      if (fixed.applied == 0) continue;
      replace_file(file.path, fixed.text);
      applied += fixed.applied;
    }
    return applied;
  }

  /// How many fixes are still there that change pay, or that do not.
  std::size_t fixes_left(bool safe) const {
    std::size_t count = 0;
    for (const auto& file : report_.files) {
      for (const lint::Finding& finding : file.result.findings)
        count += finding.fix && finding.fix->safe == safe ? 1 : 0;
    }
    return count;
  }

  const report::LintReport& report() const { return report_; }
  Session session;
  source::Diagnostics remarks;  // what the policies say that switches rules off unseen

 private:
  /// What is counted without a name is a metric for the rules.
  const model::Policy& seen_policy(const model::Policy& policy) {
    auto named = lint::with_named_measures(policy, session.sources);
    return named ? seen_.emplace_back(std::move(*named)) : policy;
  }

  /// None where there is no such file, and while one is being written.
  const lint::Baseline* baseline(const std::string& file) {
    if (file.empty() || invocation_.has("--write-baseline")) return nullptr;
    const auto known = baselines_.find(file);
    return &(known != baselines_.end() ? known : baselines_.emplace(file, read_baseline(file)).first)->second;
  }

  const Invocation& invocation_;
  std::map<std::string, lint::Baseline> baselines_;  // by file
  bool denied_ = false;
  RulePacks packs_{session, RulePacks::Examples::left_out};
  std::list<Compiled> compiled_;   // the report points into them
  std::list<model::Policy> seen_;  // and into these
  report::LintReport report_;
};

}  // namespace

Exit run_lint(const Invocation& invocation, const Terminal& terminal) {
  if (invocation.has("--unsafe") && !invocation.has("--fix"))
    throw Failure(ids::option_needs_other, {{"option", "--unsafe"}, {"other", "--fix"}});
  // What fixes at one place leave for the next round is done at once; rules whose fixes call for each other end too.
  constexpr int kMostRounds = 8;
  std::size_t fixed = 0;
  const bool unsafe = invocation.has("--unsafe");
  auto run = std::make_unique<Run>(invocation);
  bool compiles = run->run();
  std::set<std::string> done;
  for (int round = 0; compiles && invocation.has("--fix") && round < kMostRounds; ++round) {
    const std::size_t now = run->fix(unsafe, done);
    if (now == 0) break;
    fixed += now;
    run = std::make_unique<Run>(invocation);
    compiles = run->run();
  }
  if (!compiles) {
    // Who waits for a report of the CI system gets one.
    if (const auto text = report_of_mistakes(run->session, invocation))
      write_result(*text, invocation.value("--output"));
    print_to_standard_error(run->session.diagnostics, run->session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  const report::LintReport& report = run->report();
  if (const auto file = invocation.value("--write-baseline")) write_result(baseline_text(report), *file);
  source::Diagnostics& remarks = run->remarks;
  write_result(rendered(report, run->session.sources, remarks, invocation, terminal), invocation.value("--output"));
  if (report.files.empty()) remarks.add_without_span(ids::only_libraries);
  if (invocation.has("--fix")) {
    remarks.add_without_span(ids::fixes_applied).with("count", std::to_string(fixed));
    const std::size_t clash = run->fixes_left(true) + (unsafe ? run->fixes_left(false) : 0);
    if (clash > 0) remarks.add_without_span(ids::fixes_that_stay).with("count", std::to_string(clash));
    const std::size_t waits = unsafe ? 0 : run->fixes_left(false);
    if (waits > 0) remarks.add_without_span(ids::fixes_that_change_pay).with("count", std::to_string(waits));
  }
  if (const auto file = invocation.value("--write-baseline"))
    remarks.add_without_span(ids::baseline_written).with("file", *file);
  print_to_standard_error(remarks, run->session.sources, invocation.format, terminal.err);
  if (invocation.has("--write-baseline")) return Exit::clean;
  return report.errors() > 0 || run->denied() ? Exit::findings : Exit::clean;
}

}  // namespace kpi::driver
