#include "interpreter/driver/policy_limits.hpp"

#include <algorithm>
#include <optional>

#include "grammar/source/diagnostics/lint.hpp"
#include "grammar/source/similar_name.hpp"
#include "interpreter/driver/embedded_files.hpp"

namespace kpi::driver {
namespace {

namespace ids = source::ids;

constexpr std::string_view kFolder = "std/compliance/";
constexpr std::string_view kEnding = ".kpi";

/// ISO 3166-1 alpha-2, two letters each; and EU, UK, which people write for a union and for GB.
constexpr std::string_view kCountries =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDE"
    "DJ"
    "DKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKE"
    "KG"
    "KHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPA"
    "PE"
    "PFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUG"
    "UM"
    "USUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW"
    "EUUK";

struct Called {
  std::string_view name, code;
};
constexpr Called kMarketNames[] = {
    {"thailand", "TH"},      {"vietnam", "VN"},     {"indonesia", "ID"},    {"malaysia", "MY"},
    {"philippines", "PH"},   {"singapore", "SG"},   {"china", "CN"},        {"hongkong", "HK"},
    {"taiwan", "TW"},        {"japan", "JP"},       {"korea", "KR"},        {"southkorea", "KR"},
    {"unitedkingdom", "UK"}, {"britain", "UK"},     {"greatbritain", "UK"}, {"england", "UK"},
    {"unitedstates", "US"},  {"usa", "US"},         {"america", "US"},      {"canada", "CA"},
    {"mexico", "MX"},        {"brazil", "BR"},      {"germany", "DE"},      {"deutschland", "DE"},
    {"france", "FR"},        {"italy", "IT"},       {"spain", "ES"},        {"ireland", "IE"},
    {"netherlands", "NL"},   {"poland", "PL"},      {"europe", "EU"},       {"europeanunion", "EU"},
    {"australia", "AU"},     {"saudiarabia", "SA"}, {"uae", "AE"},          {"emirates", "AE"},
    {"泰国", "TH"},          {"越南", "VN"},        {"印尼", "ID"},         {"印度尼西亚", "ID"},
    {"马来西亚", "MY"},      {"菲律宾", "PH"},      {"新加坡", "SG"},       {"中国", "CN"},
    {"香港", "HK"},          {"台湾", "TW"},        {"日本", "JP"},         {"韩国", "KR"},
    {"英国", "UK"},          {"美国", "US"},        {"加拿大", "CA"},       {"墨西哥", "MX"},
    {"巴西", "BR"},          {"德国", "DE"},        {"法国", "FR"},         {"意大利", "IT"},
    {"西班牙", "ES"},        {"欧盟", "EU"},        {"欧洲", "EU"},         {"澳大利亚", "AU"},
    {"沙特", "SA"},          {"阿联酋", "AE"},      {"波兰", "PL"},         {"荷兰", "NL"},
};
constexpr Called kPlatformNames[] = {
    {"tts", "tiktok_shop"}, {"tk", "tiktok_shop"}, {"抖音国际版", "tiktok_shop"},
    {"amz", "amazon"},      {"亚马逊", "amazon"},  {"虾皮", "shopee"},
};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// `US` of `us_ca`.
std::string country_of(std::string_view market) { return upper(market.substr(0, market.find('_'))); }

bool is_country(std::string_view code) {
  if (code.size() != 2) return false;
  for (std::size_t i = 0; i < kCountries.size(); i += 2) {
    if (kCountries.substr(i, 2) == code) return true;
  }
  return false;
}

template <std::size_t N>
std::optional<std::string> called(const Called (&names)[N], std::string_view word) {
  const std::string folded = source::folded_name(word);
  for (const Called& entry : names) {
    if (entry.name == folded) return std::string(entry.code);
  }
  return std::nullopt;
}

std::optional<std::string> market_meant(const std::string& word) {
  if (auto code = called(kMarketNames, word)) return code;
  std::vector<std::string> names;
  for (const Called& entry : kMarketNames) names.emplace_back(entry.name);
  const auto near = word.size() > 3 ? source::nearest_name(source::folded_name(word), names) : std::nullopt;
  return near ? called(kMarketNames, *near) : std::nullopt;
}

/// The platforms that have a pack.
std::vector<std::string> platforms() {
  constexpr std::string_view kPlatforms = "std/compliance/platforms/";
  std::vector<std::string> result;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.path.starts_with(kPlatforms)) continue;
    const std::string_view name = file.path.substr(kPlatforms.size());
    result.emplace_back(name.substr(0, name.size() - kEnding.size()));
  }
  return result;
}

