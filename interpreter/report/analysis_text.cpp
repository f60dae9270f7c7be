#include "interpreter/report/analysis_text.hpp"

#include <algorithm>

#include "interpreter/report/analysis_allow.hpp"
#include "interpreter/report/analysis_words.hpp"
#include "interpreter/report/visible.hpp"

namespace kpi::report {
namespace {

namespace words = analysis_words;
using prove::Finding;
using prove::Verdict;

const Word& verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return words::proved;
    case Verdict::refuted:
      return words::refuted;
    case Verdict::unknown:
      return words::unknown;
    case Verdict::inadmissible:
      break;
  }
  return words::inadmissible;
}

Ink verdict_ink(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
    case Verdict::inadmissible:
      return Ink::green;
    case Verdict::refuted:
      return Ink::red;
    case Verdict::unknown:
      break;
  }
  return Ink::yellow;
}

class Writer {
 public:
  Writer(const model::Policy& policy_, const prove::Analysis& analysis_, const source::SourceMap& sources_,
         bool compact_, const Look& look_)
      : policy(policy_), analysis(analysis_), sources(sources_), compact(compact_), look(look_) {}

  std::string write() {
    if (analysis.findings.empty()) return std::string(word(words::nothing, look.language)) + "\n";
    std::string subject;
    for (const Finding& finding : analysis.findings) {
      if (!compact && finding.subject != subject) {
        out += (out.empty() ? "" : "\n") + paint(finding.subject, Ink::bold, look) + "\n";
        subject = finding.subject;
      }
      compact ? one_line(finding) : paragraph(finding);
    }
    if (!compact) {
      out += "\n" + std::string(word(words::assumptions, look.language)) + "\n";
      for (const auto& assumption : analysis.assumptions) out += "  - " + text(assumption) + "\n";
      if (analysis.solver.empty()) out += "  - " + std::string(word(words::no_solver, look.language)) + "\n";
      out += "\n";
    }
    out += say(words::tally, look.language, analysis.count(Verdict::proved), analysis.count(Verdict::refuted),
               analysis.count(Verdict::unknown), analysis.count(Verdict::inadmissible)) +
           "\n";
    return out;
  }

 private:
  const std::string& text(const prove::Said& said) const { return said.in(look.language == Language::zh); }

  std::string place(const Finding& finding) const { return place(finding.span); }
  std::string place(const source::Span& span) const {
    const source::Source& file = sources.get(span.source);
    const source::Position at = file.lines.position(file.text, span.begin);
    return file.name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  }

  std::string how(const Finding& finding) const {
    switch (finding.verdict) {
      case Verdict::inadmissible:
        return finding.witness ? std::string(word(words::search, look.language)) : std::string();
      case Verdict::unknown:
        if (finding.asked_solver) return say(words::spent_solver, look.language, finding.evaluations, analysis.solver);
        if (analysis.solver.empty()) return say(words::spent_no_solver, look.language, finding.evaluations);
        return say(words::spent, look.language, finding.evaluations);
      case Verdict::proved:
      case Verdict::refuted:
        break;
    }
    switch (finding.layer) {
      case prove::Layer::native:
        return std::string(word(words::native, look.language));
      case prove::Layer::rates:
        return std::string(word(words::rates, look.language));
      case prove::Layer::search:
        return std::string(word(words::search, look.language));
      case prove::Layer::linear:
        return say(words::linear, look.language, analysis.solver);
      case prove::Layer::nonlinear:
        break;
    }
    return say(words::nonlinear, look.language, analysis.solver);
  }

  std::string property(const Finding& finding) const {
    const std::string name(prove::name(finding.property));
    if (look.language != Language::zh) return name;
    return std::string(prove::chinese_name(finding.property)) + "（" + name + "）";
  }
  const std::string& detail(const Finding& finding) const {
    return look.language == Language::zh ? finding.detail_zh : finding.detail;
  }

  void one_line(const Finding& finding) {
    out += place(finding) + ": " + std::string(word(verdict_word(finding.verdict), look.language)) + " " +
           property(finding) + " " + finding.subject + (finding.detail.empty() ? "" : " " + detail(finding)) + ": " +
           text(finding.sentence) + "\n";
  }

