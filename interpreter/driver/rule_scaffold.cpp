#include "interpreter/driver/rule_scaffold.hpp"

#include <algorithm>
#include <filesystem>

#include "grammar/source/diagnostics/lint.hpp"
#include "interpreter/driver/files.hpp"
#include "interpreter/driver/session.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

bool is_rule_id(std::string_view id) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !id.empty() && id.front() >= 'a' && id.front() <= 'z' && id.back() != '-' &&
         std::all_of(id.begin(), id.end(), good) && id.find("--") == std::string_view::npos;
}

/// `bonus-needs-owner` as the name of a policy.
std::string as_name(std::string id) {
  std::replace(id.begin(), id.end(), '-', '_');
  return id;
}

std::string rule_text(const std::string& id) {
  const std::string name = as_name(id);
  const auto example = [&](const std::string& word, const std::string& amount) {
    return "  " + word + " {\n    policy " + name + "_" + word +
           " { currency GBP  timezone \"Europe/London\"  effective 2026-07-01 to 2026-12-31 }\n"
           "    entity host from hosts { host_id : text key }\n"
           "    payout bonus for host every month { payee employee  " +
           amount + " }\n  }\n";
  };
  return "\n## What the rule is about, for whoever maintains it.\nrule " + id +
         " warning \"Every bonus has a cap\" zh \"每项奖金都有上限\" {\n"
         "  for payout p where p.payee = employee and p.cap is none\n"
         "  report on p \"`{p}` has no cap\" zh \"`{p}` 没有上限\"\n"
         "  help \"add `cap …`\" zh \"请添加 `cap …`\"\n"
         "  rationale \"Why the rule exists, in a sentence or two.\" zh \"用一两句话说明为什么需要这条规则。\"\n"
         "  authority house\n" +
         example("fails", "amount 100 GBP") + example("passes", "amount 100 GBP  cap 500 GBP") + "}\n";
}

}  // namespace

void scaffold_rule(const std::string& id, const std::string& file) {
  if (!is_rule_id(id)) throw Failure(ids::bad_rule_id, {{"name", id}});
  std::string text;
  if (const auto present = read_policy_file_if_present(file)) {
    Session session;
    const Compiled compiled = session.compile_text(file, *present);
    const auto& rules = compiled.policy.rules;
    if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule.named.name == id; }))
      throw Failure(ids::rule_exists, {{"file", file}, {"name", id}});
    text = *present;
    if (!text.empty() && text.back() != '\n') text += '\n';
  } else {
    std::string name = std::filesystem::path(file).stem().string();
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain || (name.front() >= '0' && name.front() <= '9')) name = "house_rules";
    text = "# Rules of the house. `kpi test` runs their examples; `kpi lint POLICY --rules " +
           std::filesystem::path(file).filename().string() + "` applies them.\nedition 2026\n\nlibrary " + name +
           " \"House rules\" { version \"1\" }\n";
  }
  write_result(text + rule_text(id), file);
}

}  // namespace kpi::driver