/// Only what is surely meant as a platform with rules: others are no mistake, they just have none.
std::optional<std::string> platform_meant(const std::string& word, const std::vector<std::string>& known) {
  constexpr std::size_t kShortest = 5;
  if (auto name = called(kPlatformNames, word)) return name;
  if (auto near = source::nearest_name(word, known)) return near;
  const std::string folded = source::folded_name(word);
  for (const std::string& name : known) {
    const std::string other = source::folded_name(name);
    const bool part = folded.size() >= kShortest && other.find(folded) != std::string::npos;
    if (part || folded.find(other) != std::string::npos) return name;
  }
  return std::nullopt;
}

void check_market(const std::string& name, source::Span span, source::DiagnosticId id,
                  source::Diagnostics& diagnostics) {
  if (is_country(country_of(name))) return;
  source::Diagnostic& warning = diagnostics.add(id, span).with("name", name);
  if (auto meant = market_meant(name)) warning.suggest(std::move(*meant));
}

void check_platform(const std::string& name, source::Span span, source::DiagnosticId id,
                    source::Diagnostics& diagnostics) {
  static const std::vector<std::string> kKnown = platforms();
  if (std::find(kKnown.begin(), kKnown.end(), lower(name)) != kKnown.end()) return;
  if (auto meant = platform_meant(name, kKnown))
    diagnostics.add(id, span).with("name", name).suggest(std::move(*meant));
}

void check_header(const syntax::PolicyDecl& policy, source::Diagnostics& diagnostics) {
  for (const syntax::PolicyClause& clause : policy.clauses) {
    for (const syntax::Ident& word : clause.words) {
      if (clause.key.text == "market") check_market(word.text, word.span, ids::unknown_market, diagnostics);
      if (clause.key.text == "platform") check_platform(word.text, word.span, ids::unknown_platform, diagnostics);
    }
  }
}

void check_rule_limits(const std::vector<syntax::RuleLimit>& limits, source::Diagnostics& diagnostics) {
  for (const syntax::RuleLimit& limit : limits) {
    for (const syntax::Ident& word : limit.words) {
      if (limit.key.text == "market") check_market(word.text, word.span, ids::limit_of_no_market, diagnostics);
      if (limit.key.text == "platform") check_platform(word.text, word.span, ids::limit_of_no_platform, diagnostics);
    }
  }
}

/// Where a rule says it applies, and how severe it is there.
void check_rule(const syntax::RuleDecl& rule, source::Diagnostics& diagnostics) {
  check_rule_limits(rule.applies, diagnostics);
  for (const auto& cite : rule.cites) check_rule_limits(cite.limits, diagnostics);
  for (const auto& severity : rule.severities) {
    for (const syntax::Ident& market : severity.markets)
      check_market(market.text, market.span, ids::limit_of_no_market, diagnostics);
  }
}

/// `policy.in_market(DEE)` in a condition.
void check_asked_limits(const model::Rule& rule, source::Diagnostics& diagnostics) {
  for (const model::RuleExpr& expr : rule.exprs) {
    const auto* asked = std::get_if<model::RuleProperty>(&expr.node);
    if (!asked) continue;
    const bool market = asked->property == model::PropertyId::policy_in_market;
    if (!market && asked->property != model::PropertyId::policy_on_platform) continue;
    for (const auto& given : asked->arguments) {
      for (const model::RuleExprId id : given) {
        const auto* word = std::get_if<model::RuleConstant>(&rule.expr(id).node);
        if (!word || !word->value.is<std::string>()) continue;
        const source::Span span = rule.expr(id).span;
        if (market)
          check_market(word->value.text(), span, ids::limit_of_no_market, diagnostics);
        else
          check_platform(word->value.text(), span, ids::limit_of_no_platform, diagnostics);
      }
    }
  }
}

}  // namespace

