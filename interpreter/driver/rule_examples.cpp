#include "interpreter/driver/rule_examples.hpp"

#include <algorithm>
#include <string_view>

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/lint_fix.hpp"
#include "interpreter/lint/fact_proofs.hpp"
#include "interpreter/lint/lint.hpp"
#include "interpreter/lint/measures.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

/// Whether the rule's fix goes into the example and solves what is found: its text is a file of its own for this.
bool fix_fits(const Session& session, const Compiled& compiled, const model::Rule& rule,
              const model::RuleExample& example) {
  const std::string& text = session.sources.get(compiled.source).text;
  const std::string_view whole =
      std::string_view(text).substr(example.span.begin, example.span.end - example.span.begin);
  const std::size_t begin = whole.find('{'), end = whole.rfind('}');
  if (begin == std::string_view::npos || end <= begin) return true;
  Session trial;
  const Compiled alone = trial.compile_text(compiled.path + ".example",
                                            "edition 2026\n" + std::string(whole.substr(begin + 1, end - begin - 1)));
  const Compiled home = trial.compile_text(compiled.path, text);  // one store of texts for both
  if (trial.diagnostics.has_errors()) return true;
  lint::Request request;
  request.packs = {{&home.policy, compiled.path}};
  request.as_of = alone.policy.header.effective_from.value_or(value::Date{});
  request.only_rule = rule.named.name;
  const lint::FactProofs proofs(alone.policy);
  request.proofs = &proofs;
  lint::Result linted = lint::lint(alone.policy, trial.sources, request);
  work_out_fixes(alone, trial, linted);
  const auto fixed = std::find_if(linted.findings.begin(), linted.findings.end(),
                                  [](const lint::Finding& finding) { return finding.fix.has_value(); });
  if (fixed == linted.findings.end()) return false;
  Session after;
  const Compiled mended =
      after.compile_text(alone.path, edited(trial.sources.get(alone.source).text, fixed->fix->edit));
  const Compiled again = after.compile_text(compiled.path, text);
  request.packs = {{&again.policy, compiled.path}};
  const lint::FactProofs proofs_after(mended.policy);
  request.proofs = &proofs_after;
  const lint::Result left = lint::lint(mended.policy, after.sources, request);
  return std::none_of(left.findings.begin(), left.findings.end(),
                      [&](const lint::Finding& finding) { return finding.fingerprint == fixed->fingerprint; });
}

source::Diagnostic& fail(eval::TestResult& result, source::DiagnosticId id, source::Span span) {
  source::Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.span = span;
  return result.failures.emplace_back(std::move(diagnostic));
}

void run_example(Session& session, const Compiled& compiled, const model::Rule& rule, const model::RuleExample& example,
                 eval::TestResult& result) {
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
  const auto named = lint::with_named_measures(policy, session.sources);
  const model::Policy& seen = named ? *named : policy;
  const lint::FactProofs proofs(seen);
  request.proofs = &proofs;
  const lint::Result linted = lint::lint(seen, session.sources, request);
  if (example.fails && linted.findings.empty())
    fail(result, ids::example_finds_nothing, example.span).with("rule", rule.named.name);
  if (example.fails && !linted.findings.empty() && rule.fix && !fix_fits(session, compiled, rule, example))
    fail(result, ids::example_fix_unfit, example.span).with("rule", rule.named.name);
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

void remark_on_examples(const Compiled& compiled, source::Diagnostics& remarks) {
  for (const model::Rule& rule : compiled.policy.rules) {
    // A rule with mistakes is mended first.
    if (!rule.sound || !(rule.span.source == compiled.source)) continue;
    for (const bool fails : {true, false}) {
      if (std::any_of(rule.examples.begin(), rule.examples.end(),
                      [&](const model::RuleExample& example) { return example.fails == fails; }))
        continue;
      remarks.add(ids::rule_without_example, rule.named.span)
          .with("name", rule.named.name)
          .with("kind", fails ? "fails" : "passes");
      break;  // once for each rule
    }
  }
}

}  // namespace kpi::driver