  void paragraph(const Finding& finding) {
    const std::string how_known = how(finding);
    out += "  " + paint(word(verdict_word(finding.verdict), look.language), verdict_ink(finding.verdict), look) + "  " +
           property(finding) + (finding.detail.empty() ? "" : " " + detail(finding)) + "  " + text(finding.sentence) +
           (how_known.empty() ? "" : paint(" [" + how_known + "]", Ink::dim, look)) + "\n";
    if (finding.verdict == Verdict::proved) return;
    if (finding.verdict == Verdict::inadmissible && !finding.witness) return;
    out += "      --> " + place(finding) + "\n";
    if (finding.witness) story(*finding.witness);
    // Where it is the line above, nothing new is said.
    if (finding.cause && !(finding.cause->span == finding.span)) {
      out +=
          "      = " + say(words::cause, look.language, text(finding.cause->what), place(finding.cause->span)) + "\n";
    }
    for (const auto& note : finding.notes) out += "      = " + text(note) + "\n";
    for (const model::Allow* allow : exceptions_for(policy, finding)) {
      out += "      = " +
             say(words::allowed, look.language, allow->rule, allow->until ? allow->until->to_string() : "?",
                 allow->because, allow->owner) +
             "\n";
    }
  }

  void story(const prove::Witness& witness) {
    std::string period = witness.period.to_string();
    if (witness.periods > 1) period += ".." + witness.period.shift(witness.periods - 1).to_string();
    out += "      " + say(words::witness, look.language, witness.entity, witness.key, period) + "\n";
    const bool two =
        std::any_of(witness.lines.begin(), witness.lines.end(), [](const auto& line) { return !line.after.empty(); });
    std::size_t name_width = 0, before_width = 0, after_width = 0;
    const std::string before(word(two ? words::before : words::state, look.language)),
        after(word(words::after, look.language));
    for (const auto& line : witness.lines) {
      name_width = std::max(name_width, source::display_width(text(line.what)));
      before_width = std::max(before_width, source::display_width(line.before));
      after_width = std::max(after_width, source::display_width(line.after));
    }
    before_width = std::max(before_width, source::display_width(before));
    after_width = std::max(after_width, source::display_width(after));
    const auto row = [&](const std::string& name, const std::string& left, const std::string& right, bool changed) {
      std::string line = "        " + pad_right(name, name_width) + "  " + pad_left(left, before_width);
      if (two) line += "  " + pad_left(right, after_width);
      while (!line.empty() && line.back() == ' ') line.pop_back();
      out += (changed ? paint(line, Ink::bold, look) : line) + "\n";
    };
    row("", before, two ? after : "", false);
    for (const auto& line : witness.lines)
      row(text(line.what), line.before, line.after, two && line.before != line.after);
  }

  const model::Policy& policy;
  const prove::Analysis& analysis;
  const source::SourceMap& sources;
  bool compact;
  const Look& look;
  std::string out;
};

}  // namespace

std::string analysis_text(const model::Policy& policy, const prove::Analysis& analysis,
                          const std::optional<prove::People>& people, const source::SourceMap& sources, bool compact,
                          const Look& look) {
  std::string out = Writer(policy, analysis, sources, compact, look).write();
  if (!people) return out;
  const auto money = [&](const value::Number& number, prove::PayoutId payout) {
    const value::Currency currency = policy.payouts[payout.index].currency;
    return number.to_fixed(currency.minor_digits(), true) + " " + std::string(currency.code());
  };
  const auto who = [](const prove::Person& person) {
    return person.label.empty() || person.label == person.key ? person.key : person.label + " (" + person.key + ")";
  };
  if (!compact) out += "\n" + say(analysis_words::people, look.language, people->period.to_string()) + "\n";
  for (const auto& person : people->near) {
    out += "  " +
           say(analysis_words::near, look.language, visible(person.entity), visible(who(person)),
               money(person.amount, person.payout), policy.payouts[person.payout.index].named.name,
               money(person.paid_before, person.payout), money(person.paid_after, person.payout)) +
           "\n";
  }
  if (people->near.empty()) out += "  " + std::string(word(analysis_words::no_people, look.language)) + "\n";
  for (const auto& person : people->profit) {
    out += "  " +
           say(analysis_words::could_profit, look.language, visible(person.entity), visible(who(person)), person.rows,
               money(person.amount, person.payout), money(person.net, person.payout),
               policy.payouts[person.payout.index].named.name) +
           "\n";
  }
  for (const std::string& name : people->skipped)
    out += "  " + say(analysis_words::not_added, look.language, name) + "\n";
  return out;
}

}  // namespace kpi::report