const std::vector<std::string>& standard_rule_names() {
  static const std::vector<std::string> kNames = [] {
    constexpr std::string_view kRule = "\nrule ";  // the packs stand in the program's own layout
    std::vector<std::string> names;
    for (const EmbeddedFile& file : embedded_files()) {
      if (!file.path.starts_with(kFolder)) continue;
      for (std::size_t at = file.text.find(kRule); at != std::string_view::npos; at = file.text.find(kRule, at)) {
        at += kRule.size();
        names.emplace_back(file.text.substr(at, file.text.find_first_of(" \n", at) - at));
      }
    }
    return names;
  }();
  return kNames;
}

void check_limits(const Compiled& compiled, const std::vector<std::string>& more, bool all,
                  source::Diagnostics& diagnostics) {
  for (const syntax::Declaration& declaration : compiled.file.declarations) {
    if (const auto* policy = std::get_if<syntax::PolicyDecl>(&declaration)) check_header(*policy, diagnostics);
    if (const auto* rule = std::get_if<syntax::RuleDecl>(&declaration)) check_rule(*rule, diagnostics);
  }
  for (const model::Rule& rule : compiled.policy.rules) {
    if (rule.span.source == compiled.source) check_asked_limits(rule, diagnostics);
  }
  std::vector<std::string> rules = standard_rule_names();
  rules.insert(rules.end(), more.begin(), more.end());
  for (const model::Rule& rule : compiled.policy.rules) rules.push_back(rule.named.name);
  for (const model::Allow& allow : compiled.policy.allows) {
    if (allow.rule.empty() || std::find(rules.begin(), rules.end(), allow.rule) != rules.end()) continue;
    auto meant = all ? source::similar_name(allow.rule, rules) : source::nearest_name(allow.rule, rules);
    if (!all && !meant) continue;  // it may stand in a file of rules that only the lint is told of
    source::Diagnostic& warning = diagnostics.add(ids::exception_to_no_rule, allow.span).with("name", allow.rule);
    if (meant) warning.suggest(std::move(*meant));
  }
}

std::vector<std::string> unknown_rules(const Compiled& compiled, const std::vector<lint::Pack>& packs,
                                       source::Diagnostics& remarks) {
  std::vector<std::string> known;
  for (const lint::Pack& pack : packs) {
    for (const model::Rule& rule : pack.home->rules) known.push_back(rule.named.name);
  }
  const std::size_t before = remarks.items().size();
  check_limits(compiled, known, true, remarks);
  std::vector<std::string> result;
  for (std::size_t i = before; i < remarks.items().size(); ++i) {
    const source::Diagnostic& remark = remarks.items()[i];
    if (remark.id == ids::exception_to_no_rule) result.push_back(remark.parameters.front().second);
  }
  return result;
}

ServedLimits served_limits(const model::Policy& policy, const std::vector<lint::Pack>& packs) {
  ServedLimits result;
  const auto has = [&](std::string_view group, const std::string& name) {
    const std::string full = "std.compliance." + std::string(group) + "." + name;
    if (std::none_of(packs.begin(), packs.end(), [&](const lint::Pack& pack) { return pack.name == full; }))
      return false;
    if (std::find(result.packs.begin(), result.packs.end(), name) == result.packs.end()) result.packs.push_back(name);
    return true;
  };
  for (const std::string& market : policy.header.markets) {
    bool served = has("markets", lower(market));
    served = has("markets", lower(country_of(market))) || served;
    if (lint::market_matches("EU", market)) served = has("markets", "eu") || served;
    if (!served) result.without.push_back(market);
  }
  for (const std::string& platform : policy.header.platforms) {
    if (!has("platforms", lower(platform))) result.without.push_back(platform);
  }
  return result;
}

}  // namespace kpi::driver
