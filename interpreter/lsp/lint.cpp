// The rules of `kpi lint` on an open file.
#include <ctime>

#include "interpreter/driver/baseline.hpp"
#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/lint_fix.hpp"
#include "interpreter/driver/policy_limits.hpp"
#include "interpreter/driver/project_config.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/lint/fact_proofs.hpp"
#include "interpreter/lint/measures.hpp"
#include "interpreter/lsp/analysis.hpp"

namespace kpi::lsp {

bool Analysis::lintable() const { return !failure_ && !policy().is_library && !session_.diagnostics.has_errors(); }

void Analysis::lint() {
  if (findings_ || lint_failure_ || !lintable()) return;
  try {
    const std::string& name = name_of(source());
    driver::ProjectConfig config;
    if (name.starts_with('/')) config = driver::project_config(name);
    packs_ = std::make_unique<driver::RulePacks>(session_, driver::RulePacks::Examples::left_out);
    lint::Request request;
    request.packs = packs_->for_policy(policy(), config.rules);
    if (session_.diagnostics.has_errors()) return;  // in a rule of the house
    request.as_of = today();
    request.unknown_rules = driver::unknown_rules(compiled_, request.packs, remarks_);
    seen_ = lint::with_named_measures(policy(), session_.sources);
    const model::Policy& seen = seen_ ? *seen_ : policy();
    const lint::FactProofs proofs(seen);
    request.proofs = &proofs;
    lint::Baseline baseline;
    if (!config.baseline.empty()) {
      baseline = driver::read_baseline(config.baseline);
      request.baseline = &baseline;
    }
    findings_ = std::make_unique<lint::Result>(lint::lint(seen, session_.sources, request));
    driver::work_out_fixes(compiled_, session_, *findings_);
  } catch (const driver::Failure& failure) {
    findings_.reset();
    lint_failure_ = failure.diagnostic;
  }
}

value::Date today() {
  constexpr std::int64_t kDay = 86'400;
  return value::Date{static_cast<std::int32_t>(std::time(nullptr) / kDay)};
}

}  // namespace kpi::lsp
