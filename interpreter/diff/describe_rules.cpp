// Rules and attacks: what a policy is checked by, and what it is proved against. They move no number.
#include <algorithm>

#include "interpreter/diff/describe.hpp"

namespace kpi::diff {

using model::SourceRef;

namespace {

constexpr std::size_t kEnglish = 0, kChinese = 1;

Attribute plain(Aspect aspect, const std::string& text, bool core = false) {
  return {aspect, text, text, {}, {}, core};
}

std::string joined(const std::vector<std::string>& words, const std::string& before = "") {
  std::string result;
  for (const std::string& word : words) result += (result.empty() ? before : ", ") + word;
  return result;
}

std::string_view word(model::RuleSeverity severity) {
  if (severity == model::RuleSeverity::error) return "error";
  return severity == model::RuleSeverity::warning ? "warning" : "info";
}

std::string severities(const model::Rule& rule) {
  std::string result(word(rule.severity));
  for (const auto& one : rule.market_severities)
    result += ", " + std::string(word(one.severity)) + " in " + joined(one.markets);
  return result;
}

std::string limits_text(const model::RuleLimits& limits) {
  std::vector<std::string> parts;
  if (!limits.markets.empty()) parts.push_back(joined(limits.markets, "market "));
  if (!limits.platforms.empty()) parts.push_back(joined(limits.platforms, "platform "));
  if (limits.since) parts.push_back("since " + limits.since->to_string());
  if (limits.until) parts.push_back("until " + limits.until->to_string());
  return joined(parts);
}

std::string authority_text(const std::optional<model::Authority>& authority) {
  static constexpr const char* kWords[] = {"law", "platform", "guidance", "house"};
  return authority ? kWords[static_cast<std::size_t>(*authority)] : "";
}

std::string source_text(const model::Citation& cite) {
  std::string result;
  for (const model::RuleText& text : cite.texts) result += (result.empty() ? "" : ", ") + text.in(kEnglish);
  const std::string limits = limits_text(cite.limits);
  return limits.empty() ? result : result + " (" + limits + ")";
}

/// Pieces of text with the values between them in braces.
std::string template_text(const model::RuleTemplate& text, std::size_t language) {
  std::string result;
  for (const auto& piece : text.by_language[language]) result += piece.text + (piece.value.valid() ? "{…}" : "");
  return result;
}

/// A text without comments and line breaks, so that layout is no change.
std::string without_comments(std::string_view text) {
  std::string result;
  bool quoted = false, comment = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') comment = false;
    if (!comment && c == '"' && (at == 0 || text[at - 1] != '\\')) quoted = !quoted;
    if (!quoted && c == '#') comment = true;
    if (comment) continue;
    const bool blank = !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace

Description Describer::rule(std::uint32_t index) const {
  const model::Rule& rule = policy_.rules[index];
  Description result;
  auto& list = result.attributes;
  std::vector<std::string> kinds;
  for (const model::RuleBinder& binder : rule.binders) kinds.emplace_back(model::name(binder.kind));
  std::string asks = "for " + joined(kinds);
  if (rule.where.valid()) asks += " where " + without_comments(side_.sources.text(rule.expr(rule.where).span));
  list.push_back(plain(Aspect::asks, asks, true));
  list.push_back(plain(Aspect::severity, severities(rule), true));
  list.push_back(plain(Aspect::applies, limits_text(rule.applies)));
  list.push_back(plain(Aspect::authority, authority_text(rule.authority)));
  std::vector<std::string> sources;
  for (const model::Citation& cite : rule.cites) sources.push_back(source_text(cite));
  std::sort(sources.begin(), sources.end());
  list.push_back(plain(Aspect::sources, joined(sources)));
  list.push_back(plain(Aspect::checked, rule.checked ? rule.checked->to_string() : ""));
  auto tags = rule.tags;
  std::sort(tags.begin(), tags.end());
  list.push_back(plain(Aspect::tags, joined(tags)));
  list.push_back(plain(Aspect::label, rule.title.by_language[kEnglish]));
  list.push_back(plain(Aspect::label_zh, rule.title.by_language[kChinese]));
  // The texts in both languages: a change in either is one.
  const auto both = [](std::string english, const std::string& chinese) {
    return chinese.empty() ? english : english + " / " + chinese;
  };
  list.push_back(
      plain(Aspect::report, both(template_text(rule.report, kEnglish), template_text(rule.report, kChinese))));
  list.push_back(plain(Aspect::help, both(template_text(rule.help, kEnglish), template_text(rule.help, kChinese))));
  list.push_back(
      plain(Aspect::rationale, both(rule.rationale.by_language[kEnglish], rule.rationale.by_language[kChinese])));
  return result;
}

Description Describer::attack(std::uint32_t index) const {
  const model::Attack& attack = side_.attacks[index];
  const Canonical canonical(policy_, tokens_);
  Description result;
  auto& list = result.attributes;
  std::string acts, shown;
  for (const model::Attack::Form& form : attack.forms) {
    static constexpr const char* kKinds[] = {"adds", "removes", "changes", "moves", "splits"};
    const auto source = SourceRef::of(form.events);
    const auto field = [&](model::FieldId id) { return id.valid() ? "." + tokens_.field(source, id) : std::string(); };
    acts += std::string(kKinds[static_cast<std::size_t>(form.kind)]) + " " + std::to_string(form.least) + ".." +
            std::to_string(form.most) + " " + tokens_.of(ElementKind::events, form.events.index) + field(form.field) +
            " to " + canonical.expr(form.value) + " {";
    for (const auto& value : form.values) {
      acts += field(value.field) + (value.next_period ? " next" : "") + "=" + canonical.expr(value.value) + " in " +
              value.least.to_string() + ".." + value.most.to_string() + ";";
    }
    acts += "}";
    shown += (shown.empty() ? "" : "; ") + written(form.span);
  }
  list.push_back({Aspect::act, acts, shown, {}, {}, true});
  list.push_back(expr(Aspect::cost, attack.cost));
  list.push_back(plain(Aspect::because, attack.because));
  texts(result, attack.named);
  return result;
}

}  // namespace kpi::diff
