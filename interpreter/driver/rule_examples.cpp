#include "interpreter/driver/rule_examples.hpp"

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/lint/fact_proofs.hpp"
#include "interpreter/lint/lint.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

source::Diagnostic& fail(eval::TestResult& result, source::DiagnosticId id, source::Span span) {
  source::Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.span = span;
  return result.failures.emplace_back(std::move(diagnostic));
}

void run_example(Session& session, const Compiled& compiled, const model::Rule& rule,
                 const model::RuleExample& example, eval::TestResult& result) {
  source::Diagnostics found;
  const model::Policy policy = session.bind_nested(compiled.file.nested[example.file], found);
  for (const source::Diagnostic& diagnostic : found.items()) {
    if (source::info(diagnostic.id).severity == source::Severity::error) result.failures.push_back(diagnostic);
  }
  if (!result.failures.empty()) return;
  if (!lint::applies(rule.applies, policy.header)) {
    fail(result, ids::example_out_of_limits, example.span).with("rule", rule.named.name);
    return;
  }
  lint::Request request;
  request.packs = {{&compiled.policy, compiled.path}};
  // Examples must give the same tomorrow.
  request.as_of = policy.header.effective_from.value_or(value::Date{});
  request.only_rule = rule.named.name;
  const lint::FactProofs proofs(policy);
  request.proofs = &proofs;
  const lint::Result linted = lint::lint(policy, session.sources, request);
  if (example.fails && linted.findings.empty())
    fail(result, ids::example_finds_nothing, example.span).with("rule", rule.named.name);
  if (!example.fails && !linted.findings.empty()) {
    fail(result, ids::example_finds_something, linted.findings.front().span)
        .with("rule", rule.named.name)
        .with("message", linted.findings.front().message.in(0));
  }
}

}  // namespace

std::vector<eval::TestResult> run_rule_examples(Session& session, const Compiled& compiled) {
  std::vector<eval::TestResult> results;
  for (const model::Rule& rule : compiled.policy.rules) {
    if (!(rule.span.source == compiled.source)) continue;  // of a library; that file's own tests run it
    std::size_t fails = 0, passes = 0;
    for (const model::RuleExample& example : rule.examples) {
      eval::TestResult& result = results.emplace_back();
      const std::size_t number = example.fails ? ++fails : ++passes;
      result.name = "rule " + rule.named.name + (example.fails ? " fails " : " passes ") + std::to_string(number);
      run_example(session, compiled, rule, example, result);
    }
  }
  return results;
}

}  // namespace kpi::driver
