#include <algorithm>

#include "interpreter/report/excerpt.hpp"
#include "interpreter/report/lint_report.hpp"
#include "interpreter/report/lint_words.hpp"
#include "interpreter/report/visible.hpp"

namespace kpi::report {
namespace {

using lint::Finding;
using lint::State;
using model::RuleSeverity;
namespace words = report::words;

std::size_t at(Language language) { return static_cast<std::size_t>(language); }

std::string_view severity_word(RuleSeverity severity, Language language) {
  if (severity == RuleSeverity::error) return word(words::error, language);
  return severity == RuleSeverity::warning ? word(words::warning, language) : word(lint_words::info, language);
}

Ink severity_ink(RuleSeverity severity) {
  if (severity == RuleSeverity::error) return Ink::red;
  return severity == RuleSeverity::warning ? Ink::yellow : Ink::cyan;
}

std::string place(const source::SourceMap& sources, source::Span span) {
  const source::Source& source = sources.get(span.source);
  const auto position = source.lines.position(source.text, span.begin);
  return visible(source.name) + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

std::string pretty(const Finding& finding, const source::SourceMap& sources, const Look& look) {
  const Language language = look.language;
  const Ink ink = severity_ink(finding.severity);
  const std::string title =
      std::string(severity_word(finding.severity, language)) + "[" + visible(finding.rule->named.name) + "]";
  std::string out = paint(title, ink, look);
  out += paint(std::string(word(words::after_title, language)) + visible(finding.message.in(at(language))), Ink::bold,
               look) +
         "\n";
  const source::Source& source = sources.get(finding.span.source);
  const std::size_t gutter = std::to_string(source.lines.position(source.text, finding.span.end).line).size();
  out += std::string(gutter, ' ') + paint("--> ", Ink::blue, look) + place(sources, finding.span) + "\n";
  out += excerpt(source, {{finding.span.begin, finding.span.end, true, ""}}, gutter, ink, look);
  std::string lines;
  const auto line = [&](std::string_view name, const std::string& text) {
    const std::string head = std::string(name) + (text.empty() ? "" : std::string(word(words::after_title, language)));
    lines += std::string(gutter + 1, ' ') + paint("= ", Ink::blue, look) + paint(head, Ink::cyan, look) +
             visible(text) + "\n";
  };
  if (!finding.help.empty()) line(word(words::help, language), finding.help.in(at(language)));
  if (finding.fix) {
    line(word(lint_words::fix, language), say(finding.fix->safe ? lint_words::fix_safe : lint_words::fix_unsafe,
                                              language, finding.fix->title.in(at(language))));
  }
  for (const auto& cite : finding.cites) line(authority_title(finding, cite, language), cite_text(cite, language));
  if (finding.cites.empty() && finding.rule->authority) line(authority_title(finding, language), "");
  if (!lines.empty()) out += std::string(gutter + 1, ' ') + paint("|", Ink::blue, look) + "\n" + lines;
  return out + "\n";
}

/// `rules for all, th and tiktok_shop, none for SG: `; nothing where no policy names a market or platform.
std::string packs_text(const LintReport& report, Language language) {
  std::vector<std::string> packs, without;
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const std::string& name : from) {
      if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
    }
  };
  for (const LintedFile& file : report.files) {
    add(packs, file.packs);
    add(without, file.without_pack);
  }
  if (packs.empty() && without.empty()) return "";
  const auto list = [&](std::string out, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!out.empty()) out += word(lint_words::between, language);
      out += visible(name);
    }
    return out;
  };
  const std::string ran = list(std::string(word(lint_words::general, language)), packs);
  if (without.empty()) return say(lint_words::packs, language, ran);
  return say(lint_words::packs_and_none, language, ran, list("", without));
}

/// Which policies were looked at as of another day, and what was left out.
std::string over_text(const LintReport& report, Language language) {
  constexpr std::size_t kNamed = 3;
  std::string out;
  std::size_t over = 0;
  for (const LintedFile& file : report.files) {
    if (!file.result.over) continue;
    ++over;
    out += say(lint_words::last_day, language, visible(file.policy->header.name), file.result.as_of.to_string());
  }
  if (over > kNamed) out = say(lint_words::last_days, language, over);
  std::size_t unproved = 0;
  for (const LintedFile& file : report.files) unproved = std::max(unproved, file.result.unproved);
  if (unproved > 0) out += say(lint_words::unproved, language, unproved);
  return out;
}

