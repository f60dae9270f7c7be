#include "interpreter/report/rule_page.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "interpreter/report/diagnostics_json.hpp"
#include "interpreter/report/lint_report.hpp"
#include "interpreter/report/lint_words.hpp"
#include "interpreter/report/table.hpp"
#include "interpreter/report/visible.hpp"

namespace kpi::report {
namespace {

using Json = nlohmann::ordered_json;
namespace words = report::words;

std::size_t at(Language language) { return static_cast<std::size_t>(language); }

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ", ") + one;
  return out;
}

/// The text of a template as written, with `{…}` for what is put in.
std::string written(const model::RuleTemplate& text, const model::Rule& rule, const source::SourceMap& sources,
                    std::size_t language) {
  std::string out;
  for (const auto& piece : text.in(language)) {
    out += piece.text;
    if (!piece.value.valid()) continue;
    const std::string_view hole = sources.text(rule.expr(piece.value).span);
    // The span is the placeholder, or the whole text where that could not be told.
    out += hole.starts_with('{') ? std::string(hole) : "{…}";
  }
  return out;
}

/// Lines of a block without the indentation they share.
std::string outdented(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  while (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::size_t indent = std::string::npos;
  for (std::size_t i = lines.size() > 1 && lines[0].find_first_not_of(' ') == 0 ? 1 : 0; i < lines.size(); ++i) {
    if (!lines[i].empty()) indent = std::min(indent, lines[i].find_first_not_of(' '));
  }
  std::string out;
  for (const std::string& line : lines) {
    const std::size_t own = line.find_first_not_of(' ');
    out += "    " + line.substr(std::min({indent, own == std::string::npos ? 0 : own, line.size()})) + "\n";
  }
  return out;
}

/// What stands between the braces of an example.
std::string_view inside(std::string_view example) {
  const std::size_t open = example.find('{'), close = example.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open) return example;
  return example.substr(open + 1, close - open - 1);
}

/// `for metric m where …` as the rule writes it.
std::string condition(const model::Rule& rule, const source::SourceMap& sources) {
  const std::string_view all = sources.text(rule.declaration);
  std::string text(all);
  if (rule.where.valid()) {
    const source::Span where = rule.expr(rule.where).span;
    const std::size_t end = where.end - rule.declaration.begin;
    const std::size_t begin = std::min(text.rfind("for ", where.begin - rule.declaration.begin), end);
    return text.substr(begin, end - begin);
  }
  std::string out = "for ";
  for (const auto& binder : rule.binders) out += (binder.slot > 1 ? ", " : "") + std::string(model::name(binder.kind));
  return out;
}

std::string limits_text(const model::RuleLimits& limits, Language language) {
  std::string out;
  const auto add = [&](const std::string& text) {
    out += (out.empty() ? "" : std::string(word(words::comma, language))) + text;
  };
  if (!limits.markets.empty()) add(say(lint_words::page_market, language, joined(limits.markets)));
  if (!limits.platforms.empty()) add(say(lint_words::page_platform, language, joined(limits.platforms)));
  if (limits.since) add(say(lint_words::page_since, language, limits.since->to_string()));
  if (limits.until) add(say(lint_words::page_until, language, limits.until->to_string()));
  return out;
}

std::string_view severity_text(model::RuleSeverity severity, Language language) {
  if (severity == model::RuleSeverity::error) return word(words::error, language);
  return severity == model::RuleSeverity::warning ? word(words::warning, language) : word(lint_words::info, language);
}

std::string severities(const model::Rule& rule, Language language) {
  std::string out(severity_text(rule.severity, language));
  for (const auto& one : rule.market_severities) {
    out += (language == Language::zh ? "；" : "; ") +
           say(lint_words::page_in, language, severity_text(one.severity, language), joined(one.markets));
  }
  return out;
}

const Word& authority_word(model::Authority authority) {
  switch (authority) {
    case model::Authority::law:
      return lint_words::law;
    case model::Authority::platform:
      return lint_words::platform;
    case model::Authority::guidance:
      return lint_words::guidance;
    case model::Authority::house:
      break;
  }
  return lint_words::house;
}

}  // namespace

