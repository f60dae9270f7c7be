// The rules of `kpi lint` on an open file.
#include <ctime>

#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/lint_fix.hpp"
#include "interpreter/driver/project_config.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/lint/fact_proofs.hpp"
#include "interpreter/lsp/analysis.hpp"

namespace kpi::lsp {

void Analysis::lint() {
  if (findings_ || failure_ || policy().is_library || session_.diagnostics.has_errors()) return;
  try {
    const std::string& name = name_of(source());
    const std::vector<std::string> house =
        name.starts_with('/') ? driver::project_config(name).rules : std::vector<std::string>();
    packs_ = std::make_unique<driver::RulePacks>(session_);
    lint::Request request;
    request.packs = packs_->for_policy(policy(), house);
    if (session_.diagnostics.has_errors()) return;  // in a rule of the house
    request.as_of = today();
    const lint::FactProofs proofs(policy());
    request.proofs = &proofs;
    findings_ = std::make_unique<lint::Result>(lint::lint(policy(), session_.sources, request));
    driver::work_out_fixes(compiled_, session_, *findings_);
  } catch (const driver::Failure&) {
    findings_.reset();  // settings or rules of the house that cannot be read; `kpi lint` says why
  }
}

const std::vector<RuleName>& standard_rules() {
  static const std::vector<RuleName> rules = [] {
    std::vector<RuleName> result;
    driver::Session session;
    driver::RulePacks packs(session);
    for (const lint::Pack& pack : packs.all({})) {
      for (const auto& rule : pack.home->rules) result.push_back({rule.named.name, rule.title});
    }
    return result;
  }();
  return rules;
}

value::Date today() {
  constexpr std::int64_t kDay = 86'400;
  return value::Date{static_cast<std::int32_t>(std::time(nullptr) / kDay)};
}

}  // namespace kpi::lsp
