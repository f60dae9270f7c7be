// kpi rule: the page of a rule and the list of all.
#include <algorithm>

#include "grammar/source/diagnostics/cli.hpp"
#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/similar_name.hpp"
#include "interpreter/driver/commands.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/project_config.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/report/rule_page.hpp"

namespace kpi::driver {
namespace ids = source::ids;

Exit run_rule(const Invocation& invocation, const Terminal& terminal) {
  if (invocation.arguments.empty() && !invocation.has("--list")) throw Failure(ids::rule_or_list, {});
  Session session;
  RulePacks packs(session);
  std::vector<std::string> more = project_config("").rules;
  if (const auto file = invocation.value("--rules")) more.push_back(*file);
  std::vector<report::RuleInPack> rules;
  for (const lint::Pack& pack : packs.all(more)) {
    for (const model::Rule& rule : pack.home->rules) {
      // A pack that another one uses comes twice.
      const std::string file = lint::standard_name(session.sources.get(rule.span.source).name);
      const std::string name = file.empty() ? pack.name : file;
      const auto same = [&](const auto& one) { return one.pack == name && one.rule->named.name == rule.named.name; };
      if (std::none_of(rules.begin(), rules.end(), same)) rules.push_back({&rule, name});
    }
  }
  if (session.diagnostics.has_errors()) {
    print_to_standard_error(session.diagnostics, session.sources, invocation.format, terminal.err);
    return Exit::not_compiled;
  }
  std::string out;
  const bool json = invocation.format == Format::json;
  if (invocation.has("--list")) {
    std::stable_sort(rules.begin(), rules.end(),
                     [](const auto& a, const auto& b) { return a.rule->named.name < b.rule->named.name; });
    out = json ? report::rules_json(rules, session.sources) : report::rule_list(rules, terminal.out);
  }
  for (const std::string& id : invocation.arguments) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](const auto& one) { return one.rule->named.name == id; });
    if (found == rules.end()) {
      std::vector<std::string> known;
      for (const auto& one : rules) known.push_back(one.rule->named.name);
      throw Failure(ids::unknown_rule_id, {{"name", id}}, source::similar_name(id, known).value_or(""));
    }
    if (!out.empty()) out += "\n";
    out +=
        json ? report::rules_json({*found}, session.sources) : report::rule_page(*found, session.sources, terminal.out);
  }
  write_result(out, std::nullopt);
  return Exit::clean;
}

}  // namespace kpi::driver
