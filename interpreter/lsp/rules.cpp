#include "interpreter/lsp/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "interpreter/driver/failure.hpp"
#include "interpreter/driver/project_config.hpp"
#include "interpreter/driver/rule_packs.hpp"
#include "interpreter/lsp/features.hpp"
#include "interpreter/lsp/pages.hpp"
#include "interpreter/lsp/workspace.hpp"

namespace kpi::lsp {
namespace {

/// Compiled once; rules point into it.
struct StandardPacks {
  driver::Session session;
  driver::RulePacks packs{session};
  std::vector<KnownRule> rules;

  StandardPacks() {
    for (const lint::Pack& pack : packs.all({})) {
      for (const model::Rule& rule : pack.home->rules) {
        const std::string& file = session.sources.get(rule.named.span.source).name;
        rules.push_back({&rule, &session.sources, file, pack.name, nullptr});
      }
    }
  }
};

std::string_view severity_text(model::RuleSeverity severity, source::Language language) {
  const bool zh = language == source::Language::zh;
  switch (severity) {
    case model::RuleSeverity::error:
      return zh ? "错误" : "error";
    case model::RuleSeverity::warning:
      return zh ? "警告" : "warning";
    case model::RuleSeverity::info:
      return zh ? "提示" : "info";
  }
  return "";
}

/// Both texts, the reader's language first; one if they are the same.
std::string both(const model::RuleText& text, bool chinese, std::string_view between) {
  const std::string& first = text.by_language[chinese ? 1 : 0];
  const std::string& second = text.by_language[chinese ? 0 : 1];
  if (first.empty() || second.empty() || first == second) return first.empty() ? second : first;
  return first + std::string(between) + second;
}

}  // namespace

const std::vector<KnownRule>& standard_rules() {
  static const StandardPacks packs;
  return packs.rules;
}

std::vector<KnownRule> RuleBook::of_the_house(const Analysis& policy) const {
  std::vector<KnownRule> result;
  const std::string& name = policy.name_of(policy.source());
  if (!name.starts_with('/')) return result;
  try {
    for (const std::string& path : driver::project_config(name).rules) {
      const auto home = workspace_.file(path);
      if (!home) continue;
      for (const model::Rule& rule : home->policy().rules) {
        const source::SourceMap& sources = home->session().sources;
        result.push_back({&rule, &sources, sources.get(rule.named.span.source).name, path, home});
      }
    }
  } catch (const driver::Failure&) {
    return {};  // linting says why
  }
  return result;
}

std::optional<KnownRule> RuleBook::find(const Analysis& policy, std::string_view id) const {
  const auto named = [&](const KnownRule& known) { return known.rule->named.name == id; };
  const source::SourceMap& sources = policy.session().sources;
  for (const model::Rule& rule : policy.policy().rules) {
    if (rule.named.name == id) return KnownRule{&rule, &sources, sources.get(rule.named.span.source).name, "", nullptr};
  }
  const std::vector<KnownRule> house = of_the_house(policy);
  if (const auto found = std::find_if(house.begin(), house.end(), named); found != house.end()) return *found;
  const std::vector<KnownRule>& standard = standard_rules();
  const auto found = std::find_if(standard.begin(), standard.end(), named);
  return found == standard.end() ? std::nullopt : std::optional(*found);
}

const model::Allow* allow_at(const Analysis& analysis, std::uint32_t offset) {
  for (const model::Allow& allow : analysis.policy().allows) {
    const bool here = allow.span.source == analysis.source() && allow.span.begin <= offset && offset <= allow.span.end;
    if (here && !allow.rule.empty()) return &allow;
  }
  return nullptr;
}

std::string describe(const View& view, const KnownRule& known) {
  const model::Rule& rule = *known.rule;
  const std::string& id = rule.named.name;
  std::string result = fmt::format("**{}** · {}", id, severity_text(rule.severity, view.language));
  for (const auto& other : rule.market_severities) {
    result += fmt::format(" · {}", severity_text(other.severity, view.language));
    for (const std::string& market : other.markets) result += " " + market;
  }
  if (const std::string title = both(rule.title, view.chinese(), "  \n"); !title.empty()) result += "\n\n" + title;
  if (const std::string why = both(rule.rationale, view.chinese(), "\n\n"); !why.empty()) result += "\n\n" + why;
  if (known.file.starts_with("std/")) {
    result += fmt::format("\n\n{}`{}` · [{}]({})", view.say("From ", "来自 "), known.pack,
                          view.say("page of the rule", "规则说明"), rule_page_uri(id));
  } else {
    result += fmt::format("\n\n{}`{}`", view.say("From ", "来自 "), known.file.substr(known.file.rfind('/') + 1));
  }
  return result;
}

}  // namespace kpi::lsp