std::string rule_page(const RuleInPack& found, const source::SourceMap& sources, const Look& look) {
  const model::Rule& rule = *found.rule;
  const Language language = look.language;
  std::string out = paint(rule.named.name, Ink::bold, look) + "\n";
  if (!rule.title.empty()) out += visible(rule.title.in(at(language))) + "\n";
  out += "\n";
  const auto fact = [&](const Word& name, const std::string& text) {
    const std::string title = std::string(word(name, language)) + std::string(word(words::after_title, language));
    out += pad_right(title, 12) + visible(text) + "\n";
  };
  fact(lint_words::page_severity, severities(rule, language));
  if (rule.authority) fact(lint_words::page_authority, std::string(word(authority_word(*rule.authority), language)));
  const std::string limits = limits_text(rule.applies, language);
  fact(lint_words::page_applies, limits.empty() ? std::string(word(lint_words::page_everywhere, language)) : limits);
  if (!found.pack.empty()) fact(lint_words::page_pack, found.pack);
  const auto section = [&](const Word& name, const std::string& text) {
    if (text.empty()) return;
    out += "\n" + paint(word(name, language), Ink::bold, look) + "\n" + text;
  };
  const auto prose = [&](const std::string& text) { return text.empty() ? "" : "  " + visible(text) + "\n"; };
  section(lint_words::page_why, prose(rule.rationale.in(at(language))));
  section(lint_words::page_when, outdented(condition(rule, sources)));
  if (!rule.report.empty()) section(lint_words::page_says, prose(written(rule.report, rule, sources, at(language))));
  if (!rule.help.empty()) section(lint_words::page_help, prose(written(rule.help, rule, sources, at(language))));
  if (rule.fix) section(lint_words::page_fix, prose(rule.fix->title.in(at(language))));
  for (const bool fails : {true, false}) {
    const auto example =
        std::find_if(rule.examples.begin(), rule.examples.end(), [&](const auto& one) { return one.fails == fails; });
    if (example == rule.examples.end()) continue;
    section(fails ? lint_words::page_bad : lint_words::page_good, outdented(inside(sources.text(example->span))));
  }
  std::string cites;
  for (const model::Citation& cite : rule.cites) {
    const lint::Cited one = lint::cited(cite);
    cites += "  - " + visible(cite_text(one, language));
    if (const std::string limited = limits_text(cite.limits, language); !limited.empty())
      cites += " · " + visible(limited);
    cites += "\n";
    if (!cite.url.empty()) cites += "    " + visible(cite.url) + "\n";
  }
  section(lint_words::page_sources, cites);
  out += "\n" + std::string(word(lint_words::page_exception, language)) + "\n    allow " + rule.named.name +
         " on NAME { because \"…\"  owner \"…\"  until 2026-12-31 }\n";
  return out + "\n" + std::string(word(lint_words::page_disclaimer, language)) + "\n";
}

std::string rule_list(const std::vector<RuleInPack>& rules, const Look& look) {
  const Language language = look.language;
  Table table({{std::string(word(lint_words::list_rule, language))},
               {std::string(word(lint_words::page_severity, language))},
               {std::string(word(lint_words::page_pack, language))},
               {std::string(word(lint_words::list_title, language))}});
  for (const RuleInPack& one : rules) {
    table.add({{visible(one.rule->named.name)},
               {std::string(severity_text(one.rule->severity, language))},
               {visible(one.pack)},
               {visible(one.rule->title.in(at(language)))}});
  }
  return fitted(table, look, 0) + "\n" + std::string(word(lint_words::page_disclaimer, language)) + "\n";
}

std::string rules_json(const std::vector<RuleInPack>& rules, const source::SourceMap& sources) {
  const auto both = [](const model::RuleText& text) {
    return Json{{"en", text.by_language[0]}, {"zh", text.by_language[1]}};
  };
  Json list = Json::array();
  for (const RuleInPack& one : rules) {
    const model::Rule& rule = *one.rule;
    const auto both_written = [&](const model::RuleTemplate& text) {
      Json json = {{"en", ""}, {"zh", ""}};
      if (!text.by_language[0].empty()) json["en"] = written(text, rule, sources, 0);
      if (!text.by_language[1].empty()) json["zh"] = written(text, rule, sources, 1);
      return json;
    };
    constexpr const char* kAuthorities[] = {"law", "platform", "guidance", "house"};
    constexpr const char* kStatus[] = {"verified", "secondary", "unverified", "superseded"};
    const auto limits = [](Json& json, const model::RuleLimits& of) {
      if (!of.markets.empty()) json["markets"] = of.markets;
      if (!of.platforms.empty()) json["platforms"] = of.platforms;
      if (of.since) json["since"] = of.since->to_string();
      if (of.until) json["until"] = of.until->to_string();
    };
    Json json = {{"id", rule.named.name}, {"pack", one.pack}, {"severity", severity_name(rule.severity)}};
    Json severities_json = Json::array();
    for (const auto& market : rule.market_severities)
      severities_json.push_back({{"severity", severity_name(market.severity)}, {"markets", market.markets}});
    if (!severities_json.empty()) json["market_severities"] = std::move(severities_json);
    if (rule.authority) json["authority"] = kAuthorities[static_cast<std::size_t>(*rule.authority)];
    limits(json, rule.applies);
    json["title"] = both(rule.title);
    json["report"] = both_written(rule.report);
    json["help"] = both_written(rule.help);
    json["rationale"] = both(rule.rationale);
    if (rule.fix) json["fix"] = both(rule.fix->title);
    json["tags"] = rule.tags;
    Json cites = Json::array();
    for (const model::Citation& cite : rule.cites) {
      Json texts = Json::array();
      for (const auto& text : cite.texts) texts.push_back(both(text));
      Json entry = {{"texts", std::move(texts)}, {"status", kStatus[static_cast<std::size_t>(cite.status)]}};
      limits(entry, cite.limits);
      if (cite.checked) entry["checked"] = cite.checked->to_string();
      if (!cite.url.empty()) entry["url"] = cite.url;
      cites.push_back(std::move(entry));
    }
    json["cites"] = std::move(cites);
    const auto examples = [&](bool fails) {
      return std::count_if(rule.examples.begin(), rule.examples.end(), [&](const auto& e) { return e.fails == fails; });
    };
    json["fails"] = examples(true);
    json["passes"] = examples(false);
    list.push_back(std::move(json));
  }
  return json_text({{"rules", std::move(list)}});
}

}  // namespace kpi::report