std::string tally(const LintReport& report, Language language) {
  std::string out;
  const auto add = [&](const std::string& text, const Word& separator) {
    out += (out.empty() ? "" : std::string(word(separator, language))) + text;
  };
  const std::size_t errors = report.errors(), warnings = report.warnings();
  if (errors > 0)
    add(say(errors == 1 ? lint_words::errors_one : lint_words::errors_many, language, errors), words::comma);
  if (warnings > 0)
    add(say(warnings == 1 ? lint_words::warnings_one : lint_words::warnings_many, language, warnings), words::comma);
  if (const std::size_t infos = report.count(RuleSeverity::info))
    add(say(lint_words::infos, language, infos), words::comma);
  if (out.empty()) out = word(lint_words::findings_none, language);
  if (const std::size_t n = report.count(State::allowed)) add(say(lint_words::allowed, language, n), words::comma);
  if (const std::size_t n = report.count(State::in_baseline))
    add(say(lint_words::in_baseline, language, n), words::comma);
  if (const std::size_t n = report.sum(&lint::Result::gone)) add(say(lint_words::gone, language, n), words::comma);
  const std::size_t rules = report.rules();
  const bool zh = language == Language::zh;
  out += (zh ? "（" : " (") + packs_text(report, language) +
         say(rules == 1 ? lint_words::ran_one : lint_words::ran_many, language, rules, report.as_of.to_string()) +
         over_text(report, language) + (zh ? "）\n" : ")\n");
  return out;
}

}  // namespace

std::size_t LintReport::count(RuleSeverity severity) const {
  std::size_t sum = 0;
  for (const LintedFile& file : files) sum += file.result.count(severity);
  return sum;
}

std::size_t LintReport::count(State state) const {
  std::size_t sum = 0;
  for (const LintedFile& file : files) sum += file.result.count(state);
  return sum;
}

std::size_t LintReport::sum(std::size_t lint::Result::*number) const {
  std::size_t sum = 0;
  for (const LintedFile& file : files) sum += file.result.*number;
  return sum;
}

std::size_t LintReport::rules() const {
  std::size_t most = 0;
  for (const LintedFile& file : files) most = std::max(most, file.result.rules);
  return most;
}

std::string_view severity_name(RuleSeverity severity) {
  if (severity == RuleSeverity::error) return "error";
  return severity == RuleSeverity::warning ? "warning" : "info";
}

std::string_view authority_title(const Finding& finding, Language language) {
  using model::Authority;
  if (!finding.rule->authority) return "";
  if (*finding.rule->authority == Authority::guidance) return word(lint_words::guidance, language);
  return word(*finding.rule->authority == Authority::house ? lint_words::house : lint_words::no_source, language);
}

std::string_view authority_title(const Finding& finding, const lint::Cited& cite, Language language) {
  using model::Authority;
  const auto authority = finding.rule->authority;
  if (authority != Authority::law && authority != Authority::platform) return authority_title(finding, language);
  // A text that nobody has seen, or that is no longer in force, forbids nothing.
  const bool known = cite.status == model::CiteStatus::verified || cite.status == model::CiteStatus::secondary;
  if (known && finding.severity == RuleSeverity::error && cite.severity == RuleSeverity::error)
    return word(lint_words::not_allowed, language);
  return word(authority == Authority::law ? lint_words::law : lint_words::platform, language);
}

std::string cite_text(const lint::Cited& cite, Language language) {
  const Word* status = &lint_words::unverified;
  if (cite.status == model::CiteStatus::verified) status = &lint_words::verified;
  if (cite.status == model::CiteStatus::secondary) status = &lint_words::secondary;
  if (cite.status == model::CiteStatus::superseded) status = &lint_words::superseded;
  std::string known(word(*status, language));
  if (cite.checked)
    known += std::string(word(words::comma, language)) +
             say(cite.status == model::CiteStatus::unverified ? lint_words::still : lint_words::checked, language,
                 cite.checked->to_string());
  const bool zh = language == Language::zh;
  return cite.text.in(at(language)) + (zh ? "（" : " (") + known + (zh ? "）" : ")");
}

std::string lint_pretty(const LintReport& report, const source::SourceMap& sources, const Look& look) {
  std::string out;
  for (const LintedFile& file : report.files) {
    for (const Finding& finding : file.result.findings) {
      if (finding.state == State::reported) out += pretty(finding, sources, look);
    }
  }
  const bool found = !out.empty();
  out += tally(report, look.language);
  if (found) out += std::string(word(lint_words::disclaimer, look.language)) + "\n";
  return out;
}

std::string lint_compact(const LintReport& report, const source::SourceMap& sources, const Look& look) {
  std::string out;
  for (const LintedFile& file : report.files) {
    for (const Finding& finding : file.result.findings) {
      if (finding.state != State::reported) continue;
      out += place(sources, finding.span) + ": " + std::string(severity_word(finding.severity, look.language)) + "[" +
             visible(finding.rule->named.name) + "]" + std::string(word(words::after_title, look.language)) +
             visible(finding.message.in(at(look.language))) + "\n";
    }
  }
  return out + tally(report, look.language);
}

}  // namespace kpi::report
